"""packet_meta_info.json and audit.json: who registered whom, where, when, with which devices.

One map of keys serves all three sub-packets; each adds its own hash sequences and, as the sub-packets are built one after the
other, the type codes of the documents so far. Key and label names, their order, and their odd spellings (``birindex``,
``geoLoclongitude``) are those that MOSIP's server looks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import orjson

from packet.bioattributes import FACTS
from packet.cbeff import CbeffFile
from packet.encoding import compact_seconds, iso_millis
from packet.errors import UnusableInputError
from packet.idobject import wrap
from packet.models import AuditEntry, FieldBiometrics, Json, Operator, PacketSpec, RegisteredDevice

OFFICER_FILE: Final = "officer_bio_cbeff"
SUPERVISOR_FILE: Final = "supervisor_bio_cbeff"

RESERVED_KEYS: Final = frozenset(
    (
        "registrationId",
        "creationDate",
        "metaData",
        "operationsData",
        "biometrics",
        "exceptionBiometrics",
        "documents",
        "capturedRegisteredDevices",
        "capturedNonRegisteredDevices",
        "checkSum",
        "blockListedWords",
        "geoLocLatitude",
        "geoLoclongitude",
        "hashSequence1",
        "hashSequence2",
        f"{OFFICER_FILE}BiometricFileName",
        f"{SUPERVISOR_FILE}BiometricFileName",
    )
)
"""Keys of the map itself. A document field of such a name would overwrite one with its type code."""


class AuditsMissingError(UnusableInputError):
    """There is no audit row to put into the packet; a server refuses a packet without."""

    code = "PACKET-AUDITS-MISSING"
    sentence = "The packet has no audit entries."
    next_step = "Give the audit entries since the last packet; the registration itself makes some."


class MetaTextError(UnusableInputError):
    """A text of the meta information or audit cannot be written as UTF-8."""

    code = "PACKET-META-TEXT"
    sentence = "A text of {file} holds characters that are none."
    next_step = "Correct the reason, description or name that was entered."


def base_map(
    spec: PacketSpec,
    created_at: datetime,
    machine_key_index: str,
    *,
    biometric_files: Mapping[str, CbeffFile],
    operator_files: Mapping[str, CbeffFile],
    with_consent: bool,
) -> dict[str, Json]:
    """The keys that all three sub-packets share.

    Args:
        created_at: start of packet creation; all time checks of a server use this instant.
        machine_key_index: fingerprint of the registered encryption key.
        biometric_files: biometrics field to its CBEFF file.
        operator_files: `OFFICER_FILE` and `SUPERVISOR_FILE`, as far as they exist.
        with_consent: whether the label ``consentOfApplicant`` is written (1.2) or not (1.3).
    """
    meta: dict[str, Json] = {
        "registrationId": spec.registration_id,
        "creationDate": iso_millis(created_at),
        "metaData": _labels(_meta_data(spec, created_at, machine_key_index, with_consent)),
        "operationsData": _labels(_operations_data(spec, operator_files)),
        "biometrics": {
            name: _captured(spec.biometrics[name], file) for name, file in biometric_files.items() if _has_capture(file)
        },
        "exceptionBiometrics": {name: _exceptions(value) for name, value in spec.biometrics.items() if value.exceptions},
        "documents": [
            {
                "documentType": document.type_code,
                "documentCategory": document.category,
                "documentOwner": document.owner,
                "documentName": f"{document.category}_{document.type_code}",
                "refNumber": document.ref_number or None,
            }
            for document in spec.documents.values()
        ],
        "capturedRegisteredDevices": [_device(device) for device in spec.devices],
        "checkSum": dict(spec.client.checksums),
        "blockListedWords": {
            field: {
                "screenName": found.screen_name,
                "words": list(found.words),
                "operatorConsent": found.operator_consent,
                "operatorId": found.operator_id,
            }
            for field, found in spec.block_listed_words.items()
        },
    }
    if spec.geo is not None:
        meta["geoLocLatitude"] = spec.geo.latitude
        meta["geoLoclongitude"] = spec.geo.longitude
    return meta


def operator_keys(operator_files: Mapping[str, CbeffFile]) -> dict[str, Json]:
    """The keys that name the operators' files, in the id sub-packet only."""
    return {f"{name}BiometricFileName": f"{name}.xml" for name in operator_files}


def audit_text(audits: Sequence[AuditEntry]) -> bytes:
    """audit.json: the entries in the order of their ``actionTimeStamp``.

    Raises:
        AuditsMissingError: if there are none.
        MetaTextError: if a text of them is not Unicode.
    """
    if not audits:
        raise AuditsMissingError()
    return encode_pretty(audit_rows(audits), "audit.json")


def audit_rows(audits: Sequence[AuditEntry]) -> list[Mapping[str, Json]]:
    """The entries as flat maps with MOSIP's 18 keys, ordered by ``actionTimeStamp``."""
    return [_audit_row(entry) for entry in sorted(audits, key=lambda entry: entry.action_time_stamp)]


def wrap_checked(meta: Mapping[str, Json], file: str) -> bytes:
    """Bytes of packet_meta_info.json.

    Raises:
        MetaTextError: if a text in it is not Unicode.
    """
    try:
        return wrap(meta)
    except orjson.JSONEncodeError as error:
        raise MetaTextError(file=file) from error


def encode_pretty(value: Json, file: str) -> bytes:
    """Indented JSON.

    Raises:
        MetaTextError: if a text in it is not Unicode.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except orjson.JSONEncodeError as error:
        raise MetaTextError(file=file) from error


def _labels(values: Mapping[str, str | None]) -> Json:
    return [{"label": label, "value": value} for label, value in values.items()]


def _meta_data(spec: PacketSpec, created_at: datetime, machine_key_index: str, with_consent: bool) -> dict[str, str | None]:
    labels: dict[str, str | None] = {
        "registrationId": spec.registration_id,
        "applicationId": spec.registration_id,
        "creationDate": compact_seconds(created_at),
        "Registration Client Version Number": spec.client.version,
        "registrationType": spec.flow.value,
        "preRegistrationId": spec.pre_registration_id,
        "machineId": spec.machine_id,
        "centerId": spec.centre_id,
        "dongleId": spec.client.machine_serial_no,
        "keyIndex": machine_key_index,
        "langCodes": ",".join(spec.lang_codes),
    }
    if with_consent:
        labels["consentOfApplicant"] = {True: "Yes", False: "No", None: None}[spec.consent]
    if spec.geo is not None:
        # The reference client writes coordinates as keys of the map, the server looks for labels: both get theirs.
        labels["geoLocLatitude"] = spec.geo.latitude
        labels["geoLoclongitude"] = spec.geo.longitude
    return labels


def _operations_data(spec: PacketSpec, operator_files: Mapping[str, CbeffFile]) -> dict[str, str | None]:
    officer, supervisor = spec.officer, spec.supervisor
    return {
        "officerId": officer.user_id,
        "officerBiometricFileName": OFFICER_FILE if OFFICER_FILE in operator_files else None,
        "supervisorId": None if supervisor is None else supervisor.user_id,
        "supervisorBiometricFileName": SUPERVISOR_FILE if SUPERVISOR_FILE in operator_files else None,
        "supervisorPassword": _flag(supervisor is not None and supervisor.by_password),
        "officerPassword": _flag(officer.by_password),
        "supervisorPIN": None,
        "officerPIN": None,
        "supervisorOTPAuthentication": _flag(supervisor is not None and supervisor.by_otp),
        "officerOTPAuthentication": _flag(officer.by_otp),
    }


def operators(spec: PacketSpec) -> list[tuple[str, Operator]]:
    """The operators of a packet, each with the name of their file."""
    found = [(OFFICER_FILE, spec.officer)]
    return found if spec.supervisor is None else [*found, (SUPERVISOR_FILE, spec.supervisor)]


def _flag(is_set: bool) -> str:
    return "true" if is_set else "false"


def _has_capture(file: CbeffFile) -> bool:
    return any(not bir.is_exception for bir in file.birs)


def _captured(biometrics: FieldBiometrics, file: CbeffFile) -> Json:
    captures = {capture.attribute: capture for capture in biometrics.captured}
    return {
        bir.attribute.value: {
            "numRetry": captures[bir.attribute].attempts,
            "forceCaptured": captures[bir.attribute].forced,
            "birindex": bir.index,
        }
        for bir in file.birs
        if not bir.is_exception
    }


def _exceptions(biometrics: FieldBiometrics) -> Json:
    return {
        exception.attribute.value: {
            "type": FACTS[exception.attribute].modality.value,
            "missingBiometric": exception.attribute.value,
            "reason": exception.reason,
            "exceptionType": exception.exception_type.value,
            "individualType": biometrics.individual_type,
        }
        for exception in biometrics.exceptions
    }


def _device(device: RegisteredDevice) -> Json:
    digital_id = device.digital_id
    return {
        "deviceCode": device.device_code,
        "deviceServiceVersion": device.device_service_version,
        "digitalId": {
            "serialNo": digital_id.serial_no,
            "make": digital_id.make,
            "model": digital_id.model,
            "type": digital_id.type,
            "deviceSubType": digital_id.device_sub_type,
            "deviceProviderId": digital_id.device_provider_id,
            "deviceProvider": digital_id.device_provider,
            "dateTime": digital_id.date_time,
        },
    }


def _audit_row(entry: AuditEntry) -> Mapping[str, Json]:
    return {
        "uuid": entry.uuid,
        "createdAt": iso_millis(entry.created_at),
        "eventId": entry.event_id,
        "eventName": entry.event_name,
        "eventType": entry.event_type,
        "hostName": entry.host_name,
        "hostIp": entry.host_ip,
        "applicationId": entry.application_id,
        "applicationName": entry.application_name,
        "sessionUserId": entry.session_user_id,
        "sessionUserName": entry.session_user_name,
        "id": entry.id,
        "idType": entry.id_type,
        "createdBy": entry.created_by,
        "moduleName": entry.module_name,
        "moduleId": entry.module_id,
        "description": entry.description,
        "actionTimeStamp": iso_millis(entry.action_time_stamp),
    }
