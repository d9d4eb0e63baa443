"""When and where the next worker is killed, and what its line to the server is like."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from datetime import datetime
from typing import Final

from app.core.outbox import RowState
from app.core.retention import may_delete_packet
from tests.support.killing_life import LONGEST_S, Death, Phase
from tests.support.killing_line import Fault
from tests.support.killing_look import Sight
from tests.support.killing_worker import READY, RULE, is_given_up

SHARES: Final = {
    Phase.ENROL: (6, 0.2),
    Phase.SEAL: (6, 0.1),
    Phase.SYNC: (3, 0.05),
    Phase.UPLOAD: (4, 0.06),
    Phase.STATUS: (3, 0.05),
    Phase.CLEANUP: (3, 0.03),
}
"""How many of the kills each phase gets, and about how long it takes, in seconds; the latter is soon known better."""

LONG: Final = 0.1
LONG_S: Final = 1.0
"""Share and length of the lives in which a good deal of work is done, so that there is something to lose."""

STRAIGHT: Final = 0.5
"""Share of the lives that begin with the phase in which they end; the others come to it after other work."""

EARLY: Final = 0.05
EARLY_S: Final = 0.05
FIRST_LIVES: Final = 15
"""Share of the lives that are killed about the time at which they open the database, and how long that takes at most. So are
the first ones of all, which find no database and make one."""

GOOD_LINE: Final = 0.65
_BYTES: Final = (0, 200, 700, 20_000, 60_000)


class Plan:
    """Says when to kill next: in the phase that had too few kills so far, at a moment within its usual length."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._lengths_s: dict[Phase, list[float]] = {phase: [seconds] for phase, (_, seconds) in SHARES.items()}
        self.hits: Counter[Phase | None] = Counter()

    def next_victim(self, possible: set[Phase]) -> tuple[Phase, float]:
        """The phase, and how long after its beginning. A worker comes to every phase in the end; but only a night makes
        something to clean up."""
        phases = [phase for phase in Phase if phase is not Phase.CLEANUP or phase in possible]
        victim = min(phases, key=lambda phase: self.hits[phase] / SHARES[phase][0])
        if self._chance.random() < LONG:
            return victim, self._chance.uniform(0, LONG_S)
        return victim, self._chance.uniform(0, 1.3 * statistics.median(self._lengths_s[victim][-30:]))

    def first(self, victim: Phase, possible: set[Phase]) -> Phase:
        """With which phase a life begins that is to end in another."""
        if victim not in possible:
            return Phase.ENROL if Phase.SEAL not in possible else Phase.SEAL
        return victim if self._chance.random() < STRAIGHT else self._chance.choice(list(Phase))

    def longest_s(self, number: int) -> float:
        """How long a life may last whatever it does."""
        is_early = number < FIRST_LIVES or self._chance.random() < EARLY
        return self._chance.uniform(0, EARLY_S) if is_early else LONGEST_S

    def note(self, death: Death) -> None:
        """Where the kill hit, and how long the phases took that came to their end."""
        self.hits[death.phase] += 1
        begun: dict[str, float] = {}
        for line in death.lines:
            what, _, phase = line["what"].partition(" ")
            if what == "begins":
                begun[phase] = line["t"]
            elif what == "ends":
                self._lengths_s[Phase(phase)].append(line["t"] - begun[phase])


def possible_phases(sight: Sight, now: datetime, dawn: datetime) -> set[Phase]:
    """The phases for which there is work, so that a life can begin with them."""
    rows = [row for rows in sight.outbox.values() for row in rows.values()]
    phases = {Phase(row.task.value) for row in rows if row.state is RowState.PENDING and row.next_attempt_at <= now}
    if any(row.state is RowState.WAITING for row in rows):
        phases.add(Phase.SYNC)
    if any(header.step in READY and header.started_at >= dawn for header in sight.headers):
        phases.add(Phase.SEAL)
    records = sight.records.values()
    if any(may_delete_packet(record.state, record.changed_at, RULE, now) for record in records) or any(
        header.started_at < dawn and is_given_up(header) for header in sight.headers
    ):
        phases.add(Phase.CLEANUP)
    return phases | {Phase.ENROL}


def faults(chance: random.Random) -> list[tuple[Fault, int]]:
    """What happens on the line in a life: mostly nothing."""
    if chance.random() < GOOD_LINE:
        return []
    return [(chance.choice(list(Fault)), chance.choice(_BYTES)) for _ in range(chance.randint(1, 3))]
