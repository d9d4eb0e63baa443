"""The registered machines: name, centre, public keys and their fingerprints."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from packet.encoding import iso_millis
from packet.keys import publickey
from packet.keys.errors import PublicKeyMalformedError
from packet.keys.publickey import KeyUse
from packet.models import Clock
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.database import Database


@dataclass(frozen=True, slots=True)
class NewMachine:
    """What an administrator registers.

    Attributes:
        public_key: of the encryption key, base64 of SubjectPublicKeyInfo or TPMT_PUBLIC.
        sign_public_key: of the signing key, likewise.
    """

    name: str
    public_key: str = field(repr=False)
    sign_public_key: str = field(repr=False)
    centre_id: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """A registered machine.

    Attributes:
        encryption_public: the encryption key as registered, decoded.
        signing_public: K10's public part as registered, decoded.
    """

    id: str
    name: str
    centre_id: str | None
    encryption_public: bytes = field(repr=False)
    signing_public: bytes = field(repr=False)
    is_active: bool

    @property
    def key_index(self) -> str:
        """Fingerprint of the encryption key."""
        return publickey.fingerprint(self.encryption_public)

    @property
    def sign_key_index(self) -> str:
        """Fingerprint of the signing key."""
        return publickey.fingerprint(self.signing_public)


class Machines:
    """The machine table.

    Args:
        centre_id: the one centre that exists.
        first_id: id of the first machine; all ids have its number of digits.
    """

    def __init__(self, database: Database, centre_id: str, first_id: str, clock: Clock) -> None:
        self._database = database
        self._centre_id = centre_id
        self._first_id = first_id
        self._clock = clock

    def register(self, new: NewMachine) -> Machine:
        """Adds a machine.

        Raises:
            RequestRefusedError: KER-MSD-215 for an unknown centre, -257 or -410 for a bad key, -413 for a name in use, -414 for
                keys of another machine.
        """
        self._check_centre(new)
        encryption, signing = _public_keys(new)
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM machine WHERE name = ?", (new.name.lower(),)).fetchone():
                raise RequestRefusedError(ServerCode.MACHINE_NAME_TAKEN)
            _check_keys_free(connection, encryption, signing)
            machine_id = self._next_id(connection)
            _put(connection, machine_id, new, encryption, signing, self._clock())
        return self.require(machine_id)

    def update(self, machine_id: str, new: NewMachine) -> Machine:
        """Replaces a machine's name, keys, centre and state. Packets that wait with a replaced signing key become invalid.

        Raises:
            RequestRefusedError: as `register`, and KER-SNC-155 for an unknown machine.
        """
        self._check_centre(new)
        encryption, signing = _public_keys(new)
        self.require(machine_id)
        with self._database.transaction() as connection:
            taken = connection.execute("SELECT 1 FROM machine WHERE name = ? AND id <> ?", (new.name.lower(), machine_id))
            if taken.fetchone():
                raise RequestRefusedError(ServerCode.MACHINE_NAME_TAKEN)
            _check_keys_free(connection, encryption, signing, except_id=machine_id)
            _put(connection, machine_id, new, encryption, signing, self._clock())
        return self.require(machine_id)

    def find(self, machine_id: str) -> Machine | None:
        """A machine by id."""
        return _machine(self._database.row("SELECT * FROM machine WHERE id = ?", (machine_id,)))

    def require(self, machine_id: str) -> Machine:
        """A machine by id.

        Raises:
            RequestRefusedError: KER-SNC-155 if there is none.
        """
        machine = self.find(machine_id)
        if machine is None:
            raise RequestRefusedError(ServerCode.MACHINE_NOT_FOUND)
        return machine

    def by_name(self, name: str) -> Machine:
        """A machine by its host name, without regard to case.

        Raises:
            RequestRefusedError: KER-SNC-155 if there is none.
        """
        machine = _machine(self._database.row("SELECT * FROM machine WHERE name = ?", (name.lower(),)))
        if machine is None:
            raise RequestRefusedError(ServerCode.MACHINE_NOT_FOUND)
        return machine

    def _check_centre(self, new: NewMachine) -> None:
        if new.centre_id is not None and new.centre_id != self._centre_id:
            raise RequestRefusedError(ServerCode.CENTRE_NOT_FOUND)

    def _next_id(self, connection: sqlite3.Connection) -> str:
        highest: str | None = connection.execute("SELECT max(id) FROM machine").fetchone()[0]
        return self._first_id if highest is None else str(int(highest) + 1).zfill(len(self._first_id))


def _public_keys(new: NewMachine) -> tuple[bytes, bytes]:
    encryption = _public_key(new.public_key, KeyUse.SIGNING, ServerCode.MACHINE_PUBLIC_KEY_INVALID)
    return encryption, _public_key(new.sign_public_key, KeyUse.ENCRYPTION, ServerCode.MACHINE_SIGN_KEY_INVALID)


def _public_key(text: str, wrong_use: KeyUse, code: ServerCode) -> bytes:
    try:
        public = publickey.decode(text)
        use = publickey.parse(public).use
    except PublicKeyMalformedError as error:
        raise RequestRefusedError(code) from error
    if use is wrong_use:
        raise RequestRefusedError(code)
    return public


def _check_keys_free(connection: sqlite3.Connection, encryption: bytes, signing: bytes, except_id: str = "") -> None:
    found = connection.execute(
        "SELECT 1 FROM machine WHERE id <> ? AND (public_key IN (?, ?) OR sign_public_key IN (?, ?))",
        (except_id, encryption, signing, encryption, signing),
    )
    if found.fetchone():
        raise RequestRefusedError(ServerCode.MACHINE_KEYS_TAKEN)


def _put(
    connection: sqlite3.Connection, machine_id: str, new: NewMachine, encryption: bytes, signing: bytes, now: datetime
) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO machine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            machine_id,
            new.name.lower(),
            new.centre_id,
            encryption,
            signing,
            publickey.fingerprint(encryption),
            publickey.fingerprint(signing),
            new.is_active,
            iso_millis(now),
        ),
    )


def _machine(row: sqlite3.Row | None) -> Machine | None:
    if row is None:
        return None
    return Machine(
        id=row["id"],
        name=row["name"],
        centre_id=row["reg_center_id"],
        encryption_public=row["public_key"],
        signing_public=row["sign_public_key"],
        is_active=bool(row["is_active"]),
    )
