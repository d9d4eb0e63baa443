"""What a field is told to be wrong, all at once, and what it holds for the packet."""

from __future__ import annotations

import hashlib

import pytest

from app.core.forms import messages as m
from packet.models import Json
from tests.support.formmaking import UIN, Desk, every_control, messages, spec_of
from tests.support.uispecs import field, regex


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fine", []),
        ("", []),
        ("a" * 5000, [m.TEXT_TOO_LONG]),
        ("with \x07 bell", [m.TEXT_SIGNS]),
        ("half \ud800 pair", [m.TEXT_SIGNS]),
        ("line\nbreak", [m.TEXT_SIGNS]),
        ("line\u2028break", [m.TEXT_SIGNS]),
        ("none\uffff", [m.TEXT_SIGNS]),
        ("#begins", [m.TEXT_BEGINNING]),
        ("{not json", [m.TEXT_BEGINNING]),
        ("شارع", []),
    ],
)
def test_texts_are_such_as_can_be_stored(text: str, found: list[str]) -> None:
    form = Desk().form(spec_of(field("a", "textbox")))
    form.set_text("a", text)
    assert messages(form, "a") == found


def test_texts_are_kept_in_one_normal_form_without_space_around() -> None:
    form = Desk().form(spec_of(field("a", "textbox")))
    form.set_text("a", " Ame\u0301lie ")
    assert form.demographics() == {"a": "Amélie"}
    assert form.field("a").texts == {"": " Amélie "}


def test_numbers_may_be_typed_in_the_digits_of_any_script() -> None:
    form = Desk().form(spec_of(field("a", "textbox", "number"), field("b", "textbox", subType="UIN"), field("c", "textbox")))
    form.set_text("a", "٤٢")
    form.set_text("b", UIN.translate({ord("0") + n: chr(0x0966 + n) for n in range(10)}))
    form.set_text("c", "٤٢")
    assert form.findings() == ()
    assert form.demographics() == {"a": "42", "b": UIN, "c": "٤٢"}


def test_every_language_of_a_required_text_is_needed() -> None:
    form = Desk().form(spec_of(field("a", "textbox", "simpleType", required=True), field("b", "textbox", "simpleType")))
    form.set_text("a", "x", "eng")
    form.set_text("b", "x", "eng")
    assert [(f.field, f.message, f.lang_code) for f in form.findings()] == [("a", m.REQUIRED, "fra")]
    assert form.demographics()["b"] == [{"language": "eng", "value": "x"}]


def test_all_validators_count_each_in_its_language() -> None:
    rules: list[Json] = [regex("^.{3,50}$", None, "LENGTH"), regex("^[a-z]*$", "eng", "LETTERS"), regex("^[^q]*$")]
    form = Desk().form(spec_of(field("a", "textbox", "simpleType", validators=rules)))
    form.set_text("a", "1q", "eng")
    form.set_text("a", "12", "fra")
    found = [(finding.message, finding.lang_code) for finding in form.field("a").findings]
    assert found == [("LENGTH", "eng"), ("LETTERS", "eng"), (m.PATTERN, "eng"), ("LENGTH", "fra")]


def test_a_pattern_that_explodes_does_not_hold_up_the_desk() -> None:
    form = Desk().form(spec_of(field("a", "textbox", validators=[regex(r"^(\w|\w\w|[a-z])*!$")])))
    form.set_text("a", "a" * 200)
    assert messages(form, "a") in ([m.PATTERN_UNDECIDED], [m.PATTERN])


@pytest.mark.parametrize(("text", "found"), [("1.5", []), ("-3", []), ("1e5", [m.NOT_A_NUMBER]), ("x", [m.NOT_A_NUMBER])])
def test_numbers_are_numbers(text: str, found: list[str]) -> None:
    form = Desk().form(spec_of(field("a", "textbox", "number")))
    form.set_number("a", text)
    assert messages(form, "a") == found
    assert form.demographics() == {"a": text}


@pytest.mark.parametrize(
    ("sub_type", "text", "found"),
    [
        ("UIN", UIN, []),
        ("UIN", "5289317956", ["ID-CHECK-DIGIT"]),
        ("UIN", "12", ["ID-LENGTH"]),
        ("RID", "10001100770000120250602092000", []),
        ("RID", "10001100770000120251302092000", ["ID-RID-TIME"]),
        ("VID", "1234", ["ID-LENGTH"]),
    ],
)
def test_numbers_of_people_are_checked_by_sub_type(sub_type: str, text: str, found: list[str]) -> None:
    form = Desk().form(spec_of(field("a", "textbox", subType=sub_type)))
    form.set_text("a", text)
    assert messages(form, "a") == found


@pytest.mark.parametrize(
    ("boxes", "found"),
    [
        (("1", "2", "1986"), []),
        (("31", "2", "1986"), [m.DATE_IMPOSSIBLE]),
        (("1", "", "1986"), [m.DATE_INCOMPLETE]),
        (("1", "x", "1986"), [m.DATE_FIGURES]),
        (("24", "11", "2026"), [m.DATE_IN_FUTURE]),
        (("1", "1", "1800"), [m.AGE_TOO_HIGH]),
        (("٠١", "٠٢", "١٩٨٦"), []),
    ],
)
def test_a_date_of_birth_is_a_day_that_was(boxes: tuple[str, str, str], found: list[str]) -> None:
    form = Desk().form(spec_of(field("born", "ageDate", subType="dateOfBirth")))
    form.set_date("born", *boxes)
    assert messages(form, "born") == found
    is_a_day = not {m.DATE_IMPOSSIBLE, m.DATE_INCOMPLETE, m.DATE_FIGURES} & set(found)
    assert ("born" in form.demographics()) == is_a_day


@pytest.mark.parametrize(("day", "is_allowed"), [("23", False), ("24", True), ("2", True), ("3", False)])
def test_the_limits_of_a_date_are_outside(day: str, is_allowed: bool) -> None:
    """From today (23 November) to ten days from now, both excluded."""
    form = Desk().form(spec_of(field("d", "date", minimum=0, maximum=10)))
    month = "11" if int(day) > 20 else "12"
    form.set_date("d", day, month, "2026")
    assert (messages(form, "d") == []) == is_allowed


@pytest.mark.parametrize(("age", "found"), [("40", []), ("x", [m.AGE_UNREADABLE]), ("201", [m.AGE_TOO_HIGH])])
def test_an_age_can_stand_for_a_date(age: str, found: list[str]) -> None:
    form = Desk().form(spec_of(field("born", "ageDate", subType="dateOfBirth", required=True)))
    form.set_age("born", age)
    assert messages(form, "born") == found


def test_a_required_box_wants_a_tick_and_consent_cannot_be_refused() -> None:
    form = Desk().form(spec_of(field("a", "checkbox", required=True), field("consent", "checkbox", subType="consent")))
    assert messages(form, "a") == [m.TICK_REQUIRED]
    assert messages(form, "consent") == []
    form.tick("a", False)
    form.tick("consent", False)
    assert (messages(form, "a"), messages(form, "consent")) == ([m.TICK_REQUIRED], [m.CONSENT_REFUSED])
    assert form.consent is False
    form.tick("a", True)
    form.tick("consent", True)
    assert form.demographics() == {"a": "Y", "consent": "Y"}
    assert form.consent is True


def test_a_choice_is_one_of_the_list_and_leaves_name_and_code() -> None:
    gender = field("gender", "button", "simpleType", subType="gender", required=True)
    form = Desk().form(spec_of(gender, field("bloodType", "dropdown", subType="bloodType")))
    assert [choice.code for choice in form.field("gender").choices] == ["MLE", "FLE", "OTH"]
    form.choose("gender", "XXX")
    assert messages(form, "gender") == [m.CHOICE_NOT_OFFERED]
    form.choose("gender", "FLE")
    form.choose("bloodType", "OPOS")
    assert form.demographics() == {
        "gender": [{"language": "eng", "value": "Female"}, {"language": "fra", "value": "Femme"}],
        "bloodType": "O +",
    }
    assert form.codes == {"gender": "FLE", "bloodType": "OPOS"}
    assert form.identity["genderCode"] == "FLE"
    form.choose("gender", "OTH")
    assert form.demographics()["gender"] == [{"language": "eng", "value": "Other"}]


_SHOWN = (("consentText", "simpleType", True), ("other", "string", False))


def test_what_was_shown_goes_in_as_fingerprint_of_each_language() -> None:
    shown = [field(name, "html", kind, required=needed, templateName="T") for name, kind, needed in _SHOWN]
    form = Desk().form(spec_of(*shown))
    form.show_html("consentText", "eng", "<p>Yes</p>")
    assert [(f.message, f.lang_code) for f in form.findings()] == [(m.NOT_SHOWN, "fra")]
    form.show_html("consentText", "fra", "<p>Oui</p>")
    form.show_html("other", "eng", "<p>Yes</p>")
    digest = hashlib.sha256(b"<p>Yes</p>").hexdigest()
    pairs = ":".join(digest[n : n + 2] for n in range(0, 64, 2))
    assert form.demographics()["consentText"] == [
        {"language": "eng", "value": pairs},
        {"language": "fra", "value": ":".join(hashlib.sha256(b"<p>Oui</p>").digest().hex(" ").split())},
    ]
    assert form.demographics()["other"] == pairs


def test_places_are_chained_within_their_group() -> None:
    form = Desk().form(every_control())
    assert [choice.code for choice in form.field("region").choices] == ["N", "S"]
    assert form.field("province").choices == ()
    changes = form.choose("region", "N")
    assert changes.choices == {"province"}
    for name, code in (("province", "NP"), ("city", "NC"), ("zone", "NZ"), ("postalCode", "10001")):
        form.choose(name, code)
    form.choose("deliveryRegion", "S")
    assert messages(form, "postalCode") == []
    changes = form.choose("region", "S")
    assert {"province", "city", "zone", "postalCode"} <= changes.values
    assert [choice.code for choice in form.field("province").choices] == ["SP"]
    assert form.codes["deliveryRegion"] == "S"


def test_a_level_without_a_field_is_stepped_over() -> None:
    form = Desk().form(
        spec_of(field("r", "dropdown", subType="Region", group="L"), field("z", "dropdown", subType="Zone", group="L"))
    )
    form.choose("r", "S")
    assert [choice.code for choice in form.field("z").choices] == ["SZ"]
    alone = Desk().form(spec_of(field("z", "dropdown", subType="Zone", group="L")))
    assert [choice.code for choice in alone.field("z").choices] == ["NZ", "SZ"]


@pytest.mark.parametrize(
    "broken",
    [
        field("a", "hologram"),
        field("a", "textbox", visible={"engine": "MVEL", "expr": "identity.x ==="}),
        field("a", "textbox", requiredOn=[{"engine": "MVEL", "expr": "new java.io.File('x')"}]),
        field("a", "textbox", validators=[regex("([")]),
        field("a", "textbox", changeAction="explode:a"),
    ],
)
def test_a_mistake_of_the_specification_blocks_with_its_place(broken: dict[str, Json]) -> None:
    form = Desk().form(spec_of(broken))
    found = form.findings()
    assert [finding.message for finding in found] == [m.SPEC_FAULT]
    assert found[0].params["path"].startswith("NEW / Page / a")
    assert form.blocking_faults


def test_a_correction_needs_the_id_of_the_request() -> None:
    form = Desk().form(spec_of(field("a", "textbox"), flow="CORRECTION", process_id="BIOMETRIC_CORRECTION"))
    assert [finding.message for finding in form.findings()] == [m.REQUEST_ID_REQUIRED]
    assert form.set_additional_info_request_id("nonsense").is_form_changed
    assert [finding.message for finding in form.findings()] != []
    form.set_additional_info_request_id("10001100770000120250602092000-BIOMETRIC_CORRECTION-1")
    assert form.findings() == ()
    assert form.additional_info_request_id == "10001100770000120250602092000-BIOMETRIC_CORRECTION-1"
    assert Desk().again(form).additional_info_request_id == form.additional_info_request_id
