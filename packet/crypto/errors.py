"""Errors of signatures, certificates and chains."""

from __future__ import annotations

from packet.errors import PacketError, UnusableInputError


class SignatureInvalidError(PacketError):
    """A signature does not fit the data and key."""

    code = "PACKET-SIGNATURE"
    sentence = "The signature of {what} is not valid."
    next_step = "Do not use the data. Capture or fetch it again; if it stays, report the device or server."


class JwsMalformedError(PacketError):
    """A compact JWS is not in the only form that is accepted (RS256, x5c, unpadded base64url, bounded sizes)."""

    code = "PACKET-JWS"
    sentence = "{what} is not a well-formed signed token: {why}."
    next_step = "Report the maker of the device or service: its token breaks the protocol."


class CertificateUnreadableError(UnusableInputError):
    """A certificate file or text is not a certificate."""

    code = "PACKET-CERTIFICATE-UNREADABLE"
    sentence = "{what} holds no readable PEM or DER certificate."
    next_step = "Fetch the certificate again from the server or ask the administrator for it."


class CertificateExpiredError(UnusableInputError):
    """A certificate's validity is over."""

    code = "PACKET-CERTIFICATE-EXPIRED"
    sentence = "The certificate of {what} expired at {not_after}."
    next_step = "Synchronise to fetch the renewed certificate; check that this machine's clock is right."


class CertificateNotYetValidError(UnusableInputError):
    """A certificate's validity has not begun."""

    code = "PACKET-CERTIFICATE-NOT-YET-VALID"
    sentence = "The certificate of {what} is valid only from {not_before}."
    next_step = "Check that this machine's clock is right; otherwise synchronise later."


class CertificateForeignError(UnusableInputError):
    """A packet certificate belongs to another centre or machine."""

    code = "PACKET-CERTIFICATE-FOREIGN"
    sentence = "The packet certificate is for {found}, but this registration is for {expected}."
    next_step = "Synchronise the certificate of this machine; check centre and machine id."


class CertificateUnsuitableError(UnusableInputError):
    """A certificate's key cannot do the job (not RSA, too small, weak signature hash)."""

    code = "PACKET-CERTIFICATE-UNSUITABLE"
    sentence = "The certificate of {what} cannot be used: {why}."
    next_step = "Ask the issuer for a certificate with an RSA key of at least 2048 bits, signed with SHA-256."


class ChainUntrustedError(PacketError):
    """No path leads from a certificate to an anchor of its domain."""

    code = "PACKET-CHAIN"
    sentence = "The certificate of {what} does not lead to a trusted {domain} root: {why}."
    next_step = "Synchronise the CA certificates; if it stays, the device is not approved for this country."
