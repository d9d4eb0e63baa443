"""A condition of a form, read once and evaluated at every keystroke."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.core.expressions.errors import EvaluationError
from app.core.expressions.meaning import truth_of
from app.core.expressions.nodes import Node

Value = object
"""Null (None), boolean, number, text, list or mapping."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One condition over ``identity``. Made by `app.core.expressions.parser.parse`.

    Attributes:
        text: as the country wrote it.
        reads: every key of ``identity`` that it looks at; a change of any other key cannot change its result.
        tree: what it says.
    """

    text: str
    reads: frozenset[str] = field(compare=False)
    tree: Node = field(repr=False, compare=False)
    run: Callable[[Mapping[str, object]], object] = field(repr=False, compare=False)

    def evaluate(self, identity: Mapping[str, object]) -> object:
        """The result, of any kind; a missing key is null.

        Raises:
            EvaluationError: if a value does not suit an operator. Holds nothing of the value.
        """
        return self.run(identity)

    def is_true(self, identity: Mapping[str, object]) -> bool:
        """Whether the condition is fulfilled; as in MOSIP, one that cannot be evaluated is not."""
        try:
            result = self.run(identity)
        except EvaluationError:
            return False
        return result if isinstance(result, bool) else truth_of(result) is True
