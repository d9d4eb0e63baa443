"""CA certificates of the partner domains, with the checks of an upload."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from packet.crypto.certificates import load_certificate
from packet.crypto.chain import TrustStore, unsuitable
from packet.crypto.errors import CertificateSeveralError, CertificateUnreadableError, ChainUntrustedError
from packet.encoding import hex_upper, iso_millis
from packet.models import Clock
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.database import Database

DOMAINS: Final = ("AUTH", "DEVICE", "FTM", "MISP")
SYNCED_DOMAINS: Final = ("DEVICE", "FTM")
VALIDITY_MIN: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class CaCertificate:
    """A stored CA certificate."""

    id: str
    issuer_id: str
    domain: str
    created_at: str
    created_by: str
    certificate: x509.Certificate = field(repr=False)


class CaCertificates:
    """The store of one trust domain's partner anchors."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def upload(self, data: str, domain: str, uploader: str) -> CaCertificate:
        """Takes a root, or an intermediate whose issuers are here.

        Raises:
            RequestRefusedError: KER-PCM-001, -003, -004, -005, -007, -011 or -017.
        """
        domain = domain.upper()
        if domain not in DOMAINS:
            raise RequestRefusedError(ServerCode.CA_DOMAIN_INVALID)
        now = self._clock()
        certificate = _checked(data, now)
        issuer_id = self._issuer_id(certificate, domain, now)
        thumbprint = hex_upper(certificate.fingerprint(SHA256()))
        identifier = str(uuid.uuid4())
        row = (
            identifier,
            certificate.subject.rfc4514_string(),
            certificate.issuer.rfc4514_string(),
            issuer_id or identifier,
            iso_millis(certificate.not_valid_before_utc),
            iso_millis(certificate.not_valid_after_utc),
            thumbprint,
            str(certificate.serial_number),
            certificate.public_bytes(Encoding.DER),
            domain,
            uploader,
            iso_millis(now),
        )
        try:
            with self._database.transaction() as connection:
                connection.execute(f"INSERT INTO ca_cert_store VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        except sqlite3.IntegrityError as error:
            raise RequestRefusedError(ServerCode.CA_DUPLICATE) from error
        return CaCertificate(identifier, issuer_id or identifier, domain, row[-1], uploader, certificate)

    def since(self, instant: datetime | None) -> list[CaCertificate]:
        """Certificates of the synced domains added at or after an instant, oldest first."""
        found = self._database.rows(
            "SELECT * FROM ca_cert_store WHERE partner_domain IN (?, ?) AND cr_dtimes >= ? ORDER BY cr_dtimes, rowid",
            (*SYNCED_DOMAINS, "" if instant is None else iso_millis(instant)),
        )
        return [_stored(row) for row in found]

    def trust_store(self, domain: str) -> TrustStore | None:
        """The domain's certificates for building paths; None if there are none."""
        found = self._database.rows("SELECT * FROM ca_cert_store WHERE partner_domain = ?", (domain,))
        return TrustStore(domain, [_stored(row).certificate for row in found]) if found else None

    def _issuer_id(self, certificate: x509.Certificate, domain: str, now: datetime) -> str | None:
        """Id of the issuing certificate; None for a root."""
        if certificate.subject == certificate.issuer:
            try:
                certificate.verify_directly_issued_by(certificate)
            except (InvalidSignature, ValueError, TypeError) as error:
                raise RequestRefusedError(ServerCode.CA_INVALID) from error
            return None
        store = self.trust_store(domain)
        if store is None:
            raise RequestRefusedError(ServerCode.CA_ROOT_NOT_FOUND)
        try:
            issuer = store.check(certificate, now, "a CA certificate")[1]
        except ChainUntrustedError as error:
            raise RequestRefusedError(ServerCode.CA_ROOT_NOT_FOUND) from error
        found = self._database.row(
            "SELECT cert_id FROM ca_cert_store WHERE partner_domain = ? AND cert_thumbprint = ?",
            (domain, hex_upper(issuer.fingerprint(SHA256()))),
        )
        return None if found is None else str(found["cert_id"])


def _checked(data: str, now: datetime) -> x509.Certificate:
    try:
        certificate = load_certificate(data.encode("utf-8"), "the upload")
    except (CertificateUnreadableError, CertificateSeveralError) as error:
        raise RequestRefusedError(ServerCode.CA_INVALID) from error
    if certificate.version is not x509.Version.v3:
        raise RequestRefusedError(ServerCode.CA_VERSION_INVALID)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise RequestRefusedError(ServerCode.CA_DATES_INVALID)
    if certificate.not_valid_after_utc - now < VALIDITY_MIN:
        raise RequestRefusedError(ServerCode.CA_TOO_SHORT)
    if unsuitable(certificate, now) is not None or not _may_issue(certificate):
        raise RequestRefusedError(ServerCode.CA_INVALID)
    return certificate


def _may_issue(certificate: x509.Certificate) -> bool:
    """Device makers' roots often have no extensions at all; one that has must say that it is a CA."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.subject == certificate.issuer or len(certificate.extensions) == 0
    except ValueError:
        return False


def _stored(row: sqlite3.Row) -> CaCertificate:
    return CaCertificate(
        id=row["cert_id"],
        issuer_id=row["issuer_id"],
        domain=row["partner_domain"],
        created_at=row["cr_dtimes"],
        created_by=row["cr_by"],
        certificate=x509.load_der_x509_certificate(row["cert_data"]),
    )
