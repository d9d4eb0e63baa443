"""What the scanner's worker process and the desk say to each other, over two pipes.

The worker holds a driver that may have gone wrong in any way, so the desk takes from it nothing but this, with bounds::

    offset  bytes  content
    0       1      kind, see `FrameKind`
    1       4      length of the body, big-endian
    5       ...    body

    body of PAGE
    0       1      format: 0 JPEG, 1 PNG
    1       4      width in pixels, big-endian
    5       4      height in pixels
    9       4      hundredths of dots per inch; 0 if nobody said
    13      ...    the encoded picture

Bodies of REQUEST, DEVICES and FAILED are JSON, of the others empty.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, Final

from devices.documents.model import ImageFormat, PageImage
from devices.documents.source import ColourMode, PaperFeed, ScanSettings

HEAD: Final = struct.Struct(">BI")
_PAGE_HEAD: Final = struct.Struct(">BIII")
MOST_PAGE_BYTES: Final = 128 * 1024 * 1024
MOST_TEXT_BYTES: Final = 256 * 1024
MOST_PIXELS: Final = 150_000_000
"""A3 at 600 dots per inch has 70 million."""
_FORMATS: Final[tuple[ImageFormat, ...]] = ("jpeg", "png")

OptionValue = str | int | float
"""Value of an option of a SANE device."""


class FrameKind(IntEnum):
    """What a message is."""

    REQUEST = 1
    DEVICES = 2
    ALIVE = 3
    PAGE = 4
    FAILED = 5
    DONE = 6


class WireError(ValueError):
    """The other side said something that is not of this protocol."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the worker is to do: list devices (``device`` None), or scan.

    Attributes:
        options: further options of the device, set last.
    """

    device: str | None = None
    settings: ScanSettings = field(default_factory=ScanSettings)
    options: Mapping[str, OptionValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaneDevice:
    """A device as SANE lists it."""

    name: str
    vendor: str
    model: str
    kind: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the worker stopped.

    Attributes:
        status: SANE's status without ``SANE_STATUS_``, or a name of `sanestatus`.
        phase: ``start``, ``open``, ``set`` or ``scan``.
    """

    status: str
    phase: str


def frame(kind: FrameKind, body: bytes = b"") -> bytes:
    """A message, ready to be written."""
    return HEAD.pack(kind, len(body)) + body


def read_head(head: bytes) -> tuple[FrameKind, int]:
    """Kind and length of the body of the message that begins so.

    Raises:
        WireError: for an unknown kind, or a body beyond the bounds.
    """
    number, size = HEAD.unpack(head)
    try:
        kind = FrameKind(number)
    except ValueError:
        raise WireError("unknown kind") from None
    if size > (MOST_PAGE_BYTES if kind is FrameKind.PAGE else MOST_TEXT_BYTES):
        raise WireError("too long")
    return kind, size


def request_body(request: Request) -> bytes:
    """For REQUEST."""
    return json.dumps(asdict(request)).encode()


def read_request(body: bytes) -> Request:
    """What `request_body` wrote; it comes from the desk itself and is trusted."""
    found = json.loads(body)
    settings = found["settings"]
    settings |= {"colour": ColourMode(settings["colour"]), "feed": PaperFeed(settings["feed"])}
    return Request(found["device"], ScanSettings(**settings), found["options"])


def devices_body(devices: list[SaneDevice]) -> bytes:
    """For DEVICES."""
    return json.dumps([[d.name, d.vendor, d.model, d.kind] for d in devices]).encode()


def read_devices(body: bytes) -> tuple[SaneDevice, ...]:
    """What `devices_body` wrote.

    Raises:
        WireError: if it is not of that form.
    """
    found = _json(body)
    if not isinstance(found, list):
        raise WireError("no list")
    devices = []
    for row in found:
        if not isinstance(row, list) or len(row) != 4 or not all(isinstance(text, str) for text in row):
            raise WireError("no device")
        devices.append(SaneDevice(*row))
    return tuple(devices)


def failure_body(failure: Failure) -> bytes:
    """For FAILED."""
    return json.dumps([failure.status, failure.phase]).encode()


def read_failure(body: bytes) -> Failure:
    """What `failure_body` wrote.

    Raises:
        WireError: if it is not of that form.
    """
    found = _json(body)
    if not isinstance(found, list) or len(found) != 2 or not all(isinstance(text, str) for text in found):
        raise WireError("no failure")
    return Failure(*found)


def page_head(image_format: ImageFormat, width_px: int, height_px: int, dpi: float | None) -> bytes:
    """What stands before the encoded picture in the body of PAGE."""
    return _PAGE_HEAD.pack(_FORMATS.index(image_format), width_px, height_px, round((dpi or 0) * 100))


def read_page(body: memoryview, source_name: str) -> PageImage:
    """The page in the body of PAGE.

    Raises:
        WireError: for no picture, or sizes that no page has.
    """
    if len(body) <= _PAGE_HEAD.size:
        raise WireError("no page")
    number, width_px, height_px, dpi = _PAGE_HEAD.unpack(body[: _PAGE_HEAD.size])
    if number >= len(_FORMATS) or not 0 < width_px * height_px <= MOST_PIXELS:
        raise WireError("no page")
    return PageImage(
        bytes(body[_PAGE_HEAD.size :]), _FORMATS[number], width_px, height_px, dpi / 100 if dpi else None, source_name
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("no JSON") from None
