"""Hash chain, error codes, groups, and the rules for several attempts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from devices.client.attempts import Attempts
from devices.sbi import errors, hashchain, refusals
from devices.sbi.attributes import EXCEPTION_PHOTO, FACE, GROUPS, IRISES, LEFT_SLAP, THUMBS, group_of, split_into_groups
from devices.sbi.codes import CODES, facts_of, reported
from devices.sbi.errors import AttributesNotTogetherError, DeviceError
from devices.sbi.replay import ReplayMemory
from packet.bioattributes import FINGERS
from packet.models import BioAttribute, CapturedBiometric, DeviceToken

A = BioAttribute
H1 = "D634DAAB058647D35557E01DD5FA0B0E82D63A00597E64426ED1D0BA186F0190"
H2 = "CF4C93B28555093BFF942B8A59B08B4153CE082C6C53B8F06BE55B5EC8242976"
H3 = "219C874F0E8F466369364A52905CAB63000579F615CBBC7BB81A77543BDC5DD0"


def test_the_hash_chain_of_three_records() -> None:
    assert hashchain.chain("", [b"A", b"B", b"C"]) == [H1, H2, H3]
    assert hashchain.next_hash(H2, b"C") == H3
    assert hashchain.next_hash(hashchain.EMPTY_HASH, b"A") == hashchain.next_hash("", b"A") == H1


@pytest.mark.parametrize("previous", ["xyz", "AB", H1 + "00"])
def test_a_previous_hash_that_is_none_is_a_mistake(previous: str) -> None:
    with pytest.raises(ValueError, match=r"hex|32 bytes"):
        hashchain.next_hash(previous, b"A")


def test_only_64_upper_case_hex_digits_are_a_hash() -> None:
    assert hashchain.is_hash(H1)
    assert not any(map(hashchain.is_hash, ["", H1.lower(), H1[:-1], H1 + "0", H1[:-1] + "\n", H1[:-1] + "G"]))


SPECIFIED = [*map(str, range(100, 124)), "202", "500", "501", "502", "503", "700", "701", "703", "710", "801", "810", "999"]


@pytest.mark.parametrize("code", [*SPECIFIED, "599", "-1", "abc", ""])
def test_every_code_gives_the_operator_a_sentence_and_a_next_step(code: str) -> None:
    error = reported(code, "vendor\ntext\x1b[0m")
    assert error.message.endswith(f"(device error {code or 'no text'}: vendor text [0m)")
    assert error.advice.endswith(".")
    assert "<" not in error.message + error.advice
    assert facts_of(code).meaning in error.message


def test_only_tampering_blocks_a_device() -> None:
    assert [code for code, facts in CODES.items() if facts.blocks_device] == ["103"]


def test_device_text_is_cut() -> None:
    assert len(reported("500", "x" * 10_000).message) < 300


def _all_errors(root: type[DeviceError]) -> list[type[DeviceError]]:
    return [cls for child in root.__subclasses__() for cls in (child, *_all_errors(child))]


def test_every_error_has_a_code_of_its_own_and_says_what_to_do() -> None:
    classes = _all_errors(DeviceError)
    codes = [cls.code for cls in classes]
    assert len(set(codes)) == len(codes)
    leaves = [cls for cls in classes if not cls.__subclasses__()]
    assert all(cls.sentence != DeviceError.sentence and cls.next_step for cls in leaves)
    assert {errors.DeviceDeadlineError, refusals.HashChainError} <= set(leaves)


def test_groups_cover_every_attribute_once() -> None:
    assert sorted(a for group in GROUPS for a in group.attributes) == sorted(BioAttribute)


def test_attributes_belong_to_one_group_or_are_split() -> None:
    assert group_of([A.LEFT_RING]) is LEFT_SLAP
    assert group_of([A.FACE]) is FACE
    assert group_of([A.EXCEPTION_PHOTO]) is EXCEPTION_PHOTO
    for together in ([A.LEFT_RING, A.LEFT_THUMB], [A.LEFT_EYE, A.FACE], []):
        with pytest.raises(AttributesNotTogetherError):
            group_of(together)
    parts = split_into_groups([*FINGERS, A.RIGHT_EYE])
    assert [(group.name, len(part)) for group, part in parts] == [
        ("left slap", 4), ("right slap", 4), ("thumbs", 2), ("irises", 1),
    ]  # fmt: skip
    assert parts[2] == (THUMBS, THUMBS.attributes)
    assert parts[3] == (IRISES, (A.RIGHT_EYE,))


def test_the_replay_memory_forgets_the_oldest_only() -> None:
    memory = ReplayMemory(capacity=2)
    for token in ("a", "b", "c", "a"):
        memory.remember(token)
    with pytest.raises(refusals.ReplayedCaptureError):
        memory.remember("c")


def captured(attribute: BioAttribute, score: float) -> CapturedBiometric:
    return CapturedBiometric(attribute, DeviceToken("", "", b""), score, datetime(2026, 1, 1, tzinfo=UTC))


def thumbs(left: float, right: float) -> list[CapturedBiometric]:
    return [captured(A.LEFT_THUMB, left), captured(A.RIGHT_THUMB, right)]


def kept(attempts: Attempts) -> list[tuple[float, int, bool]]:
    return [(c.quality_score, c.attempts, c.forced) for _, c in sorted(attempts.kept.items())]


@pytest.mark.parametrize(
    ("maximum", "scores", "expected"),
    [
        (3, [(60, 60)], [(60, 1, False), (60, 1, False)]),
        (3, [(90, 30)], [(90, 1, False), (30, 1, False)]),  # the mean reaches the threshold
        (3, [(59, 60)], []),
        (3, [(10, 20), (59, 60)], []),
        (3, [(10, 20), (59, 60), (40, 30)], [(40, 3, True), (30, 3, True)]),  # the last attempt, not the best
        (3, [(10, 20), (70, 60)], [(70, 2, False), (60, 2, False)]),
        (3, [(70, 60), (65, 90)], [(70, 1, False), (90, 2, False)]),  # thumbs of different attempts
        (3, [(70, 60), (70, 10)], [(70, 2, False), (60, 1, False)]),  # as good replaces
        (3, [(70, 60), (10, 99)], [(70, 1, False), (99, 2, False)]),
        (1, [(10, 20)], [(10, 1, True), (20, 1, True)]),
        (1, [(60, 60)], [(60, 1, False), (60, 1, False)]),
        (0, [(10, 20), (10, 20)], []),
    ],
)
def test_which_captures_are_kept(maximum: int, scores: list[tuple[float, float]], expected: list[object]) -> None:
    attempts = Attempts(threshold=60, maximum=maximum)
    for left, right in scores:
        attempts = attempts.after(thumbs(left, right))
    assert kept(attempts) == expected
    assert attempts.count == len(scores)
    assert attempts.averages == tuple((left + right) / 2 for left, right in scores)
    assert attempts.may_try is (maximum == 0 or len(scores) < maximum)


def test_a_modality_is_complete_when_good_or_forced() -> None:
    both = THUMBS.attributes
    fresh = Attempts(threshold=60, maximum=2)
    assert not fresh.is_complete(both)
    assert fresh.is_complete(both, exceptions=both)
    good = fresh.after(thumbs(80, 50))
    assert good.is_complete(both)
    assert not good.is_complete([A.RIGHT_THUMB])
    one = fresh.after([captured(A.LEFT_THUMB, 70)])
    assert not one.is_complete(both)
    assert one.is_complete(both, exceptions=[A.RIGHT_THUMB])
    forced = fresh.after(thumbs(10, 10)).after(thumbs(20, 20))
    assert forced.is_complete(both)


def test_a_photo_without_threshold_is_kept_at_the_first_attempt() -> None:
    photo = Attempts(threshold=0, maximum=0).after([captured(A.EXCEPTION_PHOTO, 0)])
    assert photo.is_complete([A.EXCEPTION_PHOTO])
    assert photo.may_try


def test_attempts_beyond_the_last_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="no attempt"):
        Attempts(threshold=60, maximum=1).after(thumbs(1, 1)).after(thumbs(1, 1))
    with pytest.raises(ValueError, match="no captures"):
        Attempts(threshold=60, maximum=1).after([])
