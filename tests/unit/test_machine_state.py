"""Sealed blobs, the embedded TPM's file, descriptors and the meaning of TPM codes: the formats around machine keys."""

from __future__ import annotations

import builtins
import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packet.keys import securefile, tpmfaults
from packet.keys.errors import (
    KeyDescriptorError,
    MachineKeyError,
    SealedBlobForeignError,
    SealedBlobMalformedError,
    TpmAlreadyOpenError,
    TpmAuthError,
    TpmBusyError,
    TpmFaultError,
    TpmLockedOutError,
    TpmMissingError,
    TpmSoftwareMissingError,
    TpmStateDamagedError,
    TpmStateDeniedError,
    TpmStateIoError,
    TpmUnsupportedError,
)
from packet.keys.opening import open_machine_key
from packet.keys.sealedblob import Sealer, body, head
from packet.keys.tpmstate import TpmState
from tests.support.swtpm_benches import require_parts

OWNER = bytes(range(32))


def test_the_head_of_a_sealed_blob() -> None:
    assert head(Sealer.SOFTWARE, OWNER) == b"SDSB\x01\x01" + OWNER
    assert head(Sealer.TPM, OWNER) == b"SDSB\x01\x02" + OWNER
    assert body(head(Sealer.TPM, OWNER) + b"body", Sealer.TPM, OWNER) == b"body"


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"SDSB",
        head(Sealer.TPM, OWNER),
        b"X" + head(Sealer.TPM, OWNER)[1:] + b"b",
        b"SDSB\x02\x02" + OWNER + b"b",
        head(Sealer.TPM, OWNER) + bytes(5000),
    ],
    ids=["empty", "short", "no body", "other magic", "newer version", "huge"],
)
def test_what_is_no_sealed_blob_is_named(blob: bytes) -> None:
    with pytest.raises(SealedBlobMalformedError):
        body(blob, Sealer.TPM, OWNER)


@pytest.mark.parametrize(("sealer", "owner"), [(Sealer.SOFTWARE, OWNER), (Sealer.TPM, bytes(32))])
def test_a_blob_of_another_key_is_named(sealer: Sealer, owner: bytes) -> None:
    with pytest.raises(SealedBlobForeignError):
        body(head(sealer, owner) + b"body", Sealer.TPM, OWNER)


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "tpm" / "state"


def test_entries_survive_closing(state_file: Path) -> None:
    state = TpmState(state_file)
    assert state.load("permall") is None
    assert not state_file.exists()
    state.store({"permall": b"seeds", "volatilestate": b"", "gone": b"soon"})
    state.store({"gone": None, "never": None})
    state.close()
    state.close()

    again = TpmState(state_file)
    assert [again.load(name) for name in ("permall", "volatilestate", "gone")] == [b"seeds", b"", None]
    again.close()


def test_only_the_owner_can_read_the_state(state_file: Path) -> None:
    state = TpmState(state_file)
    state.store({"permall": b"seeds"})
    state.close()

    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state_file.parent.stat().st_mode) == 0o700


def test_a_full_disk_keeps_the_old_state(state_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = TpmState(state_file)
    state.store({"permall": b"old"})

    def full(_: Path, __: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(securefile, "replace", full)
        with pytest.raises(TpmStateIoError, match="No space left"):
            state.store({"permall": b"new"})
    assert state.load("permall") == b"old"
    state.store({"permall": b"new"})
    state.close()


def test_a_state_file_has_one_user(state_file: Path) -> None:
    state = TpmState(state_file)
    with pytest.raises(TpmAlreadyOpenError):
        TpmState(state_file)
    state.close()
    TpmState(state_file).close()


def test_any_damage_of_a_state_file_is_noticed_and_nothing_is_overwritten(state_file: Path) -> None:
    state = TpmState(state_file)
    state.store({"permall": b"seeds", "savestate": b"more"})
    state.close()
    whole = state_file.read_bytes()
    damaged = [whole[:cut] for cut in (0, 5, 8, 40, 41, len(whole) - 1)] + [whole + b"\0"]
    damaged += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]

    for content in damaged:
        state_file.write_bytes(content)
        with pytest.raises(TpmStateDamagedError):
            TpmState(state_file)
        assert state_file.read_bytes() == content


@given(entries=st.dictionaries(st.text("abcdefgh", min_size=1, max_size=20), st.binary(max_size=200), max_size=5))
def test_any_entries_are_read_back(entries: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("state") / "state"
    state = TpmState(file)
    state.store(entries)
    state.close()
    again = TpmState(file)
    assert {name: again.load(name) for name in entries} == entries
    again.close()


def test_a_process_has_one_embedded_tpm(tmp_path: Path) -> None:
    require_parts("libtpms")
    with open_machine_key(f"libtpms:{tmp_path / 'one'}"), pytest.raises(TpmAlreadyOpenError, match="this process"):
        open_machine_key(f"libtpms:{tmp_path / 'two'}")
    open_machine_key(f"libtpms:{tmp_path / 'two'}").close()


def test_a_damaged_embedded_tpm_does_not_block_a_whole_one(tmp_path: Path) -> None:
    require_parts("libtpms")
    (tmp_path / "damaged").write_bytes(b"not a TPM")

    with pytest.raises(TpmStateDamagedError):
        open_machine_key(f"libtpms:{tmp_path / 'damaged'}")
    open_machine_key(f"libtpms:{tmp_path / 'whole'}").close()


def test_memory_that_libtpms_refuses_is_named(tmp_path: Path) -> None:
    require_parts("libtpms")
    state = TpmState(tmp_path / "state")
    state.store({"permall": b"whole file, but no TPM in it"})
    state.close()

    with pytest.raises(TpmFaultError, match="starting"):
        open_machine_key(f"libtpms:{tmp_path / 'state'}")
    open_machine_key(f"libtpms:{tmp_path / 'whole'}").close()


def test_the_file_of_another_process_is_named(tmp_path: Path) -> None:
    require_parts("libtpms")
    program = (
        "import sys, time\n"
        "from packet.keys.opening import open_machine_key\n"
        "key = open_machine_key(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    descriptor = f"libtpms:{tmp_path / 'state'}"
    with subprocess.Popen(
        [sys.executable, "-c", program, descriptor], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(TpmAlreadyOpenError, match="another process"):
            open_machine_key(descriptor)
        other.send_signal(signal.SIGKILL)
    open_machine_key(descriptor).close()


@pytest.mark.parametrize(
    ("fault", "named"),
    [(PermissionError(errno.EACCES, "Permission denied"), TpmStateDeniedError), (OSError(errno.EIO, "I/O"), TpmStateIoError)],
)
def test_a_state_file_that_cannot_be_used_is_named_as_what_it_is(
    fault: OSError, named: type[MachineKeyError], state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise fault

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(named, match="embedded TPM") as caught:
        TpmState(state_file)
    assert caught.value.params["file"] == str(state_file)
    assert "key file" not in caught.value.message + caught.value.advice


def test_an_embedded_tpm_that_cannot_keep_its_memory_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_parts("libtpms")
    key = open_machine_key(f"libtpms:{tmp_path / 'state'}")

    def full(_: Path, __: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    from packet.keys.tss import ESYS_TR
    from tests.support.swtpm_benches import esapi_of

    public = key.signing_public
    with monkeypatch.context() as patch:
        patch.setattr(securefile, "replace", full)
        with pytest.raises(TpmStateIoError), key._connection.naming("clearing"):  # type: ignore[attr-defined]
            esapi_of(key).clear(ESYS_TR.LOCKOUT)
        with pytest.raises(TpmStateIoError):
            key.sign(b"data")
    key.close()

    open_machine_key(f"libtpms:{tmp_path / 'state'}", public).close()


@pytest.mark.parametrize(
    "descriptor",
    ["", "tpm:", "software", "software:", "libtpms", "libtpms:", "TPM", "hsm:slot", "/dev/tpm0", "software:a\0b", "x" * 5000],
)
def test_a_descriptor_that_makes_no_sense_is_named(descriptor: str) -> None:
    with pytest.raises(KeyDescriptorError) as caught:
        open_machine_key(descriptor)
    assert len(caught.value.message) < 300


def test_a_home_directory_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    open_machine_key("software:~/.mosipkeys").close()

    assert (tmp_path / ".mosipkeys" / "reg.key").exists()


def test_an_embedded_tpm_that_was_set_up_is_not_made_anew(tmp_path: Path) -> None:
    require_parts("libtpms")
    with pytest.raises(TpmMissingError):
        open_machine_key(f"libtpms:{tmp_path / 'state'}", b"the key at set-up")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("descriptor", ["tpm", "tpm:swtpm:path=/run/tpm", "libtpms:/tmp/state"])
def test_a_missing_binding_is_named(descriptor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    really_import = builtins.__import__

    def without(
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if name.split(".", maxsplit=1)[0] == "tpm2_pytss":
            raise ModuleNotFoundError("No module named 'tpm2_pytss'")
        return really_import(name, globals, locals, fromlist or (), level)

    for module in [name for name in sys.modules if name.startswith(("packet.keys.t", "packet.keys.libtpms", "tpm2_pytss"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TpmSoftwareMissingError, match="tpm2-pytss"):
        open_machine_key(descriptor)


def test_nothing_of_a_tpm_is_loaded_for_a_software_key(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from packet.keys.opening import open_machine_key\n"
        "open_machine_key(sys.argv[1]).close()\n"
        "assert not [name for name in sys.modules if 'tpm2' in name]\n"
    )
    subprocess.run([sys.executable, "-c", program, f"software:{tmp_path}"], check=True, env=dict(os.environ))


@pytest.mark.parametrize(
    ("rc", "named"),
    [
        (0x921, TpmLockedOutError),
        (0x922, TpmBusyError),
        (0x902, TpmBusyError),
        (0x98E, TpmAuthError),
        (0x9A2, TpmAuthError),
        (0x185, TpmAuthError),
        (0x2C3, TpmUnsupportedError),
        (0x1E, TpmUnsupportedError),
        (0xB0143, TpmUnsupportedError),
        (0xA000A, TpmMissingError),
        (0x101, TpmFaultError),
        (0x70007, TpmFaultError),
    ],
)
def test_codes_are_named(rc: int, named: type[MachineKeyError]) -> None:
    error = tpmfaults.named(rc, "words", "device:/dev/tpmrm0", "signing")

    assert type(error) is named
    assert "/dev/tpmrm0" in error.message
    assert "<" not in error.message + error.advice.replace("<directory>", "")


@pytest.mark.parametrize(("rc", "is_lost"), [(0x18B, True), (0x910, True), (0x916, True), (0x917, False), (0x901, False)])
def test_a_lost_handle_is_recognised(rc: int, is_lost: bool) -> None:
    assert tpmfaults.is_handle_lost(rc) is is_lost
    assert tpmfaults.is_handle_lost(rc | 0xA0000) is False
