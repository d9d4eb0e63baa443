"""Which ids, fields and files each flow may have, and what is refused before any work is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from packet.builder import build
from packet.buildoptions import BuildOptions
from packet.errors import CodedError
from packet.idschema import FieldKindError, FieldUnknownError, IdSchemaInvalidError
from packet.lint import PacketRefusedError
from packet.models import Flow, PacketSpec, RegistrationId, SealedPacket
from packet.preconditions import DocumentInvalidError, ProcessInvalidError
from packet.rid import AdditionalInfoRequestInvalidError, RidForeignError, RidInvalidError, RidPartInvalidError
from packet.rules.model import PROCESSES, RuleSettings
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.packetopener import open_packet
from tests.support.specs import CREATED_AT, counting_entropy, document, machine_key, new_spec

ORIGINAL = RegistrationId("10001100780000920250512081500")


def correction(**changes: Any) -> PacketSpec:
    spec = new_spec(
        process="BIOMETRIC_CORRECTION",
        flow=Flow.CORRECTION,
        registration_id=ORIGINAL,
        additional_info_request_id=f"{ORIGINAL}-BIOMETRIC_CORRECTION-2",
    )
    return replace(spec, **changes)


def seal(spec: PacketSpec, *own_processes: str) -> SealedPacket:
    return build(
        spec,
        machine_key=machine_key(),
        certificate=lab_certificate("packet"),
        clock=lambda: CREATED_AT,
        entropy=counting_entropy(),
        options=BuildOptions(rules=RuleSettings(processes=(*PROCESSES, *own_processes))),
    )


def test_a_correction_keeps_the_id_of_the_original_registration() -> None:
    packet = seal(correction())
    assert packet.packet_id == f"{ORIGINAL}-10001_10077-20250602093015"
    assert packet.registration_id == ORIGINAL
    opened = open_packet(packet, lab_key("packet"))
    assert f"REGISTRATION_CLIENT/BIOMETRIC_CORRECTION/{ORIGINAL}_id.zip" in opened.outer_names
    meta = opened.subs["id"].json("packet_meta_info.json")
    assert {"label": "registrationType", "value": "CORRECTION"} in meta["metaData"]


def test_a_countrys_own_process_names_the_folder_and_its_flow_the_type() -> None:
    with pytest.raises(PacketRefusedError, match=r"CRVS_NEW .*meta\.process"):
        seal(new_spec(process="CRVS_NEW"))
    packet = seal(new_spec(process="CRVS_NEW"), "CRVS_NEW")
    opened = open_packet(packet, lab_key("packet"))
    assert all(name.startswith("REGISTRATION_CLIENT/CRVS_NEW/") for name in opened.outer_names)
    assert {sub.metadata["process"] for sub in opened.subs.values()} == {"CRVS_NEW"}


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (new_spec(registration_id="1000110077"), RidInvalidError),
        (new_spec(registration_id=ORIGINAL), RidForeignError),
        (new_spec(centre_id="1001"), RidPartInvalidError),
        (new_spec(process="new"), ProcessInvalidError),
        (new_spec(process="../NEW"), ProcessInvalidError),
        (new_spec(source="a/b"), ProcessInvalidError),
        (new_spec(additional_info_request_id=f"{ORIGINAL}-NEW-1"), AdditionalInfoRequestInvalidError),
        (correction(additional_info_request_id=None), AdditionalInfoRequestInvalidError),
        (correction(additional_info_request_id=f"{ORIGINAL}-NEW-1"), AdditionalInfoRequestInvalidError),
        (correction(registration_id="10001100780000120250512081500"), AdditionalInfoRequestInvalidError),
        (correction(machine_id="1077"), RidPartInvalidError),
        (new_spec(id_schema_version=0.0), IdSchemaInvalidError),
        (new_spec(id_schema_version=float("nan")), IdSchemaInvalidError),
        (new_spec(id_schema={}), IdSchemaInvalidError),
        (new_spec(documents={"nothing": document()}), FieldUnknownError),
        (new_spec(documents={"phone": document()}), FieldKindError),
        (new_spec(biometrics={"phone": new_spec().biometrics["individualBiometrics"]}), FieldKindError),
        (new_spec(documents={"proofOfIdentity": document(content=b"")}), DocumentInvalidError),
        (new_spec(documents={"proofOfIdentity": replace(document(), format="p/f")}), DocumentInvalidError),
        (new_spec(documents={"proofOfIdentity": replace(document(), format="")}), DocumentInvalidError),
        (new_spec(documents={"proofOfIdentity": document(type_code="")}), DocumentInvalidError),
    ],
)
def test_what_cannot_become_a_packet_is_refused_by_name(spec: PacketSpec, error: type[CodedError]) -> None:
    with pytest.raises(error):
        seal(spec)


def test_a_document_field_cannot_overwrite_a_key_of_the_meta_information() -> None:
    schema: dict[str, Any] = {
        "properties": {
            "identity": {
                "properties": {
                    "IDSchemaVersion": {"type": "number"},
                    "metaData": {"$ref": "#/definitions/documentType", "fieldCategory": "pvt"},
                }
            }
        }
    }
    with pytest.raises(DocumentInvalidError, match="metaData"):
        seal(new_spec(id_schema=schema, demographics={}, documents={"metaData": document()}, biometrics={}))
