"""Where the simulator's keys come from and what has happened to them.

A state directory (mode 0700) holds, for fresh keys and for each seed apart, ``keys/<name>.pem`` (mode 0600) and, for fresh
keys, ``state.json``. Several processes may share it: a key file is written beside and linked into place, so that whoever comes
second reads the first one's. The keys sign synthetic captures only; they are no secret worth a passphrase.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from pydantic import BaseModel, ConfigDict, ValidationError

from devices.simulator.seededkeys import fresh_key, seeded_key
from packet.errors import UnusableInputError
from packet.keys import securefile

STATE_FILE = "state.json"
_FILE_MAX_BYTES = 256 * 1024


class StateUnusableError(UnusableInputError):
    """The directory with the simulator's keys cannot be used."""

    code = "SIMULATOR-STATE"
    sentence = "The simulator's state directory {path} cannot be used: {why}."
    next_step = "Give another directory with --state; a damaged one may be deleted, which gives new keys."


class KeyStore(Protocol):
    """Keys by name; the same key for the same name as long as the store lives."""

    def key(self, name: str) -> rsa.RSAPrivateKey:
        """The RSA key of 2048 bits with this name, made if there is none yet."""
        ...


class MemoryKeys:
    """Keys that live as long as the process: fresh, or from a seed."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self._lock = Lock()

    def key(self, name: str) -> rsa.RSAPrivateKey:
        """See `KeyStore.key`."""
        with self._lock:
            if name not in self._keys:
                self._keys[name] = fresh_key() if self._seed is None else seeded_key(self._seed, name)
            return self._keys[name]


class StoredKeys:
    """Keys in PEM files of a directory, which is made if it is missing.

    Raises:
        StateUnusableError: if the directory cannot be made.
    """

    def __init__(self, directory: Path, source: KeyStore) -> None:
        self._directory = directory
        self._source = source
        self._known: dict[str, rsa.RSAPrivateKey] = {}
        make_private(directory)

    def key(self, name: str) -> rsa.RSAPrivateKey:
        """See `KeyStore.key`.

        Raises:
            StateUnusableError: if a file cannot be written or read, or holds no such key.
        """
        if name not in self._known:
            self._known[name] = self._stored(self._directory / (re.sub(r"[^A-Za-z0-9]+", "-", name) + ".pem"), name)
        return self._known[name]

    def _stored(self, path: Path, name: str) -> rsa.RSAPrivateKey:
        try:
            if not path.exists():
                self._store(path, self._source.key(name))
            with path.open("rb") as file:
                key = load_pem_private_key(file.read(_FILE_MAX_BYTES), None)
        except OSError as error:
            raise StateUnusableError(path=str(path), why=(error.strerror or "unknown reason").lower()) from error
        except (ValueError, TypeError) as error:
            raise StateUnusableError(path=str(path), why="it holds no key") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise StateUnusableError(path=str(path), why="it holds no RSA key")
        return key

    @staticmethod
    def _store(path: Path, key: rsa.RSAPrivateKey) -> None:
        data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        temporary = securefile.write_beside(path, data)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return  # another process was first; its key counts
        finally:
            temporary.unlink(missing_ok=True)


def make_private(directory: Path) -> None:
    """Makes a directory for this user only.

    Raises:
        StateUnusableError: if that fails.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise StateUnusableError(path=str(directory), why=(error.strerror or "unknown reason").lower()) from error


@dataclass(frozen=True, slots=True)
class KeyState:
    """What has happened to the keys.

    Attributes:
        created_at: start of validity of the authorities is a day earlier.
        generations: how often each device's key was rotated, by serial number.
        expired: serial numbers of devices whose current certificate has run out.
        revoked: certificates that the provider has revoked, by their serial numbers.
    """

    created_at: datetime
    generations: dict[str, int] = field(default_factory=dict)
    expired: frozenset[str] = frozenset()
    revoked: frozenset[int] = frozenset()

    def rotated(self, serial_no: str) -> KeyState:
        """After a new key was issued to a device."""
        generations = {**self.generations, serial_no: self.generations.get(serial_no, 0) + 1}
        return replace(self, generations=generations, expired=self.expired - {serial_no})


class _StateModel(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    createdAt: str  # noqa: N815
    generations: dict[str, int]
    expired: list[str]
    revoked: list[str]


class StateFile:
    """`KeyState` in a file, or in memory only without a directory."""

    def __init__(self, directory: Path | None, now: datetime) -> None:
        self._path = None if directory is None else directory / STATE_FILE
        self._state = KeyState(now)
        if self._path is not None:
            self._load(self._path)

    @property
    def state(self) -> KeyState:
        """The current state."""
        return self._state

    def save(self, state: KeyState) -> None:
        """Replaces the state.

        Raises:
            StateUnusableError: if it cannot be written.
        """
        if self._path is not None:
            self._write(self._path, state)
        self._state = state

    def _load(self, path: Path) -> None:
        try:
            if not path.exists():
                self._write(path, self._state, is_first=True)
            model = _StateModel.model_validate_json(path.read_bytes())
            created_at = datetime.fromisoformat(model.createdAt).astimezone(UTC)
            revoked = frozenset(int(number) for number in model.revoked)
        except OSError as error:
            raise StateUnusableError(path=str(path), why=(error.strerror or "unknown reason").lower()) from error
        except (ValidationError, ValueError) as error:
            raise StateUnusableError(path=str(path), why="it is damaged") from error
        self._state = KeyState(created_at, model.generations, frozenset(model.expired), revoked)

    @staticmethod
    def _write(path: Path, state: KeyState, *, is_first: bool = False) -> None:
        model = _StateModel(
            createdAt=state.created_at.replace(microsecond=0).isoformat(),
            generations=dict(state.generations),
            expired=sorted(state.expired),
            revoked=[str(number) for number in sorted(state.revoked)],
        )
        data = model.model_dump_json(indent=1).encode()
        try:
            temporary = securefile.write_beside(path, data)
            try:
                if is_first:
                    os.link(temporary, path)
                else:
                    temporary.replace(path)
            except FileExistsError:
                return  # another process was first; its state counts
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise StateUnusableError(path=str(path), why=(error.strerror or "unknown reason").lower()) from error


def default_state_directory() -> Path:
    """``$XDG_DATA_HOME/sealdesk/simulator``, by default below ``~/.local/share``."""
    base = os.environ.get("XDG_DATA_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share"
    return root / "sealdesk" / "simulator"
