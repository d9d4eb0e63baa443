"""Ways to scanners that Sealdesk knows of and does not go, each with what to do in its place.

WIA and TWAIN are interfaces of Windows (TWAIN of macOS as well) that are reached through COM or a vendor's library inside the
process. Nothing here drives them: there is no machine of that kind on which it was tried, and code that was never run against a
scanner would be a promise. The scan folder works with every scanner that can write files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from devices.documents.errors import SourceNotUsableError
from devices.documents.model import Scanned, SourceInfo, SourceKind, SourceState
from devices.documents.source import Cancel, ScanSettings

_FOLDER: Final = "Let the scanner's own program save into a folder, and set that as the scan folder."
WIA: Final = SourceInfo(
    "wia",
    SourceKind.WIA,
    SourceState.NOT_SUPPORTED,
    f"Scanners on Windows (WIA) cannot be driven from here. {_FOLDER}",
    "Windows Image Acquisition",
)
TWAIN: Final = SourceInfo(
    "twain", SourceKind.TWAIN, SourceState.NOT_SUPPORTED, f"TWAIN scanners cannot be driven from here. {_FOLDER}", "TWAIN"
)


class UnsupportedSource:
    """A source that says why it is none."""

    def __init__(self, info: SourceInfo) -> None:
        self._info = info

    def describe(self) -> SourceInfo:
        """The reason."""
        return self._info

    def scan(self, settings: ScanSettings, cancel: Cancel) -> Iterator[Scanned]:
        """Gives nothing.

        Raises:
            SourceNotUsableError: always, with the reason.
        """
        del settings, cancel
        raise SourceNotUsableError(source=self._info.name, pages=0, reason=self._info.reason)


def unsupported_sources(platform: str = sys.platform) -> tuple[SourceInfo, ...]:
    """The gaps of a system, by `sys.platform`'s names: none on Linux, whose scanners SANE reaches."""
    if platform == "win32":
        return (WIA, TWAIN)
    if platform == "darwin":
        return (TWAIN,)
    return ()
