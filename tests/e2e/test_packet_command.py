"""`sealdesk packet` as a user meets it: every example builds and verifies, a refusal is one line, nothing half-written."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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


def build(registration: Path, out: Path, *more: str | Path, certificate: Path = CERTIFICATE, key: str | None = None) -> Outcome:
    machine_key = key or f"software:{out.parent / 'machine'}"
    options = ("--certificate", certificate, "--machine-key", machine_key, "--out", out, "--json")
    return sealdesk("packet", "build", registration, *options, *more)


def changed_example(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The example of a new registration with a change, beside its captures."""
    source = folder / "source"
    shutil.copytree(EXAMPLES / "new", source)
    path = source / "registration.json"
    registration = json.loads(path.read_text())
    change(registration)
    path.write_text(json.dumps(registration))
    return path


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
    report = verify(packet, public, "--certificate", CERTIFICATE, "--device-trust", EXAMPLES / "trust", "--id-schema", SCHEMA)
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
    registration = changed_example(tmp_path, lambda r: r["demographics"].update(phone="9876500000"))
    outcome = build(registration, tmp_path / "out", key=f"software:{built / 'machine'}")
    assert outcome.exit_code == 0, outcome.err
    same = sealdesk("packet", "diff", packet_of(built), packet_of(built), "--packet-key", PACKET_KEY)
    assert same.exit_code == 0
    assert same.out.strip() == "no differences"
    changed = sealdesk("packet", "diff", packet_of(built), packet_of(tmp_path), "--packet-key", PACKET_KEY)
    assert changed.exit_code == 1
    assert "phone" in changed.out
    assert "9876500000" not in changed.out
    assert_says_what_to_do(changed)


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
def encrypted_key(tmp_path: Path) -> Path:
    path = tmp_path / "protected.pem"
    key: rsa.RSAPrivateKey = rsa_key("protected")
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    return path


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


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[]", b"{}", b'{"process": "NEW"}', b'{"a":' * 5000, b"\xff\xfe", b"NaN"]
)
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
        (lambda r: r.update(process="FOO"), 1),
        (lambda r: r["documents"]["proofOfIdentity"].update(format="exe"), 1),
        (lambda r: r.update(registrationId="123"), 2),
        (lambda r: r.update(surprise=1), 2),
        (lambda r: r["officer"].update(byPassword=False), 1),
        (lambda r: r.update(creationDate="2025-06-03T09:30:15.123Z"), 1),
    ],
    ids=[
        "phone", "birth date", "empty", "unknown field", "missing field", "no audits", "process",
        "unknown process", "program", "rid", "unknown key",
        "officer unproved", "captures too old",
    ],
)  # fmt: skip
def test_what_a_server_would_refuse_is_refused_here(
    change: Callable[[dict[str, Any]], object], exit_code: int, tmp_path: Path
) -> None:
    outcome = build(changed_example(tmp_path, change), tmp_path / "out")
    assert outcome.exit_code == exit_code, outcome.out + outcome.err
    assert outcome.err.startswith("sealdesk: ")
    assert "Traceback" not in outcome.out + outcome.err
    assert not list((tmp_path / "out").glob("*"))


def said(outcome: Outcome) -> list[str]:
    """What stands on stderr, but for the progress that a slow machine shows."""
    return [line for line in outcome.err.splitlines() if line.startswith("sealdesk: ")]


def assert_says_what_to_do(outcome: Outcome) -> None:
    assert outcome.exit_code == 1
    (line,) = outcome.err.strip().splitlines()
    assert line.startswith("sealdesk: ")


def test_looking_into_what_is_no_packet_says_what_to_do(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "packet.zip"
    path.write_bytes(b"PK")
    assert_says_what_to_do(sealdesk("packet", "inspect", path))
    data = bytearray(packet_of(built).read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert_says_what_to_do(sealdesk("packet", "inspect", path, "--packet-key", PACKET_KEY, "--json"))


def test_lists_are_printed_as_lists(built: Path) -> None:
    opened = sealdesk("packet", "inspect", packet_of(built), "--packet-key", PACKET_KEY)
    lines = [line.strip() for line in opened.out.splitlines()]
    assert "- eng" in lines
    assert not any(line.startswith("0:") for line in lines)


def test_fields_that_are_left_out_are_told(tmp_path: Path) -> None:
    registration = changed_example(tmp_path, lambda r: r["demographics"].update(selectedHandles=["phone"]))
    outcome = build(registration, tmp_path / "without")
    assert (outcome.exit_code, outcome.json["omittedFields"]) == (0, ["selectedHandles"])
    (warning,) = said(outcome)
    assert "selectedHandles" in warning
    assert "--string-arrays" in warning
    outcome = build(registration, tmp_path / "out", "--string-arrays")
    assert (outcome.exit_code, outcome.json["omittedFields"], said(outcome)) == (0, [], [])
    public = tmp_path / "public.txt"
    public.write_text(str(outcome.json["signPublicKey"]))
    judged = verify(packet_of(tmp_path), public, "--id-schema", SCHEMA)
    assert "id.types" in failed_checks(judged)
    assert verify(packet_of(tmp_path), public, "--id-schema", SCHEMA, "--string-arrays").exit_code == 0


def test_a_countrys_own_process_is_built_and_verified_if_it_is_named(tmp_path: Path) -> None:
    registration = changed_example(tmp_path, lambda r: r.update(process="CRVS_NEW"))
    refused = build(registration, tmp_path / "none")
    assert refused.exit_code == 1
    assert said(refused)[0].endswith("[PACKET-REFUSED]")
    assert "RPR-RGS-003" in refused.out
    outcome = build(registration, tmp_path / "out", "--process", "CAMP", "--process", "CRVS_NEW")
    assert outcome.exit_code == 0, outcome.err
    public = tmp_path / "public.txt"
    public.write_text(str(outcome.json["signPublicKey"]))
    assert failed_checks(verify(packet_of(tmp_path), public)) == {"meta.process"}
    assert verify(packet_of(tmp_path), public, "--process", "CRVS_NEW").exit_code == 0
    build(registration, tmp_path / "none", "--process", "crvs new").assert_refused(2, "INPUT-PROCESS")


def failed_checks(report: Outcome) -> set[str]:
    findings = report.json["findings"]
    assert isinstance(findings, list)
    return {f["check"] for f in findings if f["status"] == "fail"}


def test_a_private_key_of_another_certificate_is_not_the_packets_fault(built: Path, tmp_path: Path) -> None:
    key = tmp_path / "other.pem"
    key.write_bytes(rsa_key("other k11").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = built / "machine-public.txt"
    options = ("--packet-key", key, "--machine-public-key", public)
    sealdesk("packet", "verify", packet_of(built), *options, "--certificate", CERTIFICATE).assert_refused(2, "INPUT-PACKET-KEY")
    key.write_bytes(key.read_bytes() + CERTIFICATE.read_bytes())
    sealdesk("packet", "verify", packet_of(built), *options).assert_refused(2, "INPUT-PACKET-KEY")
    sealdesk("packet", "inspect", packet_of(built), "--packet-key", key).assert_refused(2, "INPUT-PACKET-KEY")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{}", "INPUT-ID-SCHEMA"),
        ('{"properties": {"identity": {"properties": {}}}}', "INPUT-ID-SCHEMA"),
        ('{"properties": {"identity": {"properties": {"IDSchemaVersion": {"$ref": "#/none"}}}}}', "INPUT-ID-SCHEMA"),
        ("[]", "INPUT-JSON"),
    ],
)
def test_what_is_no_id_schema_is_not_the_packets_fault(content: str, code: str, built: Path, tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text(content)
    report = sealdesk(
        "packet", "verify", packet_of(built), "--packet-key", PACKET_KEY, "--id-schema", path,
        "--machine-public-key", built / "machine-public.txt",
    )  # fmt: skip
    report.assert_refused(2, code)


def sync_record(packet: Path) -> dict[str, Any]:
    data = packet.read_bytes()
    return {
        "packetId": packet.stem,
        "packetHashValue": hashlib.sha256(data).hexdigest().upper(),
        "packetSize": len(data),
        "registrationType": "NEW",
        "supervisorStatus": "APPROVED",
        "langCode": "eng",
        "name": None,
    }


def test_with_a_sync_record_and_everything_else_nothing_is_skipped(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "sync.json"
    packet, public = packet_of(built), built / "machine-public.txt"
    options = ("--certificate", CERTIFICATE, "--device-trust", EXAMPLES / "trust", "--id-schema", SCHEMA, "--sync-record", path)
    path.write_text(json.dumps(sync_record(packet)))
    report = verify(packet, public, *options)
    assert report.exit_code == 0, report.out
    counts = report.json["counts"]
    assert isinstance(counts, dict)
    assert (counts["fail"], counts["skip"]) == (0, 0)
    path.write_text(json.dumps(sync_record(packet) | {"packetSize": 1, "supervisorStatus": "REJECTED"}))
    assert failed_checks(verify(packet, public, *options)) == {"sync.size", "sync.approved"}


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("packetId"),
        lambda r: r.update(packetSize="1"),
        lambda r: r.update(packetSize=True),
        lambda r: r.update(langCode=None),
    ],
)
def test_a_sync_record_that_is_none_is_named(change: Callable[[dict[str, Any]], object], built: Path, tmp_path: Path) -> None:
    path = tmp_path / "sync.json"
    record = sync_record(packet_of(built))
    change(record)
    path.write_text(json.dumps(record))
    report = sealdesk(
        "packet", "verify", packet_of(built), "--packet-key", PACKET_KEY, "--sync-record", path,
        "--machine-public-key", built / "machine-public.txt",
    )  # fmt: skip
    report.assert_refused(2, "INPUT-SYNC-RECORD")


def test_checks_skipped_for_one_reason_are_one_line(built: Path) -> None:
    report = sealdesk(
        "packet", "verify", packet_of(built), "--packet-key", PACKET_KEY, "--machine-public-key", built / "machine-public.txt"
    )
    skips = [line for line in report.out.splitlines() if line.startswith("skip")]
    reasons = [line.rpartition(": ")[2] for line in skips]
    assert len(set(reasons)) == len(reasons)
    (sync,) = [line for line in skips if "sync.known" in line]
    assert all(f"sync.{check}" in sync for check in ("hash", "size", "type", "language", "status", "approved"))
