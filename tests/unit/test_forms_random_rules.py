"""Forms with rules at random, chains and circles among them: still the same as a look from scratch, and always an end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.forms.entries import BiometricsEntry
from app.core.forms.form import Form
from app.core.forms.graph import FormGraph
from app.core.forms.setup import make_setup
from app.core.uispec.model import ProcessSpec
from packet.models import Json
from tests.support.formmaking import Desk, spec_of
from tests.support.uispecs import field, mvel

_COUNT = 8
_NAMES = st.sampled_from([f"f{n}" for n in range(_COUNT)])
_RULES = st.one_of(
    st.none(),
    st.builds("identity.get('{}') == 'a'".format, _NAMES),
    st.builds("identity.get('{}') == nil".format, _NAMES),
    st.builds("identity.{} != 'b' || identity.get('{}') == 'a'".format, _NAMES, _NAMES),
)
_ACTIONS = st.one_of(
    st.none(),
    st.none(),
    st.tuples(_NAMES, _NAMES).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: f"copyto:{pair[0]}={pair[1]}"),
)


@st.composite
def _specs(draw: st.DrawFn, *, with_actions: bool) -> ProcessSpec:
    fields: list[Json] = []
    for n in range(_COUNT):
        visible, required = draw(_RULES), draw(_RULES)
        action = draw(_ACTIONS) if with_actions else None
        fields.append(
            field(
                f"f{n}",
                "textbox",
                visible=None if visible is None else mvel(visible),
                requiredOn=[] if required is None else [mvel(required)],
                changeAction=action,
            )
        )
    return spec_of(*fields)


_TYPED = st.lists(st.tuples(_NAMES, st.sampled_from(["a", "b", "c", ""])), max_size=12)


@settings(max_examples=80, deadline=None)
@given(_specs(with_actions=True), _TYPED)
def test_every_event_ends_and_leaves_what_the_rules_say(spec: ProcessSpec, typed: list[tuple[str, str]]) -> None:
    form = Desk().form(spec)
    for name, text in typed:
        form.set_text(name, text)
        _check(form)


def _check(form: Form) -> None:
    for node in make_setup(form.spec, form.context).graph.ordered:
        state = form.field(node.id)
        assert state.is_visible == (node.visible is None or node.visible.is_true(form.identity))
        assert node.required is None or state.is_required == node.required.is_true(form.identity)
        assert state.is_visible or state.is_empty
        assert form.identity.get(node.id) == state.value


@settings(max_examples=80, deadline=None)
@given(_specs(with_actions=True), _TYPED)
def test_a_draft_comes_back_whatever_the_rules(spec: ProcessSpec, typed: list[tuple[str, str]]) -> None:
    desk = Desk()
    form = desk.form(spec)
    for name, text in typed:
        form.set_text(name, text)
    nothing: dict[str, BiometricsEntry] = {}
    again = Form.restore(spec, desk.context(), form.snapshot(), {}, nothing)
    assert again.misfits == ()
    assert [again.field(f"f{n}") for n in range(_COUNT)] == [form.field(f"f{n}") for n in range(_COUNT)]
    assert again.findings() == form.findings()


@settings(max_examples=80, deadline=None)
@given(_specs(with_actions=False), _TYPED)
def test_only_rules_that_read_what_changed_are_evaluated(spec: ProcessSpec, typed: list[tuple[str, str]]) -> None:
    """At most each rule that reads a value that changed, once for each; a field can be set and then emptied by its own rule."""
    form = Desk().form(spec)
    graph = FormGraph(spec)
    for name, text in typed:
        before = form.evaluations
        changes = form.set_text(name, text)
        looked_at = form.evaluations - before
        assert looked_at <= sum(len(graph.reading([changed])) for changed in [name, name, *(changes.values - {name})])
