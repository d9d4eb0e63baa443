"""A device service that does everything right except for one fault, which a test chooses.

It is written apart from the simulator: raw sockets, dictionaries and hand-made tokens, so that it can break what the
simulator cannot.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from packet.bioattributes import FACTS
from packet.encoding import b64std, b64url, hex_upper, iso_seconds, sha256
from packet.iso import FaceRecord, FingerRecord, IrisRecord, IsoRecord, encode_record
from packet.models import BioAttribute
from tests.support.hostile_pki import SERIAL, Identity, certificates

__all__ = ["Dict", "Fault", "HostileDevice", "certificates", "http", "record", "sign", "tiny_image", "utc_now", "x5c"]

Dict = dict[str, Any]
SLAPS = {
    "1": ("leftIndex", "leftMiddle", "leftRing", "leftLittle"),
    "2": ("rightIndex", "rightMiddle", "rightRing", "rightLittle"),
    "3": ("leftThumb", "rightThumb"),
}


def utc_now() -> datetime:
    return datetime.now(UTC)


def sign(payload: bytes, identity: Identity, **header: object) -> str:
    """A compact JWS; header entries can be replaced, or removed with None."""
    values: Dict = {"x5c": x5c(identity), "alg": "RS256", "typ": "JWT", **header}
    head = b64url(json.dumps({k: v for k, v in values.items() if v is not None}).encode())
    signing_input = f"{head}.{b64url(payload)}".encode()
    signature = identity.key.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())
    return f"{signing_input.decode()}.{b64url(signature)}"


def x5c(*identities: Identity) -> list[str]:
    return [b64std(i.certificate.public_bytes(Encoding.DER)) for i in identities]


@cache
def tiny_image(mode: str, *, lossy: bool = False) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((24, 32)).convert(mode).save(out, "JPEG2000", irreversible=lossy)
    return out.getvalue()


def record(attribute: BioAttribute, **changes: Any) -> IsoRecord:
    facts = FACTS[attribute]
    now = utc_now()
    if facts.sbi_type == "Finger":
        return FingerRecord(**{
            "position": facts.iso_position, "captured_at": now, "width": 24, "height": 32, "image": tiny_image("L"), **changes
        })  # fmt: skip
    if facts.sbi_type == "Iris":
        return IrisRecord(**{
            "eye": facts.iso_position, "captured_at": now, "width": 24, "height": 32, "image": tiny_image("L"), **changes
        })  # fmt: skip
    return FaceRecord(**{"captured_at": now, "width": 24, "height": 32, "image": tiny_image("RGB"), **changes})


def _same(value: Any, *_rest: Any) -> Any:
    return value


@dataclass(frozen=True)
class Fault:
    """What is done wrong. Every hook gets what would be sent and gives what is sent; changing a dict in place will do.

    Hooks with an index get the place of the element in the answer.
    """

    attributes: Callable[[list[BioAttribute]], list[BioAttribute]] = _same
    iso: Callable[[bytes, BioAttribute], bytes] = _same
    digital_id: Callable[[Dict], Any] = _same
    digital_id_token: Callable[[str, bytes], str] = _same
    payload: Callable[[Dict], Any] = _same
    payload_bytes: Callable[[bytes], bytes] = _same
    signer: Callable[[Identity], Identity] = _same
    header: Dict = field(default_factory=dict)
    token: Callable[[str, int], str] = _same
    element: Callable[[Dict, int], Any] = _same
    capture_body: Callable[[bytes], bytes] = _same
    info_payload: Callable[[Dict], Any] = _same
    info_signer: Callable[[Identity], Identity] = _same
    info_entry: Callable[[Dict], Any] = _same
    info_body: Callable[[bytes], bytes] = _same
    discovery_entry: Callable[[Dict], Any] = _same
    discovery_body: Callable[[bytes], bytes] = _same
    respond: Callable[[socket.socket, str, bytes], None] | None = None
    level: str = "L0"


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


class HostileDevice:
    """A finger, iris or face device on a port of its own; `fault` may be changed between calls."""

    def __init__(self, bio_type: str = "Finger", serial: str = SERIAL) -> None:
        self.certificates = certificates()
        self.bio_type = bio_type
        self.serial = serial
        self.fault = Fault()
        self.identity = self.certificates.device
        self.requests: list[tuple[str, bytes]] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self.port = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self.is_stopping = threading.Event()

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.is_stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                data = b""
                while b"\r\n\r\n" not in data:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return
                    data += chunk
                head, _, body = data.partition(b"\r\n\r\n")
                length = next(
                    (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0
                )
                while len(body) < length:
                    body += connection.recv(65536)
                verb = head.split(b" ", 1)[0].decode()
                self.requests.append((verb, data))
                answer = self._answer(verb, body)
                if self.fault.respond is not None:
                    self.fault.respond(connection, verb, answer)
                else:
                    connection.sendall(http(answer))
            except OSError:
                return  # the client may hang up whenever it likes

    def _answer(self, verb: str, body: bytes) -> bytes:
        match verb:
            case "MOSIPDISC":
                entry = self.discovery_entry()
                self.fault.discovery_entry(entry)
                return self.fault.discovery_body(json.dumps([entry]).encode())
            case "MOSIPDINFO":
                return self.fault.info_body(json.dumps([self.info_entry()]).encode())
            case "RCAPTURE":
                return self.fault.capture_body(json.dumps(self.capture(json.loads(body))).encode())
            case _:
                return b""

    def digital_id(self) -> Dict:
        return {
            "serialNo": self.serial, "make": "MAKE", "model": "MODEL", "type": self.bio_type,
            "deviceSubType": {"Finger": "Slap", "Iris": "Double"}.get(self.bio_type, "Full face"),
            "deviceProviderId": "PROVIDER.ID", "deviceProvider": "PROVIDER", "dateTime": iso_seconds(utc_now()),
        }  # fmt: skip

    def _shared(self) -> Dict:
        return {
            "deviceId": "7", "deviceStatus": "Ready", "certification": self.fault.level, "serviceVersion": "0.9.5",
            "callbackId": f"http://127.0.0.1:{self.port}/", "deviceCode": "code-7", "purpose": "Registration",
            "specVersion": ["0.9.5"], "deviceSubId": ["1", "2", "3"],
        }  # fmt: skip

    def discovery_entry(self) -> Dict:
        digital_id = b64url(json.dumps(self.digital_id()).encode())
        return {**self._shared(), "digitalId": digital_id, "error": {"errorCode": "0", "errorInfo": "Success"}}

    def _digital_id_token(self) -> str:
        values = self.digital_id()
        payload = json.dumps(self.fault.digital_id(values) or values).encode()
        identity = self.certificates.chip if self.fault.level == "L1" else self.identity
        return self.fault.digital_id_token(sign(payload, identity), payload)

    def info_entry(self) -> Dict:
        honest = self.certificates.chip if self.fault.level == "L1" else self.identity
        token = sign(json.dumps(self.digital_id()).encode(), honest)
        payload = {**self._shared(), "env": "Staging", "firmware": "1", "digitalId": token}
        self.fault.info_payload(payload)
        entry = {
            "deviceInfo": sign(json.dumps(payload).encode(), self.fault.info_signer(self.identity)),
            "error": {"errorCode": "0", "errorInfo": "Success"},
        }
        self.fault.info_entry(entry)
        return entry

    def _asked(self, bio: Dict) -> list[BioAttribute]:
        if bio["type"] == "Face":
            return [BioAttribute.FACE]
        offered = SLAPS[bio["deviceSubId"]] if bio["type"] == "Finger" else ("leftEye", "rightEye")
        return [BioAttribute(name) for name in offered if FACTS[BioAttribute(name)].sbi_sub_type not in bio["exception"]]

    def capture(self, request: Dict) -> Dict:
        bio = request["bio"][0]
        previous = bytes.fromhex(bio["previousHash"]) if bio["previousHash"] else sha256(b"")
        elements = []
        for index, attribute in enumerate(self.fault.attributes(self._asked(bio))):
            iso = self.fault.iso(encode_record(record(attribute)), attribute)
            previous = sha256(previous + sha256(iso))
            payload = self._payload(request, attribute, iso)
            data = self.fault.payload_bytes(json.dumps(payload).encode())
            header: Dict = self.fault.header
            if self.fault.level == "L1":
                header = {"x5c": x5c(self.identity, self.certificates.chip), **header}
            token = self.fault.token(sign(data, self.fault.signer(self.identity), **header), index)
            element = {
                "specVersion": "0.9.5", "data": token, "hash": hex_upper(previous),
                "error": {"errorCode": "0", "errorInfo": "Success"},
            }  # fmt: skip
            self.fault.element(element, index)
            elements.append(element)
        return {"biometrics": elements}

    def _payload(self, request: Dict, attribute: BioAttribute, iso: bytes) -> Dict:
        payload = {
            "digitalId": self._digital_id_token(), "deviceCode": "code-7", "deviceServiceVersion": "0.9.5",
            "bioType": self.bio_type, "bioSubType": FACTS[attribute].sbi_sub_type, "purpose": "Registration",
            "env": request["env"], "bioValue": b64url(iso), "transactionId": request["transactionId"],
            "timestamp": iso_seconds(utc_now()), "requestedScore": "40.0", "qualityScore": "87.5",
        }  # fmt: skip
        if attribute is BioAttribute.FACE:
            del payload["bioSubType"]
        self.fault.payload(payload)
        return payload
