"""Generates the tables of docs/matching.md: scores of genuine and impostor pairs of synthetic fingers, and of their quality.

    python build/generate_matching_tables.py [--workers 2]

Takes some ten minutes on two processors. Everything follows from the seeds of `devices.simulator.subjects`: 50 enrolled people
with ten fingers each, one good impression enrolled of each, other impressions of the same fingers as probes, and 10 people who
are not enrolled. Images pass through the same code as those of devices: ISO record, worker's tasks, minutiae, BOZORTH3.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image, ImageFilter  # noqa: E402

from devices.biosdk.errors import BioSdkError  # noqa: E402
from devices.biosdk.fingers import SAME_FINGER_FAVOUR, SHORTLIST  # noqa: E402
from devices.biosdk.fingersimage import Pixels  # noqa: E402
from devices.biosdk.fingersindex import FingerIndex  # noqa: E402
from devices.biosdk.fingersminutiae import Minutiae  # noqa: E402
from devices.biosdk.fingersscale import RAW_THRESHOLD, score_of  # noqa: E402
from devices.biosdk.fingerstasks import TASKS, join_blocks  # noqa: E402
from devices.biosdk.qualityridges import ridge_quality  # noqa: E402
from devices.simulator.subjects import MasterStore, Subject, SubjectTraits  # noqa: E402
from packet.bioattributes import FACTS, FINGERS  # noqa: E402
from packet.iso import FingerRecord, encode_record  # noqa: E402
from packet.iso.finger import FingerCompression  # noqa: E402
from packet.models import BioAttribute  # noqa: E402

TARGET: Final = ROOT / "docs" / "matching.md"
MARKS: Final = "<!-- {name}: begin, made by build/generate_matching_tables.py -->\n", "<!-- {name}: end -->\n"
PEOPLE: Final = tuple(range(1000, 1050))
STRANGERS: Final = tuple(range(2000, 2010))
SAMPLE_PERSON: Final = 1000
SAMPLE_FINGERS: Final = (BioAttribute.LEFT_INDEX, BioAttribute.RIGHT_THUMB)
SLAB: Final = (BioAttribute.LEFT_INDEX, BioAttribute.LEFT_MIDDLE, BioAttribute.LEFT_RING, BioAttribute.LEFT_LITTLE)
PARTNERS: Final = 40
RAW_STEPS: Final = (24, 32, 40, 48, 52, 56, 60, 64, 72, 80)
_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PAPER: Final = 244

Key: TypeAlias = tuple[int, str]
Scores: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Condition:
    """How a probe differs from the enrolled impression; ``take`` 1 is the enrolled one."""

    name: str
    about: str
    dial: float
    take: int
    worn: float = 0.0
    change: Callable[[Pixels, int], Pixels] = field(default=lambda pixels, seed: pixels)


def _turned(pixels: Pixels, seed: int) -> Pixels:
    image = Image.fromarray(pixels).rotate(30 if seed % 4 < 2 else -30, Image.Resampling.BICUBIC, expand=True, fillcolor=_PAPER)
    return np.asarray(image, np.uint8)


def _partial(pixels: Pixels, seed: int) -> Pixels:
    del seed
    return np.ascontiguousarray(pixels[110:330, 60:240])


ENROLLED: Final = Condition("enrolled", "", 85, 1)
CONDITIONS: Final = (
    Condition("good", "another impression, quality dial 80", 80, 2),
    Condition("fair", "dial 60: drier or wetter, some smudges, less area", 60, 3),
    Condition("poor", "dial 40", 40, 4),
    Condition("turned", "dial 80, turned by 30 degrees", 80, 5, change=_turned),
    Condition("partial", "dial 80, only 9 by 11 mm of it", 80, 5, change=_partial),
    Condition("worn", "dial 70, ridges half worn off since (two fingers of each person)", 70, 6, 0.5),
)
WORN_FINGERS: Final = (BioAttribute.RIGHT_INDEX, BioAttribute.LEFT_INDEX)


def record_of(attribute: BioAttribute, pixels: Pixels) -> bytes:
    """Pixels as a finger record without compression."""
    height, width = pixels.shape
    raw = FingerRecord(FACTS[attribute].iso_position, _AT, width, height, pixels.tobytes(), compression=FingerCompression.NONE)
    return encode_record(raw)


def template_of(person: Subject, attribute: BioAttribute, condition: Condition) -> bytes:
    """Data of the template of one impression; empty if it has too few minutiae, which then scores 0 with everything."""
    pixels = condition.change(person.pixels(attribute, condition.dial, condition.take), person.seed)
    try:
        return TASKS["minutiae"](join_blocks((attribute.value.encode(), record_of(attribute, pixels))))
    except BioSdkError:
        return b""


def templates_of(seed: int, fingers: Sequence[BioAttribute] = FINGERS) -> dict[str, dict[Key, bytes]]:
    """All templates of one person, by condition."""
    found: dict[str, dict[Key, bytes]] = {}
    for condition in (ENROLLED, *CONDITIONS):
        person = _person(seed, condition.worn)
        shown = [finger for finger in fingers if not condition.worn or finger in WORN_FINGERS]
        found[condition.name] = {(seed, finger.value): template_of(person, finger, condition) for finger in shown}
    return found


_known: dict[tuple[int, float], Subject] = {}


def _person(seed: int, worn: float) -> Subject:
    if (seed, worn) not in _known:
        _known.clear()
        _known[seed, worn] = Subject(seed, SubjectTraits(worn=worn), MasterStore(None))
    return _known[seed, worn]


def raw_scores(probe: bytes, others: Sequence[bytes]) -> list[int]:
    """BOZORTH3 scores; 0 where there is no template."""
    real = [other for other in others if other]
    if not probe or not real:
        return [0] * len(others)
    told = iter(np.frombuffer(TASKS["compare"](join_blocks((probe, *real))), ">u2"))
    return [int(next(told)) if other else 0 for other in others]


def scores_of(condition: str, probes: dict[Key, bytes], enrolled: dict[Key, bytes]) -> tuple[str, list[int], list[int]]:
    """Scores of every probe with its own finger, and with `PARTNERS` others, of the same person too."""
    keys = list(enrolled)
    genuine, impostor = [], []
    for key, probe in probes.items():
        at, step = keys.index(key), len(keys) // PARTNERS
        own = raw_scores(probe, [enrolled[key]])
        others = [keys[(at + 1 + step * number) % len(keys)] for number in range(PARTNERS)]
        genuine += own
        impostor += raw_scores(probe, [enrolled[other] for other in others if other != key])
    return condition, genuine, impostor


def shortlist_places(condition: str, probes: dict[Key, bytes], enrolled: dict[Key, bytes]) -> tuple[str, list[int]]:
    """At which place of the ordered list the probe's own finger stands, 0 first; -1 for a probe without template."""
    keys, index = list(enrolled), filled_index(enrolled)
    places = []
    for key, probe in probes.items():
        if not probe:
            places.append(-1)
            continue
        same = [number for number, other in enumerate(keys) if other[1] == key[1]]
        order = index.shortlist(Minutiae.from_data(probe), len(keys), same, SAME_FINGER_FAVOUR)
        places.append(order.index(keys.index(key)))
    return condition, places


def filled_index(enrolled: dict[Key, bytes]) -> FingerIndex:
    """All enrolled fingers."""
    index = FingerIndex()
    for data in enrolled.values():
        index.add(Minutiae.from_data(data))
    return index


def stranger_scores(strangers: dict[Key, bytes], enrolled: dict[Key, bytes]) -> list[int]:
    """The best score of every finger of people who are not enrolled, each searched as the gallery does."""
    keys, index = list(enrolled), filled_index(enrolled)
    best = []
    for key, probe in strangers.items():
        if not probe:
            best.append(0)
            continue
        same = [number for number, other in enumerate(keys) if other[1] == key[1]]
        numbers = index.shortlist(Minutiae.from_data(probe), SHORTLIST, same, SAME_FINGER_FAVOUR)
        best.append(max(raw_scores(probe, [enrolled[keys[number]] for number in numbers])))
    return best


# Tables


def rate(count: int, total: int) -> str:
    """A share for people to read."""
    if count == 0:
        return f"0 of {total:,}"
    share = 100 * count / total
    return f"{share:.2f} %" if share >= 0.1 else f"{share:.4f} %"


def error_table(genuine: dict[str, list[int]], impostor: dict[str, list[int]]) -> list[str]:
    """False matches and false non-matches at raw thresholds."""
    names = [condition.name for condition in CONDITIONS]
    everyone = np.concatenate([np.array(scores) for scores in impostor.values()])
    head = ["raw", "score", "false matches", *(f"missed: {name}" for name in names)]
    rows = [head, ["---:"] * len(head)]
    for raw in RAW_STEPS:
        mark = "**" if raw == RAW_THRESHOLD else ""
        missed = [rate(int((np.array(genuine[name]) < raw).sum()), len(genuine[name])) for name in names]
        cells = [str(raw), f"{score_of(raw):.0f}", rate(int((everyone >= raw).sum()), len(everyone)), *missed]
        rows.append([f"{mark}{cell}{mark}" for cell in cells])
    return lines(rows)


def distribution_table(genuine: dict[str, list[int]], impostor: dict[str, list[int]]) -> list[str]:
    """Percentiles of raw scores."""
    rows = [["probe", "what it is", "genuine pairs", "1 %", "10 %", "median", "impostor pairs", "median", "99.9 %", "highest"]]
    rows.append(["---", "---", *["---:"] * 8])
    for condition in CONDITIONS:
        own, others = np.array(genuine[condition.name]), np.array(impostor[condition.name])
        low = [f"{value:.0f}" for value in np.percentile(own, [1, 10, 50])]
        high = [f"{value:.0f}" for value in np.percentile(others, [50, 99.9])]
        rows.append([condition.name, condition.about, f"{len(own):,}", *low, f"{len(others):,}", *high, str(others.max())])
    return lines(rows)


def search_table(
    genuine: dict[str, list[int]], places: dict[str, list[int]], probes: dict[str, dict[Key, bytes]], strangers: list[int]
) -> list[str]:
    """What narrowing costs, and what a search of one finger or of four finds."""
    rows = [["probe", "own finger first", f"among the first {SHORTLIST}", "lost by narrowing alone", "found by one finger"]]
    rows[0].append("found by a left slab")
    rows.append(["---", *["---:"] * 5])
    for condition in CONDITIONS:
        name = condition.name
        place, raw = np.array(places[name]), np.array(genuine[name])
        is_short = (place >= 0) & (place < SHORTLIST)
        is_found = is_short & (raw >= RAW_THRESHOLD)
        lost = int((~is_short & (raw >= RAW_THRESHOLD)).sum())
        by_person: dict[int, list[bool]] = {}
        for (seed, finger), found in zip(probes[name], is_found, strict=True):
            if finger in {one.value for one in SLAB}:
                by_person.setdefault(seed, []).append(bool(found))
        slabs = [any(found) for found in by_person.values() if len(found) == len(SLAB)]
        slab = f"{sum(slabs)} of {len(slabs)}" if slabs else "-"
        total = len(place)
        cells = [rate(int((place == 0).sum()), total), rate(int(is_short.sum()), total), f"{lost} of {total}"]
        rows.append([name, *cells, rate(int(is_found.sum()), total), slab])
    wrong = sum(score >= RAW_THRESHOLD for score in strangers)
    told = (
        f"Of {len(strangers)} searches with fingers of {len(STRANGERS)} people who are not enrolled, {wrong} found somebody; "
    )
    return [*lines(rows), "", told + f"their highest raw score was {max(strangers)}."]


def quality_tables() -> list[str]:
    """Mean scores of both quality measures over left index fingers of ten people, as impressions get worse."""
    people = [Subject(seed, store=MasterStore(None)) for seed in PEOPLE[:10]]
    finger = BioAttribute.LEFT_INDEX
    clean = [person.pixels(finger, 95, 1) for person in people]
    series: list[tuple[str, list[tuple[str, list[Pixels]]]]] = [
        ("quality dial", [(f"{dial}", [one.pixels(finger, dial, 1) for one in people]) for dial in (100, 80, 60, 40, 20, 0)]),
        ("blur added, pixels", [(f"{px:g}", [blurred(image, px) for image in clean]) for px in (0, 1, 2, 3, 4, 6)]),
        ("noise added, grey levels", [(f"{sd}", [noisy(image, sd) for image in clean]) for sd in (0, 10, 20, 40, 60, 80)]),
        ("smudged, part of the area", [(f"{p:g}", [smudged(image, p) for image in clean]) for p in (0, 0.2, 0.4, 0.6, 0.8, 1)]),
    ]
    text = []
    for name, steps in series:
        nfiq2 = [f"{np.mean([nfiq2_of(finger, image) for image in images]):.0f}" for _, images in steps]
        own = [f"{np.mean([ridge_quality(image) for image in images]):.0f}" for _, images in steps]
        rows = [
            [name, *(step for step, _ in steps)],
            ["---", *["---:"] * len(steps)],
            ["NFIQ 2", *nfiq2],
            ["own measure", *own],
        ]
        text += [*lines(rows), ""]
    return text[:-1]


def nfiq2_of(finger: BioAttribute, pixels: Pixels) -> int:
    """NFIQ 2 score."""
    return TASKS["nfiq2"](join_blocks((finger.value.encode(), record_of(finger, pixels))))[0]


def blurred(pixels: Pixels, deviation_px: float) -> Pixels:
    """A Gaussian blur."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(deviation_px)), np.uint8)


def noisy(pixels: Pixels, deviation: float) -> Pixels:
    """White noise, the same for every deviation but for its strength."""
    grain = np.random.default_rng(7).normal(0, 1, pixels.shape)
    return np.clip(pixels + deviation * grain, 0, 255).astype(np.uint8)


def smudged(pixels: Pixels, part: float) -> Pixels:
    """The upper part of the image slid along by some pixels while it was taken."""
    slid = np.mean([np.roll(pixels, step, axis) for axis in (0, 1) for step in range(-9, 10, 3)], axis=0)
    rows = round(part * len(pixels))
    return np.concatenate((slid[:rows], pixels[rows:])).astype(np.uint8)


def sample_table(templates: dict[str, dict[Key, bytes]]) -> list[str]:
    """Raw scores of two fingers of one person, which a test computes again."""
    rows = [["finger", *(condition.name for condition in CONDITIONS[:5])], ["---", *["---:"] * 5]]
    for finger in SAMPLE_FINGERS:
        key = (SAMPLE_PERSON, finger.value)
        own = templates[ENROLLED.name][key]
        scores = [raw_scores(templates[condition.name][key], [own])[0] for condition in CONDITIONS[:5]]
        rows.append([finger.value, *map(str, scores)])
    return lines(rows)


def lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table's lines."""
    return ["| " + " | ".join(row) + " |" for row in rows]


def replaced(text: str, name: str, content: Sequence[str]) -> str:
    """The document with one part made anew.

    Raises:
        ValueError: if its marks are missing.
    """
    begin, end = (mark.format(name=name) for mark in MARKS)
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n" + "\n".join(content) + f"\n\n{end}{after}"


def main() -> None:
    """Computes everything and writes the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        probes: dict[str, dict[Key, bytes]] = {}
        for found in pool.map(templates_of, PEOPLE):
            for name, templates in found.items():
                probes.setdefault(name, {}).update(templates)
        enrolled = probes.pop(ENROLLED.name)
        print("templates made", flush=True)
        scored = [pool.submit(scores_of, name, one, enrolled) for name, one in probes.items()]
        placed = [pool.submit(shortlist_places, name, one, enrolled) for name, one in probes.items()]
        quality = pool.submit(quality_tables)
        strange: dict[Key, bytes] = {}
        for found in pool.map(templates_of, STRANGERS):
            strange.update(found[CONDITIONS[0].name])
        genuine = {name: own for name, own, _ in (one.result() for one in scored)}
        impostor = {name: others for name, _, others in (one.result() for one in scored)}
        places = dict(one.result() for one in placed)
        text = TARGET.read_text(encoding="utf-8")
        text = replaced(text, "distributions", distribution_table(genuine, impostor))
        text = replaced(text, "errors", error_table(genuine, impostor))
        text = replaced(text, "search", search_table(genuine, places, probes, stranger_scores(strange, enrolled)))
        text = replaced(text, "quality", quality.result())
        text = replaced(text, "sample", sample_table({ENROLLED.name: enrolled, **probes}))
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
