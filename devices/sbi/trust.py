"""Which certificates may speak for a device.

Device tokens must lead to an anchor of domain DEVICE. A digital id is signed by the device's own key at certification level
L0 and by the key of its trust module at L1, whose certificate leads to an anchor of domain FTM. MOSIP's shipped configuration
nevertheless says DEVICE for all; so the domain follows the level unless it is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from packet.crypto import jws
from packet.crypto.chain import TrustStore
from packet.crypto.errors import (
    CertificateExpiredError,
    CertificateNotYetValidError,
    ChainUntrustedError,
    JwsMalformedError,
)
from packet.crypto.jws import Jws
from packet.encoding import iso_seconds

L0 = "L0"
L1 = "L1"


class DigitalIdDomain(StrEnum):
    """Where the signer of a digital id must be anchored."""

    BY_LEVEL = "by level"
    DEVICE = "DEVICE"
    FTM = "FTM"


@dataclass(frozen=True, slots=True)
class DeviceTrust:
    """The CA certificates of both domains; separate stores, so that one never vouches for the other."""

    device: TrustStore
    ftm: TrustStore | None = None
    digital_id_domain: DigitalIdDomain = DigitalIdDomain.BY_LEVEL

    def verify_device_token(self, token: str, now: datetime, what: str) -> Jws:
        """Parses a token and checks signature, validity and path to a DEVICE anchor.

        Raises:
            JwsMalformedError, SignatureInvalidError, ChainUntrustedError, CertificateExpiredError,
            CertificateNotYetValidError: each for its fault.
        """
        return _verify(token, self.device, now, what)

    def verify_digital_id(self, token: str, certification: str, now: datetime, what: str) -> Jws:
        """The same for a digital id, in the domain that the level or the setting demands."""
        domain = self.digital_id_domain
        if domain is DigitalIdDomain.BY_LEVEL:
            domain = DigitalIdDomain.FTM if certification == L1 else DigitalIdDomain.DEVICE
        store = self.ftm if domain is DigitalIdDomain.FTM else self.device
        if store is None:
            raise ChainUntrustedError(what=what, domain="FTM", why="no FTM certificates are known here")
        return _verify(token, store, now, what)


def _verify(token: str, store: TrustStore, now: datetime, what: str) -> Jws:
    """Certificates are read lazily: one that was parsed may still hold a name, time or key that is not readable."""
    try:
        parsed = jws.parse(token, what)
        check_validity(parsed.leaf, now, what)
        jws.verify_with_leaf(parsed, what)
        store.check(parsed.leaf, now, what)
    except (ValueError, TypeError, OverflowError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise JwsMalformedError(what=what, why="a certificate in its header is not readable") from error
    return parsed


def check_validity(certificate: x509.Certificate, now: datetime, what: str) -> None:
    """Names an expired or not yet valid signer apart from an untrusted one, since a wrong clock is the usual cause.

    Raises:
        CertificateExpiredError, CertificateNotYetValidError: accordingly.
    """
    if now > certificate.not_valid_after_utc:
        raise CertificateExpiredError(what=what, not_after=iso_seconds(certificate.not_valid_after_utc))
    if now < certificate.not_valid_before_utc:
        raise CertificateNotYetValidError(what=what, not_before=iso_seconds(certificate.not_valid_before_utc))


def is_same_or_rotated(known: x509.Certificate, found: x509.Certificate) -> bool:
    """Whether a signer is the known one, or a newer one of the same issuer, as after a key rotation."""
    return found == known or (found.issuer == known.issuer and found.not_valid_before_utc > known.not_valid_before_utc)
