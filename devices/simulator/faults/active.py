"""Which faults a running simulator commits, and how often still."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from threading import Lock
from typing import Any

from devices.sbi.info import DeviceStatus
from devices.simulator.faults.effects import VERBS, Effect, Fault, Happening, StreamPlan, TokenDraft, TokenKind
from devices.simulator.faults.streams import changed_plan
from devices.simulator.faults.table import FAULTS
from packet.errors import UnusableInputError


class FaultUnknownError(UnusableInputError):
    """There is no fault of that name."""

    code = "SIMULATOR-FAULT"
    sentence = "There is no fault named '{name}'{hint}."
    next_step = "See 'sealdesk simulator faults' for all names."


class FaultVerbError(UnusableInputError):
    """A fault was to be limited to something that is not a verb of the protocol."""

    code = "SIMULATOR-FAULT-VERB"
    sentence = "A fault cannot be limited to '{verb}'."
    next_step = "Give some of {expected}."


def find_fault(name: str) -> Fault:
    """The fault with a name.

    Raises:
        FaultUnknownError: if there is none; names one that is written much alike.
    """
    if name not in FAULTS:
        near = get_close_matches(name, FAULTS, 1)
        raise FaultUnknownError(name=name, hint=f"; did you mean '{near[0]}'?" if near else "")
    return FAULTS[name]


@dataclass(frozen=True, slots=True)
class Activation:
    """One fault that is on.

    Attributes:
        verbs: answers that it affects.
        remaining: how many answers it still affects; None for all.
        serial_no: the one device that it affects; empty for all.
    """

    fault: Fault
    verbs: tuple[str, ...]
    remaining: int | None = None
    serial_no: str = ""


class ActiveFaults:
    """The faults that are on; may be changed from any thread."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._active: list[Activation] = []
        for name in names:
            self.activate(name)

    def activate(self, name: str, *, verbs: Iterable[str] = (), times: int | None = None, serial_no: str = "") -> None:
        """Switches a fault on; a second time replaces what was said the first time.

        Args:
            verbs: answers that it affects, instead of the fault's own.
            times: how many answers; None for all.

        Raises:
            FaultUnknownError: if there is no such fault.
            FaultVerbError: if a verb is not one of the protocol.
        """
        fault = find_fault(name)
        chosen = tuple(verbs) or fault.verbs
        for verb in chosen:
            if verb not in VERBS:
                raise FaultVerbError(verb=verb, expected=", ".join(VERBS))
        with self._lock:
            self._active = [a for a in self._active if a.fault.name != name]
            self._active.append(Activation(fault, chosen, times, serial_no))

    def clear(self, name: str | None = None) -> None:
        """Switches one fault off, or all.

        Raises:
            FaultUnknownError: if there is no such fault.
        """
        if name is not None:
            find_fault(name)
        with self._lock:
            self._active = [a for a in self._active if name is not None and a.fault.name != name]

    @property
    def active(self) -> tuple[Activation, ...]:
        """What is on."""
        with self._lock:
            return tuple(self._active)

    def peek(self, verb: str, serial_no: str = "") -> Effects:
        """What affects an answer, without counting it."""
        return Effects(tuple(a.fault.effect for a in self.active if _applies(a, verb, serial_no)))

    def take(self, verb: str, serial_no: str = "") -> Effects:
        """What affects this answer; counts it as one."""
        with self._lock:
            hit = [a for a in self._active if _applies(a, verb, serial_no)]
            counted = [replace(a, remaining=a.remaining - 1) if a in hit and a.remaining else a for a in self._active]
            self._active = [a for a in counted if a.remaining is None or a.remaining > 0]
        return Effects(tuple(a.fault.effect for a in hit))


def _applies(activation: Activation, verb: str, serial_no: str) -> bool:
    is_here = not activation.serial_no or not serial_no or activation.serial_no == serial_no
    return is_here and (verb in activation.verbs)


@dataclass(frozen=True, slots=True)
class Effects:
    """The hooks of all faults that affect one answer; without any, everything passes unchanged."""

    effects: tuple[Effect, ...] = ()

    def hooks(self, name: str) -> Iterator[Callable[..., Any]]:
        """The hooks of one place, in the order in which the faults were switched on."""
        return (hook for hook in (getattr(effect, name) for effect in self.effects) if hook is not None)

    def changed(self, name: str, value: Any, *context: Any) -> Any:
        """A value after the hooks of one place, each of which gives a new one."""
        for hook in self.hooks(name):
            value = hook(value, *context)
        return value

    def applied(self, name: str, value: Any) -> Any:
        """A value after the hooks of one place, each of which changes it in place."""
        for hook in self.hooks(name):
            hook(value)
        return value

    def draft(self, draft: TokenDraft) -> TokenDraft:
        """A token's draft, changed in place by faults of this kind of token."""
        for effect in self.effects:
            if effect.draft is not None and draft.kind in effect.tokens:
                effect.draft(draft)
        return draft

    def token(self, text: str, kind: TokenKind) -> str:
        """A finished token, changed by faults of this kind of token."""
        for effect in self.effects:
            if effect.token is not None and kind in effect.tokens:
                text = effect.token(text)
        return text

    def status(self, true_status: DeviceStatus) -> DeviceStatus:
        """What a device says about its state."""
        return next((e.status for e in self.effects if e.status is not None), true_status)

    def stream_plan(self) -> StreamPlan:
        """How a stream is made."""
        return changed_plan(StreamPlan(), list(self.hooks("stream")))

    @property
    def clock_offset_s(self) -> float:
        """Added to the device's clock."""
        return sum(effect.clock_offset_s for effect in self.effects)

    @property
    def happening(self) -> Happening | None:
        """What befalls the service in the middle of a capture."""
        return next((e.during for e in self.effects if e.during is not None), None)

    def has(self, name: str) -> bool:
        """Whether a switch is on in any of them."""
        return any(getattr(effect, name) for effect in self.effects)
