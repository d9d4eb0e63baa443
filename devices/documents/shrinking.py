"""Giving up quality until a document fits: which steps, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from devices.documents.errors import ScanCancelledError
from devices.documents.model import ImageFormat, PageImage
from devices.documents.pagepicture import QualityStep, shrunk

K = TypeVar("K")

STEPS: Final = (
    QualityStep(70, 300),
    QualityStep(60, 200),
    QualityStep(50, 200),
    QualityStep(45, 150),
    QualityStep(35, 150),
    QualityStep(35, 120),
    QualityStep(30, 100),
)
"""First what the eye does not miss. Print of ten points is still read at 100 dots per inch; below that it is not."""


def shrunk_sets(
    pictures: Mapping[K, PageImage], wanted: ImageFormat, is_cancelled: Callable[[], bool]
) -> Iterator[dict[K, PageImage]]:
    """The pictures at one step after the other, each made from those that were given.

    Raises:
        ScanCancelledError: it was given up.
        PageBrokenError: a picture cannot be decoded.
    """
    for step in STEPS:
        result = {}
        for key, picture in pictures.items():
            if is_cancelled():
                raise ScanCancelledError(source="session", pages=len(pictures))
            result[key] = shrunk(picture, step, wanted)
        yield result
