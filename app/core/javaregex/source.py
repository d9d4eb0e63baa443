"""The text of a Java pattern, read character by character."""

from __future__ import annotations

from app.core.javaregex.characters import CONTROLS
from app.core.javaregex.errors import UntranslatableError

_HEX = frozenset("0123456789abcdefABCDEF")


class Source:
    """A pattern and a place in it."""

    def __init__(self, pattern: str) -> None:
        self._text = _unquoted(pattern)
        self.at = 0

    @property
    def next(self) -> str:
        """The next character; empty at the end."""
        return self._text[self.at : self.at + 1]

    def ahead(self, count: int) -> str:
        """The next characters, fewer at the end."""
        return self._text[self.at : self.at + count]

    def take(self) -> str:
        """Takes the next character.

        Raises:
            UntranslatableError: at the end.
        """
        if self.at >= len(self._text):
            raise self.error("something is missing at its end")
        self.at += 1
        return self._text[self.at - 1]

    def skip(self, text: str) -> bool:
        """Takes exactly this text, if it stands here."""
        if not self._text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def until(self, end: str, what: str) -> str:
        """Takes all before the end mark, and the mark."""
        found = self._text.find(end, self.at)
        if found < 0:
            raise self.error(f"{what} is not closed")
        taken = self._text[self.at : found]
        self.at = found + len(end)
        return taken

    def escaped_character(self) -> str | None:
        """The character that the escape after a backslash stands for; None, and nothing taken, if it stands for more."""
        letter = self.next
        if letter in CONTROLS and letter:
            self.at += 1
            return CONTROLS[letter]
        match letter:
            case "0":
                self.at += 1
                return self._octal()
            case "x":
                self.at += 1
                return self._hexadecimal()
            case "u":
                self.at += 1
                return self._character(self._digits(4))
            case "c":
                self.at += 1
                return self._control()
            case _ if letter and not (letter.isascii() and letter.isalnum()):
                self.at += 1
                return letter
        return None

    def error(self, why: str) -> UntranslatableError:
        """The error for this place."""
        return UntranslatableError(self.at, why)

    def _octal(self) -> str:
        digits = ""
        while len(digits) < 3 and self.next in ("0", "1", "2", "3", "4", "5", "6", "7") and int(digits + self.next, 8) <= 0o377:
            digits += self.take()
        if not digits:
            raise self.error("\\0 needs an octal number")
        return chr(int(digits, 8))

    def _hexadecimal(self) -> str:
        if self.skip("{"):
            digits = self.until("}", "\\x{")
            if not 1 <= len(digits) <= 6 or not _HEX.issuperset(digits):
                raise self.error("\\x{...} needs a hexadecimal number")
            return self._character(digits)
        return self._character(self._digits(2))

    def _digits(self, count: int) -> str:
        digits = self.ahead(count)
        if len(digits) != count or not _HEX.issuperset(digits):
            raise self.error(f"{count} hexadecimal digits are missing")
        self.at += count
        return digits

    def _character(self, digits: str) -> str:
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self.error("there is no such character; write characters beyond U+FFFF as \\x{...}")
        return chr(code)

    def _control(self) -> str:
        character = self.take()
        if not character.isascii():
            raise self.error("\\c needs an ASCII character")
        return chr(ord(character) ^ 64)


def _unquoted(pattern: str) -> str:
    """Resolves ``\\Q...\\E`` to single escapes, before anything else, as Java does."""
    if "\\Q" not in pattern:
        return pattern
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        if not pattern.startswith("\\", at):
            parts.append(pattern[at])
            at += 1
        elif pattern.startswith("\\Q", at):
            end = pattern.find("\\E", at + 2)
            quoted = pattern[at + 2 : end if end >= 0 else len(pattern)]
            parts.extend(_escaped(character) for character in quoted)
            at = end + 2 if end >= 0 else len(pattern)
        else:
            parts.append(pattern[at : at + 2])
            at += 2
    return "".join(parts)


def _escaped(character: str) -> str:
    return character if not character.isascii() or character.isalnum() else "\\" + character
