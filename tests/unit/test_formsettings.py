"""What a country configures about forms."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.formsettings import FormSettings, FormSettingUnusableError, rows

NAMES = [row.metadata["mosip_name"] for row in rows()]


def test_every_setting_but_the_numbers_is_a_row_with_a_name_of_its_own_a_unit_and_a_meaning() -> None:
    assert {row.name for row in fields(FormSettings)} - {row.name for row in rows()} == {"id_number_rules"}
    assert len(set(NAMES)) == len(NAMES)
    for row in rows():
        assert row.metadata["mosip_name"].startswith(("mosip.", "sealdesk."))
        assert row.metadata["unit"]
        assert row.metadata["text"]


def test_defaults_are_those_that_mosip_ships() -> None:
    settings = FormSettings()
    assert (settings.mandatory_languages, set(settings.optional_languages)) == (("eng",), {"ara", "fra"})
    assert (settings.min_languages, settings.max_languages, settings.right_to_left) == (2, 3, ("ara",))
    assert settings.date_format.format(date(2004, 2, 9)) == "2004/02/09"
    assert (settings.max_age, settings.child_age_limit) == (200, 5)
    assert settings.age_groups.names == ("INFANT", "MINOR", "ADULT")
    assert settings.retained_after_pre_registration == ("consent", "consentText", "preferredLang")
    assert (settings.document_size_bytes, settings.scan_type) == (2_000_000, "PDF")
    assert (settings.reviewer_is_needed, settings.selected_handles, settings.draft_expiry_days) == (True, (), 7)


def test_what_is_missing_or_empty_has_its_default() -> None:
    assert FormSettings.from_properties({}) == FormSettings()
    blank = {row.metadata["mosip_name"]: " " for row in rows() if not row.metadata["takes_empty"]}
    assert FormSettings.from_properties(blank) == FormSettings()


def test_a_countrys_configuration_is_taken_under_mosips_names() -> None:
    settings = FormSettings.from_properties(
        {
            "mosip.mandatory-languages": "fra, ara",
            "mosip.optional-languages": "eng,eng",
            "mosip.min-languages.count": " 2 ",
            "mosip.max-languages.count": "3",
            "mosip.right_to_left_orientation": "ara,urd",
            "mosip.default.date.format": "dd-MM-yyyy",
            "mosip.registration.max_age": "150",
            "mosip.regproc.packet.classifier.tagging.agegroup.ranges": '{"CHILD":"0-9","GROWN":"10-150"}',
            "mosip.kernel.applicant.type.age.limit": "9",
            "mosip.registration.fields.to.retain.post.prid.fetch": "consent",
            "mosip.registration.document_size": "500000",
            "mosip.registration.document_scanner_doctype": "pdf",
            "mosip.registration.reviewer_authentication_configuration": "n",
            "mosip.registration.default-selected-handle-fields": "email,phone",
            "mosip.kernel.uin.length": "12",
            "sealdesk.draft.expiry_days": "30",
            "mosip.something.else": "passed over",
        }
    )
    assert (settings.mandatory_languages, settings.optional_languages) == (("fra", "ara"), ("eng",))
    assert settings.right_to_left == ("ara", "urd")
    assert settings.date_format.format(date(2004, 2, 9)) == "09-02-2004"
    assert (settings.max_age, settings.child_age_limit, settings.age_groups.of(9)) == (150, 9, "CHILD")
    assert settings.retained_after_pre_registration == ("consent",)
    assert (settings.document_size_bytes, settings.scan_type, settings.reviewer_is_needed) == (500_000, "PDF", False)
    assert (settings.selected_handles, settings.draft_expiry_days) == (("email", "phone"), 30)
    assert settings.id_number_rules.uin.length == 12


def test_an_empty_list_of_languages_means_none_of_that_kind() -> None:
    settings = FormSettings.from_properties({"mosip.optional-languages": "", "mosip.right_to_left_orientation": ""})
    assert (settings.mandatory_languages, settings.optional_languages, settings.right_to_left) == (("eng",), (), ())


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("mosip.mandatory-languages", "en", "three small letters"),
        ("mosip.mandatory-languages", "ENG", "three small letters"),
        ("mosip.optional-languages", "fra;ara", "three small letters"),
        ("mosip.min-languages.count", "two", "whole number"),
        ("mosip.max-languages.count", "0", "between 1 and 20"),
        ("mosip.default.date.format", "yy/MM/dd", "yy"),
        ("mosip.registration.max_age", "9" * 5_000, "whole number"),
        ("mosip.registration.max_age", "301", "between"),
        ("mosip.registration.max_age", "1_0", "whole number"),
        ("mosip.regproc.packet.classifier.tagging.agegroup.ranges", '{"A":"0-5","B":"5-9"}', "overlap"),
        ("mosip.regproc.packet.classifier.tagging.agegroup.ranges", "INFANT", "JSON"),
        ("mosip.registration.fields.to.retain.post.prid.fetch", "a b", "names"),
        ("mosip.registration.document_size", "12.5", "whole number"),
        ("mosip.registration.document_scanner_doctype", "docx", "pdf, jpg"),
        ("mosip.registration.reviewer_authentication_configuration", "maybe", "neither Y nor N"),
        ("mosip.registration.default-selected-handle-fields", ",".join(f"f{n}" for n in range(101)), "more than 100"),
        ("mosip.kernel.uin.length", "ten", "cannot be used"),
        ("sealdesk.draft.expiry_days", "0", "between 1 and 365"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, text: str, why: str) -> None:
    with pytest.raises(FormSettingUnusableError, match=why) as caught:
        FormSettings.from_properties({name: text})
    assert caught.value.params["name"] == name


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"mosip.mandatory-languages": "", "mosip.optional-languages": ""}, "mosip.mandatory-languages"),
        ({"mosip.optional-languages": "", "mosip.min-languages.count": "2"}, "mosip.min-languages.count"),
        ({"mosip.mandatory-languages": "eng,fra", "mosip.max-languages.count": "1"}, "mosip.max-languages.count"),
        ({"mosip.min-languages.count": "3", "mosip.max-languages.count": "2"}, "mosip.min-languages.count"),
    ],
)
def test_settings_of_languages_that_contradict_each_other_are_named(properties: dict[str, str], name: str) -> None:
    with pytest.raises(FormSettingUnusableError) as caught:
        FormSettings.from_properties(properties)
    assert caught.value.params["name"] == name


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30) | st.integers().map(str), max_size=6))
def test_every_configuration_is_usable_or_refused_by_name(properties: dict[str, str]) -> None:
    try:
        FormSettings.from_properties(properties)
    except FormSettingUnusableError as error:
        refused = error.params["name"]
    else:
        refused = None
    assert refused is None or refused in NAMES
