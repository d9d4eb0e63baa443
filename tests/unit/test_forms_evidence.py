"""Documents and biometrics: what is offered and asked of whom, what is discarded when the person turns out to be another."""

from __future__ import annotations

import pytest

from app.core.forms import messages as m
from app.core.forms.changes import Changes, Discarded, DiscardReason
from app.core.forms.demand import demand_of
from app.core.forms.entries import BiometricsEntry, DocumentEntry
from app.core.forms.graph import FormGraph
from app.core.formsettings import FormSettings
from packet.models import BioAttribute, BiometricException, Document, ExceptionType, Json
from tests.support.formmaking import Desk, captures, every_control, fill_adult, messages, scan, spec_of
from tests.support.uispecs import ALL_ATTRIBUTES, field

B = BioAttribute
ALL = tuple(B(name) for name in ALL_ATTRIBUTES)
WITHOUT_THUMB = tuple(attribute for attribute in ALL if attribute is not B.LEFT_THUMB)


def test_documents_are_offered_by_applicant_type() -> None:
    form = Desk().form(every_control())
    assert form.field("proofOfAddress").choices == ()
    assert messages(form, "proofOfAddress") == [m.APPLICANT_TYPE_UNDECIDED, m.DOCUMENT_REQUIRED]
    fill_adult(form)
    assert form.applicant_type == "004"
    assert [choice.code for choice in form.field("proofOfAddress").choices] == ["DOC001", "DOC002"]
    assert messages(form, "proofOfAddress") == [m.DOCUMENT_REQUIRED]


def test_another_applicant_type_discards_only_what_is_not_allowed_any_more() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.set_document("proofOfAddress", scan("DOC001"))
    form.set_document("proofOfIdentity", scan("DOC003"))
    changes = form.set_age("dateOfBirth", 3)
    assert form.applicant_type == "003"
    assert changes.discarded == (Discarded("proofOfIdentity", DiscardReason.APPLICANT_TYPE),)
    assert {"proofOfAddress", "proofOfIdentity"} <= changes.choices
    assert list(form.documents()) == ["proofOfAddress"]


def test_an_exception_makes_another_applicant_and_asks_for_its_proof() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.set_document("proofOfAddress", scan("DOC001"))
    assert not form.field("proofOfException").is_visible
    changes = form.set_biometrics("individualBiometrics", captures(*WITHOUT_THUMB, missing=(B.LEFT_THUMB,)))
    assert form.applicant_type == "012"
    assert form.has_biometric_exceptions
    assert form.identity["isBioException"] is True
    assert "proofOfException" in changes.visibility
    assert [gone.field for gone in changes.discarded] == ["proofOfAddress"]
    assert messages(form, "individualBiometrics") == [m.PHOTO_MISSING]
    form.set_biometrics("individualBiometrics", captures(*WITHOUT_THUMB, B.EXCEPTION_PHOTO, missing=(B.LEFT_THUMB,)))
    assert messages(form, "individualBiometrics") == []


def test_an_exception_photo_goes_with_the_last_exception() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    changes = form.set_biometrics("individualBiometrics", captures(*ALL, B.EXCEPTION_PHOTO))
    assert changes.discarded == (Discarded("individualBiometrics", DiscardReason.NO_EXCEPTION, ("unknown",)),)
    assert B.EXCEPTION_PHOTO not in {c.attribute for c in form.biometrics()["individualBiometrics"].captured}
    assert messages(form, "individualBiometrics") == []


def test_another_age_group_discards_captures_that_are_not_asked() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.set_biometrics("individualBiometrics", captures(*ALL))
    changes = form.set_age("dateOfBirth", 2)
    assert changes.demand == {"individualBiometrics"}
    gone = next(item for item in changes.discarded if item.field == "individualBiometrics")
    assert gone.reason is DiscardReason.AGE_GROUP
    assert "face" not in gone.names
    kept = form.biometrics()["individualBiometrics"]
    assert [c.attribute for c in kept.captured] == [B.FACE]
    assert kept.configured == (B.FACE,)
    assert messages(form, "individualBiometrics") == []


def test_one_attribute_is_enough_for_an_introducer() -> None:
    form = Desk().form(every_control())
    form.set_age("dateOfBirth", 2)
    assert messages(form, "introducerBiometrics") == [m.CAPTURES_MISSING]
    form.set_biometrics("introducerBiometrics", captures(B.LEFT_EYE))
    assert messages(form, "introducerBiometrics") == []
    assert form.demand("introducerBiometrics").individual_type == "introducer"
    assert form.biometrics()["introducerBiometrics"].configured == (B.LEFT_EYE,)


def test_captures_that_are_not_good_enough_do_not_count() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    weak = BiometricsEntry(captures(*ALL).captured, satisfied=frozenset(ALL) - {B.LEFT_EYE})
    form.set_biometrics("individualBiometrics", weak)
    assert messages(form, "individualBiometrics") == [m.CAPTURES_MISSING]
    assert form.field("individualBiometrics").findings[0].params == {"attributes": "leftEye"}


def test_a_face_is_no_exception_and_nothing_is_both() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.set_biometrics("individualBiometrics", captures(*ALL, B.EXCEPTION_PHOTO, missing=(B.FACE, B.LEFT_EYE)))
    assert messages(form, "individualBiometrics") == [m.EXCEPTED_AND_CAPTURED, m.FACE_EXCEPTED]


def test_what_is_not_asked_counts_as_missing_without_an_exception() -> None:
    form = Desk().form(spec_of(field("bio", "biometrics", "biometricsType", subType="applicant", bioAttributes=["leftThumb"])))
    automatic = BiometricException(B.RIGHT_THUMB, ExceptionType.TEMPORARY)
    form.set_biometrics("bio", BiometricsEntry(captures(B.LEFT_THUMB).captured, automatic=(automatic,)))
    assert not form.has_biometric_exceptions
    assert form.biometrics()["bio"].exceptions == (automatic,)


def test_an_optional_field_may_stay_empty_but_not_half_done() -> None:
    form = Desk().form(
        spec_of(field("bio", "biometrics", "biometricsType", subType="x", bioAttributes=["leftEye", "rightEye"]))
    )
    assert form.findings() == ()
    form.set_biometrics("bio", captures(B.LEFT_EYE))
    assert messages(form, "bio") == [m.CAPTURES_MISSING]
    assert form.set_biometrics("bio", captures(B.LEFT_EYE)) == Changes()
    form.set_biometrics("bio", BiometricsEntry())
    assert form.biometrics() == {}


def conditional(group: str, process: str, *attributes: str) -> dict[str, Json]:
    return {"ageGroup": group, "process": process, "validationExpr": None, "bioAttributes": list(attributes)}


@pytest.mark.parametrize(
    ("entries", "group", "asked"),
    [
        ([conditional("ALL", "ALL", "leftEye"), conditional("INFANT", "NEW", "face")], "INFANT", "face"),
        ([conditional("ALL", "ALL", "leftEye"), conditional("INFANT", "ALL", "face")], "INFANT", "leftEye"),
        ([conditional("INFANT", "ALL", "face"), conditional("ALL", "ALL", "leftEye")], "INFANT", "face"),
        ([conditional("INFANT", "ALL", "face"), conditional("ALL", "NEW", "leftEye")], "ADULT", "leftEye"),
        ([conditional("infant", "new", "face")], "INFANT", "face"),
        ([conditional("INFANT", "NEW", "face")], "ADULT", "rightEye"),
        ([conditional("INFANT", "LOST", "face")], "INFANT", "rightEye"),
        ([conditional("INFANT", "ALL", "face")], None, "rightEye"),
        ([], "INFANT", "rightEye"),
    ],
)
def test_the_exact_condition_counts_first(entries: list[Json], group: str | None, asked: str) -> None:
    spec = spec_of(
        field("bio", "biometrics", "biometricsType", subType="x", bioAttributes=["rightEye"], conditionalBioAttributes=entries)
    )
    demand = demand_of(FormGraph(spec).nodes["bio"], "NEW", group)
    assert demand.candidates == (B(asked),)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (scan("DOC001"), []),
        (scan("DOC003"), [m.DOCUMENT_TYPE_NOT_ALLOWED]),
        (scan("DOC001", b""), [m.DOCUMENT_EMPTY]),
        (scan("DOC001", b"%PDF-" + bytes(5000)), [m.DOCUMENT_TOO_LARGE]),
        (scan("DOC001", b"\xff\xd8\xff", form="exe"), [m.DOCUMENT_FORMAT]),
        (scan("DOC001", b"\xff\xd8\xff", form="pdf"), [m.DOCUMENT_CONTENT]),
        (scan("DOC001", b"\xff\xd8\xff", form="jpg"), []),
        (scan("DOC001", ref_number="x" * 300), [m.DOCUMENT_REFERENCE]),
    ],
)
def test_documents_are_such_as_servers_take(document: DocumentEntry, found: list[str]) -> None:
    form = Desk(settings=FormSettings(document_size_bytes=1000)).form(every_control())
    fill_adult(form)
    form.set_document("proofOfAddress", document)
    assert messages(form, "proofOfAddress") == found


def test_another_type_discards_the_scan_and_the_reference_stays_until_then() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.choose_document_type("proofOfAddress", "DOC001")
    form.set_document_reference("proofOfAddress", " REF 1 ")
    form.set_document("proofOfAddress", scan("DOC001"))
    assert form.documents() == {
        "proofOfAddress": Document(category="POA", type_code="DOC001", format="pdf", content=scan().content, ref_number="REF 1")
    }
    assert form.choose_document_type("proofOfAddress", "DOC001") == Changes()
    changes = form.choose_document_type("proofOfAddress", "DOC002")
    assert changes.discarded == (Discarded("proofOfAddress", DiscardReason.DOCUMENT_TYPE),)
    assert form.documents() == {}
    form.set_document("proofOfAddress", scan("DOC002"))
    form.remove_document("proofOfAddress")
    assert form.field("proofOfAddress").code == "DOC002"


def test_optional_documents_may_be_left_out() -> None:
    form = Desk().form(spec_of(field("proof", "fileupload", "documentType", subType="POA")))
    assert form.findings() == ()
