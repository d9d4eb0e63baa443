"""Keeps grown masters in memory and on disk, so that a subject is grown only once.

A master is a small grey image computed from a seed: synthetic, never a person's. On disk each is one file, named by the hash
of its key; magic, SHA-256 of the rest, height, width, and the deflated pixels. Files are written under another name and then
renamed, so a reader sees a whole file or none; a file that is damaged is deleted and its master grown again. The oldest files
go when the folder is over its limit. Nothing here is worth failing for: a folder that cannot be written is done without.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np

from devices.simulator.subjects.presenter import Pixels

FOLDER_MAX_BYTES: Final = 64 * 1024 * 1024
MEMORY_MAX_MASTERS: Final = 64
SIDE_MAX: Final = 2048
_MAGIC: Final = b"SDMASTER"
_HEADER: Final = struct.Struct(">8s32sHH")
_SUFFIX: Final = ".master"


class MasterStore:
    """Masters by key. Safe to use from any thread; two threads never grow the same master at once."""

    def __init__(
        self,
        folder: Path | None,
        folder_max_bytes: int = FOLDER_MAX_BYTES,
        memory_max_masters: int = MEMORY_MAX_MASTERS,
    ) -> None:
        self._folder = folder
        self._folder_max_bytes = folder_max_bytes
        self._memory_max_masters = memory_max_masters
        self._memory: OrderedDict[str, Pixels] = OrderedDict()
        self._growing: dict[str, Lock] = {}
        self._lock = Lock()

    def get(self, key: str, grow: Callable[[], Pixels]) -> Pixels:
        """The master with this key: from memory, from disk, or grown now. The array is read-only.

        Args:
            key: names everything the master depends on, the version of the growing code included.
        """
        with self._lock:
            known = self._from_memory(key)
            if known is not None:
                return known
            growing = self._growing.setdefault(key, Lock())
        with growing:
            try:
                with self._lock:
                    known = self._from_memory(key)
                if known is None:
                    known = self._fetch(key, grow)
                    known.setflags(write=False)
                with self._lock:
                    self._remember(key, known)
            finally:
                with self._lock:
                    self._growing.pop(key, None)
        return known

    def _from_memory(self, key: str) -> Pixels | None:
        known = self._memory.get(key)
        if known is not None:
            self._memory.move_to_end(key)
        return known

    def _remember(self, key: str, master: Pixels) -> None:
        self._memory[key] = master
        self._memory.move_to_end(key)
        while len(self._memory) > self._memory_max_masters:
            self._memory.popitem(last=False)

    def _fetch(self, key: str, grow: Callable[[], Pixels]) -> Pixels:
        if self._folder is None:
            return grow()
        path = self._folder / (hashlib.sha256(key.encode()).hexdigest()[:40] + _SUFFIX)
        master = _read(path)
        if master is None:
            master = grow()
            with suppress(OSError):
                self._write(path, master)
        return master

    def _write(self, path: Path, master: Pixels) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(_pack(master))
            temporary.replace(path)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        self._make_room(path)

    def _make_room(self, newest: Path) -> None:
        """Deletes the longest unused files above the limit; what another process deletes meanwhile is no fault."""
        files = []
        for path in newest.parent.glob(f"*{_SUFFIX}"):
            with suppress(OSError):
                facts = path.stat()
                files.append((path == newest, facts.st_mtime_ns, facts.st_size, path))
        total = sum(size for _, _, size, _ in files)
        for is_newest, _, size, path in sorted(files):
            if total <= self._folder_max_bytes or is_newest:
                return
            with suppress(OSError):
                path.unlink()
            total -= size


def _pack(master: Pixels) -> bytes:
    height, width = master.shape
    body = zlib.compress(np.ascontiguousarray(master).tobytes(), 1)
    return _HEADER.pack(_MAGIC, _digest(height, width, body), height, width) + body


def _digest(height: int, width: int, body: bytes) -> bytes:
    return hashlib.sha256(struct.pack(">HH", height, width) + body).digest()


def _read(path: Path) -> Pixels | None:
    """The master of a file, or None if there is none or it is damaged, in which case it is deleted."""
    try:
        with path.open("rb") as file:
            data = file.read(SIDE_MAX * SIDE_MAX + 1)
    except OSError:
        return None
    master = _unpack(data)
    with suppress(OSError):
        if master is None:
            path.unlink()
        else:
            os.utime(path)
    return master


def _unpack(data: bytes) -> Pixels | None:
    if len(data) < _HEADER.size:
        return None
    magic, digest, height, width = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if magic != _MAGIC or digest != _digest(height, width, body) or not 0 < max(height, width) <= SIDE_MAX:
        return None
    inflater = zlib.decompressobj()
    try:
        pixels = inflater.decompress(body, height * width + 1)
    except zlib.error:
        return None
    if len(pixels) != height * width:
        return None
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


@cache
def default_store() -> MasterStore:
    """The store of this process, in the user's cache folder (``$XDG_CACHE_HOME`` or ``~/.cache``)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    except RuntimeError:  # this user has no home: keep masters in memory only
        return MasterStore(None)
    return MasterStore(root / "sealdesk" / "synthetic-subjects")
