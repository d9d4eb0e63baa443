"""What an endpoint is: a path, who may call it, how much it reads, and who says no in which form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import TypeAlias

from sandbox.codes import RequestRefusedError
from sandbox.web.call import Answer, Handler
from sandbox.web.wrapper import kernel_refusal

JSON_MAX_BYTES = 1024 * 1024


class Access(Enum):
    """Who may call."""

    OPEN = auto()
    USER = auto()
    ADMINISTRATOR = auto()


Refuse: TypeAlias = Callable[[RequestRefusedError, datetime], Answer]


def kernel_refuse(error: RequestRefusedError, now: datetime) -> Answer:
    """The refusal in the form of syncdata and its like."""
    return kernel_refusal(error.server_code, now, status=error.status, text=error.text)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    Attributes:
        path: Starlette's form, with ``{names}``.
        roles: any of these lets a user in.
        is_signed: whether good answers carry the response signature.
        refuse: makes the answer for a business error; those for missing authentication are always the kernel's.
    """

    method: str
    path: str
    handler: Handler
    access: Access = Access.USER
    roles: frozenset[str] = frozenset()
    is_signed: bool = False
    body_max_bytes: int = JSON_MAX_BYTES
    refuse: Refuse = kernel_refuse


SYNC_ROLES = frozenset({"REGISTRATION_SUPERVISOR", "REGISTRATION_OFFICER", "REGISTRATION_ADMIN", "REGISTRATION_PROCESSOR"})
"""Roles of a registration client's user; the fourth is the registration processor itself."""
