"""Rules on audit.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from packet.models import Json
from packet.rules.instants import read_millis
from packet.rules.judging import judge
from packet.rules.model import Finding, PlainContent

KEYS = (
    "uuid",
    "createdAt",
    "eventId",
    "eventName",
    "eventType",
    "hostName",
    "hostIp",
    "applicationId",
    "applicationName",
    "sessionUserId",
    "sessionUserName",
    "id",
    "idType",
    "createdBy",
    "moduleName",
    "moduleId",
    "description",
    "actionTimeStamp",
)
_EMPTY = "KER-KPM-008"


def check_audits(content: PlainContent) -> list[Finding]:
    """Not empty, all eighteen keys as text or null, dates readable, in the order of time, no row twice."""
    audits, where = content.audits, "id/audit.json"
    findings = judge("audit.not-empty", where, [] if audits else ["There is no audit entry."], _EMPTY)
    findings += judge("audit.keys", where, _keys(audits))
    findings += judge("audit.dates", where, _dates(audits))
    findings += judge("audit.sorted", where, _unsorted(audits))
    return findings + judge("audit.unique", where, _doubled(audits))


def _keys(audits: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    for number, entry in enumerate(audits):
        if entry.keys() != set(KEYS) or not all(v is None or isinstance(v, str) for v in entry.values()):
            yield f"Entry {number} does not have exactly the eighteen keys with text or null."


def _dates(audits: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    for number, entry in enumerate(audits):
        for key in ("createdAt", "actionTimeStamp"):
            if read_millis(entry.get(key)) is None:
                yield f"Entry {number} has a {key} that is not of the form yyyy-MM-ddTHH:mm:ss.SSSZ."


def _unsorted(audits: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    instants = [read_millis(entry.get("actionTimeStamp")) for entry in audits]
    readable = [instant for instant in instants if instant is not None]
    if any(later < earlier for earlier, later in pairwise(readable)):
        yield "The entries are not in the order of their actionTimeStamp."


def _doubled(audits: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    uuids = [entry.get("uuid") for entry in audits if isinstance(entry.get("uuid"), str)]
    if len(set(uuids)) != len(uuids):
        yield "An entry occurs twice."
