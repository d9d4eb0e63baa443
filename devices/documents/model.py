"""Pages and documents as plain values.

They hold what a person handed over, so no `repr` shows their content, and nothing here writes them anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

ImageFormat: TypeAlias = Literal["jpeg", "png"]
"""How the pixels of a page are encoded."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """One page as a picture.

    Attributes:
        data: the encoded picture.
        dpi: dots per inch, both ways; None if nobody said.
        source_name: the source that it came from, as `SourceInfo.name` gives it.
    """

    data: bytes = field(repr=False)
    format: ImageFormat
    width_px: int
    height_px: int
    dpi: float | None
    source_name: str

    @property
    def size_bytes(self) -> int:
        """Length of the encoded picture."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class PdfDocument:
    """A PDF that came as a file and was found acceptable as it is.

    Attributes:
        can_be_merged: no scripts, no encryption, no embedded files: its pages may be put among scanned ones. False: it can
            be the whole document only.
        source_name: as in `PageImage`.
    """

    data: bytes = field(repr=False)
    page_count: int
    can_be_merged: bool
    source_name: str

    @property
    def size_bytes(self) -> int:
        """Length of the file."""
        return len(self.data)


Scanned: TypeAlias = PageImage | PdfDocument
"""What a source gives. Scanners give pages only; folders and files may give a PDF."""


class SourceKind(StrEnum):
    """By what way a source is reached."""

    SANE = "sane"
    WIA = "wia"
    TWAIN = "twain"
    FOLDER = "folder"
    FILE = "file"
    CAMERA = "camera"


class SourceState(StrEnum):
    """Whether a source can be used now."""

    READY = "ready"
    NOT_FOUND = "not found"
    """The way is there, but nothing at its end: no scanner plugged in, no such folder."""
    NOT_ANSWERING = "not answering"
    NO_ACCESS = "no access"
    NOT_INSTALLED = "not installed"
    """A part of Sealdesk or of the system is missing; the reason names it."""
    NOT_SUPPORTED = "not supported"
    """Sealdesk does not know this way on this system."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source.

    Attributes:
        name: what identifies it, the same from one look to the next; for SANE the device's name, which
            ``docscanner.id`` patterns are compared with.
        title: what the operator reads, for example make and model.
        reason: why it cannot be used, for a person to read; None if it can.
    """

    name: str
    kind: SourceKind
    state: SourceState
    reason: str | None = None
    title: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it can be used now."""
        return self.state is SourceState.READY
