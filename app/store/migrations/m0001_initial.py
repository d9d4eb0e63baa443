"""Layout 1: registrations with their packets and outbox, audit, RID counter, synced documents, data key.

Columns marked *sealed* hold AES-256-GCM ciphertext bound to table, column and row. Times are UTC text,
``yyyy-MM-ddTHH:mm:ss.ffffffZ``, so that they sort.
"""

from __future__ import annotations

from sqlite3 import Connection

_STATEMENTS = (
    """
    CREATE TABLE data_key (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        sealed BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE rid_sequence (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        next_value INTEGER NOT NULL CHECK (next_value BETWEEN 1 AND 99999)
    ) STRICT
    """,
    "INSERT INTO rid_sequence (id, next_value) VALUES (1, 1)",
    # contact, decision_comment: sealed. acknowledgement: encrypted for the machine's own key before it comes here.
    """
    CREATE TABLE registration (
        packet_id TEXT PRIMARY KEY,
        registration_id TEXT NOT NULL,
        ref_id TEXT NOT NULL,
        process TEXT NOT NULL,
        flow TEXT NOT NULL CHECK (flow IN ('NEW', 'UPDATE', 'LOST', 'CORRECTION')),
        lang_code TEXT NOT NULL CHECK (length(lang_code) = 3),
        created_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        client_status TEXT NOT NULL CHECK (client_status IN (
            'REGISTERED', 'APPROVED', 'REJECTED', 'SYNCED', 'PUSHED', 'RE_REGISTER_APPROVED', 'DELETED')),
        server_status TEXT NOT NULL CHECK (server_status IN (
            'UNKNOWN', 'UPLOAD_PENDING', 'RECEIVED', 'DUPLICATE', 'PROCESSING', 'AWAITING_INFORMATION', 'ACCEPTED',
            'PROCESSED', 'UIN_GENERATED', 'RESEND', 'REREGISTER', 'REJECTED', 'REPROCESS_FAILED', 'UNRECOGNISED')),
        decision TEXT CHECK (decision IN ('APPROVED', 'REJECTED')),
        decision_comment BLOB,
        packet_sha256 TEXT NOT NULL CHECK (length(packet_sha256) = 64),
        packet_size INTEGER NOT NULL CHECK (packet_size > 0),
        additional_info_request_id TEXT,
        contact BLOB,
        acknowledgement BLOB,
        ack_signature TEXT
    ) STRICT
    """,
    "CREATE INDEX registration_by_rid ON registration (registration_id)",
    "CREATE INDEX registration_by_status ON registration (client_status, changed_at)",
    """
    CREATE TABLE packet_content (
        packet_id TEXT PRIMARY KEY REFERENCES registration (packet_id) ON DELETE CASCADE,
        data BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE registration_history (
        id INTEGER PRIMARY KEY,
        packet_id TEXT NOT NULL REFERENCES registration (packet_id) ON DELETE CASCADE,
        event TEXT NOT NULL,
        client_status TEXT NOT NULL,
        server_status TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX history_by_packet ON registration_history (packet_id)",
    """
    CREATE TABLE outbox (
        packet_id TEXT NOT NULL REFERENCES registration (packet_id) ON DELETE CASCADE,
        task TEXT NOT NULL CHECK (task IN ('SYNC', 'UPLOAD', 'STATUS')),
        state TEXT NOT NULL CHECK (state IN ('WAITING', 'PENDING', 'BLOCKED', 'DONE')),
        attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
        reason TEXT,
        next_attempt_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        PRIMARY KEY (packet_id, task)
    ) STRICT
    """,
    "CREATE INDEX outbox_due ON outbox (task, state, next_attempt_at)",
    # entry: sealed, row id = uuid.
    """
    CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid TEXT NOT NULL UNIQUE,
        event_id TEXT NOT NULL,
        action_time TEXT NOT NULL,
        entry BLOB NOT NULL
    ) STRICT
    """,
    # AUDIT_TIMESTAMP: rows up to carried_sequence travelled in a packet, the last of which was sealed at carried_at.
    """
    CREATE TABLE audit_mark (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        carried_sequence INTEGER NOT NULL,
        carried_at TEXT
    ) STRICT
    """,
    "INSERT INTO audit_mark (id, carried_sequence, carried_at) VALUES (1, 0, NULL)",
    # body: sealed, row id = kind/reference, so that a pinned certificate cannot be exchanged in the file.
    """
    CREATE TABLE synced_document (
        kind TEXT NOT NULL CHECK (kind IN (
            'SIGNING_CERTIFICATE', 'PACKET_CERTIFICATE', 'CA_CERTIFICATES', 'ID_SCHEMA', 'TOKEN_KEYS')),
        reference TEXT NOT NULL,
        body BLOB NOT NULL,
        fetched_at TEXT NOT NULL,
        PRIMARY KEY (kind, reference)
    ) STRICT
    """,
)


def apply(connection: Connection) -> None:
    """Makes all tables."""
    for statement in _STATEMENTS:
        connection.execute(statement)
