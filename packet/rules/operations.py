"""Rules on ``operationsData``: who registered, who reviewed, and how each proved who they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packet.models import Json, SubPacket
from packet.rules.entries import OFFICER_FILE, SUPERVISOR_FILE
from packet.rules.judging import judge, labelled, shown, skip
from packet.rules.model import Finding, PlainContent, PlainSubPacket

LABELS = (
    "officerId",
    "officerBiometricFileName",
    "supervisorId",
    "supervisorBiometricFileName",
    "supervisorPassword",
    "officerPassword",
    "supervisorPIN",
    "officerPIN",
    "supervisorOTPAuthentication",
    "officerOTPAuthentication",
)
_FLAGS = ("supervisorPassword", "officerPassword", "supervisorOTPAuthentication", "officerOTPAuthentication")
_OF_ID = (
    "operations.operator",
    "operations.officer-id",
    "operations.officer-file",
    "operations.officer-proof",
    "operations.supervisor-file",
    "operations.supervisor-proof",
)


@dataclass(frozen=True, slots=True)
class _Role:
    name: str
    file: str
    missing_code: str
    unproved_code: str

    @property
    def meta_key(self) -> str:
        return f"{self.file.removesuffix('.xml')}BiometricFileName"


_OFFICER = _Role("officer", OFFICER_FILE, "RPR-OVM-FAILED-005", "RPR-OVM-FAILED-003")
_SUPERVISOR = _Role("supervisor", SUPERVISOR_FILE, "RPR-SVM-FAILED-005", "RPR-SVM-FAILED-003")


def check_operations(content: PlainContent) -> list[Finding]:
    """Labels of operationsData in every sub-packet; the operators' proofs where their files lie, in id."""
    findings: list[Finding] = []
    for part, sub in content.sub_packets.items():
        labels, problems = labelled(sub.meta.get("operationsData"))
        problems += _label_names(labels)
        findings += judge("operations.labels", f"{part}/packet_meta_info.json", problems)
    sub_id = content.sub_packets.get(SubPacket.ID)
    where = f"{SubPacket.ID}/packet_meta_info.json"
    if sub_id is None:
        for check in _OF_ID:
            findings += skip(check, where, "The id sub-packet is missing.")
        return findings
    labels, _ = labelled(sub_id.meta.get("operationsData"))
    officer, supervisor = labels.get("officerId"), labels.get("supervisorId")
    if content.process == "NEW" and not officer and not supervisor:
        findings += judge("operations.operator", where, ["A new registration has neither officer nor supervisor."])
    else:
        findings += judge("operations.operator", where, [])
    missing = [] if officer else ["The officer's id is missing."]
    findings += judge("operations.officer-id", where, missing, _OFFICER.missing_code)
    for role in (_OFFICER, _SUPERVISOR):
        findings += judge(f"operations.{role.name}-file", where, _file(role, labels, sub_id))
        findings += judge(f"operations.{role.name}-proof", where, _proof(role, labels, sub_id), role.unproved_code)
    return findings


def _label_names(labels: Mapping[str, Json]) -> Iterator[str]:
    for label in LABELS:
        if label not in labels:
            yield f"Label {label} is missing."
    for label, value in labels.items():
        if label not in LABELS and label not in ("geoLocLatitude", "geoLoclongitude"):
            yield f"Label {shown(label)} is none of operationsData's."
        if value is not None and not isinstance(value, str):
            yield f"Label {shown(label)} has a value that is neither text nor null."
    for label in _FLAGS:
        if labels.get(label) not in (None, "true", "false"):
            yield f"Label {label} is neither true nor false."


def _file(role: _Role, labels: Mapping[str, Json], sub: PlainSubPacket) -> Iterator[str]:
    label = labels.get(f"{role.name}BiometricFileName")
    if role.file in sub.entry_sizes:
        if label != role.file.removesuffix(".xml"):
            yield f"The {role.name}'s biometric file is there, but its label does not name it."
        if sub.meta.get(role.meta_key) != role.file:
            yield f"The {role.name}'s biometric file is there, but key {role.meta_key} does not name it."
    elif label is not None or role.meta_key in sub.meta:
        yield f"The {role.name}'s biometric file is named but not there."


def _proof(role: _Role, labels: Mapping[str, Json], sub: PlainSubPacket) -> Iterator[str]:
    """A server asks for password or OTP exactly "true" from every operator named without a biometric file."""
    if not labels.get(f"{role.name}Id") or role.file in sub.entry_sizes:
        return
    if "true" not in (labels.get(f"{role.name}Password"), labels.get(f"{role.name}OTPAuthentication")):
        yield f"The {role.name} is proved by neither biometrics, password nor OTP."
