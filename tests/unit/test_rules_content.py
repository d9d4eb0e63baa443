"""The rules on decoded content, where the settings or the process change what they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packet.models import BioAttribute, Json, SubPacket
from packet.rules.content import CHECKS, check_content
from packet.rules.model import BiometricFacts, BiometricFile, PlainContent, PlainSubPacket, RuleSettings, Status
from tests.support.judging import full_context, judged
from tests.support.minipacker import mini_packet
from tests.support.specs import CREATED_AT, demo_schema

SETTINGS = RuleSettings(id_schema=demo_schema(), now=CREATED_AT + timedelta(hours=1))
BIO = "individualBiometrics_bio_CBEFF.xml"


@cache
def good() -> PlainContent:
    packet = mini_packet()
    data = packet.seal()
    report = judged(data, full_context(data, packet.file_name))
    assert report.opened is not None
    assert report.opened.content is not None
    return report.opened.content


def with_sub(content: PlainContent, part: SubPacket, **changes: Any) -> PlainContent:
    subs = dict(content.sub_packets)
    subs[part] = replace(subs[part], **changes)
    return replace(content, sub_packets=subs)


def with_identity(content: PlainContent, *without: str, **fields: Json) -> PlainContent:
    identity = {k: v for k, v in content.sub_packets[SubPacket.ID].identity.items() if k not in without}
    return with_sub(content, SubPacket.ID, identity=identity | fields)


def with_labels(content: PlainContent, group: str = "metaData", **labels: Json) -> PlainContent:
    for part, sub in content.sub_packets.items():
        items: Any = sub.meta[group]
        changed = [{"label": i["label"], "value": labels.get(i["label"], i["value"])} for i in items]
        content = with_sub(content, part, meta={**sub.meta, group: changed})
    return content


def with_meta(content: PlainContent, **keys: Json) -> PlainContent:
    for part, sub in content.sub_packets.items():
        content = with_sub(content, part, meta={**sub.meta, **keys})
    return content


def of_process(process: str, flow: str) -> PlainContent:
    return with_labels(replace(good(), process=process), registrationType=flow)


def failures(content: PlainContent, rules: RuleSettings = SETTINGS) -> list[str]:
    return [finding.check for finding in check_content(content, rules) if finding.status is Status.FAIL]


def skipped(content: PlainContent, rules: RuleSettings) -> set[str]:
    return {finding.check for finding in check_content(content, rules) if finding.status is Status.SKIP}


def test_good_content_passes_every_rule() -> None:
    findings = check_content(good(), SETTINGS)
    assert {finding.status for finding in findings} == {Status.PASS}
    assert {finding.check for finding in findings} == set(CHECKS)


def test_without_schema_the_rules_of_the_schema_are_skipped_and_the_others_hold() -> None:
    rules = replace(SETTINGS, id_schema=None, now=None)
    assert failures(good(), rules) == []
    assert skipped(good(), rules) == {
        "id.schema-usable",
        "id.category",
        "id.types",
        "id.patterns",
        "id.required",
        "id.schema",
        "times.not-future",
    }
    assert "entries.orphan" in failures(with_identity(good(), "proofOfAddress"), rules)


def test_a_missing_sub_packet_is_one_finding_of_its_own() -> None:
    content = replace(good(), sub_packets={p: s for p, s in good().sub_packets.items() if p is not SubPacket.OPTIONAL})
    assert failures(content) == ["entries.sub-packets"]


def test_without_the_id_sub_packet_nothing_raises() -> None:
    content = replace(good(), sub_packets={SubPacket.EVIDENCE: good().sub_packets[SubPacket.EVIDENCE]})
    assert "entries.sub-packets" in failures(content)
    assert "operations.officer-id" in skipped(content, SETTINGS)


# Processes.


def test_only_a_new_registration_must_have_what_the_schema_requires() -> None:
    assert "id.required" in failures(with_identity(good(), "fullName"))
    lost = of_process("LOST", "LOST")
    assert failures(with_identity(lost, "fullName", "dateOfBirth")) == []


def test_an_update_must_have_the_uin() -> None:
    update = of_process("UPDATE", "UPDATE")
    assert failures(update) == ["id.uin"]
    for part in SubPacket:
        update = with_sub(update, part, identity={**update.sub_packets[part].identity, "UIN": "1234567890"})
    assert failures(update) == []


def test_a_correction_keeps_the_id_of_a_registration_made_elsewhere() -> None:
    correction = of_process("BIOMETRIC_CORRECTION", "CORRECTION")
    rid = "20002200990000220250602092000"
    correction = with_labels(replace(correction, registration_id=rid), registrationId=rid, applicationId=rid)
    assert failures(with_meta(correction, registrationId=rid)) == []


def test_a_process_that_no_server_is_known_to_take_is_refused_as_the_server_does() -> None:
    (failure,) = [f for f in check_content(of_process("FOO", "NEW"), SETTINGS) if f.status is Status.FAIL]
    assert (failure.check, failure.server_code) == ("meta.process", "RPR-RGS-003")


def test_a_countrys_own_process_may_have_any_flow() -> None:
    rules = replace(SETTINGS, processes=(*SETTINGS.processes, "CAMP_NEW", "camp"))
    assert failures(of_process("CAMP_NEW", "NEW"), rules) == []
    assert failures(of_process("CAMP_NEW", "CAMP"), rules) == ["meta.flow"] * 3
    assert failures(of_process("camp", "NEW"), rules) == ["meta.flow"] * 3


# Documents.


def with_document_format(form: Json) -> PlainContent:
    reference: Any = good().sub_packets[SubPacket.ID].identity["proofOfIdentity"]
    entry = f"proofOfIdentity.{form}"
    content = with_identity(good(), proofOfIdentity={**reference, "format": form})
    sub = content.sub_packets[SubPacket.ID]
    sizes = {entry if name == "proofOfIdentity.pdf" else name: size for name, size in sub.entry_sizes.items()}
    return with_sub(content, SubPacket.ID, entry_sizes=sizes, document_heads={**sub.document_heads, entry: b"%PDF-1.4"})


@pytest.mark.parametrize("form", ["exe", "zip", "html", "docx"])
def test_a_document_of_a_format_that_nobody_scans_is_refused(form: str) -> None:
    content = with_document_format(form)
    assert failures(content) == ["documents.format"]
    assert failures(content, replace(SETTINGS, document_formats=(*SETTINGS.document_formats, form))) == []


def test_a_documents_format_may_be_written_in_capitals() -> None:
    assert failures(with_document_format("PDF")) == []


# Settings.


@pytest.mark.parametrize(
    ("listed", "without", "expected"),
    [
        ({"new-registration": ("fullName",)}, ["phone"], []),
        ({"new-registration": ("fullName",)}, ["fullName"], ["id.required"]),
        ({"new-registration": ("phone|email",)}, ["phone"], []),
        ({"new-registration": ("phone|email",)}, ["phone", "email"], ["id.required"]),
        ({"new-registration": ("bloodType",)}, [], []),
        ({"lost": ("fullName",)}, [], ["id.required"]),
    ],
)
def test_mandatory_attributes_of_a_deployment(
    listed: Mapping[str, tuple[str, ...]], without: Sequence[str], expected: list[str]
) -> None:
    rules = replace(SETTINGS, mandatory_attributes=listed)
    assert failures(with_identity(good(), *without), rules) == expected


def test_arrays_of_text_are_for_servers_that_read_them() -> None:
    content = with_identity(good(), selectedHandles=["phone", "email"])
    assert failures(content) == ["id.types"]
    assert failures(content, replace(SETTINGS, string_arrays=True)) == []


def test_an_attribute_that_may_be_absent_needs_no_exception() -> None:
    file = good().sub_packets[SubPacket.ID].biometrics[BIO]
    assert file.configured is not None
    infant = replace(file, configured=(*file.configured, "leftLittle"))
    files = {**good().sub_packets[SubPacket.ID].biometrics, BIO: infant}
    content = with_sub(good(), SubPacket.ID, biometrics=files)
    assert set(failures(content)) == {"biometrics.covered"}
    assert failures(content, replace(SETTINGS, absent_attributes=frozenset({"leftLittle"}))) == []


def test_an_exception_photo_is_due_only_with_exceptions() -> None:
    file = good().sub_packets[SubPacket.ID].biometrics[BIO]
    without_photo = replace(file, birs=tuple(b for b in file.birs if b.attribute is not BioAttribute.EXCEPTION_PHOTO))
    files = {**good().sub_packets[SubPacket.ID].biometrics, BIO: without_photo}
    content = with_sub(good(), SubPacket.ID, biometrics=files)
    meta: Any = content.sub_packets[SubPacket.ID].meta
    captures = {k: v for k, v in meta["biometrics"]["individualBiometrics"].items() if k != "unknown"}
    content = with_meta(content, biometrics=meta["biometrics"] | {"individualBiometrics": captures})
    assert set(failures(content)) == {"biometrics.covered"}
    thumb: Any = content.sub_packets[SubPacket.ID].biometrics["introducerBiometrics_bio_CBEFF.xml"]
    unexceptional = {"introducerBiometrics_bio_CBEFF.xml": replace(thumb, configured=("leftThumb", "unknown"))}
    files = {**good().sub_packets[SubPacket.ID].biometrics, **unexceptional}
    assert failures(with_sub(good(), SubPacket.ID, biometrics=files)) == []


def test_exception_records_are_optional_but_exceptions_must_be_listed() -> None:
    file = good().sub_packets[SubPacket.ID].biometrics[BIO]
    without_record = replace(file, birs=tuple(bir for bir in file.birs if not bir.is_exception))
    content = with_sub(good(), SubPacket.ID, biometrics=good().sub_packets[SubPacket.ID].biometrics | {BIO: without_record})  # type: ignore[operator]
    assert failures(content) == []
    assert set(failures(with_meta(good(), exceptionBiometrics={}))) == {"biometrics.exceptions"}


@pytest.mark.parametrize("version", ["1.1.3", "1.1.4", "1.1.5", "1.1.5.5", " 1.1.5 "])
def test_no_legacy_client_version_is_taken(version: str) -> None:
    content = with_labels(good(), **{"Registration Client Version Number": version})
    assert set(failures(content)) == {"meta.client-version"}


@pytest.mark.parametrize(("value", "expected"), [("Y", []), ("N", ["id.consent"]), ("n", ["id.consent", "id.patterns"])])
def test_consent(value: str, expected: list[str]) -> None:
    assert failures(with_identity(good(), consent=value)) == expected


def test_an_audit_entry_may_have_nulls_but_not_in_its_dates() -> None:
    """A server passes audit entries on; the reference client leaves what it does not know null."""
    first, *others = good().audits
    assert failures(replace(good(), audits=[{**first, "description": None}, *others])) == []
    assert failures(replace(good(), audits=[{**first, "createdAt": None}, *others])) == ["audit.dates"]


# Time.


def with_device_times(device: str | None, digital_id: str | None) -> PlainContent:
    facts = BiometricFacts(BioAttribute.LEFT_THUMB, False, "x", device, digital_id)
    files = {"introducerBiometrics_bio_CBEFF.xml": BiometricFile((facts,), ("leftThumb",))}
    content = with_sub(good(), SubPacket.ID, biometrics={**good().sub_packets[SubPacket.ID].biometrics, **files})
    meta: Any = content.sub_packets[SubPacket.ID].meta
    entry = {"numRetry": 1, "forceCaptured": False, "birindex": "x"}
    return with_meta(content, biometrics=meta["biometrics"] | {"introducerBiometrics": {"leftThumb": entry}})


@pytest.mark.parametrize(
    ("device", "digital_id", "problems"),
    [
        ("2025-06-02T09:30:15Z", "2025-06-02T09:30:15Z", 0),
        ("2025-06-02T09:30:16Z", "2025-06-02T09:30:15Z", 1),
        ("2025-06-02T09:00:15Z", "2025-06-02T09:00:15Z", 0),
        ("2025-06-02T09:00:14Z", "2025-06-02T09:00:14Z", 2),
        ("2025-06-02T09:25:00.000Z", "2025-06-02T09:25:00Z", 1),
        ("2025-06-02T09:25:00+00:00", "2025-06-02T09:25:00Z", 1),
        (None, None, 2),
    ],
)
def test_the_window_of_device_times(device: str | None, digital_id: str | None, problems: int) -> None:
    assert failures(with_device_times(device, digital_id)) == ["times.device"] * problems


def test_a_narrower_window() -> None:
    rules = replace(SETTINGS, device_window_minutes=5)
    assert set(failures(good(), rules)) == {"times.device"}


def test_not_in_the_future_is_judged_by_the_given_instant() -> None:
    assert set(failures(good(), replace(SETTINGS, now=datetime(2025, 6, 2, 9, 30, 14, tzinfo=UTC)))) == {"times.not-future"}
    assert failures(good(), replace(SETTINGS, now=datetime(2025, 6, 2, 9, 30, 15, tzinfo=UTC))) == []


# Operators.


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"officerId": None}, {"operations.officer-id"}),
        ({"officerId": None, "supervisorId": None}, {"operations.officer-id", "operations.operator"}),
        ({"officerBiometricFileName": None}, {"operations.officer-file"}),
        ({"officerBiometricFileName": "officer_bio_cbeff.xml"}, {"operations.officer-file"}),
        ({"supervisorBiometricFileName": None}, {"operations.supervisor-file"}),
        ({"officerPassword": "True"}, {"operations.labels"}),
    ],
)
def test_operators(labels: Mapping[str, Json], expected: set[str]) -> None:
    assert set(failures(with_labels(good(), "operationsData", **labels))) == expected


def test_password_or_otp_proves_an_officer_without_biometrics() -> None:
    sub = good().sub_packets[SubPacket.ID]
    sizes = {name: size for name, size in sub.entry_sizes.items() if name != "officer_bio_cbeff.xml"}
    meta: Any = {key: value for key, value in sub.meta.items() if not key.startswith("officer_bio")}
    meta["hashSequence2"] = [{"label": "otherFiles", "value": ["supervisor_bio_cbeff", "audit"]}]
    files = {name: file for name, file in sub.biometrics.items() if not name.startswith("officer")}
    content = with_sub(good(), SubPacket.ID, entry_sizes=sizes, meta=meta, biometrics=files)
    content = with_labels(content, "operationsData", officerBiometricFileName=None)
    assert failures(content) == ["operations.officer-proof"]
    assert failures(with_labels(content, "operationsData", officerPassword="true")) == []
    assert failures(with_labels(content, "operationsData", officerOTPAuthentication="true")) == []


def test_an_operator_with_exceptions_only_is_not_proved() -> None:
    facts = BiometricFacts(BioAttribute.LEFT_INDEX, True, "x")
    files = {**good().sub_packets[SubPacket.ID].biometrics, "officer_bio_cbeff.xml": BiometricFile((facts,))}
    assert failures(with_sub(good(), SubPacket.ID, biometrics=files)) == ["biometrics.present"]


# Bounds and robustness.


def test_problems_of_one_check_are_bounded() -> None:
    fields: dict[str, Json] = {f"field{number}": "" for number in range(400)}
    assert failures(with_identity(good(), **fields)).count("id.no-empty") == 20


def test_no_value_and_no_odd_name_is_told() -> None:
    secret = "Amina Example, born 1990\n"
    fields: dict[str, Json] = {secret: secret, "phone": secret, "city": [{"language": secret, "value": secret}]}
    content = with_identity(good(), **fields)
    told = " ".join(f"{finding.where} {finding.reason}" for finding in check_content(content, SETTINGS))
    assert secret not in told
    assert "Amina" not in told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "value", "x"]), inner, max_size=3),
    max_leaves=8,
)
TOP_KEYS = sorted({key for sub in good().sub_packets.values() for key in (*sub.meta, *sub.identity)})


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(TOP_KEYS) | st.text(max_size=6), JSON, max_size=8), st.booleans(), st.booleans())
def test_no_json_breaks_the_rules(values: dict[str, Any], in_meta: bool, with_schema: bool) -> None:
    content = good()
    for part, sub in content.sub_packets.items():
        before = sub.meta if in_meta else sub.identity
        content = with_sub(content, part, **{"meta" if in_meta else "identity": {**before, **values}})
    rules = SETTINGS if with_schema else replace(SETTINGS, id_schema=None)
    assert {finding.check for finding in check_content(content, rules)} <= set(CHECKS)


@settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=30),
    st.text(max_size=12),
    st.text(max_size=12),
    st.lists(st.dictionaries(st.sampled_from(["uuid", "createdAt", "actionTimeStamp"]), JSON, max_size=3), max_size=4),
    st.dictionaries(st.text(max_size=12), st.integers(0, 10), max_size=5),
)
def test_no_names_and_audits_break_the_rules(
    rid: str, process: str, ref_id: str, audits: list[Any], sizes: dict[str, int]
) -> None:
    empty = PlainSubPacket(identity={}, meta={}, entry_sizes=sizes, document_heads={}, biometrics={})
    content = PlainContent(rid, process, ref_id, rid, dict.fromkeys(SubPacket, empty), audits)
    assert failures(content)
