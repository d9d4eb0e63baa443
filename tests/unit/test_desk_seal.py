"""Sealing leaves a whole registration or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.audits import NEW_STARTED, AuditWriter
from app.core.outbox import RowState, Task
from app.desk.errors import AuditsMissingError
from app.desk.seal import ConfirmedRegistration, Sealer
from app.desk.slip import SlipText, render
from app.store.errors import DiskFullError
from app.store.localstore import LocalStore, open_store
from packet import acknowledgement
from packet.lint import PacketRefusedError
from packet.models import PacketSpec
from packet.verify import PrivateKeyOpener, VerifyContext, verify_packet
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.fake_server_registrations import CONTACT
from tests.support.specs import CREATED_AT, machine_key, new_spec

SLIP = SlipText("10001", "10077", "eng", "Vex <b>Testperson</b>")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path / "sealdesk.sqlite", machine_key(), os.urandom) as opened:
        yield opened


def sealer(store: LocalStore) -> Sealer:
    return Sealer(
        machine_key=machine_key(),
        archive=store.registrations,
        audits=store.audits,
        clock=lambda: CREATED_AT,
        entropy=os.urandom,
        needs_approval=False,
    )


def writer(minutes: int = 0) -> AuditWriter:
    return AuditWriter("110001", "Op One", "desk-1", lambda: CREATED_AT - timedelta(minutes=minutes))


def draft(spec: PacketSpec | None = None) -> ConfirmedRegistration:
    return ConfirmedRegistration(spec or new_spec(audits=()), CONTACT, lambda packet: render(packet, SLIP))


def begin(store: LocalStore) -> None:
    store.audits.add(writer(5).about_registration(NEW_STARTED, new_spec().registration_id))


def test_a_sealed_registration_is_whole(store: LocalStore) -> None:
    begin(store)
    packet = sealer(store).seal(draft(), lab_certificate("packet"), writer())
    record = store.registrations.find(packet.packet_id)
    assert (record.packet_sha256, record.lang_code, record.process) == (packet.sha256, "eng", "NEW")
    stored = store.registrations.packet(packet.packet_id)
    report = verify_packet(
        stored,
        opener=PrivateKeyOpener(lab_key("packet"), [lab_certificate("packet")]),
        machine_signing_public=machine_key().signing_public,
        context=VerifyContext(file_name=packet.file_name),
    )
    assert report.is_good
    assert report.opened is not None
    assert report.opened.content is not None
    assert [entry["eventId"] for entry in report.opened.content.audits] == ["REG-EVT-002"]
    assert [row.state for row in store.outbox.rows(packet.packet_id) if row.task is Task.SYNC] == [RowState.PENDING]
    assert store.audits.carried_at() == CREATED_AT


def test_the_slip_opens_on_this_machine_and_is_escaped(store: LocalStore) -> None:
    begin(store)
    packet = sealer(store).seal(draft(), lab_certificate("packet"), writer())
    kept = store.registrations.acknowledgement(packet.packet_id)
    assert kept is not None
    name = acknowledgement.file_name(packet.packet_id)
    html = acknowledgement.unseal(acknowledgement.SealedAcknowledgement(name, kept.blob, kept.signature), machine_key())
    assert packet.registration_id in html
    assert "Vex &lt;b&gt;Testperson" in html
    assert b"Vex" not in kept.blob


def test_without_audit_rows_nothing_is_sealed(store: LocalStore) -> None:
    with pytest.raises(AuditsMissingError):
        sealer(store).seal(draft(), lab_certificate("packet"), writer())


def test_a_refused_packet_leaves_nothing(store: LocalStore) -> None:
    begin(store)
    before = store.audits.pending()
    spec = new_spec(audits=(), demographics={**new_spec().demographics, "dateOfBirth": "23/04/1990"})
    with pytest.raises(PacketRefusedError):
        sealer(store).seal(draft(spec), lab_certificate("packet"), writer())
    assert store.registrations.all() == ()
    assert store.audits.pending() == before


def test_a_full_disk_leaves_nothing(store: LocalStore) -> None:
    begin(store)
    before = store.audits.pending()
    with store.database.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFullError):
        sealer(store).seal(draft(), lab_certificate("packet"), writer())
    assert store.registrations.all() == ()
    assert store.audits.pending() == before
