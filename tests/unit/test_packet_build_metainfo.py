"""packet_meta_info.json and audit.json: keys, labels and orders that servers look for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from packet import metainfo
from packet.builder import build
from packet.buildoptions import BuildOptions
from packet.metainfo import AuditsMissingError, MetaTextError
from packet.models import (
    BioAttribute,
    BiometricException,
    ExceptionType,
    FieldBiometrics,
    GeoLocation,
    Operator,
    PacketSpec,
)
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.packetopener import OpenPacket, open_packet
from tests.support.specs import (
    CAPTURED_AT,
    audit,
    counting_entropy,
    document,
    lab,
    machine_key,
    new_spec,
    ticking_clock,
)


def sealed(spec: PacketSpec, options: BuildOptions | None = None) -> OpenPacket:
    packet = build(
        spec,
        machine_key=machine_key(),
        certificate=lab_certificate("packet"),
        clock=ticking_clock(),
        entropy=counting_entropy(),
        options=options or BuildOptions(),
    )
    return open_packet(packet, lab_key("packet"))


def meta_of(spec: PacketSpec, options: BuildOptions | None = None, part: str = "id") -> dict[str, Any]:
    return sealed(spec, options).subs[part].json("packet_meta_info.json")


def labels(meta: dict[str, Any], key: str) -> dict[str, str | None]:
    return {item["label"]: item["value"] for item in meta[key]}


def test_meta_data_labels_in_order() -> None:
    meta = meta_of(new_spec(pre_registration_id="12345678901234", lang_codes=("eng", "fra")))
    assert list(labels(meta, "metaData").items()) == [
        ("registrationId", "10001100770000120250602092000"),
        ("applicationId", "10001100770000120250602092000"),
        ("creationDate", "20250602093015"),
        ("Registration Client Version Number", "1.2.0.2"),
        ("registrationType", "NEW"),
        ("preRegistrationId", "12345678901234"),
        ("machineId", "10077"),
        ("centerId", "10001"),
        ("dongleId", "SERIAL-1"),
        ("keyIndex", labels(meta, "metaData")["keyIndex"]),
        ("langCodes", "eng,fra"),
        ("consentOfApplicant", "Yes"),
    ]
    assert meta["creationDate"] == "2025-06-02T09:30:15.123Z"


@pytest.mark.parametrize(("consent", "text"), [(True, "Yes"), (False, "No"), (None, None)])
def test_consent_label(consent: bool | None, text: str | None) -> None:
    assert labels(meta_of(new_spec(consent=consent)), "metaData")["consentOfApplicant"] == text


def test_consent_label_can_be_left_out_as_in_1_3() -> None:
    meta = meta_of(new_spec(), BuildOptions(with_consent_label=False))
    assert "consentOfApplicant" not in labels(meta, "metaData")


def test_operations_labels_in_order() -> None:
    meta = meta_of(new_spec(supervisor=Operator("110002", by_otp=True)))
    assert list(labels(meta, "operationsData").items()) == [
        ("officerId", "110001"),
        ("officerBiometricFileName", None),
        ("supervisorId", "110002"),
        ("supervisorBiometricFileName", None),
        ("supervisorPassword", "false"),
        ("officerPassword", "true"),
        ("supervisorPIN", None),
        ("officerPIN", None),
        ("supervisorOTPAuthentication", "true"),
        ("officerOTPAuthentication", "false"),
    ]


def test_without_a_supervisor_the_id_is_null() -> None:
    operations = labels(meta_of(new_spec()), "operationsData")
    assert operations["supervisorId"] is None
    assert operations["supervisorPassword"] == "false"


def test_operators_biometrics_are_in_the_id_sub_packet_only() -> None:
    captures = lab().captured_all([BioAttribute.FACE])
    spec = new_spec(officer=Operator("110001", biometrics=captures), supervisor=Operator("110002", biometrics=captures))
    opened = sealed(spec)
    meta = opened.subs["id"].json("packet_meta_info.json")
    assert meta["officer_bio_cbeffBiometricFileName"] == "officer_bio_cbeff.xml"
    assert meta["supervisor_bio_cbeffBiometricFileName"] == "supervisor_bio_cbeff.xml"
    assert labels(meta, "operationsData")["officerBiometricFileName"] == "officer_bio_cbeff"
    assert labels(meta, "operationsData")["supervisorBiometricFileName"] == "supervisor_bio_cbeff"
    others = ["officer_bio_cbeff", "supervisor_bio_cbeff", "audit"]
    assert meta["hashSequence2"] == [{"label": "otherFiles", "value": others}]
    for part in ("evidence", "optional"):
        other = opened.subs[part].json("packet_meta_info.json")
        assert not {key for key in other if key.endswith("BiometricFileName") or key == "hashSequence2"}
        assert "officer_bio_cbeff.xml" not in opened.subs[part].entries


def test_birindex_refers_to_the_record() -> None:
    opened = sealed(new_spec()).subs["id"]
    listed = opened.json("packet_meta_info.json")["biometrics"]["individualBiometrics"]
    assert list(listed) == ["leftIndex", "face"]
    for entry in listed.values():
        assert f"<Index>{entry['birindex']}</Index>".encode() in opened.entries["individualBiometrics_bio_CBEFF.xml"]


def test_exceptions_are_described() -> None:
    exceptions = (BiometricException(BioAttribute.LEFT_EYE, ExceptionType.TEMPORARY, "bandage"),)
    attributes = (BioAttribute.LEFT_INDEX, BioAttribute.LEFT_EYE)
    field = FieldBiometrics(attributes, lab().captured_all(attributes[:1]), exceptions, "introducer")
    meta = meta_of(new_spec(biometrics={"individualBiometrics": field}))
    assert meta["exceptionBiometrics"] == {
        "individualBiometrics": {
            "leftEye": {
                "type": "Iris",
                "missingBiometric": "leftEye",
                "reason": "bandage",
                "exceptionType": "Temporary",
                "individualType": "introducer",
            }
        }
    }
    assert list(meta["biometrics"]["individualBiometrics"]) == ["leftIndex"]


def test_documents_and_their_type_codes_of_the_sub_packets_so_far() -> None:
    documents = {
        "proofOfIdentity": document(),
        "proofOfException": replace(document("POE", "DOC005"), ref_number=""),
    }
    opened = sealed(new_spec(documents=documents))
    metas = {part: sub.json("packet_meta_info.json") for part, sub in opened.subs.items()}
    entry = {"documentOwner": "Applicant"}
    assert metas["id"]["documents"] == [
        {"documentType": "DOC001", "documentCategory": "POI", **entry, "documentName": "POI_DOC001", "refNumber": "A-1"},
        {"documentType": "DOC005", "documentCategory": "POE", **entry, "documentName": "POE_DOC005", "refNumber": None},
    ]
    keys = ("proofOfException", "proofOfIdentity")
    assert [metas["evidence"].get(key) for key in keys] == ["DOC005", None]
    assert [metas["optional"].get(key) for key in keys] == ["DOC005", None]
    assert [metas["id"].get(key) for key in keys] == ["DOC005", "DOC001"]
    assert "proofOfException.pdf" in opened.subs["evidence"].entries


def test_coordinates_stand_where_servers_look_and_where_the_reference_client_writes() -> None:
    meta = meta_of(new_spec(geo=GeoLocation("33.5", "-7.5")))
    assert (meta["geoLocLatitude"], meta["geoLoclongitude"]) == ("33.5", "-7.5")
    assert labels(meta, "metaData")["geoLocLatitude"] == "33.5"
    assert labels(meta, "metaData")["geoLoclongitude"] == "-7.5"
    assert "geoLocLatitude" not in meta_of(new_spec())


def test_devices_keep_their_own_texts() -> None:
    meta = meta_of(new_spec())
    assert meta["capturedRegisteredDevices"][0] == {
        "deviceCode": "lab-finger-0001",
        "deviceServiceVersion": "0.9.5",
        "digitalId": {
            "serialNo": "LAB-FINGER-0001",
            "make": "Sealdesk",
            "model": "Lab Finger",
            "type": "Finger",
            "deviceSubType": "Slap",
            "deviceProviderId": "sealdesk-lab",
            "deviceProvider": "Sealdesk Lab",
            "dateTime": "2025-06-02T09:25:00Z",
        },
    }


def test_audit_rows_have_eighteen_keys_in_order_and_are_sorted_by_time() -> None:
    later, earlier = audit(1, CAPTURED_AT), audit(2, CAPTURED_AT - timedelta(seconds=1))
    rows = orjson.loads(metainfo.audit_text([later, earlier]))
    assert [row["uuid"][-1] for row in rows] == ["2", "1"]
    assert rows[1] == {
        "uuid": "00000000-0000-4000-8000-000000000001",
        "createdAt": "2025-06-02T09:25:00.000Z",
        "eventId": "REG-EVT-001",
        "eventName": "REG_START",
        "eventType": "USER",
        "hostName": "desk-1",
        "hostIp": "localhost",
        "applicationId": "REG",
        "applicationName": "REGISTRATION",
        "sessionUserId": "110001",
        "sessionUserName": "110001",
        "id": "10001100770000120250602092000",
        "idType": "REGISTRATION_ID",
        "createdBy": "110001",
        "moduleName": "Registration",
        "moduleId": "REG-MOD-103",
        "description": "Registration started",
        "actionTimeStamp": "2025-06-02T09:25:00.000Z",
    }
    assert list(rows[0]) == list(rows[1])
    assert (next(iter(rows[0])), next(reversed(rows[0]))) == ("uuid", "actionTimeStamp")


def test_a_packet_without_audits_is_refused() -> None:
    with pytest.raises(AuditsMissingError):
        sealed(new_spec(audits=()))


def test_texts_that_are_no_unicode_are_refused() -> None:
    with pytest.raises(MetaTextError, match=r"audit\.json"):
        sealed(new_spec(audits=(replace(audit(), description="\ud800"),)))
    with pytest.raises(MetaTextError, match="packet_meta_info"):
        sealed(new_spec(pre_registration_id="\ud800"))
