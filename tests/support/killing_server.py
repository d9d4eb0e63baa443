"""The server's side of the story: what it was told, what it has, and whether it fits what the desk believes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from app.core.lifecycle import FINISHED, ClientStatus
from app.core.registration import Decision, RegistrationRecord
from packet.models import PacketId
from sandbox import Sandbox, SandboxConfig
from sandbox.config import RealmSettings
from tests.support.clerk import CENTRE, MACHINE, utc_now
from tests.support.devicelab import lab_certificate
from tests.support.killing_enrolment import CORRECTION
from tests.support.killing_life import Bench
from tests.support.killing_line import BadLine
from tests.support.killing_look import SeenPacket
from tests.support.sandbox_client import PASSWORDS, SandboxClient
from tests.support.specs import machine_key

REF_ID = f"{CENTRE}_{MACHINE}"
_HERE = frozenset({ClientStatus.REGISTERED, ClientStatus.APPROVED, ClientStatus.REJECTED})
_YEARS_S = 10 * 365 * 86_400


class AheadClock:
    """The machine's clock and some more."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass(frozen=True)
class Received:
    """A packet's rows at the server.

    Attributes:
        status: None before the upload.
    """

    sha256: str
    stage: str | None
    status: str | None


class Processor:
    """A sandbox with this machine registered, behind a bad line. Also a context manager."""

    def __init__(self, folder: Path) -> None:
        self.clock = AheadClock()
        self._config = SandboxConfig(
            directory=folder,
            first_machine_id=MACHINE,
            passwords=PASSWORDS,
            clock=self.clock,
            allow_key_export=True,
            realm=RealmSettings(access_token_s=_YEARS_S, session_idle_s=_YEARS_S, session_max_s=_YEARS_S),
        )
        self.sandbox = Sandbox(self._config)

    def __enter__(self) -> Self:
        self.sandbox.start()
        self.line = BadLine(int(self.sandbox.url.rpartition(":")[2]))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.line.close()
        self.sandbox.stop()

    def bench(self, folder: Path) -> Bench:
        """Registers the machine and its devices' makers; what a worker needs to know."""
        with SandboxClient(self.sandbox, self.clock) as client:
            assert client.login().register("desk-1", machine_key()).json()["response"]["id"] == MACHINE
            for role in ("device-root", "device-provider"):
                pem = lab_certificate(role).public_bytes(Encoding.PEM).decode()
                assert client.upload_ca(pem).json()["errors"] is None
            packet, signing = client.certificate("REGISTRATION", REF_ID), client.certificate("KERNEL", "SIGN")
            return Bench(
                folder=str(folder),
                url=self.line.url,
                token=client.token,
                signing=signing.public_bytes(Encoding.PEM).decode(),
                packet=packet.public_bytes(Encoding.PEM).decode(),
            )

    @property
    def key(self) -> RSAPrivateKey:
        """Opens the packets of this machine."""
        key = load_pem_private_key(self.sandbox.export_packet_key(REF_ID), None)
        assert isinstance(key, RSAPrivateKey)
        return key

    def received(self) -> dict[PacketId, Received]:
        """Everything that was announced, and what came of it."""
        with closing(sqlite3.connect(self.sandbox.directory / "regproc.sqlite")) as connection:
            rows = connection.execute(
                "SELECT l.packet_id, packet_hash_value, latest_trn_type_code, status_code"
                " FROM registration_list l LEFT JOIN registration r USING (packet_id)"
            ).fetchall()
        return {PacketId(packet_id): Received(*rest) for packet_id, *rest in rows}

    def check(self, records: Mapping[PacketId, RegistrationRecord]) -> None:
        """What the desk believes of the server is so, and the server has nothing that the desk does not know."""
        received = self.received()
        for packet_id, found in received.items():
            record = records[packet_id]
            assert record.packet_sha256 == found.sha256, "the server was told of another packet"
            if found.status is not None:
                assert record.state.client not in _HERE, "uploaded before the announcement was written down"
        for record in records.values():
            at_server = received.get(record.packet_id)
            if record.state.client not in _HERE:
                assert at_server is not None, "announced, the desk believes; the server knows nothing"
            if record.state.client in (ClientStatus.PUSHED, ClientStatus.DELETED):
                assert at_server is not None
                assert at_server.status is not None, "the server lost a packet"
            if record.state.client is ClientStatus.DELETED:
                assert at_server is not None
                assert at_server.stage == "VALIDATE_PACKET", "deleted before the server had it for good"

    def check_at_the_end(self, records: Mapping[PacketId, RegistrationRecord], packets: Mapping[PacketId, SeenPacket]) -> None:
        """Each packet went through the verifier, and its parts lie at the server byte for byte as they were sealed."""
        assert self.sandbox.wait_idle(60)
        received = self.received()
        assert received.keys() == records.keys()
        root = self.sandbox.directory / "objects" / "PACKET_MANAGER_ACCOUNT"
        with SandboxClient(self.sandbox, self.clock) as client:
            for packet_id, record in records.items():
                assert record.state.server in FINISHED, record.state
                seen = client.inspect(packet_id)
                if record.decision is Decision.REJECTED:
                    assert [failure["check"] for failure in seen["failures"]] == ["validator.supervisor"]
                else:
                    assert (seen["status"], seen["failures"]) == ("PROCESSED", [])
                iteration = "*" if record.process == CORRECTION else ""
                for kind, body in packets[packet_id].objects.items():
                    pattern = f"{record.process}{'-' if iteration else ''}{iteration}/{record.registration_id}_{kind}"
                    found = list((root / record.registration_id / "REGISTRATION_CLIENT").glob(pattern))
                    assert [path.read_bytes() for path in found] == [body]
