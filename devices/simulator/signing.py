"""The tokens of the simulated devices, signed with the key that the certification level demands."""

from __future__ import annotations

from datetime import datetime

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from devices.sbi import digitalid
from devices.sbi.trust import L1
from devices.simulator.catalogue import MAKE, PROVIDER, PROVIDER_ID, SimulatedDevice
from devices.simulator.faults.active import Effects
from devices.simulator.faults.effects import TokenDraft, TokenKind, Values
from devices.simulator.faults.forgery import Forger
from devices.simulator.pki import SimulatorPki
from packet.encoding import b64std, b64url, iso_seconds
from packet.models import Clock, DigitalId


def digital_id_values(device: SimulatedDevice, now: datetime) -> Values:
    """The eight values of a digital id, in the order of MOSIP's mock device."""
    known = DigitalId(
        serial_no=device.serial_no,
        make=MAKE,
        model=device.model,
        type=device.bio_type.value,
        device_sub_type=device.sub_type,
        device_provider_id=PROVIDER_ID,
        device_provider=PROVIDER,
        date_time=iso_seconds(now),
    )
    values: Values = orjson.loads(digitalid.encode(known))
    return values


class Signer:
    """Signs for all devices of one service."""

    def __init__(self, pki: SimulatorPki, level: str, clock: Clock) -> None:
        self._pki = pki
        self._level = level
        self._forger = Forger(pki, clock)

    def digital_id(self, device: SimulatedDevice, now: datetime, effects: Effects) -> str:
        """The signed digital id: by the device's key at L0, by its trust module's at L1."""
        values = effects.applied("digital_id", digital_id_values(device, now))
        return self.sign(TokenKind.DIGITAL_ID, device, orjson.dumps(values), effects)

    def sign(self, kind: TokenKind, device: SimulatedDevice, payload: bytes, effects: Effects) -> str:
        """A token of a device, after faults had their way with it.

        At L1 the device's tokens list the trust module's certificate behind the device's own, since the registration
        processor wants every certificate of the digital id among those of the capture.
        """
        is_chip = kind is TokenKind.DIGITAL_ID and self._level == L1
        pick = self._pki.chip if is_chip else self._pki.current_device
        identity = pick(device.serial_no)
        certificates = [identity.certificate]
        if self._level == L1 and not is_chip:
            certificates.append(self._pki.chip(device.serial_no).certificate)
        draft = TokenDraft(kind, device.serial_no, payload, identity, certificates, self._forger)
        return effects.token(_compact(effects.draft(draft)), kind)


def _compact(draft: TokenDraft) -> str:
    """The token as drafted; keys of the header in the order of MOSIP's mock device."""
    x5c = [b64std(certificate.public_bytes(Encoding.DER)) for certificate in draft.certificates]
    header = {"x5c": x5c, "alg": "RS256", "typ": "JWT", **draft.header}
    head = orjson.dumps({key: value for key, value in header.items() if value is not None})
    text = f"{b64url(head)}.{b64url(draft.payload)}"
    sign = draft.sign or (lambda data: draft.identity.key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    return f"{text}.{b64url(sign(text.encode()))}"
