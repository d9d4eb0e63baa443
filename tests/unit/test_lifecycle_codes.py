"""Every status code of MOSIP's clients and servers stands in one table, and the page about it says what the table says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import StatusUnknownError
from app.core.lifecycle import (
    NOT_SENT,
    STATUS_CODES,
    TRANSITIONS,
    ClientStatus,
    Event,
    ServerStatus,
    State,
    advance,
    client_status,
    server_status,
)
from app.core.outbox import RowState, consequences, needs_attention, overall
from tests.support.buildscripts import load_script

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
C, S = ClientStatus, ServerStatus

CLIENT_CODES = "REGISTERED APPROVED REJECTED SYNCED PUSHED RE_REGISTER_APPROVED EXPORTED CORRECTION UPDATE LOST ON_HOLD DELETED"
ANDROID_CODES = "CREATED APPROVED REJECTED SYNCED EXPORTED UPLOADED"
REGISTRATION_CODES = (
    "PROCESSING PROCESSED REREGISTER RESEND RECEIVED REJECTED REPROCESS_FAILED UPLOAD_PENDING UIN_GENERATED"
    " AWAITING_INFORMATION"
)
PACKET_CODES = "ACCEPTED RECEIVED UPLOAD_PENDING RESEND REJECTED"
COUNTED_AS_NOT_SENT = "REGISTERED REJECTED APPROVED CORRECTION UPDATE LOST SYNCED ON_HOLD"


@pytest.mark.parametrize("code", sorted({*CLIENT_CODES.split(), *ANDROID_CODES.split()}))
def test_every_code_of_a_client_is_a_status(code: str) -> None:
    status = client_status(code)
    assert status.value == code or code not in {each.value for each in C}


@pytest.mark.parametrize("code", sorted({*REGISTRATION_CODES.split(), *PACKET_CODES.split()}))
def test_every_code_of_a_server_is_its_status(code: str) -> None:
    assert server_status(code).value == code


def test_the_limits_count_the_codes_that_mosip_counts() -> None:
    counted = {row.code for row in STATUS_CODES if row.client in NOT_SENT and not row.is_export_mark}
    assert counted == {*COUNTED_AS_NOT_SENT.split(), "CREATED"}


def test_android_words_and_marks() -> None:
    assert (client_status("CREATED"), client_status(" UPLOADED ")) == (C.REGISTERED, C.PUSHED)
    assert [row.code for row in STATUS_CODES if row.is_export_mark] == ["EXPORTED"]


def test_no_code_means_two_things_and_no_status_has_no_code() -> None:
    for side in ("client", "server"):
        codes = [row.code for row in STATUS_CODES if getattr(row, side) is not None]
        assert len(codes) == len(set(codes))
    assert all((row.client is None) != (row.server is None) for row in STATUS_CODES)
    assert {row.client for row in STATUS_CODES} - {None} == set(C)
    assert {row.server for row in STATUS_CODES} - {None} == set(S) - {S.DUPLICATE, S.UNRECOGNISED}


@given(st.text())
def test_an_unknown_code_of_a_client_is_named_and_of_a_server_shown_only(code: str) -> None:
    known = {row.code for row in STATUS_CODES}
    if code.strip() in known:
        return
    assert server_status(code) is S.UNRECOGNISED
    with pytest.raises(StatusUnknownError):
        client_status(code)


def test_an_export_is_for_approved_and_synced_packets_and_moves_nothing() -> None:
    sources = {state.client for state, event in TRANSITIONS if event is Event.EXPORT}
    assert sources == {C.APPROVED, C.SYNCED}
    for state, event in TRANSITIONS:
        if event is Event.EXPORT:
            assert advance(state, event) == state
            assert consequences(event, state, state) == {}


@given(st.lists(st.sampled_from(RowState), max_size=3))
def test_rows_as_one_state(states: list[RowState]) -> None:
    one = overall(states)
    assert one in states or (one is RowState.DONE and not states)
    assert (one is RowState.BLOCKED) == (RowState.BLOCKED in states)
    assert (one is RowState.DONE) == (set(states) <= {RowState.DONE})


def test_who_has_to_look() -> None:
    assert needs_attention(State(C.SYNCED), RowState.BLOCKED)
    assert needs_attention(State(C.PUSHED, S.REREGISTER), RowState.DONE)
    assert not needs_attention(State(C.RE_REGISTER_APPROVED, S.REREGISTER), RowState.DONE)
    assert not needs_attention(State(C.REGISTERED), RowState.WAITING)
    assert not needs_attention(State(C.PUSHED, S.PROCESSED), RowState.DONE)


def test_the_page_is_what_the_tables_say() -> None:
    generated: str = load_script("generate_lifecycle_docs").lifecycle_docs()
    assert PAGE.read_text(encoding="utf-8") == generated, "run python build/generate_lifecycle_docs.py"


def test_the_diagram_has_every_move_and_no_other() -> None:
    diagram = PAGE.read_text(encoding="utf-8").partition("```mermaid")[2].partition("```")[0]
    drawn = set(re.findall(r"(\w+) --> (\w+)", diagram))
    assert drawn == {
        (before.client.value, after.client.value)
        for (before, _), after in TRANSITIONS.items()
        if before.client is not after.client
    }
