"""Registration ids (RID, also called AID), their sequence, and packet ids.

======  ======  ======================================================
Offset  Length  Content
======  ======  ======================================================
0       5       registration centre id, digits
5       5       machine id, digits
10      5       sequence of the machine, zero padded
15      14      UTC time ``yyyyMMddHHmmss``
======  ======  ======================================================

The lengths are those of MOSIP's default configuration; a country may set others. A packet id is
``<RID>-<centre>_<machine>-<UTC yyyyMMddHHmmss>``: everything before the first dot of the file's name is what a server takes
as the packet id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from packet.encoding import compact_seconds
from packet.errors import UnusableInputError
from packet.models import PacketId, RegistrationId

_TIMESTAMP_LENGTH = 14


class RidInvalidError(UnusableInputError):
    """A registration id does not have the configured form."""

    code = "PACKET-RID"
    sentence = "The registration id is not valid: {why}."
    next_step = "Take the id as it was generated. Check the configured lengths of centre, machine and sequence."


class RidForeignError(UnusableInputError):
    """A registration id belongs to another centre or machine."""

    code = "PACKET-RID-FOREIGN"
    sentence = "The registration id begins with {found}, but this machine is {expected}."
    next_step = "Build the packet on the machine that generated the id, or correct centre and machine id."


class RidPartInvalidError(UnusableInputError):
    """A centre id, machine id or sequence cannot stand in a registration id."""

    code = "PACKET-RID-PART"
    sentence = "The {part} must have exactly {length} digits."
    next_step = "Synchronise the master data of this machine, or correct the configured lengths."


class AdditionalInfoRequestInvalidError(UnusableInputError):
    """The request id of a correction does not have the form ``<registration id>-<PROCESS>-<iteration>``."""

    code = "PACKET-ADDITIONAL-INFO"
    sentence = "The additional information request id is not valid: {why}."
    next_step = "Take the id from the notice that the applicant received, to the letter."


@dataclass(frozen=True, slots=True)
class RidLengths:
    """Configured lengths of the parts, in digits; the time always has 14."""

    centre: int = 5
    machine: int = 5
    sequence: int = 5

    @property
    def total(self) -> int:
        """Length of a whole registration id."""
        return self.centre + self.machine + self.sequence + _TIMESTAMP_LENGTH


DEFAULT_LENGTHS = RidLengths()


@dataclass(frozen=True, slots=True)
class RidParts:
    """A registration id taken apart."""

    centre_id: str
    machine_id: str
    sequence: int
    generated_at: datetime


def compose(
    centre_id: str, machine_id: str, sequence: int, at: datetime, lengths: RidLengths = DEFAULT_LENGTHS
) -> RegistrationId:
    """Puts a registration id together.

    Args:
        at: the instant at which the operator started the registration; aware.

    Raises:
        RidPartInvalidError: if a part does not have its configured length.
    """
    check_part("registration centre id", centre_id, lengths.centre)
    check_part("machine id", machine_id, lengths.machine)
    digits = str(sequence).zfill(lengths.sequence)
    check_part("sequence", digits, lengths.sequence)
    return RegistrationId(f"{centre_id}{machine_id}{digits}{compact_seconds(at)}")


def parse(text: str, lengths: RidLengths = DEFAULT_LENGTHS) -> RidParts:
    """Takes a registration id apart.

    Raises:
        RidInvalidError: if it does not have the configured length, holds anything but digits, or no real time.
    """
    if len(text) != lengths.total:
        raise RidInvalidError(why=f"it has {len(text)} characters instead of {lengths.total}")
    if not _is_digits(text):
        raise RidInvalidError(why="it holds something else than digits")
    machine_at, sequence_at = lengths.centre, lengths.centre + lengths.machine
    time_at = sequence_at + lengths.sequence
    try:
        generated_at = datetime.strptime(text[time_at:], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise RidInvalidError(why=f"its last {_TIMESTAMP_LENGTH} digits are no time") from error
    return RidParts(text[:machine_at], text[machine_at:sequence_at], int(text[sequence_at:time_at]), generated_at)


def check_belongs(text: str, centre_id: str, machine_id: str, lengths: RidLengths = DEFAULT_LENGTHS) -> RidParts:
    """Parses a registration id and makes sure that it was generated on this machine of this centre.

    Raises:
        RidInvalidError: as `parse`.
        RidPartInvalidError: if the given centre or machine id does not have its configured length.
        RidForeignError: if the id begins with another centre or machine.
    """
    check_part("registration centre id", centre_id, lengths.centre)
    check_part("machine id", machine_id, lengths.machine)
    parts = parse(text, lengths)
    if (parts.centre_id, parts.machine_id) != (centre_id, machine_id):
        raise RidForeignError(found=f"{parts.centre_id}_{parts.machine_id}", expected=f"{centre_id}_{machine_id}")
    return parts


def next_sequence(used: int, initial: int = 1, lengths: RidLengths = DEFAULT_LENGTHS) -> int:
    """The sequence after a used one; after the largest (99999) it is the initial one again.

    Raises:
        RidPartInvalidError: if the used one is none.
    """
    largest: int = 10**lengths.sequence - 1
    if not 0 <= used <= largest:
        raise RidPartInvalidError(part="sequence", length=lengths.sequence)
    return initial if used == largest else used + 1


def correction_rid(request_id: str, process: str, lengths: RidLengths = DEFAULT_LENGTHS) -> RegistrationId:
    """The original registration id inside the request id of a correction, ``<RID>-<PROCESS>-<iteration>``.

    Raises:
        AdditionalInfoRequestInvalidError: if it does not have that form or names another process.
    """
    rid, dash, rest = request_id.partition("-")
    named, second_dash, iteration = rest.rpartition("-")
    if not dash or not second_dash:
        raise AdditionalInfoRequestInvalidError(why="it does not have three parts with dashes between them")
    try:
        parse(rid, lengths)
    except RidInvalidError as error:
        raise AdditionalInfoRequestInvalidError(why="it does not begin with a registration id") from error
    if named != process:
        raise AdditionalInfoRequestInvalidError(why=f"it is not for the process {process}")
    if not _is_digits(iteration) or len(iteration) > 9:
        raise AdditionalInfoRequestInvalidError(why="it does not end with the number of the iteration")
    return RegistrationId(rid)


def compose_packet_id(rid: str, ref_id: str, at: datetime) -> PacketId:
    """``<RID>-<centre>_<machine>-<time of persisting>``."""
    return PacketId(f"{rid}-{ref_id}-{compact_seconds(at)}")


def check_part(part: str, digits: str, length: int) -> None:
    """Raises `RidPartInvalidError` unless a part consists of exactly that many ASCII digits."""
    if len(digits) != length or not _is_digits(digits):
        raise RidPartInvalidError(part=part, length=length)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
