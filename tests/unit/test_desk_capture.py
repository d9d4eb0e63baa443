"""Capturing a group: until it is good enough, not beyond what is allowed, and never an operator's."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.desk.capture import capture_group
from app.desk.errors import OperatorRecognisedError
from app.desk.registering.start import start
from app.desk.registering.work import RegistrationInWork
from app.store.localstore import open_store
from devices.client.biometricform import Lack
from devices.client.session import CaptureResult
from devices.sbi.attributes import FACE, LEFT_SLAP, Group
from devices.sbi.info import VerifiedDevice
from packet.models import BioAttribute, CapturedBiometric
from tests.support.clerk import accepted, attendant, desk_at, lab_cameras, lab_device
from tests.support.specs import machine_key

FIELD = "individualBiometrics"
DEVICE: VerifiedDevice = None  # type: ignore[assignment]  # nothing here asks it anything


class Camera:
    """A device that answers with these scores, one after the other."""

    def __init__(self, group: Group, *scores: float) -> None:
        self.group = group
        self.scores = list(scores)
        self.asked: list[tuple[BioAttribute, ...]] = []

    def capture(
        self,
        device: VerifiedDevice,
        attributes: Collection[BioAttribute],
        exceptions: Collection[BioAttribute] = (),
        threshold: float = 60,
        timeout_ms: int = 10_000,
    ) -> CaptureResult:
        self.asked.append(tuple(attributes))
        score = self.scores.pop(0)
        captures = [replace(lab_cameras()(attribute), quality_score=score) for attribute in attributes]
        return accepted(self.group, captures, lab_device(self.group))


@pytest.fixture
def work(tmp_path: Path) -> Iterator[RegistrationInWork]:
    with (
        open_store(tmp_path / "sealdesk.sqlite", machine_key(), os.urandom) as store,
        start(desk_at(store, machine_key()), attendant(), "NEW", ["eng"]) as begun,
    ):
        yield begun


def test_it_ends_with_the_first_that_is_good_enough(work: RegistrationInWork) -> None:
    camera = Camera(LEFT_SLAP, 20, 80, 90)
    panel = capture_group(work, FIELD, LEFT_SLAP, camera, DEVICE, 1000)
    assert (panel.lack, panel.attempts.count, camera.scores) == (None, 2, [90])


def test_the_last_one_allowed_is_kept_and_wants_a_reason(work: RegistrationInWork) -> None:
    panel = capture_group(work, FIELD, FACE, Camera(FACE, 10, 20, 30), DEVICE, 1000)
    assert (panel.lack, panel.attempts.count, panel.attempts.is_forced) == (Lack.REASON, 3, True)


def test_with_no_attempt_left_nothing_is_asked_of_the_device(work: RegistrationInWork) -> None:
    camera = Camera(LEFT_SLAP, 80)
    capture_group(work, FIELD, LEFT_SLAP, camera, DEVICE, 1000)
    capture_group(work, FIELD, LEFT_SLAP, camera, DEVICE, 1000)
    assert len(camera.asked) == 1


def test_an_operators_capture_costs_no_attempt_and_is_not_kept(work: RegistrationInWork) -> None:
    seen: list[int] = []

    def check(captures: Sequence[CapturedBiometric]) -> str | None:
        seen.append(len(captures))
        return "110001" if len(seen) == 1 else None

    camera = Camera(LEFT_SLAP, 95, 70)
    with pytest.raises(OperatorRecognisedError) as refused:
        capture_group(work, FIELD, LEFT_SLAP, camera, DEVICE, 1000, check)
    assert refused.value.user_id == "110001"
    assert "110001" not in str(refused.value) + refused.value.advice
    assert work.captures(FIELD).attempts(LEFT_SLAP).count == 0
    panel = capture_group(work, FIELD, LEFT_SLAP, camera, DEVICE, 1000, check)
    assert (panel.lack, panel.attempts.count, seen) == (None, 1, [4, 4])
