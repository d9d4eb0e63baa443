"""Joining the sandbox's services: which exist, what each owns, which endpoints they serve."""

from __future__ import annotations

from contextlib import ExitStack

from starlette.applications import Starlette

from packet.verify import verify_packet
from sandbox.config import SandboxConfig
from sandbox.database import Database
from sandbox.directory import SandboxDirectory
from sandbox.keys.service import KeyService
from sandbox.masterdata import tables as masterdata_tables
from sandbox.masterdata.machines import Machines
from sandbox.masterdata.routes import MachineRoutes
from sandbox.partners.cacertificates import CaCertificates
from sandbox.partners.routes import PartnerRoutes
from sandbox.realm.lockout import Lockout
from sandbox.realm.login import Login
from sandbox.realm.routes import RealmRoutes
from sandbox.realm.sessions import Sessions
from sandbox.realm.signer import RealmSigner
from sandbox.realm.tokens import Tokens
from sandbox.realm.users import Users
from sandbox.regproc import tables as regproc_tables
from sandbox.regproc.inspection import InspectionRoutes
from sandbox.regproc.landingzone import LandingZone
from sandbox.regproc.objectstore import ObjectStore
from sandbox.regproc.receiver import Receiver
from sandbox.regproc.registrations import Registrations
from sandbox.regproc.statusroutes import StatusRoutes
from sandbox.regproc.synclist import SyncList
from sandbox.regproc.syncroutes import SyncRoutes
from sandbox.regproc.uploader import ACCOUNT, Uploader
from sandbox.regproc.validator import Validator
from sandbox.regproc.worker import Worker
from sandbox.syncdata.idschema import load_schema
from sandbox.syncdata.routes import SyncdataRoutes
from sandbox.web.application import Gate, application
from sandbox.web.bearer import Bearers


class Services:
    """Everything behind the port.

    Args:
        url: where the server will be reached; part of the tokens' issuer.

    Raises:
        StateDamagedError, IdSchemaUnusableError, PasswordWeakError, UserUnknownError: if the directory or the configuration
            is unusable.
    """

    def __init__(self, config: SandboxConfig, directory: SandboxDirectory, url: str) -> None:
        self._config = config
        self._directory = directory
        self._url = url
        clock = config.clock
        self.schema = load_schema(config.id_schema, config.id_schema_version, clock())
        self.users = Users(directory.root / "users.json", config.passwords, config.realm.password_min_chars)
        with ExitStack() as opened:
            self.keys = KeyService(directory.private("hsm1"), clock, allow_export=config.allow_key_export)
            opened.callback(self.keys.close)
            masterdata = Database(directory.root / "masterdata.sqlite", masterdata_tables.MIGRATIONS)
            opened.callback(masterdata.close)
            regproc = Database(directory.root / "regproc.sqlite", regproc_tables.MIGRATIONS)
            opened.callback(regproc.close)
            sessions = Sessions(directory.private("realm"), config.realm, clock)
            opened.callback(sessions.close)
            self.machines = Machines(masterdata, config.centre_id, config.first_machine_id, clock)
            self.ca_certificates = CaCertificates(masterdata, clock)
            self.synced = SyncList(regproc)
            self.registrations = Registrations(regproc, clock)
            self.landing_zone = LandingZone(directory.root / "landing-zone")
            self.objects = ObjectStore(directory.root / "objects", ACCOUNT)
            self.worker = self._worker()
            opened.callback(self.worker.stop)
            self.realm = self._realm(sessions)
            self._opened = opened.pop_all()

    @property
    def issuer(self) -> str:
        """The ``iss`` claim."""
        return self.realm.issuer

    def application(self) -> Starlette:
        """The HTTP application over all services."""
        clock = self._config.clock
        tokens = self.realm.login.tokens
        bearers = Bearers(tokens, self._config.realm, self._directory.admin_secret())
        receiver = Receiver(
            synced=self.synced,
            registrations=self.registrations,
            landing_zone=self.landing_zone,
            packet_max_bytes=self._config.packet_max_bytes,
            received=self.worker.wake,
            clock=clock,
        )
        syncdata = SyncdataRoutes(self.keys, self.machines, self.ca_certificates, self.schema, clock)
        endpoints = [
            *self.realm.endpoints(),
            *MachineRoutes(self.machines, clock).endpoints(),
            *PartnerRoutes(self.ca_certificates, clock).endpoints(),
            *syncdata.endpoints(),
            *SyncRoutes(self.keys, self.synced, clock).endpoints(),
            *receiver.endpoints(),
            *StatusRoutes(self.synced, self.registrations, clock).endpoints(),
            *InspectionRoutes(self.synced, self.registrations, clock).endpoints(),
        ]
        return application(endpoints, Gate(bearers, self.keys, clock))

    def close(self) -> None:
        """Stops the worker and closes all files. Safe to call twice."""
        self._opened.close()

    def _worker(self) -> Worker:
        clock = self._config.clock
        validator = Validator(
            verify=verify_packet,
            keys=self.keys,
            machines=self.machines,
            ca_certificates=self.ca_certificates,
            schema=self.schema,
            packet_max_bytes=self._config.packet_max_bytes,
            clock=clock,
        )
        uploader = Uploader(self.landing_zone, self.objects, self.registrations, self.keys, clock)
        return Worker(self.synced, self.registrations, self.landing_zone, uploader, validator)

    def _realm(self, sessions: Sessions) -> RealmRoutes:
        settings, clock = self._config.realm, self._config.clock
        signer = RealmSigner(self._directory.private("realm"))
        issuer = f"{self._url}/auth/realms/{settings.name}"
        login = Login(
            settings=settings,
            users=self.users,
            lockout=Lockout(settings, clock),
            sessions=sessions,
            tokens=Tokens(signer, settings, issuer, clock),
        )
        return RealmRoutes(self._url, settings.name, login, signer)
