"""A Java pattern as a pattern of the `regex` library that matches the same texts as a whole.

Translated construct by construct; nothing passes through unread, so nothing can mean something else by accident. Flags
``i``, ``s`` and ``U`` are resolved here (Java's ``i`` is ASCII only). Refused by name, since releases of Java differ, since
their meaning in the two libraries does, or since a check of a whole value does not need them: ``\\b \\B \\G \\X \\N``,
flags ``m x u d``, references back under ``i``, properties of case under ``i``, quantified
assertions, and looking behind with captures, references, atomic groups, other assertions or repetitions without end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.core.javaregex.characters import ANY, ANY_BUT_LINE_END, END, LINE_BREAK, written
from app.core.javaregex.classes import Flags, both_cases, predefined, read_class, read_property
from app.core.javaregex.errors import UntranslatableError
from app.core.javaregex.source import Source

_MAX_DEPTH = 50
_MAX_REPEATS = 10_000
_ASSERTIONS = {"=": "(?=", "!": "(?!", "<=": "(?<=", "<!": "(?<!"}
_REFUSED_ESCAPES = {
    "b": "a word boundary, which Java's releases read differently,",
    "B": "a word boundary, which Java's releases read differently,",
    "G": "the end of the last match",
    "X": "a grapheme",
    "N": "a character by name",
}


@dataclass(slots=True)
class _Groups:
    names: set[str] = field(default_factory=set)
    opened: int = 0
    closed: set[int] = field(default_factory=set)
    closed_names: set[str] = field(default_factory=set)


def translated(pattern: str) -> str:
    """The same pattern for `regex.compile` with ``VERSION1`` and no other flag.

    Raises:
        UntranslatableError: if Java would refuse it, or if it is not translated.
    """
    source = Source(pattern)
    translation = _Translation(source)
    text = translation.alternatives(0)
    if source.next:
        raise source.error("a group is closed that was not opened")
    return text


class _Translation:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._flags = Flags()
        self._groups = _Groups()
        self._is_behind = False

    def alternatives(self, depth: int) -> str:
        """Up to the end of the group or of the pattern; flags set inside end there."""
        if depth > _MAX_DEPTH:
            raise self._source.error("groups are nested too deeply")
        flags_before = self._flags
        parts: list[str] = []
        while self._source.next not in ("", ")"):
            parts.append("|" if self._source.skip("|") else self._piece(depth))
        self._flags = flags_before
        return "".join(parts)

    def _piece(self, depth: int) -> str:
        atom, is_repeatable = self._atom(depth)
        quantifier = self._quantifier()
        if not quantifier:
            return atom
        if not is_repeatable:
            raise self._source.error("there is nothing before it that could be repeated")
        return f"(?:{atom}){quantifier}"

    def _atom(self, depth: int) -> tuple[str, bool]:
        character = self._source.take()
        match character:
            case "(":
                return self._group(depth)
            case "[":
                return read_class(self._source, self._flags), True
            case "\\":
                return self._escape()
            case ".":
                return (ANY if self._flags.is_dot_all else ANY_BUT_LINE_END), True
            case "^":
                return r"\A", False
            case "$":
                return END, False
            case "*" | "+" | "?" | "{":
                raise self._source.error(f"{character} has nothing before it to repeat")
        return self._literal(character), True

    def _literal(self, character: str) -> str:
        if self._flags.is_any_case and character.isascii() and character.isalpha():
            return f"[{both_cases(character)}]"
        return written(character)

    def _escape(self) -> tuple[str, bool]:
        source = self._source
        letter = source.next
        if letter in _REFUSED_ESCAPES:
            raise source.error(f"\\{letter}, {_REFUSED_ESCAPES[letter]} is not translated")
        character = source.escaped_character()
        if character is not None:
            return self._literal(character), True
        letter = source.take()
        whole = predefined(letter, self._flags)
        if whole is not None:
            return whole, True
        if letter in ("p", "P"):
            items = read_property(source, self._flags)
            return (f"[{items}]" if letter == "p" else f"[^{items}]"), True
        if letter == "k" or letter.isdigit():
            return self._reference(letter), True
        simple = {"A": (r"\A", False), "z": (r"\Z", False), "Z": (END, False), "R": (LINE_BREAK, True)}.get(letter)
        if simple is None:
            raise source.error(f"the escape \\{letter} is not known")
        return simple

    def _reference(self, letter: str) -> str:
        source, groups = self._source, self._groups
        self._refuse_behind("a reference back")
        if self._flags.is_any_case:
            raise source.error("a reference back without regard to case is not translated")
        if letter == "k":
            name = source.until(">", "\\k<") if source.skip("<") else ""
            if name not in groups.closed_names:
                raise source.error("\\k needs the name of a group that is closed before it")
            return f"(?P={name})"
        number = int(letter)
        # A second digit belongs to the number only if there are so many groups by now.
        while source.next in tuple("0123456789") and number * 10 + int(source.next) <= groups.opened:
            number = number * 10 + int(source.take())
        if number not in groups.closed:
            raise source.error(f"\\{number} refers to no group that is closed before it")
        return f"(?:\\{number})"

    def _group(self, depth: int) -> tuple[str, bool]:
        source = self._source
        if not source.skip("?"):
            return self._capturing("(", None, depth), True
        for mark, opening in _ASSERTIONS.items():
            if source.skip(mark):
                return self._assertion(opening, depth), False
        if source.skip(":"):
            return self._closed("(?:", depth), True
        if source.skip(">"):
            self._refuse_behind("an atomic group")
            return self._closed("(?>", depth), True
        if source.skip("<"):
            name = source.until(">", "the name of a group")
            if not (name.isascii() and name.isalnum() and name[0].isalpha()) or name in self._groups.names:
                raise source.error("the name of a group has ASCII letters and digits, begins with a letter and is used once")
            self._groups.names.add(name)
            return self._capturing(f"(?P<{name}>", name, depth), True
        return self._flagged(depth)

    def _assertion(self, opening: str, depth: int) -> str:
        self._refuse_behind("another assertion")
        self._is_behind = opening.startswith("(?<")
        text = self._closed(opening, depth)
        self._is_behind = False
        return text

    def _refuse_behind(self, what: str) -> None:
        """Java looks back from several beginnings forwards, `regex` from the end backwards; in simple content that is one."""
        if self._is_behind:
            raise self._source.error(f"{what} in a look behind is not translated")

    def _capturing(self, opening: str, name: str | None, depth: int) -> str:
        self._refuse_behind("a capturing group")
        self._groups.opened += 1
        number = self._groups.opened
        text = self._closed(opening, depth)
        self._groups.closed.add(number)
        if name is not None:
            self._groups.closed_names.add(name)
        return text

    def _closed(self, opening: str, depth: int) -> str:
        inner = self.alternatives(depth + 1)
        if not self._source.skip(")"):
            raise self._source.error("a group is not closed")
        return f"{opening}{inner})"

    def _flagged(self, depth: int) -> tuple[str, bool]:
        """``(?i)`` up to the end of the group around it, ``(?i:...)`` for its own."""
        source, before = self._source, self._flags
        flags, is_on = before, True
        while source.next not in (")", ":"):
            letter = source.take()
            if letter == "-" and is_on:
                is_on = False
            else:
                flags = self._with_flag(flags, letter, is_on=is_on)
        self._flags = flags
        if source.skip(")"):
            # Empty but for the flag; a quantifier after it would apply to nothing.
            return "", False
        source.skip(":")
        text = self._closed("(?:", depth)
        self._flags = before
        return text, True

    def _with_flag(self, flags: Flags, letter: str, *, is_on: bool) -> Flags:
        match letter:
            case "i":
                flags = replace(flags, is_any_case=is_on)
            case "s":
                flags = replace(flags, is_dot_all=is_on)
            case "U":
                flags = replace(flags, is_unicode=is_on)
            case _:
                raise self._source.error(f"the flag {letter} is not translated")
        if flags.is_any_case and flags.is_unicode:
            raise self._source.error("the flags i and U together are not translated")
        return flags

    def _quantifier(self) -> str:
        source = self._source
        character = source.next
        if character in ("*", "+", "?") and character:
            source.take()
            quantifier = character
        elif source.skip("{"):
            quantifier = self._counted()
        else:
            return ""
        mode = source.take() if source.next in ("?", "+") and source.next else ""
        if source.next in ("*", "+", "?", "{") and source.next:
            raise source.error("a repetition is repeated; put it in a group")
        if mode == "+" or quantifier in ("*", "+") or quantifier.endswith(",}"):
            self._refuse_behind("a repetition without end or without return")
        return quantifier + mode

    def _counted(self) -> str:
        least, comma, most = self._source.until("}", "a repetition").partition(",")
        for count in (least, most):
            if count and not (count.isascii() and count.isdigit() and len(count) <= 5 and int(count) <= _MAX_REPEATS):
                raise self._source.error(f"a repetition has one or two numbers up to {_MAX_REPEATS}")
        if not least or (most and int(most) < int(least)):
            raise self._source.error("a repetition needs its least number, not above its greatest")
        return f"{{{int(least)}{',' if comma else ''}{int(most) if most else ''}}}"


__all__ = ["UntranslatableError", "translated"]
