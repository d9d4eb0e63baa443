"""After any events, a form is what a look at everything from scratch would give, and comes back from its draft the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.forms.entries import BiometricsEntry
from app.core.forms.form import Form
from app.core.forms.messages import MESSAGES
from app.core.forms.setup import make_setup
from app.core.uispec.model import Control, FieldSpec, ProcessSpec
from app.core.uispec.reader import read_publication
from app.democountry import demo_master_data, demo_publication
from packet.models import BioAttribute
from tests.support.formmaking import LANGUAGES, UIN, Desk, Event, captures, every_control, scan

_TEXTS = st.one_of(
    st.sampled_from(["", " ", "Ana", "Ana Maria", "damn", "damn hell", "zut", "0612345678", "a@b.org", UIN, "#x", "{", "\x07"]),
    st.text(max_size=12),
)
_LEADING = ("dateOfBirth", "gender", "residenceStatus", "sameAddress", "region", "individualBiometrics", "fullName")
"""Fields on which much depends, so that chance often comes to them."""
_BOXES = st.sampled_from(["", "1", "31", "02", "2", "11", "2026", "2024", "1986", "x", "0"])


@cache
def _spec(name: str) -> ProcessSpec:
    if name == "every control":
        return every_control()
    return next(process for process in read_publication(demo_publication()).processes if process.id == name)


def _desk(name: str) -> Desk:
    if name == "every control":
        return Desk()
    desk = Desk(data=demo_master_data())
    if name == "UPDATE":
        desk.groups, desk.uin = ("FullName", "Location", "IntroducerDetails", "DateOfBirth"), UIN
    return desk


def _events(field: FieldSpec) -> st.SearchStrategy[Event]:
    name = field.id
    languages = st.sampled_from(LANGUAGES)
    match field.control:
        case Control.TEXTBOX:
            return st.one_of(
                st.builds(lambda text, lang: lambda form: form.set_text(name, text, lang), _TEXTS, languages),
                st.builds(lambda lang: lambda form: form.take_suggestion(name, lang), languages),
                st.builds(lambda lang: lambda form: form.accept_words(name, lang), languages),
                st.builds(lambda lang: lambda form: form.reject_words(name, lang), languages),
            )
        case Control.DROPDOWN | Control.BUTTON:
            return st.builds(lambda n: lambda form: form.choose(name, _nth(form, name, n)), st.integers(0, 5))
        case Control.CHECKBOX:
            return st.builds(lambda yes: lambda form: form.tick(name, yes), st.booleans())
        case Control.DATE:
            return st.builds(lambda d, m, y: lambda form: form.set_date(name, d, m, y), _BOXES, _BOXES, _BOXES)
        case Control.AGE_DATE:
            return st.one_of(
                st.builds(lambda d, m, y: lambda form: form.set_date(name, d, m, y), _BOXES, _BOXES, _BOXES),
                st.builds(lambda age: lambda form: form.set_age(name, age), st.sampled_from(["2", "12", "40", "500", "x", ""])),
            )
        case Control.HTML:
            return st.builds(lambda lang: lambda form: form.show_html(name, lang, "<p>consent</p>"), languages)
        case Control.FILE_UPLOAD:
            return st.one_of(
                st.builds(lambda n: lambda form: form.choose_document_type(name, _nth(form, name, n)), st.integers(0, 4)),
                st.builds(
                    lambda n: lambda form: form.set_document(name, scan(_nth(form, name, n) or "DOC001")), st.integers(0, 4)
                ),
                st.builds(lambda text: lambda form: form.set_document_reference(name, text), _TEXTS),
                st.just(lambda form: form.remove_document(name)),
            )
        case Control.BIOMETRICS:
            attributes = st.lists(st.sampled_from(list(BioAttribute)), max_size=4, unique=True)
            missing = st.lists(st.sampled_from([BioAttribute.LEFT_THUMB, BioAttribute.LEFT_EYE]), max_size=1)
            return st.builds(
                lambda a, b: lambda form: form.set_biometrics(name, captures(*a, missing=tuple(b))), attributes, missing
            )
        case None:
            return st.nothing()


def _nth(form: Form, name: str, n: int) -> str:
    """The n-th entry that is offered; beyond them one that is not."""
    choices = form.field(name).choices
    return choices[n].code if n < len(choices) else ("" if n == len(choices) else "NOWHERE")


def _sequences(name: str) -> st.SearchStrategy[list[Event]]:
    fields = [field for field in _spec(name).fields if field.is_input_required]
    leading = [field for field in fields if field.id in _LEADING]
    clearing = st.sampled_from(fields).map(lambda field: lambda form: form.clear(field.id))
    single = st.one_of(*map(_events, leading), st.one_of(*map(_events, fields)), clearing)
    return st.lists(single, max_size=25)


_CASES = st.sampled_from(["every control", "NEW", "UPDATE", "BIOMETRIC_CORRECTION"])
_RUNS = _CASES.flatmap(lambda name: st.tuples(st.just(name), _sequences(name)))


def _whole(form: Form) -> object:
    """Everything that can be seen of a form."""
    fields = [form.field(field.id) for field in form.spec.fields]
    demands = [form.demand(field.id) for field in form.spec.fields if field.control is Control.BIOMETRICS]
    return (
        fields,
        demands,
        form.screens,
        form.findings(),
        dict(form.identity),
        form.demographics(),
        form.documents(),
        form.biometrics(),
        form.block_listed_words(),
        form.applicant_type,
        form.revision,
        form.snapshot(),
    )


@settings(max_examples=25, deadline=None)
@given(_RUNS)
def test_rules_hold_as_if_everything_had_been_evaluated(run: tuple[str, list[Event]]) -> None:
    name, events = run
    form = _desk(name).form(_spec(name))
    for event in events:
        event(form)
    _check_against_scratch(form)


def _check_against_scratch(form: Form) -> None:
    """Every rule, evaluated on the map as it is, gives what the form says; what is hidden has no value."""
    setup = make_setup(form.spec, form.context)
    for node in setup.graph.ordered:
        state = form.field(node.id)
        shown = setup.can_be_shown(node) and (node.visible is None or node.visible.is_true(form.identity))
        assert state.is_visible == shown
        if setup.can_be_shown(node):
            required = node.spec.is_required if node.required is None else node.required.is_true(form.identity)
            assert state.is_required == required
        if not shown:
            assert state.is_empty
            assert node.id not in form.identity


@settings(max_examples=25, deadline=None)
@given(_RUNS)
def test_a_form_comes_back_from_its_draft_as_it_was(run: tuple[str, list[Event]]) -> None:
    name, events = run
    desk = _desk(name)
    form = desk.form(_spec(name))
    for event in events:
        event(form)
    again = desk.again(form)
    assert again.misfits == ()
    assert _whole(again) == _whole(form)


@settings(max_examples=25, deadline=None)
@given(_RUNS)
def test_the_same_event_again_changes_nothing_and_every_change_is_told(run: tuple[str, list[Event]]) -> None:
    name, events = run
    form = _desk(name).form(_spec(name))
    for event in events:
        before = {field.id: form.field(field.id) for field in form.spec.fields}
        revision = form.revision
        changes = event(form)
        now = {field.id: form.field(field.id) for field in form.spec.fields}
        told = getattr(changes, "fields")  # noqa: B009
        for field, was in before.items():
            assert field in told or now[field] == was
        assert form.revision == revision + bool(changes)


@settings(max_examples=25, deadline=None)
@given(_RUNS)
def test_every_finding_has_a_sentence_or_is_the_country_s_own(run: tuple[str, list[Event]]) -> None:
    name, events = run
    form = _desk(name).form(_spec(name))
    for event in events:
        event(form)
    own = {rule.error_code for field in form.spec.fields for rule in field.validators}
    assert {finding.message for finding in form.findings()} <= {*MESSAGES, *own}
    assert _no_bytes(form.snapshot())


def _no_bytes(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_no_bytes, _flat(value)))
    if isinstance(value, list):
        return all(map(_no_bytes, value))
    return value is None or isinstance(value, str | int | bool)


def _flat(value: dict[object, object]) -> Iterable[object]:
    return (*value.keys(), *value.values())


def test_captures_are_not_in_the_snapshot() -> None:
    form = Desk().form(every_control())
    form.set_biometrics("individualBiometrics", captures(BioAttribute.FACE))
    assert isinstance(form.biometrics_entries()["individualBiometrics"], BiometricsEntry)
    assert "iso" not in str(form.snapshot())
