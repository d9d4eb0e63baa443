"""The form of every message, as tables of keys: what must be there, what may be there, and what each value must look like.

Follows the compliance toolkit's schemas for 0.9.5, with two differences on the strict side: every element of an array is
looked at (the toolkit's schemas only constrain the first), and unknown keys are faults everywhere, since MOSIP's client drops
a device for them in most messages. Faults name keys, never values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from devices.conformance.model import AUTH, PURPOSES, REGISTRATION, SPEC_VERSION, plain
from devices.sbi.attributes import BioType
from packet.bioattributes import FACTS

Rule: TypeAlias = Callable[[object], str | None]
Table: TypeAlias = Mapping[str, Rule]

STATUS_CODES = {"Ready": "0", "Not Ready": "110", "Busy": "111", "Not Registered": "100"}
ENVIRONMENTS = ("Staging", "Developer", "Pre-Production", "Production")
SUB_TYPES = {"Finger": ("Slap", "Single", "Touchless"), "Iris": ("Single", "Double"), "Face": ("Full face",)}
UNKNOWN = "UNKNOWN"
SEGMENTS: dict[str, tuple[str, ...]] = {
    bio_type.value: tuple(f.sbi_sub_type for f in FACTS.values() if f.sbi_type == bio_type and f.sbi_sub_type)
    for bio_type in BioType
}
_SCORE = re.compile(r"100(\.0+)?|\d{1,2}(\.\d+)?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_TRANSACTION = re.compile(r"[A-Za-z0-9-]{4,50}", re.ASCII)
_HEX_64 = re.compile(r"[A-F0-9]{64}", re.ASCII)
_ERROR_CODE = re.compile(r"[1-9][0-9][0-9]", re.ASCII)


def text(value: object) -> str | None:
    """Any text."""
    return None if isinstance(value, str) else "is not a text"


def filled(value: object) -> str | None:
    """A text that is not empty."""
    return None if isinstance(value, str) and value else "is not a text with content"


def one_of(*allowed: str) -> Rule:
    """One of some texts."""

    def rule(value: object) -> str | None:
        return None if isinstance(value, str) and value in allowed else f"is none of {', '.join(allowed) or 'nothing'}"

    return rule


def matching(form: re.Pattern[str], why: str) -> Rule:
    """A text of a form."""

    def rule(value: object) -> str | None:
        return None if isinstance(value, str) and form.fullmatch(value) else why

    return rule


def texts_of(*allowed: str) -> Rule:
    """A list with at least one of some texts and nothing else."""

    def rule(value: object) -> str | None:
        good = isinstance(value, list) and value and all(isinstance(item, str) and item in allowed for item in value)
        return None if good else f"is not a list of texts out of {', '.join(allowed)}"

    return rule


def spec_versions(value: object) -> str | None:
    """A list of versions that has ours."""
    good = isinstance(value, list) and all(isinstance(item, str) for item in value) and SPEC_VERSION in value
    return None if good else f"is not a list of texts with {SPEC_VERSION}"


def utc_time(value: object) -> str | None:
    """``yyyy-MM-dd'T'HH:mm:ss'Z'`` and a time that exists."""
    return None if parse_time(value) is not None else "is not a time like 2026-01-15T10:20:30Z, in UTC without fraction"


def parse_time(value: object) -> datetime | None:
    """The time, or None if the text has another form."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def empty(value: object) -> str | None:
    """Nothing: null or an empty text."""
    return None if value in {None, ""} else "is not empty"


score = matching(_SCORE, "is not a decimal text from 0 to 100")
transaction_id = matching(_TRANSACTION, "is not 4 to 50 letters, digits and hyphens")
hex_64 = matching(_HEX_64, "is not 64 upper-case hex digits")

DIGITAL_ID: Table = {
    "serialNo": filled,
    "make": filled,
    "model": filled,
    "type": one_of(*BioType),
    "deviceSubType": filled,
    "deviceProviderId": filled,
    "deviceProvider": filled,
    "dateTime": utc_time,
}
_DEVICE: Table = {
    "deviceId": filled,
    "deviceStatus": one_of(*STATUS_CODES),
    "certification": one_of("L0", "L1"),
    "callbackId": filled,
    "digitalId": filled,
    "deviceCode": filled,
    "purpose": one_of(*PURPOSES),
    "specVersion": spec_versions,
}
_SUB_IDS = texts_of("0", "1", "2", "3")
DISCOVERY: Table = {**_DEVICE}
DISCOVERY_OPTIONAL: Table = {"serviceVersion": filled, "deviceSubId": _SUB_IDS}
INFO: Table = {**_DEVICE, "env": one_of(*ENVIRONMENTS), "firmware": filled, "serviceVersion": filled, "deviceSubId": _SUB_IDS}
_LOOSE: Table = {"deviceId": text, "deviceCode": text, "purpose": one_of("")}
DISCOVERY_UNREGISTERED: Table = {**DISCOVERY, **_LOOSE}
INFO_UNREGISTERED: Table = {**INFO, **_LOOSE, "env": one_of("None", *ENVIRONMENTS)}

ELEMENT: Table = {"specVersion": one_of(SPEC_VERSION), "data": filled, "hash": hex_64}
AUTH_ELEMENT: Table = {**ELEMENT, "sessionKey": filled, "thumbprint": hex_64}
FAILED_ELEMENT: Table = {"data": empty, "hash": empty}
FAILED_OPTIONAL: Table = {"sessionKey": empty, "thumbprint": empty}
PAYLOAD: Table = {
    "digitalId": filled,
    "deviceCode": filled,
    "deviceServiceVersion": filled,
    "bioType": one_of(*BioType),
    "env": one_of(*ENVIRONMENTS),
    "bioValue": filled,
    "transactionId": transaction_id,
    "timestamp": utc_time,
    "requestedScore": score,
    "qualityScore": score,
}
REGISTRATION_PAYLOAD: Table = {**PAYLOAD, "purpose": one_of(REGISTRATION)}
AUTH_PAYLOAD: Table = {**PAYLOAD, "purpose": one_of(AUTH), "domainUri": filled}


def judge(value: object, what: str, required: Table, optional: Table | None = None) -> list[str]:
    """Every fault of an object against a table of keys."""
    if not isinstance(value, dict):
        return [f"{what} is not an object"]
    rules = {**(optional or {}), **required}
    faults = [f"{what} lacks {name}" for name in required if name not in value]
    for name, item in value.items():
        why = rules[name](item) if name in rules else "is not a key of the protocol"
        if why is not None:
            faults.append(f"{what}: {plain(name, 40)} {why}")
    return faults


def judge_digital_id(value: object, what: str) -> list[str]:
    """A digital id's payload; its sub-type must be one of its type."""
    faults = judge(value, what, DIGITAL_ID)
    if not faults and isinstance(value, dict) and value["deviceSubType"] not in SUB_TYPES[str(value["type"])]:
        faults.append(f"{what}: deviceSubType is none of a {value['type']} device")
    return faults


def judge_error(value: object, what: str, code: str) -> list[str]:
    """An error block that must have a code; text ``Success`` belongs to code 0 and to no other."""
    faults = judge(value, f"{what}: error", {"errorCode": filled, "errorInfo": filled})
    if faults or not isinstance(value, dict):
        return faults
    if value["errorCode"] != code:
        faults.append(f"{what}: errorCode is {plain(value['errorCode'])}, not {code}")
    if (value["errorInfo"] == "Success") != (code == "0"):
        faults.append(f"{what}: errorInfo {'is not' if code == '0' else 'is'} Success")
    return faults


def judge_failure(value: object, what: str, codes: frozenset[str]) -> list[str]:
    """An error block of a failed request: three digits, one of the codes if there are any, and a text."""
    faults = judge(value, f"{what}: error", {"errorCode": filled, "errorInfo": filled})
    if faults or not isinstance(value, dict):
        return faults
    code = str(value["errorCode"])
    if not _ERROR_CODE.fullmatch(code):
        faults.append(f"{what}: errorCode {plain(code)} is not three digits")
    elif codes and code not in codes:
        faults.append(f"{what}: errorCode is {code}, not {' or '.join(sorted(codes))}")
    if value["errorInfo"] == "Success":
        faults.append(f"{what}: errorInfo is Success")
    return faults


def judge_sub_type(payload: Mapping[str, object], what: str) -> list[str]:
    """``bioSubType``: a name of the type; left out for a face (the toolkit also takes the text ``null``)."""
    bio_type = payload.get("bioType")
    if bio_type == BioType.FACE:
        return [f"{what}: bioSubType must be left out for a face"] if payload.get("bioSubType", "null") != "null" else []
    if bio_type not in SEGMENTS:
        return []
    if payload.get("bioSubType") not in (*SEGMENTS[str(bio_type)], UNKNOWN):
        return [f"{what}: bioSubType is no name of a {bio_type}"]
    return []
