"""The packet envelope, read here byte by byte without the code under test."""

from __future__ import annotations

import hashlib
import itertools
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from packet.crypto import gcm, hybrid
from packet.crypto.errors import CertificateUnsuitableError, EncryptedTooLargeError
from packet.models import Entropy


def certify(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "REGISTRATION-10001_10001")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, start, start + timedelta(days=365))
    return builder.sign(key, SHA256())


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(private: rsa.RSAPrivateKey) -> x509.Certificate:
    return certify(private)


def counting() -> Entropy:
    """Bytes 0, 1, 2, ... across all draws."""
    numbers: Iterator[int] = itertools.count()
    return lambda size: bytes(next(numbers) % 256 for _ in range(size))


def open_envelope(sealed: bytes, private: rsa.RSAPrivateKey) -> bytes:
    session_key = private.decrypt(sealed[76:332], padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))
    assert len(session_key) == 32
    return AESGCM(session_key).decrypt(sealed[0:12], sealed[346:], sealed[12:44])


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1000, 300_001])
def test_the_layout_is_the_one_that_the_server_reads(
    size: int, private: rsa.RSAPrivateKey, certificate: x509.Certificate
) -> None:
    plain = bytes(number % 251 for number in range(size))

    sealed = hybrid.encrypt(plain, certificate, counting())

    assert len(sealed) == size + 362
    assert sealed[44:76] == hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    assert sealed[332:346] == b"#KEY_SPLITTER#"
    assert sealed.index(b"#KEY_SPLITTER#") == 332
    assert open_envelope(sealed, private) == plain


@pytest.mark.parametrize("sizes", [(), (0,), (1, 0, 15), (16, 16), (5, 65_535, 5, 65_535, 3)])
def test_pieces_are_one_plain_text(sizes: tuple[int, ...], private: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    pieces = [bytes((number + 1,)) * size for number, size in enumerate(sizes)]

    sealed = hybrid.encrypt_pieces([memoryview(piece) for piece in pieces], certificate, counting())

    assert len(sealed) == sum(sizes) + 362
    assert open_envelope(sealed, private) == b"".join(pieces)


def test_entropy_is_drawn_as_key_then_nonce_then_aad(private: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    sealed = hybrid.encrypt(b"plain", certificate, counting())

    assert private.decrypt(sealed[76:332], padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)) == bytes(range(32))
    assert sealed[0:12] == bytes(range(32, 44))
    assert sealed[12:44] == bytes(range(44, 76))


def test_a_known_answer_of_the_authenticated_part(certificate: x509.Certificate) -> None:
    """AES-256-GCM of ``packet`` under key 00..1f, nonce 20..2b, AAD 2c..4b."""
    sealed = hybrid.encrypt(b"packet", certificate, counting())

    assert sealed[346:].hex() == "a25bc51b09ec0e069f33c36fca2d6bffbf34da0d5ee9"


def test_every_changed_authenticated_byte_is_noticed(private: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    sealed = hybrid.encrypt(b"plain", certificate, counting())

    for position in (0, 11, 12, 43, 346, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(InvalidTag):
            open_envelope(bytes(changed), private)


def test_the_peak_is_one_output(certificate: x509.Certificate) -> None:
    plain = bytes(8_000_000)
    hybrid.encrypt(b"warm", certificate, counting())

    tracemalloc.start()
    try:
        sealed = hybrid.encrypt(plain, certificate, counting())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1.1 * len(sealed)


def test_only_rsa_2048_has_room_in_the_layout() -> None:
    with pytest.raises(CertificateUnsuitableError):
        hybrid.encrypt(b"plain", certify(rsa.generate_private_key(65537, 3072)), counting())
    with pytest.raises(CertificateUnsuitableError):
        hybrid.encrypt(b"plain", certify(ec.generate_private_key(ec.SECP256R1())), counting())


def test_a_broken_entropy_source_is_not_used(certificate: x509.Certificate) -> None:
    with pytest.raises(RuntimeError):
        hybrid.encrypt(b"plain", certificate, lambda size: bytes(size // 2))


def test_what_the_receiver_could_not_hold_is_refused(certificate: x509.Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcm, "PLAIN_MAX_BYTES", 10)

    hybrid.encrypt(bytes(10), certificate, counting())
    with pytest.raises(EncryptedTooLargeError):
        hybrid.encrypt(bytes(11), certificate, counting())
