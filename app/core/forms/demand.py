"""Which biometric attributes are asked of whom, and whether what was captured is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.core.expressions.rule import BioRule
from app.core.forms.changes import DiscardReason
from app.core.forms.entries import BiometricsEntry
from app.core.forms.graph import Demanded, FieldNode
from packet.models import BioAttribute, FieldBiometrics

APPLICANT: Final = "applicant"
_ALL: Final = "all"
_PHOTO: Final = BioAttribute.EXCEPTION_PHOTO


@dataclass(frozen=True, slots=True)
class BioDemand:
    """What a biometrics field asks of this person in this process.

    Attributes:
        configured: what the specification lists for the field, in its order, the candidates included.
        candidates: what is asked of this age group.
        rule_text: the country's rule; None if everything that is asked must be there.
        rule: from what is satisfied, whether it is enough; None like `rule_text`.
        wants_photo: an exception photo is due as soon as there is an exception.
        individual_type: sub-type of the field, for example ``applicant`` or ``introducer``.
    """

    configured: tuple[BioAttribute, ...]
    candidates: tuple[BioAttribute, ...]
    rule_text: str | None
    rule: BioRule | None
    wants_photo: bool
    individual_type: str

    def is_met(self, satisfied: Mapping[BioAttribute, bool]) -> bool:
        """Whether that is enough."""
        if self.rule is not None:
            return self.rule(satisfied)
        return all(satisfied.get(attribute, False) for attribute in self.candidates)


def demand_of(node: FieldNode, process: str, age_group: str | None) -> BioDemand:
    """The demand of a field.

    Of its conditional entries the one for this age group and process counts, else the first for all of either or both,
    else what the field lists.
    """
    chosen = _chosen(node.demanded, process, age_group)
    listed = node.spec.bio_attributes
    candidates = listed if chosen is None else chosen.condition.attributes
    rule = None if chosen is None else chosen.rule
    return BioDemand(
        configured=tuple(dict.fromkeys((*listed, *candidates))),
        candidates=tuple(dict.fromkeys(candidates)),
        rule_text=None if rule is None else rule.text,
        rule=rule,
        wants_photo=node.spec.is_exception_photo_required or (node.spec.sub_type or "").casefold() == APPLICANT,
        individual_type=node.spec.sub_type or APPLICANT,
    )


def _chosen(entries: tuple[Demanded, ...], process: str, age_group: str | None) -> Demanded | None:
    here, group = process.casefold(), (age_group or "").casefold()

    def pair(entry: Demanded) -> tuple[str, str]:
        return entry.condition.age_group.casefold(), entry.condition.process.casefold()

    exact = next((entry for entry in entries if group and pair(entry) == (group, here)), None)
    if exact is not None:
        return exact
    wide = {(_ALL, here), (_ALL, _ALL)} | ({(group, _ALL)} if group else set())
    return next((entry for entry in entries if pair(entry) in wide), None)


def fitted(
    demand: BioDemand, entry: BiometricsEntry
) -> tuple[BiometricsEntry, Mapping[DiscardReason, tuple[BioAttribute, ...]]]:
    """What of captures and marks the demand asks for, in its order, and what does not belong there."""
    asked = set(demand.candidates)
    captured = {capture.attribute: capture for capture in reversed(entry.captured)}
    marked = {mark.attribute: mark for mark in reversed(entry.exceptions)}
    surplus = tuple(a for a in (*captured, *marked) if a not in asked and a is not _PHOTO)
    marks = tuple(marked[a] for a in demand.candidates if a in marked)
    keeps_photo = bool(marks) and _PHOTO in captured
    kept = [captured[a] for a in demand.candidates if a in captured]
    fitting = replace(
        entry,
        captured=(*kept, captured[_PHOTO]) if keeps_photo else tuple(kept),
        exceptions=marks,
        automatic=tuple(mark for mark in entry.automatic if mark.attribute not in asked),
        satisfied=None if entry.satisfied is None else entry.satisfied & asked,
    )
    dropped: dict[DiscardReason, tuple[BioAttribute, ...]] = {DiscardReason.AGE_GROUP: surplus} if surplus else {}
    if _PHOTO in captured and not keeps_photo:
        dropped[DiscardReason.NO_EXCEPTION] = (_PHOTO,)
    return fitting, dropped


def satisfied_by(demand: BioDemand, entry: BiometricsEntry) -> dict[BioAttribute, bool]:
    """For everything asked, whether it is there in a way that will do."""
    marked = {mark.attribute for mark in entry.exceptions}
    captured = {capture.attribute for capture in entry.captured}
    good = captured if entry.satisfied is None else captured & entry.satisfied
    return {attribute: attribute in marked or attribute in good for attribute in demand.candidates}


def lacks_photo(demand: BioDemand, entry: BiometricsEntry) -> bool:
    """Whether an exception photo is due and not there."""
    return demand.wants_photo and bool(entry.exceptions) and all(c.attribute is not _PHOTO for c in entry.captured)


def packet_biometrics(demand: BioDemand, entry: BiometricsEntry) -> FieldBiometrics:
    """The field as it goes into the packet.

    Listed as configured is what is there, as capture or exception: what a rule or an age group lets be absent was not asked,
    and servers take an attribute that is configured and neither captured nor excepted for lost.
    """
    exceptions = (*entry.exceptions, *entry.automatic)
    there = {c.attribute for c in entry.captured} | {mark.attribute for mark in exceptions}
    return FieldBiometrics(
        configured=tuple(attribute for attribute in demand.configured if attribute in there),
        captured=entry.captured,
        exceptions=exceptions,
        individual_type=demand.individual_type,
    )
