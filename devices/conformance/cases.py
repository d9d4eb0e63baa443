"""The compliance toolkit's cases for 0.9.5 as a table, by its ids.

Short names: LS, RS left and right slap, TH thumbs, DI double iris, FC face, XP exception photo. Letters of the checks are those
of `Check`. The last argument of a capture says what comes back: nothing for a success, else the error codes that are accepted
(an empty set for any code of three digits).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from devices.conformance.model import AUTH, REGISTRATION, Case, Check, Kind, Scene, Shot
from devices.conformance.validators import SLAPS
from devices.sbi.attributes import BioType

ANY_CODE: frozenset[str] = frozenset()
WRONG_COUNT = frozenset({"109"})
WRONG_TRANSACTION = frozenset({"112"})
LONG_TIMEOUT_MS = 10_000
SHORT_TIMEOUT_MS = 500
UNKNOWN = "UNKNOWN"
_FINGER, _IRIS, _FACE = BioType.FINGER, BioType.IRIS, BioType.FACE


@dataclass(frozen=True, slots=True)
class Subject:
    """What is captured, and with which device."""

    name: str
    purpose: str
    bio_type: BioType
    sub_types: tuple[str, ...]
    shot: Shot


def _registration(name: str, bio_type: BioType, sub_type: str, shot: Shot) -> Subject:
    return Subject(name, REGISTRATION, bio_type, (sub_type,), shot)


def _auth(name: str, bio_type: BioType, *segments: str) -> Subject:
    return Subject(name, AUTH, bio_type, (), Shot("0", max(1, len(segments)), segments))


LS = _registration("left slap", _FINGER, "Slap", Shot("1", 4, SLAPS["1"]))
RS = _registration("right slap", _FINGER, "Slap", Shot("2", 4, SLAPS["2"]))
TH = _registration("two thumbs", _FINGER, "Slap", Shot("3", 2, SLAPS["3"]))
DI = _registration("double iris", _IRIS, "Double", Shot("3", 2, ("Left", "Right")))
FC = _registration("face", _FACE, "Full face", Shot("0", 1))
XP = _registration("exception photo", _FACE, "Full face", Shot("0", 1, exceptions=("Left LittleFinger",), score=10))
FACE = _auth("face", _FACE)
IRIS = _auth("any iris", _IRIS, UNKNOWN)
LEFT_IRIS = _auth("left iris", _IRIS, "Left")
RIGHT_IRIS = _auth("right iris", _IRIS, "Right")
BOTH_IRISES = _auth("both irises", _IRIS, "Left", "Right")
FINGER = _auth("any finger", _FINGER, UNKNOWN)
TWO_FINGERS = _auth("two unnamed fingers", _FINGER, UNKNOWN, UNKNOWN)
LEFT_INDEX = _auth("left index finger", _FINGER, "Left IndexFinger")
INDEX_AND_MIDDLE = _auth("left index and middle finger", _FINGER, "Left IndexFinger", "Left MiddleFinger")
TEN_FINGERS = _auth("ten fingers", _FINGER, *SLAPS["1"], *SLAPS["2"], *SLAPS["3"])


def without(subject: Subject, *exceptions: str) -> Subject:
    """The subject with fingers or eyes missing."""
    segments = tuple(name for name in subject.shot.segments if name not in exceptions)
    shot = replace(subject.shot, segments=segments, exceptions=exceptions, count=len(segments))
    return replace(subject, shot=shot)


def _id(number: int) -> str:
    return f"SBI{number}"


def capture(
    number: int, subject: Subject, letters: str, title: str = "", error_codes: frozenset[str] | None = None,
    kind: Kind = Kind.CAPTURE, scene: Scene = Scene.SOMEBODY,
) -> Case:  # fmt: skip
    """One capture case."""
    verb = "RCAPTURE" if subject.purpose == REGISTRATION else "CAPTURE"
    return Case(
        _id(number), f"{verb} {subject.name}" + (f", {title}" if title else ""), kind, (subject.purpose,), subject.bio_type,
        subject.sub_types, subject.shot, frozenset(Check(letter) for letter in letters), error_codes,
        Scene.ANYBODY if error_codes is not None and scene is Scene.SOMEBODY else scene,
    )  # fmt: skip


def _changed(subject: Subject, **changes: object) -> Subject:
    return replace(subject, shot=replace(subject.shot, **changes))  # type: ignore[arg-type]


def _plain_captures() -> list[Case]:
    no_irises = _changed(DI, sub_id="3", segments=(), exceptions=("Left", "Right"), count=0)
    no_thumbs = _changed(TH, segments=(), exceptions=("Left Thumb", "Right Thumb"), count=0)
    return [
        capture(1002, LS, "SMG"),
        capture(1003, without(LS, "Left RingFinger"), "SMG", "without the ring finger"),
        capture(1004, RS, "SMG"),
        capture(1005, without(RS, "Right IndexFinger", "Right MiddleFinger"), "SMG", "without index and middle finger"),
        capture(1006, TH, "SMG"),
        capture(1007, without(TH, "Left Thumb"), "SMG", "without the left one"),
        capture(1008, no_thumbs, "S", "with both missing", WRONG_COUNT),
        capture(1009, DI, "SMG"),
        capture(1010, without(DI, "Left"), "SMG", "without the left one"),
        capture(1011, no_irises, "S", "with both missing", WRONG_COUNT),
        capture(1012, FC, "SMG"),
        capture(1013, XP, "SG"),
        capture(1014, FACE, "SMG"),
        capture(1015, IRIS, "SMG"),
        capture(1016, LEFT_IRIS, "SMG"),
        capture(1017, RIGHT_IRIS, "SMG"),
        capture(1018, FINGER, "SMG"),
        capture(1019, TWO_FINGERS, "SMG"),
        capture(1020, LEFT_INDEX, "SMG"),
        capture(1021, INDEX_AND_MIDDLE, "SMG"),
        capture(1058, TEN_FINGERS, "SMG"),
        capture(1059, BOTH_IRISES, "SMG"),
    ]


def _device_cases() -> list[Case]:
    rotated = (
        (1022, LS), (1023, LEFT_IRIS), (1024, LEFT_INDEX), (1025, FACE), (1060, FC), (1061, DI),
    )  # fmt: skip
    states = ((1027, "Busy"), (1028, "Not Ready"), (1029, "Not Registered"))
    form = frozenset({Check.SCHEMA})
    checks = form | {Check.SIGNATURE}
    return [
        Case(_id(1000), "MOSIPDISC", Kind.DISCOVERY, checks=checks),
        Case(_id(1001), "MOSIPDINFO", Kind.INFORMATION, checks=checks),
        Case(_id(1026), "MOSIPDINFO of a device that is Ready", Kind.INFORMATION, checks=checks, status="Ready"),
        *(Case(_id(n), f"MOSIPDINFO of a device that is {s}", Kind.STATUS, checks=form, status=s) for n, s in states),
        *(
            Case(
                _id(n), f"MOSIPDINFO before and after a key rotation, {s.purpose.lower()} {s.bio_type.lower()} device",
                Kind.ROTATION, (s.purpose,), s.bio_type, s.sub_types, checks=frozenset({Check.ROTATION}),
            )
            for n, s in rotated
        ),
    ]  # fmt: skip


def _refused() -> list[Case]:
    eleven = (*TEN_FINGERS.shot.segments, UNKNOWN)
    counts = [
        (1030, _changed(TEN_FINGERS, segments=eleven, count=11), "count 11"),
        (1031, _changed(BOTH_IRISES, segments=("Left", "Right", UNKNOWN), count=3), "count 3"),
        (1032, _changed(FACE, count=2), "count 2"),
        (1033, _changed(LS, count=5), "count 5"),
        (1034, _changed(RS, count=5), "count 5"),
        (1035, _changed(TH, count=3), "count 3"),
        (1036, _changed(DI, sub_id="1", segments=("Left",), count=2), "left only, count 2"),
        (1037, _changed(DI, sub_id="2", segments=("Right",), count=2), "right only, count 2"),
        (1038, _changed(DI, count=3), "count 3"),
        (1039, _changed(FC, count=2), "count 2"),
    ]
    lengths = [
        (1091, FACE, 62), (1092, IRIS, 51), (1093, FINGER, 64), (1108, LS, 62), (1109, RS, 62), (1110, DI, 62), (1111, FC, 62),
    ]  # fmt: skip
    renames = [
        (1094, LS, "env"), (1095, RS, "timeout"), (1096, TH, "specVersion"), (1097, DI, "purpose"), (1098, FC, "bio"),
        (1099, DI, "bio.count"), (1100, XP, "bio.deviceSubId"),
    ]  # fmt: skip
    return [
        *(capture(n, subject, "S", title, WRONG_COUNT) for n, subject, title in counts),
        *(
            capture(n, _changed(s, transaction_length=size), "S", f"transaction id of {size} characters", WRONG_TRANSACTION)
            for n, s, size in lengths
        ),
        *(capture(n, _changed(s, rename=key), "S", f"key {key} missing", ANY_CODE) for n, s, key in renames),
    ]


def _timed() -> list[Case]:
    kinds = (FC, DI, LS, RS, TH, XP, FACE, IRIS, FINGER)
    cases = []
    for offset, subject in enumerate(kinds):
        nobody = _changed(subject, timeout_ms=SHORT_TIMEOUT_MS)
        cases.append(capture(1040 + offset, nobody, "ST", "nobody there", ANY_CODE, scene=Scene.NOBODY))
        best = _changed(subject, score=100, timeout_ms=LONG_TIMEOUT_MS, long_timeout=True)
        cases.append(capture(1049 + offset, best, "STG", "best frame at the timeout"))
    return cases


def _deeper() -> list[Case]:
    auth = (FACE, LEFT_IRIS, RIGHT_IRIS, FINGER)
    chained = (LS, FC, RS, DI, FACE, IRIS, FINGER)
    return [
        *(capture(1062 + i, s, "SMGI", "ISO record") for i, s in enumerate((LS, RS, DI, FC))),
        *(capture(1066 + i, s, "SMGI", "ISO record") for i, s in enumerate(auth)),
        *(capture(1070 + i, s, "SMG", "while the preview runs", kind=Kind.STREAM) for i, s in enumerate((LS, RS, TH, DI, FC))),
        *(capture(1083 + i, s, "SMGC", "time of capture") for i, s in enumerate((LS, RS, DI, FC))),
        *(capture(1087 + i, s, "SMGC", "time of capture") for i, s in enumerate(auth)),
        *(capture(1101 + i, s, "SMGH", "hash chain over two captures", kind=Kind.CHAIN) for i, s in enumerate(chained)),
    ]


_SDK = "not automatable: needs a biometric SDK to score the images"
_PEOPLE = "not automatable: needs ten people of each age, gender and occupation or origin, and an SDK"


def _manual() -> list[Case]:
    def row(number: int, title: str, reason: str) -> Case:
        return Case(_id(number), title, Kind.MANUAL, reason=reason)

    verb = {1075: "RCAPTURE", 1079: "CAPTURE"}
    quality = [row(n, f"{verb[1075 if n < 1079 else 1079]} image quality by an SDK", _SDK) for n in range(1075, 1083)]
    people = [
        (range(1112, 1126), "RCAPTURE slaps, quality by group of people"),
        (range(1126, 1150), "RCAPTURE face, quality by group of people"),
        (range(1150, 1154), "RCAPTURE double iris, quality by group of people"),
        (range(1154, 1168), "CAPTURE any finger, quality by group of people"),
        (range(1168, 1192), "CAPTURE face, quality by group of people"),
        (range(1192, 1196), "CAPTURE iris, quality by group of people"),
    ]
    return quality + [row(n, title, _PEOPLE) for numbers, title in people for n in numbers]


def toolkit_cases() -> tuple[Case, ...]:
    """All 196 cases, in the order of their ids."""
    cases = [*_device_cases(), *_plain_captures(), *_refused(), *_timed(), *_deeper(), *_manual()]
    return tuple(sorted(cases, key=lambda case: case.id))
