"""What the certificate library reads only when it is asked for, and how it says then that it is not readable.

A certificate that was loaded may still hold a name, a time, a key, an algorithm or an extension that cannot be read; and the
errors for that have no root of their own. A hostile sender chooses such certificates, so every look at one that is not our own
is made either after `check_readable` or under `NOT_READABLE`.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

NOT_READABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def load_der(data: bytes) -> x509.Certificate:
    """Reads one DER certificate whose names and times are readable.

    Raises:
        ValueError: if it is none.
    """
    try:
        certificate = x509.load_der_x509_certificate(data)
    except NOT_READABLE as error:
        raise ValueError("not a certificate") from error
    check_readable(certificate)
    return certificate


def check_readable(certificate: x509.Certificate) -> None:
    """Reads the names and times, which nearly every look at a certificate needs.

    Keys, algorithms and extensions stay unread: that they are strange is another finding than that a certificate is broken.

    Raises:
        ValueError: if one of them is not readable.
    """
    try:
        for name in (certificate.subject, certificate.issuer):
            name.public_bytes()
        for time in (certificate.not_valid_before_utc, certificate.not_valid_after_utc):
            time.isoformat()
    except NOT_READABLE as error:
        raise ValueError("a certificate's names or times are not readable") from error
