"""SANE's status values, how python-sane tells them, and what the operator is told.

python-sane raises one class of error with the English text of ``sane_strstatus`` (SANE standard 1.06, table of status values).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from devices.documents import errors as e

NOT_INSTALLED: Final = "NOT_INSTALLED"
UNKNOWN: Final = "UNKNOWN"

BY_TEXT: Final = MappingProxyType(
    {
        "Operation not supported": "UNSUPPORTED",
        "Operation was canceled": "CANCELLED",
        "Operation was cancelled": "CANCELLED",
        "Device busy": "DEVICE_BUSY",
        "Invalid argument": "INVAL",
        "End of file reached": "EOF",
        "Document feeder jammed": "JAMMED",
        "Document feeder out of documents": "NO_DOCS",
        "Scanner cover is open": "COVER_OPEN",
        "Error during device I/O": "IO_ERROR",
        "Out of memory": "NO_MEM",
        "Access to resource has been denied": "ACCESS_DENIED",
        "Scanner returned no data": "EOF",
    }
)

_ERRORS: Final[MappingProxyType[str, type[e.ScanError]]] = MappingProxyType(
    {
        "UNSUPPORTED": e.ScannerSettingError,
        "CANCELLED": e.ScannerStoppedError,
        "DEVICE_BUSY": e.ScannerBusyError,
        "INVAL": e.ScannerSettingError,
        "EOF": e.ScannerConnectionError,
        "JAMMED": e.ScannerJammedError,
        "NO_DOCS": e.FeederEmptyError,
        "COVER_OPEN": e.CoverOpenError,
        "IO_ERROR": e.ScannerConnectionError,
        "NO_MEM": e.ScannerMemoryError,
        "ACCESS_DENIED": e.ScannerAccessError,
    }
)


def scan_error(status: str, phase: str, source: str, pages: int) -> e.ScanError:
    """The error for a status. Opening a scanner that is not there any more is an invalid argument to SANE."""
    if status == "INVAL" and phase == "open":
        return e.ScannerGoneError(source=source, pages=pages)
    known = _ERRORS.get(status)
    if known is None:
        # What the worker says is not repeated unless it is a name of ours.
        return e.ScannerDriverError(source=source, pages=pages, status=status if status == NOT_INSTALLED else UNKNOWN)
    return known(source=source, pages=pages)
