"""Checks of registration ids and of the request ids of corrections."""

from __future__ import annotations

from app.core.idnumbers.findings import IdFinding
from app.core.idnumbers.rules import IdNumberRules
from packet.rid import AdditionalInfoRequestInvalidError, RidInvalidError, correction_rid, parse


def check_rid(
    text: str, rules: IdNumberRules, *, centre_id: str | None = None, machine_id: str | None = None
) -> IdFinding | None:
    """The first thing that is wrong with a registration id, or None.

    Args:
        centre_id, machine_id: if given, the id must have been generated there; somebody else's id, for example an
            introducer's, comes from anywhere.
    """
    if not text:
        return IdFinding.EMPTY
    if len(text) != rules.rid.total:
        return IdFinding.LENGTH
    if not (text.isascii() and text.isdigit()):
        return IdFinding.NOT_DIGITS
    try:
        parts = parse(text, rules.rid)
    except RidInvalidError:
        return IdFinding.RID_TIME
    if centre_id is not None and parts.centre_id != centre_id:
        return IdFinding.RID_CENTRE
    if machine_id is not None and parts.machine_id != machine_id:
        return IdFinding.RID_MACHINE
    return None


def check_request_id(text: str, process: str, rules: IdNumberRules) -> IdFinding | None:
    """The first thing that is wrong with the request id of a correction, ``<registration id>-<PROCESS>-<iteration>``.

    Args:
        process: the packet's process, in capitals, for which a request must have been made.
    """
    if not text:
        return IdFinding.EMPTY
    rid, dash, rest = text.partition("-")
    named, second_dash, iteration = rest.rpartition("-")
    if not dash or not second_dash:
        return IdFinding.REQUEST_FORM
    if check_rid(rid, rules) is not None:
        return IdFinding.REQUEST_RID
    if named != process:
        return IdFinding.REQUEST_PROCESS
    try:
        correction_rid(text, process, rules.rid)
    except AdditionalInfoRequestInvalidError:
        return IdFinding.REQUEST_ITERATION
    return None if iteration else IdFinding.REQUEST_ITERATION
