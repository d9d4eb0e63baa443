"""Tables of the master data service."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE machine (
        id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, reg_center_id TEXT, public_key BLOB NOT NULL,
        sign_public_key BLOB NOT NULL, key_index TEXT NOT NULL, sign_key_index TEXT NOT NULL,
        is_active INTEGER NOT NULL, upd_dtimes TEXT NOT NULL) STRICT;
    CREATE TABLE ca_cert_store (
        cert_id TEXT PRIMARY KEY, cert_subject TEXT NOT NULL, cert_issuer TEXT NOT NULL, issuer_id TEXT NOT NULL,
        cert_not_before TEXT NOT NULL, cert_not_after TEXT NOT NULL, cert_thumbprint TEXT NOT NULL,
        cert_serial_no TEXT NOT NULL, cert_data BLOB NOT NULL, partner_domain TEXT NOT NULL, cr_by TEXT NOT NULL,
        cr_dtimes TEXT NOT NULL, UNIQUE (partner_domain, cert_thumbprint)) STRICT;
    """,
)
