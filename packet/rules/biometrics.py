"""Rules on biometrics: what the CBEFF files say, what the meta information says, and that both say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from packet.models import BioAttribute, ExceptionType, Json
from packet.rules.entries import OFFICER_FILE, SUPERVISOR_FILE
from packet.rules.judging import as_map, judge, shown
from packet.rules.model import BiometricFile, Finding, PlainContent, RuleSettings

_SUFFIX = "_bio_CBEFF.xml"
_META_KEYS = {"numRetry", "forceCaptured", "birindex"}
_EXCEPTION_KEYS = {"type", "missingBiometric", "reason", "exceptionType", "individualType"}
_CONTENT = "RPR-PKV-FAILED-015"
_NAMES = frozenset(attribute.value for attribute in BioAttribute)


def check_biometrics(content: PlainContent, settings: RuleSettings) -> list[Finding]:
    """Attributes, indexes, exceptions and completeness of every biometric file."""
    findings: list[Finding] = []
    fields = {
        name.removesuffix(_SUFFIX): file
        for sub in content.sub_packets.values()
        for name, file in sub.biometrics.items()
        if name.endswith(_SUFFIX)
    }
    undecoded = {
        name.removesuffix(_SUFFIX)
        for sub in content.sub_packets.values()
        for name in sub.entry_sizes.keys() - sub.biometrics.keys()
    }
    for part, sub in content.sub_packets.items():
        for name, file in sub.biometrics.items():
            where = f"{part}/{shown(name)}"
            findings += judge("biometrics.attributes", where, _attributes(file), _CONTENT)
            findings += judge("biometrics.present", where, _present(name, file), _absence_code(name))
        where = f"{part}/packet_meta_info.json"
        captured, excepted = as_map(sub.meta.get("biometrics")), as_map(sub.meta.get("exceptionBiometrics"))
        findings += judge("biometrics.birindex", where, _indexes(captured, fields, undecoded))
        findings += judge("biometrics.exceptions", where, _exceptions(excepted, fields))
        for field, file in fields.items():
            place = f"{where}/{shown(field)}"
            findings += judge("biometrics.configured", place, _configured(file))
            findings += judge("biometrics.covered", place, _uncovered(file, as_map(excepted.get(field)), settings))
    return findings


def _attributes(file: BiometricFile) -> Iterator[str]:
    seen = Counter(bir.attribute for bir in file.birs)
    if None in seen:
        yield "A record's type and subtype name no known attribute."
    for attribute, count in seen.items():
        if attribute is not None and count > 1:
            yield f"Attribute {attribute} occurs more than once."


def _present(name: str, file: BiometricFile) -> Iterator[str]:
    if not file.birs:
        yield "It has no record."
    elif name in (OFFICER_FILE, SUPERVISOR_FILE) and all(bir.is_exception for bir in file.birs):
        yield "An operator's file has exceptions only."


def _absence_code(name: str) -> str:
    return "RPR-PKV-FAILED-013" if name in (OFFICER_FILE, SUPERVISOR_FILE) else "RPR-PKV-FAILED-005"


def _indexes(meta: Mapping[str, Json], fields: Mapping[str, BiometricFile], undecoded: set[str]) -> Iterator[str]:
    """A file that is there but could not be decoded is another finding."""
    for field in sorted((meta.keys() | fields.keys()) - undecoded):
        listed = as_map(meta.get(field))
        birs = fields[field].birs if field in fields else ()
        captured = {str(bir.attribute): bir.index for bir in birs if bir.attribute and not bir.is_exception}
        for attribute in sorted(listed.keys() | captured.keys()):
            fault = _index_fault(as_map(listed.get(attribute)), captured.get(attribute))
            if fault is not None:
                yield f"{shown(field)}/{shown(attribute)} {fault}"


def _index_fault(entry: Mapping[str, Json], index: str | None) -> str | None:
    if index is None:
        return "is listed but has no record."
    if not entry:
        return "has a record but is not listed."
    if entry.keys() != _META_KEYS or type(entry["numRetry"]) is not int or not isinstance(entry["forceCaptured"], bool):
        return "is not listed with numRetry, forceCaptured and birindex."
    return None if entry["birindex"] == index else "is listed with another index than its record has."


def _exceptions(meta: Mapping[str, Json], fields: Mapping[str, BiometricFile]) -> Iterator[str]:
    for field, listed in meta.items():
        birs = fields[field].birs if field in fields else ()
        captured = {str(bir.attribute) for bir in birs if not bir.is_exception}
        for attribute, value in as_map(listed).items():
            fault = _exception_fault(as_map(value), attribute)
            if fault is None and attribute in captured:
                fault = "is an exception and captured as well."
            if fault is not None:
                yield f"{shown(field)}/{shown(attribute)} {fault}"
    for field, file in fields.items():
        for bir in file.birs:
            if bir.is_exception and str(bir.attribute) not in as_map(meta.get(field)):
                yield f"{shown(field)}/{bir.attribute} is an exception record without an entry in exceptionBiometrics."


def _exception_fault(entry: Mapping[str, Json], attribute: str) -> str | None:
    if entry.keys() != _EXCEPTION_KEYS:
        return "does not have the five keys of an exception."
    if attribute not in _NAMES or entry["missingBiometric"] != attribute:
        return "names another attribute or an unknown one."
    if entry["exceptionType"] not in tuple(ExceptionType):
        return "is neither Permanent nor Temporary."
    return None


def _configured(file: BiometricFile) -> Iterator[str]:
    if file.configured is None:
        yield "The file does not say which attributes are configured."
        return
    if len(set(file.configured)) != len(file.configured) or not _NAMES.issuperset(file.configured):
        yield "The configured attributes have an unknown or doubled name."
    surplus = {str(bir.attribute) for bir in file.birs if bir.attribute} - {*file.configured, BioAttribute.EXCEPTION_PHOTO}
    for attribute in sorted(surplus):
        yield f"Attribute {attribute} is not configured."


def _uncovered(file: BiometricFile, exceptions: Mapping[str, Json], settings: RuleSettings) -> Iterator[str]:
    """An exception photo is due only where there are exceptions."""
    covered = {str(bir.attribute) for bir in file.birs} | exceptions.keys() | settings.absent_attributes
    if not exceptions:
        covered = {*covered, BioAttribute.EXCEPTION_PHOTO}
    for attribute in file.configured or ():
        if attribute not in covered:
            yield f"Attribute {shown(attribute)} is neither captured nor an exception."
