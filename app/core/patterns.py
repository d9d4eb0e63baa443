"""Patterns of validators: written for Java, matched here with the same meaning and never for long.

A pattern is translated and compiled once; whoever reads a form keeps it. Both the country's author and the person at the desk
can make a pattern run for ever by accident, so matching ends after `TIMEOUT_S` with a named error, and the text counts as one
that does not match.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import regex

from app.core.errors import AppError
from app.core.javaregex.errors import UntranslatableError
from app.core.javaregex.translation import translated

MAX_PATTERN_LENGTH = 4_000
"""Characters of a pattern."""
MAX_TEXT_LENGTH = 20_000
"""Characters of a value; a longer one is not looked at."""
TIMEOUT_S = 0.1
"""A keystroke's share; patterns that mean well take microseconds."""


class PatternUnusableError(AppError):
    """A pattern of the country is wrong, or cannot be matched here with the meaning that it has in Java.

    Parameters: ``pattern`` (as published, cut to 200 characters), ``position`` (0-based), ``why``.
    """

    code = "APP-PATTERN"
    sentence = "The pattern {pattern} cannot be used, see character {position}: {why}."
    next_step = "Write it another way in the country's UI specification, then synchronise again."

    def __init__(self, *, pattern: str, position: int, why: str) -> None:
        super().__init__(pattern=pattern[:200], position=position, why=why)


class PatternTimeoutError(AppError):
    """Matching was given up; the value counts as one that does not match. Never holds the value."""

    code = "APP-PATTERN-TIMEOUT"
    sentence = "Whether a value of {length} characters matches the pattern {pattern} could not be found out in time."
    next_step = "Shorten the value. If it stays, the pattern in the country's UI specification has to be written another way."

    def __init__(self, *, pattern: str, length: int) -> None:
        super().__init__(pattern=pattern[:200], length=length)


@dataclass(frozen=True, slots=True)
class JavaPattern:
    """A pattern ready for use. Made by `compile_java`.

    Attributes:
        pattern: as published.
    """

    pattern: str
    compiled: regex.Pattern[str] = field(repr=False, compare=False)
    timeout_s: float = TIMEOUT_S

    def matches_whole(self, text: str) -> bool:
        """Whether the whole text matches, as ``Matcher.matches`` of Java says.

        Raises:
            PatternTimeoutError: if it takes too long, or the text has more than `MAX_TEXT_LENGTH` characters.
        """
        if len(text) > MAX_TEXT_LENGTH:
            raise PatternTimeoutError(pattern=self.pattern, length=len(text))
        try:
            return self.compiled.fullmatch(text, timeout=self.timeout_s) is not None
        except (TimeoutError, MemoryError) as error:
            raise PatternTimeoutError(pattern=self.pattern, length=len(text)) from error


def compile_java(pattern: str, timeout_s: float = TIMEOUT_S) -> JavaPattern:
    """Reads a pattern in the syntax of ``java.util.regex``.

    Raises:
        PatternUnusableError: if Java would refuse it, if it is too long, or if it holds something that is not translated.
    """
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise PatternUnusableError(pattern=pattern, position=0, why=f"it has more than {MAX_PATTERN_LENGTH} characters")
    try:
        text = translated(pattern)
    except UntranslatableError as error:
        raise PatternUnusableError(pattern=pattern, position=error.position, why=error.why) from error
    try:
        compiled = regex.compile(text, regex.VERSION1)
    except regex.error as error:
        raise PatternUnusableError(pattern=pattern, position=0, why=str(error)) from error
    return JavaPattern(pattern=pattern, compiled=compiled, timeout_s=timeout_s)
