"""Measures the synthetic subjects: how long a first capture takes, and later ones, with encoding.

    python build/bench_subjects.py [--rounds 9] [--json]

First captures are of subjects that nobody has seen, with an empty store; later ones are further takes of the same subject. The
best and the median of the rounds are told, in milliseconds, beside the limits: 2000 for the first slap, 150 for a later one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from devices.simulator.subjects import ImageProfile, MasterStore, Subject  # noqa: E402
from packet.bioattributes import EYES, FINGERS  # noqa: E402
from packet.models import BioAttribute  # noqa: E402

SLAP = (BioAttribute.LEFT_INDEX, BioAttribute.LEFT_MIDDLE, BioAttribute.LEFT_RING, BioAttribute.LEFT_LITTLE)
PERSON = (*FINGERS, *EYES, BioAttribute.FACE)
LIMITS_MS = {"first slap": 2000, "first whole person": 6000, "later slap": 150}
SCORE = 80.0


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), max(1, arguments.rounds))
    if arguments.json:
        print(json.dumps(figures, indent=2))
        return
    print(f"{'':28}{'best':>8}{'median':>8}{'limit':>8}   ms")
    for name, (best, median) in figures.items():
        print(f"{name:28}{best:8.0f}{median:8.0f}{LIMITS_MS.get(name, ''):>8}")


def measure(folder: Path, rounds: int) -> dict[str, tuple[float, float]]:
    """Best and median milliseconds by what was done."""
    now = datetime.now(UTC)
    fresh = iter(range(1_000_000))

    def newcomer() -> Subject:
        seed = next(fresh)
        return Subject(seed, store=MasterStore(folder / str(seed)))

    def capture(subject: Subject, attributes: tuple[BioAttribute, ...], profile: ImageProfile, take: int) -> None:
        subject.records(dict.fromkeys(attributes, SCORE), take, now, profile)

    def show(subject: Subject, frame: int) -> None:
        subject.preview(SLAP, frame)

    known = newcomer()
    known.prepare()
    show(known, 0)
    lossless = ImageProfile.REGISTRATION
    return {
        "first slap": timed(rounds, lambda take: capture(newcomer(), SLAP, lossless, take)),
        "first whole person": timed(min(rounds, 3), lambda take: capture(newcomer(), PERSON, lossless, take)),
        "later slap": timed(rounds, lambda take: capture(known, SLAP, lossless, take)),
        "later slap, authentication": timed(rounds, lambda take: capture(known, SLAP, ImageProfile.AUTH, take)),
        "later irises": timed(rounds, lambda take: capture(known, EYES, lossless, take)),
        "later face": timed(rounds, lambda take: capture(known, (BioAttribute.FACE,), lossless, take)),
        "later exception photo": timed(rounds, lambda take: capture(known, (BioAttribute.EXCEPTION_PHOTO,), lossless, take)),
        "slap from disk": timed(rounds, lambda take: capture(_reopened(known, folder), SLAP, lossless, take)),
        "preview of a slap": timed(rounds, lambda take: show(known, take)),
    }


def _reopened(subject: Subject, folder: Path) -> Subject:
    """The subject as another process would find it."""
    return Subject(subject.seed, subject.traits, MasterStore(folder / str(subject.seed)))


def timed(rounds: int, work: Callable[[int], None]) -> tuple[float, float]:
    """Best and median of the rounds; each gets its number, counted from 1."""
    spent = []
    for take in range(1, rounds + 1):
        begin = time.perf_counter()
        work(take)
        spent.append((time.perf_counter() - begin) * 1000)
    return min(spent), statistics.median(spent)


if __name__ == "__main__":
    main()
