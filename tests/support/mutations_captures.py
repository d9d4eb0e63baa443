"""Mutations of the biometrics: CBEFF XML, device tokens, ISO records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from packet.crypto import jws
from packet.encoding import b64url, b64url_decode
from packet.iso import FingerRecord, encode_record, parse_record
from packet.models import BioAttribute
from tests.support.certificates import issue
from tests.support.devicelab import iso_record, lab_certificate, lab_key
from tests.support.editing import EditablePacket, flip
from tests.support.minipacker import take_apart
from tests.support.mutation import Mutations
from tests.support.specs import CAPTURED_AT, lab

BIO = "individualBiometrics_bio_CBEFF.xml"

MUTATIONS = Mutations()

# CBEFF.


def _xml(name: str, check: str, change: Callable[[str], str], *also: str, first: bool = True) -> None:
    def edit(packet: EditablePacket) -> None:
        text = packet.entries["id"][BIO].decode()
        changed = change(text)
        assert changed != text, name
        packet.entries["id"][BIO] = changed.encode()

    MUTATIONS.add(name, check, edit=edit, also=also, first=first)


def _first(pattern: str, replacement: str) -> Callable[[str], str]:
    """Replaces the first hit only: the first record's."""
    return lambda text: re.sub(pattern, replacement, text, count=1, flags=re.DOTALL)


def _face_as_finger(text: str) -> str:
    """The face's record with the finger's type, subtype and format."""
    start = text.index("<Type>8</Type>")
    tail = text[start:].replace("<Type>8<", "<Type>7<", 1).replace("<Type>Face<", "<Type>Finger<", 1)
    return text[:start] + re.sub(r"<Subtype>[^<]*", "<Subtype>Left IndexFinger", tail, count=1)


_xml("document type", "cbeff.xml", _first("<BIR ", "<!DOCTYPE BIR><BIR "))
_xml("comment", "cbeff.xml", _first("</BIR>", "<!-- hello --></BIR>"))
_xml("not well-formed", "cbeff.xml", lambda text: text[:-4])
_xml("other namespace", "cbeff.xml", lambda text: text.replace("ed-2", "ed-3"))
_xml("declared as UTF-16", "cbeff.xml", lambda text: text.replace("UTF-8", "UTF-16"))
_xml("score above 100", "cbeff.schema", _first("<Score>80", "<Score>101"), "token.payload")
_xml("elements out of order", "cbeff.schema", _first(r"(<Level>Raw</Level>)\s*(<Purpose>Enroll</Purpose>)", r"\2\1"))
_xml("index is no UUID", "cbeff.schema", _first("<Index>[^<]*", "<Index>1"), "biometrics.birindex")
_xml("configured missing", "biometrics.configured", _first("CONFIGURED", "CONFIGURES"), "cbeff.root", first=False)
_xml("configured but not captured", "biometrics.covered", _first('CONFIGURED">', 'CONFIGURED">rightLittle,'))
_xml("captured but not configured", "biometrics.configured", _first('CONFIGURED">leftIndex,', 'CONFIGURED">'))
_xml("root with another entry", "cbeff.root", _first('<entry key="CONFIGURED">', '<entry key="X">x</entry>\\g<0>'))
_xml(
    "same finger twice",
    "biometrics.attributes",
    _face_as_finger,
    "token.payload",
    "iso.attribute",
    "biometrics.birindex",
    "biometrics.covered",
    first=False,
)
_xml(
    "no record",
    "biometrics.present",
    _first("</BIRInfo>.*<others>(?=[^<]*<entry key=.CONFIG)", "</BIRInfo><others>"),
    "biometrics.birindex",
    "biometrics.covered",
)
_xml("other level", "bir.form", _first("<Level>Raw", "<Level>Processed"))
_xml("entry missing", "bir.form", _first(r'<entry key="RETRIES">[^<]*</entry>', ""))
_xml("entry twice", "bir.form", _first(r'(<entry key="RETRIES">[^<]*</entry>)', r"\1\1"))
_xml(
    "exception with data",
    "bir.data",
    _first('"EXCEPTION">false', '"EXCEPTION">true'),
    "biometrics.birindex",
    "biometrics.exceptions",
)
_xml("capture without data", "bir.data", _first("<BDB>[^<]*", "<BDB>"), "times.device")
_xml("format of an iris on a finger", "bir.types", _first("<Type>7</Type>", "<Type>9</Type>"))
_xml(
    "another finger claimed",
    "token.payload",
    _first("Left IndexFinger</Subtype>", "Left RingFinger</Subtype>"),
    "iso.attribute",
    "biometrics.birindex",
    "biometrics.configured",
    "biometrics.covered",
)
_xml(
    "fingers in no order of words",
    "bir.types",
    _first("Left IndexFinger</Subtype>", "IndexFinger Left</Subtype>"),
    "biometrics.attributes",
    "biometrics.birindex",
    "biometrics.covered",
)
_xml("quality told otherwise", "token.payload", _first("<Score>80", "<Score>81"))
_xml("space in the payload", "token.signature", _first('PAYLOAD">{', 'PAYLOAD">{ '))
_xml("placeholder gone", "token.form", _first("&lt;bioValue&gt;", "bioValue"), "times.device")
_xml("payload of another transaction", "token.signature", _first("lab-leftIndex", "lab-leftindex"))
_xml("record changed", "token.signature", _first("<BDB>(.*?)[A-D](.{8})</BDB>", r"<BDB>\1E\2</BDB>"))
_xml("white space in the data", "bir.data", _first("<BDB>(.{20})", "<BDB>\\1 "), "times.device")


# Captures made anew: signed by a device, but wrong.


def _capture(name: str, check: str, token: Callable[[], str], *also: str) -> None:
    """Puts another token in the place of the left index finger's."""

    def edit(packet: EditablePacket) -> None:
        bdb, sb, payload = take_apart(token())
        text = packet.entries["id"][BIO].decode()
        start = text.index(">Left IndexFinger<")
        end = text.index("</others>", start)
        changed = re.sub(r"<BDB>[^<]*", f"<BDB>{bdb}", text[start:end])
        changed = re.sub(r"<SB>[^<]*", f"<SB>{sb}", changed)
        escaped = payload.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        changed = re.sub(r'("PAYLOAD">)[^<]*', lambda match: match[1] + escaped, changed)
        packet.entries["id"][BIO] = (text[:start] + changed + text[end:]).encode()

    MUTATIONS.add(name, check, edit=edit, also=also)


def _lab_token(*, minutes: int = 0, **parts: Any) -> str:

    device = replace(lab(), at=CAPTURED_AT + timedelta(minutes=minutes))
    return device.token(BioAttribute.LEFT_INDEX, **parts)


def _finger(**changes: Any) -> bytes:

    record = parse_record(iso_record(BioAttribute.LEFT_INDEX, CAPTURED_AT))
    assert isinstance(record, FingerRecord)
    return encode_record(replace(record, **changes))


def _resigned(change: Callable[[dict[str, Any]], object], signer: str = "device") -> str:
    """The finger's token with another payload, signed anew."""

    payload = json.loads(b64url_decode(_lab_token().split(".")[1]))
    change(payload)
    return jws.sign(json.dumps(payload).encode(), lab_key(signer), (lab_certificate(signer),))


def _foreign_digital_id(payload: dict[str, Any]) -> None:

    content = b64url_decode(payload["digitalId"].split(".")[1])
    payload["digitalId"] = jws.sign(content, lab_key("device-provider"), (lab_certificate("device-provider"),))


def _rogue_token() -> str:

    rogue = issue("rogue device", days=(-3000, 3000))
    payload = json.loads(b64url_decode(_lab_token().split(".")[1]))
    digital_id = b64url_decode(payload["digitalId"].split(".")[1])
    payload["digitalId"] = jws.sign(digital_id, rogue.key, (rogue.certificate,))
    return jws.sign(json.dumps(payload).encode(), rogue.key, (rogue.certificate,))


def _broken_digital_id(payload: dict[str, Any]) -> None:
    header, body, signature = payload["digitalId"].split(".")
    payload["digitalId"] = f"{header}.{body}.{b64url(flip(b64url_decode(signature), 5))}"


_capture("captured for authentication", "token.payload", lambda: _resigned(lambda p: p.update(purpose="Auth")))
_capture("captured an hour ago", "times.device", lambda: _lab_token(minutes=-60))
_capture("captured after sealing", "times.device", lambda: _lab_token(minutes=10))
_capture("time with a fraction", "times.device", lambda: _resigned(lambda p: p.update(timestamp="2025-06-02T09:25:00.000Z")))
_capture("signed by an unknown device", "token.trust", _rogue_token)
_capture("digital id of another signer", "token.certificates", lambda: _resigned(_foreign_digital_id))
_capture("digital id's signature broken", "token.digital-id", lambda: _resigned(_broken_digital_id), "times.device")
_capture("digital id missing", "token.digital-id", lambda: _resigned(lambda p: p.pop("digitalId")), "times.device")
_capture("payload says iris", "token.payload", lambda: _resigned(lambda p: p.update(bioType="Iris")), "token.digital-id")
_capture("no ISO record", "iso.record", lambda: _lab_token(record=b"FIR\0nothing"))
_capture("record of another finger", "iso.attribute", lambda: _lab_token(record=_finger(position=3)))
_capture("record announces loss", "iso.image", lambda: _lab_token(record=_finger(compression=4)))
_capture("image is no JPEG 2000", "iso.image", lambda: _lab_token(record=_finger(image=b"\xff\xd8\xff\xe0" + bytes(500))))
_capture("image of another size", "iso.image", lambda: _lab_token(record=_finger(width=10)))
_capture("sampled too coarsely", "iso.capture", lambda: _lab_token(record=_finger(image_rate=(250, 250))))
_capture("record with something behind it", "iso.record", lambda: _lab_token(record=_finger() + b"\0" * 70000))


def _unreadable_certificate() -> str:
    """Signed well, but the key in the certificate is of an algorithm that nobody knows."""
    der = lab_certificate("device").public_bytes(Encoding.DER)
    patched = der.replace(bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d01017f"))
    assert patched != der
    payload = b64url_decode(_lab_token().split(".")[1])
    return jws.sign(payload, lab_key("device"), (x509.load_der_x509_certificate(patched),))


_capture(
    "certificate with a key of an unknown kind",
    "token.signature",
    _unreadable_certificate,
    "token.certificates",
    "token.trust",
)
