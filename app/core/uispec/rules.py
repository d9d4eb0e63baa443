"""Reading what decides about a field: visibility, requirement, validators, change action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.core.changeactions import ChangeActionUnreadableError, parse_action
from app.core.expressions.errors import ExpressionUnreadableError
from app.core.expressions.parser import parse
from app.core.patterns import PatternUnusableError, compile_java
from app.core.uispec.faults import (
    ACTION_ARGUMENTS,
    ENGINE_UNKNOWN,
    EXPRESSION_UNREADABLE,
    PATTERN_LONG,
    PATTERN_MISSING,
    PATTERN_UNUSABLE,
    PATTERNS_LARGE,
    REQUIRED_ON_MANY,
    VALIDATOR_TYPE,
    VALUE_TYPE,
)
from app.core.uispec.model import ChangeAction, Condition, FieldValidator
from app.core.uispec.report import quoted
from app.core.uispec.values import Node

MOST_PATTERN_CHARACTERS: Final = 1_000
MOST_ACTION_CHARACTERS: Final = 500
MOST_CHARACTERS_OF_PATTERNS: Final = 200_000
"""Of all distinct patterns of a publication."""

MOST_RULES: Final = 10
"""Validators, or rules of requiredOn, of one field."""

_ENGINE: Final = "mvel"
_REGEX: Final = "regex"


def read_visible(field: Node) -> Condition | None:
    """``visible``; None: always shown."""
    value = field.raw("visible")
    if value is None:
        return None
    if not isinstance(value, Mapping):
        place = field.place.at("visible")
        field.report.add(VALUE_TYPE, place, expected="an object of engine and expr", found=quoted(value))
        return Condition("", None)
    return read_condition(Node(value, field.place.at("visible"), field.report))


def read_required_on(field: Node) -> Condition | None:
    """``requiredOn``: its first rule; None: ``required`` decides."""
    rules = [rule for _, rule in field.nodes("requiredOn", MOST_RULES) if rule.has("expr")]
    if len(rules) > 1:
        field.report.add(REQUIRED_ON_MANY, field.place.at("requiredOn"), count=len(rules))
    return read_condition(rules[0]) if rules else None


def read_condition(rule: Node) -> Condition | None:
    """One ``{engine, expr}``; None if it has no ``expr``."""
    if not rule.has("expr"):
        return None
    engine = rule.text("engine")
    text = rule.text("expr")
    if engine is None or engine.strip().lower() != _ENGINE:
        rule.report.add(ENGINE_UNKNOWN, rule.place, found=quoted(engine))
        return Condition(text or "", None)
    if text is None:
        rule.report.add(EXPRESSION_UNREADABLE, rule.place, text=quoted(rule.raw("expr")), position=0, why="it says nothing")
        return Condition("", None)
    try:
        return Condition(text, parse(text))
    except ExpressionUnreadableError as error:
        rule.report.add(EXPRESSION_UNREADABLE, rule.place, text=quoted(text), **named(error))
        return Condition(text, None)


def named(error: ExpressionUnreadableError | PatternUnusableError) -> dict[str, str | int]:
    """Where and why a rule or pattern cannot be read, as the parameters of a fault."""
    return {name: value for name, value in error.params.items() if name in ("position", "why") and isinstance(value, str | int)}


class PatternReader:
    """Checks patterns, each distinct one once, and no more than a form can need: a compiler takes its time."""

    def __init__(self) -> None:
        self._characters_left = MOST_CHARACTERS_OF_PATTERNS
        self._unusable: dict[str, PatternUnusableError | None] = {}

    def is_usable(self, pattern: str, validator: Node) -> bool:
        """Whether the pattern can be used; if not, the validator's fault says why."""
        if pattern not in self._unusable:
            if len(pattern) > self._characters_left:
                validator.report.add(PATTERNS_LARGE, validator.place, most=MOST_CHARACTERS_OF_PATTERNS)
                return False
            self._characters_left -= len(pattern)
            self._unusable[pattern] = _why_unusable(pattern)
        why = self._unusable[pattern]
        if why is not None:
            validator.report.add(PATTERN_UNUSABLE, validator.place, text=quoted(pattern), **named(why))
        return why is None


def _why_unusable(pattern: str) -> PatternUnusableError | None:
    try:
        compile_java(pattern)
    except PatternUnusableError as error:
        return error
    return None


def read_validators(field: Node, patterns: PatternReader) -> tuple[FieldValidator, ...]:
    """``validators``: those that can be used; every other is named."""
    read = (_read_validator(entry, patterns) for _, entry in field.nodes("validators", MOST_RULES))
    return tuple(validator for validator in read if validator is not None)


def _read_validator(entry: Node, patterns: PatternReader) -> FieldValidator | None:
    kind = entry.text("type")
    if kind is None or kind.strip().lower() != _REGEX:
        entry.report.add(VALIDATOR_TYPE, entry.place, found=quoted(kind))
        return None
    pattern = _read_pattern(entry)
    if pattern is None or not patterns.is_usable(pattern, entry):
        return None
    return FieldValidator(pattern, entry.text("langCode"), entry.text("errorCode"))


def _read_pattern(entry: Node) -> str | None:
    value = entry.raw("validator")
    if isinstance(value, str) and len(value) > MOST_PATTERN_CHARACTERS:
        entry.report.add(PATTERN_LONG, entry.place, length=len(value), most=MOST_PATTERN_CHARACTERS)
        return None
    faults_before = len(entry.report.faults)
    pattern = entry.text("validator")
    if pattern is None and len(entry.report.faults) == faults_before:
        entry.report.add(PATTERN_MISSING, entry.place)
    return pattern


def read_change_action(field: Node) -> ChangeAction | None:
    """``changeAction`` taken apart; whether it exists and fits the process is checked when all fields are known."""
    text = field.text("changeAction", MOST_ACTION_CHARACTERS)
    if text is None:
        return None
    try:
        return parse_action(text)
    except ChangeActionUnreadableError as error:
        field.report.add(ACTION_ARGUMENTS, field.place.at("changeAction"), why=error.message.rstrip("."))
        return None
