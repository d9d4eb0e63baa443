"""A row of the table of registrations as a record."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from app.core.lifecycle import ClientStatus, ServerStatus, State
from app.core.outbox import RowState
from app.core.registration import Decision, RegistrationRecord
from app.store.errors import RegistrationUnknownError
from app.store.instants import from_text
from packet.models import Flow, PacketId, RegistrationId

COLUMNS = (
    "packet_id, registration_id, ref_id, process, flow, lang_code, created_at, client_status, server_status, decision,"
    " packet_sha256, packet_size, additional_info_request_id, changed_at, work, exported_at, decision_comment IS NOT NULL"
)
"""What `read_row` takes, in this order. Nothing of it is sealed, and no packet or slip is touched to read it."""


def read_row(row: tuple[Any, ...]) -> RegistrationRecord:
    """The record of a row of `COLUMNS`."""
    return RegistrationRecord(
        packet_id=PacketId(row[0]),
        registration_id=RegistrationId(row[1]),
        ref_id=row[2],
        process=row[3],
        flow=Flow(row[4]),
        lang_code=row[5],
        created_at=from_text(row[6]),
        state=State(ClientStatus(row[7]), ServerStatus(row[8])),
        decision=None if row[9] is None else Decision(row[9]),
        packet_sha256=row[10],
        packet_size=row[11],
        additional_info_request_id=row[12],
        changed_at=from_text(row[13]),
        work=RowState(row[14]),
        exported_at=None if row[15] is None else from_text(row[15]),
        has_comment=bool(row[16]),
    )


def find_record(connection: Connection, packet_id: PacketId) -> RegistrationRecord:
    """The record of a registration, in the caller's transaction.

    Raises:
        RegistrationUnknownError: if there is no such packet.
    """
    row = connection.execute(f"SELECT {COLUMNS} FROM registration WHERE packet_id = ?", (packet_id,)).fetchone()  # noqa: S608
    if row is None:
        raise RegistrationUnknownError(packet_id=packet_id)
    return read_row(row)
