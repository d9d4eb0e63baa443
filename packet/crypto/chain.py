"""Paths from a device's or partner's certificate to an anchor of one trust domain.

MOSIP's device certificates often carry no extensions at all, so a TLS-style verifier refuses them. This one walks the
issuers: signature, validity, CA flag where an issuer has extensions, key strength and signature hash of every link. Domains
(DEVICE, FTM, ...) are separate stores; a certificate of one domain never vouches for another. As in MOSIP, certificates in a
token's ``x5c`` behind the leaf are not used as intermediates: every issuer must be in the synced store.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from packet.crypto.errors import ChainUntrustedError
from packet.crypto.lazyparts import NOT_READABLE, check_readable

PATH_MAX = 6
_STRONG_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


class TrustStore:
    """The CA certificates of one domain.

    Self-signed ones are anchors, the others intermediates, as in MOSIP's ``ca_cert_store``. One whose names or times are not
    readable vouches for nobody and is left out; so it cannot keep the others from vouching either.
    """

    def __init__(self, domain: str, certificates: Iterable[x509.Certificate]) -> None:
        self.domain = domain
        self._by_subject: dict[bytes, list[x509.Certificate]] = {}
        for certificate in certificates:
            try:
                check_readable(certificate)
            except ValueError:
                continue
            self._by_subject.setdefault(certificate.subject.public_bytes(), []).append(certificate)

    def __len__(self) -> int:
        return sum(map(len, self._by_subject.values()))

    def check(self, leaf: x509.Certificate, at: datetime, what: str) -> tuple[x509.Certificate, ...]:
        """Finds a path from leaf to an anchor, every certificate of it valid at the instant.

        Returns:
            The path, leaf first, anchor last.

        Raises:
            ChainUntrustedError: with the reason of the most advanced try.
        """
        try:
            check_readable(leaf)
        except ValueError as error:
            raise ChainUntrustedError(what=what, domain=self.domain, why="its names or times are not readable") from error
        reason = unsuitable(leaf, at)
        if reason is not None:
            raise ChainUntrustedError(what=what, domain=self.domain, why=reason)
        path, reason = self._extend((leaf,), at)
        if path is None:
            raise ChainUntrustedError(what=what, domain=self.domain, why=reason)
        return path

    def _extend(self, path: tuple[x509.Certificate, ...], at: datetime) -> tuple[tuple[x509.Certificate, ...] | None, str]:
        last = path[-1]
        reason = "its issuer is not known here"
        if len(path) > PATH_MAX:
            return None, "the path is too long"
        for issuer in self._by_subject.get(last.issuer.public_bytes(), []):
            if not _issued(issuer, last):
                reason = "its issuer's signature does not fit"
                continue
            fault = unsuitable(issuer, at) or _not_a_ca(issuer, len(path) - 1)
            if fault is not None:
                reason = f"an issuer is refused: {fault}"
                continue
            if issuer.subject == issuer.issuer:
                if _issued(issuer, issuer):
                    return (*path, issuer), ""
                reason = "a root's own signature does not fit"
                continue
            if issuer in path:
                continue
            found, reason = self._extend((*path, issuer), at)
            if found is not None:
                return found, ""
        return None, reason


def unsuitable(certificate: x509.Certificate, at: datetime) -> str | None:
    """Why a certificate may not take part in a path at an instant, or None."""
    try:
        starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except NOT_READABLE:
        return "its validity is not readable"
    if at < starts:
        return "it is not valid yet"
    if at > ends:
        return "it has expired"
    try:
        key = certificate.public_key()
        algorithm = certificate.signature_hash_algorithm
    except NOT_READABLE:
        return "its key or signature algorithm is not supported"
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048 or key.public_numbers().e < 65537:
        return "its key is not RSA of at least 2048 bits"
    if not isinstance(algorithm, _STRONG_HASHES):
        return "it is signed with a weak hash"
    return None


def _issued(issuer: x509.Certificate, subject: x509.Certificate) -> bool:
    try:
        subject.verify_directly_issued_by(issuer)
    except (InvalidSignature, *NOT_READABLE):
        return False
    return True


def _not_a_ca(issuer: x509.Certificate, certificates_below: int) -> str | None:
    """MOSIP's mock roots have no extensions; one that has them must say it is a CA and allow the path's length."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None if issuer.subject == issuer.issuer or len(issuer.extensions) == 0 else "it is not a CA"
    except NOT_READABLE:
        return "its extensions are not readable"
    if not constraints.ca:
        return "it is not a CA"
    if constraints.path_length is not None and certificates_below > constraints.path_length:
        return "it does not allow so long a path"
    return None
