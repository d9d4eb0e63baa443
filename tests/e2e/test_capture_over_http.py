"""A whole person over real HTTP: ten fingers, two irises, the face, one chain, and every token as a server rebuilds it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from devices.client.attempts import Attempts
from devices.client.scan import scan
from devices.client.session import CaptureSession
from devices.sbi import hashchain
from devices.sbi.attributes import FACE, IRISES, LEFT_SLAP, RIGHT_SLAP, THUMBS, split_into_groups
from devices.sbi.errors import AttributesNotTogetherError, NothingToCaptureError
from devices.sbi.trust import DeviceTrust
from devices.simulator import Simulator, SimulatorConfig
from packet.bioattributes import EYES, FINGERS
from packet.crypto import jws
from packet.devicetoken import rebuild
from packet.iso import check_shows, parse_record
from packet.models import BioAttribute, CapturedBiometric

A = BioAttribute


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("level", ["L0", "L1"])
def test_a_whole_person_is_captured_in_one_chain(level: str) -> None:
    with Simulator(SimulatorConfig(port=0, level=level)) as simulator:
        trust = DeviceTrust(simulator.device_trust_store(), simulator.ftm_trust_store())
        found = scan(trust, now, [simulator.port])
        session = CaptureSession(trust, "Staging", now)
        captures: list[CapturedBiometric] = []
        for group, part in split_into_groups([*FINGERS, *EYES, A.FACE]):
            (device,) = found.of_type(group.bio_type)
            captures.extend(session.capture(device, part, threshold=40).captures)
    assert sorted(c.attribute for c in captures) == sorted([*FINGERS, *EYES, A.FACE])
    assert session.last_hash == hashchain.chain("", [c.token.iso for c in captures])[-1]
    for capture in captures:
        token = jws.parse(rebuild(capture.token))
        jws.verify_with_leaf(token)
        trust.device.check(token.leaf, now(), "the rebuilt capture")
        check_shows(parse_record(capture.token.iso), capture.attribute)
        assert '"bioValue":"<bioValue>"' in capture.token.payload
        assert capture.spec_version == "0.9.5"
    assert [d.digital_id.type for d in session.devices] == ["Finger", "Iris", "Face"]
    assert 1_000_000 < sum(len(c.token.iso) for c in captures) < 2_500_000


def test_attempts_and_exceptions_over_the_wire() -> None:
    with Simulator(SimulatorConfig(port=0)) as simulator:
        simulator.script.score(A.LEFT_EYE, 30, 80)
        simulator.script.score(A.RIGHT_EYE, 40, 70)
        trust = DeviceTrust(simulator.device_trust_store())
        found = scan(trust, now, [simulator.port])
        session = CaptureSession(trust, "Staging", now)
        (scanner,), (camera,), (slaps,) = (found.of_type(t) for t in ("Iris", "Face", "Finger"))
        attempts = Attempts(threshold=60, maximum=3)
        attempts = attempts.after(session.capture(scanner, IRISES.attributes, timeout_ms=50).captures)
        assert not attempts.kept
        attempts = attempts.after(session.capture(scanner, IRISES.attributes, timeout_ms=50).captures)
        assert attempts.is_complete(IRISES.attributes)
        assert {c.attempts for c in attempts.kept.values()} == {2}
        exceptions = [A.RIGHT_INDEX, A.RIGHT_LITTLE, A.LEFT_THUMB]
        right = session.capture(slaps, RIGHT_SLAP.attributes, exceptions)
        assert [c.attribute for c in right.captures] == [A.RIGHT_MIDDLE, A.RIGHT_RING]
        thumb = session.capture(slaps, THUMBS.attributes, exceptions)
        assert [c.attribute for c in thumb.captures] == [A.RIGHT_THUMB]
        single = session.capture(slaps, [A.LEFT_RING])
        assert [c.attribute for c in single.captures] == [A.LEFT_RING]
        eye = session.capture(scanner, [A.RIGHT_EYE])
        assert [c.attribute for c in eye.captures] == [A.RIGHT_EYE]
        photo = session.capture(camera, [A.EXCEPTION_PHOTO], exceptions, threshold=0)
        assert [c.attribute for c in photo.captures] == [A.EXCEPTION_PHOTO]
        with pytest.raises(NothingToCaptureError):
            session.capture(camera, FACE.attributes, FACE.attributes)
        with pytest.raises(AttributesNotTogetherError):
            session.capture(camera, LEFT_SLAP.attributes)
        with pytest.raises(AttributesNotTogetherError):
            session.capture(slaps, [A.LEFT_RING, A.RIGHT_RING])


def test_another_person_steps_up() -> None:
    with Simulator(SimulatorConfig(port=0)) as simulator:
        trust = DeviceTrust(simulator.device_trust_store())
        (camera,) = scan(trust, now, [simulator.port]).of_type("Face")
        first = CaptureSession(trust, "Staging", now).capture(camera, FACE.attributes)
        simulator.script.present(2)
        second = CaptureSession(trust, "Staging", now).capture(camera, FACE.attributes)
    images = [parse_record(result.captures[0].token.iso).image for result in (first, second)]
    assert images[0] != images[1]
