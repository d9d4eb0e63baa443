"""A small, honest device service that shares nothing with the simulator, and can be made dishonest in one point at a time.

Every hook of `Twist` gets what would be sent and gives what is sent; changing a dict in place will do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from PIL import Image

from devices.conformance import Trust
from packet.bioattributes import FACTS
from packet.crypto.chain import TrustStore
from packet.encoding import b64std, b64url, hex_upper, iso_seconds, sha256
from packet.iso import FaceRecord, FingerRecord, IrisRecord, encode_record

Dict = dict[str, Any]
TOKEN = "test-token"
_POSITIONS = {(f.sbi_type, f.sbi_sub_type): f.iso_position for f in FACTS.values()}
_OFFERED = {
    ("Finger", "1"): ["Left IndexFinger", "Left MiddleFinger", "Left RingFinger", "Left LittleFinger"],
    ("Finger", "2"): ["Right IndexFinger", "Right MiddleFinger", "Right RingFinger", "Right LittleFinger"],
    ("Finger", "3"): ["Left Thumb", "Right Thumb"],
    ("Iris", "1"): ["Left"],
    ("Iris", "2"): ["Right"],
    ("Iris", "3"): ["Left", "Right"],
}
_AUTH_MOST = {"Finger": 10, "Iris": 2, "Face": 1}
_STATUS_ERRORS = {
    "Ready": ("0", "Success"),
    "Busy": ("111", "Device busy"),
    "Not Ready": ("110", "Device not ready"),
    "Not Registered": ("100", "Device not registered"),
}


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Twist:
    """What is done wrong; nothing by default.

    Attributes:
        is_lenient: requests are not checked: whatever is asked for is captured.
        instant: nothing is waited for.
    """

    discovery: Callable[[Dict], Any] = _same
    info: Callable[[Dict], Any] = _same
    info_entry: Callable[[Dict], Any] = _same
    digital_id: Callable[[Dict], Any] = _same
    payload: Callable[[Dict], Any] = _same
    payload_bytes: Callable[[bytes], bytes] = _same
    header: Callable[[Dict], Any] = _same
    token: Callable[[str], str] = _same
    element: Callable[[Dict], Any] = _same
    segments: Callable[[list[str]], list[str]] = _same
    iso: Callable[[bytes], bytes] = _same
    refusal: Callable[[Dict], Any] = _same
    body: Callable[[bytes], bytes] = _same
    headers: Dict = field(default_factory=dict)
    frame: Callable[[bytes], bytes] = _same
    frame_pause_s: float = 0.01
    is_lenient: bool = False
    is_instant: bool = False
    status: str = "Ready"
    discovers_all: bool = False
    rotates: bool = True
    holds_preview: bool = False
    signer: str = "device"


@dataclass(frozen=True)
class Party:
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    assert name
    return rsa.generate_private_key(65537, 2048)


def _issue(name: str, key_name: str, issuer: Party | None, days: tuple[int, int], *, is_ca: bool = False) -> Party:
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = _key(key_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    if is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Party(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@cache
def parties() -> dict[str, Party]:
    """Everybody who signs in these tests."""
    root = _issue("root", "root", None, (-900, 900), is_ca=True)
    other = _issue("other root", "other root", None, (-900, 900), is_ca=True)
    return {
        "root": root,
        "device": _issue("device", "device", root, (-30, 365)),
        "rotated": _issue("device", "rotated", root, (-29, 365)),
        "expired": _issue("device", "device", root, (-400, -30)),
        "future": _issue("device", "device", root, (30, 400)),
        "foreign": _issue("device", "device", other, (-30, 365)),
        "stranger": _issue("stranger", "stranger", root, (-31, 365)),
        "server": _issue("server", "server", None, (-30, 365)),
    }


def trust() -> Trust:
    return Trust(TrustStore("DEVICE", [parties()["root"].certificate]), None)


def auth_key() -> rsa.RSAPrivateKey:
    return parties()["server"].key


@cache
def _picture(mode: str, form: str) -> bytes:
    out = BytesIO()
    image = Image.linear_gradient("L").resize((40, 48)).convert(mode)
    if form == "JPEG":
        image.save(out, "JPEG")
    else:
        image.save(out, "JPEG2000", irreversible=form == "lossy")
    return out.getvalue()


def iso_record(bio_type: str, segment: str, *, is_auth: bool = False) -> bytes:
    """A record with a tiny drawn picture."""
    now = datetime.now(UTC)
    image = _picture("RGB" if bio_type == "Face" else "L", "lossy" if is_auth else "lossless")
    position = _POSITIONS.get((bio_type, segment), 0)
    if bio_type == "Finger":
        record = FingerRecord(position, now, 40, 48, image)
        return encode_record(replace(record, compression=4) if is_auth else record)
    if bio_type == "Iris":
        iris = IrisRecord(position, now, 40, 48, image)
        return encode_record(replace(iris, image_type=7, properties=0x80) if is_auth else iris)
    face = FaceRecord(now, 40, 48, image)
    return encode_record(replace(face, data_type=1) if is_auth else face)


def error(code: str, info: str = "refused") -> Dict:
    return {"errorCode": code, "errorInfo": info}


class DeviceService:
    """One device on a port of its own."""

    def __init__(self, bio_type: str = "Finger", sub_type: str = "Slap", purpose: str = "Registration") -> None:
        self.bio_type, self.sub_type, self.purpose = bio_type, sub_type, purpose
        self.twist = Twist()
        self.status = ""
        self.is_presented = True
        self.signer = ""
        self.previews = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: service.serve(self)
                raise AttributeError(name)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # clients hang up on streams

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def is_auth(self) -> bool:
        return self.purpose == "Auth"

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        match handler.command, handler.path:
            case "MOSIPDISC", "/device":
                self._send(handler, self._discovered(body))
            case "MOSIPDINFO", "/info":
                self._send(handler, [self._info_entry()])
            case (("RCAPTURE" | "CAPTURE"), "/capture"):
                self._send(handler, self._captured(body))
            case "STREAM", "/stream":
                self._stream(handler)
            case "POST", path if path.startswith("/admin/"):
                self._admin(handler, path, json.loads(body))
            case _:
                self._send(handler, error("500"), 405)

    def _send(self, handler: BaseHTTPRequestHandler, value: object, status: int = 200) -> None:
        data = self.twist.body(json.dumps(value).encode())
        handler.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data)), **self.twist.headers}
        for name, text in headers.items():
            if text:
                handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(data)

    def _admin(self, handler: BaseHTTPRequestHandler, path: str, body: Dict) -> None:
        if handler.headers.get("X-Admin-Token") != TOKEN:
            self._send(handler, error("999"), 403)
            return
        if path == "/admin/status":
            self.status = body["deviceStatus"]
        elif path == "/admin/v2/presented":
            self.is_presented = body["presented"]
        elif path == "/admin/v2/rotate" and self.twist.rotates:
            self.signer = "rotated"
        self._send(handler, error("0", "Success"))

    # identity

    def sign(self, payload: bytes) -> str:
        party = parties()[self.signer or self.twist.signer]
        header = {"x5c": [b64std(party.certificate.public_bytes(Encoding.DER))], "alg": "RS256", "typ": "JWT"}
        header = self.twist.header(header) or header
        signed = f"{b64url(json.dumps(header).encode())}.{b64url(payload)}"
        signature = party.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return self.twist.token(f"{signed}.{b64url(signature)}")

    def digital_id(self) -> Dict:
        value = {
            "serialNo": "SN-1", "make": "MAKE", "model": "MODEL", "type": self.bio_type, "deviceSubType": self.sub_type,
            "deviceProviderId": "PROVIDER.ID", "deviceProvider": "PROVIDER", "dateTime": iso_seconds(datetime.now(UTC)),
        }  # fmt: skip
        return self.twist.digital_id(value) or value

    def _device(self) -> Dict:
        is_registered = self._status() != "Not Registered"
        return {
            "deviceId": "7" if is_registered else "", "deviceStatus": self._status(), "certification": "L0",
            "serviceVersion": "1.2", "callbackId": f"http://127.0.0.1:{self.port}/", "specVersion": ["0.9.5"],
            "deviceCode": "code-7" if is_registered else "", "purpose": self.purpose if is_registered else "",
            "deviceSubId": ["0"] if self.is_auth or self.bio_type == "Face" else ["1", "2", "3"],
        }  # fmt: skip

    def _status(self) -> str:
        return self.status or self.twist.status

    def _discovered(self, body: bytes) -> list[Dict]:
        wanted = json.loads(body).get("type")
        if wanted not in {"Biometric Device", "Finger", "Iris", "Face"}:
            return [{"error": error("502" if wanted else "501")}]
        if wanted not in {"Biometric Device", self.bio_type} and not self.twist.discovers_all:
            return [{"error": error("106")}]
        entry = {
            **self._device(), "digitalId": b64url(json.dumps(self.digital_id()).encode()),
            "error": error(*_STATUS_ERRORS[self._status()]),
        }  # fmt: skip
        return [self.twist.discovery(entry) or entry]

    def _info_entry(self) -> Dict:
        is_registered = self._status() != "Not Registered"
        identity = json.dumps(self.digital_id()).encode()
        info = {
            **self._device(), "env": "Staging" if is_registered else "None", "firmware": "7",
            "digitalId": self.sign(identity) if is_registered else b64url(identity),
        }  # fmt: skip
        data = json.dumps(self.twist.info(info) or info).encode()
        entry = {
            "deviceInfo": self.sign(data) if is_registered else b64url(data),
            "error": error(*_STATUS_ERRORS[self._status()]),
        }
        return self.twist.info_entry(entry) or entry

    # captures

    def _captured(self, body: bytes) -> Dict:
        try:
            request = json.loads(body)
            bio = request["bio"][0]
            code = self._refusal_code(request, bio)
        except (ValueError, KeyError, TypeError):
            code = "123"
        if self.previews and self.twist.holds_preview:
            code = "703"
        if code and not (self.twist.is_lenient and code != "123"):
            return self._refused(code)
        timeout_s = int(request["timeout"]) / 1000
        if not self.is_presented:
            self._wait(timeout_s)
            return self._refused("101")
        if int(bio["requestedScore"]) == 100:
            self._wait(timeout_s)
        return {"biometrics": self._elements(request, bio)}

    def _wait(self, seconds: float) -> None:
        if not self.twist.is_instant:
            time.sleep(seconds + 0.01)

    def _refused(self, code: str) -> Dict:
        element = {"specVersion": "0.9.5", "data": "", "hash": "", "error": error(code)}
        return {"biometrics": [self.twist.refusal(element) or element]}

    def _refusal_code(self, request: Dict, bio: Dict) -> str:
        for name in ("env", "timeout", "specVersion", "purpose", "transactionId", "captureTime"):
            request[name]
        for name in ("count", "deviceSubId", "deviceId", "requestedScore", "type"):
            bio[name]
        if not re.fullmatch(r"[A-Za-z0-9-]{4,50}", request["transactionId"]):
            return "112"
        count, segments = int(bio["count"]), bio["bioSubType"] or []
        if self.is_auth:
            return "" if count == max(1, len(segments)) <= _AUTH_MOST[self.bio_type] else "109"
        possible = self._possible(bio)
        return "" if count == len(possible) and possible else "109"

    def _possible(self, bio: Dict) -> list[str]:
        if self.is_auth:
            return bio["bioSubType"] or [""]
        offered = _OFFERED.get((self.bio_type, bio["deviceSubId"]), [""])
        return [name for name in offered if name not in (bio["exception"] or [])]

    def _elements(self, request: Dict, bio: Dict) -> list[Dict]:
        previous = bytes.fromhex(bio["previousHash"]) if bio["previousHash"] else sha256(b"")
        elements = []
        for segment in self.twist.segments(self._possible(bio)):
            iso = self.twist.iso(iso_record(self.bio_type, segment, is_auth=self.is_auth))
            previous = sha256(previous + sha256(iso))
            element = {"specVersion": "0.9.5", "hash": hex_upper(previous), "error": error("0", "Success")}
            payload = self._payload(request, segment, iso, element)
            payload = self.twist.payload(payload) or payload
            element["data"] = self.sign(self.twist.payload_bytes(json.dumps(payload).encode()))
            elements.append(self.twist.element(element) or element)
        return elements

    def _payload(self, request: Dict, segment: str, iso: bytes, element: Dict) -> Dict:
        now = iso_seconds(datetime.now(UTC))
        payload = {
            "digitalId": self.sign(json.dumps(self.digital_id()).encode()), "deviceCode": "code-7",
            "deviceServiceVersion": "1.2", "bioType": self.bio_type, "bioSubType": segment, "purpose": self.purpose,
            "env": request["env"], "bioValue": b64url(iso), "transactionId": request["transactionId"], "timestamp": now,
            "requestedScore": "40", "qualityScore": "87.5",
        }  # fmt: skip
        if self.bio_type == "Face":
            del payload["bioSubType"]
        if self.is_auth:
            payload |= {"domainUri": request["domainUri"], "bioValue": self._seal(iso, now, request["transactionId"], element)}
        return payload

    def _seal(self, iso: bytes, now: str, transaction_id: str, element: Dict) -> str:
        size = max(len(now), len(transaction_id))
        one, other = now.encode().rjust(size, b"\0"), transaction_id.encode().rjust(size, b"\0")
        mixed = bytes(a ^ b for a, b in zip(one, other, strict=True))
        key = os.urandom(32)
        server = parties()["server"]
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        element["sessionKey"] = b64url(server.key.public_key().encrypt(key, oaep))
        element["thumbprint"] = hashlib.sha256(server.certificate.public_bytes(Encoding.DER)).hexdigest().upper()
        return b64url(AESGCM(key).encrypt(mixed[-12:], iso, mixed[-16:]))

    def _stream(self, handler: BaseHTTPRequestHandler) -> None:
        picture = _picture("L", "JPEG")
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--Bound")
        handler.end_headers()
        self.previews += 1
        part = b"--Bound\r\nContent-Type:image/jpeg\r\nContent-Length:%d\r\n\r\n%s\r\n\r\n"
        try:
            while True:
                handler.wfile.write(self.twist.frame(part % (len(picture), picture)))
                time.sleep(self.twist.frame_pause_s)
        finally:
            self.previews -= 0 if self.twist.holds_preview else 1


def swap_bits(token: str) -> str:
    """Another signature of the same length."""
    head, payload, signature = token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[5] ^= 1
    return f"{head}.{payload}.{b64url(bytes(raw))}"
