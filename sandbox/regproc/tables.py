"""Tables of the registration processor.

``registration_list`` is what RID sync announced, ``registration`` what became of an upload. Contact data and the supervisor's
comment lie only in ``additional_info``, encrypted for the machine's packet key.
"""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE registration_list (
        packet_id TEXT PRIMARY KEY, registration_id TEXT NOT NULL, ref_id TEXT NOT NULL, registration_type TEXT NOT NULL,
        packet_hash_value TEXT NOT NULL, packet_size INTEGER NOT NULL, supervisor_status TEXT NOT NULL,
        lang_code TEXT NOT NULL, additional_info_req_id TEXT, additional_info BLOB NOT NULL,
        cr_dtimes TEXT NOT NULL, upd_dtimes TEXT NOT NULL) STRICT;
    CREATE INDEX registration_list_by_rid ON registration_list (registration_id);
    CREATE TABLE registration (
        packet_id TEXT PRIMARY KEY REFERENCES registration_list (packet_id), registration_id TEXT NOT NULL,
        latest_trn_type_code TEXT NOT NULL, status_code TEXT NOT NULL, sub_status_code TEXT NOT NULL,
        retry_count INTEGER NOT NULL, latest_trn_dtimes TEXT NOT NULL) STRICT;
    CREATE INDEX registration_by_rid ON registration (registration_id);
    CREATE TABLE finding (
        packet_id TEXT NOT NULL REFERENCES registration (packet_id), position INTEGER NOT NULL, check_name TEXT NOT NULL,
        status TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, server_code TEXT,
        PRIMARY KEY (packet_id, position)) STRICT;
    CREATE TABLE receipt (
        packet_id TEXT NOT NULL REFERENCES registration (packet_id), object_key TEXT NOT NULL, jws TEXT NOT NULL,
        PRIMARY KEY (packet_id, object_key)) STRICT;
    """,
)
