"""What a change of one field does to others, as a UI specification asks for it: ``handler:argument,argument``.

Handlers are looked up by name in a registry; a country can add its own. They are pure: from the values in the form they give
effects, and the form carries them out. MOSIP's handlers:

================  =============================  ==============================================================================
name              argument                       on a change of the field
================  =============================  ==============================================================================
``copyto``        ``source=target``              the target gets the source's value
``copyto``        ``flag?source=target``         the same while the check box ``flag`` is ticked, and the target cannot be typed
                                                 into; otherwise it can
``disable``       ``target``                     the target cannot be typed into while the changed check box is ticked
``copy&disable``  ``source=target``              as ``copyto`` with the changed check box as the flag
================  =============================  ==============================================================================

Compared with MOSIP's own client: there an unticked flag of ``copyto`` leaves the target locked for good, and a mistake in the
arguments is passed over; here the target opens again, and mistakes are found when the specification is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from app.core.errors import AppError
from app.core.uispec.model import ChangeAction

_TICKED: Final = "Y"
_LONGEST_ACTION: Final = 4_000


class ChangeActionUnreadableError(AppError):
    """A change action is not of the form ``handler:argument,argument``."""

    code = "APP-CHANGE-ACTION"
    sentence = "The change action cannot be read: {why}."
    next_step = "Correct changeAction in the UI specification."


class ChangeHandlerTwiceError(AppError):
    """Two handlers want the same name; the second would silently replace what forms rely on."""

    code = "APP-CHANGE-HANDLER-TWICE"
    sentence = "There is already a handler of change actions named {name}."
    next_step = "Give the country's own handler another name."


@dataclass(frozen=True, slots=True)
class CopyValue:
    """The target gets the source's value, with the code behind it; an empty source empties the target."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class SetEnabled:
    """Whether the operator can change a field."""

    field: str
    is_enabled: bool


Effect = CopyValue | SetEnabled


@runtime_checkable
class ChangeHandler(Protocol):
    """One kind of change action."""

    @property
    def name(self) -> str:
        """What stands in front of the colon."""

    def effects(self, values: Mapping[str, object], field: str, arguments: tuple[str, ...]) -> tuple[Effect, ...]:
        """What follows from a change, in the order in which it is to be carried out.

        Args:
            values: the form's values by field id, as rules see them; a ticked check box is ``Y``.
            field: id of the field that changed.
            arguments: accepted by `validate` before.
        """

    def validate(self, arguments: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
        """Reasons, in words, why the arguments cannot be used; none if they can. `known` are the ids of all fields."""

    def targets(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """Ids of the fields to which something can happen."""


@dataclass(frozen=True, slots=True)
class _Pair:
    flag: str | None
    source: str
    target: str


class CopyTo:
    """``copyto``: see the table of the module."""

    name = "copyto"

    def effects(self, values: Mapping[str, object], field: str, arguments: tuple[str, ...]) -> tuple[Effect, ...]:
        """Copies, and locks or opens the target where a flag is named."""
        del field
        found: list[Effect] = []
        for pair in _pairs(arguments):
            if pair.flag is None:
                found.append(CopyValue(pair.source, pair.target))
            else:
                found += _copied_while(_is_ticked(values, pair.flag), pair)
        return tuple(found)

    def validate(self, arguments: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
        """Every argument ``source=target`` or ``flag?source=target`` of known fields."""
        return _pair_reasons(arguments, known, has_flag=True)

    def targets(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """What is copied to."""
        return tuple(pair.target for pair in _pairs(arguments))


class CopyAndDisable:
    """``copy&disable``: see the table of the module."""

    name = "copy&disable"

    def effects(self, values: Mapping[str, object], field: str, arguments: tuple[str, ...]) -> tuple[Effect, ...]:
        """Copies and locks while the changed check box is ticked, opens otherwise."""
        is_ticked = _is_ticked(values, field)
        return tuple(effect for pair in _pairs(arguments) for effect in _copied_while(is_ticked, pair))

    def validate(self, arguments: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
        """Every argument ``source=target`` of known fields."""
        return _pair_reasons(arguments, known, has_flag=False)

    def targets(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """What is copied to."""
        return tuple(pair.target for pair in _pairs(arguments))


class Disable:
    """``disable``: see the table of the module."""

    name = "disable"

    def effects(self, values: Mapping[str, object], field: str, arguments: tuple[str, ...]) -> tuple[Effect, ...]:
        """Locks while the changed check box is ticked, opens otherwise."""
        is_enabled = not _is_ticked(values, field)
        return tuple(SetEnabled(target, is_enabled) for target in arguments)

    def validate(self, arguments: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
        """Every argument a known field, none twice."""
        reasons = [] if arguments else ["it names no field"]
        reasons += [f"there is no field {target!r}" for target in arguments if target not in known]
        reasons += _doubled(arguments)
        return tuple(reasons)

    def targets(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """What is locked."""
        return arguments


class ChangeActions:
    """The handlers that forms can use, by name."""

    def __init__(self, handlers: Iterable[ChangeHandler] = ()) -> None:
        self._handlers: dict[str, ChangeHandler] = {}
        for handler in handlers:
            self.register(handler)

    def register(self, handler: ChangeHandler) -> None:
        """Adds a handler.

        Raises:
            ChangeHandlerTwiceError: there is one of that name.
        """
        if handler.name in self._handlers:
            raise ChangeHandlerTwiceError(name=handler.name)
        self._handlers[handler.name] = handler

    def resolve(self, name: str) -> ChangeHandler | None:
        """The handler of a name; None if there is none, which blocks the form that asks for it."""
        return self._handlers.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all handlers."""
        return tuple(self._handlers)

    def validate(self, action: ChangeAction, known: Collection[str]) -> tuple[str, ...]:
        """Reasons, in words, why an action cannot be used; none if it can. For the time when a specification is read."""
        handler = self.resolve(action.handler)
        if handler is None:
            return (f"there is no change action {action.handler!r}; there are {', '.join(self.names)}",)
        return handler.validate(action.arguments, known)

    def effects(self, action: ChangeAction, values: Mapping[str, object], field: str) -> tuple[Effect, ...]:
        """What follows from a change of the field that carries the action; nothing if its handler does not exist."""
        handler = self.resolve(action.handler)
        return () if handler is None else handler.effects(values, field, action.arguments)


def mosip_actions() -> ChangeActions:
    """A new registry with MOSIP's handlers, to which a country's can be added."""
    return ChangeActions((CopyTo(), Disable(), CopyAndDisable()))


def parse_action(text: str) -> ChangeAction:
    """Takes ``handler:argument,argument`` apart; space around the parts is passed over.

    Raises:
        ChangeActionUnreadableError: no handler, a second colon, or an empty argument.
    """
    if len(text) > _LONGEST_ACTION:
        raise ChangeActionUnreadableError(why=f"it is longer than {_LONGEST_ACTION} signs")
    handler, colon, rest = text.partition(":")
    if not handler.strip():
        raise ChangeActionUnreadableError(why="no handler is named in front of the colon")
    if ":" in rest:
        raise ChangeActionUnreadableError(why="it has a second colon")
    if not colon or not rest.strip():
        return ChangeAction(handler.strip(), ())
    arguments = tuple(part.strip() for part in rest.split(","))
    if "" in arguments:
        raise ChangeActionUnreadableError(why="one of its arguments is empty")
    return ChangeAction(handler.strip(), arguments)


def _is_ticked(values: Mapping[str, object], field: str) -> bool:
    return values.get(field) == _TICKED


def _copied_while(is_ticked: bool, pair: _Pair) -> tuple[Effect, ...]:
    opened = SetEnabled(pair.target, is_enabled=not is_ticked)
    return (CopyValue(pair.source, pair.target), opened) if is_ticked else (opened,)


def _pair(argument: str) -> _Pair | None:
    before, has_flag, after = argument.partition("?")
    source, equals, target = (after if has_flag else before).partition("=")
    parts = [part.strip() for part in (source, target, before)]
    if not equals or not all(parts) or any(sign in target for sign in "=?"):
        return None
    return _Pair(parts[2] if has_flag else None, parts[0], parts[1])


def _pairs(arguments: tuple[str, ...]) -> tuple[_Pair, ...]:
    return tuple(pair for pair in map(_pair, arguments) if pair is not None)


def _pair_reasons(arguments: tuple[str, ...], known: Collection[str], *, has_flag: bool) -> tuple[str, ...]:
    reasons = [] if arguments else ["it names no fields"]
    for argument in arguments:
        pair = _pair(argument)
        if pair is None or (pair.flag is not None and not has_flag):
            wanted = "source=target or flag?source=target" if has_flag else "source=target"
            reasons.append(f"{argument!r} is not of the form {wanted}")
            continue
        named = [name for name in (pair.flag, pair.source, pair.target) if name is not None]
        reasons += [f"there is no field {name!r}" for name in named if name not in known]
        if pair.source == pair.target:
            reasons.append(f"{pair.source!r} would be copied to itself")
    reasons += _doubled([pair.target for pair in _pairs(arguments)])
    return tuple(reasons)


def _doubled(targets: Collection[str]) -> list[str]:
    twice = dict.fromkeys(target for target in targets if list(targets).count(target) > 1)
    return [f"{target!r} is named twice" for target in twice]
