"""From a source into a session, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devices.documents.model import PageImage
from devices.documents.session import DocumentSession, PageKey
from devices.documents.source import Cancel, ScanSettings, ScanSource

Prepare = Callable[[PageImage], PageImage]
"""What is done with each page before it is kept, for example cropping and deskewing."""


def scan_into(
    session: DocumentSession,
    source: ScanSource,
    settings: ScanSettings,
    cancel: Cancel,
    prepare: Prepare | None = None,
) -> Iterator[PageKey]:
    """Scans; gives the key of each page when it is in the session. Whatever ends the scan, the pages so far are kept.

    Raises:
        DocumentError: what the source, the preparing or the session had against it.
    """
    for item in source.scan(settings, cancel):
        yield session.add(prepare(item) if prepare is not None and isinstance(item, PageImage) else item)
