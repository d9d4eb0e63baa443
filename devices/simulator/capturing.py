"""What the simulated devices capture: records, hash chain, signed payloads, encryption for authentication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from devices.sbi import hashchain
from devices.sbi.info import SPEC_VERSION
from devices.simulator.answers import error
from devices.simulator.asked import AUTH, UNKNOWN, Asked, Item
from devices.simulator.authcipher import AuthCipher
from devices.simulator.catalogue import SERVICE_VERSION
from devices.simulator.faults.active import Effects
from devices.simulator.faults.effects import TokenKind, Values
from devices.simulator.signing import Signer
from devices.simulator.subjects import ImageProfile, Presenter
from packet.bioattributes import FACTS
from packet.encoding import b64url, iso_seconds
from packet.iso import FaceRecord, FingerRecord, IrisRecord, IsoRecord, encode_record
from packet.models import BioAttribute


@dataclass(frozen=True, slots=True)
class Moment:
    """Who is captured, how well, and when.

    Attributes:
        take: number of the presentation; another take gives another impression.
        scores: quality 0..100 of every attribute that may be captured.
        at: the device's time.
    """

    presenter: Presenter
    take: int
    scores: dict[BioAttribute, float]
    at: datetime


def failed_capture(code: str, info: str) -> dict[str, object]:
    """An answer to a capture request of which nothing came."""
    return {"biometrics": [failed_element(code, info)]}


def failed_element(code: str, info: str) -> Values:
    """An element that says why there is none."""
    return {"specVersion": SPEC_VERSION, "data": "", "hash": "", "error": error(code, info)}


class Capturer:
    """Captures for one service. Computes for some 10 ms: call it off an event loop."""

    def __init__(self, signer: Signer, cipher: AuthCipher | None, auth_images: ImageProfile) -> None:
        self._signer = signer
        self._cipher = cipher
        self._auth_images = auth_images

    def capture(self, asked: Asked, items: Sequence[Item], moment: Moment, effects: Effects) -> list[Values]:
        """One element per item, chained in this order. What the person does not have is an element with error 701."""
        records = self._records(asked, items, moment)
        previous = effects.changed("chained_to", asked.previous_hash)
        elements = []
        for item in items:
            if item.attribute not in records:
                elements.append(failed_element("701", "Nothing to capture there"))
                continue
            record = records[item.attribute]
            iso = encode_record(_of_unknown_position(record) if item.name == UNKNOWN else record)
            iso = effects.changed("record", iso)
            previous = hashchain.next_hash(previous, iso)
            elements.append({**self._element(asked, item, iso, moment, effects), "hash": previous})
        return [_ordered(element) for element in elements]

    def _records(self, asked: Asked, items: Sequence[Item], moment: Moment) -> dict[BioAttribute, IsoRecord]:
        scores = {i.attribute: moment.scores[i.attribute] for i in items if moment.presenter.has(i.attribute)}
        profile = self._auth_images if asked.purpose == AUTH else ImageProfile.REGISTRATION
        return moment.presenter.records(scores, moment.take, moment.at, profile, asked.exceptions) if scores else {}

    def _element(self, asked: Asked, item: Item, iso: bytes, moment: Moment, effects: Effects) -> Values:
        timestamp = iso_seconds(moment.at)
        sealed = None
        if asked.purpose == AUTH and self._cipher is not None:
            sealed = self._cipher.seal(iso, timestamp, asked.transaction_id)
        facts = FACTS[item.attribute]
        payload: Values = {
            "digitalId": self._signer.digital_id(asked.device, moment.at, effects),
            "deviceCode": asked.device.device_code,
            "deviceServiceVersion": SERVICE_VERSION,
            "bioType": facts.sbi_type,
            **({"bioSubType": item.name} if item.name else {}),
            "purpose": asked.purpose,
            "env": asked.env,
            **({"domainUri": asked.domain_uri} if asked.purpose == AUTH else {}),
            "bioValue": sealed.bio_value if sealed else b64url(iso),
            "transactionId": asked.transaction_id,
            "timestamp": timestamp,
            "requestedScore": str(float(asked.requested_score)),
            "qualityScore": str(float(moment.scores[item.attribute])),
        }
        text = effects.changed("payload_text", orjson.dumps(effects.applied("payload", payload)))
        return {
            "specVersion": SPEC_VERSION,
            "data": self._signer.sign(TokenKind.DATA, asked.device, text, effects),
            "error": error("0", "Success"),
            **({"sessionKey": sealed.session_key, "thumbprint": sealed.thumbprint} if sealed else {}),
        }


def _of_unknown_position(record: IsoRecord) -> IsoRecord:
    """An authentication device does not know which finger or eye it got."""
    match record:
        case FingerRecord():
            return replace(record, position=0)
        case IrisRecord():
            return replace(record, eye=0)
        case FaceRecord():
            return record


def _ordered(element: Values) -> Values:
    keys = ("specVersion", "data", "hash", "sessionKey", "thumbprint", "error")
    return {key: element[key] for key in keys if key in element}
