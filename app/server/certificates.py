"""Certificates that the server gives: its own for signing, the packet certificate (K11), the CA certificates of devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.server.errors import AnswerMalformedError, AnswerUntrustedError, CertificateChangedError
from app.server.signature import verify_answer
from app.server.transport import Call, MosipServer, Payload
from packet.crypto.certificates import check_packet_certificate, load_certificate
from packet.crypto.chain import TrustStore, unsuitable

_SIGNING = Call("the signing certificate", "GET", "/v1/syncdata/getCertificate", limit_bytes=64 * 1024)
_PACKET = Call("the packet certificate", "GET", "/v1/syncdata/getCertificate", limit_bytes=64 * 1024, attempts=2)
_AUTHORITIES = Call("the CA certificates", "GET", "/v1/syncdata/getcacertificates", limit_bytes=8 * 1024 * 1024)


class _CertificateModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    certificate: str = Field(max_length=32 * 1024)


class _AuthorityModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: str = Field(alias="certData", max_length=32 * 1024)
    domain: str = Field(alias="partnerDomain", max_length=64)
    is_deleted: bool | None = Field(default=None, alias="isDeleted")


class _AuthoritiesModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    last_sync_time: str | None = Field(default=None, alias="lastSyncTime", max_length=64)
    certificates: list[_AuthorityModel] = Field(alias="certificateDTOList", max_length=5000)


@dataclass(frozen=True, slots=True)
class Authorities:
    """The CA certificates of one sync.

    Attributes:
        by_domain: domain (``DEVICE``, ``FTM``, ...) to its certificates, roots and intermediates.
        last_sync_time: to be sent with the next sync, as the server wrote it.
    """

    by_domain: Mapping[str, tuple[x509.Certificate, ...]]
    last_sync_time: str | None = field(default=None)

    def store(self, domain: str) -> TrustStore:
        """The trust store of one domain; empty if the server sent none of it."""
        return TrustStore(domain, self.by_domain.get(domain, ()))


def pin_signing_certificate(server: MosipServer, token: str, known: x509.Certificate | None, at: datetime) -> x509.Certificate:
    """Fetches KERNEL/SIGN and pins it, on first contact on trust, later only if it is the known one.

    The answer must be signed by the very key that it brings. A certificate other than the known one is never pinned silently,
    since that is what an attacker in the line would send.

    Args:
        known: what an earlier run pinned; None on first contact.

    Raises:
        CertificateChangedError: if the server offers another certificate than the known one.
        AnswerUntrustedError: if the answer's own signature does not fit, or the certificate is out of date or too weak.
        AppError: a subclass for everything that can go wrong in a call.
    """
    wrapped, body, signature = server.ask_for_pinning(_SIGNING, token, _query("KERNEL", "SIGN"))
    certificate = _certificate(wrapped.require(), _SIGNING)
    if known is not None and certificate != known:
        raise CertificateChangedError(found=_fingerprint(certificate), pinned=_fingerprint(known))
    fault = unsuitable(certificate, at)
    if fault is not None:
        raise AnswerUntrustedError(call=_SIGNING.name, why=f"the certificate cannot be used: {fault}")
    verify_answer(body, signature, certificate, _SIGNING.name)
    server.signing_certificate = certificate
    return certificate


def fetch_packet_certificate(server: MosipServer, token: str, ref_id: str, at: datetime) -> x509.Certificate:
    """Fetches the certificate for which packets of this centre and machine are encrypted (K11).

    Args:
        ref_id: ``<centre>_<machine>``.

    Raises:
        CertificateForeignError, CertificateExpiredError, CertificateNotYetValidError, CertificateUnsuitableError: if it cannot
            be used.
        AppError: a subclass for everything that can go wrong in a call.
    """
    wrapped = server.ask(_PACKET, token, _query("REGISTRATION", ref_id))
    certificate = _certificate(wrapped.require(), _PACKET)
    check_packet_certificate(certificate, ref_id, at)
    return certificate


def fetch_authorities(server: MosipServer, token: str, last_sync_time: str | None = None) -> Authorities:
    """Fetches the CA certificates against which devices and digital ids are checked.

    Args:
        last_sync_time: of the sync before; only what is newer comes then.

    Raises:
        CertificateUnreadableError: if one of them is no certificate.
        AppError: a subclass for everything that can go wrong in a call.
    """
    params = {} if last_sync_time is None else {"lastupdated": last_sync_time}
    response = server.ask(_AUTHORITIES, token, Payload(params=params)).require()
    try:
        model = _AuthoritiesModel.model_validate(response)
    except ValidationError:
        raise AnswerMalformedError(call=_AUTHORITIES.name, why="it is not a list of certificates") from None
    by_domain: dict[str, list[x509.Certificate]] = {}
    for item in model.certificates:
        if not item.is_deleted:
            certificate = load_certificate(item.data.encode(), f"a CA certificate of domain {item.domain}")
            by_domain.setdefault(item.domain.upper(), []).append(certificate)
    return Authorities({domain: tuple(found) for domain, found in by_domain.items()}, model.last_sync_time)


def _query(application_id: str, reference_id: str) -> Payload:
    return Payload(params={"applicationId": application_id, "referenceId": reference_id})


def _certificate(response: object, call: Call) -> x509.Certificate:
    try:
        model = _CertificateModel.model_validate(response)
    except ValidationError:
        raise AnswerMalformedError(call=call.name, why="it holds no certificate") from None
    return load_certificate(model.certificate.encode(), call.name)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex(":")
