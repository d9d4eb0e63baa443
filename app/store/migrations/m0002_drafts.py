"""Layout 2: registrations in work, slips in a table of their own, and what the queue page asks for.

Columns marked *sealed* hold AES-256-GCM ciphertext bound to table, column and row. Times are UTC text,
``yyyy-MM-ddTHH:mm:ss.ffffffZ``, so that they sort.

Slips are moved, packets are not touched. It takes about three times the room of the slips (twice in the log, which is emptied
afterwards, once in the database, which keeps the room of the old ones for later): 100 MB and two seconds for 330 registrations
with slips of 100 kB, whatever their packets have.
"""

from __future__ import annotations

from sqlite3 import Connection


def _work_of(packet: str) -> str:
    """The outbox rows of a registration as one state: the first of these that any row has."""
    cases = " ".join(
        f"WHEN EXISTS (SELECT 1 FROM outbox WHERE packet_id = {packet} AND state = '{state}') THEN '{state}'"  # noqa: S608 own names
        for state in ("BLOCKED", "WAITING", "PENDING")
    )
    return f"(CASE {cases} ELSE 'DONE' END)"


_FILTERED = ("client_status", "server_status", "process", "work", "created_at", "exported_at")
"""Every index of the queue page holds what its filters look at, so that a filter never opens a row that it refuses."""


def _queue_index(name: str, *order: str) -> str:
    columns = ", ".join((*order, *(column for column in _FILTERED if column not in order)))
    return f"CREATE INDEX {name} ON registration ({columns})"


_STATEMENTS = (
    # header: sealed, row id = draft_id/revision; names the parts with their revisions. What stands here in clear says nothing
    # of the person: a random id, a counter, a time.
    """
    CREATE TABLE draft (
        draft_id TEXT PRIMARY KEY CHECK (length(draft_id) = 32),
        revision INTEGER NOT NULL CHECK (revision > 0),
        changed_at TEXT NOT NULL,
        header BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX draft_by_change ON draft (changed_at)",
    # data: sealed, row id = draft_id/name/revision. revision: that of the draft when the part was written.
    """
    CREATE TABLE draft_part (
        draft_id TEXT NOT NULL REFERENCES draft (draft_id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        revision INTEGER NOT NULL CHECK (revision > 0),
        data BLOB NOT NULL,
        PRIMARY KEY (draft_id, name)
    ) STRICT
    """,
    # What the check before a registration writes and reads back; nothing but random bytes.
    """
    CREATE TABLE probe (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        value BLOB NOT NULL
    ) STRICT
    """,
    # The slip is as long as a page of HTML with a photo; in the row of its registration it stood in the way of every list.
    """
    CREATE TABLE slip (
        packet_id TEXT PRIMARY KEY REFERENCES registration (packet_id) ON DELETE CASCADE,
        data BLOB NOT NULL
    ) STRICT
    """,
    "INSERT INTO slip (packet_id, data) SELECT packet_id, acknowledgement FROM registration WHERE acknowledgement IS NOT NULL",
    "ALTER TABLE registration DROP COLUMN acknowledgement",
    # exported_at: the last time that a copy was saved elsewhere. work: the outbox rows as one state, kept by the triggers.
    "ALTER TABLE registration ADD COLUMN exported_at TEXT",
    """
    ALTER TABLE registration ADD COLUMN work TEXT NOT NULL DEFAULT 'DONE'
        CHECK (work IN ('WAITING', 'PENDING', 'BLOCKED', 'DONE'))
    """,
    f"UPDATE registration SET work = {_work_of('registration.packet_id')}",  # noqa: S608 own names
    f"""
    CREATE TRIGGER outbox_made AFTER INSERT ON outbox BEGIN
        UPDATE registration SET work = {_work_of("NEW.packet_id")} WHERE packet_id = NEW.packet_id;
    END
    """,  # noqa: S608 own names
    f"""
    CREATE TRIGGER outbox_moved AFTER UPDATE OF state ON outbox WHEN OLD.state <> NEW.state BEGIN
        UPDATE registration SET work = {_work_of("NEW.packet_id")} WHERE packet_id = NEW.packet_id;
    END
    """,  # noqa: S608 own names
    "DROP INDEX registration_by_status",
    _queue_index("queue_by_created", "created_at", "packet_id"),
    _queue_index("queue_by_changed", "changed_at", "packet_id"),
    _queue_index("queue_by_packet", "packet_id"),
    _queue_index("queue_by_process", "process", "packet_id"),
    _queue_index("queue_by_client_status", "client_status", "server_status", "packet_id"),
    _queue_index("queue_by_server_status", "server_status", "client_status", "packet_id"),
    "CREATE INDEX registration_by_state ON registration (client_status, server_status)",
    "CREATE INDEX history_by_event ON registration_history (event, at)",
)


def apply(connection: Connection) -> None:
    """Adds the tables, moves the slips, fills the new columns."""
    for statement in _STATEMENTS:
        connection.execute(statement)
