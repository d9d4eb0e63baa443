"""What the server publishes as a whole: named refusals, when it is in force, processes by key, pages of the settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.uispec.publication import PublicationOldStyleError, PublicationUnreadableError, newest_effective
from app.core.uispec.reader import MOST_PROCESSES, read_publication
from packet.models import Json
from tests.support.uispec_mistakes import update_process
from tests.support.uispecs import Document, every_control, publication

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def without(*keys: str) -> Document:
    return {key: value for key, value in publication().items() if key not in keys}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        without("schemaJson"),
        without("idVersion"),
        publication() | {"schemaJson": "{"},
        publication() | {"schemaJson": "[" * 100_000},
        publication() | {"schemaJson": "[]"},
        publication() | {"schemaJson": {"properties": {}}},
        publication() | {"schemaJson": "{}" + " " * 2_000_000},
        publication() | {"idVersion": "one"},
        publication() | {"idVersion": True},
        publication() | {"idVersion": float("nan")},
        publication() | {"idVersion": 10**400},
        publication() | {"idVersion": -1},
        without("newProcess"),
        publication() | {f"x{number}Process": {} for number in range(MOST_PROCESSES)},
    ],
    ids=lambda answer: "answer",
)
def test_what_is_no_publication_is_refused_by_name(answer: Document) -> None:
    with pytest.raises(PublicationUnreadableError) as caught:
        read_publication(answer)
    assert "<" not in caught.value.message


@pytest.mark.parametrize("answer", [None, [], "forms", 5])
def test_what_is_no_object_is_refused_by_name(answer: Json) -> None:
    with pytest.raises(PublicationUnreadableError):
        read_publication(answer)  # type: ignore[arg-type]  # what a broken server may send


def test_an_answer_for_old_clients_is_refused_by_its_own_name() -> None:
    with pytest.raises(PublicationOldStyleError, match=r"1\.1\.5"):
        read_publication(without("newProcess") | {"schema": [{"id": "fullName"}]})


def test_every_key_that_ends_with_process_is_one() -> None:
    answer = publication() | {
        "updateProcess": update_process(),
        "CRVSPROCESS": every_control() | {"id": "CRVS", "order": 3},
        "processes": 5,
        "lostProcess": None,
    }
    forms = read_publication(answer)
    assert [(process.id, process.type) for process in forms.processes] == [
        ("NEW", "newProcess"),
        ("UPDATE", "updateProcess"),
        ("CRVS", "CRVSPROCESS"),
    ]
    assert forms.faults == ()


def test_processes_stand_in_ascending_order() -> None:
    forms = read_publication(publication(every_control() | {"order": 9}, update_process()))
    assert [process.id for process in forms.processes] == ["UPDATE", "NEW"]


def test_a_process_of_unknown_flow_leaves_the_others_usable() -> None:
    broken = every_control() | {"id": "RENEW", "flow": "RENEW"}
    forms = read_publication(publication(every_control(), broken))
    assert [process.id for process in forms.processes] == ["NEW"]
    assert forms.processes[0].is_submittable
    (unstartable,) = forms.unstartable
    assert (unstartable.name, unstartable.type) == ("RENEW", "updateProcess")
    assert unstartable.label["eng"] == "NEW"
    assert [fault.code for fault in unstartable.faults] == ["UISPEC-FLOW-UNKNOWN"]


def test_an_unusable_id_schema_blocks_every_process() -> None:
    forms = read_publication(publication(every_control(), update_process()) | {"schemaJson": "{}"})
    assert not any(process.is_submittable for process in forms.processes)


def test_version_and_schema_are_decoded() -> None:
    forms = read_publication(publication() | {"idVersion": "1.5"})
    assert forms.id_schema_version == 1.5
    assert "properties" in forms.id_schema


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-01-01T00:00:00.000Z", datetime(2022, 1, 1, tzinfo=UTC)),
        ("2022-01-01T00:00:00", datetime(2022, 1, 1, tzinfo=UTC)),
        ("2022-01-01T05:30:00+05:30", datetime(2022, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_effective_date_is_utc(text: str, instant: datetime) -> None:
    assert read_publication(publication() | {"effectiveFrom": text}).effective_from == instant


def test_the_newest_version_whose_date_has_passed_is_used() -> None:
    past = read_publication(publication() | {"idVersion": 0.1})
    newer = read_publication(publication() | {"idVersion": 0.2, "effectiveFrom": NOW.isoformat()})
    future = read_publication(publication() | {"idVersion": 0.3, "effectiveFrom": (NOW + timedelta(days=1)).isoformat()})
    never = read_publication(publication() | {"idVersion": 0.4, "effectiveFrom": "some day"})
    everything = (future, past, never, newer)
    assert newest_effective(everything, NOW) is newer
    assert newest_effective(everything, NOW - timedelta(seconds=1)) is past
    assert newest_effective(everything, NOW + timedelta(days=1)) is future
    assert newest_effective((never, future), NOW) is None


def test_pages_of_the_settings_are_read() -> None:
    rows: list[Json] = [
        {"name": "scheduledjobs", "order": "3", "label": {"eng": "Jobs"}, "access-control": ["REGISTRATION_SUPERVISOR"]},
        {"name": "devices", "order": 1, "shortcut-icon": "d.png"},
    ]
    forms = read_publication(publication() | {"settings": rows})
    assert [(page.name, page.order) for page in forms.settings] == [("devices", 1), ("scheduledjobs", 3)]
    assert forms.settings[1].access_control == ("REGISTRATION_SUPERVISOR",)
    assert forms.settings[0].shortcut_icon == "d.png"
    assert forms.faults == ()


def test_mistakes_in_the_settings_block_no_form() -> None:
    forms = read_publication(publication() | {"settings": [{"name": "x", "label": 5, "order": "first"}, 7, {}]})
    assert len(forms.faults) == 4
    assert not any(fault.is_blocking for fault in forms.faults)
    assert [page.name for page in forms.settings] == ["x"]
