"""Measures preparing a page against one plain rotation of the same page, in processor time of the same run.

    python build/bench_imaging.py [--rounds 9] [--json]

The page is A4 at 300 dots per inch, 3 degrees askew on a dark bed a little larger than it, as JPEG. Preparing is all of it:
decode, find, cut, straighten, encode, preview, numbers for the operator. The floor is what one would write with Pillow by hand:
decode, rotate (bilinear), make a preview, encode both; without knowing the angle. Rounds are interleaved, medians compared.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from devices.documents.imaging import prepare
from devices.documents.model import PageImage
from tests.support.paperpages import A4_MM, laid, printed

DPI = 300
ANGLE_DEG = 3.0
GLASS_MM = (216.0, 305.0)


def processor_ms(work: Callable[[], object]) -> float:
    """Processor time of one call."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def by_hand(page: PageImage) -> None:
    """The floor."""
    picture = Image.open(io.BytesIO(page.data)).rotate(ANGLE_DEG, Image.Resampling.BILINEAR)
    picture.save(io.BytesIO(), "JPEG", quality=85)
    picture.resize((picture.width * 800 // picture.height, 800)).save(io.BytesIO(), "JPEG", quality=80)


def measured(page: PageImage, rounds: int) -> dict[str, float]:
    """Medians of both, and their ratio."""
    ours, floor = [], []
    for _ in range(rounds):
        ours.append(processor_ms(lambda: prepare(page)))
        floor.append(processor_ms(lambda: by_hand(page)))
    medians = statistics.median(ours), statistics.median(floor)
    return {"prepare ms": medians[0], "plain rotation ms": medians[1], "ratio": medians[0] / medians[1]}


def main() -> None:
    """Prints a table, or JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    paper = printed(A4_MM, DPI)
    askew = laid(paper, DPI, bed_mm=GLASS_MM, angle_deg=ANGLE_DEG)
    straight = laid(paper, DPI, bed_mm=(A4_MM[0] - 6, A4_MM[1] - 6))
    figures = {
        "colour, askew": measured(askew.page(), arguments.rounds),
        "grey, askew": measured(askew.page(mode="L"), arguments.rounds),
        "colour, straight, fills the glass": measured(straight.page(), arguments.rounds),
    }
    if arguments.json:
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
        return
    for name, values in figures.items():
        sys.stdout.write(name + ": " + ", ".join(f"{key} {value:.2f}" for key, value in values.items()) + "\n")


if __name__ == "__main__":
    main()
