"""Composition root: the only place that makes the rooms' objects and joins them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app import __version__
from app.core import audits
from app.core.audits import AuditWriter
from app.core.backupreport import BackupMachine
from app.core.factors import SUPERVISOR
from app.core.retention import RetentionRule
from app.core.reviewing import UserDirectory
from app.core.transliteration import open_transliterator
from app.desk.backup import BackupDesk
from app.desk.errors import SupervisorNeededError
from app.desk.login import OperatorSession, log_in
from app.desk.registering.desk import Attendant, Country, RegistrationDesk
from app.desk.seal import Sealer
from app.desk.upload import BatchSizes, Dispatch
from app.server.certificates import Authorities, fetch_authorities, fetch_packet_certificate, pin_signing_certificate
from app.server.keycloak import KeycloakLogin, RealmAddress
from app.server.machines import verify_machine
from app.server.packets import PacketLine
from app.server.schema import PublishedSchema, fetch_id_schema
from app.server.transport import MosipServer, Timeouts
from app.settings import Settings
from app.store import preflight
from app.store.backup import Backups
from app.store.documents import DocumentKind
from app.store.localstore import LocalStore, open_store
from app.store.retention import Deleted, RetentionAudits
from packet.crypto.certificates import check_packet_certificate, load_certificate
from packet.errors import PacketError
from packet.keys.base import MachineKey
from packet.models import ClientInfo, Clock, Entropy


@dataclass(frozen=True, slots=True)
class StationConfig:
    """Who this machine is and whom it talks to.

    Attributes:
        machine_name: as registered; compared without regard to case.
        data_dir: holds the database; made private.
    """

    server_url: str
    realm: RealmAddress
    centre_id: str
    machine_id: str
    machine_name: str
    data_dir: Path
    settings: Settings = field(default_factory=Settings)

    @property
    def ref_id(self) -> str:
        """``<centre>_<machine>``."""
        return f"{self.centre_id}_{self.machine_id}"


class Station:
    """A registration machine at work: its database, its line to the server, its login service. Also a context manager.

    Args:
        machine_key: stays the caller's to close.

    Raises:
        packet.errors.CodedError: a subclass that says why the database or an address cannot be used.
    """

    def __init__(self, config: StationConfig, machine_key: MachineKey, clock: Clock, entropy: Entropy) -> None:
        self.config = config
        self._machine_key = machine_key
        self._clock = clock
        self._entropy = entropy
        settings = config.settings
        with ExitStack() as opened:
            timeouts = Timeouts(settings.connect_timeout_ms / 1000, settings.read_timeout_ms / 1000)
            self.server = MosipServer(config.server_url, version=__version__, clock=clock, timeouts=timeouts)
            opened.callback(self.server.close)
            self.store: LocalStore = open_store(config.data_dir / "sealdesk.sqlite", machine_key, entropy)
            opened.callback(self.store.close)
            self._login_service = self._make_login_service()
            self.server.signing_certificate = self._pinned()
            self._opened = opened.pop_all()

    def _make_login_service(self) -> KeycloakLogin:
        issuer = self.config.realm.issuer
        kept = self.store.documents.get(DocumentKind.TOKEN_KEYS, issuer)

        def keep(document: Mapping[str, Any]) -> None:
            self.store.documents.put(DocumentKind.TOKEN_KEYS, issuer, orjson.dumps(document), self._clock())

        known = None if kept is None else orjson.loads(kept)
        return KeycloakLogin(self.config.realm, self._clock, known_keys=known, on_keys=keep)

    def log_in(self, user_id: str, password: str) -> OperatorSession:
        """Logs an operator in. Raises as `app.desk.login.log_in`."""
        return log_in(self._login_service, user_id, password, self._clock)

    def pin_server(self, operator: OperatorSession) -> x509.Certificate:
        """Fetches the server's signing certificate and pins it, or checks it against the pinned one.

        Raises as `app.server.certificates.pin_signing_certificate`.
        """
        certificate = pin_signing_certificate(self.server, operator.access_token(), self._pinned(), self._clock())
        self._keep(DocumentKind.SIGNING_CERTIFICATE, self.config.server_url, certificate.public_bytes(Encoding.PEM))
        return certificate

    def _pinned(self) -> x509.Certificate | None:
        kept = self.store.documents.get(DocumentKind.SIGNING_CERTIFICATE, self.config.server_url)
        return None if kept is None else load_certificate(kept, "the pinned signing certificate")

    def verify_machine(self, operator: OperatorSession) -> str:
        """Asks the server whether it knows this machine. Raises as `app.server.machines.verify_machine`."""
        return verify_machine(self.server, operator.access_token(), self.config.machine_name, self._machine_key, self._clock)

    def fetch_authorities(self, operator: OperatorSession) -> Authorities:
        """Fetches and keeps the CA certificates. Raises as `app.server.certificates.fetch_authorities`."""
        authorities = fetch_authorities(self.server, operator.access_token())
        document = {
            domain: [certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in certificates]
            for domain, certificates in authorities.by_domain.items()
        }
        self._keep(DocumentKind.CA_CERTIFICATES, self.config.server_url, orjson.dumps(document))
        return authorities

    def fetch_schema(self, operator: OperatorSession) -> PublishedSchema:
        """Fetches and keeps the ID schema. Raises as `app.server.schema.fetch_id_schema`."""
        schema = fetch_id_schema(self.server, operator.access_token())
        self._keep(DocumentKind.ID_SCHEMA, str(schema.version), schema.text.encode())
        return schema

    def packet_certificates(self, operator: OperatorSession) -> PacketCertificates:
        """The packet certificates, kept or fetched with this operator's login."""
        return PacketCertificates(self, operator)

    def fetch_packet_certificate(self, operator: OperatorSession, ref_id: str) -> x509.Certificate:
        """Fetches and keeps a packet certificate. Raises as `app.server.certificates.fetch_packet_certificate`."""
        certificate = fetch_packet_certificate(self.server, operator.access_token(), ref_id, self._clock())
        self._keep(DocumentKind.PACKET_CERTIFICATE, ref_id, certificate.public_bytes(Encoding.PEM))
        return certificate

    def kept_packet_certificate(self, ref_id: str) -> x509.Certificate | None:
        """The kept one, if it can be used now."""
        kept = self.store.documents.get(DocumentKind.PACKET_CERTIFICATE, ref_id)
        if kept is None:
            return None
        try:
            certificate = load_certificate(kept, f"packet encryption for {ref_id}")
            check_packet_certificate(certificate, ref_id, self._clock())
        except PacketError:
            return None
        return certificate

    def registration_desk(self, operator: OperatorSession, country: Country, users: UserDirectory) -> RegistrationDesk:
        """A desk at which people are registered by the country's forms.

        Args:
            users: whom this machine knows.
        """
        return RegistrationDesk(
            centre_id=self.config.centre_id,
            machine_id=self.config.machine_id,
            client=ClientInfo(__version__),
            country=country,
            users=users,
            drafts=self.store.drafts,
            audits=self.store.audits,
            rid_counter=self.store.rid_sequence,
            sealer=self.sealer(),
            certificate=lambda: self.packet_certificates(operator).current(self.config.ref_id),
            check_ready=self.check_ready,
            transliterator=open_transliterator(),
            clock=self._clock,
            entropy=self._entropy,
        )

    def check_ready(self) -> None:
        """Raises unless a registration that begins now can be kept. Raises as `app.store.preflight.check`."""
        reserve_mb = self.config.settings.disk_reserve_mb
        preflight.check(self.store.database, self._clock(), self._entropy, reserve_mb=reserve_mb)

    def clean_up(self, operator: OperatorSession, draft_days: int) -> Deleted:
        """Deletes what the rule lets go: packets that the server has for good, abandoned drafts, carried audit rows.

        Raises as `app.store.retention.Retention.apply`.
        """
        settings, writer = self.config.settings, self.audit_writer(operator)
        rows = RetentionAudits(
            packet=lambda name: writer.about_registration(audits.PACKET_DELETED, name),
            draft=lambda name: writer.about_registration(audits.DRAFT_EXPIRED, name),
            trail=lambda _count: writer.about_machine(audits.AUDITS_DELETED),
        )
        rule = RetentionRule(settings.packet_days, settings.audit_days, draft_days)
        return self.store.retention.apply(rule, self._clock(), rows)

    def backups(self, operator: OperatorSession) -> BackupDesk:
        """Backs packets up and restores them; a supervisor's task.

        Raises:
            SupervisorNeededError: if the operator is no supervisor.
        """
        if SUPERVISOR not in operator.session.roles:
            raise SupervisorNeededError
        machine = BackupMachine(self.config.machine_name, self.config.ref_id)
        archive = Backups(self.store, machine, self._machine_key, self._clock, self._entropy)
        return BackupDesk(archive, self.store.audits, self.audit_writer(operator), self.config.ref_id, self._clock)

    def attendant(self, operator: OperatorSession) -> Attendant:
        """The logged-in operator as the one who sits at the desk."""
        session = operator.session
        return Attendant(session.user_id, operator.key, session.roles, self.audit_writer(operator))

    def audit_writer(self, operator: OperatorSession) -> AuditWriter:
        """Makes audit rows of this operator."""
        session = operator.session
        return AuditWriter(session.user_id, session.display_name, self.config.machine_name, self._clock)

    def sealer(self) -> Sealer:
        """Seals registrations into this machine's database."""
        return Sealer(
            machine_key=self._machine_key,
            archive=self.store.registrations,
            audits=self.store.audits,
            clock=self._clock,
            entropy=self._entropy,
            needs_approval=self.config.settings.needs_approval,
        )

    def dispatch(self, operator: OperatorSession) -> Dispatch:
        """Takes this machine's registrations to the server."""
        settings = self.config.settings
        return Dispatch(
            outbox=self.store.outbox,
            registrations=self.store.registrations,
            server=PacketLine(self.server, self._clock, self._entropy),
            tokens=operator,
            certificates=self.packet_certificates(operator),
            writer=self.audit_writer(operator),
            clock=self._clock,
            batches=BatchSizes(settings.sync_batch, settings.upload_batch, settings.status_batch),
        )

    def close(self) -> None:
        """Closes line and database. Safe to call twice."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _keep(self, kind: DocumentKind, reference: str, body: bytes) -> None:
        self.store.documents.put(kind, reference, body, self._clock())


@dataclass(frozen=True, slots=True)
class PacketCertificates:
    """Packet certificates (K11): the kept one as long as it is good, else a fetched one."""

    station: Station
    operator: OperatorSession

    def current(self, ref_id: str) -> x509.Certificate:
        """The kept certificate, or a fetched one. Raises as `Station.fetch_packet_certificate`."""
        return self.station.kept_packet_certificate(ref_id) or self.renew(ref_id)

    def renew(self, ref_id: str) -> x509.Certificate:
        """A fetched one. Raises as `Station.fetch_packet_certificate`."""
        return self.station.fetch_packet_certificate(self.operator, ref_id)
