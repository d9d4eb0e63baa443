"""Login sessions, kept over restarts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packet.models import Clock
from sandbox.config import RealmSettings
from sandbox.database import Database

_MIGRATIONS = (
    """
    CREATE TABLE session (
        id TEXT PRIMARY KEY, username TEXT NOT NULL, client_id TEXT NOT NULL, scope TEXT NOT NULL,
        started_s INTEGER NOT NULL, refreshed_s INTEGER NOT NULL) STRICT;
    """,
)


@dataclass(frozen=True, slots=True)
class Session:
    """A user's login at one client.

    Attributes:
        ends_at: when its refresh tokens cease to work, unless it is refreshed before.
    """

    identifier: str
    username: str
    client_id: str
    scope: str
    started_at: datetime
    ends_at: datetime


class Sessions:
    """Begins, refreshes and ends sessions."""

    def __init__(self, directory: Path, settings: RealmSettings, clock: Clock) -> None:
        self._database = Database(directory / "sessions.sqlite", _MIGRATIONS)
        self._settings = settings
        self._clock = clock

    def begin(self, username: str, client_id: str, scope: str) -> Session:
        """Starts a session; old ones that have run out are dropped on the way."""
        now = int(self._clock().timestamp())
        identifier = str(uuid.uuid4())
        row = (identifier, username, client_id, scope, now, now)
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM session WHERE refreshed_s < ? OR started_s < ?",
                (now - self._settings.session_idle_s, now - self._settings.session_max_s),
            )
            connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", row)
        return _session(row, self._settings)

    def find(self, identifier: str) -> Session | None:
        """A session that has neither ended nor run out."""
        row = self._database.row("SELECT * FROM session WHERE id = ?", (identifier,))
        if row is None:
            return None
        session = _session(tuple(row), self._settings)
        return session if self._clock() < session.ends_at else None

    def refresh(self, session: Session) -> Session:
        """Begins the idle time anew."""
        now = int(self._clock().timestamp())
        with self._database.transaction() as connection:
            connection.execute("UPDATE session SET refreshed_s = ? WHERE id = ?", (now, session.identifier))
        return self.find(session.identifier) or session

    def end(self, identifier: str) -> None:
        """Logs out."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM session WHERE id = ?", (identifier,))

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


def _session(row: tuple[str, str, str, str, int, int], settings: RealmSettings) -> Session:
    identifier, username, client_id, scope, started_s, refreshed_s = row
    ends_s = min(refreshed_s + settings.session_idle_s, started_s + settings.session_max_s)
    return Session(
        identifier=identifier,
        username=username,
        client_id=client_id,
        scope=scope,
        started_at=datetime.fromtimestamp(started_s, UTC),
        ends_at=datetime.fromtimestamp(ends_s, UTC),
    )
