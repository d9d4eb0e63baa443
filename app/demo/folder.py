"""The demonstration's private folder: everything that it writes lies below, and it is gone when the demonstration is."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = "sealdesk-demo-"


@contextmanager
def run_folder() -> Iterator[Path]:
    """A new folder of mode 0700, removed at the end. Its path is short, since sockets lie in it."""
    path = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def is_run_folder(path: Path) -> bool:
    """Whether a path is such a folder, so that nothing else is ever removed by mistake."""
    return path.is_absolute() and path.name.startswith(_PREFIX) and path.is_dir() and not path.is_symlink()
