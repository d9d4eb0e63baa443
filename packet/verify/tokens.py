"""The device's signed capture, rebuilt from a record as a registration processor rebuilds it.

A record carries the token in three parts: ``SB`` is ``header..signature``, ``PAYLOAD`` the payload text with the value of
``bioValue`` replaced by ``<bioValue>``, ``BDB`` the ISO record. The token is ``SB`` with ``..`` replaced by ``.p.``, where p is
the unpadded base64url of PAYLOAD with ``<bioValue>`` replaced by the unpadded base64url of BDB.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm

from packet.bioattributes import FACTS
from packet.crypto import jws
from packet.crypto.chain import TrustStore
from packet.crypto.errors import ChainUntrustedError, JwsMalformedError, SignatureInvalidError
from packet.encoding import b64std_decode, b64url
from packet.models import BioAttribute, Json
from packet.verify.birs import attribute_of
from packet.verify.cbeffxml import Bir
from packet.verify.ledger import Ledger
from packet.verify.strictjson import read_json

CHECKS = ("token.form", "token.signature", "token.payload", "token.digital-id", "token.certificates", "token.trust")
SIGNATURE = "RPR-PKV-FAILED-016"
DIGITAL_ID = "RPR-CMD-FAILED-018"
PLACEHOLDER = "<bioValue>"

_PAYLOAD_MAX = 64 * 1024
_SB_MAX = 64 * 1024
_DIGITAL_ID_KEYS = frozenset(
    ("serialNo", "make", "model", "type", "deviceSubType", "deviceProviderId", "deviceProvider", "dateTime")
)


@dataclass(frozen=True, slots=True)
class DeviceTrust:
    """What certificates are judged by.

    Attributes:
        at: the packet's creation date; None if it is not readable.
    """

    device: TrustStore | None
    ftm: TrustStore | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What other checks need of a token; None where it could not be read."""

    device_time: str | None = None
    digital_id_time: str | None = None
    payload: Mapping[str, Json] = field(default_factory=dict, repr=False)


def check_token(bir: Bir, iso: bytes, where: str, trust: DeviceTrust, ledger: Ledger) -> TokenFacts:
    """Checks a captured record's token.

    (1) it can be rebuilt and parsed, (2) its signature fits its leaf certificate, (3) its payload speaks of this record,
    (4) the digital id in it is signed likewise, (5) the digital id's certificates are among the token's, (6) both leaves lead
    to trusted roots.
    """
    # (1) rebuild
    try:
        payload_text = bir.others.get("PAYLOAD", "")
        token = jws.parse(rebuild(bir.text("SB"), payload_text, iso), "the capture")
        payload = read_json(payload_text, _PAYLOAD_MAX)
    except (ValueError, JwsMalformedError) as error:
        ledger.judge("token.form", where, [f"The device's token cannot be rebuilt: {_reason(error)}."], SIGNATURE)
        ledger.skip(CHECKS[1:], where, "The device's token cannot be rebuilt.")
        return TokenFacts()
    content = payload if isinstance(payload, dict) else {}
    ledger.judge("token.form", where, [], SIGNATURE)
    # (2) signature
    ledger.judge("token.signature", where, _signature_problems(token), SIGNATURE)
    # (3) payload
    ledger.judge("token.payload", where, _payload_problems(content, bir))
    device_time = _text(content.get("timestamp"))
    # (4) digital id
    identity, digital_id = _digital_id(content, where, ledger)
    if identity is None:
        ledger.skip(CHECKS[4:], where, "The digital id cannot be read.")
        return TokenFacts(device_time, None, content)
    # (5) certificates
    foreign = set(identity.certificates) - set(token.certificates)
    mismatch = ["The digital id has a certificate that the capture does not have."] if foreign else []
    ledger.judge("token.certificates", where, mismatch, SIGNATURE)
    # (6) trust
    _check_trust(token, identity, where, trust, ledger)
    return TokenFacts(device_time, _text(digital_id.get("dateTime")), content)


def rebuild(sb_text: str, payload: str, iso: bytes) -> str:
    """The compact token.

    Raises:
        ValueError: if SB is not base64 of ``header..signature`` or the payload has no placeholder.
    """
    if len(sb_text) > _SB_MAX or len(payload) > _PAYLOAD_MAX:
        raise ValueError("it is too large")
    try:
        detached = b64std_decode(sb_text).decode("ascii")
    except ValueError as error:
        raise ValueError("SB is not base64 of text") from error
    if detached.count(".") != 2 or ".." not in detached:
        raise ValueError("SB is not a header, two dots and a signature")
    if payload.count(f'"{PLACEHOLDER}"') != 1 or payload.count(PLACEHOLDER) != 1:
        raise ValueError("PAYLOAD does not have the placeholder exactly once")
    filled = payload.replace(PLACEHOLDER, b64url(iso))
    return detached.replace("..", f".{b64url(filled.encode('utf-8'))}.")


def _reason(error: ValueError | JwsMalformedError) -> str:
    return str(error.params.get("why")) if isinstance(error, JwsMalformedError) else str(error)


def _signature_problems(token: jws.Jws) -> Iterator[str]:
    try:
        jws.verify_with_leaf(token, "the capture")
    except (SignatureInvalidError, UnsupportedAlgorithm):
        yield "The device's signature does not fit the rebuilt capture."


def _payload_problems(payload: Mapping[str, Json], bir: Bir) -> Iterator[str]:
    attribute = attribute_of(bir)
    if attribute is not None:
        facts = FACTS[attribute]
        if payload.get("bioType") != facts.sbi_type:
            yield "bioType is not that of the record."
        if _sub_type(payload, attribute) != facts.sbi_sub_type:
            yield "bioSubType is not that of the record."
    if payload.get("purpose") != "Registration":
        yield "The capture was not made for registration."
    if payload.get("bioValue") != PLACEHOLDER:
        yield "The placeholder does not stand for bioValue."
    if _whole_score(payload.get("qualityScore")) != bir.text("BDBInfo/Quality/Score"):
        yield "The quality score is not that of the record."


def _sub_type(payload: Mapping[str, Json], attribute: BioAttribute) -> Json:
    """A face has no sub-type; devices leave the key out, or write null, nothing or Face."""
    value = payload.get("bioSubType")
    if FACTS[attribute].sbi_type == "Face" and value in (None, "", "Face", "null"):
        return ""
    return value


def _whole_score(value: Json) -> str | None:
    try:
        score = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
    except ValueError:
        return None
    return str(int(score)) if 0 <= score <= 100 else None


def _digital_id(payload: Mapping[str, Json], where: str, ledger: Ledger) -> tuple[jws.Jws | None, Mapping[str, Json]]:
    """Parses and verifies the signed digital id inside a payload."""
    text = payload.get("digitalId")
    try:
        identity = jws.parse(text if isinstance(text, str) else "", "the digital id")
        jws.verify_with_leaf(identity, "the digital id")
        value = read_json(identity.payload, _PAYLOAD_MAX)
    except (ValueError, JwsMalformedError) as error:
        ledger.judge("token.digital-id", where, [f"The digital id cannot be read: {_reason(error)}."], DIGITAL_ID)
        return None, {}
    except (SignatureInvalidError, UnsupportedAlgorithm):
        ledger.judge("token.digital-id", where, ["The digital id's signature does not fit."], DIGITAL_ID)
        return None, {}
    content = value if isinstance(value, dict) else {}
    problems: list[str] = []
    if not content.keys() >= _DIGITAL_ID_KEYS:
        problems.append("The digital id does not have its eight keys.")
    if content.get("type") != payload.get("bioType"):
        problems.append("The digital id is of a device of another type.")
    ledger.judge("token.digital-id", where, problems, DIGITAL_ID)
    return identity, content


def _check_trust(token: jws.Jws, identity: jws.Jws, where: str, trust: DeviceTrust, ledger: Ledger) -> None:
    """The capture is signed under DEVICE; the digital id with the same key (L0) or by a chip under FTM (L1)."""
    if trust.device is None or trust.at is None:
        reason = "No trusted device roots were given." if trust.device is None else "The creation date is not readable."
        ledger.skip(["token.trust"], where, reason)
        return
    problems = list(_path_problems(trust.device, token, trust.at, "capture"))
    if identity.leaf != token.leaf:
        store = trust.ftm if trust.ftm is not None else trust.device
        problems += _path_problems(store, identity, trust.at, "digital id")
    ledger.judge("token.trust", where, problems, DIGITAL_ID)


def _path_problems(store: TrustStore, token: jws.Jws, at: datetime, what: str) -> Iterator[str]:
    try:
        store.check(token.leaf, at, what)
    except ChainUntrustedError as error:
        yield f"The certificate of the {what} does not lead to a trusted root: {error.params.get('why')}."
    except (ValueError, UnsupportedAlgorithm):
        # Names and algorithms inside a certificate are read only when they are looked at.
        yield f"The certificate of the {what} is not readable."


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
