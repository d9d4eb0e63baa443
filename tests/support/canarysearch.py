"""A search for marked values in files: in every way in which a program might have written them down.

Texts are looked for in UTF-8, in UTF-16 and UTF-32 of both byte orders, in JSON's and URL's escapes; each of these and every
stretch of 16 bytes of a picture or paper also in hexadecimal and in base64 of both alphabets at each of its three
offsets. Beside them the first bytes of the formats that a registration is made of: whoever wrote down another picture is
found as well. What is compressed (zlib, gzip, zip) or in base64 is opened and searched again, three times over; every value of
an SQLite database is searched by itself too, since a long one is cut into pages; and so are names and extended attributes of
files.

What it cannot see: a bare deflate stream without a container; other compressions and re-encodings of a picture; texts
interleaved with something else; blocks of the disk that no file has any more.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

STRETCH = 16
"""Bytes of a picture or paper that must not occur."""

_ANCHOR = 8
_DEPTH = 3
_INFLATED_MAX = 32 * 1024 * 1024
_BASE64_RUN = re.compile(rb"(?:[A-Za-z0-9+/_-]{40,}(?:\r?\n)?)+")
_ZLIB_START = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_ZIP_MEMBER = b"PK\x03\x04"
_TABLE_BITS = 24

SIGNATURES: Mapping[str, bytes] = {
    "JPEG 2000 codestream, one component": bytes.fromhex("FF4FFF510029"),
    "JPEG 2000 codestream, three components": bytes.fromhex("FF4FFF51002F"),
    "JPEG 2000 file": bytes.fromhex("0000000C6A502020"),
    "ISO finger record": b"FIR\0020\0",
    "ISO iris record": b"IIR\0020\0",
    "ISO face record": b"FAC\0030\0",
    "CBEFF": b"<BIRInfo",
    "CBEFF with names": b"<BIR xmlns",
    "PDF": b"%PDF-1.",
}


@dataclass(frozen=True)
class Find:
    """A mark, in one of its forms, at a place. Does not repeat the mark."""

    place: str
    mark: str
    form: str

    def __str__(self) -> str:
        return f"{self.place}: {self.mark} ({self.form})"


def text_forms(text: str) -> dict[str, bytes]:
    """A text as it may be written down, before any transfer encoding."""
    escaped = json.dumps(text)[1:-1]
    forms = {name: text.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")}
    forms |= {"json": escaped.encode(), "json in capitals": re.sub(r"\\u[0-9a-f]{4}", _capitals, escaped).encode()}
    forms |= {"url": quote(text, safe="").encode(), "url in small letters": quote(text, safe="").lower().encode()}
    return forms


def _capitals(found: re.Match[str]) -> str:
    return "\\u" + found.group()[2:].upper()


def transfer_forms(data: bytes) -> dict[str, bytes]:
    """Bytes in hexadecimal, and in base64 wherever they begin in what is encoded: what is the same whatever stands around."""
    forms = {"hex": data.hex().encode(), "HEX": data.hex().upper().encode()}
    for offset in range(3):
        first, last = -(-8 * offset // 6), 8 * (offset + len(data)) // 6
        core = base64.b64encode(bytes(offset) + data + bytes(3))[first:last]
        forms[f"base64 at {offset}"] = core
        forms[f"base64url at {offset}"] = core.replace(b"+", b"-").replace(b"/", b"_")
    return forms


def _all_forms(name: str, plain: Mapping[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
    for form, data in plain.items():
        yield name, form, data
        for transfer, encoded in transfer_forms(data).items():
            yield name, f"{form} in {transfer}", encoded


class MarkSearch:
    """Looks for marks in bytes.

    Args:
        texts: by what they are; at least 8 characters each.
        contents: pictures and papers by what they are.
        signatures: first bytes of formats.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        contents: Mapping[str, bytes] | None = None,
        signatures: Mapping[str, bytes] = SIGNATURES,
    ) -> None:
        whole = [found for name, text in texts.items() for found in _all_forms(name, text_forms(text))]
        whole += [found for name, data in signatures.items() for found in _all_forms(name, {"plain": data})]
        self._short = [found for found in whole if len(found[2]) < _ANCHOR]
        self._needles: dict[int, list[tuple[str, str, bytes, int, int]]] = {}
        for name, form, data in whole:
            if len(data) >= _ANCHOR:
                self._add(name, form, data, 0, len(data))
        for name, content in (contents or {}).items():
            for title, form, data in _all_forms(name, {"stretch": content}):
                shortest = STRETCH * len(data) // len(content)
                for at in range(0, len(data) - _ANCHOR + 1, _ANCHOR):
                    if len(set(data[at : at + _ANCHOR])) > 3:  # not a stretch of padding
                        self._add(title, form, data, at, shortest)
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._table[_slots(np.array([*self._needles], dtype=np.uint64))] = True

    def _add(self, name: str, form: str, data: bytes, at: int, shortest: int) -> None:
        key = int.from_bytes(data[at : at + _ANCHOR], "little")
        self._needles.setdefault(key, []).append((name, form, data, at, shortest))

    def in_bytes(self, data: bytes, place: str, depth: int = _DEPTH) -> set[Find]:
        """Every mark in bytes, and in what is packed in them."""
        found = {Find(place, name, form) for name, form, short in self._short if short in data}
        for start in range(0, len(data), 1 << 24):
            found |= self._anchored(data, place, start, min(len(data), start + (1 << 24)))
        if depth:
            for title, inner in _packed(data):
                found |= self.in_bytes(inner, f"{place} > {title}", depth - 1)
        return found

    def _anchored(self, data: bytes, place: str, start: int, end: int) -> set[Find]:
        found: set[Find] = set()
        piece = np.frombuffer(data[start : end + _ANCHOR], dtype=np.uint8)
        if len(piece) < _ANCHOR:
            return found
        words = np.lib.stride_tricks.sliding_window_view(piece, _ANCHOR)
        for part in range(0, len(words), 1 << 20):
            keys = np.ascontiguousarray(words[part : part + (1 << 20)]).view("<u8").ravel()
            maybe = np.flatnonzero(self._table[_slots(keys)])
            for at in maybe:
                position = start + part + int(at)
                for name, form, needle, offset, shortest in self._needles.get(int(keys[at]), ()):
                    find = Find(place, name, form)
                    if find not in found and _is_common(data, position, needle, offset, shortest):
                        found.add(find)
        return found

    def in_tree(self, folder: Path) -> set[Find]:
        """Every mark in and around the files of a folder: contents, names, attributes, links."""
        found: set[Find] = set()
        for path in sorted(folder.rglob("*")):
            place = str(path.relative_to(folder))
            found |= self.in_bytes(os.fsencode(path.name), f"name of {place}", 1)
            if path.is_symlink():
                found |= self.in_bytes(os.fsencode(path.readlink()), f"target of {place}", 1)
            elif path.is_file():
                found |= self._in_file(path, place)
        return found

    def _in_file(self, path: Path, place: str) -> set[Find]:
        data = path.read_bytes()
        found = self.in_bytes(data, place)
        for name in os.listxattr(path):
            found |= self.in_bytes(os.getxattr(path, name), f"attribute of {place}", 1)
        if data.startswith(b"SQLite format 3\0"):
            for value in database_values(path):
                found |= self.in_bytes(value, f"a value in {place}", 1)
        return found


def _slots(keys: np.ndarray) -> np.ndarray:
    mixed: np.ndarray = (keys * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _TABLE_BITS)
    return mixed


def _is_common(data: bytes, position: int, needle: bytes, at: int, shortest: int) -> bool:
    """Whether so many bytes around two places are the same."""
    length, before = 0, min(position, at)
    while length < min(shortest, before) and data[position - length - 1] == needle[at - length - 1]:
        length += 1
    start, end = at - length, min(at - length + shortest, len(needle))
    return end - start >= shortest and data[position - length : position - length + shortest] == needle[start:end]


def _packed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What bytes hold in a packed form."""
    for match in _ZLIB_START.finditer(data):
        yield from _inflated(data, match.start(), wbits=47)
    for match in re.finditer(_ZIP_MEMBER, data):
        name, extra = (int.from_bytes(data[match.start() + at : match.start() + at + 2], "little") for at in (26, 28))
        yield from _inflated(data, match.start() + 30 + name + extra, wbits=-15)
    for match in _BASE64_RUN.finditer(data):
        run = match.group().replace(b"-", b"+").replace(b"_", b"/").replace(b"\r", b"").replace(b"\n", b"")
        yield f"base64 at {match.start()}", base64.b64decode(run[: len(run) // 4 * 4])


def _inflated(data: bytes, at: int, *, wbits: int) -> Iterator[tuple[str, bytes]]:
    """As far as it goes: what was being written when the power went is no whole stream."""
    opener, found = zlib.decompressobj(wbits=wbits), b""
    with suppress(zlib.error):
        for start in range(at, len(data), 1 << 16):
            found += opener.decompress(data[start : start + (1 << 16)], _INFLATED_MAX - len(found))
            if opener.eof or len(found) >= _INFLATED_MAX:
                break
    if len(found) >= _ANCHOR:
        yield f"inflated at {at}", found


def database_values(path: Path) -> Iterator[bytes]:
    """Every value of every table, as bytes; of a copy, with what stands in the write-ahead log."""
    with tempfile.TemporaryDirectory(prefix="sealdesk-tests-") as folder:
        copy = Path(folder) / "copy.sqlite"
        for end in ("", "-wal"):
            if (source := path.with_name(path.name + end)).exists():
                shutil.copy(source, f"{copy}{end}")
        connection = sqlite3.connect(copy)
        try:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for name in names:
                for row in connection.execute(f'SELECT * FROM "{name}"'):
                    yield from (_as_bytes(value) for value in row if value is not None)
        finally:
            connection.close()


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def report(found: Iterable[Find]) -> str:
    """One line for each, for a failing test."""
    return "\n".join(sorted({str(find) for find in found})[:60])
