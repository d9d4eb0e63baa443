"""Reading REGISTRATION.json: from a file and the files beside it to a `packet.models.PacketSpec`.

Everything the file names lies in its own folder or below. What is wrong is named with its place in the file, never with its
value, since the values are a person's.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

import orjson
from pydantic import ValidationError

from packet.capturefile import CaptureDetails, ReadCapture, read_capture
from packet.encoding import b64std_decode
from packet.errors import UnusableInputError
from packet.files import FileNotReadableError, FileOverLimitError, read_file, read_inside
from packet.models import (
    AuditEntry,
    BiometricException,
    BlockListedWords,
    CapturedBiometric,
    ClientInfo,
    Document,
    FieldBiometrics,
    GeoLocation,
    Json,
    Operator,
    PacketSpec,
    RegisteredDevice,
    RegistrationId,
)
from packet.registrationfaults import first_fault, shown_key
from packet.registrationmodel import (
    AuditInput,
    BiometricsInput,
    CaptureInput,
    DocumentInput,
    OperatorInput,
    RegistrationInput,
)
from packet.rules.judging import as_map

FILE_MAX_BYTES: Final = 64 * 1024 * 1024
DOCUMENT_MAX_BYTES: Final = 8 * 1024 * 1024
CAPTURE_MAX_BYTES: Final = 32 * 1024 * 1024
SCHEMA_MAX_BYTES: Final = 4 * 1024 * 1024
_AUDIT_NAMESPACE: Final = uuid.UUID("6f0f2d4e-4a4e-5a6c-9a1b-1f0c3d5e7a90")


class RegistrationFileInvalidError(UnusableInputError):
    """A registration file does not have the form that it must have."""

    code = "PACKET-REGISTRATION-FILE"
    sentence = "The registration file is not valid at {where}: {why} (number of problems: {count})."
    next_step = "Correct the file. Its format is described by resources/schema/registration.schema.json."


class DocumentNotBase64Error(UnusableInputError):
    """A document's inline content is not standard base64."""

    code = "PACKET-DOCUMENT-BASE64"
    sentence = "The content of the document in field {field} is not standard base64 with padding."
    next_step = "Encode the document again, or name a file."


@dataclass(frozen=True, slots=True)
class LoadedRegistration:
    """What a registration file holds.

    Attributes:
        creation_date: the instant that the file fixes as now; None if the packet is to be created now.
    """

    spec: PacketSpec = field(repr=False)
    creation_date: datetime | None


def load_registration(path: Path) -> LoadedRegistration:
    """Reads a registration file and all files that it names.

    Raises:
        RegistrationFileInvalidError: if the file is not of the documented form.
        FileNotReadableError, FileOverLimitError, PathOutsideError: for a file that cannot be read or must not.
        DocumentNotBase64Error: for inline content that is not base64.
        PacketError: a subclass that names what is wrong with a capture, as `packet.capturefile.read_capture`.
    """
    return read_registration(read_file(path, FILE_MAX_BYTES), path.parent)


def read_registration(text: bytes, folder: Path) -> LoadedRegistration:
    """Reads the content of a registration file whose relative paths start in a folder. Raises as `load_registration`."""
    return _Reader(_parse(text), folder).read()


def _parse(text: bytes) -> RegistrationInput:
    try:
        json.loads(text, object_pairs_hook=_no_doubles)
        return RegistrationInput.model_validate_json(text)
    except ValidationError as error:
        fault = first_fault(error, text)
        raise RegistrationFileInvalidError(where=fault.where, why=fault.why, count=fault.count) from None
    except RecursionError as error:
        raise RegistrationFileInvalidError(where="its top", why="it is nested too deeply", count=1) from error
    except _DoubledKeyError as error:
        raise RegistrationFileInvalidError(where=error.key, why="the key occurs twice", count=1) from None
    except ValueError as error:
        raise RegistrationFileInvalidError(where="its top", why="it is no JSON in UTF-8", count=1) from error


class _DoubledKeyError(ValueError):
    def __init__(self, key: str) -> None:
        self.key = shown_key(key)
        super().__init__()


def _no_doubles(pairs: list[tuple[str, object]]) -> None:
    """JSON leaves open which of two equal keys counts; a registration must not."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _DoubledKeyError(key)
        seen.add(key)


def _refuse_odd_names(given: RegistrationInput, id_schema: Mapping[str, Json]) -> None:
    """Field names that the ID schema does not have are named by the builder; not such as could be a person's."""
    known = as_map(as_map(as_map(id_schema.get("properties")).get("identity")).get("properties"))
    groups: dict[str, Collection[str]] = {
        "demographics": given.demographics,
        "documents": given.documents,
        "biometrics": given.biometrics,
    }
    for group, fields in groups.items():
        for name in fields:
            shown = shown_key(name)
            if shown != name and name not in known:
                raise RegistrationFileInvalidError(where=f"{group}/{shown}", why="the ID schema has no such field", count=1)


class _Reader:
    """Turns one registration into a `PacketSpec`, collecting the devices of its captures."""

    def __init__(self, given: RegistrationInput, folder: Path) -> None:
        self._given = given
        self._folder = folder
        self._devices: dict[tuple[str, str], RegisteredDevice] = {}

    def read(self) -> LoadedRegistration:
        given = self._given
        id_schema = self._id_schema()
        _refuse_odd_names(given, id_schema)
        biometrics = {name: self._biometrics(name, value) for name, value in given.biometrics.items()}
        officer = self._operator("officer", given.officer)
        supervisor = None if given.supervisor is None else self._operator("supervisor", given.supervisor)
        spec = PacketSpec(
            registration_id=RegistrationId(given.registration_id),
            process=given.process,
            flow=given.flow,
            centre_id=given.centre_id,
            machine_id=given.machine_id,
            id_schema=id_schema,
            id_schema_version=given.id_schema_version,
            demographics=self._demographics(),
            documents={name: self._document(name, value) for name, value in given.documents.items()},
            biometrics=biometrics,
            officer=officer,
            client=ClientInfo(given.client.version, given.client.machine_serial_no, given.client.checksums),
            audits=tuple(self._audit(number, value) for number, value in enumerate(given.audits)),
            supervisor=supervisor,
            devices=tuple(self._devices.values()),
            lang_codes=given.lang_codes,
            consent=given.consent,
            pre_registration_id=given.pre_registration_id,
            additional_info_request_id=given.additional_info_request_id,
            update_fields=None if given.update_fields is None else frozenset(given.update_fields),
            block_listed_words={
                name: BlockListedWords(value.screen_name, value.words, value.operator_consent, value.operator_id)
                for name, value in given.block_listed_words.items()
            },
            geo=None if given.geo is None else GeoLocation(given.geo.latitude, given.geo.longitude),
        )
        created = given.creation_date
        return LoadedRegistration(spec, None if created is None else created.astimezone(UTC))

    def _file(self, name: str, where: str, limit_bytes: int) -> bytes:
        """A file beside the registration; an error tells which entry names it, for the name could be a person's."""
        try:
            return read_inside(self._folder, name, where, limit_bytes)
        except (FileNotReadableError, FileOverLimitError) as error:
            raise type(error)(**(error.params | {"path": f"The file of {where}"})) from None

    def _id_schema(self) -> Mapping[str, Json]:
        name = self._given.id_schema
        if name is None:
            return demo_id_schema()
        try:
            schema = orjson.loads(self._file(name, "idSchema", SCHEMA_MAX_BYTES))
        except orjson.JSONDecodeError as error:
            raise RegistrationFileInvalidError(where="idSchema", why="the file is no JSON", count=1) from error
        if not isinstance(schema, dict):
            raise RegistrationFileInvalidError(where="idSchema", why="the file holds no object", count=1)
        return schema

    def _demographics(self) -> dict[str, Json]:
        plain: Mapping[str, Json] = self._given.model_dump(mode="json", include={"demographics"})["demographics"]
        return dict(plain)

    def _document(self, name: str, given: DocumentInput) -> Document:
        if given.file is not None:
            content = self._file(given.file, f"documents/{shown_key(name)}", DOCUMENT_MAX_BYTES)
        else:
            try:
                content = b64std_decode(given.content or "")
            except ValueError as error:
                raise DocumentNotBase64Error(field=shown_key(name)) from error
        return Document(given.category, given.type_code, given.format, content, given.ref_number, given.owner)

    def _biometrics(self, name: str, given: BiometricsInput) -> FieldBiometrics:
        return FieldBiometrics(
            configured=given.configured,
            captured=tuple(self._capture(f"biometrics/{shown_key(name)}", capture) for capture in given.captured),
            exceptions=tuple(BiometricException(e.attribute, e.exception_type, e.reason) for e in given.exceptions),
            individual_type=given.individual_type,
        )

    def _operator(self, role: str, given: OperatorInput) -> Operator:
        captures = tuple(self._capture(f"{role}/biometrics", capture) for capture in given.biometrics)
        return Operator(given.user_id, given.by_password, given.by_otp, captures)

    def _capture(self, where: str, given: CaptureInput) -> CapturedBiometric:
        if given.file is not None:
            data = self._file(given.file, f"{where}/{given.attribute.value}", CAPTURE_MAX_BYTES)
            token = data.decode("ascii", "replace")
        else:
            token = given.data or ""
        details = CaptureDetails(given.attempts, given.forced, given.sdk_score, given.spec_version)
        read: ReadCapture = read_capture(token, given.attribute, details)
        self._devices.setdefault((read.device.device_code, read.device.digital_id.serial_no), read.device)
        return read.biometric

    def _audit(self, number: int, given: AuditInput) -> AuditEntry:
        officer = self._given.officer.user_id
        user_id = given.session_user_id or officer
        return AuditEntry(
            uuid=given.uuid or str(uuid.uuid5(_AUDIT_NAMESPACE, f"{self._given.registration_id}/{number}")),
            created_at=given.created_at or given.action_time_stamp,
            event_id=given.event_id,
            event_name=given.event_name,
            event_type=given.event_type,
            host_name=given.host_name,
            host_ip=given.host_ip,
            session_user_id=user_id,
            session_user_name=given.session_user_name or user_id,
            id=given.id or self._given.registration_id,
            id_type=given.id_type,
            created_by=given.created_by or officer,
            module_name=given.module_name,
            module_id=given.module_id,
            description=given.description,
            action_time_stamp=given.action_time_stamp,
        )


def demo_id_schema() -> Mapping[str, Json]:
    """The ID schema of the demo country, version 0.1."""
    schema: Mapping[str, Json] = orjson.loads(files("resources").joinpath("schema", "id-schema.json").read_bytes())
    return schema
