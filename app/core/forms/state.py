"""What a form is at one moment, and what one event did to it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.core.forms.changes import Discarded
from app.core.forms.demand import BioDemand
from app.core.forms.entries import Entry
from app.core.forms.findings import Finding
from app.core.masterdata.model import Choice


@dataclass(frozen=True, slots=True)
class ApplicantFault:
    """Why it is not known what kind of applicant this is.

    Attributes:
        code: of the error.
        missing: what has to be known first, in the words of the rule; empty if that is not the reason.
    """

    code: str
    missing: str


@dataclass(slots=True)
class FormState:
    """Everything that changes while a form is filled. Whoever changes it goes through `app.core.forms.engine`.

    Attributes:
        entries: what stands in the fields that are not empty.
        identity: the map that rules see.
        published: for each field, the keys that it put into `identity`.
        cycling: fields whose rules contradict themselves, so that what was typed was lost.
        words: blocklisted words by field and language.
        accepted, rejected: by field and language: words that an operator let pass; texts that the operator did not.
        accepted_by: who let them pass; it need not be who goes on with the registration.
        applicant_fault: why there is no applicant type.
    """

    today: date
    entries: dict[str, Entry] = field(default_factory=dict, repr=False)
    identity: dict[str, object] = field(default_factory=dict, repr=False)
    published: dict[str, dict[str, object]] = field(default_factory=dict, repr=False)
    visible: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    disabled: set[str] = field(default_factory=set)
    cycling: set[str] = field(default_factory=set)
    words: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, repr=False)
    accepted: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, repr=False)
    accepted_by: dict[tuple[str, str], str] = field(default_factory=dict)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    applicant_type: str | None = field(default=None, repr=False)
    applicant_fault: ApplicantFault | None = None
    choices: dict[str, tuple[Choice, ...]] = field(default_factory=dict, repr=False)
    suggestions: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    demands: dict[str, BioDemand] = field(default_factory=dict, repr=False)
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict, repr=False)
    additional_info_request_id: str = field(default="", repr=False)
    revision: int = 0


@dataclass(slots=True)
class EventLog:
    """What was before an event, of everything that it touched, and what is still to be done.

    Attributes:
        dirty: keys of `identity` that changed and whose readers were not looked at yet.
        keys: all keys that changed.
        emptied: fields that a rule hid with what stood in them, since the event was last carried through.
        contradicted: those of them that rules then showed again.
        stuck: fields that change actions were still changing when they were stopped.
        queue: fields whose value changed and whose effects on others are still to come.
        writes: how many values were set, to end what would never end.
    """

    entries: dict[str, Entry | None] = field(default_factory=dict, repr=False)
    visible: dict[str, bool] = field(default_factory=dict)
    required: dict[str, bool] = field(default_factory=dict)
    enabled: dict[str, bool] = field(default_factory=dict)
    choices: dict[str, tuple[Choice, ...]] = field(default_factory=dict, repr=False)
    demands: dict[str, BioDemand] = field(default_factory=dict, repr=False)
    touched: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    contradicted: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    dirty: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    queue: list[str] = field(default_factory=list)
    writes: int = 0
    discarded: list[Discarded] = field(default_factory=list)
    is_form_changed: bool = False
