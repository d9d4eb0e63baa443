"""`sealdesk packet` as a user meets it: every example builds and verifies, every refusal is one named line, nothing half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.certificates import rsa_key
from tests.support.command import ROOT, Outcome, sealdesk

EXAMPLES = ROOT / "resources/examples"
CERTIFICATE = EXAMPLES / "keys/example-packet-certificate.pem"
PACKET_KEY = EXAMPLES / "keys/example-packet-private.pem"
SCHEMA = ROOT / "resources/schema/id-schema.json"


def build(registration: Path, out: Path, *, certificate: Path = CERTIFICATE, key: str | None = None) -> Outcome:
    machine_key = key or f"software:{out.parent / 'machine'}"
    return sealdesk(
        "packet", "build", registration, "--certificate", certificate, "--machine-key", machine_key, "--out", out, "--json"
    )


def verify(packet: Path, machine_public: Path, *more: str | Path) -> Outcome:
    return sealdesk(
        "packet", "verify", packet, "--packet-key", PACKET_KEY, "--machine-public-key", machine_public, "--json", *more
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good packet (``out/*.zip``) and its machine's public key (``machine-public.txt``)."""
    folder = tmp_path_factory.mktemp("built")
    outcome = build(EXAMPLES / "new/registration.json", folder / "out")
    assert outcome.exit_code == 0, outcome.err
    (folder / "machine-public.txt").write_text(str(outcome.json["signPublicKey"]))
    return folder


def packet_of(folder: Path) -> Path:
    (packet,) = (folder / "out").glob("*.zip")
    return packet


@pytest.mark.parametrize("process", ["new", "update", "lost", "biometric-correction"])
def test_every_example_builds_and_passes_every_check(process: str, tmp_path: Path) -> None:
    outcome = build(EXAMPLES / process / "registration.json", tmp_path / "out")
    assert outcome.exit_code == 0, outcome.err
    public = tmp_path / "public.txt"
    public.write_text(str(outcome.json["signPublicKey"]))
    packet = packet_of(tmp_path)
    assert packet.name == f"{outcome.json['packetId']}.zip"
    assert packet.stat().st_mode & 0o777 == 0o600
    report = verify(
        packet, public, "--certificate", CERTIFICATE, "--device-trust", EXAMPLES / "trust", "--id-schema", SCHEMA
    )
    assert report.exit_code == 0, report.out
    findings = report.json["findings"]
    assert isinstance(findings, list)
    unchecked = {f["check"] for f in findings if f["status"] == "skip"}
    assert all(check.startswith("sync.") for check in unchecked), unchecked


def test_a_changed_packet_is_a_finding_not_an_error(built: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / packet_of(built).name
    data = bytearray(packet_of(built).read_bytes())
    data[-1] ^= 1
    spoiled.write_bytes(data)
    report = verify(spoiled, built / "machine-public.txt")
    assert report.exit_code == 1
    assert report.json["good"] is False
    assert "Traceback" not in report.err


def test_another_machines_key_fails_the_signature(built: Path, tmp_path: Path) -> None:
    other = sealdesk("packet", "machine-info", "--machine-key", f"software:{tmp_path / 'other'}")
    (tmp_path / "info.json").write_text(other.out)
    report = verify(packet_of(built), tmp_path / "info.json")
    findings = report.json["findings"]
    assert isinstance(findings, list)
    failed = {f["check"] for f in findings if f["status"] == "fail"}
    assert any("signature" in check for check in failed), failed


def test_inspect_shows_structure_and_no_person(built: Path) -> None:
    person = json.loads((EXAMPLES / "new/registration.json").read_text())["demographics"]
    closed = sealdesk("packet", "inspect", packet_of(built))
    opened = sealdesk("packet", "inspect", packet_of(built), "--packet-key", PACKET_KEY, "--json")
    assert closed.exit_code == 0, closed.err
    assert opened.exit_code == 0, opened.err
    assert "individualBiometrics" in opened.out
    for shown in (closed.out, opened.out):
        assert person["fullName"][0]["value"] not in shown
        assert person["dateOfBirth"] not in shown
        assert person["phone"] not in shown


def test_diff_tells_layers_apart_and_hides_values(built: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(EXAMPLES / "new", source)
    registration = json.loads((source / "registration.json").read_text())
    registration["demographics"]["phone"] = "9876500000"
    (source / "registration.json").write_text(json.dumps(registration))
    outcome = build(source / "registration.json", tmp_path / "out", key=f"software:{built / 'machine'}")
    assert outcome.exit_code == 0, outcome.err
    same = sealdesk("packet", "diff", packet_of(built), packet_of(built), "--packet-key", PACKET_KEY)
    assert same.exit_code == 0
    assert same.out.strip() == "no differences"
    changed = sealdesk("packet", "diff", packet_of(built), packet_of(tmp_path), "--packet-key", PACKET_KEY)
    assert changed.exit_code == 1
    assert "phone" in changed.out
    assert "9876500000" not in changed.out


def certificate_file(path: Path, common_name: str, days: tuple[int, int] = (-1, 30), bits: int = 2048) -> Path:
    key = rsa_key(f"k11 {bits}", bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("name", "days", "bits", "code"),
    [
        ("REGISTRATION-10001_10077", (-30, -1), 2048, "PACKET-CERTIFICATE-EXPIRED"),
        ("REGISTRATION-10001_10077", (1, 30), 2048, "PACKET-CERTIFICATE-NOT-YET-VALID"),
        ("REGISTRATION-10001_10078", (-1, 30), 2048, "PACKET-CERTIFICATE-FOREIGN"),
        ("REGISTRATION-10002_10077", (-1, 30), 2048, "PACKET-CERTIFICATE-FOREIGN"),
        ("REGISTRATION-10001_10077", (-1, 30), 1024, "PACKET-CERTIFICATE-UNSUITABLE"),
        ("REGISTRATION-10001_10077", (-1, 30), 3072, "PACKET-CERTIFICATE-UNSUITABLE"),
    ],
)
def test_a_certificate_that_does_not_fit_is_named(
    tmp_path: Path, name: str, days: tuple[int, int], bits: int, code: str
) -> None:
    certificate = certificate_file(tmp_path / "k11.pem", name, days, bits)
    build(EXAMPLES / "new/registration.json", tmp_path / "out", certificate=certificate).assert_refused(2, code)
    assert not list((tmp_path / "out").iterdir())


@pytest.fixture
def encrypted_key(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "protected.pem"
    key: rsa.RSAPrivateKey = rsa_key("protected")
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    yield path


def test_a_protected_key_file_is_named(built: Path, encrypted_key: Path) -> None:
    outcome = sealdesk("packet", "inspect", packet_of(built), "--packet-key", encrypted_key)
    outcome.assert_refused(2, "PACKET-PRIVATE-KEY-PROTECTED")


def test_a_foreign_packet_key_is_a_finding(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.pem"
    path.write_bytes(rsa_key("other k11").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    outcome = sealdesk(
        "packet", "verify", packet_of(built), "--packet-key", path, "--machine-public-key", built / "machine-public.txt"
    )
    assert outcome.exit_code == 1
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b"{}", b'{"process": "NEW"}', b'{"a":' * 5000, b"\xff\xfe", b"NaN"])
def test_nonsense_registrations_are_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "registration.json"
    path.write_bytes(content)
    build(path, tmp_path / "out").assert_refused(2, "PACKET-REGISTRATION-FILE")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 400, b"#KEY_SPLITTER#" * 100])
def test_nonsense_packets_are_findings(content: bytes, built: Path, tmp_path: Path) -> None:
    path = tmp_path / "packet.zip"
    path.write_bytes(content)
    outcome = verify(path, built / "machine-public.txt")
    assert outcome.exit_code == 1, outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("yubikey:1", "KEY-DESCRIPTOR"),
        ("tpm:device:/nonexistent", "KEY-TPM-MISSING"),
        ("tpm:swtpm:host=127.0.0.1,port=9", "KEY-TPM-MISSING"),
    ],
)
def test_a_machine_key_that_is_not_there_is_named(key: str, code: str, tmp_path: Path) -> None:
    build(EXAMPLES / "new/registration.json", tmp_path / "out", key=key).assert_refused(2, code)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    build(tmp_path / "none.json", tmp_path / "out").assert_refused(2, "PACKET-FILE-NOT-READABLE")
    build(EXAMPLES / "new/registration.json", tmp_path / "out", certificate=tmp_path / "none.pem").assert_refused(
        2, "PACKET-FILE-NOT-READABLE"
    )
    build(EXAMPLES / "new/registration.json", tmp_path / "out", certificate=PACKET_KEY).assert_refused(
        2, "PACKET-CERTIFICATE-UNREADABLE"
    )


def test_a_packet_is_never_overwritten(tmp_path: Path) -> None:
    assert build(EXAMPLES / "new/registration.json", tmp_path / "out").exit_code == 0
    before = packet_of(tmp_path).read_bytes()
    build(EXAMPLES / "new/registration.json", tmp_path / "out").assert_refused(2, "PACKET-FILE-EXISTS")
    assert packet_of(tmp_path).read_bytes() == before


@pytest.mark.parametrize(
    ("change", "exit_code"),
    [
        (lambda r: r["demographics"].update(phone="not a phone"), 1),
        (lambda r: r["demographics"].update(dateOfBirth="yesterday"), 1),
        (lambda r: r["demographics"].update(postalCode=""), 2),
        (lambda r: r["demographics"].update(shoeSize="44"), 2),
        (lambda r: r["demographics"].pop("dateOfBirth"), 1),
        (lambda r: r.update(audits=[]), 2),
        (lambda r: r.update(process="birth day"), 2),
        (lambda r: r.update(registrationId="123"), 2),
        (lambda r: r.update(surprise=1), 2),
        (lambda r: r["officer"].update(byPassword=False), 1),
        (lambda r: r.update(creationDate="2025-06-03T09:30:15.123Z"), 1),
    ],
    ids=[
        "phone", "birth date", "empty", "unknown field", "missing field", "no audits", "process", "rid", "unknown key",
        "officer unproved", "captures too old",
    ],
)  # fmt: skip
def test_what_a_server_would_refuse_is_refused_here(change: object, exit_code: int, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(EXAMPLES / "new", source)
    registration = json.loads((source / "registration.json").read_text())
    assert callable(change)
    change(registration)
    (source / "registration.json").write_text(json.dumps(registration))
    outcome = build(source / "registration.json", tmp_path / "out")
    assert outcome.exit_code == exit_code, outcome.out + outcome.err
    assert outcome.err.startswith("sealdesk: ")
    assert "Traceback" not in outcome.out + outcome.err
    assert not list((tmp_path / "out").glob("*"))
