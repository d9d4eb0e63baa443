"""Reading the outer container on the server's side, within limits."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.web.body import parse_json

ENTRIES_MAX: Final = 16
UNPACKED_MAX_BYTES: Final = 64 * 1024 * 1024
_ENTRY = re.compile(r"(?P<key>[0-9A-Za-z_-]{1,64}/[0-9A-Za-z_-]{1,64}/[0-9A-Za-z_-]{1,128})\.(?P<kind>zip|json)", re.ASCII)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True, slots=True)
class ContainedObject:
    """One sub-packet of a container.

    Attributes:
        key: ``<source>/<process>/<name>``.
        data: ciphertext, as received.
        metadata: its side file.
    """

    key: str
    data: bytes = field(repr=False)
    metadata: Mapping[str, str]


def read_container(plain: bytes) -> list[ContainedObject]:
    """The sub-packets with their metadata.

    Raises:
        ValueError: if it is no zip, over the limits, has other entries, or a sub-packet without its metadata.
    """
    entries = _entries(plain)
    packets = {key: data for (key, kind), data in entries.items() if kind == "zip"}
    sides = {key: _metadata(data) for (key, kind), data in entries.items() if kind == "json"}
    if not packets or packets.keys() != sides.keys():
        raise ValueError("sub-packets and metadata do not belong together")
    return [ContainedObject(key, data, sides[key]) for key, data in packets.items()]


def _entries(plain: bytes) -> dict[tuple[str, str], bytes]:
    found: dict[tuple[str, str], bytes] = {}
    left = UNPACKED_MAX_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(plain)) as container:
            infos = container.infolist()
            if len(infos) > ENTRIES_MAX:
                raise ValueError("the container has too many entries")
            for info in infos:
                name = _ENTRY.fullmatch(info.filename)
                if name is None or (name["key"], name["kind"]) in found:
                    raise ValueError("the container has an entry of another or the same name")
                with container.open(info) as entry:
                    data = entry.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise ValueError("the container unpacks to too much")
                found[name["key"], name["kind"]] = data
    except _UNREADABLE as error:
        raise ValueError("the container is not a readable zip") from error
    return found


def _metadata(data: bytes) -> dict[str, str]:
    decoded = parse_json(data)
    if not isinstance(decoded, Mapping):
        raise ValueError("metadata is not an object")  # noqa: TRY004  # the caller's one error
    metadata: dict[str, str] = {}
    for key, value in decoded.items():
        if not isinstance(value, str) or key != key.lower() or "\n" in value:
            raise ValueError("metadata has something else than lower-case keys with one-line texts")
        metadata[key] = value
    return metadata
