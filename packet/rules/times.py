"""Rules on time: the packet's creation date judges everything else in it.

Every time check of the server uses the top-level ``creationDate`` of the meta information: a device's times must not lie after
it, nor more than the configured minutes before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from packet.models import Json
from packet.rules.instants import read_compact, read_millis, read_seconds
from packet.rules.judging import judge, shown, skip
from packet.rules.model import BiometricFacts, Finding, PlainContent, RuleSettings

_DEVICE_TIME = "RPR-CMD-FAILED-016"


def check_times(content: PlainContent, settings: RuleSettings) -> list[Finding]:
    """Form of creationDate, its relation to now and to the registration id, and the window of every capture."""
    findings: list[Finding] = []
    for part, sub in content.sub_packets.items():
        where = f"{part}/packet_meta_info.json"
        created = read_millis(sub.meta.get("creationDate"))
        findings += judge("times.creation-date", where, _creation(sub.meta.get("creationDate"), created))
        if created is None:
            for check in ("times.not-future", "times.rid"):
                findings += skip(check, where, "creationDate cannot be read.")
            continue
        if settings.now is None:
            findings += skip("times.not-future", where, "No instant of judging was given.")
        else:
            findings += judge("times.not-future", where, _future(created, settings.now))
        findings += judge("times.rid", where, _rid(content.registration_id, created))
    created = creation_date(sub.meta for sub in content.sub_packets.values())
    for part, sub in content.sub_packets.items():
        for name, file in sub.biometrics.items():
            for bir in file.birs:
                if bir.is_exception:
                    continue
                where = f"{part}/{shown(name)}/{bir.attribute}"
                if created is None:
                    findings += skip("times.device", where, "The packet has no readable creation date.")
                else:
                    findings += judge("times.device", where, _device(bir, created, settings), _DEVICE_TIME)
    return findings


def creation_date(metas: Iterable[Mapping[str, Json]]) -> datetime | None:
    """The first readable creationDate of several meta objects; that they are the same is another rule."""
    dates = (read_millis(meta.get("creationDate")) for meta in metas)
    return next((date for date in dates if date is not None), None)


def _creation(value: Json, created: datetime | None) -> Iterator[str]:
    if created is None:
        yield "creationDate is missing." if value is None else "creationDate is not of the form yyyy-MM-ddTHH:mm:ss.SSSZ."


def _future(created: datetime, now: datetime) -> Iterator[str]:
    if created > now:
        yield "creationDate lies in the future."


def _rid(registration_id: str, created: datetime) -> Iterator[str]:
    """The registration id is given when the registration starts, so its time cannot lie after the packet's."""
    started = read_compact(registration_id[-14:])
    if started is None:
        yield "The registration id does not end with a date."
    elif started > created:
        yield "The registration id is younger than the packet."


def _device(bir: BiometricFacts, created: datetime, settings: RuleSettings) -> Iterator[str]:
    earliest = created - timedelta(minutes=settings.device_window_minutes)
    for what, text in (("timestamp", bir.device_time), ("digital id's dateTime", bir.digital_id_time)):
        instant = read_seconds(text)
        if instant is None:
            yield f"The {what} is missing or not of the form yyyy-MM-ddTHH:mm:ssZ."
        elif instant > created:
            yield f"The {what} lies after the packet's creation date."
        elif instant < earliest:
            yield f"The {what} lies more than {settings.device_window_minutes} minutes before the packet's creation date."
