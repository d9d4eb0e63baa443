"""A country's own list of USB numbers, added to the shipped one.

A JSON file: ``{"devices": [{"vendor": "1162", "product": "2201", "name": "...", "kind": "biometric", "makes": ["..."]}]}``.
Numbers are four hexadecimal digits; ``product`` may be left out and then means everything of the vendor; ``kind`` is biometric,
scanner, camera or other; ``makes`` are the names by which the maker calls itself in device information, and may be left out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from devices.usb.known import KnownId
from devices.usb.model import UsbKind
from devices.usb.text import TEXT_MAX_CHARS
from packet.errors import UnusableInputError
from packet.files import read_file

LIMIT_BYTES: Final = 256 * 1024
_NUMBER: Final = re.compile(r"[0-9A-Fa-f]{4}")
_KEYS: Final = frozenset({"vendor", "product", "name", "kind", "makes"})
_MAKES_MAX: Final = 16


class UsbListUnusableError(UnusableInputError):
    """A list of USB numbers that does not say what it means."""

    code = "USB-LIST"
    sentence = "The list of USB devices {path} cannot be used: {why}."
    next_step = "Correct the file; until then only the shipped list counts."


def read_known(path: Path) -> tuple[KnownId, ...]:
    """The entries of a file.

    Raises:
        UsbListUnusableError: if one of them is not as it must be.
        FileNotReadableError, FileOverLimitError: if the file cannot be read, or is over 256 KiB.
    """
    data = read_file(path, LIMIT_BYTES)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsbListUnusableError(path=str(path), why="it is not JSON") from error
    entries = value.get("devices") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise UsbListUnusableError(path=str(path), why="it has no list 'devices'")
    return tuple(_entry(entry, number, path) for number, entry in enumerate(entries, 1))


def _entry(entry: Any, number: int, path: Path) -> KnownId:
    def refuse(why: str) -> UsbListUnusableError:
        return UsbListUnusableError(path=str(path), why=f"entry {number} {why}")

    if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
        raise refuse("has unknown parts")
    vendor, product = _hex(entry.get("vendor")), _hex(entry.get("product"))
    if vendor is None or (product is None and entry.get("product") is not None):
        raise refuse("has a number that is not four hexadecimal digits")
    name, kind, makes = entry.get("name"), entry.get("kind"), entry.get("makes", [])
    if not isinstance(name, str) or not _is_text(name):
        raise refuse(f"has no name of 1 to {TEXT_MAX_CHARS} visible characters")
    if not isinstance(kind, str) or kind not in (UsbKind.BIOMETRIC, UsbKind.SCANNER, UsbKind.CAMERA, UsbKind.OTHER):
        raise refuse("has a kind that is none of biometric, scanner, camera, other")
    if not isinstance(makes, list) or len(makes) > _MAKES_MAX or not all(_is_text(make) for make in makes):
        raise refuse("has makes that are no short list of names")
    return KnownId(vendor, product, name, UsbKind(kind), frozenset(make.lower() for make in makes))


def _hex(value: Any) -> int | None:
    return int(value, 16) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_MAX_CHARS and value.isprintable() and bool(value.strip())
