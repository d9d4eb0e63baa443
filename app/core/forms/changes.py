"""What an event did to a form, so that a window repaints that and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DiscardReason(StrEnum):
    """Why something that had been entered is gone."""

    HIDDEN = "hidden"
    """Its field is not visible any more."""
    APPLICANT_TYPE = "applicant type"
    """The document's type is not allowed for this kind of applicant."""
    DOCUMENT_TYPE = "document type"
    """Another type of document was chosen than the one that was scanned."""
    AGE_GROUP = "age group"
    """These captures are not asked of this age group."""
    NO_EXCEPTION = "no exception"
    """An exception photo without exceptions."""


@dataclass(frozen=True, slots=True)
class Discarded:
    """A document or captures that an event took away. `names`: the attributes, or nothing for a document."""

    field: str
    reason: DiscardReason
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of the fields of which something changed, by what changed. Empty (and false) if nothing did."""

    values: frozenset[str] = frozenset()
    visibility: frozenset[str] = frozenset()
    requirement: frozenset[str] = frozenset()
    enabled: frozenset[str] = frozenset()
    choices: frozenset[str] = frozenset()
    demand: frozenset[str] = frozenset()
    suggestions: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
    screens: frozenset[str] = frozenset()
    discarded: tuple[Discarded, ...] = ()
    is_form_changed: bool = False
    """Something beside the fields changed, for example the additional information request id."""

    @property
    def fields(self) -> frozenset[str]:
        """All fields of which something changed."""
        return (
            self.values
            | self.visibility
            | self.requirement
            | self.enabled
            | self.choices
            | self.demand
            | self.suggestions
            | self.findings
        )

    def __bool__(self) -> bool:
        return bool(self.fields or self.screens or self.discarded or self.is_form_changed)

    def joined(self, later: Changes) -> Changes:
        """What this event and a later one did together; what the later one took back is told all the same."""
        if not self or not later:
            return self or later
        return Changes(
            values=self.values | later.values,
            visibility=self.visibility | later.visibility,
            requirement=self.requirement | later.requirement,
            enabled=self.enabled | later.enabled,
            choices=self.choices | later.choices,
            demand=self.demand | later.demand,
            suggestions=self.suggestions | later.suggestions,
            findings=self.findings | later.findings,
            screens=self.screens | later.screens,
            discarded=(*self.discarded, *later.discarded),
            is_form_changed=self.is_form_changed or later.is_form_changed,
        )


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something of a draft or pre-registration that did not fit the form. Names only, never a value.

    Attributes:
        reason: key of a sentence in `app.core.forms.messages`.
    """

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of a pre-registration's data."""

    changes: Changes
    misfits: tuple[Misfit, ...] = ()
