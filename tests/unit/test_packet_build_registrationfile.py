"""REGISTRATION.json: strict, bounded, and every fault named by its place without the person's data."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packet.builder import build
from packet.capturefile import CaptureInvalidError
from packet.crypto.errors import JwsMalformedError, SignatureInvalidError
from packet.encoding import b64std, b64url
from packet.errors import CodedError
from packet.files import FileNotReadableError, FileOverLimitError, PathOutsideError
from packet.idschema import FieldUnknownError
from packet.iso.errors import IsoRecordMismatchError
from packet.models import BioAttribute
from packet.registrationfile import (
    DocumentNotBase64Error,
    RegistrationFileInvalidError,
    load_registration,
    read_registration,
)
from tests.support.buildscripts import load_script
from tests.support.devicelab import DeviceLab, iso_record, lab_certificate
from tests.support.specs import CAPTURED_AT, PDF, counting_entropy, machine_key, multilingual

Change = Callable[[dict[str, Any]], object]

BASE: dict[str, Any] = {
    "registrationId": "10001100770000120250602092000",
    "process": "LOST",
    "flow": "LOST",
    "centreId": "10001",
    "machineId": "10077",
    "creationDate": "2025-06-02T09:30:15.123Z",
    "idSchemaVersion": 0.1,
    "demographics": {"fullName": multilingual("Amina Example"), "phone": "0612345678"},
    "documents": {"proofOfIdentity": {"category": "POI", "typeCode": "DOC001", "format": "pdf", "content": b64std(PDF)}},
    "biometrics": {
        "individualBiometrics": {
            "configured": ["leftIndex"],
            "captured": [{"attribute": "leftIndex", "data": DeviceLab(CAPTURED_AT).token(BioAttribute.LEFT_INDEX)}],
        }
    },
    "officer": {"userId": "110001", "byPassword": True},
    "audits": [
        {
            "eventId": "REG-EVT-001",
            "eventName": "REG_START",
            "eventType": "USER",
            "moduleId": "REG-MOD-103",
            "moduleName": "Registration",
            "description": "Registration started",
            "actionTimeStamp": "2025-06-02T09:20:00Z",
        }
    ],
}


def changed(change: Change) -> bytes:
    registration = copy.deepcopy(BASE)
    change(registration)
    return json.dumps(registration).encode()


def at(*path: str | int) -> Callable[[dict[str, Any]], Any]:
    def find(registration: dict[str, Any]) -> Any:
        node: Any = registration
        for step in path:
            node = node[step]
        return node

    return find


FIRST_CAPTURE = at("biometrics", "individualBiometrics", "captured", 0)


def test_a_registration_without_files_becomes_a_packet(tmp_path: Path) -> None:
    loaded = read_registration(changed(lambda r: None), tmp_path)
    assert loaded.creation_date is not None
    created = loaded.creation_date
    packet = build(
        loaded.spec,
        machine_key=machine_key(),
        certificate=lab_certificate("packet"),
        clock=lambda: created,
        entropy=counting_entropy(),
    )
    assert packet.created_at == created
    assert [device.device_code for device in loaded.spec.devices] == ["lab-finger-0001"]
    assert loaded.spec.biometrics["individualBiometrics"].captured[0].quality_score == 80.0
    assert loaded.spec.biometrics["individualBiometrics"].captured[0].captured_at == CAPTURED_AT


def test_audit_rows_take_what_is_left_out_from_the_registration(tmp_path: Path) -> None:
    (row,) = read_registration(changed(lambda r: None), tmp_path).spec.audits
    assert (row.session_user_id, row.created_by, row.id) == ("110001", "110001", BASE["registrationId"])
    assert row.created_at == row.action_time_stamp
    assert row.uuid == read_registration(changed(lambda r: None), tmp_path).spec.audits[0].uuid


def test_files_are_read_from_the_folder_of_the_registration(tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "index.jws").write_text(FIRST_CAPTURE(BASE)["data"] + "\n")
    (tmp_path / "identity.pdf").write_bytes(PDF)

    def by_files(registration: dict[str, Any]) -> None:
        capture = FIRST_CAPTURE(registration)
        del capture["data"]
        capture["file"] = "captures/index.jws"
        document = at("documents", "proofOfIdentity")(registration)
        del document["content"]
        document["file"] = "identity.pdf"

    (tmp_path / "registration.json").write_bytes(changed(by_files))
    assert load_registration(tmp_path / "registration.json").spec == read_registration(changed(lambda r: None), tmp_path).spec


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda r: r.update(extra=1), "extra"),
        (lambda r: r.pop("officer"), "officer"),
        (lambda r: r.update(process="new"), "process"),
        (lambda r: r.update(flow="OTHER"), "flow"),
        (lambda r: r.update(creationDate="2025-06-02T09:30:15"), "creationDate"),
        (lambda r: r["demographics"].update(phone=True), "demographics/phone"),
        (lambda r: r["demographics"].update(phone=""), "demographics/phone"),
        (lambda r: r["demographics"].update(fullName=[{"language": "eng"}]), "demographics/fullName"),
        (lambda r: r["demographics"].update(phone=None), "demographics/phone"),
        (lambda r: FIRST_CAPTURE(r).pop("data"), "biometrics/individualBiometrics/captured/0"),
        (lambda r: FIRST_CAPTURE(r).update(file="a.jws"), "biometrics/individualBiometrics/captured/0"),
        (lambda r: FIRST_CAPTURE(r).update(attribute="leftToe"), "biometrics/individualBiometrics/captured/0/attribute"),
        (lambda r: FIRST_CAPTURE(r).update(attempts="1"), "biometrics/individualBiometrics/captured/0/attempts"),
        (lambda r: r["documents"]["proofOfIdentity"].update(format="../x"), "documents/proofOfIdentity/format"),
        (lambda r: r.update(langCodes=["english"]), "langCodes/0"),
        (lambda r: r.update(idSchemaVersion="0.1"), "idSchemaVersion"),
    ],
)
def test_what_does_not_fit_the_format_is_named_by_its_place(tmp_path: Path, change: Change, where: str) -> None:
    with pytest.raises(RegistrationFileInvalidError) as caught:
        read_registration(changed(change), tmp_path)
    assert str(caught.value.params["where"]).startswith(where)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"\xff\xfe{\x00}\x00", b'{"a": NaN}', b"[" * 100_000, b'{"flow": "NEW", "flow": "LOST"}'],
)
def test_what_is_no_registration_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(RegistrationFileInvalidError):
        read_registration(text, tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*BASE, "file", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(text=st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(text: bytes) -> None:
    with pytest.raises(RegistrationFileInvalidError):
        read_registration(text, Path("/nonexistent"))


@settings(deadline=None)
@given(key=st.sampled_from(list(BASE)), value=JSON)
def test_any_value_anywhere_is_read_or_refused_by_name(key: str, value: object) -> None:
    try:
        read_registration(changed(lambda r: r.update({key: value})), Path("/nonexistent"))
    except CodedError as error:
        assert error.message  # noqa: PT017 - either outcome is right, a nameless one is not


def test_errors_never_hold_the_persons_data(tmp_path: Path) -> None:
    secret = "Mrs Secret"
    changes: list[Change] = [
        lambda r: r["demographics"].update(fullName=[{"language": "eng", "value": secret, "more": secret}]),
        lambda r: r["demographics"].update(phone={"number": secret}),
        lambda r: r["documents"]["proofOfIdentity"].update(content=secret),
        lambda r: r["officer"].update(byPassword=secret),
    ]
    for change in changes:
        with pytest.raises(CodedError) as caught:
            read_registration(changed(change), tmp_path)
        assert secret not in repr(caught.value) + str(caught.value.diagnostics())
        assert caught.value.__cause__ is None or secret not in str(caught.value.__cause__)


def test_an_unknown_field_is_named_when_building(tmp_path: Path) -> None:
    loaded = read_registration(changed(lambda r: r["demographics"].update(favouriteColour="blue")), tmp_path)
    with pytest.raises(FieldUnknownError, match="favouriteColour"):
        build(
            loaded.spec,
            machine_key=machine_key(),
            certificate=lab_certificate("packet"),
            clock=lambda: CAPTURED_AT,
            entropy=counting_entropy(),
        )


def with_token(token: str) -> bytes:
    return changed(lambda r: FIRST_CAPTURE(r).update(data=token))


def test_a_capture_of_another_attribute_is_refused(tmp_path: Path) -> None:
    lab = DeviceLab(CAPTURED_AT)
    with pytest.raises(CaptureInvalidError, match="another attribute"):
        read_registration(with_token(lab.token(BioAttribute.RIGHT_INDEX)), tmp_path)
    foreign = iso_record(BioAttribute.RIGHT_INDEX, CAPTURED_AT)
    with pytest.raises(IsoRecordMismatchError):
        read_registration(with_token(lab.token(BioAttribute.LEFT_INDEX, record=foreign)), tmp_path)


def test_a_changed_capture_is_refused(tmp_path: Path) -> None:
    header, payload, signature = FIRST_CAPTURE(BASE)["data"].split(".")
    other = DeviceLab(CAPTURED_AT).token(BioAttribute.LEFT_INDEX, score=99.0).split(".")[1]
    with pytest.raises(SignatureInvalidError):
        read_registration(with_token(f"{header}.{other}.{signature}"), tmp_path)
    with pytest.raises(JwsMalformedError):
        read_registration(with_token(f"{b64url(b'{}')}.{payload}.{signature}"), tmp_path)
    with pytest.raises(JwsMalformedError):
        read_registration(with_token("not a token \u00fc"), tmp_path)


def test_files_outside_missing_or_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def by_file(name: str) -> bytes:
        def change(registration: dict[str, Any]) -> None:
            document = registration["documents"]["proofOfIdentity"]
            del document["content"]
            document["file"] = name

        return changed(change)

    with pytest.raises(PathOutsideError, match="documents/proofOfIdentity"):
        read_registration(by_file("../identity.pdf"), tmp_path)
    with pytest.raises(FileNotReadableError):
        read_registration(by_file("identity.pdf"), tmp_path)
    (tmp_path / "identity.pdf").write_bytes(PDF)
    monkeypatch.setattr("packet.registrationfile.DOCUMENT_MAX_BYTES", 3)
    with pytest.raises(FileOverLimitError):
        read_registration(by_file("identity.pdf"), tmp_path)


@pytest.mark.parametrize("content", ["****", "QUJD\n", "QUI", "QU-_"])
def test_inline_documents_are_standard_base64(tmp_path: Path, content: str) -> None:
    with pytest.raises(DocumentNotBase64Error, match="proofOfIdentity"):
        read_registration(changed(lambda r: r["documents"]["proofOfIdentity"].update(content=content)), tmp_path)


def test_an_own_id_schema_is_read_and_must_be_an_object(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"properties": {}}')
    loaded = read_registration(changed(lambda r: r.update(idSchema="schema.json")), tmp_path)
    assert loaded.spec.id_schema == {"properties": {}}
    (tmp_path / "schema.json").write_text("[]")
    with pytest.raises(RegistrationFileInvalidError, match="idSchema"):
        read_registration(changed(lambda r: r.update(idSchema="schema.json")), tmp_path)


def test_published_json_schema_is_that_of_the_models() -> None:
    generate_schemas = load_script("generate_schemas")
    assert generate_schemas.TARGET.read_text(encoding="utf-8") == generate_schemas.registration_schema(), (
        "run: python build/generate_schemas.py"
    )


@pytest.mark.parametrize(
    ("change", "where", "count"),
    [
        (lambda r: r["demographics"].update(fullName=[{"language": "eng", "value": ""}]), "demographics/fullName/0/value", 1),
        (
            lambda r: r["demographics"].update(fullName=[{"language": "eng", "value": "x"}, {"language": "ENG", "value": ""}]),
            "demographics/fullName/1/language",
            2,
        ),
        (lambda r: r["demographics"].update(fullName=[{"language": "eng"}]), "demographics/fullName/0/value", 1),
        (lambda r: r["demographics"].update(handles=["phone", 5]), "demographics/handles/1", 1),
        (lambda r: r["demographics"].update(phone=""), "demographics/phone", 1),
        (lambda r: r.update(surprise=1, flow="x"), "flow", 2),
        (lambda r: r.pop("officer"), "officer", 1),
    ],
)
def test_a_faulty_value_is_one_problem_at_its_innermost_place(tmp_path: Path, change: Change, where: str, count: int) -> None:
    with pytest.raises(RegistrationFileInvalidError) as caught:
        read_registration(changed(change), tmp_path)
    assert (caught.value.params["where"], caught.value.params["count"]) == (where, count)


PERSON = "Amina Example"


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update({PERSON: 1}),
        lambda r: r["demographics"].update({PERSON: None}),
        lambda r: r["demographics"]["fullName"][0].update({PERSON: 1}),
        lambda r: r["documents"].update({PERSON: {}}),
        lambda r: r["documents"].update({PERSON: r["documents"]["proofOfIdentity"] | {"content": "?"}}),
        lambda r: r["documents"].update({PERSON: r["documents"]["proofOfIdentity"]}),
        lambda r: r["demographics"].update({PERSON: "x"}),
        lambda r: r["biometrics"].update({PERSON: r["biometrics"]["individualBiometrics"]}),
        lambda r: r["documents"]["proofOfIdentity"].update(content=None, file=f"{PERSON}.pdf"),
        lambda r: FIRST_CAPTURE(r).update(data=None, file=f"{PERSON}/index.jws"),
        lambda r: r.update(idSchema=f"{PERSON}.json"),
    ],
)
def test_a_person_for_whom_a_key_or_a_file_is_named_is_not_in_the_error(tmp_path: Path, change: Change) -> None:
    with pytest.raises(CodedError) as caught:
        read_registration(changed(change), tmp_path)
    assert PERSON not in repr(caught.value) + str(caught.value.diagnostics())
    assert caught.value.__cause__ is None or PERSON not in str(caught.value.__cause__)


def test_a_key_that_occurs_twice_is_named_only_if_it_is_technical(tmp_path: Path) -> None:
    with pytest.raises(RegistrationFileInvalidError, match="at phone: the key occurs twice"):
        read_registration(b'{"demographics": {"phone": "1", "phone": "2"}}', tmp_path)
    with pytest.raises(RegistrationFileInvalidError, match="at <a key of 13 characters>"):
        read_registration(b'{"Amina Example": 1, "Amina Example": 2}', tmp_path)


def test_a_key_that_is_none_of_this_format_is_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(RegistrationFileInvalidError, match="at surprise:"):
        read_registration(changed(lambda r: r.update(surprise=1)), tmp_path)


def test_a_field_of_any_name_is_read_if_the_id_schema_has_it(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"properties": {"identity": {"properties": {"Full_Name": {}}}}}')
    text = changed(lambda r: r.update(idSchema="schema.json", demographics={"Full_Name": "x"}))
    assert read_registration(text, tmp_path).spec.demographics == {"Full_Name": "x"}
