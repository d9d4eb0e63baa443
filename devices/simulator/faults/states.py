"""Faults of the service as a whole: states in which it is stuck, who it claims to be, what befalls it."""

from __future__ import annotations

from devices.sbi.info import DeviceStatus
from devices.simulator.faults.effects import (
    CAPTURES,
    DESCRIPTIONS,
    INFORMATION,
    VERBS,
    Effect,
    Fault,
    Happening,
    TokenDraft,
    Values,
)
from devices.simulator.faults.effects import TokenKind as Kind

_STATES = "States"
_IDENTITY = "Somebody else's devices"
_WAIT = "Say so, and look again at growing intervals."
_GONE = "Say so, search once again, keep the fingers that were captured."
_ALL_TOKENS = frozenset(Kind)
OTHER_SERIAL = "0000000000"
OTHER_CODE = "00000000-0000-0000-0000-000000000000"


def _impostor(draft: TokenDraft) -> None:
    draft.sign_as(draft.forger.rogue(draft.serial_no))


def _swapped(draft: TokenDraft) -> None:
    draft.sign_as(draft.forger.other())


def _other_id(values: Values) -> None:
    values["serialNo"] = OTHER_SERIAL


FAULTS: tuple[Fault, ...] = (
    Fault("stuck-busy", _STATES, "Is busy for ever (111).", _WAIT, VERBS, Effect(status=DeviceStatus.BUSY)),
    Fault("stuck-not-ready", _STATES, "Is not ready for ever (110).", _WAIT, VERBS, Effect(status=DeviceStatus.NOT_READY)),
    Fault("not-registered", _STATES, "Is not registered (100): its information is unsigned and without ids.",
          "Show it with the reason; never use it.", VERBS, Effect(status=DeviceStatus.NOT_REGISTERED)),
    Fault("unplugged", _STATES, "Has no device attached; the service goes on listening.", _GONE, VERBS,
          Effect(is_unplugged=True)),
    Fault("unplug-during-capture", _STATES, "Loses its device in the middle of a capture.", _GONE, CAPTURES,
          Effect(during=Happening.UNPLUG)),
    Fault("crash-during-capture", _STATES, "Ends in the middle of a capture: connections are reset, the port is closed.", _GONE,
          CAPTURES, Effect(during=Happening.CRASH)),
    Fault("move-during-capture", _STATES, "Ends in the middle of a capture and comes back on another port.", _GONE, CAPTURES,
          Effect(during=Happening.MOVE)),
    Fault("impostor", _IDENTITY, "Answers with all the right names, but everything is signed below a stranger's root.",
          "Trust signed information only; refuse; show serial number and provider of what is trusted.",
          (*DESCRIPTIONS, *CAPTURES), Effect(draft=_impostor, tokens=_ALL_TOKENS)),
    Fault("impostor-information", _IDENTITY, "Gives information that is signed below a stranger's root.",
          "Refuse the device.", (INFORMATION,), Effect(draft=_impostor, tokens=_ALL_TOKENS)),
    Fault("device-swapped", _IDENTITY, "Captures with another genuine device than the one of the information.",
          "Refuse: compare with the signed information, which is read again before each capture.", CAPTURES,
          Effect(draft=_swapped, digital_id=_other_id, tokens=_ALL_TOKENS,
                 payload=lambda payload: payload.update(deviceCode=OTHER_CODE))),
    Fault("serial-twice", _IDENTITY, "Claims serial number 0000000000 with its own certificate. Start two services with it.",
          "List both, and refuse equal serial numbers with different certificates.", (*DESCRIPTIONS, *CAPTURES),
          Effect(digital_id=_other_id)),
)  # fmt: skip
