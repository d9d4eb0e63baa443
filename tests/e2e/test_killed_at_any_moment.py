"""``kill -9`` at any moment of an operator's day: nothing is lost, nothing doubled, nothing half-written, nothing orphaned.

A worker registers people, seals, announces, uploads, asks and tidies up, with a real database and a real server over HTTP on a
line that breaks now and then. It is killed hundreds of times, and started again on what the last one left. After each kill a
witness compares a copy of what lies there with everything that the operator was told, and with what the server has.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from app.core.lifecycle import ClientStatus, Event
from app.core.outbox import RowState, Task
from app.desk.registering.start import in_work, resume, start
from tests.support.clerk import attendant, store_at
from tests.support.devicelab import lab_key
from tests.support.killing import killed_before
from tests.support.killing_life import LONGEST_S, Death, Life, Phase
from tests.support.killing_line import Fault
from tests.support.killing_look import DATABASE, Copy, Sight
from tests.support.killing_plan import Plan, faults, possible_phases
from tests.support.killing_server import Processor
from tests.support.killing_steps import (
    BEFORE,
    BEGINNING,
    BLOCKING,
    MARK,
    POSTPONING,
    SEALING,
    TIDYING_UP,
    Step,
    desk_of,
    packet_id,
    recording,
)
from tests.support.killing_witness import Witness, check_record
from tests.support.killing_workers import Workers, workers
from tests.support.specs import machine_key

KILLS: Final = 320
LIVES_A_DAY: Final = 12
BETWEEN_LIVES: Final = timedelta(seconds=65)
"""Longer than the first wait after a try that failed; a day with its lives is shorter than a capture may be old."""

NIGHT: Final = timedelta(hours=26)
"""Longer than packets are kept after the server's word."""

LAST_LIVES_MAX: Final = 30


class World:
    """The desk's folder, the server, the witness, and the time of day."""

    def __init__(self, folder: Path, server: Processor) -> None:
        self.desk, self.temporary, self._copy = folder / "desk", folder / "tmp", folder / "copy"
        self.desk.mkdir(mode=0o700)
        self.temporary.mkdir()
        self.server = server
        self.bench = server.bench(self.desk)
        self.witness = Witness(server.key)
        self.dawn = server.clock().replace(microsecond=0)
        self.sight: Sight | None = None

    def let_the_night_pass(self) -> None:
        """The next day begins."""
        self.server.clock.ahead += NIGHT
        self.dawn = self.server.clock().replace(microsecond=0)

    def live(
        self, running: Workers, first: Phase, seed: int, victim: Phase | None, delay_s: float, longest_s: float = LONGEST_S
    ) -> Death:
        """A life that begins a minute after the last one ended; and what it left is looked at."""
        self.server.clock.ahead += BETWEEN_LIVES
        ahead_s = self.server.clock.ahead.total_seconds()
        death = running.live(Life(first, seed, ahead_s, self.dawn.isoformat(), victim, delay_s, longest_s))
        assert death.code == -signal.SIGKILL or (victim is None and death.code == 0), "a life ended by itself"
        self.look(death)
        return death

    def look(self, death: Death) -> None:
        """Checks everything."""
        assert not list(self.temporary.iterdir())
        with Copy(self.desk, self._copy) as copy:
            self.sight = self.witness.look(copy, death)
        self.server.check(self.sight.records)

    def possible(self) -> set[Phase]:
        """What there is to do."""
        now = self.server.clock() + BETWEEN_LIVES
        return {Phase.ENROL} if self.sight is None else possible_phases(self.sight, now, self.dawn)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Processor(tmp_path / "server") as server:
        yield World(tmp_path, server)


@pytest.mark.slow
@pytest.mark.timeout(900)  # a busy machine makes the same kills, later
def test_killed_at_random_moments_of_the_day(world: World) -> None:
    seed = int(os.environ.get("SEALDESK_KILL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEALDESK_KILL_SEED={seed} makes the same plan again")
    chance = random.Random(seed)
    plan = Plan(chance)
    with workers(world.bench, world.temporary) as running:
        for number in range(KILLS):
            if number and number % LIVES_A_DAY == 0:
                world.let_the_night_pass()
            possible = world.possible()
            victim, delay_s = plan.next_victim(possible)
            world.server.line.plan(*faults(chance))
            first, longest_s = plan.first(victim, possible), plan.longest_s(number)
            plan.note(world.live(running, first, chance.randrange(10**9), victim, delay_s, longest_s))
        finish(world, running)

    told = f"{plan.hits} {Counter(world.server.line.done)} {world.witness.endings}"
    assert all(plan.hits[phase] >= KILLS / 30 for phase in Phase), told
    assert set(world.server.line.done) == set(Fault), told
    assert all(world.witness.endings[ending] >= KILLS / 30 for ending in ("sealed", "given up", "deleted")), told


def finish(world: World, running: Workers) -> None:
    """After all these kills, what is in work is finished as on any day, and the server finds every packet good."""
    world.server.line.plan()
    for _ in range(LAST_LIVES_MAX):
        if world.live(running, Phase.ENROL, 0, None, 0).code == 0:
            break
    else:
        pytest.fail("what is in work cannot be finished")
    world.server.check_at_the_end(world.witness.records, world.witness.packets)


def tries(step: Step, folder: Path) -> Iterator[tuple[bool, Copy, Sight]]:
    """Does the act in one process after the other, each killed before the next statement, until one comes to the end."""
    before = folder / "before"
    with store_at(before, machine_key()) as store:
        step.ready(store)
    for statement in count(1):
        after = folder / str(statement)
        shutil.copytree(before, after)
        was_killed = killed_before(after / DATABASE, machine_key(), statement, step.act)
        with Copy(after, folder / "copy") as copy:
            sight = copy.sight()
            for record in sight.records.values():
                check_record(record, sight, None)
            yield was_killed, copy, sight
        shutil.rmtree(after)
        if not was_killed:
            assert statement > step.statements, "the kills came before each of the statements"
            return


def marks(sight: Sight) -> list[str]:
    """The audit rows that belong to the act, and still wait for a packet."""
    return [entry.event_id for entry in sight.pending.entries if entry.event_id.startswith(MARK)]


@pytest.mark.parametrize("event", BEFORE)
def test_killed_while_an_event_is_recorded(event: Event, tmp_path: Path) -> None:
    """Status, history, work and audit row: all of them or none."""
    states = []
    for was_killed, copy, sight in tries(recording(event), tmp_path):
        record = sight.records[packet_id()]
        is_done = sight.history[packet_id()][-1:] == (event,)
        assert is_done or was_killed
        assert marks(sight) == [MARK] * is_done
        assert (record.exported_at is not None) is (is_done and event is Event.EXPORT)
        assert record.has_comment is (is_done and event is Event.REJECT)
        assert copy.store.registrations.packet(packet_id())
        states.append(record.state)
    assert len(set(states)) == (1 if event is Event.EXPORT else 2)


def test_killed_while_tidying_up(tmp_path: Path) -> None:
    """Each packet, each draft and the audit rows: gone with the row that says so, or there."""
    for was_killed, _, sight in tries(TIDYING_UP, tmp_path):
        gone = [number for number in (1, 2, 3) if sight.records[packet_id(number)].state.client is ClientStatus.DELETED]
        told = marks(sight)
        assert told.count(f"{MARK}-PACKET") == len(gone)
        assert told.count(f"{MARK}-DRAFT") == 2 - len(sight.drafts)
        assert (f"{MARK}-TRAIL" in told) is (min(sight.audits) > sight.mark)
        assert 3 not in gone, "the server does not have it for good"
        assert was_killed or (gone, len(sight.drafts)) == ([1, 2], 0)


@pytest.mark.parametrize(("step", "state"), [(POSTPONING, RowState.PENDING), (BLOCKING, RowState.BLOCKED)])
def test_killed_while_a_failed_try_is_noted(step: Step, state: RowState, tmp_path: Path) -> None:
    """The row is as it was, due at once, or as it has to be."""
    for was_killed, _, sight in tries(step, tmp_path):
        row = sight.outbox[packet_id()][Task.UPLOAD]
        is_done = row.reason is not None
        assert is_done or was_killed
        assert (row.attempts, row.state) == ((1, state) if is_done else (0, RowState.PENDING))


def test_killed_while_a_registration_begins(tmp_path: Path) -> None:
    """There is none, or one that can be taken up; its number is never given again."""
    for was_killed, copy, sight in tries(BEGINNING, tmp_path):
        assert sight.drafts or was_killed
        begun = [entry.id for entry in sight.pending.entries if entry.id_type == "REGISTRATION_ID"]
        assert begun == [header.registration_id for header in sight.headers]
        desk = desk_of(copy.store)
        for header in in_work(desk).readable:
            with resume(desk, attendant(), header.draft_id) as work:
                assert work.flow.step.name == header.step
        other = start(desk, attendant(), "NEW", ["eng"])
        other.park()
        assert other.registration_id[10:15] not in {header.registration_id[10:15] for header in sight.headers}


def test_killed_while_it_is_taken_up_confirmed_and_sealed(tmp_path: Path) -> None:
    """A draft with everything in it, or one packet; the audit rows travel with the packet."""
    for was_killed, copy, sight in tries(SEALING, tmp_path):
        assert len(sight.drafts) + len(sight.records) == 1
        assert sight.records or was_killed
        for draft in sight.drafts.values():
            assert len([name for name in draft.parts if name.startswith(("document/", "biometrics/"))]) > 5
            assert sight.mark == 0
        for record in sight.records.values():
            travelled = copy.open(record, lab_key("packet")).audits
            assert [row["uuid"] for row in travelled] == [sight.audits[number] for number in range(1, sight.mark + 1)]
            assert [entry.event_id for entry in sight.pending.entries] == ["REG-EVT-066"]
