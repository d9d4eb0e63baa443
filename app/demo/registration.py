"""One registration at the demonstration's desk: start, capture, document, confirm, seal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509

from app import __version__
from app.bootstrap import Station
from app.core.audits import CAPTURED, DOCUMENT_ADDED, LOGIN_PASSWORD, NEW_STARTED, OPERATOR_PASSWORD
from app.demo.journal import Journal
from app.demo.papers import specimen
from app.demo.person import Person, invent, values_for
from app.desk.capture import GROUPS, BiometricsDesk, find_device
from app.desk.enrol import new_registration_id
from app.desk.login import OperatorSession
from app.desk.seal import ConfirmedRegistration
from app.desk.slip import SlipText, render
from app.server.certificates import Authorities
from app.server.schema import PublishedSchema
from devices.client.scan import ScanResult, scan
from devices.client.session import CaptureSession
from devices.sbi.trust import DeviceTrust
from packet.models import (
    ClientInfo,
    Document,
    FieldBiometrics,
    Flow,
    Operator,
    PacketSpec,
    RegisteredDevice,
    RegistrationId,
    SealedPacket,
)

ENVIRONMENT = "Staging"


@dataclass(frozen=True, slots=True)
class RegistrationParts:
    """What was synchronised before.

    Attributes:
        certificate: K11.
        device_port: where the simulated devices listen.
    """

    authorities: Authorities
    schema: PublishedSchema
    certificate: x509.Certificate = field(repr=False)
    device_port: int


@dataclass(frozen=True, slots=True)
class _Collected:
    """What was collected of the person."""

    registration_id: RegistrationId
    person: Person
    document: Document
    biometrics: FieldBiometrics
    devices: tuple[RegisteredDevice, ...]


class Registration:
    """Takes one registration, writing every step down for the audit and into the journal."""

    def __init__(self, station: Station, operator: OperatorSession, parts: RegistrationParts, journal: Journal) -> None:
        self._station = station
        self._operator = operator
        self._parts = parts
        self._journal = journal
        self._writer = station.audit_writer(operator)

    def take(self, seed: int) -> SealedPacket:
        """Registers the invented person of a seed.

        Raises:
            packet.errors.CodedError: a subclass that names what failed; nothing of the person is left then.
        """
        config, audits = self._station.config, self._station.store.audits
        audits.add(self._writer.about_user(LOGIN_PASSWORD))
        with self._journal.step("Start a registration") as step:
            rid = new_registration_id(self._station.store.rid_sequence, config.centre_id, config.machine_id, _now)
            audits.add(self._writer.about_registration(NEW_STARTED, rid))
            step.detail = rid
        person = invent(seed)
        biometrics, devices = self._capture(rid)
        with self._journal.step("Add a document") as step:
            document = specimen(person.name)
            audits.add(self._writer.about_registration(DOCUMENT_ADDED, rid))
            step.size_bytes = len(document.content)
            step.detail = f"{document.category}, {document.format}"
        audits.add(self._writer.about_user(OPERATOR_PASSWORD))
        return self._seal(_Collected(rid, person, document, biometrics, devices))

    def _capture(self, rid: RegistrationId) -> tuple[FieldBiometrics, tuple[RegisteredDevice, ...]]:
        authorities = self._parts.authorities
        trust = DeviceTrust(device=authorities.store("DEVICE"), ftm=authorities.store("FTM"))
        with self._journal.step("Search for devices", "device, FTM") as step:
            found = scan(trust, _now, [self._parts.device_port])
            step.detail = ", ".join(sorted(device.digital_id.type for device in found.devices)) or "none"
        session = CaptureSession(trust, ENVIRONMENT, _now)
        desk = self._station.biometrics_desk(session)
        configured = tuple(attribute for group in GROUPS for attribute in group.attributes)
        for group in GROUPS:
            self._capture_group(desk, found, group.name, rid)
        return desk.biometrics(configured), session.devices

    def _capture_group(self, desk: BiometricsDesk, found: ScanResult, name: str, rid: RegistrationId) -> None:
        group = next(group for group in GROUPS if group.name == name)
        with self._journal.step(f"Capture the {name}", "device signs, FTM") as step:
            kept = desk.capture(find_device(found, group), group)
            self._station.store.audits.add(self._writer.about_registration(CAPTURED[name], rid))
            step.size_bytes = sum(len(capture.token.iso) for capture in kept)
            score = sum(capture.quality_score for capture in kept) / len(kept)
            step.detail = f"{len(kept)} captured, average score {score:.0f}"

    def _seal(self, collected: _Collected) -> SealedPacket:
        config = self._station.config
        slip = SlipText(config.centre_id, config.machine_id, "eng", collected.person.name)
        draft = ConfirmedRegistration(self._spec(collected), collected.person.contact, lambda packet: render(packet, slip))
        with self._journal.step("Seal the packet", "K10 signs, K11 encrypts") as step:
            packet = self._station.sealer().seal(draft, self._parts.certificate, self._writer)
            step.size_bytes = packet.size_bytes
            step.detail = packet.file_name
        return packet

    def _spec(self, collected: _Collected) -> PacketSpec:
        config, schema = self._station.config, self._parts.schema
        return PacketSpec(
            registration_id=collected.registration_id,
            process="NEW",
            flow=Flow.NEW,
            centre_id=config.centre_id,
            machine_id=config.machine_id,
            id_schema=schema.schema,
            id_schema_version=schema.version,
            demographics=values_for(collected.person, schema.schema),
            documents={"proofOfIdentity": collected.document},
            biometrics={"individualBiometrics": collected.biometrics},
            officer=Operator(self._operator.session.user_id, by_password=True),
            client=ClientInfo(__version__),
            audits=(),
            devices=collected.devices,
            consent=True,
        )


def _now() -> datetime:
    return datetime.now(UTC)
