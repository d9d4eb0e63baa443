"""Character classes of Java patterns: ``[...]``.

Written for the `regex` library in its version 1, where classes nest and intersect too. Inside brackets Java knows no groups
and no flags: ``[(?i)A-Z]`` holds the characters ``(``, ``?``, ``i`` and ``)`` beside the letters. What Java's versions read
differently (negation beside nested or intersected classes, intersections of unbracketed mixtures) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.core.javaregex.characters import PREDEFINED, PREDEFINED_UNICODE, property_items, written
from app.core.javaregex.source import Source

_MAX_NESTING = 10
_PROPERTY = re.compile(r"\\[pP]\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of Java that are translated; all off at the beginning."""

    is_any_case: bool = False
    is_dot_all: bool = False
    is_unicode: bool = False


def read_class(source: Source, flags: Flags, nesting: int = 0) -> str:
    """A class from after its ``[`` to its ``]``, translated.

    Raises:
        UntranslatableError: if it is wrong or ambiguous.
    """
    if nesting > _MAX_NESTING:
        raise source.error("classes are nested too deeply")
    is_negated = source.skip("^")
    if source.next == "]":
        raise source.error("a bracket that is meant as a character of a class is written \\]")
    operands = [_Operand()]
    while not source.skip("]"):
        if source.next == "&" and source.ahead(2) == "&&":
            operands[-1].check_is_whole(source)
            source.skip("&&")
            operands.append(_Operand())
            if source.next in ("^", "&"):
                raise source.error(f"{source.next} directly after && in a class is ambiguous")
        elif source.skip("["):
            operands[-1].nested.append(read_class(source, flags, nesting + 1))
        else:
            operands[-1].items.append(_item(source, flags))
    if len(operands) > 1:
        operands[-1].check_is_whole(source)
    if is_negated and (len(operands) > 1 or operands[0].nested):
        raise source.error("negation of a class with other classes in it is ambiguous")
    if is_negated and _holds_everything(operands[0].items):
        raise source.error("a property and its opposite in a negated class leave nothing")
    return _joined(operands, is_negated=is_negated)


def read_property(source: Source, flags: Flags) -> str:
    """What a ``\\p`` holds, from after the ``p``, to stand inside a class."""
    name = source.until("}", "\\p{") if source.skip("{") else source.take()
    items = property_items(name, is_any_case=flags.is_any_case, is_unicode=flags.is_unicode)
    if items is None:
        raise source.error(f"the property {name!r} is not known, or depends on the flags")
    return items


def predefined(letter: str, flags: Flags) -> str | None:
    """What ``\\d``, ``\\W``, ... hold, as a class; None for other letters."""
    items = (PREDEFINED_UNICODE if flags.is_unicode else PREDEFINED).get(letter.lower())
    if items is None:
        return None
    return f"[{items}]" if letter.islower() else f"[^{items}]"


def both_cases(character: str) -> str:
    """Items of a class for an ASCII letter in both cases, or for any other character alone."""
    if character.isascii() and character.isalpha():
        return character.lower() + character.upper()
    return written(character)


class _Operand:
    """One side of an intersection."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.nested: list[str] = []

    def check_is_whole(self, source: Source) -> None:
        """Raises unless it is either one nested class or a row of plain items."""
        if len(self.nested) + bool(self.items) != 1:
            raise source.error("each side of && in a class must be one class in brackets, or plain characters")

    def text(self) -> str:
        return "".join(self.items) + "".join(self.nested)


def _holds_everything(items: list[str]) -> bool:
    """Whether a property stands beside its opposite; the `regex` library forgets a negation around the two."""
    opposites = {name for item in items if item.startswith("[^") for name in _PROPERTY.findall(item)}
    return any(name in opposites for item in items if not item.startswith("[^") for name in _PROPERTY.findall(item))


def _joined(operands: list[_Operand], *, is_negated: bool) -> str:
    if len(operands) == 1:
        return f"[{'^' if is_negated else ''}{operands[0].text()}]"
    return "[" + "&&".join(f"[{operand.text()}]" for operand in operands) + "]"


def _item(source: Source, flags: Flags) -> str:
    """A character, a range or a predefined class."""
    if source.next == "\\":
        source.take()
        letter = source.next
        whole = predefined(letter, flags) if letter else None
        if whole is not None:
            source.take()
            if letter == "v" and source.next == "-":
                raise source.error("\\v before - in a class is one character for Java, and many elsewhere")
            return whole
        if letter in ("p", "P") and letter:
            source.take()
            items = read_property(source, flags)
            return items if letter == "p" else f"[^{items}]"
        low = _escaped(source)
    else:
        low = source.take()
    if source.next == "-" and source.ahead(2) not in ("-]", "-[", "-"):
        source.take()
        return _range(low, _range_end(source), source, flags)
    return both_cases(low) if flags.is_any_case else written(low)


def _range_end(source: Source) -> str:
    if source.skip("\\"):
        return _escaped(source)
    if source.ahead(2) == "&&":
        raise source.error("a range that ends at && is ambiguous")
    return source.take()


def _escaped(source: Source) -> str:
    character = source.escaped_character()
    if character is None:
        raise source.error(f"the escape \\{source.next} cannot stand there in a class")
    return character


def _range(low: str, high: str, source: Source, flags: Flags) -> str:
    if high < low:
        raise source.error("a range runs backwards")
    items = f"{written(low)}-{written(high)}"
    if not flags.is_any_case:
        return items
    for first, last, shift in (("A", "Z", 32), ("a", "z", -32)):
        start, end = max(low, first), min(high, last)
        if start <= end:
            items += f"{chr(ord(start) + shift)}-{chr(ord(end) + shift)}"
    return items
