"""The realm's users: three for demonstrations, kept in ``users.json`` with hashed passwords."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter

from packet.encoding import b64url, b64url_decode
from packet.models import Json
from sandbox.errors import PasswordWeakError, StateDamagedError, UserUnknownError
from sandbox.privatefiles import write_private
from sandbox.realm.passwords import PasswordHash

_EVERYONE = ("Default", "default-roles-mosip")


@dataclass(frozen=True, slots=True)
class User:
    """A user of the realm.

    Attributes:
        subject: the ``sub`` claim; stays the same when the name changes.
    """

    username: str
    subject: str
    name: str
    email: str
    roles: tuple[str, ...]
    password: PasswordHash = field(repr=False)
    is_enabled: bool = True


_DEMONSTRATION = (
    ("officer1", "Demo Officer", ("REGISTRATION_OFFICER", *_EVERYONE)),
    ("supervisor1", "Demo Supervisor", ("REGISTRATION_SUPERVISOR", "REGISTRATION_OFFICER", *_EVERYONE)),
    ("globaladmin", "Demo Administrator", ("GLOBAL_ADMIN", "PARTNER_ADMIN", *_EVERYONE)),
)


class Users:
    """Loads the users, or makes them at first start.

    Args:
        file: ``users.json``.
        passwords: user name to password; replaces what is kept. Who is missing and new gets a random one.
        password_min_chars: the realm's policy for given passwords.

    Attributes:
        made_passwords: the random passwords made right now; this is the only time that they can be seen.

    Raises:
        StateDamagedError: if the file is not readable.
        PasswordWeakError: if a given password is too short.
        UserUnknownError: if a password is given for nobody.
    """

    def __init__(self, file: Path, passwords: Mapping[str, str], password_min_chars: int) -> None:
        for username, password in passwords.items():
            if len(password) < password_min_chars:
                raise PasswordWeakError(username=username, minimum=password_min_chars)
        self.made_passwords: dict[str, str] = {}
        self._users = _load(file) if file.exists() else {}
        before = dict(self._users)
        for username, name, roles in _DEMONSTRATION:
            if username not in self._users:
                self._users[username] = self._make(username, name, roles, passwords.get(username))
        for username, password in passwords.items():
            known = self._users.get(username)
            if known is None:
                raise UserUnknownError(username=username)
            if not known.password.fits(password):
                self._users[username] = replace(known, password=PasswordHash.of(password))
        if self._users != before:
            write_private(file, orjson.dumps([_to_json(user) for user in self._users.values()], option=orjson.OPT_INDENT_2))

    def _make(self, username: str, name: str, roles: tuple[str, ...], password: str | None) -> User:
        if password is None:
            password = self.made_passwords[username] = secrets.token_urlsafe(12)
        return User(
            username=username,
            subject=str(uuid.uuid4()),
            name=name,
            email=f"{username}@sandbox.sealdesk.invalid",
            roles=roles,
            password=PasswordHash.of(password),
        )

    def find(self, username: str) -> User | None:
        """A user by name, compared without regard to case, as Keycloak does."""
        return self._users.get(username.lower())


class _Kept(BaseModel):
    """One user in users.json."""

    model_config = ConfigDict(extra="forbid", strict=True)

    username: str
    subject: str
    name: str
    email: str
    roles: list[str]
    enabled: bool
    scrypt_n: int
    scrypt_r: int
    scrypt_p: int
    salt: str
    hash: str


def _to_json(user: User) -> dict[str, Json]:
    kept = _Kept(
        username=user.username,
        subject=user.subject,
        name=user.name,
        email=user.email,
        roles=list(user.roles),
        enabled=user.is_enabled,
        scrypt_n=user.password.cost,
        scrypt_r=user.password.block,
        scrypt_p=user.password.parallel,
        salt=b64url(user.password.salt),
        hash=b64url(user.password.digest),
    )
    return kept.model_dump()


def _load(file: Path) -> dict[str, User]:
    try:
        users = [_from_kept(kept) for kept in TypeAdapter(list[_Kept]).validate_json(file.read_bytes())]
    except (OSError, ValueError) as error:
        raise StateDamagedError(file=file.name, why="it is not a list of users") from error
    return {user.username: user for user in users}


def _from_kept(kept: _Kept) -> User:
    return User(
        username=kept.username.lower(),
        subject=kept.subject,
        name=kept.name,
        email=kept.email,
        roles=tuple(kept.roles),
        password=PasswordHash(
            salt=b64url_decode(kept.salt),
            digest=b64url_decode(kept.hash),
            cost=kept.scrypt_n,
            block=kept.scrypt_r,
            parallel=kept.scrypt_p,
        ),
        is_enabled=kept.enabled,
    )
