"""From the feeder of SANE's virtual scanner to a document in a sealed packet; and a long scan in little memory."""

from __future__ import annotations

import gc
import io
import os
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from PIL import Image

from devices.documents import errors as e
from devices.documents.imaging import prepare
from devices.documents.model import PageImage
from devices.documents.sane import SaneSource
from devices.documents.scanning import scan_into
from devices.documents.session import DocumentSession, ScannedDocument, SessionLimits
from devices.documents.source import ColourMode, PaperFeed, ScanSettings
from packet.builder import build
from packet.models import Document
from packet.rules.model import Status
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.judging import full_context, judged
from tests.support.packetopener import open_packet
from tests.support.saneconfig import DEVICE, NEEDS_SANE, scan_workers, steer, use_virtual_scanners
from tests.support.specs import counting_entropy, machine_key, new_spec, ticking_clock

pytestmark = NEEDS_SANE
LIMIT_BYTES = 2_000_000
A4_FROM_THE_FEEDER = ScanSettings(feed=PaperFeed.FEEDER, dpi=150, colour=ColourMode.GREY, width_mm=210, height_mm=297)
GRID = {"test-picture": "Grid"}

_written: list[str] | None = None


def _note_written_files(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _written is not None:
        path, _, flags = arguments
        is_file = isinstance(path, str | bytes | os.PathLike)
        if is_file and isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            _written.append(str(path))


sys.addaudithook(_note_written_files)


@pytest.fixture
def files_written() -> Iterator[list[str]]:
    """Names of all files that this process opens for writing while the test runs."""
    global _written  # noqa: PLW0603 - an audit hook cannot be taken back
    found: list[str] = []
    _written = found
    yield found
    _written = None


@pytest.fixture(autouse=True)
def _virtual_scanners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use_virtual_scanners(tmp_path, monkeypatch)
    yield
    assert scan_workers() == []


def ten_pages() -> ScannedDocument:
    session = DocumentSession("pdf", SessionLimits(size_bytes=LIMIT_BYTES))
    scan = scan_into(
        session, SaneSource(DEVICE, options=GRID), A4_FROM_THE_FEEDER, threading.Event(), lambda page: prepare(page).image
    )
    sizes = [session.size_bytes for _ in scan]
    assert sizes == sorted(sizes)
    document = session.build()
    assert len(document.content) == sizes[-1]
    return document


def test_ten_pages_from_the_feeder_become_a_pdf_under_the_limit(files_written: list[str]) -> None:
    document = ten_pages()
    assert (document.format, document.page_count) == ("pdf", 10)
    assert len(document.content) <= LIMIT_BYTES
    assert [name for name in files_written if name != "/dev/null"] == []
    reader = pypdf.PdfReader(io.BytesIO(document.content), strict=True)
    assert len(reader.pages) == 10
    for page in reader.pages:
        (image,) = page.images
        assert image.image is not None
        assert image.image.width > 300


def test_the_document_is_in_the_sealed_packet_and_every_rule_lets_it_pass() -> None:
    scanned = ten_pages()
    document = Document("POI", "DOC001", scanned.format, scanned.content)
    sealed = build(
        new_spec(documents={"proofOfIdentity": document}),
        machine_key=machine_key(),
        certificate=lab_certificate("packet"),
        clock=ticking_clock(),
        entropy=counting_entropy(),
    )
    opened = open_packet(sealed, lab_key("packet"))
    assert opened.subs["id"].entries["proofOfIdentity.pdf"] == scanned.content
    report = judged(sealed.data, full_context(sealed.data, sealed.file_name))
    assert [finding for finding in report.findings if finding.status is Status.FAIL] == []
    assert {finding.check for finding in report.findings if finding.check.startswith("documents.")} >= {
        "documents.format",
        "documents.size",
        "documents.magic",
    }


def test_after_a_jam_the_rest_is_scanned_again_into_the_same_document(monkeypatch: pytest.MonkeyPatch) -> None:
    session = DocumentSession()
    with monkeypatch.context() as jamming:
        steer(jamming, fail_at=4, status="SANE_STATUS_JAMMED")
        with pytest.raises(e.ScannerJammedError, match="3 pages"):
            list(scan_into(session, SaneSource(DEVICE, options=GRID), A4_FROM_THE_FEEDER, threading.Event()))
    assert session.page_count == 3
    list(scan_into(session, SaneSource(DEVICE, options=GRID), A4_FROM_THE_FEEDER, threading.Event()))
    assert session.build().page_count == 13


def _resident_bytes(pid: int | str, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _hundred_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    steer(monkeypatch, pages=100)
    return SaneSource(DEVICE, options={"test-picture": "Color pattern"}).scan(A4_FROM_THE_FEEDER, threading.Event())


def test_a_scan_of_a_hundred_pages_takes_no_more_memory_than_one_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here as Python counts it, in the worker as the system does; a raw page has two million bytes."""
    worker: list[int] = []
    here: list[int] = []
    count = 0
    tracemalloc.start()
    try:
        for page in _hundred_pages(monkeypatch):
            count += 1
            assert page.size_bytes
            del page
            if count in {10, 90}:
                worker.append(_resident_bytes(scan_workers()[0], "VmHWM"))
                here.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()
    finally:
        tracemalloc.stop()
    assert count == 100
    assert here[1] <= here[0] * 1.1
    assert worker[1] <= worker[0] * 1.1


def test_a_session_holds_a_hundred_pages_and_little_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is that of the encoded pages; writing the document adds two copies of it at most."""
    session = DocumentSession(limits=SessionLimits(size_bytes=100_000_000))
    session.add(_one_page(session))
    session.clear()
    gc.collect()
    tracemalloc.start()
    try:
        for page in _hundred_pages(monkeypatch):
            session.add(page)
            del page
        gc.collect()
        held_bytes, _ = tracemalloc.get_traced_memory()
        pages_bytes = sum(page.item.size_bytes for page in session.pages)
        assert session.page_count == 100
        assert held_bytes <= pages_bytes * 1.1 + 500_000
        tracemalloc.reset_peak()
        document = session.build()
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes - held_bytes <= len(document.content) * 2.2 + 1_000_000


def _one_page(session: DocumentSession) -> PageImage:
    """Loads what is loaded with the first document."""
    target = io.BytesIO()
    Image.new("L", (50, 50)).save(target, "JPEG")
    page = PageImage(target.getvalue(), "jpeg", 50, 50, 72.0, "test")
    session.add(page)
    session.build()
    return page
