"""What RID sync announced: the ``registration_list``."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from packet.encoding import iso_millis
from packet.verify.model import SyncRecord
from sandbox.database import Database

MAIN_PROCESSES: Final = frozenset({"NEW", "UPDATE", "LOST", "RES_UPDATE", "ACTIVATE", "DEACTIVATE", "OPENCRVS_NEW"})
SUB_PROCESSES: Final = frozenset({"BIOMETRIC_CORRECTION"})


@dataclass(frozen=True, slots=True)
class SyncedPacket:
    """One announced packet.

    Attributes:
        additional_info: envelope over name, phone, email and the supervisor's comment; opened by the packet key of ref_id.
    """

    packet_id: str
    registration_id: str
    ref_id: str
    registration_type: str
    packet_hash_value: str
    packet_size: int
    supervisor_status: str
    lang_code: str
    additional_info_req_id: str | None
    additional_info: bytes = field(repr=False)

    @property
    def is_main_process(self) -> bool:
        """Whether it begins a registration, rather than adding to one."""
        return self.registration_type in MAIN_PROCESSES and self.additional_info_req_id is None

    def as_record(self) -> SyncRecord:
        """For the verifier."""
        return SyncRecord(
            packet_id=self.packet_id,
            packet_hash_value=self.packet_hash_value,
            packet_size=self.packet_size,
            registration_type=self.registration_type,
            supervisor_status=self.supervisor_status,
            lang_code=self.lang_code,
        )


class SyncList:
    """The table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, packets: list[SyncedPacket], now: datetime) -> None:
        """Adds or replaces; all or none."""
        at = iso_millis(now)
        with self._database.transaction() as connection:
            for packet in packets:
                connection.execute(_UPSERT, (*_values(packet), at, at))

    def find(self, packet_id: str) -> SyncedPacket | None:
        """By packet id."""
        row = self._database.row("SELECT * FROM registration_list WHERE packet_id = ?", (packet_id,))
        return None if row is None else _synced(row)

    def has_registration(self, registration_id: str) -> bool:
        """Whether any packet of the registration was announced."""
        row = self._database.row("SELECT 1 FROM registration_list WHERE registration_id = ?", (registration_id,))
        return row is not None


_UPSERT = """
    INSERT INTO registration_list VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (packet_id) DO UPDATE SET
        registration_id = excluded.registration_id, ref_id = excluded.ref_id,
        registration_type = excluded.registration_type, packet_hash_value = excluded.packet_hash_value,
        packet_size = excluded.packet_size, supervisor_status = excluded.supervisor_status, lang_code = excluded.lang_code,
        additional_info_req_id = excluded.additional_info_req_id, additional_info = excluded.additional_info,
        upd_dtimes = excluded.upd_dtimes
"""


def _values(packet: SyncedPacket) -> tuple[str | int | bytes | None, ...]:
    return (
        packet.packet_id,
        packet.registration_id,
        packet.ref_id,
        packet.registration_type,
        packet.packet_hash_value,
        packet.packet_size,
        packet.supervisor_status,
        packet.lang_code,
        packet.additional_info_req_id,
        packet.additional_info,
    )


def _synced(row: sqlite3.Row) -> SyncedPacket:
    return SyncedPacket(*tuple(row)[:10])
