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
    next_step = "Ask the issuer for a certificate for key encipherment, with an RSA key of 2048 bits, signed with SHA-256."


class ChainUntrustedError(PacketError):
    """No path leads from a certificate to an anchor of its domain."""

    code = "PACKET-CHAIN"
    sentence = "The certificate of {what} does not lead to a trusted {domain} root: {why}."
    next_step = "Synchronise the CA certificates; if it stays, the device is not approved for this country."


class CertificateSeveralError(UnusableInputError):
    """A file that should hold one certificate holds several, so which one is meant would be a guess."""

    code = "PACKET-CERTIFICATE-SEVERAL"
    sentence = "{what} holds {count} certificates, but exactly one is expected."
    next_step = "Give a file with only the certificate that is meant."


class PrivateKeyUnreadableError(UnusableInputError):
    """A private key file or text is not a private key."""

    code = "PACKET-PRIVATE-KEY-UNREADABLE"
    sentence = "{what} holds no readable PEM or DER private key."
    next_step = "Give the private key as PKCS#8 or PKCS#1, in PEM or DER form."


class PrivateKeyProtectedError(UnusableInputError):
    """A private key is encrypted under a password."""

    code = "PACKET-PRIVATE-KEY-PROTECTED"
    sentence = "The private key in {what} is protected by a password."
    next_step = "Give the key without a password, in a file that only its owner can read."


class PrivateKeyUnsuitableError(UnusableInputError):
    """A private key cannot do the job (not RSA, too small)."""

    code = "PACKET-PRIVATE-KEY-UNSUITABLE"
    sentence = "The private key in {what} cannot be used: {why}."
    next_step = "Give an RSA key of at least 2048 bits."


class EncryptedTooLargeError(UnusableInputError):
    """Data is larger than one AES-GCM call may encrypt here."""

    code = "PACKET-ENCRYPT-TOO-LARGE"
    sentence = "Data of {size_bytes} bytes is too large to encrypt; at most {max_bytes} are possible."
    next_step = "Remove or shrink documents."


class MachineBlobMalformedError(PacketError):
    """Data encrypted for a machine is too short to be that."""

    code = "PACKET-MACHINE-BLOB-MALFORMED"
    sentence = "Data of {size_bytes} bytes is not an envelope encrypted for a machine."
    next_step = "Fetch the data again; if it stays, report the server that sent it."


class MachineBlobDamagedError(PacketError):
    """The session key of machine-encrypted data opened, but the data does not pass its tag in either known layout."""

    code = "PACKET-MACHINE-BLOB-DAMAGED"
    sentence = "Data encrypted for this machine was changed or cut on its way and cannot be opened."
    next_step = "Fetch the data again; if it stays, report the server that sent it."
