"""Mutated answers against the client's checks, and an independent judge of what they let through.

The judge shares no code with the checks: it knows every payload that the genuine key was made to sign, and looks at JSON, hash
chain, times, scores and record headers by itself. A mutation is either refused by a name, or recognised as one that changes
nothing, or it is what a genuine device could rightly say.
"""

from __future__ import annotations

import hashlib
import json
import random
import struct
from base64 import urlsafe_b64decode
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from devices.sbi import capture, discovery, info
from devices.sbi.attributes import BioType
from devices.sbi.info import VerifiedDevice
from devices.sbi.stream import parse_end
from devices.sbi.verification import CaptureVerifier, Expectation, VerifiedElement
from packet.devicetoken import rebuild
from packet.encoding import b64std, b64url, b64url_decode, hex_upper, sha256
from packet.errors import CodedError
from packet.models import BioAttribute
from tests.support.hostile_device import HostileDevice, sign, x5c
from tests.support.hostile_json import damage_bytes, damage_tree, encode_tree
from tests.support.hostile_pki import Identity, certificates

C = certificates()
THUMBS = frozenset({BioAttribute.LEFT_THUMB, BioAttribute.RIGHT_THUMB})
POSITIONS = {"Left Thumb": 6, "Right Thumb": 1}
REQUEST = capture.CaptureRequest(
    "Staging",
    1000,
    datetime(2026, 1, 15, tzinfo=UTC),
    "3f2b8c1e-7d54-4a8e-9f10-5c6d7e8f9a0b",
    BioType.FINGER,
    2,
    40,
    "7",
    "3",
    previous_hash="AB" * 32,
)
HEADERS: list[dict[str, object]] = [
    {"alg": "none"}, {"alg": "HS256"}, {"alg": "RS512"}, {"alg": "PS256"}, {"alg": None}, {"alg": ["RS256"]}, {"crit": ["b64"]},
    {"b64": False}, {"x5c": None}, {"x5c": []}, {"x5c": "x"}, {"x5c": [1]}, {"x5c": x5c(C.other)},
    {"x5c": x5c(C.rogue, C.device)},
    {"x5c": x5c(C.device, C.other)}, {"x5c": x5c(C.device) * 6}, {"typ": None}, {"jku": "http://127.0.0.1/"}, {"x5t#S256": "x"},
    {"kid": "x"}, {"padding": "x" * 20000},
]  # fmt: skip
FOREIGN = (C.other, C.chip, C.expired, C.future, C.rogue, C.weak, C.low_exponent, C.self_signed)


class ForgeryAcceptedError(AssertionError):
    """The checks let something through that they must not."""


@dataclass
class Figures:
    """What became of the rounds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


class CaptureFuzzer:
    """One stream of rounds, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._now = datetime.now(UTC).replace(microsecond=0)
        self.figures = Figures()
        device = HostileDevice()
        device._listener.close()
        self._device = device
        self._signed: set[bytes] = set()
        bodies = json.loads(REQUEST.encode())
        answer = json.loads(json.dumps(device.capture(bodies)))
        self._payloads = [b64url_decode(e["data"].split(".")[1]) for e in answer["biometrics"]]
        self._signed.update(self._payloads)
        self._answer = answer
        self._info = [device.info_entry()]
        self._discovery = [device.discovery_entry()]
        self._known = self._verified_info(json.dumps(self._info).encode())[0]
        self._levels = (
            self._outer_bytes, self._outer_tree, self._token_text, self._header, self._certificate,
            self._unsigned_payload, self._foreign_signer,
            self._signed_payload, self._signed_payload_bytes, self._signed_record, self._signed_digital_id, self._shuffled,
            self._info_round, self._discovery_round,
        )  # fmt: skip

    def round(self, number: int) -> None:
        """Makes one mutation and judges what became of it.

        Raises:
            ForgeryAcceptedError: if something was accepted that must not be.
            Exception: anything but a named error that the checks let escape.
        """
        chance = random.Random(f"{self.seed}/{number}")
        chance.choice(self._levels)(chance)

    # captures

    def _outer_bytes(self, chance: random.Random) -> None:
        self._judge("bytes", damage_bytes(json.dumps(self._answer).encode(), chance))

    def _outer_tree(self, chance: random.Random) -> None:
        self._judge("JSON", encode_tree(damage_tree(self._answer, chance), chance))

    def _token_text(self, chance: random.Random) -> None:
        def change(token: str) -> str:
            parts = token.split(".")
            at = chance.randrange(len(parts))
            match chance.randrange(5):
                case 0:
                    parts[at] = damage_bytes(parts[at].encode(), chance).decode("latin-1")
                case 1:
                    parts[at] += chance.choice(("=", "==", "A", "\n", " ", "."))
                case 2:
                    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".find(parts[at][-1])
                    parts[at] = parts[at][:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]
                case 3:
                    parts[at] = parts[at].translate({ord("-"): "+", ord("_"): "/"})
                case _:
                    chance.shuffle(parts)
            return ".".join(parts)

        self._judge("JWS", self._with_tokens(chance, change))

    def _with_tokens(self, chance: random.Random, change: Any) -> bytes:
        answer = json.loads(json.dumps(self._answer))
        index = chance.randrange(2)
        answer["biometrics"][index]["data"] = change(answer["biometrics"][index]["data"])
        return json.dumps(answer).encode()

    def _header(self, chance: random.Random) -> None:
        header = chance.choice(HEADERS)

        def keep_signature(token: str) -> str:
            head, payload, signature = token.split(".")
            values = {k: v for k, v in {**json.loads(b64url_decode(head)), **header}.items() if v is not None}
            return f"{b64url(json.dumps(values).encode())}.{payload}.{signature}"

        def sign_again(token: str) -> str:
            return sign(b64url_decode(token.split(".")[1]), C.device, **header)

        self._judge("JWS header", self._with_tokens(chance, chance.choice((keep_signature, sign_again))))

    def _certificate(self, chance: random.Random) -> None:
        """The signer's certificate with changed bytes, around the genuine key."""
        der = bytearray(C.device.certificate.public_bytes(Encoding.DER))
        for _ in range(chance.choice((1, 1, 2, 3))):
            der[chance.randrange(len(der))] = chance.randrange(256)
        header = {"x5c": [b64std(bytes(der))]}
        self._judge(
            "certificate", self._with_tokens(chance, lambda t: sign(b64url_decode(t.split(".")[1]), C.device, **header))
        )

    def _unsigned_payload(self, chance: random.Random) -> None:
        def change(token: str) -> str:
            head, payload, signature = token.split(".")
            values = json.loads(b64url_decode(payload))
            data = (
                damage_bytes(b64url_decode(payload), chance)
                if chance.random() < 0.5
                else encode_tree(damage_tree(values, chance), chance)
            )
            return f"{head}.{b64url(data)}.{signature}"

        self._judge("payload, not signed again", self._with_tokens(chance, change))

    def _foreign_signer(self, chance: random.Random) -> None:
        signer = chance.choice(FOREIGN)
        header: dict[str, object] = {} if chance.random() < 0.5 else {"x5c": x5c(C.device)}
        self._judge(
            "signed by others", self._with_tokens(chance, lambda t: sign(b64url_decode(t.split(".")[1]), signer, **header))
        )

    def _resigned(self, payloads: list[bytes], signer: Identity = C.device) -> bytes:
        """An answer of the genuine device with these payloads and the hash chain that belongs to them."""
        elements, previous = [], bytes.fromhex(REQUEST.previous_hash)
        for payload in payloads:
            self._signed.add(payload)
            try:
                iso = b64url_decode(json.loads(payload)["bioValue"])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                iso = b""
            previous = sha256(previous + sha256(iso))
            error = {"errorCode": "0", "errorInfo": "Success"}
            elements.append(
                {"specVersion": "0.9.5", "data": sign(payload, signer), "hash": hex_upper(previous), "error": error}
            )
        return json.dumps({"biometrics": elements}).encode()

    def _judge_resigned(self, level: str, chance: random.Random, change: Any) -> None:
        payloads = list(self._payloads)
        index = chance.randrange(2)
        payloads[index] = change(payloads[index])
        before = set(self._signed)
        self._judge(level, self._resigned(payloads))
        self._signed = before

    def _signed_payload(self, chance: random.Random) -> None:
        self._judge_resigned(
            "payload, signed by the device", chance, lambda data: encode_tree(damage_tree(json.loads(data), chance), chance)
        )

    def _signed_payload_bytes(self, chance: random.Random) -> None:
        self._judge_resigned("payload bytes, signed by the device", chance, lambda data: damage_bytes(data, chance))

    def _signed_record(self, chance: random.Random) -> None:
        def change(data: bytes) -> bytes:
            values = json.loads(data)
            iso = bytearray(b64url_decode(values["bioValue"]))
            match chance.randrange(3):
                case 0:
                    at = chance.randrange(min(len(iso), 140))
                    iso[at] = chance.randrange(256)
                case 1:
                    at = chance.randrange(0, 60)
                    iso[at : at + 4] = struct.pack(
                        ">I", chance.choice((0, 1, 2**31, 2**32 - 1, len(iso), len(iso) - 1, len(iso) + 1))
                    )
                case _:
                    iso = bytearray(damage_bytes(bytes(iso), chance))
            values["bioValue"] = b64url(bytes(iso))
            return json.dumps(values).encode()

        self._judge_resigned("record, signed by the device", chance, change)

    def _signed_digital_id(self, chance: random.Random) -> None:
        def change(data: bytes) -> bytes:
            values = json.loads(data)
            inner = json.loads(b64url_decode(values["digitalId"].split(".")[1]))
            payload = encode_tree(damage_tree(inner, chance), chance) if chance.random() < 0.7 else json.dumps(inner).encode()
            values["digitalId"] = sign(payload, chance.choice((C.device, C.device, *FOREIGN)))
            return json.dumps(values).encode()

        self._judge_resigned("digital id", chance, change)

    def _shuffled(self, chance: random.Random) -> None:
        answer = json.loads(json.dumps(self._answer))
        elements = answer["biometrics"]
        match chance.randrange(4):
            case 0:
                elements.reverse()
            case 1:
                elements.append(elements[chance.randrange(2)])
            case 2:
                del elements[chance.randrange(2)]
            case _:
                for name in chance.sample(("data", "hash", "specVersion", "error"), chance.randrange(1, 4)):
                    elements[0][name], elements[1][name] = elements[1][name], elements[0][name]
        self._judge("elements mixed up", json.dumps(answer).encode())

    def _judge(self, level: str, body: bytes) -> None:
        expectation = Expectation(REQUEST, self._known, THUMBS, frozenset(), self._now)
        try:
            accepted = CaptureVerifier(C.trust).verify(capture.parse_response(body), expectation, self._now)
        except CodedError as error:
            if self._is_unchanged(body):
                raise ForgeryAcceptedError("an unchanged answer was refused") from error
            self._count(level, "refused", error)
            return
        self._check(body, accepted)
        self._count(level, "changes nothing" if self._is_equivalent(body) else "rightly signed by the device")

    def _is_unchanged(self, body: bytes) -> bool:
        """The same JSON, however it is spelled."""
        try:
            return bool(json.loads(body, object_pairs_hook=_once) == self._answer)
        except (ValueError, RecursionError):
            return False

    def _is_equivalent(self, body: bytes) -> bool:
        """The same captures in the same order; keys that the protocol does not know may differ, and words about success."""
        keys = ("specVersion", "data", "hash")
        mine, theirs = json.loads(body)["biometrics"], self._answer["biometrics"]
        return [[e[k] for k in keys] for e in mine] == [[e[k] for k in keys] for e in theirs]

    def _check(self, body: bytes, accepted: tuple[VerifiedElement, ...]) -> None:
        """Everything that must hold of what was accepted, looked at from scratch."""
        elements = json.loads(body)["biometrics"]
        previous = bytes.fromhex(REQUEST.previous_hash)
        seen = []
        for element, verified in zip(elements, accepted, strict=True):
            payload = urlsafe_b64decode(element["data"].split(".")[1] + "==")
            if payload not in self._signed or rebuild(verified.token) != element["data"]:
                raise ForgeryAcceptedError("the device never signed this")
            values = json.loads(payload)
            iso = urlsafe_b64decode(values["bioValue"] + "==")
            previous = hashlib.sha256(previous + hashlib.sha256(iso).digest()).digest()
            when = datetime.strptime(values["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            digital_id = json.loads(urlsafe_b64decode(values["digitalId"].split(".")[1] + "=="))
            seen.append(values["bioSubType"])
            facts = {
                "hash": element["hash"] == previous.hex().upper(),
                "record": iso == verified.token.iso and iso[:8] == b"FIR\x00020\x00",
                "record length": struct.unpack(">I", iso[8:12])[0] == len(iso),
                "score": 0 <= float(values["qualityScore"]) <= 100 and verified.quality_score == float(values["qualityScore"]),
                "time": abs(when - self._now) <= timedelta(minutes=5),
                "transaction": values["transactionId"] == REQUEST.transaction_id,
                "environment": (values["env"], values["purpose"], values["bioType"]) == ("Staging", "Registration", "Finger"),
                "device": (values["deviceCode"], digital_id["serialNo"], digital_id["make"]) == ("code-7", "SN-1", "MAKE"),
                "keys": payload.count(b'"bioValue"') == 1,
                "version": element["specVersion"] == "0.9.5",
                "error": element["error"]["errorCode"] == "0",
            }  # fmt: skip
            if not all(facts.values()):
                raise ForgeryAcceptedError(
                    f"accepted although wrong: {[name for name, is_good in facts.items() if not is_good]}"
                )
        if sorted(seen) != ["Left Thumb", "Right Thumb"]:
            raise ForgeryAcceptedError("not the fingers that were asked for")

    # information and discovery

    def _verified_info(self, body: bytes) -> list[VerifiedDevice]:
        return [info.verify(entry, self._device.port, C.trust, self._now) for entry in info.parse(body) if entry.is_signed]

    def _info_round(self, chance: random.Random) -> None:
        is_signed = chance.random() < 0.5
        if is_signed:
            token = self._info[0]["deviceInfo"]
            payload = encode_tree(damage_tree(json.loads(b64url_decode(token.split(".")[1])), chance), chance)
            body = json.dumps([{**self._info[0], "deviceInfo": sign(payload, C.device)}]).encode()
        elif chance.random() < 0.5:
            body = damage_bytes(json.dumps(self._info).encode(), chance)
        else:
            body = encode_tree(damage_tree(self._info, chance), chance)
        try:
            devices = self._verified_info(body)
            for entry in info.parse(body):
                if not entry.is_signed:
                    info.read_unregistered(entry, 1)
        except CodedError as error:
            self._count("information", "refused", error)
            return
        for device in devices:
            if not is_signed and replace(device, error=self._known.error) != self._known:
                raise ForgeryAcceptedError("the device never said this of itself")
            if device.callback != f"http://127.0.0.1:{self._device.port}/" or "0.9.5" not in device.spec_versions:
                raise ForgeryAcceptedError("a device that must not be used")
        self._count("information", "accepted")

    def _discovery_round(self, chance: random.Random) -> None:
        tree = damage_tree(self._discovery, chance)
        body = (
            encode_tree(tree, chance) if chance.random() < 0.5 else damage_bytes(json.dumps(self._discovery).encode(), chance)
        )
        for read in (discovery.parse, parse_end):
            try:
                read(body)
            except CodedError as error:
                self._count("discovery", "refused", error)
            else:
                self._count("discovery", "read")

    def _count(self, level: str, outcome: str, error: CodedError | None = None) -> None:
        self.figures.outcomes[f"{level}: {outcome}"] += 1
        if error is not None:
            self.figures.errors[error.code] += 1
            str(error.diagnostics())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)
