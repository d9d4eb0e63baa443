"""A parked biometrics field comes back as it was, and what is no record of one is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.client.biometricform import BiometricForm
from devices.client.formrecord import MARKS, FormRecordUnreadableError, group_key, records, restored
from devices.client.settings import CaptureSettings
from devices.sbi.attributes import EXCEPTION_PHOTO, FACE, GROUPS, LEFT_SLAP, Group
from packet.bioattributes import EYES, FINGERS
from packet.models import BioAttribute, CapturedBiometric, DeviceToken, ExceptionType

ALL = (*FINGERS, *EYES, BioAttribute.FACE)
MARKABLE = st.sampled_from([*FINGERS, *EYES])


@st.composite
def forms(draw: st.DrawFn) -> BiometricForm:
    """A field after any sequence of captures and marks."""
    form = BiometricForm(ALL)
    for _ in range(draw(st.integers(0, 8))):
        if draw(st.booleans()):
            attribute = draw(MARKABLE)
            if attribute in form.marks and draw(st.booleans()):
                form = form.without_exception(attribute)
            else:
                form = form.with_exception(attribute, draw(st.sampled_from(ExceptionType)), draw(st.text(max_size=20)))
            continue
        group = draw(st.sampled_from(GROUPS))
        panel = form.panel(group)
        if panel.may_scan:
            form = form.after_capture(group, [draw(captures(attribute)) for attribute in panel.wanted])
        if form.attempts(group).is_forced and group is not EXCEPTION_PHOTO:
            form = form.with_reason(group, "the skin is worn")
    return form


def captures(attribute: BioAttribute) -> st.SearchStrategy[CapturedBiometric]:
    return st.builds(
        CapturedBiometric,
        attribute=st.just(attribute),
        token=st.builds(DeviceToken, payload=st.text(max_size=30), signature=st.text(max_size=30), iso=st.binary(max_size=60)),
        quality_score=st.floats(0, 100),
        captured_at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        sdk_score=st.floats(0, 100),
    )


@given(forms())
def test_a_parked_field_comes_back_as_it_was(form: BiometricForm) -> None:
    back = restored(BiometricForm(ALL), records(form))
    assert back == form
    assert back.biometrics() == form.biometrics()


def test_only_the_group_that_was_captured_changes() -> None:
    before = scanned(BiometricForm(ALL), LEFT_SLAP, 80)
    after = scanned(before, FACE, 95)
    changed = {name for name, body in records(after).items() if records(before).get(name) != body}
    assert changed == {group_key(FACE)}


def test_the_limits_in_force_when_the_work_goes_on_count() -> None:
    form = scanned(BiometricForm(ALL), FACE, 91)
    stricter = BiometricForm(ALL, settings=replace(CaptureSettings(), face_threshold=95))
    assert restored(stricter, records(form)).panel(FACE).lack is not None
    assert restored(BiometricForm(ALL), records(form)).panel(FACE).lack is None


@given(name=st.sampled_from([MARKS, *map(group_key, GROUPS), "another"]), body=st.binary(max_size=80))
def test_nonsense_is_refused_by_name(name: str, body: bytes) -> None:
    with pytest.raises(FormRecordUnreadableError):
        restored(BiometricForm(ALL), {name: body})


def test_records_of_another_group_or_with_missing_bytes_are_refused() -> None:
    kept = records(scanned(BiometricForm(ALL), LEFT_SLAP, 80))
    slap = kept[group_key(LEFT_SLAP)]
    for name, body in ((group_key(FACE), slap), (group_key(LEFT_SLAP), slap[:-1]), (group_key(LEFT_SLAP), slap + b"x")):
        with pytest.raises(FormRecordUnreadableError):
            restored(BiometricForm(ALL), {name: body})


def test_marks_of_fingers_that_the_field_does_not_have_are_refused() -> None:
    marked = BiometricForm(ALL).with_exception(BioAttribute.LEFT_EYE, ExceptionType.PERMANENT)
    with pytest.raises(FormRecordUnreadableError):
        restored(BiometricForm(FINGERS), records(marked))


def scanned(form: BiometricForm, group: Group, score: float) -> BiometricForm:
    iso = b"record of " + group.name.encode()
    taken = [
        CapturedBiometric(a, DeviceToken("p", "s", iso), score, datetime(2026, 1, 15, tzinfo=UTC))
        for a in form.panel(group).wanted
    ]
    return form.after_capture(group, taken)
