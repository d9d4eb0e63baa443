"""A place in the form as a draft keeps it, and back.

Kept are the step, the screens that were seen, the previewed revision, the counts of wrong factors and the sealed registration.
Authentications are never kept: whoever resumes a draft confirms it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.core.flow.authenticating import forget_authentications
from app.core.flow.errors import SavedFlowUnreadableError
from app.core.flow.moves import reconcile
from app.core.flow.state import FlowState, SealedRegistration, Step, StepKind
from app.core.flow.view import FlowRules, FormView
from packet.models import Json, PacketId, RegistrationId

_VERSION: Final = 1


def save(state: FlowState) -> dict[str, Json]:
    """Everything that survives a restart, as a JSON object. Holds user ids of those who failed to authenticate, nothing of the
    person who is registered."""
    return {
        "version": _VERSION,
        "step": {"kind": state.step.kind.value, "screen": state.step.screen},
        "seen": sorted(state.seen),
        "previewedRevision": state.previewed_revision,
        "failures": dict(state.failures),
        "serial": state.serial,
        "sealed": None
        if state.sealed is None
        else {"registrationId": state.sealed.registration_id, "packetId": state.sealed.packet_id},
    }


def restore(saved: Mapping[str, object], form: FormView, rules: FlowRules) -> FlowState:
    """The state that was saved, without its authentications, reconciled with the form as it was restored.

    The step stays as it was, except that a reviewer's turn becomes the operator's again, since the operator confirms first.

    Raises:
        SavedFlowUnreadableError: if it is not what `save` writes.
    """
    version = saved.get("version")
    if version != _VERSION:
        raise SavedFlowUnreadableError(why="it was saved by another version")
    state = FlowState(
        step=_step(saved.get("step")),
        seen=_seen(saved.get("seen")),
        previewed_revision=_revision(saved.get("previewedRevision")),
        failures=_failures(saved.get("failures")),
        serial=_count(saved.get("serial"), "serial") + 1,
        sealed=_sealed(saved.get("sealed")),
    )
    if (state.sealed is not None) != (state.step.kind is StepKind.ACKNOWLEDGEMENT):
        raise SavedFlowUnreadableError(why="its step and its sealed registration contradict each other")
    return reconcile(forget_authentications(state), form, rules)


def _step(value: object) -> Step:
    if isinstance(value, Mapping):
        kind, screen = value.get("kind"), value.get("screen")
        is_kind = isinstance(kind, str) and kind in set(StepKind)
        if is_kind and (isinstance(screen, str) if kind == StepKind.SCREEN else screen is None):
            return Step(StepKind(str(kind)), screen)
    raise SavedFlowUnreadableError(why="step is not a step")


def _seen(value: object) -> frozenset[str]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return frozenset(value)
    raise SavedFlowUnreadableError(why="seen is not a list of screens")


def _count(value: object, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise SavedFlowUnreadableError(why=f"{name} is not a number")


def _revision(value: object) -> int | None:
    return None if value is None else _count(value, "previewedRevision")


def _failures(value: object) -> tuple[tuple[str, int], ...]:
    if isinstance(value, Mapping) and all(isinstance(user, str) for user in value):
        return tuple(sorted((str(user), _count(count, "failures")) for user, count in value.items()))
    raise SavedFlowUnreadableError(why="failures is not a table")


def _sealed(value: object) -> SealedRegistration | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        registration_id, packet_id = value.get("registrationId"), value.get("packetId")
        if isinstance(registration_id, str) and isinstance(packet_id, str):
            return SealedRegistration(RegistrationId(registration_id), PacketId(packet_id))
    raise SavedFlowUnreadableError(why="sealed is not a registration")
