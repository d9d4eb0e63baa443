"""What only a TPM can do to its owner: registers, foreign programs, resets, lockouts, and what it is called then."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from packet.encoding import sha256
from packet.keys import tpmconnection
from packet.keys.base import MachineKey
from packet.keys.errors import (
    KeyDescriptorError,
    PcrChangedError,
    SealedBlobDamagedError,
    SealedBlobForeignError,
    TpmAuthError,
    TpmBusyError,
    TpmClearedError,
    TpmDeniedError,
    TpmLockedOutError,
    TpmMissingError,
    TpmUnsupportedError,
    WrappedKeyForeignError,
)
from packet.keys.opening import open_machine_key
from packet.keys.publickey import parse
from packet.keys.sealedblob import HEAD_BYTES
from tests.support.swtpm_benches import (
    TPM_BENCHES,
    Bench,
    SwtpmBench,
    benches,
    esapi_of,
    exchange,
    flush_everything,
    handles,
    require_parts,
)

SECRET = bytes(range(32))


@pytest.fixture(params=TPM_BENCHES)
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


@pytest.fixture
def swtpm(tmp_path: Path) -> Iterator[SwtpmBench]:
    with benches("swtpm-unix", tmp_path) as make:
        made = make()
        assert isinstance(made, SwtpmBench)
        yield made


def verify(key: MachineKey, signature: bytes, data: bytes) -> None:
    parse(key.signing_public).key.verify(signature, data, padding.PKCS1v15(), SHA256())


def wrap(key: MachineKey, session_key: bytes) -> bytes:
    oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), b"\0")
    return parse(key.encryption_public).key.encrypt(session_key, oaep)


def extend(key: MachineKey, pcr: int) -> None:
    """TPM2_PCR_Extend of the SHA-256 bank with empty authorisation."""
    session = bytes.fromhex("00000009 40000009 0000 00 0000")
    body = struct.pack(">I", pcr) + session + struct.pack(">IH", 1, 0x000B) + bytes(32)
    exchange(esapi_of(key).tcti, struct.pack(">HII", 0x8002, 10 + len(body), 0x182) + body)


@pytest.mark.parametrize("pcr", [0, 2, 4, 7])
def test_a_changed_start_state_keeps_the_secret_shut(key: MachineKey, pcr: int) -> None:
    sealed = key.seal(SECRET)

    extend(key, pcr)

    with pytest.raises(PcrChangedError):
        key.unseal(sealed)
    assert len(handles(key)) <= 2


def test_other_registers_do_not_matter(key: MachineKey) -> None:
    sealed = key.seal(SECRET)

    for pcr in (1, 3, 5, 6, 8, 16, 23):
        extend(key, pcr)

    assert key.unseal(sealed) == SECRET


def test_the_old_start_state_opens_again(bench: Bench) -> None:
    with bench.open() as key:
        sealed = key.seal(SECRET)
        extend(key, 7)
    bench.stop()
    bench.start()

    with bench.open() as key:
        assert key.unseal(sealed) == SECRET


def test_the_registers_are_a_choice_kept_in_the_blob(swtpm: SwtpmBench) -> None:
    from packet.keys.tpm import TpmMachineKey

    with TpmMachineKey.open(swtpm.running.tcti, pcrs=(16, 23)) as key:
        sealed = key.seal(SECRET)
    with swtpm.open() as other:
        extend(other, 0)
        assert other.unseal(sealed) == SECRET
        extend(other, 23)
        with pytest.raises(PcrChangedError):
            other.unseal(sealed)
    for pcrs in ((), (24,), (-1,)):
        with pytest.raises(KeyDescriptorError):
            TpmMachineKey.open(swtpm.running.tcti, pcrs=pcrs)


def test_the_policy_is_that_of_the_registers(key: MachineKey) -> None:
    """PolicyPCR as the TPM library specification defines it (part 3, clause 23.7), computed here on its own."""
    blob = key.seal(SECRET)
    selection = struct.pack(">IHB", 1, 0x000B, 3) + bytes([0b10010101, 0, 0])
    values = hashlib.sha256(bytes(32) * 4).digest()
    policy = hashlib.sha256(bytes(32) + struct.pack(">I", 0x17F) + selection + values).digest()
    area_at = HEAD_BYTES + 3 + 2

    assert blob[HEAD_BYTES : HEAD_BYTES + 3] == bytes([0b10010101, 0, 0])
    assert blob[area_at : area_at + 8] == bytes.fromhex("0008000b00000412")
    assert blob[area_at + 8 : area_at + 42] == b"\0\x20" + policy
    assert blob[-32:] == sha256(blob[HEAD_BYTES:-32])


def test_a_blob_changed_with_care_is_refused_by_the_tpm_itself(key: MachineKey) -> None:
    blob = key.seal(SECRET)
    for position in (HEAD_BYTES + 5 + 4, HEAD_BYTES + 5 + 78 + 2 + 40, len(blob) - 40):
        changed = bytearray(blob[HEAD_BYTES:-32])
        changed[position - HEAD_BYTES] ^= 1
        with pytest.raises((SealedBlobDamagedError, PcrChangedError)):
            key.unseal(blob[:HEAD_BYTES] + bytes(changed) + sha256(bytes(changed)))


def test_a_tpm_without_sha256_registers_does_not_seal(swtpm: SwtpmBench) -> None:
    from packet.keys.tss import ESYS_TR, TPML_PCR_SELECTION

    sha1_only, _ = TPML_PCR_SELECTION.unmarshal(bytes.fromhex("00000002 0004 03 ffffff 000b 03 000000"))
    with swtpm.open() as key:
        esapi_of(key).pcr_allocate(sha1_only, ESYS_TR.PLATFORM)
    swtpm.stop()
    swtpm.start()

    with swtpm.open() as key, pytest.raises(TpmUnsupportedError):
        key.seal(SECRET)


def test_keys_come_back_when_somebody_flushed_them(key: MachineKey) -> None:
    wrapped, sealed = wrap(key, SECRET), key.seal(SECRET)

    flush_everything(key)
    verify(key, key.sign(b"data"), b"data")
    flush_everything(key)
    assert key.unwrap(wrapped) == SECRET
    flush_everything(key)
    assert key.unseal(sealed) == SECRET
    verify(key, key.sign(b"data"), b"data")
    assert len(handles(key)) <= 2


def test_a_foreign_key_in_our_slot_signs_nothing_for_us(key: MachineKey) -> None:
    from packet.keys.tss import ESYS_TR, TPM2B_PUBLIC

    key.sign(b"the key is loaded")
    ours = handles(key)
    flush_everything(key)
    foreign = TPM2B_PUBLIC.parse("rsa2048:rsassa-sha256:null", objectAttributes="sign|userwithauth|sensitivedataorigin")
    esapi_of(key).create_primary(None, foreign, ESYS_TR.OWNER)
    assert handles(key) == ours

    verify(key, key.sign(b"data"), b"data")


def test_what_a_killed_program_left_is_removed(swtpm: SwtpmBench) -> None:
    from packet.keys.tss import ESAPI, ESYS_TR, TPM2_ALG, TPM2_SE, TCTILdr

    tcti = TCTILdr.parse(swtpm.running.tcti)
    program = ESAPI(tcti)
    for _ in range(3):
        program.create_primary(None, "ecc256:aes128cfb", ESYS_TR.OWNER)
        program.start_auth_session(ESYS_TR.NONE, ESYS_TR.NONE, TPM2_SE.HMAC, None, TPM2_ALG.SHA256)
    program.close()
    tcti.close()

    with swtpm.open() as key:
        verify(key, key.sign(b"data"), b"data")
        assert key.unseal(key.seal(SECRET)) == SECRET


def test_full_slots_are_called_busy(key: MachineKey) -> None:
    from packet.keys.tss import ESYS_TR

    key.sign(b"one slot taken")
    esapi_of(key).create_primary(None, "ecc256:aes128cfb", ESYS_TR.OWNER)
    esapi_of(key).create_primary(None, "ecc256:aes128cfb", ESYS_TR.OWNER)

    with pytest.raises(TpmBusyError):
        key.seal(SECRET)


def test_after_a_clear_the_keys_stay_and_the_secrets_are_gone(bench: Bench) -> None:
    """TPM2_Clear renews the owner's seed, not the endorsement seed that the machine keys come from."""
    from packet.keys.tss import ESYS_TR

    with bench.open() as key:
        public, sealed = key.signing_public, key.seal(SECRET)
        esapi_of(key).clear(ESYS_TR.LOCKOUT)
        verify(key, key.sign(b"data"), b"data")
        with pytest.raises(SealedBlobForeignError):
            key.unseal(sealed)
        key.unseal(key.seal(SECRET))

    bench.open(public).close()


def test_a_new_endorsement_seed_is_noticed_at_once_and_at_opening(bench: Bench) -> None:
    from packet.keys.tss import ESYS_TR

    with bench.open() as key:
        public = key.signing_public
        esapi_of(key).change_eps(ESYS_TR.PLATFORM)
        with pytest.raises(TpmClearedError):
            key.sign(b"data")

    with pytest.raises(TpmClearedError):
        bench.open(public)
    with bench.open() as key:
        assert key.signing_public != public


def lock_out(key: MachineKey) -> None:
    """Three wrong passwords for an object that counts them."""
    from packet.keys.tss import ESYS_TR, TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE, TSS2_Exception

    esapi = esapi_of(key)
    sensitive = TPM2B_SENSITIVE_CREATE()
    sensitive.sensitive.userAuth = b"right"
    handle, *_ = esapi.create_primary(sensitive, "ecc256:aes128cfb", ESYS_TR.OWNER)
    template = TPM2B_PUBLIC.parse("ecc256:ecdsa-sha256:null", objectAttributes="sign|userwithauth|sensitivedataorigin")
    for _ in range(4):
        esapi.tr_set_auth(handle, b"wrong")
        with pytest.raises(TSS2_Exception):
            esapi.create(handle, None, template)
    esapi.flush_context(handle)


def test_a_locked_tpm_is_named(key: MachineKey) -> None:
    wrapped = wrap(key, SECRET)

    lock_out(key)

    with pytest.raises(TpmLockedOutError, match="power cuts") as caught:
        key.sign(b"data")
    assert "wait about 17 minutes" in caught.value.advice
    assert "Do not clear the TPM" in caught.value.advice
    with pytest.raises(TpmLockedOutError):
        key.unwrap(wrapped)


def test_a_password_on_a_hierarchy_is_named(bench: Bench) -> None:
    from packet.keys.tss import ESYS_TR

    with bench.open() as key:
        esapi_of(key).hierarchy_change_auth(ESYS_TR.OWNER, "owned")
        esapi_of(key).tr_set_auth(ESYS_TR.OWNER, b"")
        with pytest.raises(TpmAuthError, match="owner"):
            key.seal(SECRET)
        esapi_of(key).hierarchy_change_auth(ESYS_TR.ENDORSEMENT, "owned")

    with pytest.raises(TpmAuthError, match="endorsement"), bench.open() as key:
        key.sign(b"data")


def test_power_cuts_do_not_lock_the_emulator(swtpm: SwtpmBench) -> None:
    for _ in range(5):
        with swtpm.open() as key:
            key.sign(b"a key in use at the power cut counts as a wrong password")
            swtpm.running.kill()
        swtpm.stop()
        swtpm.start()

    with swtpm.open() as key:
        verify(key, key.sign(b"data"), b"data")


def test_killing_the_process_loses_nothing_of_the_embedded_tpm(tmp_path: Path) -> None:
    require_parts("libtpms")
    program = (
        "import os, signal, sys\n"
        "from packet.keys.opening import open_machine_key\n"
        "key = open_machine_key(sys.argv[1])\n"
        "print(key.signing_public.hex(), key.seal(bytes(32)).hex(), key.sign(b'x').hex()[:2], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    descriptor = f"libtpms:{tmp_path / 'tpm.state'}"
    outputs = []
    for _ in range(5):
        run = subprocess.run([sys.executable, "-c", program, descriptor], capture_output=True, text=True, check=False)
        assert run.returncode == -signal.SIGKILL, run.stderr
        outputs.append(run.stdout.split())

    assert len({public for public, _, _ in outputs}) == 1
    with open_machine_key(descriptor, bytes.fromhex(outputs[0][0])) as key:
        assert key.unseal(bytes.fromhex(outputs[0][1])) == bytes(32)


def test_an_emulator_that_went_away_is_named(swtpm: SwtpmBench) -> None:
    with swtpm.open() as key:
        wrapped = wrap(key, SECRET)
        swtpm.running.kill()

        with pytest.raises(TpmMissingError):
            key.sign(b"data")
        with pytest.raises(TpmMissingError):
            key.unwrap(wrapped)
        with pytest.raises(TpmMissingError):
            key.seal(SECRET)


def test_an_emulator_held_by_another_program_is_named_instead_of_waited_for(
    swtpm: SwtpmBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tpmconnection, "ANSWER_DEADLINE_S", 0.2)

    with socket.socket(socket.AF_UNIX) as other_program:
        other_program.connect(swtpm.running.tcti.removeprefix("swtpm:path="))
        other_program.sendall(bytes.fromhex("8001 0000000c 0000017b 0001"))
        assert other_program.recv(100)
        with pytest.raises(TpmBusyError):
            swtpm.open()

    with swtpm.open() as key:
        verify(key, key.sign(b"data"), b"data")


def test_two_programs_can_take_turns(swtpm: SwtpmBench) -> None:
    with swtpm.open() as one, swtpm.open(one.signing_public) as two:
        for _ in range(3):
            verify(one, one.sign(b"data"), b"data")
            verify(one, two.sign(b"data"), b"data")


def test_a_wrong_session_key_does_not_break_the_tpm(key: MachineKey) -> None:
    for _ in range(3):
        with pytest.raises(WrappedKeyForeignError):
            key.unwrap(b"\x01" * 256)
    assert key.unwrap(wrap(key, SECRET)) == SECRET


@pytest.mark.parametrize(
    "tcti", ["device:/dev/no-such-tpm", "device:/etc/passwd", "device:/dev/null", "swtpm:path=/no/such/socket"]
)
def test_no_tpm_is_named(tcti: str) -> None:
    require_parts("libtpms")
    with pytest.raises(TpmMissingError, match=tcti):
        open_machine_key(f"tpm:{tcti}")


@pytest.mark.parametrize("tcti", ["nonsense:x", "swtpm:what", "swtpm:port=many"])
def test_a_connection_that_makes_no_sense_is_named(tcti: str) -> None:
    require_parts("swtpm-unix")
    with pytest.raises(KeyDescriptorError):
        open_machine_key(f"tpm:{tcti}")


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (PermissionError(13, "Permission denied"), TpmDeniedError),
        (OSError(16, "Device or resource busy"), TpmBusyError),
        (OSError(19, "No such device"), TpmMissingError),
        (FileNotFoundError(2, "No such file or directory"), TpmMissingError),
    ],
)
def test_a_device_that_does_not_open_is_named(fault: OSError, named: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    require_parts("libtpms")

    def refuse(*_: Any) -> int:
        raise fault

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(named, match="/dev/tpmrm0"):
        open_machine_key("tpm")
