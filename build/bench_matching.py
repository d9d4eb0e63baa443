"""Measures the search of one finger and of a slab among the fingers of fifty operators, against BOZORTH3 over all of them.

    python build/bench_matching.py [--people 50] [--rounds 20] [--templates FILE]

Processor time of this process and of the worker together, so that other work on the machine does not count; wall time beside.
Growing the synthetic fingers takes minutes; ``--templates`` keeps their templates in a file for the next time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from generate_matching_tables import CONDITIONS, ENROLLED, SLAB, Condition, template_of

from devices.biosdk.composite import CompositeSdk
from devices.biosdk.fingers import NbisFingers, finger_worker
from devices.biosdk.fingersminutiae import FORMAT, VERSION
from devices.biosdk.fingersscale import RAW_THRESHOLD
from devices.biosdk.fingerstasks import join_blocks, split_blocks
from devices.biosdk.gallery import Gallery
from devices.biosdk.sdk import THRESHOLD_SHIPPED, Template
from devices.biosdk.worker import Worker
from devices.simulator.subjects import MasterStore, Subject
from packet.bioattributes import FINGERS
from packet.models import BioAttribute

FIRST_SEED = 1000
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--templates", type=Path)
    arguments = parser.parse_args()
    enrolled = enrolled_templates(arguments.people, arguments.templates)
    rounds = max(1, min(arguments.rounds, arguments.people))
    probes = [slab_of(FIRST_SEED + number, CONDITIONS[0]) for number in range(rounds)]
    worker = finger_worker(timeout_s=120)
    fingers = NbisFingers(worker)
    gallery = Gallery(CompositeSdk([fingers]))
    fingers.match(probes[0][0], probes[0][0])  # the worker has loaded its library
    report(worker, "filling the gallery, a template", len(enrolled), lambda: fill(gallery, enrolled))
    gallery.find([probes[0][0]], THRESHOLD_SHIPPED)
    right, everyone = [0, 0], list(enrolled.values())
    one = report(worker, "search of one finger", rounds, lambda: search(gallery, probes, 1, right))
    four = report(worker, "search of a slab of four", rounds, lambda: search(gallery, probes, 4, right))
    bare = report(worker, "BOZORTH3 over all, one finger", rounds, lambda: compare_all(fingers, probes, everyone))
    worker.close()
    print(f"BOZORTH3 over all / search, one finger: {bare / one:.1f}; slab: {4 * bare / four:.1f} (processor time)")
    print(
        f"found the right person (raw {RAW_THRESHOLD}): {right[0]} of {rounds} by one finger, {right[1]} of {rounds} by a slab"
    )


def report(worker: Worker, name: str, count: int, work: Callable[[], None]) -> float:
    """Runs the work once and prints milliseconds for each of its parts; gives those of processor time."""
    wall, busy = time.perf_counter(), time.process_time() + seconds_of(worker)
    work()
    wall, busy = time.perf_counter() - wall, time.process_time() + seconds_of(worker) - busy
    print(f"{name:34}{1e3 * busy / count:9.1f} ms processor{1e3 * wall / count:9.1f} ms wall", flush=True)
    return busy / count


def seconds_of(worker: Worker) -> float:
    """Processor seconds of the worker process so far."""
    fields = Path(f"/proc/{worker.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def fill(gallery: Gallery, enrolled: dict[tuple[int, int], Template]) -> None:
    """Adds all templates."""
    for (seed, _), template in enrolled.items():
        gallery.add(str(seed), template)


def search(gallery: Gallery, probes: list[list[Template]], fingers: int, right: list[int]) -> None:
    """Searches each slab, or its first finger."""
    for number, slab in enumerate(probes):
        found = gallery.find(slab[:fingers], THRESHOLD_SHIPPED)
        right[fingers > 1] += bool(found) and found[0].user_id == str(FIRST_SEED + number)


def compare_all(fingers: NbisFingers, probes: list[list[Template]], templates: list[Template]) -> None:
    """The first finger of each slab with everything."""
    for slab in probes:
        fingers.raw_scores(slab[0], templates)


def slab_of(seed: int, condition: Condition, fingers: tuple[BioAttribute, ...] = SLAB) -> list[Template]:
    """Templates of one person."""
    person = Subject(seed, store=MasterStore(None))
    return [Template(finger, FORMAT, VERSION, template_of(person, finger, condition)) for finger in fingers]


def enrol(seed: int) -> list[bytes]:
    """All ten fingers of one person, packed."""
    return [template.pack() for template in slab_of(seed, ENROLLED, FINGERS)]


def enrolled_templates(people: int, path: Path | None) -> dict[tuple[int, int], Template]:
    """Templates by seed and number of the finger, from the file if there is one."""
    if path is not None and path.exists():
        packed = split_blocks(path.read_bytes())
    else:
        with ProcessPoolExecutor(2, get_context("spawn")) as pool:
            packed = [one for person in pool.map(enrol, range(FIRST_SEED, FIRST_SEED + people)) for one in person]
        if path is not None:
            path.write_bytes(join_blocks(packed))
    return {(FIRST_SEED + n // len(FINGERS), n % len(FINGERS)): Template.unpack(one) for n, one in enumerate(packed)}


if __name__ == "__main__":
    main()
