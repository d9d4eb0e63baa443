"""Changes of a registration in work become durable soon, in order, and none is forgotten when the store fails for a while."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.drafts import DraftId
from app.desk.autosave import Autosave, DraftNotSavedError, SaveState
from app.store.errors import DiskFullError
from packet.errors import CodedError

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
DRAFT = DraftId("d" * 32)


class Shelf:
    """A draft store in memory that can be held up and made to fail."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}
        self.steps: list[str] = []
        self.fault: CodedError | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.was_entered = threading.Event()

    def save(self, draft_id: DraftId, changed: Mapping[str, bytes], removed: Collection[str], step: str, at: datetime) -> None:
        assert (draft_id, at) == (DRAFT, NOON)
        self.was_entered.set()
        assert self.may_go_on.wait(30)
        if self.fault is not None:
            raise self.fault
        self.steps.append(step)
        for name in removed:
            self.parts.pop(name, None)
        self.parts.update(changed)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def states() -> list[SaveState]:
    return []


@pytest.fixture
def autosave(shelf: Shelf, states: list[SaveState]) -> Iterator[Autosave]:
    keeping = Autosave(shelf, DRAFT, "Consent", lambda: NOON, states.append, retry_s=3600)
    yield keeping
    keeping.close(is_kept=False)


def test_a_change_is_durable_after_a_flush(shelf: Shelf, autosave: Autosave) -> None:
    autosave.put({"form": b"1"}, step="Demographics")
    autosave.flush()
    assert (shelf.parts, shelf.steps) == ({"form": b"1"}, ["Demographics"])
    assert autosave.state == SaveState(True, NOON, None)


def test_put_does_not_wait_for_the_store_and_merges_what_comes_meanwhile(shelf: Shelf, autosave: Autosave) -> None:
    shelf.may_go_on.clear()
    autosave.put({"form": b"a"})
    assert shelf.was_entered.wait(30)
    for typed in (b"ab", b"abc", b"abcd"):
        autosave.put({"form": typed})
    autosave.put({"document/poi": b"scan"})
    autosave.put({}, removed=["document/poi"])
    assert not autosave.state.is_saved
    shelf.may_go_on.set()
    autosave.flush()
    assert shelf.parts == {"form": b"abcd"}
    assert len(shelf.steps) == 2, "five changes that came while one was written are one save"


def test_a_failed_save_is_told_and_made_up_for_with_the_next_change(
    shelf: Shelf, autosave: Autosave, states: list[SaveState]
) -> None:
    shelf.fault = DiskFullError(path="x", sqlite="SQLITE_FULL")
    autosave.put({"form": b"1", "capture": b"c"})
    with pytest.raises(DiskFullError):
        autosave.flush()
    assert states[-1].error is shelf.fault
    assert not states[-1].is_saved
    shelf.fault = None
    autosave.put({"form": b"2"})
    autosave.flush()
    assert shelf.parts == {"form": b"2", "capture": b"c"}
    assert states[-1] == SaveState(True, NOON, None)


def test_a_failed_save_is_tried_again_without_a_new_change(shelf: Shelf) -> None:
    shelf.fault = DiskFullError(path="x", sqlite="SQLITE_FULL")
    is_saved = threading.Event()

    def noticed(state: SaveState) -> None:
        shelf.fault = None
        if state.is_saved:
            is_saved.set()

    with Autosave(shelf, DRAFT, "Consent", lambda: NOON, noticed, retry_s=0.01) as keeping:
        keeping.put({"form": b"1"})
        assert is_saved.wait(30)
    assert shelf.parts == {"form": b"1"}


def test_a_store_that_hangs_is_named(shelf: Shelf, autosave: Autosave) -> None:
    shelf.may_go_on.clear()
    autosave.put({"form": b"1"})
    with pytest.raises(DraftNotSavedError):
        autosave.flush(timeout_s=0.01)
    shelf.may_go_on.set()


def test_nobody_types_on_when_nothing_is_kept_any_more(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program in the thread that writes is told with the next change; what was not saved counts as unsaved."""
    monkeypatch.setattr(threading, "excepthook", lambda _fault: None)
    keeping = Autosave(shelf, DRAFT, "Consent", lambda: NOON, retry_s=3600)
    shelf.fault = KeyError("a mistake")  # type: ignore[assignment]
    keeping.put({"form": b"1"})
    with pytest.raises(KeyError):
        keeping.flush()
    assert not keeping.state.is_saved
    with pytest.raises(KeyError):
        keeping.put({"form": b"2"})
    keeping.close(is_kept=False)


def test_closing_saves_what_is_left_unless_the_draft_is_gone(shelf: Shelf) -> None:
    for is_kept, expected in ((True, {"form": b"1"}), (False, {})):
        shelf.parts.clear()
        shelf.fault = DiskFullError(path="x", sqlite="SQLITE_FULL")
        keeping = Autosave(shelf, DRAFT, "Consent", lambda: NOON, retry_s=3600)
        keeping.put({"form": b"1"})
        with pytest.raises(DiskFullError):
            keeping.flush()
        shelf.fault = None
        keeping.close(is_kept=is_kept)
        keeping.close(is_kept=is_kept)
        assert shelf.parts == expected
        with pytest.raises(RuntimeError):
            keeping.put({"form": b"2"})


CHANGES = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abc"), st.binary(max_size=3), max_size=3),
        st.sets(st.sampled_from("abc")),
        st.booleans(),
    ),
    max_size=12,
)


@given(CHANGES)
def test_whatever_is_merged_or_fails_in_between_the_last_word_counts(
    changes: list[tuple[dict[str, bytes], set[str], bool]],
) -> None:
    shelf, expected = Shelf(), dict[str, bytes]()
    with Autosave(shelf, DRAFT, "Consent", lambda: NOON, retry_s=3600) as keeping:
        for changed, removed, fails in changes:
            shelf.fault = DiskFullError(path="x", sqlite="SQLITE_FULL") if fails else None
            for name in removed:
                expected.pop(name, None)
            expected.update(changed)
            keeping.put(changed, removed)
        shelf.fault = None
        keeping.flush() if keeping.state.error is None else keeping.put({})
    assert shelf.parts == expected
