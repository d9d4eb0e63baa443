"""What a file may cost, and how good its pages come out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Bounds on one file. The defaults fit papers of a person at up to 600 dots per inch, and phone cameras.

    Attributes:
        most_file_bytes: of a picture as it lies on the disk.
        most_pdf_bytes: of a PDF, which is passed on as it is: ``mosip.registration.document_size``.
        most_side_px, most_pixels: of one picture, also of one inside a PDF.
        most_pages: of a TIFF or PDF.
        most_total_pixels: of all pages of a TIFF.
        most_pdf_objects: indirect objects, and parts inside them a hundred times as many.
        most_unpacked_bytes: of all of a PDF's packed streams together.
        most_answer_bytes: of all pages that come back from the worker.
        jpeg_quality: of the pages that come back, 1 to 100.
        preview_side_px: longest side of the preview of a PDF's first page.
        deadline_s: from handing over to the answer, on the clock.
        processor_s: processor time of one file; whole seconds, since the system counts in those.
        memory_bytes: address space of the worker.
        links_accepted: whether a PDF may hold links to web pages, that do nothing until somebody clicks on them. Bills and
            statements from the web are full of them.
        files_per_worker: after so many files the worker is replaced, so that nothing piles up in it.
    """

    most_file_bytes: int = 50_000_000
    most_pdf_bytes: int = 2_000_000
    most_side_px: int = 15_000
    most_pixels: int = 50_000_000
    most_pages: int = 50
    most_total_pixels: int = 500_000_000
    most_pdf_objects: int = 20_000
    most_unpacked_bytes: int = 200_000_000
    most_answer_bytes: int = 200_000_000
    jpeg_quality: int = 75
    preview_side_px: int = 1000
    deadline_s: float = 30.0
    processor_s: int = 25
    memory_bytes: int = 1 << 30
    links_accepted: bool = True
    files_per_worker: int = 100


DEFAULT_LIMITS = IntakeLimits()
