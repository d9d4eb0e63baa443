"""The biometrics of one field while they are being captured: a value that knows MOSIP's rules and nothing else.

Every event gives a new value; nothing here talks to a device.

* Marking or unmarking an exception throws away the captures and attempts of that finger's or eye's group. A face is no
  exception, ever.
* A group whose attributes are all exceptions is not captured.
* Attributes of the field that are not asked of this person, in a group of which others are, count as exceptions of their own
  accord, as in MOSIP; they call for no exception photo. Attributes that the field does not list are told to devices as missing,
  since a device counts whole hands, but are not written into the packet.
* An exception photo is due if the process wants one and at least one exception was marked; it goes when the last mark goes.
* The last allowed attempt is kept whatever its score; then the operator has to say why.
* An attribute is satisfied if it is an exception, or its group reached the threshold or was forced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from devices.client.attempts import Attempts
from devices.client.settings import CaptureSettings
from devices.sbi.attributes import EXCEPTION_PHOTO, FACE, GROUPS, Group, group_of
from packet.errors import CodedError
from packet.models import BioAttribute, BiometricException, CapturedBiometric, ExceptionType, FieldBiometrics

Rule = Callable[[Mapping[BioAttribute, bool]], bool]
"""Says from what is satisfied whether the field is complete; UI specifications have expressions for it."""

_AUTOMATIC_REASON = "Not asked of this person"
REASON_MAX_CHARS = 256


class ExceptionImpossibleError(CodedError):
    """Something that cannot be an exception was marked as one."""

    code = "CAPTURE-EXCEPTION-IMPOSSIBLE"
    sentence = "{attribute} cannot be marked as an exception here."
    next_step = "Mark fingers or eyes that this form asks for."


class ForcedReasonError(CodedError):
    """The reason for keeping a capture below the threshold is missing, too long, or given where nothing was forced."""

    code = "CAPTURE-FORCED-REASON"
    sentence = "The reason for keeping the {group} below the threshold cannot be taken: {why}."
    next_step = "Give a reason of at most 256 characters for a group whose last attempt was kept."


class Lack(StrEnum):
    """Why a group is not finished."""

    CAPTURE = "not captured"
    QUALITY = "below the threshold"
    REASON = "kept below the threshold without a reason"


@dataclass(frozen=True, slots=True)
class Panel:
    """What can be done about one group now.

    Attributes:
        wanted: what a capture of it is to contain.
        told: what a device is told to be missing.
        may_scan: whether another capture is allowed and there is something to capture.
        lack: what it still needs; None if it is finished.
    """

    group: Group
    wanted: tuple[BioAttribute, ...]
    told: tuple[BioAttribute, ...]
    may_scan: bool
    threshold: float
    attempts: Attempts
    lack: Lack | None


@dataclass(frozen=True, slots=True)
class BiometricForm:
    """State of one field.

    Attributes:
        configured: what the field lists, in its order.
        candidates: what is asked of this person; None for all that is configured.
        wants_photo: the process demands an exception photo where there are exceptions.
    """

    configured: tuple[BioAttribute, ...]
    settings: CaptureSettings = field(default_factory=CaptureSettings)
    candidates: frozenset[BioAttribute] | None = None
    wants_photo: bool = True
    individual_type: str = "applicant"
    marks: Mapping[BioAttribute, BiometricException] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    reasons: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    _attempts: Mapping[str, Attempts] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def asked(self) -> tuple[BioAttribute, ...]:
        """What is asked of this person, exceptions included, in the field's order."""
        return tuple(a for a in self.configured if self.candidates is None or a in self.candidates)

    @property
    def is_photo_due(self) -> bool:
        """Whether an exception photo has to be taken."""
        return self.wants_photo and bool(self.marks)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups of which something is asked, the exception photo last if it is due."""
        asked = set(self.asked)
        groups = tuple(g for g in GROUPS if g is not EXCEPTION_PHOTO and asked & set(g.attributes))
        return (*groups, EXCEPTION_PHOTO) if self.is_photo_due else groups

    def automatic_exceptions(self) -> tuple[BiometricException, ...]:
        """What the field lists and this person is not asked for, in groups of which something is asked."""
        asked = set(self.asked)
        return tuple(
            BiometricException(a, ExceptionType.TEMPORARY, _AUTOMATIC_REASON)
            for a in self.configured
            if a not in asked and asked & set(group_of([a]).attributes)
        )

    def panel(self, group: Group) -> Panel:
        """What can be done about a group now."""
        attempts = self.attempts(group)
        if group is EXCEPTION_PHOTO:
            wanted, told = group.attributes, tuple(a for a in BioAttribute if a in self.marks)
        else:
            wanted = tuple(a for a in group.attributes if a in self.asked and a not in self.marks)
            told = tuple(a for a in group.attributes if a not in wanted)
        may_scan = group in self.groups and bool(wanted) and attempts.may_try
        lack = self._lack(group, wanted, attempts)
        return Panel(group, wanted, told, may_scan, attempts.threshold, attempts, lack)

    def attempts(self, group: Group) -> Attempts:
        """The attempts made at a group since its exceptions last changed."""
        known = self._attempts.get(group.name)
        if known is not None:
            return known
        settings = self.settings
        return Attempts(settings.threshold(group), settings.attempts(group), uses_sdk_score=settings.uses_sdk_score)

    def _lack(self, group: Group, wanted: Sequence[BioAttribute], attempts: Attempts) -> Lack | None:
        if not set(wanted) <= set(attempts.kept):
            return Lack.QUALITY if attempts.count else Lack.CAPTURE
        if not attempts.is_complete(wanted):
            return Lack.QUALITY
        if attempts.is_forced and group.name not in self.reasons:
            return Lack.REASON
        return None

    def with_exception(self, attribute: BioAttribute, kind: ExceptionType, reason: str = "") -> BiometricForm:
        """Marks a finger or eye as missing; marking it again changes kind and reason.

        Raises:
            ExceptionImpossibleError: for a face or photo, or what is not asked.
        """
        if attribute not in self.asked or attribute in FACE.attributes or len(reason) > REASON_MAX_CHARS:
            raise ExceptionImpossibleError(attribute=attribute.value)
        marks = {**self.marks, attribute: BiometricException(attribute, kind, reason)}
        if attribute in self.marks:
            return replace(self, marks=MappingProxyType(marks))
        return self._cleared(attribute, marks)

    def without_exception(self, attribute: BioAttribute) -> BiometricForm:
        """Takes a mark away.

        Raises:
            ExceptionImpossibleError: if there is none.
        """
        if attribute not in self.marks:
            raise ExceptionImpossibleError(attribute=attribute.value)
        return self._cleared(attribute, {a: mark for a, mark in self.marks.items() if a is not attribute})

    def _cleared(self, attribute: BioAttribute, marks: dict[BioAttribute, BiometricException]) -> BiometricForm:
        """Without what was captured of the attribute's group; the photo shows the old exceptions and goes as well."""
        gone = {group_of([attribute]).name, EXCEPTION_PHOTO.name}
        return replace(self, marks=MappingProxyType(marks))._without_groups(gone)

    def _without_groups(self, names: set[str]) -> BiometricForm:
        attempts = {name: value for name, value in self._attempts.items() if name not in names}
        reasons = {name: value for name, value in self.reasons.items() if name not in names}
        return replace(self, _attempts=MappingProxyType(attempts), reasons=MappingProxyType(reasons))

    def with_candidates(self, candidates: frozenset[BioAttribute] | None) -> BiometricForm:
        """Other attributes are asked, as when the age group changes: groups whose share in them changed begin anew."""
        changed = replace(self, candidates=candidates)
        before, after = set(self.asked), set(changed.asked)
        marks = {a: mark for a, mark in self.marks.items() if a in after}
        gone = {group_of([a]).name for a in before ^ after}
        if marks.keys() != self.marks.keys():
            gone.add(EXCEPTION_PHOTO.name)
        return replace(changed, marks=MappingProxyType(marks))._without_groups(gone)

    def after_capture(self, group: Group, captures: Sequence[CapturedBiometric]) -> BiometricForm:
        """Takes the accepted captures of one attempt.

        Raises:
            ValueError: if the group may not be captured now, or the captures are not what the panel wants; both are mistakes of
                the caller.
        """
        panel = self.panel(group)
        if not panel.may_scan or sorted(c.attribute for c in captures) != sorted(panel.wanted):
            raise ValueError("the group may not be captured, or not like this")
        attempts = {**self._attempts, group.name: panel.attempts.after(captures)}
        return replace(self, _attempts=MappingProxyType(attempts))

    def with_reason(self, group: Group, reason: str) -> BiometricForm:
        """Says why captures below the threshold are kept.

        Raises:
            ForcedReasonError: if nothing was forced, or the reason is empty or too long.
        """
        if not self.attempts(group).is_forced:
            raise ForcedReasonError(group=group.name, why="nothing below the threshold is kept")
        if not reason.strip() or len(reason) > REASON_MAX_CHARS:
            raise ForcedReasonError(group=group.name, why="it is empty or too long")
        return replace(self, reasons=MappingProxyType({**self.reasons, group.name: reason.strip()}))

    def satisfied(self) -> dict[BioAttribute, bool]:
        """For everything asked, whether it is satisfied."""
        panels = {a: panel for panel in map(self.panel, self.groups) for a in panel.group.attributes}
        return {a: a in self.marks or panels[a].lack is None for a in self.asked}

    def is_complete(self, rule: Rule | None = None) -> bool:
        """Whether the field is complete: by the rule, or if everything asked is satisfied; and the photo is there if due."""
        satisfied = self.satisfied()
        is_field_good = all(satisfied.values()) if rule is None else rule(satisfied)
        return is_field_good and (not self.is_photo_due or self.panel(EXCEPTION_PHOTO).lack is None)

    def biometrics(self) -> FieldBiometrics:
        """What goes into the packet: captures in the field's order, the exception photo last, and all exceptions."""
        groups = self.groups
        kept = {a: c for group in groups for a, c in self.attempts(group).kept.items()}
        order = dict.fromkeys((*self.asked, *EXCEPTION_PHOTO.attributes))
        return FieldBiometrics(
            configured=self.configured,
            captured=tuple(kept[a] for a in order if a in kept),
            exceptions=(*(self.marks[a] for a in self.asked if a in self.marks), *self.automatic_exceptions()),
            individual_type=self.individual_type,
        )
