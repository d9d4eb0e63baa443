"""Which factors a user must present, in which order: MOSIP's authentication methods by process and role.

The server publishes two lists for the registration client: methods (process, role, factor, place in the sequence) and the
priority of roles (process, role, priority). One role decides: the first of the user's roles by priority; without a priority the
highest-ranking one. Every factor of that role must be presented, one after another. A user without any role presents a
password. A list that is empty, or names a factor that does not exist here, lets nobody through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.core.errors import AppError

OFFICER: Final = "REGISTRATION_OFFICER"
SUPERVISOR: Final = "REGISTRATION_SUPERVISOR"

RANKING: Final = ("Default", SUPERVISOR, "REGISTRATION_ADMIN", OFFICER, "REGISTRATION_OPERATOR")
"""Roles from the highest to the lowest. A role that is not among them decides only for a user who holds none of these, and only
if a method is configured for it: the roles that an identity provider gives to everybody decide nothing."""

APPLICATION_ID: Final = "10003"
"""MOSIP's id of the registration client in both lists."""


class Factor(StrEnum):
    """One way of proving who one is (``authMethodCode``)."""

    PASSWORD = "PWD"
    OTP = "OTP"
    FINGERPRINT = "FINGERPRINT"
    IRIS = "IRIS"
    FACE = "FACE"


class AuthenticationProcess(StrEnum):
    """What a user authenticates for (``processId``)."""

    LOGIN = "login_auth"
    PACKET = "packet_auth"
    EXCEPTION = "exception_auth"
    END_OF_DAY = "eod_auth"
    ONBOARDING = "onboard_auth"


class FactorsError(AppError):
    """Root of what keeps a sequence of factors from being known."""

    code = "FACTORS-ERROR"


class NoFactorError(FactorsError):
    """Nothing is configured for the user's roles."""

    code = "FACTORS-NONE"
    sentence = "No way of authenticating is configured for {process} and the roles of this user."
    next_step = "Ask the administrator to configure authentication methods for the process and the user's role."


class FactorUnknownError(FactorsError):
    """A factor is asked for that does not exist here; leaving it out would make the sequence weaker."""

    code = "FACTORS-UNKNOWN"
    sentence = "{process} asks for the factor {factor}, which Sealdesk does not know."
    next_step = "Ask the administrator to use PWD, OTP, FINGERPRINT, IRIS or FACE."


class AuthenticationMethodsUnreadableError(FactorsError):
    """A published row is not what MOSIP publishes."""

    code = "FACTORS-UNREADABLE"
    sentence = "Row {row} of {entity} cannot be used: {why}."
    next_step = "Ask the administrator to correct the master data, then synchronise."


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One factor of a role in a process. `factor` is kept as published, since only a row that is used must be understood."""

    process: str
    role: str
    factor: str
    sequence: int


@dataclass(frozen=True, slots=True)
class PriorityRow:
    """How early a role decides for a process; 1 is first."""

    process: str
    role: str
    priority: int


@dataclass(frozen=True, slots=True)
class AuthenticationMethods:
    """Both lists, without rows that are inactive or of another application."""

    methods: tuple[MethodRow, ...]
    priorities: tuple[PriorityRow, ...] = ()

    def sequence(self, process: AuthenticationProcess, roles: Iterable[str]) -> tuple[Factor, ...]:
        """The factors that a user with these roles presents for a process, in order, none twice.

        Raises:
            NoFactorError: if nothing is configured.
            FactorUnknownError: if one of them does not exist here.
        """
        held = frozenset(roles)
        if not held:
            return (Factor.PASSWORD,)
        role = self._deciding_role(process, held)
        rows = sorted(
            (row for row in self.methods if row.process == process and row.role == role),
            key=lambda row: row.sequence,
        )
        if not rows:
            raise NoFactorError(process=process.value)
        return tuple(dict.fromkeys(_factor(row) for row in rows))

    def _deciding_role(self, process: AuthenticationProcess, held: frozenset[str]) -> str | None:
        ranked = sorted((row for row in self.priorities if row.process == process), key=lambda row: row.priority)
        by_priority = (row.role for row in ranked if row.role in held)
        by_rank = (role for role in RANKING if role in held)
        own = {row.role for row in self.methods if row.process == process and row.role in held}
        return next(by_priority, None) or next(by_rank, None) or min(own, default=None)


def _factor(row: MethodRow) -> Factor:
    try:
        return Factor(row.factor)
    except ValueError:
        raise FactorUnknownError(process=row.process, factor=row.factor[:40]) from None


def read_methods(methods: Iterable[object], priorities: Iterable[object] = ()) -> AuthenticationMethods:
    """Both lists from the rows that the server's client settings publish.

    Args:
        methods: objects of ``AppAuthenticationMethod``; the same row may come once for each language.
        priorities: objects of ``AppRolePriority``.

    Raises:
        AuthenticationMethodsUnreadableError: if an active row of this application lacks a key, or has no number where one
            belongs.
    """
    entity = "AppAuthenticationMethod"
    method_rows = [
        MethodRow(
            _text(row, "processId", entity, number),
            _text(row, "roleCode", entity, number),
            _text(row, "authMethodCode", entity, number),
            _number(row, "methodSequence", entity, number),
        )
        for number, row in _active(methods, entity)
    ]
    entity = "AppRolePriority"
    priority_rows = [
        PriorityRow(
            _text(row, "processId", entity, number),
            _text(row, "roleCode", entity, number),
            _number(row, "priority", entity, number),
        )
        for number, row in _active(priorities, entity)
    ]
    return AuthenticationMethods(tuple(dict.fromkeys(method_rows)), tuple(dict.fromkeys(priority_rows)))


def _active(rows: Iterable[object], entity: str) -> Iterable[tuple[int, Mapping[str, object]]]:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise AuthenticationMethodsUnreadableError(row=number, entity=entity, why="it is not an object")
        if row.get("appId", APPLICATION_ID) != APPLICATION_ID or row.get("isActive") is False or row.get("isDeleted") is True:
            continue
        yield number, row


def _text(row: Mapping[str, object], key: str, entity: str, number: int) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise AuthenticationMethodsUnreadableError(row=number, entity=entity, why=f"{key} is not a text")
    return value.strip()


def _number(row: Mapping[str, object], key: str, entity: str, number: int) -> int:
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise AuthenticationMethodsUnreadableError(row=number, entity=entity, why=f"{key} is not a whole number")
    return value
