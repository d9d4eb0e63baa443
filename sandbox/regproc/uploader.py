"""The packet uploader: hash again, decrypt, unpack, store the sub-packets as they came.

The sub-packets stay encrypted and signed as the client made them. Where MOSIP's documentation says that the server "signs", the
sandbox takes it literally and keeps a statement beside each object: a JWS by KERNEL/SIGN over registration id, hash and time.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

import orjson

from packet.encoding import b64url, hex_upper, iso_millis, sha256
from packet.models import Clock
from packet.verify.model import SessionKeyOpener
from sandbox.envelope import open_envelope
from sandbox.jws import compact_jws
from sandbox.keys.service import KeyService
from sandbox.regproc.container import ContainedObject, read_container
from sandbox.regproc.failure import StageFailedError
from sandbox.regproc.landingzone import LandingZone
from sandbox.regproc.objectstore import ObjectStore
from sandbox.regproc.registrations import Registrations
from sandbox.regproc.status import RETRIES_MAX
from sandbox.regproc.synclist import SyncedPacket
from sandbox.regproc.syncrequest import APPLICATION

ACCOUNT: Final = "PACKET_MANAGER_ACCOUNT"


@dataclass(frozen=True, slots=True)
class Uploader:
    """Moves a packet from the landing zone to the object store."""

    landing_zone: LandingZone
    objects: ObjectStore
    registrations: Registrations
    keys: KeyService
    clock: Clock

    def upload(self, synced: SyncedPacket, retry_count: int) -> bytes:
        """Stores a packet's sub-packets; doing it twice is harmless.

        Returns:
            The packet as received.

        Raises:
            StageFailedError: with the sub-status of the first failure.
        """
        data = self.landing_zone.get(synced.registration_id, synced.packet_id)
        if data is None:
            raise StageFailedError("RPR-PKU-FAILED-004", "uploader.landing-zone", "The packet is gone.", "RPR-PUM-001")
        if not hmac.compare_digest(hex_upper(sha256(data)).encode(), synced.packet_hash_value.encode()):
            raise StageFailedError("RPR-PKU-FAILED-005", "uploader.hash", "The hash differs from the announced one.")
        contained = _open(data, self.keys.opener(APPLICATION, synced.ref_id))
        if retry_count >= RETRIES_MAX:
            raise StageFailedError("RPR-PKU-FAILED-009", "uploader.retries", "It was sent too often.", "RPR-PUM-012")
        for item in contained:
            self._store(synced, item)
        return data

    def _store(self, synced: SyncedPacket, item: ContainedObject) -> None:
        key = item.key
        if synced.additional_info_req_id is not None:  # a correction's objects lie apart, by its iteration
            source, process, name = key.split("/")
            key = f"{source}/{process}-{synced.additional_info_req_id.rpartition('-')[2]}/{name}"
        self.objects.put(synced.registration_id, key, item.data, item.metadata)
        statement = orjson.dumps(
            {
                "rid": synced.registration_id,
                "encryptedhash": b64url(sha256(item.data)),
                "receivedAt": iso_millis(self.clock()),
            }
        )
        self.registrations.add_receipt(synced.packet_id, key, compact_jws(self.keys, statement))


def _open(data: bytes, opener: SessionKeyOpener) -> list[ContainedObject]:
    try:
        plain = open_envelope(data, opener)
    except ValueError as error:
        raise StageFailedError(
            "RPR-PKR-FAILED-002", "uploader.decrypt", "The outer packet cannot be decrypted.", "RPR-PUM-009"
        ) from error
    try:
        return read_container(plain)
    except ValueError as error:
        raise StageFailedError(
            "RPR-SYS-EXCEPTION-001", "uploader.container", "The outer packet is not the container it should be."
        ) from error
