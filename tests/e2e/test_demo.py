"""`sealdesk demo` as its user runs it: what it prints, what it keeps, and that nothing else is left."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from packet.crypto.chain import TrustStore
from packet.encoding import b64url_decode
from packet.models import SubPacket
from packet.rules.model import RuleSettings
from packet.verify import PrivateKeyOpener, VerifyContext, verify_packet
from tests.support.command import sealdesk

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "app.cli", "demo"]
STEPS = [
    "Start the device simulator",
    "Start the sandbox server",
    "Open the machine key",
    "Register the machine",
    "Upload the device makers' CAs",
    "Open the desk's database",
    "Log in at the realm (OpenID)",
    "Pin the server's signing key",
    "Have the machine's keys checked",
    "Fetch the CA certificates",
    "Fetch the ID schema",
    "Fetch the packet certificate",
    "Start a registration",
    "Fill in: Consent",
    "Fill in: Personal data",
    "Fill in: Documents",
    "Leave the desk",
    "Take the registration up again",
    "Search for devices",
    "Capture the left slap",
    "Capture the right slap",
    "Capture the thumbs",
    "Capture the irises",
    "Capture the face",
    "Look at the preview and confirm",
    "Seal the packet",
    "Announce the packet (RID sync)",
    "Upload the packet",
    "Ask for the packet's status",
    "Ask for the registration's fate",
    "See what the server found",
]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A temporary directory for the demonstration alone, with a short path, since sockets lie in it."""
    path = Path(tempfile.mkdtemp(prefix="t"))
    yield path
    shutil.rmtree(path)


def environment(temporary: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(temporary)}


def processes(temporary: Path) -> list[int]:
    """Every process that was started by a demonstration with this temporary directory."""
    marker = f"TMPDIR={temporary}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:  # it has just ended
            continue
    return found


def wait_until_ended(pids: list[int], timeout_s: float = 30) -> None:
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([handle], [], [], timeout_s)
        os.close(handle)
        assert ended, f"process {pid} is still there"


def run(temporary: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run([*COMMAND, "--json", *arguments], env=environment(temporary), capture_output=True, check=False)
    return done.returncode, orjson.loads(done.stdout), done.stderr.decode()


def test_the_whole_line_and_what_is_kept(temporary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    code, result, errors = run(temporary, "--keep", str(folder))
    assert (code, result["good"], result["kept"]) == (0, True, str(folder)), errors
    assert [step["step"] for step in result["steps"]] == [*STEPS, "Keep packet, keys and trust", "Log out"]
    keys = {step["step"]: step["key"] for step in result["steps"]}
    assert keys["Seal the packet"] == "K10 signs, K11 encrypts"
    assert all(step["milliseconds"] >= 0 for step in result["steps"])
    assert processes(temporary) == []
    assert list(temporary.iterdir()) == []
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {
        f"packet/{result['packetId']}.zip",
        "keys/k11-private.pem",
        "keys/k11-cert.pem",
        "keys/machine-public.txt",
        "keys/machine-info.json",
        "sync/sync-record.json",
        "trust/device-root.pem",
        "trust/device-provider.pem",
        "trust/ftm-root.pem",
        "trust/ftm-provider.pem",
        "schema/id-schema.json",
    }
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    verify_kept(folder, result["packetId"])


def test_nothing_is_left_unchecked_with_what_is_kept(temporary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    code, result, errors = run(temporary, "--keep", str(folder))
    assert code == 0, errors
    report = sealdesk(
        "packet", "verify", folder / "packet" / f"{result['packetId']}.zip", "--packet-key", folder / "keys/k11-private.pem",
        "--certificate", folder / "keys/k11-cert.pem", "--machine-public-key", folder / "keys/machine-info.json",
        "--device-trust", folder / "trust", "--id-schema", folder / "schema/id-schema.json",
        "--sync-record", folder / "sync/sync-record.json", "--json",
    )  # fmt: skip
    assert report.exit_code == 0, report.out
    counts = report.json["counts"]
    assert isinstance(counts, dict)
    assert (counts["fail"], counts["skip"]) == (0, 0)


def verify_kept(folder: Path, packet_id: str) -> None:
    key = load_pem_private_key((folder / "keys/k11-private.pem").read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    certificate = x509.load_pem_x509_certificate((folder / "keys/k11-cert.pem").read_bytes())
    schema = orjson.loads((folder / "schema/id-schema.json").read_bytes())
    report = verify_packet(
        (folder / "packet" / f"{packet_id}.zip").read_bytes(),
        opener=PrivateKeyOpener(key, [certificate]),
        machine_signing_public=b64url_decode((folder / "keys/machine-public.txt").read_text().strip()),
        context=VerifyContext(
            rules=RuleSettings(id_schema=schema),
            file_name=f"{packet_id}.zip",
            device_trust=trust(folder, "device", "DEVICE"),
            ftm_trust=trust(folder, "ftm", "FTM"),
        ),
    )
    assert [finding for finding in report.findings if finding.status == "fail"] == []
    assert report.opened is not None
    assert report.opened.content is not None
    sub_packet = report.opened.content.sub_packets[SubPacket.ID]
    (biometrics,) = sub_packet.biometrics.values()
    assert len(biometrics.birs) == 13, "ten fingers, two irises, a face"
    assert "Testperson" in str(sub_packet.identity["fullName"])


def trust(folder: Path, maker: str, domain: str) -> TrustStore:
    files = sorted((folder / "trust").glob(f"{maker}-*.pem"))
    return TrustStore(domain, [x509.load_pem_x509_certificate(file.read_bytes()) for file in files])


def test_the_table_and_a_machine_key_in_files(temporary: Path, tmp_path: Path) -> None:
    arguments = [*COMMAND, "--machine-key", f"software:{tmp_path / 'key'}"]
    done = subprocess.run(arguments, env=environment(temporary), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for step in STEPS:
        assert step in done.stdout
    assert "Server's verdict   PROCESSED" in done.stdout
    assert "software key" in done.stdout
    assert list(temporary.iterdir()) == []


def test_a_folder_that_holds_something_is_refused_before_any_work(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    code, result, errors = run(temporary, "--keep", str(tmp_path))
    assert (code, result["good"], result["steps"]) == (2, False, [])
    assert result["error"]["code"] == "DEMO-KEEP"
    assert "[DEMO-KEEP]" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_machine_key_that_cannot_be_used_ends_it_with_the_keys_own_error(temporary: Path) -> None:
    code, result, errors = run(temporary, "--machine-key", "tpm:device:/dev/there-is-none")
    assert (code, result["good"]) == (2, False)
    assert [step["step"] for step in result["steps"]] == STEPS[:2]
    assert result["error"]["code"].startswith("KEY-")
    assert result["error"]["nextStep"] in errors
    assert processes(temporary) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("end", "step"),
    [
        (signal.SIGKILL, "Log in at the realm (OpenID)"),
        (signal.SIGKILL, "Seal the packet"),
        (signal.SIGINT, "Capture the left slap"),
        (signal.SIGTERM, "Fetch the packet certificate"),
    ],
)
def test_nothing_is_left_however_it_is_ended(temporary: Path, end: signal.Signals, step: str) -> None:
    """Killed, it cannot clean up; its children notice and do it."""
    with subprocess.Popen(
        COMMAND, env=environment(temporary), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stderr is not None
        seen: list[bytes] = []
        for line in process.stderr:
            seen.append(line)
            if line.startswith(step.encode()):
                break
        else:
            pytest.fail(f"the step was never begun: {seen}")
        children = processes(temporary)
        assert len(children) >= 3, "itself, the sandbox, the simulator"
        if end is signal.SIGINT:
            os.killpg(process.pid, end)  # as a terminal sends Ctrl-C
        else:
            process.send_signal(end)
        process.stderr.read()
    assert process.returncode == (-end if end is signal.SIGKILL else 130)
    wait_until_ended(children)
    assert processes(temporary) == []
    assert list(temporary.iterdir()) == []
