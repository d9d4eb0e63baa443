"""Every machine key keeps the same promises, wherever it lives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from packet.crypto import machineblob
from packet.crypto.errors import MachineBlobDamagedError
from packet.encoding import b64url
from packet.keys.base import MachineKey, MachineKeyKind
from packet.keys.errors import (
    KeyFilesReplacedError,
    MachineKeyClosedError,
    SealedBlobDamagedError,
    SealedBlobForeignError,
    SealedBlobMalformedError,
    SecretSizeError,
    TpmClearedError,
    WrappedKeyForeignError,
)
from packet.keys.opening import open_machine_key
from packet.keys.publickey import parse
from tests.support.swtpm_benches import BENCHES, Bench, benches, handles

SECRET = bytes(range(64))
REFUSALS = (SealedBlobMalformedError, SealedBlobForeignError, SealedBlobDamagedError)


@pytest.fixture(params=BENCHES)
def make_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    with benches(request.param, tmp_path) as make:
        yield make


@pytest.fixture
def bench(make_bench: Callable[[], Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def key(bench: Bench) -> Iterator[MachineKey]:
    with bench.open() as opened:
        yield opened


def verify(key: MachineKey, signature: bytes, data: bytes) -> None:
    parse(key.signing_public).key.verify(signature, data, padding.PKCS1v15(), SHA256())


def wrap(key: MachineKey, session_key: bytes, label: bytes | None) -> bytes:
    oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), label)
    return parse(key.encryption_public).key.encrypt(session_key, oaep)


def right_label(key: MachineKey) -> bytes | None:
    return b"\0" if key.kind is MachineKeyKind.TPM else None


@pytest.mark.parametrize("data", [b"", b"a packet", bytes(3_000_000)], ids=["empty", "short", "3 MB"])
def test_a_signature_verifies_with_the_registered_public_key(key: MachineKey, data: bytes) -> None:
    signature = key.sign(data)

    assert len(signature) == 256
    verify(key, signature, data)
    with pytest.raises(InvalidSignature):
        verify(key, signature, data + b"\0")


def test_the_same_data_gives_the_same_signature(key: MachineKey) -> None:
    assert key.sign(b"pkcs1 v1.5 has no randomness") == key.sign(b"pkcs1 v1.5 has no randomness")


def test_public_keys_have_the_registered_form(bench: Bench, key: MachineKey) -> None:
    signing, encryption = b64url(key.signing_public), b64url(key.encryption_public)

    assert key.kind is bench.kind
    if key.kind is MachineKeyKind.TPM:
        assert (len(key.signing_public), len(key.encryption_public)) == (280, 312)
        assert signing.startswith("AAEABAAEAHIAAAAQABQACwgAAAEAAQEA")
        assert encryption.startswith("AAEACwACAHIAIINxl2dE")
    else:
        assert signing == encryption
        assert signing.startswith("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")


def test_it_unwraps_what_a_server_wraps_for_its_kind(key: MachineKey) -> None:
    session_key = os.urandom(32)

    assert key.unwrap(wrap(key, session_key, right_label(key))) == session_key


def test_it_refuses_what_was_wrapped_for_another_kind(key: MachineKey) -> None:
    wrong_label = None if right_label(key) else b"\0"

    with pytest.raises(WrappedKeyForeignError):
        key.unwrap(wrap(key, os.urandom(32), wrong_label))
    key.sign(b"and goes on working")


@pytest.mark.parametrize("wrapped", [b"", bytes(255), bytes(256), b"\xff" * 256, bytes(257)])
def test_it_refuses_what_was_never_wrapped(key: MachineKey, wrapped: bytes) -> None:
    with pytest.raises(WrappedKeyForeignError):
        key.unwrap(wrapped)


def test_machine_envelopes_open_in_both_layouts(key: MachineKey) -> None:
    plain = b"<html>acknowledgement</html>"
    older_key, iv, aad = os.urandom(32), os.urandom(16), os.urandom(12)
    older = wrap(key, older_key, right_label(key)) + iv + aad + AESGCM(older_key).encrypt(iv, plain, aad)

    newer = machineblob.encrypt_for_machine(plain, key.encryption_public, os.urandom)

    assert len(newer) == len(plain) + machineblob.OVERHEAD_BYTES
    assert machineblob.decrypt(newer, key) == plain
    assert machineblob.decrypt(older, key) == plain


def test_a_changed_machine_envelope_is_refused(key: MachineKey) -> None:
    blob = machineblob.encrypt_for_machine(b"user details", key.encryption_public, os.urandom)

    for position in (256, 268, 300, len(blob) - 1):
        changed = bytearray(blob)
        changed[position] ^= 1
        with pytest.raises(MachineBlobDamagedError):
            machineblob.decrypt(bytes(changed), key)


@pytest.mark.parametrize("size", [1, 32, 64])
def test_it_opens_what_it_sealed(key: MachineKey, size: int) -> None:
    blob = key.seal(SECRET[:size])

    assert key.unseal(blob) == SECRET[:size]
    assert SECRET[:size] not in blob or size == 1


@pytest.mark.parametrize("secret", [b"", bytes(65)])
def test_it_seals_only_short_secrets(key: MachineKey, secret: bytes) -> None:
    with pytest.raises(SecretSizeError):
        key.seal(secret)


def test_a_changed_sealed_secret_is_refused(key: MachineKey) -> None:
    blob = key.seal(SECRET)

    for position in (*range(0, len(blob), 23), len(blob) - 1):
        changed = bytearray(blob)
        changed[position] ^= 0x10
        with pytest.raises(REFUSALS):
            key.unseal(bytes(changed))
    for cut in (b"", blob[:10], blob[:38], blob[:39], blob[:-1], blob + b"\0"):
        with pytest.raises(REFUSALS):
            key.unseal(cut)
    assert key.unseal(blob) == SECRET


def test_another_machine_cannot_open_anything(make_bench: Callable[[], Bench]) -> None:
    mine, other = make_bench(), make_bench()
    with mine.open() as key:
        sealed = key.seal(SECRET)
        envelope = machineblob.encrypt_for_machine(b"for me", key.encryption_public, os.urandom)
        public = key.signing_public

    with other.open() as key:
        assert key.signing_public != public
        with pytest.raises(SealedBlobForeignError):
            key.unseal(sealed)
        with pytest.raises(WrappedKeyForeignError):
            machineblob.decrypt(envelope, key)


def test_one_kind_does_not_open_what_another_kind_sealed(bench: Bench, tmp_path: Path) -> None:
    with open_machine_key(f"software:{tmp_path / 'other'}") as software:
        blob = software.seal(SECRET)

    with bench.open() as key, pytest.raises(SealedBlobForeignError):
        key.unseal(blob)


def test_closing_and_opening_gives_the_same_machine(bench: Bench) -> None:
    with bench.open() as key:
        signing, encryption, sealed = key.signing_public, key.encryption_public, key.seal(SECRET)

    with bench.open(signing) as key:
        assert (key.signing_public, key.encryption_public) == (signing, encryption)
        assert key.unseal(sealed) == SECRET


def test_switching_off_and_on_gives_the_same_machine(bench: Bench) -> None:
    with bench.open() as key:
        signing, sealed = key.signing_public, key.seal(SECRET)

    bench.stop()
    bench.start()

    with bench.open(signing) as key:
        assert key.unseal(sealed) == SECRET


def test_another_process_finds_the_same_machine(bench: Bench) -> None:
    with bench.open() as key:
        expected = [key.signing_public.hex(), key.encryption_public.hex(), SECRET.hex()]
        sealed = key.seal(SECRET)
    program = (
        "import sys, json\n"
        "from packet.keys.opening import open_machine_key\n"
        "with open_machine_key(sys.argv[1]) as key:\n"
        "    opened = key.unseal(bytes.fromhex(sys.argv[2]))\n"
        "    print(json.dumps([key.signing_public.hex(), key.encryption_public.hex(), opened.hex()]))\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, bench.descriptor, sealed.hex()],
        check=True,
        capture_output=True,
        text=True,
    )

    assert json.loads(run.stdout) == expected
    assert run.stderr == ""


def test_another_signing_key_than_expected_is_refused(make_bench: Callable[[], Bench]) -> None:
    mine, other = make_bench(), make_bench()
    with mine.open() as key:
        public = key.signing_public
    other.open().close()

    with pytest.raises(TpmClearedError if mine.kind is MachineKeyKind.TPM else KeyFilesReplacedError):
        other.open(public)
    other.open().close()


def test_many_signatures_leave_nothing_behind(key: MachineKey) -> None:
    for number in range(200):
        key.sign(number.to_bytes(2, "big"))
    blob = key.seal(SECRET)
    key.unseal(blob)
    key.unwrap(wrap(key, SECRET[:32], right_label(key)))

    if key.kind is MachineKeyKind.TPM:
        assert len(handles(key)) == 2
        assert handles(key, 0x02000000) == []
        assert handles(key, 0x03000000) == []


def test_threads_share_one_key(key: MachineKey) -> None:
    session_key = os.urandom(32)
    wrapped, sealed = wrap(key, session_key, right_label(key)), key.seal(SECRET)

    def work(number: int) -> None:
        data = number.to_bytes(2, "big")
        verify(key, key.sign(data), data)
        assert key.unwrap(wrapped) == session_key
        if number % 4 == 0:
            assert key.unseal(sealed) == SECRET

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(32)))


def test_a_closed_key_says_so(bench: Bench) -> None:
    key = bench.open()
    sealed = key.seal(SECRET)
    key.close()
    key.close()

    with pytest.raises(MachineKeyClosedError):
        key.sign(b"data")
    with pytest.raises(MachineKeyClosedError):
        key.unwrap(bytes(256))
    with pytest.raises(MachineKeyClosedError):
        key.seal(SECRET)
    with pytest.raises(MachineKeyClosedError):
        key.unseal(sealed)


def test_its_name_tells_what_it_is(key: MachineKey) -> None:
    assert key.name == ("TPM 2.0 (IBM SW TPM)" if key.kind is MachineKeyKind.TPM else "software key")
    assert repr(key) == f"<{key.name}>"
