"""What is done between the desk and a server, and with backups, in marked registrations; as `tests.support.canarydesk`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from cryptography import x509

from app.bootstrap import Station, StationConfig
from app.cli import app as command
from app.core.backupreport import BackupMachine, Recipients
from app.core.lifecycle import Event, ServerStatus
from app.core.outbox import RowState, Task
from app.core.retention import RetentionRule
from app.desk.backup import BackupDesk
from app.desk.upload import Dispatch
from app.server.keycloak import RealmAddress
from app.server.loginerrors import WrongPasswordError
from app.server.packets import PacketLine
from app.store.backup import Backups, inspect_backup
from app.store.localstore import LocalStore, open_store
from app.store.outbox import set_row
from app.store.retention import RetentionAudits
from packet.crypto.passphrase import Passphrase, PassphraseWrongError
from packet.errors import CodedError
from packet.models import PacketId
from tests.support.backuplab import CHEAP
from tests.support.canaryclerk import Visit, country, refused, survived
from tests.support.canarydesk import PERSON, Scenario, desk_in, sealed
from tests.support.canaryfiles import CERTIFICATE, broken, registration_file
from tests.support.canarymarks import ACCESS_TOKEN, BACKUP_PASSPHRASE, PASSWORD, WRONG_PASSPHRASE, WRONG_PASSWORD
from tests.support.clerk import CENTRE, MACHINE, attendant, desk_at, utc_now
from tests.support.devicelab import lab_certificate
from tests.support.fake_server import FakeServer, wrapped
from tests.support.fake_server_registrations import audit_entry
from tests.support.sandbox_client import OFFICER
from tests.support.specs import machine_key

SERVER: dict[str, str] = {}
"""``url`` and ``realm`` of a running sandbox that knows the machine; ``outside``: a folder that is not searched."""


def sent(folder: Path) -> None:
    """The whole line: logged in, announced, uploaded, judged, deleted; one was rejected."""
    config = StationConfig(
        server_url=SERVER["url"],
        realm=RealmAddress(SERVER["realm"]),
        centre_id=CENTRE,
        machine_id=MACHINE,
        machine_name="desk-1",
        data_dir=folder,
    )
    with Station(config, machine_key(), utc_now, os.urandom) as station:
        refused(WrongPasswordError, lambda: station.log_in(OFFICER, WRONG_PASSWORD))
        operator = station.log_in(OFFICER, PASSWORD)
        station.pin_server(operator)
        station.verify_machine(operator)
        station.fetch_authorities(operator)
        station.fetch_schema(operator)
        certificate = station.packet_certificates(operator).current(config.ref_id)
        desk = desk_at(station.store, machine_key(), country=country(), certificate=lambda: certificate, needs_approval=True)
        good, bad = sealed(desk, Visit()), sealed(desk, Visit("LOST"))
        registrations = station.store.registrations
        registrations.record(good, Event.APPROVE, utc_now())
        registrations.record(bad, Event.REJECT, utc_now(), comment=PERSON.comment)
        dispatch = station.dispatch(operator)
        print(operator, operator.session, dispatch, dispatch.run())
        _wait(station.store, dispatch, good)
        audits = RetentionAudits(lambda _: audit_entry(), lambda _: audit_entry(), lambda _: audit_entry())
        assert good in station.store.retention.apply(RetentionRule(), utc_now() + timedelta(days=9), audits).packets
        operator.end()


def _wait(store: LocalStore, dispatch: Dispatch, packet_id: PacketId) -> None:
    """Until the server has judged it."""
    for _ in range(3000):
        if store.registrations.find(packet_id).state.server is ServerStatus.PROCESSED:
            return
        dispatch.ask([packet_id])
    raise AssertionError(store.registrations.find(packet_id).state)


class Tokens:
    """A login with a marked token."""

    def access_token(self) -> str:
        """The token."""
        return ACCESS_TOKEN

    def renew(self) -> None:
        """Brings the same."""


@dataclass
class Certificates:
    """Always the lab's."""

    certificate: x509.Certificate

    def current(self, _ref_id: str) -> x509.Certificate:
        """The certificate."""
        return self.certificate

    renew = current


def _echoes(packet_id: str, registration_id: str) -> list[httpx.Response | Exception | bytes]:
    """Answers that repeat what the server was told of the person, wherever an answer has room for it."""
    texts = [PERSON.texts[key] for key in (("fullName", "eng"), ("fullName", "ara"), ("phone", ""), ("email", ""))]
    texts += [PERSON.uin, PERSON.comment, ACCESS_TOKEN]
    found: list[httpx.Response | Exception | bytes] = []
    for text in texts:
        item = {"errorCode": text, "message": text, "errorMessage": text, "packetId": packet_id, "registrationId": text}
        named = {"registrationId": registration_id, "packetId": packet_id, "status": text, "statusCode": text, text: text}
        body = orjson.dumps({"errors": text, "response": text, text: text})
        found += [wrapped(errors=[dict(item)]), wrapped(errors=[{**item, "registrationId": registration_id}])]
        found += [wrapped([dict(named)]), wrapped({"status": text}), wrapped(text), body]
        headers = [(b"X-Echo", text.encode()), (b"Set-Cookie", b"a=" + text.encode()), (b"Response-Signature", text.encode())]
        phrase = {"reason_phrase": text.encode("ascii", "ignore")}
        found += [
            httpx.Response(code, content=body, headers=headers, extensions=phrase) for code in (200, 302, 400, 401, 403, 500)
        ]
        found += [httpx.ConnectError(text), httpx.RemoteProtocolError(text), httpx.ReadTimeout(text)]
    return found


def echoed(folder: Path) -> None:
    """A server that repeats what it was told, in all its answers."""
    with desk_in(folder) as (store, desk):
        packet_id = sealed(desk, Visit())
        record = store.registrations.find(packet_id)
        server = FakeServer()
        line = PacketLine(server.line(), utc_now, os.urandom)
        dispatch = Dispatch(
            outbox=store.outbox,
            registrations=store.registrations,
            server=line,
            tokens=Tokens(),
            certificates=Certificates(lab_certificate("packet")),
            writer=attendant().writer,
            clock=utc_now,
        )
        print(dispatch)
        steps = (
            (Task.SYNC, dispatch.sync_due, Event.APPROVE),
            (Task.UPLOAD, dispatch.upload_due, Event.SYNC_ACCEPTED),
            (Task.STATUS, dispatch.ask_due, Event.UPLOAD_ACCEPTED),
        )
        for task, act, before in steps:
            if task is not Task.SYNC:
                survived(lambda: store.registrations.record(packet_id, before, utc_now()))  # noqa: B023 - called at once
            for number in range(len(_echoes("", ""))):
                _one_answer(server, _echoes(packet_id, record.registration_id)[number])
                with store.database.transaction() as connection:  # whatever became of the registration by the answers before
                    set_row(connection, packet_id, task, RowState.PENDING, utc_now())
                survived(lambda: print(act(), store.outbox.rows(packet_id)))  # noqa: B023 - called at once
                survived(lambda: line.packet_statuses([packet_id], ACCESS_TOKEN))


def _one_answer(server: FakeServer, answer: httpx.Response | Exception | bytes) -> None:
    """The same answer, however often it is asked."""

    class Always(list[httpx.Response | Exception | bytes]):
        def pop(self, _index: object = 0) -> httpx.Response | Exception | bytes:
            if isinstance(answer, httpx.Response):
                return httpx.Response(
                    answer.status_code, content=answer.content, headers=answer.headers, extensions=dict(answer.extensions)
                )
            return answer

    server.answers = Always()


def backed_up(folder: Path) -> None:
    """A backup is made, looked at, refused to a wrong passphrase, refused when damaged, and restored elsewhere."""
    medium = folder / "medium"
    medium.mkdir()
    with desk_in(folder, needs_approval=True) as (store, desk):
        packet_id = sealed(desk, Visit())
        store.registrations.record(packet_id, Event.REJECT, utc_now(), comment=PERSON.comment)
        half_typed = Visit("UPDATE").begin(desk, attendant())
        half_typed.fill_screen()
        half_typed.work.park()
        secret = Passphrase(BACKUP_PASSPHRASE)
        recipients = Recipients(secret, cost=CHEAP)
        archive = Backups(store, BackupMachine("desk-1", f"{CENTRE}_{MACHINE}"), machine_key(), utc_now, os.urandom)
        backup_desk = BackupDesk(archive, store.audits, attendant().writer, f"{CENTRE}_{MACHINE}", utc_now)
        path, report = backup_desk.make(medium, recipients)
        print(path, report, recipients, secret, inspect_backup(path))
    with open_store(folder / "restored" / "sealdesk.sqlite", machine_key(), os.urandom) as fresh:
        archive = Backups(fresh, BackupMachine("desk-1", f"{CENTRE}_{MACHINE}"), machine_key(), utc_now, os.urandom)
        refused(PassphraseWrongError, lambda: archive.restore(path, Passphrase(WRONG_PASSPHRASE)))
        damaged = medium / "damaged"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
        refused(CodedError, lambda: archive.restore(damaged, secret))
        print(archive.restore(path, secret))
        assert fresh.registrations.comment(packet_id) == PERSON.comment


def broken_files(folder: Path) -> None:
    """`sealdesk packet build` on registration files that are wrong, each where a mark stands."""
    outside = Path(SERVER["outside"])
    for name, change in {**broken(PERSON), "cut": None}.items():
        path = registration_file(outside / name, PERSON, change or (lambda _: None))
        if change is None:
            path.write_bytes(path.read_bytes()[:700])
        key = ("--certificate", str(CERTIFICATE), "--machine-key", f"software:{folder / 'machine'}")
        for more in ((), ("--json",)):
            with pytest.raises(SystemExit) as end:
                command(["packet", "build", str(path), *key, "--out", str(folder / "packets"), *more])
            assert end.value.code in (1, 2), name


SCENARIOS: Mapping[str, tuple[Scenario, int]] = {
    "sent": (sent, 0),
    "echoed": (echoed, 0),
    "backed-up": (backed_up, 0),
    "broken-files": (broken_files, 0),
}
"""By name: what is done, and how the process must end."""
