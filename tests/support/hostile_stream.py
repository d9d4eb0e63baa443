"""Pictures and streams for tests of the preview."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO

from PIL import Image

from devices.client.scan import scan
from devices.sbi.info import VerifiedDevice
from tests.support.hostile_device import Fault, HostileDevice, certificates, utc_now

BOUNDARY = "BoundaryString"
HEAD = (
    b"HTTP/1.0 200 OK\r\nAccess-Control-Allow-Origin:*\r\nConnection: close\r\n"
    b"Content-Type: multipart/x-mixed-replace; boundary=--BoundaryString\r\n\r\n"
)
END = b'{"errorCode":"0","errorInfo":"Success"}'


@cache
def jpeg(width: int = 32, height: int = 24) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(out, "JPEG")
    return out.getvalue()


def numbered_jpeg(number: int) -> bytes:
    """A picture that carries a number in a comment segment."""
    picture = jpeg()
    return picture[:2] + b"\xff\xfe\x00\x06" + number.to_bytes(4, "big") + picture[2:]


def number_of(picture: bytes) -> int:
    return int.from_bytes(picture[6:10], "big")


def part(content: bytes, *, length: int | None = None, is_counted: bool = True) -> bytes:
    """One part in the form of MOSIP's mock device."""
    counted = f"Content-Length:{len(content) if length is None else length}\r\n" if is_counted else ""
    head = f"--{BOUNDARY}\r\nAccess-Control-Allow-Origin:*\r\nContent-Type:image/jpeg\r\n{counted}\r\n"
    return head.encode() + content + b"\r\n"


def streaming(send: Callable[[socket.socket], None]) -> Fault:
    """A device whose STREAM is what a function sends; everything else is as usual."""

    def respond(connection: socket.socket, verb: str, answer: bytes) -> None:
        if verb == "STREAM":
            send(connection)
            return
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
        connection.sendall(head.encode() + answer)

    return Fault(respond=respond)


def sending(*pieces: bytes) -> Fault:
    return streaming(lambda connection: connection.sendall(b"".join(pieces)))


def sending_on(device: HostileDevice, pieces: Iterable[bytes], pause_s: float = 0.0) -> Fault:
    """Sends piece after piece until the client goes away, then stays silent without hanging up."""

    def send(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            if pause_s and device.is_stopping.wait(pause_s):
                return
        device.is_stopping.wait(30)

    return streaming(send)


def known(device: HostileDevice) -> VerifiedDevice:
    fault, device.fault = device.fault, Fault()
    (found,) = scan(certificates().trust, utc_now, [device.port]).devices
    device.fault = fault
    return found
