"""Single characters and predefined classes of Java patterns, written for the `regex` library.

Everything is written out: ``\\d``, ``\\w``, ``\\s``, ``.`` and POSIX classes are ASCII in Java unless it is told otherwise, and
Unicode in Python. Line ends of Java: ``\\n``, ``\\r\\n``, ``\\r``, U+0085, U+2028, U+2029.
"""

from __future__ import annotations

import regex

HORIZONTAL = r"\x09\x20\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
VERTICAL = r"\x0a-\x0d\x85\u2028\u2029"
ANY_BUT_LINE_END = r"[^\x0a\x0d\x85\u2028\u2029]"
ANY = r"[\x00-\U0010ffff]"
LINE_BREAK = rf"(?:\x0d\x0a|[{VERTICAL}])"
# At the very end, or before the last line end; never between the two characters of one.
END = r"(?:(?=\x0d\x0a\Z|[\x0d\x85\u2028\u2029]?\Z)|(?<!\x0d)(?=\x0a\Z))"

PREDEFINED = {
    "d": "0-9",
    "w": "A-Z_a-z0-9",
    "s": r"\x09-\x0d\x20",
    "h": HORIZONTAL,
    "v": VERTICAL,
}
PREDEFINED_UNICODE = {
    "d": r"\p{Nd}",
    "w": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d",
    "s": r"\p{White_Space}",
    "h": HORIZONTAL,
    "v": VERTICAL,
}
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Alnum": "A-Za-z0-9",
    "Punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e",
    "Blank": r"\x09\x20",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9A-Fa-f",
    "Space": r"\x09-\x0d\x20",
}
_CATEGORIES = frozenset("LMNPSZC") | frozenset(
    group + part
    for group, parts in {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "S": "mcko", "Z": "slp", "C": "cfon"}.items()
    for part in parts
)
_BINARY = {
    "alphabetic": r"\p{Alphabetic}",
    "ideographic": r"\p{Ideographic}",
    "letter": r"\p{L}",
    "lowercase": r"\p{Lowercase}",
    "uppercase": r"\p{Uppercase}",
    "titlecase": r"\p{Lt}",
    "punctuation": r"\p{P}",
    "control": r"\p{Cc}",
    "digit": r"\p{Nd}",
    "white_space": r"\p{White_Space}",
    "whitespace": r"\p{White_Space}",
    "join_control": r"\u200c\u200d",
    "assigned": r"\P{Cn}",
}
_DEPENDS_ON_CASE = frozenset((r"\p{Lowercase}", r"\p{Uppercase}", r"\p{Lu}", r"\p{Ll}", r"\p{Lt}", "a-z", "A-Z"))
_KEYED = {
    "sc": "script",
    "script": "script",
    "blk": "block",
    "block": "block",
    "gc": "category",
    "general_category": "category",
}
_SAFE_NAME = regex.compile(r"[A-Za-z0-9][A-Za-z0-9_ \-]*")


def written(character: str) -> str:
    """One character so that it means itself, inside a class and outside."""
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def property_items(name: str, *, is_any_case: bool, is_unicode: bool) -> str | None:
    """What ``\\p{name}`` holds, to stand inside a class; None if it is unknown or would depend on the flags."""
    items = _items(name)
    if items is None or (is_any_case and items in _DEPENDS_ON_CASE) or (is_unicode and name in _POSIX):
        return None
    return items


def _items(name: str) -> str | None:
    key, equals, value = name.partition("=")
    if equals:
        kind = _KEYED.get(key.lower())
        if kind == "category":
            return _category(value)
        return _named(kind, value) if kind else None
    if name in _POSIX:
        return _POSIX[name]
    if name.startswith("In"):
        return _named("block", name[2:])
    if name.startswith("Is"):
        plain = name[2:]
        return _BINARY.get(plain.lower()) or _category(plain) or _named("script", plain)
    return _category(name)


def _category(name: str) -> str | None:
    if name == "LC":
        return r"\p{Lu}\p{Ll}\p{Lt}"
    return f"\\p{{{name}}}" if name in _CATEGORIES else None


def _named(kind: str, name: str) -> str | None:
    if not _SAFE_NAME.fullmatch(name):
        return None
    items = f"\\p{{{kind}={name}}}"
    try:
        regex.compile(f"[{items}]", regex.VERSION1)
    except regex.error:
        return None
    return items
