"""A biometrics field in work as bytes and back, so that a registration can be parked and taken up again.

One record for the marks (exceptions and reasons), one for each group that was captured, so that a new capture rewrites only its
own group. Thresholds and numbers of attempts are not recorded: those in force when the work goes on count.

Layout of a group's record:

======  ======  ==========================================================
offset  length  content
======  ======  ==========================================================
0       4       length n of the description, big-endian
4       n       description, JSON: attempts, scores, captures without records
4 + n   rest    the ISO records, one after the other, in the description's order
======  ======  ==========================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from devices.client.attempts import Attempts
from devices.client.biometricform import BiometricForm
from devices.sbi.attributes import GROUPS, Group
from packet.errors import CodedError
from packet.models import BioAttribute, BiometricException, CapturedBiometric, DeviceToken, ExceptionType

MARKS: Final = "marks"
_LENGTH_BYTES: Final = 4
_VERSION: Final = 1
_Score = Annotated[float, Field(ge=0, le=100)]


class FormRecordUnreadableError(CodedError):
    """What was kept of a biometrics field is not what this version writes."""

    code = "CAPTURE-RECORD"
    sentence = "What was kept of the {part} cannot be read."
    next_step = "Capture it again."


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Mark(_Model):
    attribute: BioAttribute
    kind: ExceptionType
    reason: str = Field(repr=False)


class _Marks(_Model):
    version: int = Field(ge=_VERSION, le=_VERSION)
    marks: tuple[_Mark, ...]
    reasons: dict[str, str] = Field(repr=False)


class _Capture(_Model):
    attribute: BioAttribute
    payload: str = Field(repr=False)
    signature: str = Field(repr=False)
    iso_bytes: int = Field(ge=0)
    quality_score: _Score
    captured_at: AwareDatetime
    spec_version: str
    sdk_score: _Score
    attempts: int = Field(ge=1)
    forced: bool


class _Group(_Model):
    version: int = Field(ge=_VERSION, le=_VERSION)
    count: int = Field(ge=1)
    averages: tuple[_Score, ...]
    scores: tuple[dict[BioAttribute, _Score], ...]
    kept: tuple[_Capture, ...]


def group_key(group: Group) -> str:
    """The name of a group's record: the group's name with hyphens."""
    return group.name.replace(" ", "-")


_BY_KEY: Final[Mapping[str, Group]] = {group_key(group): group for group in GROUPS}


def records(form: BiometricForm) -> dict[str, bytes]:
    """What is to be kept of a field, by record name: `MARKS` always, then one for each group with attempts."""
    found = {MARKS: marks_record(form)}
    for group in GROUPS:
        attempts = form.attempts(group)
        if attempts.count:
            found[group_key(group)] = group_record(attempts)
    return found


def marks_record(form: BiometricForm) -> bytes:
    """Exceptions and reasons."""
    marks = [{"attribute": m.attribute, "kind": m.exception_type, "reason": m.reason} for m in form.marks.values()]
    return orjson.dumps({"version": _VERSION, "marks": marks, "reasons": dict(form.reasons)})


def group_record(attempts: Attempts) -> bytes:
    """The attempts at one group and what is kept of them."""
    kept = list(attempts.kept.values())
    description = orjson.dumps(
        {
            "version": _VERSION,
            "count": attempts.count,
            "averages": attempts.averages,
            "scores": [{a.value: score for a, score in scores.items()} for scores in attempts.scores],
            "kept": [_described(capture) for capture in kept],
        }
    )
    return b"".join((len(description).to_bytes(_LENGTH_BYTES, "big"), description, *(c.token.iso for c in kept)))


def _described(capture: CapturedBiometric) -> dict[str, object]:
    return {
        "attribute": capture.attribute,
        "payload": capture.token.payload,
        "signature": capture.token.signature,
        "iso_bytes": len(capture.token.iso),
        "quality_score": capture.quality_score,
        "captured_at": capture.captured_at,
        "spec_version": capture.spec_version,
        "sdk_score": capture.sdk_score,
        "attempts": capture.attempts,
        "forced": capture.forced,
    }


def restored(form: BiometricForm, kept: Mapping[str, bytes]) -> BiometricForm:
    """A field as it was when the records were made.

    Args:
        form: the field as it is at the start, with its attributes, settings and what is asked of the person.
        kept: from `records`.

    Raises:
        FormRecordUnreadableError: if a record is not one, or holds attributes that the field does not have.
    """
    marks: Mapping[BioAttribute, BiometricException] = {}
    reasons: Mapping[str, str] = {}
    attempts: dict[str, Attempts] = {}
    for name, body in kept.items():
        if name == MARKS:
            marks, reasons = _marks(body)
        elif (group := _BY_KEY.get(name)) is not None:
            attempts[group.name] = _attempts(name, body, group, form.attempts(group))
        else:
            raise FormRecordUnreadableError(part="captures")
    if not set(marks) <= set(form.configured):
        raise FormRecordUnreadableError(part=MARKS)
    return replace(
        form,
        marks=MappingProxyType(dict(marks)),
        reasons=MappingProxyType(dict(reasons)),
        _attempts=MappingProxyType(attempts),
    )


def _marks(body: bytes) -> tuple[dict[BioAttribute, BiometricException], dict[str, str]]:
    try:
        found = _Marks.model_validate_json(body)
    except ValidationError:
        raise FormRecordUnreadableError(part=MARKS) from None
    return {m.attribute: BiometricException(m.attribute, m.kind, m.reason) for m in found.marks}, found.reasons


def _attempts(name: str, body: bytes, group: Group, fresh: Attempts) -> Attempts:
    length = int.from_bytes(body[:_LENGTH_BYTES], "big")
    try:
        found = _Group.model_validate_json(body[_LENGTH_BYTES : _LENGTH_BYTES + length])
    except ValidationError:
        raise FormRecordUnreadableError(part=name) from None
    isos = body[_LENGTH_BYTES + length :]
    if sum(c.iso_bytes for c in found.kept) != len(isos) or not {c.attribute for c in found.kept} <= set(group.attributes):
        raise FormRecordUnreadableError(part=name)
    return replace(
        fresh,
        count=found.count,
        averages=found.averages,
        scores=tuple(MappingProxyType(scores) for scores in found.scores),
        kept=MappingProxyType(_captures(found.kept, isos)),
    )


def _captures(described: Sequence[_Capture], isos: bytes) -> dict[BioAttribute, CapturedBiometric]:
    captures: dict[BioAttribute, CapturedBiometric] = {}
    start = 0
    for item in described:
        iso = isos[start : start + item.iso_bytes]
        start += item.iso_bytes
        captures[item.attribute] = CapturedBiometric(
            attribute=item.attribute,
            token=DeviceToken(payload=item.payload, signature=item.signature, iso=iso),
            quality_score=item.quality_score,
            captured_at=_utc(item.captured_at),
            spec_version=item.spec_version,
            sdk_score=item.sdk_score,
            attempts=item.attempts,
            forced=item.forced,
        )
    return captures


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
