"""Text of a rule to tokens.

======  ================================================================================================
Kind    Text
======  ================================================================================================
TEXT    ``'...'`` or ``"..."`` with the escapes ``\\\\ \\' \\" \\n \\r \\t \\b \\f \\uXXXX``
NUMBER  ``5``, ``18.5``: decimal digits; a sign belongs to the parser
NAME    letter or ``_`` or ``$``, then also digits (ASCII)
SIGN    ``== != <= >= && || < > ! ( ) [ ] . , -``
END     after the last
======  ================================================================================================

MVEL reads ``010`` as octal and has suffixes (``10L``), hexadecimal numbers, exponents, comments and escapes of its own; they
are refused by name rather than read as something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.core.expressions.errors import ExpressionUnreadableError

MAX_LENGTH = 20_000
"""Characters of a rule; the longest of MOSIP's default forms has about a thousand."""

_NEAR = 24
_SCAN = re.compile(
    r"""[ \t\r\n\f]+
    | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<number>[0-9]+(?:\.[0-9]+)?)(?P<tail>[A-Za-z0-9_$]*)
    | (?P<text>'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")
    | (?P<sign>==|!=|<=|>=|&&|\|\||[<>!()\[\].,\-])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Kind(StrEnum):
    """What a token is."""

    TEXT = "text"
    NUMBER = "number"
    NAME = "name"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        text: as it stands in the rule, quotes included; empty at the end.
        value: what a text or number literal means.
        position: of its first character, 0-based.
    """

    kind: Kind
    text: str
    position: int
    value: str | int | float | None = None


def tokenize(text: str) -> tuple[Token, ...]:
    """Takes a rule apart; the last token is always `Kind.END`.

    Raises:
        ExpressionUnreadableError: at the first character that belongs to no token, or if the rule is too long.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionUnreadableError(
            position=MAX_LENGTH, near="...", why=f"it has {len(text)} characters, more than {MAX_LENGTH}"
        )
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _SCAN.match(text, position)
        if match is None:
            raise unreadable(text, position, _why_no_token(text[position]))
        token = _token(match, text, position)
        if token is not None:
            found.append(token)
        position = match.end()
    found.append(Token(Kind.END, "", len(text)))
    return tuple(found)


def unreadable(text: str, position: int, why: str) -> ExpressionUnreadableError:
    """The error for a place in a rule."""
    near = " ".join(text[position : position + _NEAR].split())
    return ExpressionUnreadableError(position=position, near=near or "end of the rule", why=why)


def _token(match: re.Match[str], text: str, position: int) -> Token | None:
    kind, found = match.lastgroup, match.group()
    if kind == "name":
        return Token(Kind.NAME, found, position)
    if kind == "sign":
        return Token(Kind.SIGN, found, position)
    if kind == "text":
        return Token(Kind.TEXT, found, position, _unescape(text, found, position))
    if kind is None:
        return None
    return Token(Kind.NUMBER, found, position, _number(text, match, position))


def _number(text: str, match: re.Match[str], position: int) -> int | float:
    digits: str = match["number"]
    if match["tail"]:
        raise unreadable(text, position, "only plain decimal numbers are read, without suffix or exponent")
    if len(digits) > 1 and digits[0] == "0" and digits[1] != ".":
        raise unreadable(text, position, "a number with a leading zero would be octal; write it without, or as text")
    if len(digits) > 18:
        raise unreadable(text, position, "a number has at most 18 digits; compare longer ones as text")
    return float(digits) if "." in digits else int(digits)


def _unescape(text: str, quoted: str, position: int) -> str:
    if "\\" not in quoted:
        return quoted[1:-1]

    def replaced(match: re.Match[str]) -> str:
        escape: str = match[1]
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            raise unreadable(text, position, f"the escape \\{escape} is not known")
        return _ESCAPES[escape]

    return _ESCAPE.sub(replaced, quoted[1:-1])


def _why_no_token(character: str) -> str:
    if character in "'\"":
        return "the text is not closed"
    if character in "=&|":
        return f"a single {character} is no operator here; write it twice"
    return "this character cannot stand in a rule"
