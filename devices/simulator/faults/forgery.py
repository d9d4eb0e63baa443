"""Keys and certificates that no honest device would use: strangers, runaways, weaklings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices.simulator.pki import Identity, SimulatorPki, issue
from packet.encoding import sha256
from packet.models import Clock

_SHA256_WITH_RSA = bytes.fromhex("2a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("2a864886f70d010105")
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Forger:
    """Makes identities of a wrong kind around a simulator's own keys; each is made once."""

    def __init__(self, pki: SimulatorPki, clock: Clock) -> None:
        self._pki = pki
        self._clock = clock
        self._made: dict[str, Identity] = {}

    def _once(self, name: str, make: Callable[[], Identity]) -> Identity:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def rogue(self, serial_no: str) -> Identity:
        """A device with the right name whose provider and root are nobody's."""

        def make() -> Identity:
            start, end = self._validity()
            root = issue("SBI device root", self._key("rogue root"), None, start=start, end=end, is_ca=True)
            provider = issue("SBI device provider", self._key("rogue provider"), root, start=start, end=end, is_ca=True)
            return issue(f"device {serial_no}", self._key("rogue device"), provider, start=start, end=end)

        return self._once(f"rogue {serial_no}", make)

    def self_signed(self, serial_no: str) -> Identity:
        """A device that vouches for itself."""
        start, end = self._validity()
        key = self._key("self-signed device")
        return self._once(f"self {serial_no}", lambda: issue(f"device {serial_no}", key, None, start=start, end=end))

    def other(self) -> Identity:
        """Another device of the same provider, with a valid certificate."""
        return self._pki.device("0000000000")

    def device(self, serial_no: str) -> Identity:
        """The device's own identity, as it is now."""
        return self._pki.current_device(serial_no)

    def chip(self, serial_no: str) -> Identity:
        """The device's trust module: a good certificate of the other domain."""
        return self._pki.chip(serial_no)

    def dated(self, serial_no: str, begin: timedelta, end: timedelta) -> Identity:
        """The device's own key in a certificate with another validity, relative to now's day."""
        current = self._pki.current_device(serial_no)
        today = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        name = f"device {serial_no}"

        def make() -> Identity:
            return issue(name, current.key, self._pki.device_provider, start=today + begin, end=today + end)

        return self._once(f"dated {serial_no} {begin} {end}", make)

    def weak(self, serial_no: str) -> Identity:
        """A device with an RSA key of 1024 bits."""
        return self._issued(serial_no, "weak", lambda: rsa.generate_private_key(65537, 1024))  # noqa: S505  that is the fault

    def small_exponent(self, serial_no: str) -> Identity:
        """A device whose RSA key has the public exponent 3."""
        return self._issued(serial_no, "small exponent", lambda: rsa.generate_private_key(3, 2048))

    def exponent_one(self, serial_no: str) -> tuple[x509.Certificate, Callable[[bytes], bytes]]:
        """A certificate whose RSA exponent is 1, and what makes signatures that fit it without any key: raising to the first
        power changes nothing, so the padded digest is its own signature."""
        certificate = _with_exponent_one(self._pki.current_device(serial_no).certificate, self._pki.device_provider.key)

        def sign(data: bytes) -> bytes:
            digest_info = _SHA256_DIGEST_INFO + sha256(data)
            return b"\0\1" + b"\xff" * (256 - 3 - len(digest_info)) + b"\0" + digest_info

        return certificate, sign

    def sha1_signed(self, serial_no: str) -> Identity:
        """The device's own key in a certificate that its provider has signed with SHA-1."""
        current = self._pki.current_device(serial_no)

        def make() -> Identity:
            provider = self._pki.device_provider.key
            return Identity(_with_sha1(current.certificate, provider), current.key)

        return self._once(f"sha1 {serial_no}", make)

    def elliptic(self, serial_no: str) -> tuple[x509.Certificate, Callable[[bytes], bytes]]:
        """A certificate of the provider for a P-256 key, and what signs with that key as ES256 wants it."""
        scalar = int.from_bytes(sha256(f"{self._pki.device_provider.key.private_numbers().d}".encode())) >> 1
        key = ec.derive_private_key(scalar, ec.SECP256R1())
        certificate = self._certificate_for(serial_no, key.public_key())

        def sign(data: bytes) -> bytes:
            r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32) + s.to_bytes(32)

        return certificate, sign

    def _certificate_for(self, serial_no: str, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        template = self._pki.current_device(serial_no).certificate
        builder = (
            x509.CertificateBuilder()
            .subject_name(template.subject)
            .issuer_name(template.issuer)
            .public_key(key)
            .serial_number(template.serial_number + 1)
            .not_valid_before(template.not_valid_before_utc)
            .not_valid_after(template.not_valid_after_utc)
        )
        return builder.sign(self._pki.device_provider.key, hashes.SHA256())

    def _issued(self, serial_no: str, name: str, make_key: Callable[[], rsa.RSAPrivateKey]) -> Identity:
        def make() -> Identity:
            start, end = self._validity()
            return issue(f"device {serial_no}", make_key(), self._pki.device_provider, start=start, end=end)

        return self._once(f"{name} {serial_no}", make)

    def _key(self, name: str) -> rsa.RSAPrivateKey:
        return self._pki.keys.key(f"forged {name}")

    def _validity(self) -> tuple[datetime, datetime]:
        own = self._pki.device_provider.certificate
        return own.not_valid_before_utc, own.not_valid_after_utc


def _with_sha1(certificate: x509.Certificate, issuer: rsa.RSAPrivateKey) -> x509.Certificate:
    """The same certificate signed again with SHA-1, which the library itself refuses to do: both object identifiers have the
    same length, so only the outer signature has to be put on by hand."""
    signed = certificate.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    signature = issuer.sign(signed, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  that is the fault
    algorithm = _der(0x30, _der(0x06, _SHA1_WITH_RSA) + b"\x05\x00")
    return x509.load_der_x509_certificate(_der(0x30, signed + algorithm + _der(0x03, b"\0" + signature)))


def _with_exponent_one(certificate: x509.Certificate, issuer: rsa.RSAPrivateKey) -> x509.Certificate:
    """The same certificate with another public key, which the library itself refuses to make: the key's structure is replaced,
    and the length of what is around it corrected."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = certificate.tbs_certificate_bytes
    algorithm_end = key.index(b"\x05\x00") + 2
    modulus = key[key.index(b"\x02\x82\x01\x01") : -5]
    bits = _der(0x03, b"\0" + _der(0x30, modulus + b"\x02\x01\x01"))
    replaced = signed[4:].replace(key, _der(0x30, key[4:algorithm_end] + bits))
    body = _der(0x30, replaced)
    signature = issuer.sign(body, padding.PKCS1v15(), hashes.SHA256())
    algorithm = _der(0x30, _der(0x06, _SHA256_WITH_RSA) + b"\x05\x00")
    return x509.load_der_x509_certificate(_der(0x30, body + algorithm + _der(0x03, b"\0" + signature)))


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + content
