"""Drafts whose country moved on, and pre-registrations: what fits is taken, what does not is named, nothing breaks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.forms import messages as m
from app.core.forms.changes import Misfit
from app.core.forms.errors import FormOfOtherProcessError
from app.core.forms.form import Form
from packet.models import BioAttribute, Json
from tests.support.formmaking import Desk, captures, every_control, fill_adult, messages, scan, spec_of
from tests.support.uispecs import field, mvel


def test_a_snapshot_is_plain_json_without_contents() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.set_document("proofOfAddress", scan("DOC001"))
    form.set_biometrics("individualBiometrics", captures(BioAttribute.FACE))
    plain = form.snapshot()
    text = orjson.dumps(plain)
    assert b"PDF" not in text
    assert b"iso" not in text
    again = Form.restore(form.spec, form.context, orjson.loads(text), form.document_entries(), form.biometrics_entries())
    assert again.snapshot() == plain
    assert again.revision == form.revision
    assert again.documents() == form.documents()


def test_fields_that_are_gone_or_of_another_kind_are_named() -> None:
    old = spec_of(field("a", "textbox"), field("b", "textbox"), field("c", "textbox", "simpleType"))
    new = spec_of(field("b", "checkbox"), field("c", "textbox", "simpleType"))
    form = Desk(languages=("eng", "fra")).form(old)
    for name in ("a", "b"):
        form.set_text(name, "x")
    form.set_text("c", "x", "eng")
    form.set_text("c", "y", "fra")
    again = Form.restore(new, Desk(languages=("eng", "ara")).context(), form.snapshot(), {}, {})
    assert set(again.misfits) == {
        Misfit("a", m.MISFIT_FIELD),
        Misfit("b", m.MISFIT_KIND),
        Misfit("c", m.MISFIT_LANGUAGE),
    }
    assert again.demographics() == {"c": [{"language": "eng", "value": "x"}]}


def test_what_the_new_rules_hide_is_named() -> None:
    form = Desk().form(spec_of(field("a", "textbox")))
    form.set_text("a", "x")
    hidden = spec_of(field("a", "textbox", visible=mvel("identity.isUpdate")))
    again = Form.restore(hidden, Desk().context(), form.snapshot(), {}, {})
    assert again.misfits == (Misfit("a", m.MISFIT_HIDDEN),)


def test_missing_contents_are_named_and_what_is_known_of_them_stays() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.set_document("proofOfAddress", scan("DOC001", ref_number="R"))
    form.set_biometrics("individualBiometrics", captures(BioAttribute.FACE))
    again = Form.restore(form.spec, form.context, form.snapshot(), {}, {})
    assert set(again.misfits) == {
        Misfit("proofOfAddress", m.MISFIT_DOCUMENT),
        Misfit("individualBiometrics", m.MISFIT_CAPTURES),
    }
    assert again.field("proofOfAddress").code == "DOC001"


def test_captures_that_a_birthday_made_superfluous_are_named() -> None:
    desk = Desk()
    form = desk.form(every_control())
    form.set_date("dateOfBirth", "24", "11", "2008")
    form.set_biometrics("individualBiometrics", captures(BioAttribute.LEFT_EYE, BioAttribute.FACE))
    desk.calendar.day = date(2030, 1, 1)
    again = desk.again(form)
    assert again.misfits == ()
    assert messages(again, "individualBiometrics") == [m.CAPTURES_MISSING]


def test_a_draft_of_another_process_is_refused() -> None:
    form = Desk().form(spec_of(field("a", "textbox")))
    with pytest.raises(FormOfOtherProcessError):
        Form.restore(spec_of(field("a", "textbox"), flow="LOST"), Desk().context(), form.snapshot(), {}, {})


_KEYS = ["fields", "texts", "code", "tick", "year", "isScanned", "isCaptured", "hashes", "fullName", "consent", "eng", "gender"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3),
    max_leaves=12,
)
_TOP = ["fields", "disabled", "cycling", "accepted", "rejected", "requestId", "revision"]


@given(st.dictionaries(st.sampled_from(_TOP), _JSON))
def test_no_snapshot_breaks_a_form(plain: dict[str, Json]) -> None:
    form = Form.restore(every_control(), Desk().context(), {**plain, "process": "NEW"}, {}, {})
    assert form.findings()


PRE_REGISTRATION: dict[str, Json] = {
    "IDSchemaVersion": 0.1,
    "fullName": [{"language": "eng", "value": "Ana"}, {"language": "ara", "value": "آنا"}],
    "dateOfBirth": "1986/02/01",
    "gender": [{"language": "eng", "value": "MLE"}, {"language": "fra", "value": "MLE"}],
    "residenceStatus": [{"language": "eng", "value": "Citizen"}],
    "postalCode": "10001",
    "zone": [{"language": "eng", "value": "North Zone"}],
    "city": [{"language": "eng", "value": "NC"}],
    "province": [{"language": "eng", "value": "North Province"}],
    "region": [{"language": "eng", "value": "North"}],
    "phone": "0612345678",
    "introducerName": [{"language": "eng", "value": "Bob"}],
    "unheardOf": "x",
    "email": None,
}


def test_a_pre_registration_fills_what_it_can_in_the_right_order() -> None:
    form = Desk().form(every_control())
    form.tick("consent", True)
    form.set_text("occupation", "old")
    form.set_text("email", "old@example.org")
    filled = form.fill_pre_registration(PRE_REGISTRATION, {"POA": scan("DOC001"), "proofOfIdentity": scan("DOC001")})
    assert set(filled.misfits) == {
        Misfit("unheardOf", m.MISFIT_FIELD),
        Misfit("fullName", m.MISFIT_LANGUAGE),
        Misfit("introducerName", m.MISFIT_HIDDEN),
        Misfit("proofOfIdentity", m.MISFIT_DOCUMENT),
    }
    assert form.codes == {
        "gender": "MLE",
        "residenceStatus": "NFR",
        "region": "N",
        "province": "NP",
        "city": "NC",
        "zone": "NZ",
        "postalCode": "10001",
    }
    values = form.demographics()
    assert values["consent"] == "Y"
    assert values["dateOfBirth"] == "1986/02/01"
    assert "occupation" not in values
    assert "email" not in values
    assert list(form.documents()) == ["proofOfAddress"]
    assert {"fullName", "email", "region"} <= filled.changes.values
    assert not form.fill_pre_registration(PRE_REGISTRATION, {"POA": scan("DOC001")}).changes


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("gender", "nobody", m.MISFIT_CHOICE),
        ("dateOfBirth", "1.2.1986", m.MISFIT_DATE),
        ("dateOfBirth", {"a": 1}, m.MISFIT_KIND),
        ("consent", "maybe", m.MISFIT_KIND),
        ("fullName", [{"value": "x"}], m.MISFIT_KIND),
        ("proofOfAddress", "x", m.MISFIT_KIND),
    ],
)
def test_values_of_another_kind_are_named(name: str, value: Json, reason: str) -> None:
    form = Desk().form(every_control())
    assert form.fill_pre_registration({name: value}, {}).misfits == (Misfit(name, reason),)


def test_every_message_has_a_sentence_whose_parameters_are_given() -> None:
    """Every key that the code names is in the table, every key of the table is named in the code."""
    named = {name: key for name, key in vars(m).items() if isinstance(key, str) and key.startswith("FORM-")}
    assert set(named.values()) <= set(m.MESSAGES)
    folder = Path(m.__file__).parent
    code = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "messages.py")
    assert [name for name in named if f"m.{name}" not in code and name != "PATTERN"] == []
    for message in m.MESSAGES.values():
        assert message.sentence.endswith(".")
        assert message.next_step.endswith(".")


def test_sentences_are_filled_with_their_parameters() -> None:
    form = Desk().form(spec_of(field("a", "textbox"), field("b", "checkbox", required=True)))
    form.set_text("a", "x" * 5000)
    sentences = [m.sentence_of(finding) for finding in form.findings()]
    assert sentences == ["The text has more than 4096 signs.", "This box has to be ticked."]
    assert all(m.parameters_of(m.MESSAGES[f.message]) <= f.params.keys() for f in form.findings())
    assert m.next_step_of(form.findings()[0]) == "Shorten it."
