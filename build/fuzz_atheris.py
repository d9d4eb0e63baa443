"""Coverage-guided fuzzing of the readers of what devices send. By hand, since atheris is not among the locked packages.

    python3.11 -m venv /tmp/atheris && /tmp/atheris/bin/pip install atheris
    PYTHONPATH=.venv/lib/python3.11/site-packages /tmp/atheris/bin/python build/fuzz_atheris.py stream -max_total_time=180

Targets: json, messages, stream, jpeg, iso, token. A run that ends without a crash found nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["devices.sbi", "devices.client", "packet.iso", "packet.crypto"]):
    from devices.client import jpeg
    from devices.client.multipart import PartParser
    from devices.sbi import capture, digitalid, discovery, info, jsonedge, stream
    from devices.sbi.trust import DeviceTrust
    from packet.crypto.chain import TrustStore
    from packet.iso import check_registration_image, parse_record

from packet.errors import CodedError

_NOBODY = DeviceTrust(TrustStore("DEVICE", ()))
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_MAGIC = (b"FIR\x00020\x00", b"IIR\x00020\x00", b"FAC\x00030\x00")


def read_json(data: bytes) -> None:
    """The edge through which all JSON of devices comes."""
    jsonedge.decode(data, "a message", 1 << 20)


def read_messages(data: bytes) -> None:
    """Every message in turn; the first byte chooses."""
    readers: list[Callable[[bytes], object]] = [
        capture.parse_response, capture.parse_payload, discovery.parse, info.parse, stream.parse_end,
        lambda body: digitalid.parse(body, "a digital id"),
    ]  # fmt: skip
    if data:
        readers[data[0] % len(readers)](data[1:])


def read_stream(data: bytes) -> None:
    """A stream in pieces whose size the first byte chooses; whole, it must give the same parts."""
    if not data:
        return
    step, body = data[0] + 1, data[1:]
    if _parts(body, step) != _parts(body, 1 << 30):
        raise RuntimeError("the way in which a stream is cut changes what is read")


def _parts(body: bytes, step: int) -> tuple[list[bytes], str]:
    parser, parts = PartParser("B"), []
    try:
        for at in range(0, len(body), step):
            parts += parser.feed(body[at : at + step])
        parts += parser.finish()
    except CodedError as error:
        return parts, error.code
    return parts, ""


def read_jpeg(data: bytes) -> None:
    """The size of a picture."""
    size = jpeg.size(b"\xff\xd8" + data + b"\xff\xd9")
    if size is not None and not all(1 <= side <= jpeg.SIDE_MAX_PX for side in size):
        raise RuntimeError("a size beyond the limit")


def read_iso(data: bytes) -> None:
    """A record of the kind that the first byte chooses, with its image."""
    if data:
        check_registration_image(parse_record(_MAGIC[data[0] % 3] + data[1:]))


def read_token(data: bytes) -> None:
    """A compact JWS and its certificates; nobody is trusted, so that none passes."""
    _NOBODY.verify_device_token(data.decode("latin-1"), _NOW, "a token")
    raise RuntimeError("a token passed")


TARGETS = {
    "json": read_json, "messages": read_messages, "stream": read_stream, "jpeg": read_jpeg, "iso": read_iso,
    "token": read_token,
}  # fmt: skip


def main() -> None:
    """Runs the target that the first argument names, with the remaining arguments for libFuzzer."""
    target = TARGETS[sys.argv.pop(1)]
    logging.disable(logging.CRITICAL)

    def one_input(data: bytes) -> None:
        with suppress(CodedError):
            target(data)

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
