"""All sources of documents that a desk can see, with their state: for the choice at the desk, and for ``sealdesk doctor``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from devices.documents.model import SourceInfo
from devices.documents.sane import LIST_S, list_scanners
from devices.documents.source import ScanSource
from devices.documents.unsupported import unsupported_sources


def list_sources(
    deadline_s: float = LIST_S, others: Sequence[ScanSource] = (), platform: str = sys.platform
) -> tuple[SourceInfo, ...]:
    """Scanners, the ways to scanners that are not supported here, and the other sources that the desk has. Never raises.

    A part that is missing is an entry with a state and a reason. Takes no longer than ``deadline_s`` and some seconds.

    Args:
        others: for example the scan folder.
    """
    scanners = list_scanners(deadline_s) if platform.startswith("linux") else ()
    return (*scanners, *unsupported_sources(platform), *(source.describe() for source in others))
