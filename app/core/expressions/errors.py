"""What can be wrong with a rule, and with evaluating one."""

from __future__ import annotations

from app.core.errors import AppError


class ExpressionUnreadableError(AppError):
    """A rule of the country cannot be read; it says nothing about anybody's data.

    Parameters: ``position`` (0-based, in characters), ``near`` (the offending text of the rule), ``why``.
    """

    code = "APP-EXPRESSION"
    sentence = "The rule cannot be read at character {position} ({near}): {why}."
    next_step = "Correct the rule in the country's UI specification, then synchronise again."

    def __init__(self, *, position: int, near: str, why: str) -> None:
        super().__init__(position=position, near=near, why=why)


class EvaluationError(AppError):
    """A rule met a value that its operator cannot take. Never holds the value.

    Parameters: ``operator`` as it stands in the rule, ``why``.
    """

    code = "APP-EXPRESSION-VALUE"
    sentence = "The rule cannot be evaluated at {operator}: {why}."
    next_step = "Report it to the authors of the country's UI specification; until then the rule counts as not fulfilled."

    def __init__(self, *, operator: str, why: str) -> None:
        super().__init__(operator=operator, why=why)
