"""Measures the local database: keeping a registration in work, the queue page over 100,000 registrations, the check before one.

    python build/bench_store.py [--rounds 21] [--registrations 100000] [--json]

Drafts are measured against bare sqlite3 that writes the same bytes, unsealed, in one durable transaction (write-ahead log,
synchronous=FULL) in the same folder and process; rounds of both are interleaved, medians are compared. The queue page is
measured for every filter in every order and direction, warm and with a connection that has read nothing yet, against a bare
walk through the same index.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from app.core.lifecycle import ClientStatus, ServerStatus  # noqa: E402
from app.core.outbox import RowState  # noqa: E402
from app.core.queue import Order, QueueFilter  # noqa: E402
from app.store.localstore import LocalStore, open_store  # noqa: E402
from app.store.preflight import check  # noqa: E402
from packet.keys.software import SoftwareMachineKey  # noqa: E402
from tests.support.draftsamples import CAPTURES, begin_draft, captures  # noqa: E402
from tests.support.fake_server_registrations import NOW, audit_entry  # noqa: E402
from tests.support.queuesamples import fill  # noqa: E402

FORM_BYTES = 6_000
DRAFT_LIMIT_MS = 30
QUEUE_LIMIT_MS = 50
CHECK_LIMIT_MS = 100


@dataclass(frozen=True)
class Case:
    """One kind of save.

    Attributes:
        kept: parts that are there before.
        changed: makes what is saved.
    """

    name: str
    kept: Mapping[str, int]
    changed: Mapping[str, int]


CASES = (
    Case("3 MB of captures, all new", {"form": FORM_BYTES}, CAPTURES),
    Case("3 MB of captures, all replaced", {"form": FORM_BYTES, **CAPTURES}, CAPTURES),
    Case("one capture of 3 MB replaced", {"form": FORM_BYTES, **CAPTURES}, {"capture/3": CAPTURES["capture/3"]}),
    Case("a keystroke (form of 6 kB beside 3 MB)", {"form": FORM_BYTES, **CAPTURES}, {"form": FORM_BYTES}),
)


class Bare:
    """What the same bytes cost without sealing, headers and checks."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("CREATE TABLE part (name TEXT PRIMARY KEY, data BLOB NOT NULL)")

    def save(self, parts: Mapping[str, bytes]) -> None:
        """One durable transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(
            "INSERT INTO part VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET data = excluded.data", list(parts.items())
        )
        self.connection.execute("COMMIT")

    def clear(self) -> None:
        """Back to an empty table and an empty log."""
        self.connection.execute("DELETE FROM part")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def seconds(work: Callable[[], object]) -> float:
    """How long that takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_seconds(work: Callable[[], object]) -> float:
    """How long the processor works on that, however busy the machine is otherwise."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def contents(sizes: Mapping[str, int]) -> dict[str, bytes]:
    """Random bytes of these sizes."""
    return {name: os.urandom(size) for name, size in sizes.items()}


def measure_drafts(store: LocalStore, folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Figures of every case."""
    bare = Bare(folder / "bare.sqlite")
    results = []
    for case in CASES:
        ours, floors = [], []
        for number in range(1, rounds + 1):
            kept, changed = contents(case.kept), contents(case.changed)
            draft_id = begin_draft(store, number, kept)
            store.database.checkpoint()
            ours.append(seconds(lambda: store.drafts.save(draft_id, changed, (), "biometrics", NOW)))  # noqa: B023
            store.drafts.discard(draft_id, audit_entry())
            bare.save(kept)
            bare.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            floors.append(seconds(lambda: bare.save(changed)))  # noqa: B023
            bare.clear()
        results.append({"case": case.name, **_compared(ours, floors), "limit_ms": DRAFT_LIMIT_MS})
    results.append(_resume(store, rounds))
    return results


def _resume(store: LocalStore, rounds: int) -> dict[str, Any]:
    draft_id = begin_draft(store, 1, captures())
    ours = [seconds(lambda: store.drafts.load(draft_id)) for _ in range(rounds)]
    store.drafts.discard(draft_id, audit_entry())
    return {"case": "reading a draft of 3 MB again", "ms": 1000 * statistics.median(ours), "limit_ms": None}


def _compared(ours: list[float], floors: list[float]) -> dict[str, float]:
    median, floor = statistics.median(ours), statistics.median(floors)
    return {"ms": 1000 * median, "worst_ms": 1000 * max(ours), "floor_ms": 1000 * floor, "ratio": median / floor}


C, S = ClientStatus, ServerStatus
FILTERS: dict[str, QueueFilter] = {
    "none": QueueFilter(),
    "client status": QueueFilter(clients=frozenset({C.REGISTERED})),
    "client and server statuses": QueueFilter(
        clients=frozenset({C.PUSHED, C.SYNCED}), servers=frozenset({S.PROCESSING, S.RESEND, S.ACCEPTED})
    ),
    "process": QueueFilter(processes=frozenset({"LOST"})),
    "a process that nothing has": QueueFilter(processes=frozenset({"NONE"})),
    "a status that nothing has": QueueFilter(clients=frozenset({C.DELETED})),
    "a day": QueueFilter(created_from=NOW - timedelta(days=300), created_before=NOW - timedelta(days=299)),
    "a day, and a process that nothing has": QueueFilter(
        created_from=NOW - timedelta(days=300), created_before=NOW - timedelta(days=299), processes=frozenset({"NONE"})
    ),
    "outbox": QueueFilter(works=frozenset({RowState.BLOCKED})),
    "needs attention": QueueFilter(only_attention=True),
    "needs attention, and a process that nothing has": QueueFilter(only_attention=True, processes=frozenset({"NONE"})),
    "beginning of an id": QueueFilter(text="100011002145678"),
    "an id that nobody has": QueueFilter(text="99"),
    "exported": QueueFilter(is_exported=True),
    "everything at once": QueueFilter(
        clients=frozenset({C.PUSHED, C.SYNCED, C.APPROVED}),
        servers=frozenset({S.PROCESSING, S.REREGISTER}),
        works=frozenset({RowState.DONE, RowState.BLOCKED}),
        processes=frozenset({"LOST", "NONE"}),
        created_from=NOW - timedelta(days=400),
        created_before=NOW - timedelta(days=10),
        text="1000110021",
        only_attention=True,
        is_exported=True,
    ),
}


def measure_queue(open_it: Callable[[], LocalStore], rounds: int) -> list[dict[str, Any]]:
    """Figures of every filter: the worst of its orders and directions."""
    with open_it() as store, store.database.read() as connection:
        walk = "SELECT count(created_at || packet_id) FROM registration INDEXED BY queue_by_created"
        floor = statistics.median(seconds(lambda: connection.execute(walk).fetchone()) for _ in range(rounds))
    results = []
    for name, which in FILTERS.items():
        with open_it() as store:
            figures = {which_order: _page_ms(store, which, *which_order, rounds) for which_order in _orders()}
            slowest = max(figures, key=lambda key: figures[key])
            cpu = _page_ms(store, which, *slowest, rounds, cpu_seconds)
            counts = 1000 * statistics.median(seconds(lambda: store.queue.counts(which)) for _ in range(rounds))  # noqa: B023
        results.append(
            {
                "case": f"filter: {name}",
                "ms": figures[slowest],
                "slowest": f"{slowest[0]}{' descending' if slowest[1] else ''}",
                "cpu_ms": cpu,
                "usual_ms": figures[Order.CREATED, True],
                "cold_ms": _cold_ms(open_it, which),
                "cold_cpu_ms": _cold_ms(open_it, which, cpu_seconds),
                "counts_ms": counts,
                "floor_ms": 1000 * floor,
                "ratio": figures[slowest] / (1000 * floor),
                "limit_ms": QUEUE_LIMIT_MS,
            }
        )
    return results


def _orders() -> Iterator[tuple[Order, bool]]:
    return ((order, is_descending) for order in Order for is_descending in (True, False))


def _page_ms(
    store: LocalStore,
    which: QueueFilter,
    order: Order,
    is_descending: bool,
    rounds: int,
    measure: Callable[[Callable[[], object]], float] = seconds,
) -> float:
    return 1000 * statistics.median(
        measure(lambda: store.queue.page(which, order, is_descending=is_descending)) for _ in range(min(rounds, 5))
    )


def _cold_ms(
    open_it: Callable[[], LocalStore], which: QueueFilter, measure: Callable[[Callable[[], object]], float] = seconds
) -> float:
    """The usual order, the first thing that a new connection reads."""
    found = []
    for _ in range(3):
        with open_it() as store:
            found.append(measure(lambda: store.queue.page(which)))
    return 1000 * statistics.median(found)


def measure_figures(store: LocalStore, rounds: int) -> list[dict[str, Any]]:
    """What the home page and the start of a registration ask."""
    asked: dict[str, tuple[Callable[[], object], int]] = {
        "figures of the limits": (store.queue.limit_figures, QUEUE_LIMIT_MS),
        "all counts": (lambda: store.queue.counts(QueueFilter()), QUEUE_LIMIT_MS),
        "check before a registration": (lambda: check(store.database, NOW, os.urandom, reserve_mb=5), CHECK_LIMIT_MS),
    }
    return [
        {
            "case": name,
            "ms": 1000 * statistics.median(seconds(work) for _ in range(rounds)),
            "cpu_ms": 1000 * statistics.median(cpu_seconds(work) for _ in range(rounds)),
            "limit_ms": limit,
        }
        for name, (work, limit) in asked.items()
    ]


def main() -> None:
    """Measures and prints."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = Path(name)
        key = SoftwareMachineKey.open_or_create(folder / "keys", "bench")

        def open_it() -> LocalStore:
            return open_store(folder / "sealdesk.sqlite", key, os.urandom)

        with open_store(folder / "drafts.sqlite", key, os.urandom) as store:
            drafts = measure_drafts(store, folder, arguments.rounds)
        with open_it() as store:
            fill(store, arguments.registrations, packet_bytes=1000, slip_bytes=1000)
        queue = measure_queue(open_it, arguments.rounds)
        with open_it() as store:
            figures = measure_figures(store, arguments.rounds)
    if arguments.json:
        print(json.dumps({"drafts": drafts, "queue": queue, "figures": figures}, indent=2))
        return
    print(f"drafts, {arguments.rounds} rounds, against bare sqlite3 with the same bytes")
    for result in drafts:
        _print(result)
    print(f"queue page of {arguments.registrations:,} registrations, against a walk through the index")
    for result in queue:
        _print(result)
        print(
            f"      slowest by {result['slowest']} (processor {result['cpu_ms']:.1f}); newest first {result['usual_ms']:.1f},"
            f" cold {result['cold_ms']:.1f} (processor {result['cold_cpu_ms']:.1f}), counts {result['counts_ms']:.1f}"
        )
    for result in figures:
        _print(result)
        print(f"      processor {result['cpu_ms']:.1f}")


def _print(result: Mapping[str, Any]) -> None:
    text = f"  {result['case']:50} {result['ms']:7.1f} ms"
    if "ratio" in result:
        text += f"   floor {result['floor_ms']:6.1f}   ratio {result['ratio']:5.2f}"
    if result["limit_ms"] is not None:
        text += f"   (limit {result['limit_ms']})"
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--registrations", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
