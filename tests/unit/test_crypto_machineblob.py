"""The machine envelope, written and read here without the code under test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from packet.crypto import machineblob
from packet.crypto.errors import MachineBlobDamagedError, MachineBlobMalformedError
from packet.keys.errors import PublicKeyMalformedError, PublicKeyUseError, WrappedKeyForeignError
from packet.keys.publickey import ENCRYPTION_HEAD, SIGNING_HEAD
from packet.keys.software import SoftwareMachineKey
from packet.models import Entropy


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def spki(private: rsa.RSAPrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def tpm_public(private: rsa.RSAPrivateKey, head: bytes, exponent: str = "00010001") -> bytes:
    modulus = private.public_key().public_numbers().n.to_bytes(256, "big")
    return head + bytes.fromhex(exponent) + b"\x01\x00" + modulus


def oaep(label: bytes | None) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(SHA256()), SHA256(), label)


def counting() -> Entropy:
    numbers: Iterator[int] = itertools.count()
    return lambda size: bytes(next(numbers) % 256 for _ in range(size))


@pytest.mark.parametrize("form", ["software", "tpm", "tpm with short exponent"])
def test_the_layout_and_label_fit_the_kind_of_key(private: rsa.RSAPrivateKey, form: str) -> None:
    exponent = "00000000" if "short" in form else "00010001"
    public = spki(private) if form == "software" else tpm_public(private, ENCRYPTION_HEAD, exponent)
    label = None if form == "software" else b"\0"

    blob = machineblob.encrypt_for_machine(b"hello", public, counting())

    assert len(blob) == 5 + 316
    assert private.decrypt(blob[:256], oaep(label)) == bytes(range(32))
    assert blob[256:268] == bytes(range(32, 44))
    assert blob[268:300] == bytes(range(44, 76))
    assert AESGCM(bytes(range(32))).decrypt(blob[256:268], blob[300:], blob[268:300]) == b"hello"


def test_the_signing_key_of_a_tpm_gets_no_data(private: rsa.RSAPrivateKey) -> None:
    with pytest.raises(PublicKeyUseError):
        machineblob.encrypt_for_machine(b"hello", tpm_public(private, SIGNING_HEAD), os.urandom)


def test_no_key_gets_no_data() -> None:
    with pytest.raises(PublicKeyMalformedError):
        machineblob.encrypt_for_machine(b"hello", b"no key", os.urandom)


@pytest.mark.parametrize(("nonce_bytes", "aad_bytes"), [(12, 32), (16, 12)])
@pytest.mark.parametrize("plain", [b"", b"x", b"y" * 5000])
def test_both_layouts_open(private: rsa.RSAPrivateKey, nonce_bytes: int, aad_bytes: int, plain: bytes) -> None:
    session_key, nonce, aad = os.urandom(32), os.urandom(nonce_bytes), os.urandom(aad_bytes)
    wrapped = private.public_key().encrypt(session_key, oaep(None))
    blob = wrapped + nonce + aad + AESGCM(session_key).encrypt(nonce, plain, aad)

    assert machineblob.decrypt(blob, SoftwareMachineKey(private, spki(private))) == plain


def test_a_third_layout_does_not_open(private: rsa.RSAPrivateKey) -> None:
    session_key = os.urandom(32)
    blob = private.public_key().encrypt(session_key, oaep(None)) + AESGCM(session_key).encrypt(bytes(12), bytes(100), None)

    with pytest.raises(MachineBlobDamagedError):
        machineblob.decrypt(blob, SoftwareMachineKey(private, spki(private)))


@pytest.mark.parametrize("size", [0, 255, 256, 299])
def test_what_is_too_short_is_refused_before_the_key_is_asked(private: rsa.RSAPrivateKey, size: int) -> None:
    key = SoftwareMachineKey(private, spki(private))
    key.close()

    with pytest.raises(MachineBlobMalformedError):
        machineblob.decrypt(bytes(size), key)


@pytest.mark.parametrize("size", [16, 24, 33])
def test_a_session_key_of_another_length_is_refused(private: rsa.RSAPrivateKey, size: int) -> None:
    blob = private.public_key().encrypt(bytes(size), oaep(None)) + bytes(100)

    with pytest.raises(WrappedKeyForeignError):
        machineblob.decrypt(blob, SoftwareMachineKey(private, spki(private)))
