"""Many invented registrations, put into the database without sealing a packet each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from app.core.lifecycle import TRANSITIONS, State
from app.core.outbox import RowState
from app.store.instants import to_text
from app.store.localstore import LocalStore
from packet.encoding import compact_seconds
from tests.support.fake_server_registrations import NOW, REF_ID

STATES = tuple(sorted({state for state, _ in TRANSITIONS}, key=lambda state: (state.client, state.server)))
PROCESSES = ("NEW", "UPDATE", "LOST", "BIOMETRIC_CORRECTION", "RENEWAL")
_FLOWS = ("NEW", "UPDATE", "LOST", "CORRECTION", "UPDATE")
_WORKS = (*(RowState.DONE,) * 6, RowState.PENDING, RowState.WAITING, RowState.BLOCKED)


def fill(store: LocalStore, count: int, *, packet_bytes: int = 100, slip_bytes: int = 100, seed: int = 20300102) -> None:
    """That many registrations, seven minutes apart, the last one sealed at `NOW`; states, processes and work at random."""
    chance = random.Random(seed)
    with store.database.transaction() as connection:
        for values, task in _rows(chance, count):
            marks = ", ".join("?" for _ in values)
            connection.execute(
                f"INSERT INTO registration ({', '.join(values)}) VALUES ({marks})",
                tuple(values.values()),
            )
            connection.execute(
                "INSERT INTO packet_content VALUES (?, ?)", (values["packet_id"], chance.randbytes(packet_bytes))
            )
            connection.execute("INSERT INTO slip VALUES (?, ?)", (values["packet_id"], chance.randbytes(slip_bytes)))
            connection.execute(
                "INSERT INTO outbox (packet_id, task, state, next_attempt_at, changed_at) VALUES (?, 'SYNC', ?, ?, ?)",
                (values["packet_id"], task.value, values["changed_at"], values["changed_at"]),
            )


def _rows(chance: random.Random, count: int) -> Iterator[tuple[dict[str, object], RowState]]:
    for number in range(count):
        at = NOW - timedelta(minutes=7 * number)
        rid = f"1000110021{number % 99999 + 1:05d}{compact_seconds(at)}"
        state: State = chance.choice(STATES)
        kind = chance.randrange(len(PROCESSES))
        changed_at = at + timedelta(minutes=chance.randrange(10_000))
        yield (
            {
                "packet_id": f"{rid}-{REF_ID}-{compact_seconds(at)}",
                "registration_id": rid,
                "ref_id": REF_ID,
                "process": PROCESSES[kind],
                "flow": _FLOWS[kind],
                "lang_code": "eng",
                "created_at": to_text(at),
                "changed_at": to_text(changed_at),
                "client_status": state.client.value,
                "server_status": state.server.value,
                "packet_sha256": "A" * 64,
                "packet_size": 100,
                "contact": chance.randbytes(150),
                "decision_comment": chance.randbytes(60) if chance.random() < 0.1 else None,
                "ack_signature": "c" * 342,
                "exported_at": to_text(changed_at) if chance.random() < 0.2 else None,
            },
            chance.choice(_WORKS),
        )
