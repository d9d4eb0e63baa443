"""The sandbox's one directory, locked for one process.

::

    sandbox.lock          marks the directory as a sandbox's; locked while one runs
    admin-secret          secret of the administrator
    users.json            the realm's users, passwords as scrypt hashes
    realm/                signing key of the tokens, secret of the refresh tokens, sessions
    hsm1/                 the key service's: master keys, wrapped base keys, certificates
    masterdata.sqlite     machines, CA certificates
    regproc.sqlite        synced packets, statuses, findings
    landing-zone/         received packets, as received
    objects/              stored sub-packets, as received, with their metadata
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from sandbox.errors import DirectoryBusyError, DirectoryForeignError, DirectoryUnusableError
from sandbox.privatefiles import make_private_directory, write_private

_MARK = "sandbox.lock"


class SandboxDirectory:
    """Takes possession of a directory until `close`.

    Raises:
        DirectoryForeignError: if it exists and holds something else.
        DirectoryBusyError: if another process holds it.
        DirectoryUnusableError: if it cannot be made or written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        try:
            if self.root.is_dir() and any(self.root.iterdir()) and not (self.root / _MARK).is_file():
                raise DirectoryForeignError(directory=str(self.root))
            make_private_directory(self.root)
            self._handle = os.open(self.root / _MARK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DirectoryUnusableError(directory=str(self.root), why=error.strerror or "not accessible") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise DirectoryBusyError(directory=str(self.root)) from error

    def private(self, name: str) -> Path:
        """A sub-directory, made if it is missing."""
        path = self.root / name
        make_private_directory(path)
        return path

    @property
    def admin_secret_file(self) -> Path:
        """Where the administrator's secret is."""
        return self.root / "admin-secret"

    def admin_secret(self) -> str:
        """The administrator's secret; made at first use."""
        if not self.admin_secret_file.exists():
            write_private(self.admin_secret_file, secrets.token_urlsafe(32).encode("ascii"))
        return self.admin_secret_file.read_text(encoding="ascii").strip()

    def close(self) -> None:
        """Lets go of the lock. Safe to call twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
