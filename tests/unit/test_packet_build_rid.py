"""Registration ids, sequences and packet ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packet.rid import (
    AdditionalInfoRequestInvalidError,
    RidForeignError,
    RidInvalidError,
    RidLengths,
    RidPartInvalidError,
    RidParts,
    check_belongs,
    compose,
    compose_packet_id,
    correction_rid,
    next_sequence,
    parse,
)

AT = datetime(2022, 1, 28, 22, 36, 18, tzinfo=UTC)
RID = "10001100770006920220128223618"


def test_form_of_a_published_example() -> None:
    assert compose("10001", "10077", 69, AT) == RID
    assert parse(RID) == RidParts("10001", "10077", 69, AT)
    assert compose_packet_id(RID, "10001_10077", AT) == "10001100770006920220128223618-10001_10077-20220128223618"


def test_time_is_utc() -> None:
    assert compose("10001", "10077", 69, AT.astimezone(timezone(timedelta(hours=-7)))) == RID


@given(
    centre=st.integers(0, 99_999),
    machine=st.integers(0, 99_999),
    sequence=st.integers(0, 99_999),
    at=st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - zone is added
)
def test_parts_survive_composing(centre: int, machine: int, sequence: int, at: datetime) -> None:
    parts = parse(compose(f"{centre:05d}", f"{machine:05d}", sequence, at))
    assert parts == RidParts(f"{centre:05d}", f"{machine:05d}", sequence, at.replace(microsecond=0))


@given(text=st.text(max_size=40))
def test_anything_else_is_refused_by_name(text: str) -> None:
    try:
        parts = parse(text)
    except RidInvalidError:
        return
    assert compose(parts.centre_id, parts.machine_id, parts.sequence, parts.generated_at) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        RID[:-1],
        RID + "0",
        "x" + RID[1:],
        "\u0661" + RID[1:],
        RID[:15] + "20220230223618",
        RID[:15] + "20220128246060",
        "+" + RID[1:],
    ],
)
def test_broken_ids_are_refused(text: str) -> None:
    with pytest.raises(RidInvalidError):
        parse(text)


def test_lengths_are_configurable() -> None:
    lengths = RidLengths(centre=3, machine=4, sequence=6)
    rid = compose("123", "4567", 8, AT, lengths)
    assert len(rid) == lengths.total == 27
    assert parse(rid, lengths) == RidParts("123", "4567", 8, AT)
    with pytest.raises(RidInvalidError):
        parse(rid)


@pytest.mark.parametrize(
    ("centre", "machine", "sequence"), [("1001", "10077", 1), ("10001", "1007a", 1), ("10001", "10077", 100_000)]
)
def test_parts_of_another_length_are_refused(centre: str, machine: str, sequence: int) -> None:
    with pytest.raises(RidPartInvalidError):
        compose(centre, machine, sequence, AT)


def test_an_id_of_another_machine_is_refused() -> None:
    assert check_belongs(RID, "10001", "10077").sequence == 69
    for centre, machine in (("10002", "10077"), ("10001", "10078")):
        with pytest.raises(RidForeignError):
            check_belongs(RID, centre, machine)
    with pytest.raises(RidPartInvalidError):
        check_belongs(RID, "1000", "10077")


@pytest.mark.parametrize(("used", "after"), [(0, 1), (1, 2), (99_998, 99_999), (99_999, 1)])
def test_the_sequence_goes_round(used: int, after: int) -> None:
    assert next_sequence(used) == after


def test_the_sequence_goes_back_to_the_configured_beginning() -> None:
    assert next_sequence(99, initial=10, lengths=RidLengths(sequence=2)) == 10
    with pytest.raises(RidPartInvalidError):
        next_sequence(100_000)


def test_a_corrections_id_is_the_originals() -> None:
    assert correction_rid(f"{RID}-BIOMETRIC_CORRECTION-1", "BIOMETRIC_CORRECTION") == RID


@pytest.mark.parametrize(
    "request_id",
    [
        "",
        RID,
        f"{RID}-1",
        f"{RID}-BIOMETRIC_CORRECTION",
        f"{RID}-BIOMETRIC_CORRECTION-",
        f"{RID}-BIOMETRIC_CORRECTION-x",
        f"{RID}-OTHER-1",
        f"{RID[:-1]}-BIOMETRIC_CORRECTION-1",
        f"-{RID}-BIOMETRIC_CORRECTION-1",
    ],
)
def test_other_request_ids_are_refused(request_id: str) -> None:
    with pytest.raises(AdditionalInfoRequestInvalidError):
        correction_rid(request_id, "BIOMETRIC_CORRECTION")
