"""The simulator's keys: kept, private, the same for all processes, rotated, run out, revoked."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from devices.simulator.keystore import StateUnusableError, default_state_directory
from devices.simulator.pki import SimulatorPki
from packet.crypto.chain import TrustStore
from packet.crypto.errors import ChainUntrustedError


def now() -> datetime:
    return datetime.now(UTC)


def test_keys_and_certificates_outlive_a_restart(tmp_path: Path) -> None:
    first = SimulatorPki(None, now(), tmp_path)
    first.rotate("1")
    again = SimulatorPki(None, now() + timedelta(days=3), tmp_path)
    assert again.device_chain == first.device_chain
    assert again.ftm_chain == first.ftm_chain
    assert again.current_device("1").certificate == first.current_device("1").certificate
    assert again.state.generations == {"1": 1}


def test_files_are_for_this_user_only(tmp_path: Path) -> None:
    SimulatorPki(None, now(), tmp_path / "state").device("1")
    for path in (tmp_path / "state").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_seed_has_its_own_corner_and_nothing_that_happened_stays(tmp_path: Path) -> None:
    first = SimulatorPki(5, now(), tmp_path)
    first.rotate("1")
    again = SimulatorPki(5, now(), tmp_path)
    assert again.device_chain == first.device_chain == SimulatorPki(5, now()).device_chain
    assert again.state.generations == {}
    assert SimulatorPki(None, now(), tmp_path).device_chain != first.device_chain


def test_whoever_comes_second_uses_the_first_ones_keys(tmp_path: Path) -> None:
    first = SimulatorPki(None, now(), tmp_path)
    second = SimulatorPki(None, now(), tmp_path)
    assert second.device("9").certificate == first.device("9").certificate


def test_rotation_is_newer_expiry_is_over_and_rotation_heals_it() -> None:
    pki = SimulatorPki(None, now())
    store = TrustStore("DEVICE", pki.device_chain)
    first = pki.current_device("1").certificate
    pki.rotate("1")
    second = pki.current_device("1").certificate
    assert second.not_valid_before_utc > first.not_valid_before_utc
    assert second.public_key() != first.public_key()
    store.check(second, now(), "the device")
    pki.expire("1")
    with pytest.raises(ChainUntrustedError, match="expired"):
        store.check(pki.current_device("1").certificate, now(), "the device")
    assert pki.current_device("1").certificate.public_key() == second.public_key()
    pki.rotate("1")
    store.check(pki.current_device("1").certificate, now(), "the device")


def test_a_revoked_certificate_is_on_the_providers_list(tmp_path: Path) -> None:
    pki = SimulatorPki(None, now())
    pki.export(tmp_path / "before")
    assert not (tmp_path / "before" / "device-provider.crl").exists()
    pki.revoke("1")
    paths = pki.export(tmp_path / "after")
    revoked = x509.load_pem_x509_crl(paths[-1].read_bytes())
    assert revoked.is_signature_valid(pki.device_provider.key.public_key())
    assert [entry.serial_number for entry in revoked] == [pki.current_device("1").certificate.serial_number]
    pki.rotate("1")
    assert pki.current_device("1").certificate.serial_number not in pki.state.revoked


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"createdAt": 5}', b'{"createdAt":"x","generations":{},"expired":[],"revoked":[]}']
)
def test_a_damaged_state_is_named(tmp_path: Path, content: bytes) -> None:
    SimulatorPki(None, now(), tmp_path)
    (tmp_path / "fresh" / "state.json").write_bytes(content)
    with pytest.raises(StateUnusableError, match="damaged"):
        SimulatorPki(None, now(), tmp_path)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_is_named(tmp_path: Path, content: bytes) -> None:
    SimulatorPki(None, now(), tmp_path)
    (tmp_path / "fresh" / "keys" / "SBI-device-root.pem").write_bytes(content)
    with pytest.raises(StateUnusableError, match="no key"):
        SimulatorPki(None, now(), tmp_path)


def test_a_directory_that_cannot_be_is_named() -> None:
    with pytest.raises(StateUnusableError):
        SimulatorPki(None, now(), Path("/proc/none"))


def test_the_default_directory_is_below_the_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_state_directory() == tmp_path / "sealdesk" / "simulator"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_state_directory() == Path.home() / ".local" / "share" / "sealdesk" / "simulator"
