"""What the codes mean with which a MOSIP server refuses a request, and what to do about each.

One table for the words that the operator reads and for what the client does by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Reaction(Enum):
    """What the client does by itself.

    LATER: try again later. BLOCK: wait for a person, since the same request would be refused again. RESYNC: announce the packet
    anew, then upload it once more. RENEW: fetch the packet certificate anew, then try again.
    """

    LATER = auto()
    BLOCK = auto()
    RESYNC = auto()
    RENEW = auto()


@dataclass(frozen=True, slots=True)
class ServerCode:
    """One code.

    Attributes:
        meaning: completes "the server refused ...: ".
        remedy: a sentence.
    """

    meaning: str
    remedy: str
    reaction: Reaction


_LATER = "Try again later; the registration stays here."
_REPORT = "Report the code to the administrator; the registration stays here."
_REGISTER = "Register this machine's name and public keys with the server, then try again."
_CLOCK = "Check this machine's clock, then try again."


def _rows(reaction: Reaction, remedy: str, meanings: dict[str, str]) -> dict[str, ServerCode]:
    return {code: ServerCode(meaning, remedy, reaction) for code, meaning in meanings.items()}


_CODES: dict[str, ServerCode] = {
    **_rows(
        Reaction.BLOCK,
        _REGISTER,
        {
            "KER-SNC-155": "it does not know this machine",
            "KER-SNC-164": "this machine's public key is not the registered one",
        },
    ),
    **_rows(Reaction.BLOCK, "Assign the machine to a centre.", {"KER-SNC-141": "the machine belongs to no active centre"}),
    **_rows(
        Reaction.LATER,
        _LATER,
        {
            "KER-SNC-166": "it could not fetch the ID schema",
            "KER-SNC-500": "it has an internal fault",
            "KER-SNC-001": "it has an internal fault",
            "KER-SNC-002": "it has an internal fault",
            "RPR-RGS-001": "its database has a fault",
            "RPR-RGS-018": "it has an internal fault",
            "RPR-RGS-029": "it has a service fault",
            "RPR-RGS-030": "its database has a fault",
            "RPR-RGS-031": "it does not know the registration yet",
            "RPR-RGS-032": "too many registrations were asked about at once",
            "RPR-RGS-035": "it has an input/output fault",
            "RPR-RGS-037": "it does not know the packet yet",
            "RPR-PKR-006": "the receiver is not available",
            "RPR-PKR-007": "it has an internal fault",
            "RPR-PKR-008": "its virus scanner is not available",
            "RPR-PKR-011": "the receiver could not reach another service",
            "RPR-PKR-012": "the receiver's database has a fault",
            "RPR-PKR-015": "the receiver could not decrypt",
        },
    ),
    **_rows(
        Reaction.LATER,
        _CLOCK,
        {
            "RPR-RGS-014": "the request's id, version or time is invalid",
            "RPR-RGS-020": "the request's time is missing",
            "RPR-RGS-023": "the request's time is invalid",
        },
    ),
    **_rows(
        Reaction.BLOCK,
        _REPORT,
        {
            "RPR-RGS-003": "the process is not one that it knows",
            "RPR-RGS-004": "the language code is not of three letters",
            "RPR-RGS-006": "the registration id is missing",
            "RPR-RGS-007": "the time in the registration id is invalid",
            "RPR-RGS-008": "the registration id is invalid",
            "RPR-RGS-009": "the registration id has a wrong length",
            "RPR-RGS-013": "a value is missing",
            "RPR-RGS-015": "a value is invalid",
            "RPR-RGS-016": "it could not read the request",
            "RPR-RGS-017": "it could not read the request",
            "RPR-RGS-019": "the request's version is missing",
            "RPR-RGS-021": "the request's id is missing",
            "RPR-RGS-022": "the request's version is invalid",
            "RPR-RGS-024": "the request's id is invalid",
            "RPR-RGS-026": "the supervisor's decision is invalid",
            "RPR-RGS-027": "the packet's hash is missing",
            "RPR-RGS-036": "the additional information request is unknown",
            "RPR-PKR-002": "the packet is too large",
            "RPR-PKR-003": "the packet's file name has a wrong ending",
            "RPR-PKR-004": "the packet is not valid",
            "RPR-PKR-010": "its virus scanner found something in the packet",
            "RPR-PKR-016": "the additional information request is unknown",
        },
    ),
    **_rows(
        Reaction.RENEW,
        "Synchronise the packet certificate, then try again.",
        {"RPR-RGS-028": "it could not decrypt the announcement"},
    ),
    **_rows(
        Reaction.RESYNC,
        "Synchronise the registration again, then upload it.",
        {
            "RPR-PKR-001": "the packet was not announced",
            "RPR-PKR-009": "the packet's hash is not the announced one",
            "RPR-PKR-013": "the packet's size is not the announced one",
        },
    ),
    **_rows(Reaction.LATER, _LATER, {"RPR-PKR-005": "it has the packet already"}),
}

_UNKNOWN = ServerCode("for a reason that this version does not know", _REPORT, Reaction.BLOCK)


def explain(code: str) -> ServerCode:
    """What a code means; for an unknown one, that it is unknown and that a person has to look."""
    return _CODES.get(code, _UNKNOWN)
