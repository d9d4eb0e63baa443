"""Received packets, kept as received until they are judged."""

from __future__ import annotations

import contextlib
from pathlib import Path

from sandbox.privatefiles import make_private_directory, write_private


class LandingZone:
    """``landing-zone/<registration id>/<packet id>``; both ids were checked to be plain names when they were announced."""

    def __init__(self, directory: Path) -> None:
        make_private_directory(directory)
        self._directory = directory

    def put(self, registration_id: str, packet_id: str, data: bytes) -> None:
        """Keeps a packet, replacing an earlier one."""
        folder = self._directory / registration_id
        make_private_directory(folder)
        write_private(folder / packet_id, data)

    def get(self, registration_id: str, packet_id: str) -> bytes | None:
        """A packet, or None if it is not here."""
        try:
            return (self._directory / registration_id / packet_id).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, registration_id: str, packet_id: str) -> None:
        """Lets go of a packet that lies in the object store."""
        folder = self._directory / registration_id
        with contextlib.suppress(FileNotFoundError):
            (folder / packet_id).unlink()
        with contextlib.suppress(OSError):  # other packets of the registration still lie there
            folder.rmdir()
