"""Which device the operator prefers for a type of biometrics, remembered in a small file: serial numbers, no personal data.

The file is a preference: if it is damaged or cannot be read, there are no preferences, and the next choice writes it anew.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from devices.sbi.attributes import BioType
from packet.errors import UnusableInputError
from packet.files import FileNotReadableError, FileOverLimitError, read_file

_LIMIT_BYTES = 16 * 1024
_SERIAL_MAX_CHARS = 256
_log = logging.getLogger(__name__)


class DefaultsNotWritableError(UnusableInputError):
    """The preferred devices cannot be remembered."""

    code = "DEVICES-DEFAULTS"
    sentence = "The choice of the preferred device cannot be written to {path}: {why}."
    next_step = "The choice holds until Sealdesk ends. Check that the folder exists and that this user may write into it."


class DefaultDevices(Protocol):
    """Where preferences live."""

    def load(self) -> Mapping[str, str]:
        """Serial number by type (Finger, Iris, Face)."""
        ...

    def save(self, chosen: Mapping[str, str]) -> None:
        """Replaces all preferences."""
        ...


class DefaultDevicesFile:
    """Preferences in a JSON file of mode 0600, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Mapping[str, str]:
        """Serial number by type; empty if there is no usable file."""
        if not os.path.lexists(self._path):
            return {}
        try:
            value = json.loads(read_file(self._path, _LIMIT_BYTES))["defaults"]
            return {BioType(kind).value: _serial(serial) for kind, serial in value.items()}
        except (FileNotReadableError, FileOverLimitError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            _log.warning("the preferred devices cannot be read and are forgotten")
            return {}

    def save(self, chosen: Mapping[str, str]) -> None:
        """Replaces the file.

        Raises:
            DefaultsNotWritableError: if that is not possible.
        """
        data = json.dumps({"version": 1, "defaults": dict(chosen)}, indent=1).encode()
        temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.part")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(descriptor)
                temporary.replace(self._path)
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()
        except OSError as error:
            raise DefaultsNotWritableError(path=str(self._path), why=error.strerror or "unknown reason") from error


class DefaultDevicesInMemory:
    """Preferences that end with the program."""

    def __init__(self) -> None:
        self._chosen: dict[str, str] = {}

    def load(self) -> Mapping[str, str]:
        """Serial number by type."""
        return dict(self._chosen)

    def save(self, chosen: Mapping[str, str]) -> None:
        """Replaces all preferences."""
        self._chosen = dict(chosen)


def _serial(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _SERIAL_MAX_CHARS:
        raise TypeError("a serial number is a short text")
    return value
