"""MOSIP's rules of capturing: thresholds, attempts, best of several, exceptions, exception photo, forced captures."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from devices.client.biometricform import BiometricForm, ExceptionImpossibleError, ForcedReasonError, Lack
from devices.client.settings import PROPERTIES, CaptureSettingInvalidError, CaptureSettings, from_properties
from devices.sbi.attributes import EXCEPTION_PHOTO, FACE, GROUPS, IRISES, LEFT_SLAP, THUMBS, Group
from packet.bioattributes import EYES, FINGERS
from packet.models import BioAttribute, CapturedBiometric, DeviceToken, ExceptionType

A = BioAttribute
ALL = (*FINGERS, *EYES, A.FACE)
PERMANENT, TEMPORARY = ExceptionType.PERMANENT, ExceptionType.TEMPORARY
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def capture(attribute: BioAttribute, score: float, sdk_score: float = 0.0) -> CapturedBiometric:
    return CapturedBiometric(attribute, DeviceToken("p", "s", b"i"), score, NOON, sdk_score=sdk_score)


def scan(form: BiometricForm, group: Group, *scores: float) -> BiometricForm:
    wanted = form.panel(group).wanted
    return form.after_capture(group, [capture(a, s) for a, s in zip(wanted, scores, strict=True)])


def form(**changes: object) -> BiometricForm:
    return BiometricForm(ALL, **changes)  # type: ignore[arg-type]


def kept(state: BiometricForm, group: Group) -> list[tuple[float, bool]]:
    return [(c.quality_score, c.forced) for c in state.attempts(group).kept.values()]


def test_shipped_thresholds_and_attempts() -> None:
    settings = CaptureSettings()
    assert [settings.threshold(g) for g in GROUPS] == [40, 40, 40, 60, 90, 0]
    assert [settings.attempts(g) for g in GROUPS] == [3, 3, 3, 3, 3, 0]
    assert from_properties({}) == settings
    assert set(PROPERTIES) == set(CaptureSettings.__dataclass_fields__)


def test_a_countrys_properties_are_read_under_their_names() -> None:
    settings = from_properties({
        "mosip.registration.iris_threshold": "70.5",
        "mosip.registration.num_of_iris_retries": " 5 ",
        "mosip.registration.replace_sdk_quality_score": "Y",
        "mosip.registration.capture_time_out": "20000",
        "mosip.registration.mds.allowed.lag.mins": "7",
        "mosip.registration.server_profile": "Production",
        "mosip.registration.face_threshold": "",
        "something.else": "x",
    })  # fmt: skip
    assert (settings.iris_threshold, settings.iris_attempts, settings.uses_sdk_score) == (70.5, 5, True)
    assert (settings.timeout_ms, settings.allowed_lag.total_seconds(), settings.environment) == (20_000, 420, "Production")
    assert settings.face_threshold == 90


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iris_threshold", "NaN"),
        ("iris_threshold", "101"),
        ("iris_threshold", "-1"),
        ("iris_threshold", "high"),
        ("finger_attempts", "2.5"),
        ("finger_attempts", "-1"),
        ("timeout_ms", "0"),
        ("timeout_ms", "1e9"),
        ("allowed_lag_minutes", "0"),
        ("uses_sdk_score", "maybe"),
        ("environment", "a\nb"),
    ],
)
def test_a_setting_out_of_range_is_named(name: str, value: str) -> None:
    with pytest.raises(CaptureSettingInvalidError) as refused:
        from_properties({PROPERTIES[name]: value})
    assert refused.value.params["property"] == PROPERTIES[name]


# scores of each attempt at the thumbs (threshold 40, three attempts), what is kept then, what is lacking then
THUMB_CASES: dict[str, tuple[list[tuple[float, float]], list[tuple[float, bool]], Lack | None]] = {
    "no attempt": ([], [], Lack.CAPTURE),
    "exactly the threshold": ([(40, 40)], [(40, False), (40, False)], None),
    "the average counts": ([(10, 70)], [(10, False), (70, False)], None),
    "just below": ([(39, 40)], [], Lack.QUALITY),
    "two failures are not kept": ([(39, 39), (1, 1)], [], Lack.QUALITY),
    "the third is forced": ([(39, 39), (1, 1), (2, 3)], [(2, True), (3, True)], Lack.REASON),
    "the third passes": ([(39, 39), (1, 1), (50, 60)], [(50, False), (60, False)], None),
    "each finger's best is kept": ([(50, 60), (70, 20)], [(70, False), (60, False)], None),
    "an equal score replaces": ([(50, 60), (50, 10)], [(50, False), (60, False)], None),
    "a worse attempt changes nothing": ([(50, 60), (1, 1), (2, 2)], [(50, False), (60, False)], None),
}


@pytest.mark.parametrize("name", THUMB_CASES)
def test_best_of_several_attempts_and_force_capture(name: str) -> None:
    attempts, expected, lack = THUMB_CASES[name]
    state = form()
    for scores in attempts:
        state = scan(state, THUMBS, *scores)
    assert kept(state, THUMBS) == expected
    assert state.panel(THUMBS).lack is lack
    assert state.panel(THUMBS).may_scan is (len(attempts) < 3)
    assert [tuple(s.values()) for s in state.attempts(THUMBS).scores] == attempts


def test_with_one_allowed_attempt_the_first_is_kept_whatever_it_is() -> None:
    state = scan(form(settings=CaptureSettings(finger_attempts=1)), THUMBS, 5, 5)
    assert kept(state, THUMBS) == [(5, True), (5, True)]
    assert not state.panel(THUMBS).may_scan


def test_the_sdks_score_may_decide() -> None:
    state = form(settings=CaptureSettings(uses_sdk_score=True))
    state = state.after_capture(THUMBS, [capture(A.LEFT_THUMB, 99, 10), capture(A.RIGHT_THUMB, 99, 10)])
    assert state.panel(THUMBS).lack is Lack.QUALITY
    state = state.after_capture(THUMBS, [capture(A.LEFT_THUMB, 1, 80), capture(A.RIGHT_THUMB, 1, 80)])
    assert state.panel(THUMBS).lack is None


def test_a_forced_capture_needs_a_reason() -> None:
    state = form(settings=CaptureSettings(finger_attempts=1))
    with pytest.raises(ForcedReasonError):
        state.with_reason(THUMBS, "worn")
    state = scan(state, THUMBS, 5, 5)
    for reason in ("", "  ", "x" * 257):
        with pytest.raises(ForcedReasonError):
            state.with_reason(THUMBS, reason)
    state = state.with_reason(THUMBS, " worn ridges ")
    assert state.panel(THUMBS).lack is None
    assert state.reasons == {"thumbs": "worn ridges"}
    assert "worn" not in repr(state)


def test_marking_and_unmarking_throw_the_groups_captures_away_and_no_others() -> None:
    state = scan(scan(form(), THUMBS, 50, 50), IRISES, 90, 90)
    state = state.with_exception(A.LEFT_THUMB, PERMANENT, "amputated")
    assert kept(state, THUMBS) == []
    assert len(kept(state, IRISES)) == 2
    panel = state.panel(THUMBS)
    assert (panel.wanted, panel.told, panel.attempts.count) == ((A.RIGHT_THUMB,), (A.LEFT_THUMB,), 0)
    state = scan(state, THUMBS, 50)
    again = state.with_exception(A.LEFT_THUMB, TEMPORARY, "bandaged")  # only the kind changes: nothing is thrown away
    assert len(kept(again, THUMBS)) == 1
    assert again.marks[A.LEFT_THUMB].exception_type is TEMPORARY
    state = again.without_exception(A.LEFT_THUMB)
    assert kept(state, THUMBS) == []
    assert state.panel(THUMBS).wanted == THUMBS.attributes


def test_a_group_of_exceptions_only_is_not_scanned_and_complete() -> None:
    state = form().with_exception(A.LEFT_THUMB, PERMANENT).with_exception(A.RIGHT_THUMB, PERMANENT)
    assert not state.panel(THUMBS).may_scan
    assert state.panel(THUMBS).lack is None
    with pytest.raises(ValueError, match="may not be captured"):
        state.after_capture(THUMBS, [])


@pytest.mark.parametrize("attribute", [A.FACE, A.EXCEPTION_PHOTO])
def test_a_face_is_no_exception(attribute: BioAttribute) -> None:
    with pytest.raises(ExceptionImpossibleError):
        form().with_exception(attribute, PERMANENT)


def test_only_what_is_asked_can_be_an_exception() -> None:
    with pytest.raises(ExceptionImpossibleError):
        BiometricForm((A.FACE,)).with_exception(A.LEFT_THUMB, PERMANENT)
    with pytest.raises(ExceptionImpossibleError):
        form().without_exception(A.LEFT_THUMB)


def full(state: BiometricForm) -> BiometricForm:
    for group in state.groups:
        if state.panel(group).may_scan:
            state = scan(state, group, *[95.0] * len(state.panel(group).wanted))
    return state


def test_an_exception_photo_is_due_with_the_first_mark_and_goes_with_the_last() -> None:
    state = full(form())
    assert state.is_complete()
    state = full(state.with_exception(A.LEFT_EYE, TEMPORARY, "patch"))
    assert state.groups[-1] is EXCEPTION_PHOTO
    assert state.is_complete()
    assert [c.attribute for c in state.biometrics().captured][-1] is A.EXCEPTION_PHOTO
    another = state.with_exception(A.LEFT_INDEX, PERMANENT)
    assert not full_without_photo(another).is_complete()  # the photo shows the old exceptions
    none = full(state.without_exception(A.LEFT_EYE))
    assert EXCEPTION_PHOTO not in none.groups
    assert A.EXCEPTION_PHOTO not in [c.attribute for c in none.biometrics().captured]


def full_without_photo(state: BiometricForm) -> BiometricForm:
    for group in state.groups[:-1]:
        if state.panel(group).may_scan:
            state = scan(state, group, *[95.0] * len(state.panel(group).wanted))
    return state


def test_the_photo_is_for_all_exceptions_and_only_where_the_process_wants_it() -> None:
    state = form().with_exception(A.LEFT_EYE, PERMANENT).with_exception(A.RIGHT_LITTLE, PERMANENT)
    assert state.panel(EXCEPTION_PHOTO).told == (A.RIGHT_LITTLE, A.LEFT_EYE)
    assert state.panel(EXCEPTION_PHOTO).attempts.maximum == 0
    unwanted = form(wants_photo=False).with_exception(A.LEFT_EYE, PERMANENT)
    assert EXCEPTION_PHOTO not in unwanted.groups
    assert full(unwanted).is_complete()


def test_what_a_field_leaves_out_is_told_to_the_device_but_not_written() -> None:
    state = BiometricForm((A.LEFT_INDEX, A.LEFT_MIDDLE, A.FACE))
    panel = state.panel(LEFT_SLAP)
    assert panel.wanted == (A.LEFT_INDEX, A.LEFT_MIDDLE)
    assert panel.told == (A.LEFT_RING, A.LEFT_LITTLE)
    assert state.groups == (LEFT_SLAP, FACE)
    assert full(state).biometrics().exceptions == ()


def test_what_is_not_asked_of_this_person_is_an_exception_where_its_group_is_asked() -> None:
    state = form(candidates=frozenset({A.LEFT_INDEX, A.FACE}))
    assert [e.attribute for e in state.automatic_exceptions()] == [A.LEFT_MIDDLE, A.LEFT_RING, A.LEFT_LITTLE]
    assert not state.is_photo_due
    infant = form(candidates=frozenset({A.FACE}))
    assert infant.groups == (FACE,)
    assert infant.automatic_exceptions() == ()


def test_another_age_group_begins_the_changed_groups_anew() -> None:
    state = full(form().with_exception(A.LEFT_EYE, PERMANENT))
    infant = state.with_candidates(frozenset({A.FACE}))
    assert infant.marks == {}
    assert [c.attribute for c in infant.biometrics().captured] == [A.FACE]
    adult = infant.with_candidates(None)
    assert len(kept(adult, FACE)) == 1
    assert kept(adult, THUMBS) == []


def test_a_form_may_be_complete_by_a_rule_of_its_own() -> None:
    state = scan(form(), THUMBS, 95, 95)
    assert not state.is_complete()
    assert state.is_complete(lambda satisfied: any(satisfied.values()))
    assert not form().is_complete(lambda satisfied: any(satisfied.values()))


def test_the_packet_gets_the_fields_order_and_all_exceptions() -> None:
    state = full(form().with_exception(A.LEFT_EYE, PERMANENT, "lost"))
    content = state.biometrics()
    assert content.configured == ALL
    assert [c.attribute for c in content.captured] == [*[a for a in ALL if a is not A.LEFT_EYE], A.EXCEPTION_PHOTO]
    assert [(e.attribute, e.exception_type, e.reason) for e in content.exceptions] == [(A.LEFT_EYE, PERMANENT, "lost")]


class AnyOperator(RuleBasedStateMachine):
    """Whatever an operator does, in whatever order, the packet stays consistent."""

    def __init__(self) -> None:
        super().__init__()
        self.state = form(settings=CaptureSettings(finger_attempts=2, iris_attempts=1))

    @rule(group=st.sampled_from(GROUPS), scores=st.lists(st.integers(0, 100), min_size=4, max_size=4))
    def scan(self, group: Group, scores: list[int]) -> None:
        panel = self.state.panel(group)
        if not panel.may_scan:
            return
        before = dict(panel.attempts.kept)
        self.state = scan(self.state, group, *scores[: len(panel.wanted)])
        after = self.state.attempts(group).kept
        for attribute, score in zip(panel.wanted, scores, strict=False):
            if attribute in before:
                assert after[attribute].quality_score == max(score, before[attribute].quality_score)

    @rule(attribute=st.sampled_from((*FINGERS, *EYES)), kind=st.sampled_from(ExceptionType))
    def mark(self, attribute: BioAttribute, kind: ExceptionType) -> None:
        if attribute in self.state.asked:
            self.state = self.state.with_exception(attribute, kind)

    @precondition(lambda self: self.state.marks)
    @rule(data=st.data())
    def unmark(self, data: st.DataObject) -> None:
        self.state = self.state.without_exception(data.draw(st.sampled_from(sorted(self.state.marks))))

    @rule(asked=st.none() | st.frozensets(st.sampled_from(ALL), min_size=1))
    def other_age(self, asked: frozenset[BioAttribute] | None) -> None:
        self.state = self.state.with_candidates(asked)

    @invariant()
    def packet_is_consistent(self) -> None:
        content = self.state.biometrics()
        captured = [c.attribute for c in content.captured]
        excepted = [e.attribute for e in content.exceptions]
        assert len(set(captured)) == len(captured)
        assert len(set(excepted)) == len(excepted)
        assert not set(captured) & set(excepted)
        assert A.EXCEPTION_PHOTO not in captured or self.state.is_photo_due
        assert set(captured) - {A.EXCEPTION_PHOTO} <= set(self.state.asked)
        for group in self.state.groups:
            attempts = self.state.attempts(group)
            assert attempts.maximum == 0 or attempts.count <= attempts.maximum
            assert attempts.is_forced is (bool(attempts.kept) and all(c.forced for c in attempts.kept.values()))
        if self.state.is_complete():
            assert {*captured, *excepted} >= set(self.state.asked)


TestAnyOperator = AnyOperator.TestCase
TestAnyOperator.settings = hypothesis_settings(max_examples=30, stateful_step_count=20, deadline=None)
