"""Measures documents from the scanner to the PDF, each part against the bare work under it, in the same process.

    python build/bench_documents.py [--rounds 7] [--dpi 200] [--json]

Scanning: one page from the glass of SANE's virtual scanner through the worker process, against python-sane in this process;
what the desk adds is the difference, worker's start included. Preparing: cutting, straightening and previewing a page, against
decoding and encoding it with Pillow. Session: adding a page to 99 others and asking for the size of the PDF, and writing the
PDF, against copying its bytes. Feeder: ten pages, by scanning alone and with everything. Rounds are interleaved, medians
compared; processor time stands beside the clock's, since other work on the machine only disturbs the latter.

Without python-sane or SANE's virtual scanner, a page drawn here takes the place of the scanned one.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))

from devices.documents.imaging import prepare
from devices.documents.model import PageImage
from devices.documents.sane import SaneSource, list_scanners
from devices.documents.scanning import scan_into
from devices.documents.session import DocumentSession, SessionLimits
from devices.documents.source import PaperFeed, ScanSettings

DEVICE = "test:0"
WIDTH_MM, HEIGHT_MM = 210, 297
OPTIONS: dict[str, str | int | float] = {"test-picture": "Grid"}
CONFIG = 'number_of_devices 1\nmode Color\ndepth 8\ngeometry_max 300.0\ntest-picture "Grid"\n'


def processor_ms() -> float:
    """Processor time of this process and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1000 * sum(one.ru_utime + one.ru_stime for one in used)


def medians(rounds: int, works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median milliseconds of each work, by the clock and the processor; the works take turns: load is unfair to none."""
    taken: dict[str, list[float]] = {f"{name}_{unit}": [] for name in works for unit in ("ms", "cpu_ms")}
    for _ in range(rounds):
        for name, work in works.items():
            begin, used = time.perf_counter(), processor_ms()
            work()
            taken[f"{name}_cpu_ms"].append(processor_ms() - used)
            taken[f"{name}_ms"].append(1000 * (time.perf_counter() - begin))
    return {name: statistics.median(found) for name, found in taken.items()}


def letter(dpi: int) -> PageImage:
    """A drawn page of print on a desk, slightly turned."""
    size = (round(WIDTH_MM / 25.4 * dpi), round(HEIGHT_MM / 25.4 * dpi))
    paper = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(paper)
    for row in range(size[1] // 12, size[1] - size[1] // 12, max(8, size[1] // 60)):
        for column in range(size[0] // 10, size[0] - size[0] // 10, max(6, size[0] // 70)):
            draw.rectangle((column, row, column + dpi // 25, row + dpi // 18), fill="black" if (column * row) % 5 else "white")
    turned = paper.rotate(1.5, Image.Resampling.BICUBIC, fillcolor=(90, 90, 95))
    target = io.BytesIO()
    turned.save(target, "JPEG", quality=75, dpi=(dpi, dpi))
    return PageImage(target.getvalue(), "jpeg", *size, float(dpi), "drawn")


def reencode(page: PageImage) -> bytes:
    """What Pillow needs to decode and encode a page."""
    target = io.BytesIO()
    with Image.open(io.BytesIO(page.data)) as picture:
        picture.save(target, "JPEG", quality=75)
    return target.getvalue()


def scanned(settings: ScanSettings) -> list[PageImage]:
    """All pages of a scan."""
    return list(SaneSource(DEVICE, options=OPTIONS).scan(settings, threading.Event()))


def bare_scan(device: Any, count: int, quality: int) -> None:
    """The same pages by python-sane and Pillow in this process."""
    for _ in range(count):
        device.start()
        device.snap(no_cancel=count > 1).save(io.BytesIO(), "JPEG", quality=quality)
    device.cancel()


def scanning(rounds: int, settings: ScanSettings) -> dict[str, float]:
    """A page of the glass and ten of the feeder, through the worker and bare."""
    sane = import_module("sane")
    sane.init()
    device = sane.open(DEVICE)
    for name, value in {"mode": "Color", "resolution": settings.dpi, "br_x": WIDTH_MM, "br_y": HEIGHT_MM}.items():
        setattr(device, name, value)
    device.test_picture = "Grid"
    from_feeder = ScanSettings(settings.dpi, feed=PaperFeed.FEEDER, width_mm=WIDTH_MM, height_mm=HEIGHT_MM, most_pages=10)

    def whole() -> None:
        session = DocumentSession(limits=SessionLimits(size_bytes=10**9))
        for _ in scan_into(
            session, SaneSource(DEVICE, options=OPTIONS), from_feeder, threading.Event(), lambda page: prepare(page).image
        ):
            _ = session.size_bytes
        session.build()

    found = medians(
        rounds,
        {
            "bare_page": lambda: bare_scan(device, 1, settings.jpeg_quality),
            "page": lambda: scanned(settings),
        },
    )
    found |= medians(
        max(3, rounds // 3),
        {
            "bare_ten": lambda: bare_scan(device, 10, settings.jpeg_quality),
            "ten": lambda: scanned(from_feeder),
            "ten_to_pdf": whole,
        },
    )
    device.close()
    added = {f"page_added_{unit}": found[f"page_{unit}"] - found[f"bare_page_{unit}"] for unit in ("ms", "cpu_ms")}
    return found | added | {"ten_cpu_ratio": found["ten_cpu_ms"] / found["bare_ten_cpu_ms"]}


def imaging(rounds: int, page: PageImage) -> dict[str, float]:
    """Preparing a page, against Pillow's decoding and encoding."""
    found = medians(rounds, {"pillow": lambda: reencode(page), "prepare": lambda: prepare(page)})
    return found | {"cpu_ratio": found["prepare_cpu_ms"] / found["pillow_cpu_ms"]}


def session_figures(rounds: int, page: PageImage) -> dict[str, float]:
    """Adding, measuring and writing a document of a hundred pages."""
    session = DocumentSession(limits=SessionLimits(size_bytes=10**9))
    for _ in range(99):
        session.add(page)

    def add_and_measure() -> None:
        key = session.add(page)
        _ = session.size_bytes
        session.delete(key)

    content = session.build().content
    found = medians(
        rounds,
        {
            "add_to_100": add_and_measure,
            "write_100": session.build,
            "copy_100": lambda: bytearray(content),
        },
    )
    return found | {
        "document_bytes": len(content),
        "size_against_write": found["add_to_100_cpu_ms"] / found["write_100_cpu_ms"],
    }


def measure(rounds: int, dpi: int) -> dict[str, Any]:
    """All figures."""
    settings = ScanSettings(dpi=dpi, width_mm=WIDTH_MM, height_mm=HEIGHT_MM)
    result: dict[str, Any] = {"dpi": dpi, "rounds": rounds}
    page = letter(dpi)
    if find_spec("sane") is not None and any(info.name == DEVICE for info in list_scanners()):
        result["scanning"] = scanning(rounds, settings)
    else:
        result["scanning"] = "no virtual scanner"
    result["imaging"] = imaging(rounds, page)
    result["session"] = session_figures(rounds, page)
    if isinstance(result["scanning"], dict):
        result["beyond_the_scanner"] = {
            unit: result["scanning"][f"page_added_{unit}"]
            + result["imaging"][f"prepare_{unit}"]
            + result["session"][f"add_to_100_{unit}"]
            for unit in ("ms", "cpu_ms")
        }
    return result


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dpi", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dll.conf").write_text("test\n")
        (Path(folder) / "test.conf").write_text(CONFIG)
        os.environ["SANE_CONFIG_DIR"] = folder
        result = measure(arguments.rounds, arguments.dpi)
    if arguments.json:
        print(json.dumps(result, indent=2))
        return
    print(f"documents, A4 at {result['dpi']} dpi, medians of {result['rounds']} rounds")
    for name, figures in result.items():
        if isinstance(figures, dict):
            print(f"  {name}: " + ", ".join(f"{key} {value:.1f}" for key, value in figures.items()))
        elif isinstance(figures, str):
            print(f"  {name}: {figures}")


if __name__ == "__main__":
    main()
