"""What ``sealdesk demo --keep`` writes is what ``sealdesk packet verify`` reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.commands.inputs import read_machine_public
from app.commands.judginginputs import read_sync_record
from app.core.lifecycle import SEALED
from app.core.outbox import RowState
from app.core.registration import RegistrationRecord
from app.demo.keep import Kept, keep
from packet.keys.machineinfo import machine_info
from packet.keys.software import SoftwareMachineKey
from packet.models import Flow
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.judging import built_packet, full_context, judged, machine_public


def kept(trust_folder: Path) -> Kept:
    packet = built_packet()
    record = RegistrationRecord(
        packet_id=packet.packet_id,
        registration_id=packet.registration_id,
        ref_id=packet.ref_id,
        process=packet.process,
        flow=Flow.NEW,
        lang_code="eng",
        created_at=packet.created_at,
        state=SEALED,
        decision=None,
        packet_sha256=packet.sha256,
        packet_size=packet.size_bytes,
        additional_info_request_id=None,
        changed_at=packet.created_at,
        work=RowState.PENDING,
        exported_at=None,
        has_comment=False,
    )
    info = machine_info(SoftwareMachineKey(lab_key("machine"), machine_public()), "demo-desk")
    return Kept(packet, b"key", lab_certificate("packet"), machine_public(), trust_folder, "{}", info, record)


def test_the_kept_sync_record_and_machine_info_are_those_of_the_packet(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    keep(folder, kept(tmp_path))
    machine = read_machine_public(folder / "keys/machine-info.json")
    assert (machine.signing, machine.encryption) == (machine_public(), machine_public())
    packet = built_packet()
    record = read_sync_record(folder / "sync/sync-record.json")
    report = judged(packet.data, replace(full_context(packet.data, packet.file_name), sync=record))
    assert [f for f in report.findings if f.check.startswith("sync.") and f.status != "pass"] == []
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_without_them_their_files_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    keep(folder, replace(kept(tmp_path), machine_info=None, announced=None))
    assert not (folder / "sync").exists()
    assert not (folder / "keys/machine-info.json").exists()
