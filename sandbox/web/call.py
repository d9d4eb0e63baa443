"""One request as the handlers see it, and one answer as they give it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from packet.models import Json


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose valid token came with a request.

    Attributes:
        user_id: ``preferred_username``.
        is_administrator: the request carried the administrator's secret instead of a token.
    """

    user_id: str
    roles: frozenset[str]
    is_administrator: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request, read completely and within its endpoint's limit.

    Attributes:
        headers: names in lower case.
        caller: None where an endpoint is open.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    caller: Caller | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back.

    Attributes:
        body: the exact bytes; the response signature covers them.
    """

    body: bytes = field(repr=False)
    status: int = 200
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Call], Answer]
"""Plain, synchronous work on one call; runs in a worker thread."""

JsonObject: TypeAlias = Mapping[str, Json]
