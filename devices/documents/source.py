"""What every source of pages is: something that can be described, and that gives pages until it is empty, done or given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from devices.documents.model import ImageFormat, Scanned, SourceInfo


class ColourMode(StrEnum):
    """What a scanner keeps of the colours."""

    COLOUR = "colour"
    GREY = "grey"


class PaperFeed(StrEnum):
    """Where the paper lies."""

    GLASS = "glass"
    """One page per scan."""
    FEEDER = "feeder"
    """Pages until the feeder is empty."""
    FEEDER_BOTH_SIDES = "feeder, both sides"


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How to scan. A source takes what it knows: files and folders none of it, a scanner the nearest that it has.

    Attributes:
        dpi: dots per inch; None leaves it to the source.
        width_mm, height_mm: the area, from the upper left corner; None leaves it to the source.
        page_format: ``png`` keeps every pixel, where documents are png pictures; else ``jpeg``.
        jpeg_quality: 1 to 100, of the pages that a scanner gives; 70 is what MOSIP's client uses if
            ``mosip.registration.doc.jpg.compression`` is not set.
        most_pages: the source stops after so many; a feeder that never says that it is empty must not run for ever.
    """

    dpi: int | None = 200
    colour: ColourMode = ColourMode.COLOUR
    feed: PaperFeed = PaperFeed.GLASS
    width_mm: float | None = None
    height_mm: float | None = None
    page_format: ImageFormat = "jpeg"
    jpeg_quality: int = 70
    most_pages: int = 200


class Cancel(Protocol):
    """Says whether the operator gave up. `threading.Event` is one."""

    def is_set(self) -> bool:
        """True from the moment on in which the operator gave up."""


class ScanSource(Protocol):
    """A source of pages. Used by one thread at a time, off the window's thread."""

    def describe(self) -> SourceInfo:
        """What it is and whether it can be used now. Never raises; answers within some seconds."""

    def scan(self, settings: ScanSettings, cancel: Cancel) -> Iterator[Scanned]:
        """Gives pages one by one, each as soon as it is there; holds none back.

        The iterator ends when the source has no more. Closing it (or leaving it to be collected) gives the source free.

        Raises:
            ScanCancelledError: soon after ``cancel`` was set; pages given before stay good.
            SourceNotUsableError: it is not ready; with the reason.
            DocumentError: whatever else came between; pages given before stay good.
        """
