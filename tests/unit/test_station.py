"""What the composition root joins: clean-up by the settings in force, backups for supervisors, readiness before a start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.bootstrap import Station, StationConfig
from app.core.factors import OFFICER, SUPERVISOR
from app.core.lifecycle import Event
from app.core.session import Session
from app.desk.errors import SupervisorNeededError
from app.desk.login import OperatorSession
from app.server.keycloak import RealmAddress
from app.settings import Settings
from app.store.errors import DiskSpaceLowError
from packet.models import PacketId
from tests.support.fake_server_registrations import audit_entry, new_registration
from tests.support.specs import machine_key

NOW = datetime(2025, 6, 20, 9, tzinfo=UTC)


class NoService:
    """A login service that nobody asks here."""

    def login(self, user_id: str, password: str) -> Session:
        raise AssertionError

    def renew(self, session: Session) -> Session:
        raise AssertionError

    def logout(self, session: Session) -> None:
        raise AssertionError


def operator(*roles: str) -> OperatorSession:
    session = Session("110001", "subject", "Op One", frozenset(roles), "access", "refresh", NOW, NOW)
    return OperatorSession(NoService(), session, lambda: NOW)


def station_with(tmp_path: Path, settings: Settings) -> Station:
    config = StationConfig(
        server_url="http://127.0.0.1:9",
        realm=RealmAddress("http://127.0.0.1:9/realms/mosip"),
        centre_id="10001",
        machine_id="10077",
        machine_name="desk-1",
        data_dir=tmp_path,
        settings=settings,
    )
    return Station(config, machine_key(), lambda: NOW, os.urandom)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    with station_with(tmp_path, Settings(packet_days=3)) as opened:
        yield opened


def finished(station: Station, number: int, days_ago: int) -> PacketId:
    """A registration of which the server said days ago that it is processed."""
    store, at = station.store, NOW - timedelta(days=days_ago)
    new = new_registration(number)
    store.audits.add(audit_entry())
    store.registrations.save(new, store.audits.pending(), audit_entry("REG-EVT-066"), at)
    for event in (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_PROCESSED):
        store.registrations.record(new.packet.packet_id, event, at)
    return new.packet.packet_id


def test_packets_go_after_the_configured_days_and_each_leaves_an_audit_row(station: Station) -> None:
    old, young = finished(station, 1, days_ago=4), finished(station, 2, days_ago=2)
    deleted = station.clean_up(operator(OFFICER), draft_days=7)
    assert deleted.packets == (old,)
    states = {record.packet_id: record.state.client.value for record in station.store.registrations.all()}
    assert states == {old: "DELETED", young: "PUSHED"}
    assert "REG-EVT-070" in [entry.event_id for entry in station.store.audits.pending().entries]


def test_backups_are_for_supervisors(station: Station, tmp_path: Path) -> None:
    with pytest.raises(SupervisorNeededError):
        station.backups(operator(OFFICER))
    station.backups(operator(SUPERVISOR))


def test_a_full_disk_is_told_before_anybody_sits_down(station: Station, tmp_path: Path) -> None:
    station.check_ready()
    with station_with(tmp_path, Settings(disk_reserve_mb=1_000_000)) as greedy, pytest.raises(DiskSpaceLowError):
        greedy.check_ready()
