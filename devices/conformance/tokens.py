"""Signed tokens of a device, taken apart and judged point by point.

Written apart from the reader that registration uses: that one stops at the first fault, this one names every fault, and a
mistake in one does not hide in the other. Rules: three unpadded base64url parts; header with ``alg`` RS256, ``typ`` JWT and
``x5c`` (padded standard base64 of DER, leaf first, at most five); RSA of 2048 bits or more; leaf valid now.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from devices.conformance.model import Trust, plain
from devices.sbi.errors import DeviceMessageError
from devices.sbi.jsonedge import Value, decode
from packet.crypto.errors import ChainUntrustedError

_URL_SAFE = re.compile(rb"[A-Za-z0-9_-]*")
_CERTIFICATES_MAX = 5
_HEADER_MAX = 16 * 1024


@dataclass(frozen=True, slots=True)
class Token:
    """A token as far as it could be read.

    Attributes:
        payload: the signed bytes.
        content: the payload as an object; empty if it is none.
        faults: what is wrong with it; the signature is among it.
    """

    certificates: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    payload: bytes = field(default=b"", repr=False)
    content: dict[str, Value] = field(default_factory=dict, repr=False)
    faults: tuple[str, ...] = ()

    @property
    def leaf(self) -> x509.Certificate | None:
        """The signer's certificate, if the header gives one."""
        return self.certificates[0] if self.certificates else None


def url_safe(text: str) -> bytes | None:
    """Bytes of unpadded base64url, or None if the text is anything else."""
    raw = text.encode("utf-8", "replace")
    if not _URL_SAFE.fullmatch(raw) or len(raw) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    return data if base64.urlsafe_b64encode(data).rstrip(b"=") == raw else None


def read_object(data: bytes) -> dict[str, Value] | None:
    """A JSON object, read strictly, or None."""
    try:
        value = decode(data, "a token")
    except DeviceMessageError:
        return None
    return value if isinstance(value, dict) else None


def read_token(text: object) -> Token:
    """Takes a token apart and checks everything about it that needs no trust."""
    if not isinstance(text, str) or text.count(".") != 2:
        return Token(faults=("does not have three parts",))
    header_text, payload_text, signature_text = text.split(".")
    parts = [url_safe(part) for part in (header_text, payload_text, signature_text)]
    names = ("header", "payload", "signature")
    faults = [f"{name} is not unpadded base64url" for name, part in zip(names, parts, strict=True) if part is None]
    header_bytes, payload, signature = (part or b"" for part in parts)
    header = read_object(header_bytes)
    certificates: tuple[x509.Certificate, ...] = ()
    if header is None or len(header_text) > _HEADER_MAX:
        faults.append("header is not a JSON object of at most 16 KiB")
    else:
        certificates, header_faults = _header(header)
        faults += header_faults
    content = read_object(payload)
    if content is None:
        faults.append("payload is not a JSON object without duplicate keys")
    if certificates:
        faults += _signature(certificates[0], signature, f"{header_text}.{payload_text}".encode())
    return Token(certificates, payload, content or {}, tuple(faults))


def _header(header: dict[str, Value]) -> tuple[tuple[x509.Certificate, ...], list[str]]:
    faults = []
    if header.get("alg") != "RS256":
        faults.append(f"alg is {plain(header.get('alg'))}, not RS256")
    if header.get("typ") != "JWT":
        faults.append(f"typ is {plain(header.get('typ'))}, not JWT")
    if "crit" in header:
        faults.append("header has crit, which no verifier here knows")
    x5c = header.get("x5c")
    if not isinstance(x5c, list) or not 1 <= len(x5c) <= _CERTIFICATES_MAX:
        return (), [*faults, "x5c is not a list of one to five certificates"]
    certificates = [_certificate(item) for item in x5c]
    if None in certificates:
        faults.append("x5c holds something that is no DER certificate in padded standard base64")
    leaf_known = certificates[0] is not None
    return tuple(c for c in certificates if c is not None) if leaf_known else (), faults


def _certificate(item: Value) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(str(item), validate=True))
    except (binascii.Error, ValueError):
        return None


def _signature(leaf: x509.Certificate, signature: bytes, signed: bytes) -> list[str]:
    try:
        key = leaf.public_key()
    except ValueError:
        return ["the signer's key is not readable"]
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048:
        return ["the signer's key is not RSA of at least 2048 bits"]
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return ["the signature does not fit"]
    return []


def judge_signer(token: Token, domain: str, trust: Trust, now: datetime) -> list[str]:
    """Validity of the signer, and its path to an anchor of the domain if anchors are known."""
    leaf = token.leaf
    if leaf is None:
        return []
    if now < leaf.not_valid_before_utc:
        return ["the signer's certificate is not valid yet"]
    if now > leaf.not_valid_after_utc:
        return ["the signer's certificate has expired"]
    if not trust.is_checked:
        return []
    store = trust.ftm if domain == "FTM" else trust.device
    if store is None:
        return [f"no {domain} certificates were given to check the signer against"]
    try:
        store.check(leaf, now, "the signer")
    except ChainUntrustedError as error:
        return [f"the signer does not lead to a {domain} anchor: {error.params['why']}"]
    return []
