"""Judging discovery and information answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from devices.conformance import shapes
from devices.conformance.answer import read_json
from devices.conformance.find import ENTRIES_MAX, InfoEntry, unsigned_object
from devices.conformance.model import Target, Trust, plain
from devices.conformance.validators import IDENTITY, judge_token
from devices.conformance.wire import Reply
from devices.sbi.attributes import BioType
from devices.sbi.jsonedge import Value

UNREGISTERED = "Not Registered"


def judge_discovery(reply: Reply) -> list[str]:
    """Form of a discovery answer with at least one device. Discovery is unsigned, its digital ids too."""
    entries, faults = read_discovery(reply)
    for number, entry in enumerate(entries, 1):
        faults += _judge_discovered(entry, f"entry {number}")
    return faults


def read_discovery(reply: Reply) -> tuple[list[Value], list[str]]:
    """The entries of a discovery answer, and what keeps it from being one."""
    value, faults = read_json(reply.body, "the discovery")
    if reply.status != 200:
        faults.append(f"the HTTP status is {reply.status}, not 200")
    if not isinstance(value, list) or not 1 <= len(value) <= ENTRIES_MAX:
        return [], [*faults, f"the discovery is not a list of one to {ENTRIES_MAX} entries"]
    return value, faults


def _judge_discovered(entry: Value, what: str) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{what} is not an object"]
    status = entry.get("deviceStatus")
    table = shapes.DISCOVERY_UNREGISTERED if status == UNREGISTERED else shapes.DISCOVERY
    rest = {name: value for name, value in entry.items() if name != "error"}
    faults = shapes.judge(rest, what, table, shapes.DISCOVERY_OPTIONAL)
    faults += shapes.judge_error(entry.get("error"), what, shapes.STATUS_CODES.get(str(status), "0"))
    digital_id = unsigned_object(entry.get("digitalId"))
    if isinstance(entry.get("digitalId"), str) and not digital_id:
        faults.append(f"{what}: digitalId is not an object in unpadded base64url")
    elif digital_id:
        faults += shapes.judge_digital_id(digital_id, f"{what}: digitalId")
    return faults


def judge_information(entries: Sequence[InfoEntry], trust: Trust, now: datetime, *, signatures: bool) -> list[str]:
    """Form of an information answer, and who signed it."""
    faults: list[str] = []
    for number, entry in enumerate(entries, 1):
        what = f"entry {number}"
        if entry.is_signed and not entry.content:
            faults += [f"{what}: deviceInfo {fault}" for fault in entry.token.faults]
            continue
        faults += _judge_entry(entry, what)
        if signatures and entry.is_signed:
            faults += judge_token(entry.token, f"{what}: deviceInfo", "DEVICE", trust, now)
            domain = "FTM" if entry.content.get("certification") == "L1" else "DEVICE"
            faults += judge_token(entry.digital_id, f"{what}: digitalId", domain, trust, now)
    return faults


def _judge_entry(entry: InfoEntry, what: str) -> list[str]:
    raw: Mapping[str, Value] = entry.raw if isinstance(entry.raw, dict) else {}
    status = entry.content.get("deviceStatus")
    code = shapes.STATUS_CODES.get(str(status), "0")
    faults = shapes.judge({name: value for name, value in raw.items() if name != "error"}, what, {"deviceInfo": shapes.filled})
    faults += shapes.judge_error(raw.get("error"), what, code)
    if entry.is_signed == (status == UNREGISTERED):
        faults.append(
            f"{what}: deviceInfo {'is' if entry.is_signed else 'is not'} signed although the device is {plain(status)}"
        )
    table = shapes.INFO_UNREGISTERED if status == UNREGISTERED else shapes.INFO
    faults += shapes.judge(entry.content, f"{what}: deviceInfo", table)
    faults += shapes.judge_digital_id(entry.digital_id.content, f"{what}: digitalId")
    return faults


def judge_state(entries: Sequence[InfoEntry], bio_type: str, status: str) -> list[str]:
    """The devices of a type are in a state."""
    states = [entry.content.get("deviceStatus") for entry in entries if entry.digital_id.content.get("type") == bio_type]
    if not states:
        return [f"the information has no {plain(bio_type)} device any more"]
    return [f"deviceStatus is {plain(state)}, not {status}" for state in states if state != status]


def judge_agreement(entries: Sequence[Value], target: Target) -> list[str]:
    """Discovery says the same of a device as its signed information; MOSIP's client selects by these keys."""
    for entry in entries:
        if isinstance(entry, dict) and entry.get("deviceId") == target.device_id:
            break
    else:
        return [f"discovery does not list deviceId {plain(target.device_id)}"]
    known = {
        "deviceCode": target.device_code,
        "certification": target.certification,
        "purpose": target.purpose,
        "deviceStatus": target.status,
    }
    faults = [f"{name} differs between discovery and information" for name, value in known.items() if entry.get(name) != value]
    sub_ids = entry.get("deviceSubId")
    if sub_ids is not None and sub_ids != list(target.sub_ids):
        faults.append("deviceSubId differs between discovery and information")
    digital_id = unsigned_object(entry.get("digitalId"))
    different = [name for name in IDENTITY if digital_id.get(name) != target.digital_id.get(name)]
    if different:
        faults.append(f"the digital id differs between discovery and information in {', '.join(different)}")
    return faults


def judge_selection(reply: Reply, bio_type: BioType) -> list[str]:
    """Discovery of one type lists devices of that type, or refuses."""
    entries, faults = read_discovery(reply)
    if len(entries) == 1 and isinstance(entries[0], dict) and set(entries[0]) == {"error"}:
        return [*faults, *shapes.judge_failure(entries[0]["error"], "the refusal", frozenset())]
    for number, entry in enumerate(entries, 1):
        found = unsigned_object(entry.get("digitalId") if isinstance(entry, dict) else None).get("type")
        if found != bio_type:
            faults.append(f"entry {number} is of type {plain(found)} where {bio_type} was asked for")
    return faults


def judge_refused_discovery(reply: Reply) -> list[str]:
    """One entry with an error, and no device."""
    entries, faults = read_discovery(reply)
    if len(entries) != 1:
        return [*faults, f"a refusal has one entry, this has {len(entries)}"]
    error = entries[0].get("error") if isinstance(entries[0], dict) else None
    return [*faults, *shapes.judge_failure(error, "the refusal", frozenset())]


def judge_rotation(before: InfoEntry, after: InfoEntry) -> list[str]:
    """Another certificate, valid from later on, for the same device."""
    old, new = before.token.leaf, after.token.leaf
    if old is None or new is None:
        return ["the information is not signed"]
    faults = []
    if old == new:
        faults.append("the certificate is still the same")
    elif new.not_valid_before_utc <= old.not_valid_before_utc:
        faults.append("the new certificate does not begin later than the old one")
    changed = [n for n in ("make", "model", "serialNo") if before.digital_id.content.get(n) != after.digital_id.content.get(n)]
    if changed:
        faults.append(f"the digital id changed in {', '.join(changed)}")
    return faults
