"""Software keys in the reference client's files: made once, read always, never replaced behind anybody's back."""

from __future__ import annotations

import errno
import multiprocessing
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from packet.encoding import b64url
from packet.errors import CodedError
from packet.keys import keyfiles, securefile
from packet.keys.errors import (
    KeyFilesDamagedError,
    KeyFilesDeniedError,
    KeyFilesIoError,
    KeyFilesLostError,
    KeyFilesMismatchError,
    KeyFilesPartialError,
    KeyFilesReplacedError,
)
from packet.keys.publickey import fingerprint
from packet.keys.software import SoftwareMachineKey

OTHER = rsa.generate_private_key(65537, 2048)


def pkcs8(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def spki(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with a pair, as the reference client makes it."""
    made = tmp_path / ".mosipkeys"
    made.mkdir()
    (made / "reg.key").write_bytes(pkcs8(OTHER))
    (made / "reg.pub").write_bytes(spki(OTHER))
    return made


def test_a_new_pair_has_the_reference_clients_form(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / ".mosipkeys"

    with SoftwareMachineKey.open_or_create(directory, "desk-3") as key:
        public = key.signing_public

    files = contents(directory)
    assert set(files) == {"reg.key", "reg.pub", "readme.txt"}
    private = load_der_private_key(files["reg.key"], None)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert files["reg.key"] == pkcs8(private)
    assert files["reg.pub"] == spki(private) == public
    lines = files["readme.txt"].decode().split("\r\n")
    assert lines[:3] == ["MachineName: desk-3", f"PublicKey: {b64url(public)}", f"KeyIndex: {fingerprint(public)}"]
    assert b"\n" not in files["readme.txt"].replace(b"\r\n", b"")


def test_only_the_owner_can_read_a_new_pair(tmp_path: Path) -> None:
    directory = tmp_path / ".mosipkeys"
    SoftwareMachineKey.open_or_create(directory).close()

    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_the_reference_clients_pair_is_read_and_closed_to_others(directory: Path) -> None:
    (directory / "reg.key").chmod(0o644)
    before = contents(directory)

    with SoftwareMachineKey.open_or_create(directory) as key:
        assert key.signing_public == key.encryption_public == spki(OTHER)

    assert contents(directory) == before
    assert stat.S_IMODE((directory / "reg.key").stat().st_mode) == 0o600


def test_a_pair_is_made_beside_files_that_are_nobodys_key(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()

    SoftwareMachineKey.open_or_create(tmp_path).close()

    assert (tmp_path / "reg.key").exists()


@pytest.mark.parametrize("lost", ["reg.key", "reg.pub"])
@pytest.mark.parametrize("expected", [None, spki(OTHER)])
def test_half_a_pair_is_never_completed(directory: Path, lost: str, expected: bytes | None) -> None:
    (directory / lost).unlink()
    before = contents(directory)

    with pytest.raises(KeyFilesPartialError, match=lost):
        SoftwareMachineKey.open_or_create(directory, expected_signing_public=expected)
    assert contents(directory) == before


@pytest.mark.parametrize("trace", ["readme.txt", "db.conf"])
def test_a_trace_of_a_lost_pair_is_enough_to_refuse(tmp_path: Path, trace: str) -> None:
    (tmp_path / trace).write_bytes(b"from earlier")

    with pytest.raises(KeyFilesPartialError, match=r"reg\.key and reg\.pub"):
        SoftwareMachineKey.open_or_create(tmp_path)
    assert set(contents(tmp_path)) == {trace}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        pkcs8(OTHER)[:-1],
        b"\0" * 1218,
        b"\x30" * 20_000,
        pkcs8(ec.generate_private_key(ec.SECP256R1())),
        OTHER.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")),
        OTHER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
    ids=["empty", "cut", "zeros", "huge", "elliptic curve", "password", "PEM"],
)
def test_a_damaged_private_file_is_named(directory: Path, content: bytes) -> None:
    (directory / "reg.key").write_bytes(content)

    with pytest.raises(KeyFilesDamagedError, match=r"reg\.key"):
        SoftwareMachineKey.open_or_create(directory)
    assert (directory / "reg.key").read_bytes() == content


@pytest.mark.parametrize("content", [b"", spki(OTHER)[:-1], b"\0\1" * 140, b"\x30" * 20_000])
def test_a_damaged_public_file_is_named(directory: Path, content: bytes) -> None:
    (directory / "reg.pub").write_bytes(content)

    with pytest.raises(KeyFilesDamagedError, match=r"reg\.pub"):
        SoftwareMachineKey.open_or_create(directory)


def test_files_of_two_pairs_are_named(directory: Path) -> None:
    (directory / "reg.pub").write_bytes(spki(rsa.generate_private_key(65537, 2048)))

    with pytest.raises(KeyFilesMismatchError):
        SoftwareMachineKey.open_or_create(directory)


def test_a_machine_that_was_set_up_gets_no_new_pair(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "missing"):
        with pytest.raises(KeyFilesLostError):
            SoftwareMachineKey.open_or_create(directory, expected_signing_public=spki(OTHER))
    assert list(tmp_path.iterdir()) == []


def test_another_pair_than_at_set_up_is_refused(directory: Path) -> None:
    SoftwareMachineKey.open_or_create(directory, expected_signing_public=spki(OTHER)).close()
    with pytest.raises(KeyFilesReplacedError):
        SoftwareMachineKey.open_or_create(directory, expected_signing_public=b"another")


@pytest.mark.parametrize("failing_file", [1, 2, 3])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, failing_file: int, monkeypatch: pytest.MonkeyPatch) -> None:
    really_write = securefile.write_beside
    calls = 0

    def full(path: Path, data: bytes) -> Path:
        nonlocal calls
        calls += 1
        if calls == failing_file:
            raise OSError(errno.ENOSPC, "No space left on device")
        return really_write(path, data)

    monkeypatch.setattr(securefile, "write_beside", full)
    with pytest.raises(KeyFilesIoError, match="No space left"):
        SoftwareMachineKey.open_or_create(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "named"),
    [(PermissionError(errno.EACCES, "Permission denied"), KeyFilesDeniedError), (OSError(errno.EIO, "I/O"), KeyFilesIoError)],
)
def test_files_that_cannot_be_read_are_named(
    directory: Path, fault: OSError, named: type[CodedError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bytes:
        raise fault

    monkeypatch.setattr(keyfiles, "_read", refuse)
    with pytest.raises(named, match=str(directory)):
        SoftwareMachineKey.open_or_create(directory)


def test_a_file_where_the_directory_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").touch()

    with pytest.raises(KeyFilesIoError):
        SoftwareMachineKey.open_or_create(tmp_path / "keys")


def open_and_tell(directory: str) -> bytes:
    with SoftwareMachineKey.open_or_create(Path(directory)) as key:
        return key.signing_public


def test_processes_that_start_at_once_agree_on_one_pair(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        publics = pool.map(open_and_tell, [str(tmp_path / "keys")] * 6)

    assert len(set(publics)) == 1


def test_session_keys_and_sealed_secrets_do_not_mix(directory: Path) -> None:
    """A sealed secret's wrapped key must not open as a session key: a server could be made to hand it in."""
    from packet.keys.errors import WrappedKeyForeignError

    with SoftwareMachineKey.open_or_create(directory) as key:
        blob = key.seal(bytes(32))
        with pytest.raises(WrappedKeyForeignError):
            key.unwrap(blob[38 : 38 + 256])
