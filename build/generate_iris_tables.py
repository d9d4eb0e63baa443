"""Makes the tables of iris scores in ``docs/iris-and-face.md`` from synthetic eyes.

    python build/generate_iris_tables.py [--people 20] [--check]

Every eye is captured six times: at five settings of the simulator's quality dial and once masked and lossy as for
authentication; pupil, tilt, gaze and lids change from take to take. Equal seeds make equal tables; ``--check`` writes nothing
and fails if the page differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from devices.biosdk.errors import NotEnoughDetailError  # noqa: E402
from devices.biosdk.iriscode import IrisCode  # noqa: E402
from devices.biosdk.irismatch import RAW_THRESHOLD, distances, score_of, words_of  # noqa: E402
from devices.biosdk.iristasks import code_iris, score_iris  # noqa: E402
from devices.simulator.subjects import ImageProfile, MasterStore, Subject  # noqa: E402
from packet.bioattributes import EYES  # noqa: E402
from packet.iso import encode_record  # noqa: E402
from packet.models import BioAttribute  # noqa: E402

PAGE = ROOT / "docs" / "iris-and-face.md"
FIRST_SEED = 7000
DIALS = (95, 80, 60, 40, 20)
MASKED = "80, masked and lossy"
BEGIN, END = "<!-- irises: begin, made by build/generate_iris_tables.py -->", "<!-- irises: end -->"
Key = tuple[int, BioAttribute, str]


def main() -> None:
    """Makes the tables and writes or checks the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    made = before + BEGIN + "\n\n" + tables(arguments.people) + "\n" + END + after
    if arguments.check:
        sys.exit(0 if made == text else "docs/iris-and-face.md is not what build/generate_iris_tables.py makes")
    PAGE.write_text(made, encoding="utf-8")


def tables(people: int) -> str:
    """The tables as Markdown."""
    codes, quality, missed = captured(people)
    genuine, impostor = distributions(codes)
    lines = [f"{2 * people} eyes of {people} synthetic people, {len(codes) + sum(missed.values())} images.", ""]
    lines += [
        "| image | genuine pairs | lowest | median | highest | impostor pairs | lowest | median | mean quality | no template |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|---|---|"]
    for kind in (*map(str, DIALS), MASKED):
        own, other = genuine[kind], impostor[kind]
        figures = f"{spread(own)} | {len(other)} | {min(other):.3f}"
        lines.append(f"| {kind} | {figures} | {np.median(other):.3f} | {np.mean(quality[kind]):.0f} | {missed[kind]} |")
    own = np.array([raw for values in genuine.values() for raw in values])
    other = np.array([raw for values in impostor.values() for raw in values])
    lines += ["", "| raw threshold | score | genuine refused | impostors accepted |", "|---|---|---|---|"]
    for raw in sorted({0.20, 0.24, 0.28, RAW_THRESHOLD, 0.36, 0.38, 0.40, 0.42}):
        refused, accepted = int((own > raw).sum()), int((other <= raw).sum())
        lines.append(f"| {raw:.2f} | {score_of(raw):.0f} | {refused} of {len(own)} | {accepted} of {len(other)} |")
    return "\n".join(lines) + "\n"


def spread(values: list[float]) -> str:
    """How many, lowest, median and highest, as cells; with one image of a kind for each eye there may be no pair."""
    if not values:
        return "0 | - | - | -"
    return f"{len(values)} | {min(values):.3f} | {np.median(values):.3f} | {max(values):.3f}"


def captured(people: int) -> tuple[dict[Key, IrisCode], dict[str, list[float]], dict[str, int]]:
    """Codes of all captures, quality by kind of image, and how many images gave no template."""
    codes: dict[Key, IrisCode] = {}
    quality: dict[str, list[float]] = {kind: [] for kind in (*map(str, DIALS), MASKED)}
    missed = dict.fromkeys(quality, 0)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    begin = time.process_time()
    for seed in range(FIRST_SEED, FIRST_SEED + people):
        subject = Subject(seed, store=MasterStore(None))
        for eye in EYES:
            for take, kind in enumerate(quality):
                dial = float(kind.split(",")[0])
                profile = ImageProfile.AUTH if kind == MASKED else ImageProfile.REGISTRATION
                iso = encode_record(subject.records({eye: dial}, take, at, profile)[eye])
                quality[kind].append(score_iris(eye, iso))
                try:
                    codes[seed, eye, kind] = code_iris(eye, iso)
                except NotEnoughDetailError:
                    missed[kind] += 1
    print(f"{time.process_time() - begin:.0f} s of processor time", file=sys.stderr)
    return codes, quality, missed


def distributions(codes: dict[Key, IrisCode]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Raw distances of pairs by the worse kind of the two, masked ones apart."""
    kinds = (*map(str, DIALS), MASKED)
    genuine: dict[str, list[float]] = {kind: [] for kind in kinds}
    impostor: dict[str, list[float]] = {kind: [] for kind in kinds}
    keys = list(codes)
    words = [words_of(codes[key]) for key in keys]
    bits, counts = np.stack([one for one, _ in words]), np.stack([two for _, two in words])
    rows = {number: distances(codes[key], bits, counts) for number, key in enumerate(keys)}
    for one, two in combinations(range(len(keys)), 2):
        worse = max(keys[one][2], keys[two][2], key=kinds.index)
        target = genuine if keys[one][:2] == keys[two][:2] else impostor
        target[worse].append(float(rows[one][two]))
    return genuine, impostor


if __name__ == "__main__":
    main()
