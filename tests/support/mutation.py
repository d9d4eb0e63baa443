"""One change to a good packet, and lists of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from packet.verify import VerifyContext
from tests.support.editing import EditablePacket

Edit = Callable[[EditablePacket], object]


@dataclass(frozen=True)
class Mutation:
    """One change.

    Attributes:
        check: the check that must fail.
        edit: changes the content before sealing.
        damage: changes the sealed bytes.
        judge_by: changes what the verifier is given.
        first: whether the check must be the first that fails.
        also: further checks that must fail with it; nothing else may.
    """

    name: str
    check: str
    edit: Edit | None = None
    damage: Callable[[bytes], bytes] | None = None
    judge_by: Callable[[VerifyContext], VerifyContext] | None = None
    first: bool = True
    also: tuple[str, ...] = ()


class Mutations(list[Mutation]):
    """A list that mutations are written down in."""

    def add(self, name: str, check: str, **parts: Any) -> None:
        """Writes one down."""
        self.append(Mutation(name, check, **parts))

    def editing(self, name: str, check: str, *also: str, first: bool = True) -> Callable[[Edit], None]:
        """Writes down one whose edit is the decorated function."""
        return lambda edit: self.add(name, check, edit=edit, also=also, first=first)
