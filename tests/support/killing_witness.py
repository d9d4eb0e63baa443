"""Who remembers what the operator was told, and looks after each kill whether it is so.

What may be after a kill: everything that was told, and at most the one act that was just being done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from app.core.drafts import StoredDraft
from app.core.lifecycle import SEALED, ClientStatus, Event, ServerStatus, State, advance
from app.core.outbox import LAST_WORDS, RowState, Task
from app.core.registration import RegistrationRecord
from app.desk.registering.parts import biometrics_of, documents_of, read_json
from packet.encoding import hex_upper, sha256
from packet.models import PacketId
from tests.support.killing_enrolment import CORRECTION, sequence_of
from tests.support.killing_life import Death, Line
from tests.support.killing_look import Copy, SeenPacket, Sight

_GIVEN_UP = "REG-NAV-008"
_CREATED = "REG-EVT-066"
_STARTED = frozenset({"REG-EVT-001", "REG-EVT-002", "REG-EVT-003", "REG-EVT-007"})
_READ = "REG-SYNC-006"
_AUDIT_OF = {
    Event.SYNC_ACCEPTED: "REG-EVT-069",
    Event.UPLOAD_ACCEPTED: "REG-UPL-PKT-001",
    Event.UPLOAD_DUPLICATE: "REG-UPL-PKT-001",
}
"""By event; those not named here are words of the server that were read."""

_BY_OTHERS = frozenset({Event.APPROVE, Event.REJECT, Event.EXPORT, Event.RE_REGISTER_APPROVE, Event.DELETE})
_ORDER = tuple(ClientStatus)
_LEAST = {"SYNC": ClientStatus.SYNCED, "UPLOAD": ClientStatus.SYNCED, "STATUS": ClientStatus.SYNCED}
_DONE, _PENDING, _WAITING = RowState.DONE, RowState.PENDING, RowState.WAITING


@dataclass
class _Draft:
    """What is known of a registration in work.

    Attributes:
        told: what was last said to be saved.
        is_over: it was said to be sealed or discarded.
    """

    rid: str
    process: str
    told: Line | None = None
    is_over: bool = False


@dataclass
class Witness:
    """The memory."""

    key: RSAPrivateKey
    drafts: dict[str, _Draft] = field(default_factory=dict)
    packets: dict[PacketId, SeenPacket] = field(default_factory=dict)
    records: dict[PacketId, RegistrationRecord] = field(default_factory=dict)
    audits: dict[int, str] = field(default_factory=dict)
    rows: dict[str, tuple[str, str]] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    next_number: int = 0
    endings: Counter[str] = field(default_factory=Counter)

    def look(self, copy: Copy, death: Death) -> Sight:
        """Compares what was told in a life with what is there."""
        for line in death.lines:
            self._hear(line)
        sight = copy.sight()
        self._check_counter(sight)
        new = self._check_registrations(copy, sight, death.lines)
        self._check_audits(sight, new)
        self._check_drafts(sight, new)
        self.records = dict(sight.records)
        self.endings["deleted"] = sum(record.state.client is ClientStatus.DELETED for record in self.records.values())
        return sight

    # (a) what was told

    def _hear(self, line: Line) -> None:
        match line["what"]:
            case "begun":
                self._meet(line["draft"], line["rid"], line["process"])
            case "saved" | "sealing":
                self.drafts[line["draft"]].told = line
            case "sealed" | "discarded":
                self.drafts[line["draft"]].is_over = True
            case _:
                pass

    def _meet(self, draft_id: str, rid: str, process: str) -> None:
        """A registration in work that was not known: its number was never used before."""
        if draft_id in self.drafts:
            return
        assert sequence_of(rid) not in self.numbers, "a number was given twice"
        self.numbers.add(sequence_of(rid))
        self.drafts[draft_id] = _Draft(rid, process)

    # (b) the drafts

    def _check_drafts(self, sight: Sight, new: Iterable[RegistrationRecord]) -> None:
        for header in sight.headers:
            self._meet(header.draft_id, header.registration_id, header.process)
        sealed = {record.registration_id for record in sight.records.values() if record.process != CORRECTION}
        for draft_id, known in self.drafts.items():
            found = sight.drafts.get(draft_id)
            if found is not None:
                assert not known.is_over, "what was sealed or discarded is in work again"
                assert known.rid not in sealed, "sealed and in work at once"
                _check_content(found, known.told)
        self._check_endings(sight, new)

    def _check_endings(self, sight: Sight, new: Iterable[RegistrationRecord]) -> None:
        """Each draft that is not there any more became one packet, or was given up with an audit row; never both or neither."""
        by_rid = {record.registration_id for record in new if record.process != CORRECTION}
        corrections = [record for record in new if record.process == CORRECTION]
        given_up = {rid for event, rid in self.rows.values() if event == _GIVEN_UP}
        for draft_id in [name for name in self.drafts if name not in sight.drafts]:
            gone = self.drafts.pop(draft_id)
            is_sealed = gone.rid in by_rid
            by_rid.discard(gone.rid)
            if gone.process == CORRECTION and gone.rid not in given_up:
                is_sealed = bool(corrections)
                corrections = corrections[1:]
            assert is_sealed is not (gone.rid in given_up), (
                gone.rid,
                "is lost" if not is_sealed else "was sealed and given up",
            )
            self.endings["sealed" if is_sealed else "given up"] += 1
        assert not by_rid, "packets of nobody"
        assert not corrections, "corrections of nobody"

    # (c) the registrations

    def _check_registrations(self, copy: Copy, sight: Sight, told: Iterable[Line]) -> list[RegistrationRecord]:
        assert self.records.keys() <= sight.records.keys(), "a registration is lost"
        for packet_id, record in sight.records.items():
            check_record(record, sight, self.records.get(packet_id))
        for line in told:
            self._check_told(line, sight)
        new = [record for packet_id, record in sight.records.items() if packet_id not in self.records]
        for record in new:
            self.packets[record.packet_id] = copy.open(record, self.key)
        return new

    def _check_told(self, line: Line, sight: Sight) -> None:
        match line["what"]:
            case "sealed":
                record = sight.records[line["packet"]]
                assert (record.registration_id, record.packet_sha256) == (line["rid"], line["sha256"])
            case "decided":
                assert sight.records[line["packet"]].decision is not None
            case "exported":
                assert sight.records[line["packet"]].exported_at is not None
            case "deleted":
                assert sight.records[line["packet"]].state.client is ClientStatus.DELETED
            case "done":
                client = sight.records[line["packet"]].state.client
                assert _ORDER.index(client) >= _ORDER.index(_LEAST[line["task"]]), line
            case _:
                pass

    # (d) the audit trail and the counter

    def _check_counter(self, sight: Sight) -> None:
        assert sight.next_number >= self.next_number, "the counter went back"
        self.next_number = sight.next_number
        for header in sight.headers:
            assert sequence_of(header.registration_id) < sight.next_number

    def _check_audits(self, sight: Sight, new: Iterable[RegistrationRecord]) -> None:
        """Each row ever written travels in exactly one packet, packet after packet, or still waits."""
        assert all(sight.audits.get(number, uuid) == uuid for number, uuid in self.audits.items())
        self.audits.update(sight.audits)
        numbers = {uuid: number for number, uuid in self.audits.items()}
        waiting = {entry.uuid for entry in sight.pending.entries}
        assert waiting == {uuid for number, uuid in sight.audits.items() if number > sight.mark}
        self.rows.update((entry.uuid, (entry.event_id, entry.id)) for entry in sight.pending.entries)
        blocks = []
        for record in new:
            rows = self.packets[record.packet_id].audits
            self.rows.update((row["uuid"], (row["eventId"], row["id"])) for row in rows)
            blocks.append(sorted(numbers[row["uuid"]] for row in rows))
        carried = Counter(row["uuid"] for packet in self.packets.values() for row in packet.audits)
        assert max(carried.values(), default=1) == 1, "an audit row travels twice"
        assert not carried.keys() & waiting, "an audit row that travelled waits again"
        assert carried.keys() | waiting == set(self.audits.values()), "an audit row is lost"
        blocks.sort()
        assert all(before[-1] < after[0] for before, after in pairwise(blocks)), "audit rows out of order"
        self._check_rows(sight)

    def _check_rows(self, sight: Sight) -> None:
        """What was done once stands in the trail once."""
        counts = Counter(self.rows.values())
        created = Counter(record.registration_id for record in sight.records.values())
        assert {rid: n for (event, rid), n in counts.items() if event == _CREATED} == created
        assert all(n == 1 for (event, _), n in counts.items() if event in _STARTED | {_GIVEN_UP})
        done = Counter(
            (_AUDIT_OF.get(event, _READ), sight.records[packet_id].registration_id)
            for packet_id, events in sight.history.items()
            for event in events
            if event not in _BY_OTHERS
        )
        assert {key: n for key, n in counts.items() if key[0] in {*_AUDIT_OF.values(), _READ}} == done
        begun = {rid for event, rid in counts if event in _STARTED}
        assert {draft.rid for draft in self.drafts.values()} | {header.registration_id for header in sight.headers} <= begun


def _check_content(found: StoredDraft, told: Line | None) -> None:
    """Everything that was said to be saved is there; what came after it may be there too, since the clerk only adds."""
    form = read_json(found.parts, "form")
    captures = {
        f"{name}/{record}": _hash(body) for name, rest in biometrics_of(found.parts).items() for record, body in rest.items()
    }
    papers = {name: _hash(found.parts[f"document/{name}"]) for name in documents_of(found.parts)}
    if told is None:
        return
    revision = form["revision"]
    assert isinstance(revision, int)
    assert revision >= told["revision"], "an older state came back"
    if revision == told["revision"]:
        assert form["fields"] == told["fields"]
    fields = form["fields"]
    assert isinstance(fields, dict)
    for name, entry in told["fields"].items():
        assert _holds(fields.get(name), entry), f"what was entered in {name} is lost"
    assert told["documents"].items() <= papers.items(), "a document is lost"
    kept = {name: value for name, value in told["captures"].items() if not name.endswith("/marks")}
    assert kept.items() <= captures.items(), "a capture is lost"
    assert told["captures"].keys() <= captures.keys(), "marks are lost"
    seen = read_json(found.parts, "flow")["seen"]
    assert isinstance(seen, list)
    assert set(told["seen"]) <= set(seen)


def _holds(now: object, told: Mapping[str, Any]) -> bool:
    """Whether an entry is still what it was, or a text that was typed on."""
    if not isinstance(now, Mapping):
        return False
    if "texts" in told:
        return all(now["texts"].get(lang, "").startswith(text) for lang, text in told["texts"].items())
    return orjson.dumps(now) == orjson.dumps(told) or "captured" in told


def _hash(body: bytes) -> str:
    return hex_upper(sha256(body))


def check_record(record: RegistrationRecord, sight: Sight, before: RegistrationRecord | None) -> None:
    """Status, history and work tell the same story, and it only goes on."""
    packet_id, state = record.packet_id, record.state
    replayed = SEALED
    for event in sight.history[packet_id]:
        replayed = advance(replayed, event) if event is not Event.EXPORT else replayed
    assert replayed == state, "history and status differ"
    work = {task: _PENDING if row.state is RowState.BLOCKED else row.state for task, row in sight.outbox[packet_id].items()}
    assert work == _work_of(state, sight.history[packet_id])
    if before is not None:
        assert (before.packet_sha256, before.registration_id) == (record.packet_sha256, record.registration_id)
        is_sent_anew = state.server is ServerStatus.RESEND or Event.SERVER_RESEND in sight.history[packet_id]
        assert is_sent_anew or _ORDER.index(state.client) >= _ORDER.index(before.state.client), "a status went back"


def _work_of(state: State, history: tuple[Event, ...]) -> dict[Task, RowState]:
    """The rows that a state must have."""
    match state.client:
        case ClientStatus.REGISTERED:
            return {Task.SYNC: _WAITING}
        case ClientStatus.APPROVED | ClientStatus.REJECTED:
            return {Task.SYNC: _PENDING}
        case ClientStatus.SYNCED:
            asked = {Task.STATUS: _DONE} if Event.SERVER_RESEND in history else {}
            return {Task.SYNC: _DONE, Task.UPLOAD: _PENDING, **asked}
        case ClientStatus.PUSHED:
            return {Task.SYNC: _DONE, Task.UPLOAD: _DONE, Task.STATUS: _DONE if state.server in LAST_WORDS else _PENDING}
        case _:
            return dict.fromkeys(Task, _DONE)
