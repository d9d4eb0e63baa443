"""Reading a preview as MOSIP's registration client reads it, with limits that it lacks.

It looks for the text ``Content-Length:`` (in this spelling, not at the very start of a part's head), takes the number after it,
goes to the first byte 0xFF, and takes that many bytes. A frame must begin FF D8 and end FF D9. Whatever it could not read
is a fault, since the device would show nothing there.
"""

from __future__ import annotations

import io
import math
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from PIL import Image

FRAME_MAX_BYTES = 2 * 1024 * 1024
HEAD_MAX_BYTES = 8 * 1024
PIXELS_MAX = 4096 * 4096
RATE_MIN = 3.0
PREVIEW_START_S = 10.0
_LENGTH = re.compile(rb"Content-Length:[ \t]*(\d{1,9})[ \t]*[\r\n]", re.ASCII)
_START, _END = b"\xff\xd8", b"\xff\xd9"


@dataclass(slots=True)
class Preview:
    """What a preview brought.

    Attributes:
        frames: frames that could be read.
        seconds: between the first and the last of them.
        latest: the last of them.
    """

    frames: int = 0
    seconds: float = 0.0
    latest: bytes = field(default=b"", repr=False)
    faults: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Frames a second; infinite if they came in one piece."""
        return (self.frames - 1) / self.seconds if self.seconds > 0 else math.inf


async def read_frames(pieces: AsyncIterator[bytes], wanted: int) -> Preview:
    """Reads some frames. Ends early at the first fault and at the end of the body; the caller sets the deadline."""
    preview = Preview()
    buffer = b""
    first_at = 0.0
    async for piece in pieces:
        buffer += piece
        while preview.frames < wanted and not preview.faults:
            frame, buffer = _next_frame(buffer, preview.faults)
            if frame is None:
                break
            now = time.monotonic()
            first_at = first_at or now
            preview.frames += 1
            preview.latest = frame
            preview.seconds = now - first_at
        if preview.frames >= wanted or preview.faults:
            return preview
    preview.faults.append(f"the preview ended after {preview.frames} frames")
    return preview


def _next_frame(buffer: bytes, faults: list[str]) -> tuple[bytes | None, bytes]:
    """One frame and the rest, or None while more bytes are needed."""
    found = _LENGTH.search(buffer)
    if found is None:
        if len(buffer) > HEAD_MAX_BYTES:
            faults.append("a part has no Content-Length within 8 KiB, in this spelling")
        return None, buffer
    length = int(found[1])
    if not 0 < length <= FRAME_MAX_BYTES:
        faults.append(f"a frame has {length} bytes; at most {FRAME_MAX_BYTES} are taken")
        return None, buffer
    start = buffer.find(b"\xff", found.end())
    if start < 0:
        if len(buffer) - found.end() > HEAD_MAX_BYTES:
            faults.append("no image follows the head of a part")
        return None, buffer
    if len(buffer) < start + length:
        return None, buffer
    frame = buffer[start : start + length]
    if not (frame.startswith(_START) and frame.endswith(_END)):
        faults.append("a frame is no whole JPEG image of the length that its head says")
    return frame, buffer[start + length :]


def picture_faults(frame: bytes) -> list[str]:
    """Why a frame cannot be shown; nothing for no frame, since its absence is another fault."""
    if not frame:
        return []
    try:
        with Image.open(io.BytesIO(frame), formats=("JPEG",)) as image:
            if image.width * image.height > PIXELS_MAX:
                return [f"a frame has {image.width} by {image.height} pixels"]
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return ["a frame does not decode as JPEG"]
    return []
