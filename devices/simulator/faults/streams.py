"""Faults of a live stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

from devices.simulator.faults.effects import STREAM, Effect, Fault, StreamPlan

_GROUP = "Streams"
_LIMITS = "Limit part headers to 8 KiB and frames to 2 MiB; end the stream with a named error."
_IDLE = "End the stream when no frame came for five seconds, ten for the first."
_DROP = "Show the newest frame, drop the others, never queue."
BIG_FRAME_BYTES = 3 * 1024 * 1024
_BOMB_SIDE = 60_000


def _plan(name: str, does: str, client: str, **changes: Any) -> Fault:
    return Fault(name, _GROUP, does, client, (STREAM,), Effect(stream=lambda plan: replace(plan, **changes)))


def _heads(name: str, does: str, client: str, change: Callable[[bytes, int], bytes]) -> Fault:
    return _plan(name, does, client, part_head=change)


def _announce(text: str) -> Callable[[bytes, int], bytes]:
    return lambda head, size: head.replace(b"Content-Length:%d" % size, b"Content-Length:" + text.encode())


def _no_length(head: bytes, size: int) -> bytes:
    return head.replace(b"Content-Length:%d\r\n" % size, b"")


def _long_head(head: bytes, _size: int) -> bytes:
    return head[:-2] + b"X-Filler: " + b"x" * (1024 * 1024) + b"\r\n\r\n"


def _lower_case(head: bytes, _size: int) -> bytes:
    return head.replace(b"Content-Length:", b"content-length: ")


def _without_markers(frame: bytes, _number: int) -> bytes:
    """No byte 0xFF anywhere: a parser that looks for one never finds it."""
    return frame.replace(b"\xff", b"\x7f")


def _cut(frame: bytes, number: int) -> bytes:
    return frame[: len(frame) // 2] if number % 3 else frame


def _damaged(frame: bytes, number: int) -> bytes:
    """Begins and ends like a picture, but what is between cannot be decoded."""
    return frame[:2] + bytes(len(frame) - 4) + frame[-2:] if number % 2 else frame


def _grown(frame: bytes, _number: int) -> bytes:
    return frame[:-2] + bytes(BIG_FRAME_BYTES) + frame[-2:]


@cache
def _bomb() -> bytes:
    """A small JPEG whose header claims 3.6 thousand million pixels."""
    out = BytesIO()
    Image.new("L", (64, 64), 128).save(out, "JPEG")
    data = bytearray(out.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = _BOMB_SIDE.to_bytes(2) * 2
    return bytes(data)


FAULTS: tuple[Fault, ...] = (
    _plan("stream-slow", "Sends one frame a second.", "Show them; the protocol wants at least three a second.",
          frames_per_s=1.0),
    _plan("stream-flood", "Sends as many frames as the connection takes.", _DROP, frames_per_s=100_000.0),
    _plan("stream-frozen", "Sends the same frame for ever.", "Tell the operator if the picture stands still for long.",
          is_frozen=True),
    _plan("stream-silent", "Sends headers and no frame.", _IDLE, stall_after=0),
    _plan("stream-stall", "Stops after ten frames and keeps the connection.", _IDLE, stall_after=10),
    _plan("stream-stop", "Closes the connection after ten frames without a word.",
          "Say that the preview ended; offer it again.", stop_after=10, is_ended_properly=False),
    _plan("stream-bad-jpeg", "Sends every second frame damaged.", "Leave damaged frames out and go on.", frame=_damaged),
    _plan("stream-cut-jpeg", "Cuts most frames off in the middle.", "Leave them out and go on.", frame=_cut),
    _plan("stream-no-marker", "Sends frames without a single byte 0xFF.", "Leave them out; never search beyond the frame.",
          frame=_without_markers),
    _plan("stream-big-frame", "Sends frames of three megabytes.", _LIMITS, frame=_grown),
    _plan("stream-jpeg-bomb", "Sends a small frame that claims 3,600 million pixels.", "Check the size before decoding.",
          frame=lambda _frame, _number: _bomb()),
    _heads("stream-no-length", "Leaves Content-Length out of the parts.", "Find the frame's end by the boundary.", _no_length),
    _heads("stream-lower-case", "Writes part headers in lower case.", "Accept: header names have no case.", _lower_case),
    _heads("stream-endless-header", "Sends a part header of a megabyte.", _LIMITS, _long_head),
    _heads("stream-length-huge", "Announces frames of a terabyte.", _LIMITS, _announce("1000000000000")),
    _heads("stream-length-negative", "Announces frames of -1 bytes.", _LIMITS, _announce("-1")),
    _heads("stream-length-wrong", "Announces frames ten bytes longer than they are.",
           "Notice that a frame does not end where it says, leave it out, find the next boundary.",
           lambda head, size: head.replace(b"Content-Length:%d" % size, b"Content-Length:%d" % (size + 10))),
    _heads("stream-length-nonsense", "Announces a length that is no number.", _LIMITS, _announce("many")),
)  # fmt: skip


def changed_plan(plan: StreamPlan, changes: list[Callable[[StreamPlan], StreamPlan]]) -> StreamPlan:
    """A plan after all faults had their way with it."""
    for change in changes:
        plan = change(plan)
    return plan
