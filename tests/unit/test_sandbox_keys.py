"""The key service: three layers, keys that stay inside, rotation, and what lies on the disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from packet.crypto.hybrid import encrypt
from packet.crypto.jws import verify_rs256
from packet.verify.model import SessionKeyOpener
from sandbox.envelope import open_envelope
from sandbox.errors import StateDamagedError
from sandbox.keys.errors import KeyCannotSignError, KeyExportRefusedError, KeyNotAllowedError
from sandbox.keys.service import KeyService
from sandbox.keys.wrapping import oaep, unwrap, wrap
from tests.support.editing import flip
from tests.support.sandbox_clock import SettableClock

START = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
REF_ID = "10001_10021"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(START)


@pytest.fixture
def keys(tmp_path: Path, clock: SettableClock) -> Iterator[KeyService]:
    service = KeyService(tmp_path / "hsm1", clock)
    yield service
    service.close()


def common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def usage(certificate: x509.Certificate) -> x509.KeyUsage:
    extension = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert extension.critical
    return extension.value


def constraints(certificate: x509.Certificate) -> x509.BasicConstraints:
    extension = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert extension.critical
    return extension.value


def test_the_certificate_profile_of_the_three_layers(keys: KeyService) -> None:
    root, module, base = (keys.certificate(*name) for name in (("ROOT", ""), ("REGISTRATION", ""), ("REGISTRATION", REF_ID)))
    root.verify_directly_issued_by(root)
    module.verify_directly_issued_by(root)
    base.verify_directly_issued_by(module)

    assert constraints(root) == x509.BasicConstraints(ca=True, path_length=2)
    assert constraints(module) == x509.BasicConstraints(ca=True, path_length=1)
    assert constraints(base) == x509.BasicConstraints(ca=False, path_length=None)
    for authority in (root, module):
        assert usage(authority).digital_signature
        assert usage(authority).key_cert_sign
        assert not usage(authority).key_encipherment
    assert usage(base).key_encipherment
    assert not usage(base).digital_signature
    assert not usage(base).key_cert_sign

    assert common_name(root).endswith(" (ROOT)")
    assert common_name(module).endswith(" (REGISTRATION)")
    assert common_name(base) == f"REGISTRATION-{REF_ID}"
    order = (
        NameOID.COUNTRY_NAME,
        NameOID.STATE_OR_PROVINCE_NAME,
        NameOID.LOCALITY_NAME,
        NameOID.ORGANIZATION_NAME,
        NameOID.ORGANIZATIONAL_UNIT_NAME,
        NameOID.COMMON_NAME,
    )
    for certificate in (root, module, base):
        assert certificate.version is x509.Version.v3
        assert 0 < certificate.serial_number < 2**63
        assert certificate.not_valid_before_utc == START.replace(microsecond=0)
        assert tuple(attribute.oid for attribute in certificate.subject) == order
        public = certificate.public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        assert (public.key_size, public.public_numbers().e) == (2048, 65537)
    days = [(c.not_valid_after_utc - c.not_valid_before_utc).days for c in (root, module, base)]
    assert days == [2920, 1095, 730]


def test_the_signing_key_is_a_module_key(keys: KeyService) -> None:
    certificate = keys.certificate("KERNEL", "SIGN")
    certificate.verify_directly_issued_by(keys.certificate("ROOT", ""))
    assert common_name(certificate).endswith(" (KERNEL-SIGN)")
    verify_rs256(certificate.public_key(), keys.sign("KERNEL", "SIGN", b"data"), b"data", "data")


def test_a_base_key_does_not_sign(keys: KeyService) -> None:
    with pytest.raises(KeyCannotSignError):
        keys.sign("REGISTRATION", REF_ID, b"data")


@pytest.mark.parametrize(
    ("app_id", "ref_id"),
    [("", ""), ("PARTNER", "x"), ("ROOT", "x"), ("KERNEL", "x"), ("REGISTRATION", "a/b"), ("REGISTRATION", "x" * 65)],
)
def test_names_that_may_have_no_key(keys: KeyService, app_id: str, ref_id: str) -> None:
    with pytest.raises(KeyNotAllowedError):
        keys.certificate(app_id, ref_id)


def test_session_keys_open_by_thumbprint(keys: KeyService) -> None:
    certificate = keys.certificate("REGISTRATION", REF_ID)
    opener: SessionKeyOpener = keys
    thumbprint = certificate.fingerprint(SHA256())
    assert set(opener.thumbprints) == {thumbprint}
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert opener.open(thumbprint, public.encrypt(bytes(32), oaep())) == bytes(32)
    with pytest.raises(KeyError):
        opener.open(bytes(32), bytes(256))
    for wrapped in (b"", bytes(255), bytes(256), bytes(257)):
        with pytest.raises(ValueError, match=r"."):
            opener.open(thumbprint, wrapped)


def test_module_keys_open_nothing(keys: KeyService) -> None:
    certificate = keys.certificate("REGISTRATION", "")
    with pytest.raises(KeyError):
        keys.open_session_key(certificate.fingerprint(SHA256()), bytes(256))


def test_an_opener_for_one_reference_opens_nothing_else(keys: KeyService) -> None:
    mine, other = keys.certificate("REGISTRATION", REF_ID), keys.certificate("REGISTRATION", "10001_10022")
    opener = keys.opener("REGISTRATION", REF_ID)
    assert set(opener.thumbprints) == {mine.fingerprint(SHA256())}
    assert open_envelope(encrypt(b"plain", mine, os.urandom), opener) == b"plain"
    with pytest.raises(ValueError, match="not here"):
        open_envelope(encrypt(b"plain", other, os.urandom), opener)


def test_keys_outlive_a_restart(tmp_path: Path, clock: SettableClock) -> None:
    first = KeyService(tmp_path / "hsm1", clock)
    certificate = first.certificate("REGISTRATION", REF_ID)
    sealed = encrypt(b"plain", certificate, os.urandom)
    first.close()
    second = KeyService(tmp_path / "hsm1", clock)
    assert second.certificate("REGISTRATION", REF_ID) == certificate
    assert open_envelope(sealed, second.opener("REGISTRATION", REF_ID)) == b"plain"
    second.close()


def test_a_new_key_is_made_before_the_old_one_ends_and_the_old_one_still_opens(keys: KeyService, clock: SettableClock) -> None:
    old = keys.certificate("REGISTRATION", REF_ID)
    sealed = encrypt(b"plain", old, os.urandom)
    clock.set(old.not_valid_after_utc - timedelta(days=30, seconds=1))
    assert keys.certificate("REGISTRATION", REF_ID) == old
    clock.set(old.not_valid_after_utc - timedelta(days=30))
    new = keys.certificate("REGISTRATION", REF_ID)
    assert new != old
    assert keys.certificate("REGISTRATION", REF_ID) == new
    opener = keys.opener("REGISTRATION", REF_ID)
    assert open_envelope(sealed, opener) == b"plain"
    assert set(opener.thumbprints) == {old.fingerprint(SHA256()), new.fingerprint(SHA256())}


def test_private_keys_lie_private_or_wrapped(keys: KeyService, tmp_path: Path) -> None:
    keys.certificate("REGISTRATION", REF_ID)
    directory = tmp_path / "hsm1"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in directory.iterdir()} == {0o600}
    assert len(list(directory.glob("*.key"))) == 2  # ROOT and REGISTRATION; the packet key is none of them
    with closing(sqlite3.connect(directory / "keys.sqlite")) as connection:
        wrapped = [row[0] for row in connection.execute("SELECT private_key FROM key_store WHERE private_key IS NOT NULL")]
    assert len(wrapped) == 1
    assert wrapped[0][256:270] == b"#KEY_SPLITTER#"


def test_a_lost_master_key_is_named(tmp_path: Path, clock: SettableClock) -> None:
    first = KeyService(tmp_path / "hsm1", clock)
    thumbprint = first.certificate("REGISTRATION", REF_ID).fingerprint(SHA256())
    first.close()
    for file in (tmp_path / "hsm1").glob("*.key"):
        file.unlink()
    second = KeyService(tmp_path / "hsm1", clock)
    with pytest.raises(StateDamagedError):
        second.open_session_key(thumbprint, bytes(256))
    second.close()


def test_export_is_refused_unless_allowed_and_then_base_keys_only(tmp_path: Path, clock: SettableClock) -> None:
    closed = KeyService(tmp_path / "a", clock)
    with pytest.raises(KeyExportRefusedError):
        closed.export_private_key("REGISTRATION", REF_ID)
    closed.close()
    allowing = KeyService(tmp_path / "b", clock, allow_export=True)
    private = load_pem_private_key(allowing.export_private_key("REGISTRATION", REF_ID), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.public_key() == allowing.certificate("REGISTRATION", REF_ID).public_key()
    for app_id, ref_id in (("ROOT", ""), ("REGISTRATION", ""), ("KERNEL", "SIGN")):
        with pytest.raises(KeyExportRefusedError):
            allowing.export_private_key(app_id, ref_id)
    allowing.close()


def test_wrapping_is_bound_to_the_module_and_notices_changes() -> None:
    module, other = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    blob = wrap(b"private", module.public_key())
    assert len(blob) == 256 + 14 + len(b"private") + 16 + 16
    assert unwrap(blob, module) == b"private"
    for spoilt in (b"", blob[:-1], *(flip(blob, at) for at in (0, 256, 270, -17, -1))):
        with pytest.raises(ValueError, match=r"."):
            unwrap(spoilt, module)
    with pytest.raises(ValueError, match=r"."):
        unwrap(blob, other)


def test_oaep_uses_one_hash_for_both() -> None:
    assert isinstance(oaep(), padding.OAEP)
    assert oaep().mgf._algorithm.name == oaep().algorithm.name == "sha256"
