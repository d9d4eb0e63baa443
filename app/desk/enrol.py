"""Starting a registration."""

from __future__ import annotations

from typing import Protocol

from packet.models import Clock, RegistrationId
from packet.rid import compose


class RidCounter(Protocol):
    """The persisted counter."""

    def take(self) -> int:
        """The next number; never given twice in a round."""
        ...


def new_registration_id(counter: RidCounter, centre_id: str, machine_id: str, clock: Clock) -> RegistrationId:
    """The id of a registration that starts now.

    Raises:
        RidPartInvalidError: if centre or machine id do not have five digits.
    """
    return compose(centre_id, machine_id, counter.take(), clock())
