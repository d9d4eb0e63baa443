"""The object store as folders: ``<account>/<container>/<key>`` and its metadata beside it as ``<key>.meta.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import orjson

from sandbox.privatefiles import make_private_directory, write_private

_SEGMENT = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)


class ObjectStore:
    """One account's objects."""

    def __init__(self, directory: Path, account: str) -> None:
        self._root = directory / account
        make_private_directory(self._root)

    def put(self, container: str, key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        """Stores an object, replacing an earlier one of the key.

        Raises:
            ValueError: if container or key have anything in them but letters, digits, ``_``, ``-`` and, in a key, ``/``.
        """
        path = self._path(container, key)
        make_private_directory(path.parent)
        write_private(path, data)
        write_private(path.with_name(f"{path.name}.meta.json"), orjson.dumps(dict(metadata)))

    def get(self, container: str, key: str) -> bytes | None:
        """An object, or None.

        Raises:
            ValueError: as `put`.
        """
        try:
            return self._path(container, key).read_bytes()
        except FileNotFoundError:
            return None

    def metadata(self, container: str, key: str) -> dict[str, str] | None:
        """An object's metadata, or None.

        Raises:
            ValueError: as `put`.
        """
        path = self._path(container, key)
        try:
            found: dict[str, str] = orjson.loads(path.with_name(f"{path.name}.meta.json").read_bytes())
        except FileNotFoundError:
            return None
        return found

    def _path(self, container: str, key: str) -> Path:
        segments = [container, *key.split("/")]
        if not all(_SEGMENT.fullmatch(segment) for segment in segments):
            raise ValueError("container or key is not a plain name")
        return self._root.joinpath(*segments)
