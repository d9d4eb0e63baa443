"""Why a Java pattern is not translated."""

from __future__ import annotations


class UntranslatableError(Exception):
    """A construct that is wrong in Java, or that would mean something else elsewhere.

    Attributes:
        position: 0-based, in the pattern with ``\\Q...\\E`` resolved.
        why: names the construct.
    """

    def __init__(self, position: int, why: str) -> None:
        super().__init__(why)
        self.position = position
        self.why = why
