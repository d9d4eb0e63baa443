"""The rule of a biometrics field (``validationExpr``): when what was captured is enough.

Names of biometric attributes (``leftIndex``, ``face``, ...) as booleans, ``&&``, ``||``, ``!`` and parentheses, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.core.expressions.tokens import Kind, Token, tokenize, unreadable
from packet.models import BioAttribute

_MAX_DESCENT = 60
_JOINS = {"&&": "&&", "and": "&&", "||": "||", "or": "||"}

Check = Callable[[Mapping[BioAttribute, bool]], bool]


@dataclass(frozen=True, slots=True)
class BioRule:
    """One rule. Made by `parse_rule`.

    Attributes:
        names: the attributes that it asks for, as the country wrote them.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    check: Check = field(repr=False, compare=False)

    def __call__(self, satisfied: Mapping[BioAttribute, bool]) -> bool:
        """Whether the field is complete; an attribute that is not in the mapping is not satisfied."""
        return self.check(satisfied)


def parse_rule(text: str) -> BioRule:
    """Reads a rule.

    Raises:
        ExpressionUnreadableError: if it holds anything else, or a name that is no biometric attribute.
    """
    reader = _Reader(text)
    check = reader.whole()
    return BioRule(text=text, names=frozenset(reader.names), check=check)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0
        self._descent = 0
        self.names: set[str] = set()

    def whole(self) -> Check:
        check = self._joined("||")
        if self._tokens[self._at].kind is not Kind.END:
            raise self._error("&& or || is missing before it, or it cannot stand in a rule for biometrics")
        return check

    def _joined(self, operator: str) -> Check:
        items = [self._operand(operator)]
        while self._tokens[self._at].kind is not Kind.TEXT and _JOINS.get(self._tokens[self._at].text) == operator:
            self._at += 1
            items.append(self._operand(operator))
        if len(items) == 1:
            return items[0]
        every = tuple(items)
        if operator == "&&":
            return lambda satisfied: all(item(satisfied) for item in every)
        return lambda satisfied: any(item(satisfied) for item in every)

    def _operand(self, operator: str) -> Check:
        return self._joined("&&") if operator == "||" else self._single()

    def _single(self) -> Check:
        token = self._tokens[self._at]
        if token.kind is Kind.NAME:
            self._at += 1
            return self._attribute(token)
        if token.text == "!":
            self._at += 1
            inner = self._deeper(self._single)
            return lambda satisfied: not inner(satisfied)
        if token.text == "(":
            self._at += 1
            inner = self._deeper(lambda: self._joined("||"))
            if self._tokens[self._at].text != ")":
                raise self._error(") is missing")
            self._at += 1
            return inner
        raise self._error("a biometric attribute is missing")

    def _attribute(self, token: Token) -> Check:
        try:
            attribute = BioAttribute(token.text)
        except ValueError as error:
            raise self._error("this is no biometric attribute", token) from error
        self.names.add(token.text)
        return lambda satisfied: satisfied.get(attribute, False)

    def _deeper(self, read: Callable[[], Check]) -> Check:
        self._descent += 1
        if self._descent > _MAX_DESCENT:
            raise self._error("it is nested too deeply")
        check = read()
        self._descent -= 1
        return check

    def _error(self, why: str, at: Token | None = None) -> Exception:
        return unreadable(self._text, (at or self._tokens[self._at]).position, why)
