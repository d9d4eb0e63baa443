"""What a form needs to know beside its specification: languages, the country's data and settings, the day, the operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from app.core.ages import AgeGroups
from app.core.blocklist import Blocklist
from app.core.changeactions import ChangeActions
from app.core.formsettings import FormSettings
from app.core.masterdata.model import MasterData
from app.core.transliteration import Transliterator


class ApplicantTypeRule(Protocol):
    """Finds the applicant type, on which the allowed documents depend."""

    def __call__(self, identity: Mapping[str, object], age_groups: AgeGroups, today: date) -> str:
        """The applicant type code, for example ``004``.

        Raises:
            CodedError: if the rule cannot tell; the form then offers no documents and says why.
        """


@dataclass(frozen=True, slots=True)
class FormContext:
    """Surroundings of one form.

    Attributes:
        lang_codes: languages in which data are entered, in the order in which they were chosen; at least one.
        today: the day in UTC.
        id_schema_version: goes into rules as ``IDSchemaVersion``.
        operator_id: who accepts blocklisted words.
        update_groups: UPDATE: the groups of fields that were ticked.
        uin: UPDATE: whose data are updated.
        schema_fields: fields of the ID schema; what is added without a field of its own, such as ``selectedHandles``, is left
            out if the schema does not have it. None: not known, nothing is left out.
    """

    lang_codes: tuple[str, ...]
    master_data: MasterData = field(repr=False)
    settings: FormSettings = field(repr=False)
    today: Callable[[], date] = field(repr=False)
    id_schema_version: float
    transliterator: Transliterator = field(repr=False)
    blocklist: Blocklist = field(repr=False)
    change_actions: ChangeActions = field(repr=False)
    applicant_type: ApplicantTypeRule = field(repr=False)
    operator_id: str
    update_groups: tuple[str, ...] = ()
    uin: str | None = field(default=None, repr=False)
    schema_fields: frozenset[str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.lang_codes:
            raise ValueError("a form is filled in at least one language")
