"""``kill -9`` at any moment of an operator's day: nothing is lost, nothing doubled, nothing half-written, nothing orphaned.

A worker registers people, seals, announces, uploads, asks and tidies up, with a real database and a real server over HTTP on a
line that breaks now and then. It is killed hundreds of times, and started again on what the last one left. After each kill a
witness compares a copy of what lies there with everything that the operator was told, and with what the server has.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.support.killing_life import Death, Life, Phase
from tests.support.killing_line import Fault
from tests.support.killing_look import Copy, Sight
from tests.support.killing_plan import Plan, faults, possible_phases
from tests.support.killing_server import Processor
from tests.support.killing_witness import Witness
from tests.support.killing_workers import Workers, workers

KILLS: Final = 330
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

    def life(self, first: Phase, seed: int, victim: Phase | None, delay_s: float) -> Life:
        """A life that begins a minute after the last one ended."""
        self.server.clock.ahead += BETWEEN_LIVES
        return Life(first, seed, self.server.clock.ahead.total_seconds(), self.dawn.isoformat(), victim, delay_s)

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
def test_killed_at_random_moments_of_the_day(world: World) -> None:
    seed = int(os.environ.get("SEALDESK_KILL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEALDESK_KILL_SEED={seed} makes the same plan again")
    chance = random.Random(seed)
    plan = Plan(chance)
    with workers(world.bench, world.temporary) as running:
        for number in range(KILLS):
            if number and number % LIVES_A_DAY == 0:
                world.let_the_night_pass()
            victim, delay_s = plan.next_victim(world.possible())
            world.server.line.plan(*faults(chance))
            death = running.live(world.life(plan.first(victim), chance.randrange(10**9), victim, delay_s))
            assert death.code == -signal.SIGKILL, f"life {number} ended by itself"
            plan.note(death)
            world.look(death)
        finish(world, running)

    told = f"{plan.hits} {Counter(world.server.line.done)} {world.witness.endings}"
    assert all(plan.hits[phase] >= KILLS / 30 for phase in Phase), told
    assert set(world.server.line.done) == set(Fault), told
    assert all(world.witness.endings[ending] >= KILLS / 30 for ending in ("sealed", "given up", "deleted")), told


def finish(world: World, running: Workers) -> None:
    """After all these kills, what is in work is finished as on any day, and the server finds every packet good."""
    world.server.line.plan()
    for _ in range(LAST_LIVES_MAX):
        death = running.live(world.life(Phase.ENROL, 0, None, 0))
        world.look(death)
        if death.code == 0:
            break
        assert death.code == -signal.SIGKILL
    else:
        pytest.fail("what is in work cannot be finished")
    world.server.check_at_the_end(world.witness.records, world.witness.packets)
