"""Every message of a form: key to sentence and next step, in English; translations have the same keys.

Templates name parameters of the finding in braces. A country's own ``errorCode`` of a validator is looked up in the country's
texts first; where it is not known, the sentence of `PATTERN` stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType
from typing import Final

from app.core.forms.findings import Finding
from app.core.idnumbers.findings import IdFinding

REQUIRED: Final = "FORM-REQUIRED"
CHOICE_REQUIRED: Final = "FORM-CHOICE-REQUIRED"
TICK_REQUIRED: Final = "FORM-TICK-REQUIRED"
NOT_SHOWN: Final = "FORM-NOT-SHOWN"
CONSENT_REFUSED: Final = "FORM-CONSENT-REFUSED"
TEXT_TOO_LONG: Final = "FORM-TEXT-TOO-LONG"
TEXT_SIGNS: Final = "FORM-TEXT-SIGNS"
TEXT_BEGINNING: Final = "FORM-TEXT-BEGINNING"
NOT_A_NUMBER: Final = "FORM-NOT-A-NUMBER"
PATTERN: Final = "FORM-PATTERN"
PATTERN_UNDECIDED: Final = "FORM-PATTERN-UNDECIDED"
WORDS_FOUND: Final = "FORM-WORDS-FOUND"
WORDS_REJECTED: Final = "FORM-WORDS-REJECTED"
INTRODUCER_IS_APPLICANT: Final = "FORM-INTRODUCER-IS-APPLICANT"
CHOICE_NOT_OFFERED: Final = "FORM-CHOICE-NOT-OFFERED"
DATE_INCOMPLETE: Final = "FORM-DATE-INCOMPLETE"
DATE_FIGURES: Final = "FORM-DATE-FIGURES"
DATE_IMPOSSIBLE: Final = "FORM-DATE-IMPOSSIBLE"
DATE_IN_FUTURE: Final = "FORM-DATE-IN-FUTURE"
DATE_OUT_OF_RANGE: Final = "FORM-DATE-OUT-OF-RANGE"
AGE_UNREADABLE: Final = "FORM-AGE-UNREADABLE"
AGE_TOO_HIGH: Final = "FORM-AGE-TOO-HIGH"
APPLICANT_TYPE_UNKNOWN: Final = "FORM-APPLICANT-TYPE-UNKNOWN"
APPLICANT_TYPE_UNDECIDED: Final = "FORM-APPLICANT-TYPE-UNDECIDED"
DOCUMENT_REQUIRED: Final = "FORM-DOCUMENT-REQUIRED"
DOCUMENT_TYPE_NOT_ALLOWED: Final = "FORM-DOCUMENT-TYPE-NOT-ALLOWED"
DOCUMENT_REFERENCE: Final = "FORM-DOCUMENT-REFERENCE"
DOCUMENT_EMPTY: Final = "FORM-DOCUMENT-EMPTY"
DOCUMENT_TOO_LARGE: Final = "FORM-DOCUMENT-TOO-LARGE"
DOCUMENT_FORMAT: Final = "FORM-DOCUMENT-FORMAT"
DOCUMENT_CONTENT: Final = "FORM-DOCUMENT-CONTENT"
CAPTURES_MISSING: Final = "FORM-CAPTURES-MISSING"
PHOTO_MISSING: Final = "FORM-PHOTO-MISSING"
FACE_EXCEPTED: Final = "FORM-FACE-EXCEPTED"
EXCEPTED_AND_CAPTURED: Final = "FORM-EXCEPTED-AND-CAPTURED"
REQUEST_ID_REQUIRED: Final = "FORM-REQUEST-ID-REQUIRED"
GROUPS_REQUIRED: Final = "FORM-GROUPS-REQUIRED"
GROUP_UNKNOWN: Final = "FORM-GROUP-UNKNOWN"
UIN_REQUIRED: Final = "FORM-UIN-REQUIRED"
SPEC_FAULT: Final = "FORM-SPEC-FAULT"
SPEC_NOT_UNDERSTOOD: Final = "FORM-SPEC-NOT-UNDERSTOOD"
RULES_CONTRADICT: Final = "FORM-RULES-CONTRADICT"

MISFIT_FIELD: Final = "FORM-MISFIT-FIELD"
MISFIT_KIND: Final = "FORM-MISFIT-KIND"
MISFIT_LANGUAGE: Final = "FORM-MISFIT-LANGUAGE"
MISFIT_CHOICE: Final = "FORM-MISFIT-CHOICE"
MISFIT_DATE: Final = "FORM-MISFIT-DATE"
MISFIT_HIDDEN: Final = "FORM-MISFIT-HIDDEN"
MISFIT_DOCUMENT: Final = "FORM-MISFIT-DOCUMENT"
MISFIT_CAPTURES: Final = "FORM-MISFIT-CAPTURES"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence and what to do about it; templates over the finding's parameters."""

    sentence: str
    next_step: str


_ID_NEXT = "Compare it with the person's papers and enter it again."
_DATE_NEXT = "Correct the date."
_SCAN_NEXT = "Scan the document again."
_AUTHOR_NEXT = "Nothing can be submitted with this form until the country corrects it. Tell your administrator."
_MISFIT_NEXT = "Enter it by hand."

MESSAGES: Final[Mapping[str, Message]] = MappingProxyType(
    {
        REQUIRED: Message("This field has to be filled.", "Fill it."),
        CHOICE_REQUIRED: Message("Nothing is chosen.", "Choose one entry of the list."),
        TICK_REQUIRED: Message("This box has to be ticked.", "Tick it if the person agrees."),
        NOT_SHOWN: Message("This text has to be shown to the person.", "Open it and let the person read it."),
        CONSENT_REFUSED: Message(
            "The person does not consent; no server takes a registration without consent.",
            "Tick the box if the person agrees, otherwise discard the registration.",
        ),
        TEXT_TOO_LONG: Message("The text has more than {limit} signs.", "Shorten it."),
        TEXT_SIGNS: Message(
            "The text has signs that cannot be stored.", "Remove what is shown as a question mark in a diamond."
        ),
        TEXT_BEGINNING: Message(
            "The text begins with a sign that servers cannot read there.", "Write it without the sign at its beginning."
        ),
        NOT_A_NUMBER: Message("This is not a number.", "Enter it in figures."),
        PATTERN: Message("The text does not have the form that is asked for.", "Correct it."),
        PATTERN_UNDECIDED: Message(
            "Checking this text took too long.",
            "Shorten it. If it stays, tell your administrator.",
        ),
        WORDS_FOUND: Message("Some words need a second look: {words}.", "Accept them if they belong there, or reject them."),
        WORDS_REJECTED: Message("Rejected words: {words}.", "Change the text."),
        INTRODUCER_IS_APPLICANT: Message(
            "The introducer has the same number as the person whose data are updated.", "Enter the number of the introducer."
        ),
        CHOICE_NOT_OFFERED: Message("What stands here is not in the list.", "Choose one entry of the list."),
        DATE_INCOMPLETE: Message("Day, month or year is missing.", "Enter all three."),
        DATE_FIGURES: Message("The date is not in figures.", "Enter day, month and year in figures."),
        DATE_IMPOSSIBLE: Message("There is no such date.", _DATE_NEXT),
        DATE_IN_FUTURE: Message("The date lies in the future.", _DATE_NEXT),
        DATE_OUT_OF_RANGE: Message(
            "The date is outside what is allowed here (after {minimum} and before {maximum} days from today).",
            _DATE_NEXT,
        ),
        AGE_UNREADABLE: Message("The age is not a number of full years.", "Enter it in figures, for example 34."),
        AGE_TOO_HIGH: Message("The age is above {limit} years.", "Correct the age or the date of birth."),
        APPLICANT_TYPE_UNDECIDED: Message(
            "Which documents this person can show depends on {missing}, which is not filled in.", "Fill in {missing} first."
        ),
        APPLICANT_TYPE_UNKNOWN: Message(
            "It cannot be told which documents this person can show ({code}).",
            "Correct date of birth, gender and residence; if it stays, report the code to the administrator.",
        ),
        DOCUMENT_REQUIRED: Message("The document is missing.", "Choose its type and scan it."),
        DOCUMENT_TYPE_NOT_ALLOWED: Message(
            "This person cannot show a document of this type here.", "Choose another type and scan that document."
        ),
        DOCUMENT_REFERENCE: Message(
            "The reference number is longer than {limit} signs or has such as cannot be stored.", "Correct it."
        ),
        DOCUMENT_EMPTY: Message("The document has no content.", _SCAN_NEXT),
        DOCUMENT_TOO_LARGE: Message(
            "The document has {size} bytes; {limit} are allowed.", "Scan it again with fewer pages or less resolution."
        ),
        DOCUMENT_FORMAT: Message("The document has none of the formats {formats}.", _SCAN_NEXT),
        DOCUMENT_CONTENT: Message("The document is not what its format says.", _SCAN_NEXT),
        CAPTURES_MISSING: Message(
            "Biometrics are missing or not good enough: {attributes}.", "Capture them, or mark what the person does not have."
        ),
        PHOTO_MISSING: Message("The exception photo is missing.", "Take it."),
        FACE_EXCEPTED: Message("A face cannot be marked as missing.", "Capture the face."),
        EXCEPTED_AND_CAPTURED: Message(
            "{attributes} is marked as missing and captured as well.", "Remove the mark or capture the group again."
        ),
        REQUEST_ID_REQUIRED: Message("The request id of the correction is missing.", "Enter it as the person was told it."),
        GROUPS_REQUIRED: Message("Nothing is chosen for the update.", "Choose at least one group of data."),
        GROUP_UNKNOWN: Message("The form has no group {group}.", "Choose again what is updated."),
        UIN_REQUIRED: Message("The UIN of the person is missing.", "Enter it."),
        SPEC_FAULT: Message("The country's form has a mistake at {path}: {why} ({code}).", _AUTHOR_NEXT),
        SPEC_NOT_UNDERSTOOD: Message("The country's form has something here that is not understood.", _AUTHOR_NEXT),
        RULES_CONTRADICT: Message(
            "The rules of this field contradict themselves; what was entered was lost.",
            "Empty the field to go on without it, and tell your administrator.",
        ),
        IdFinding.EMPTY: Message("The number is missing.", _ID_NEXT),
        IdFinding.LENGTH: Message("The number does not have the right length.", _ID_NEXT),
        IdFinding.NOT_DIGITS: Message("The number has other signs than digits.", _ID_NEXT),
        IdFinding.FIRST_DIGIT: Message("No such number begins with this digit.", _ID_NEXT),
        IdFinding.SEQUENCE: Message("No such number has digits that count up or down like these.", _ID_NEXT),
        IdFinding.REPEATED_DIGIT: Message("No such number repeats a digit like this.", _ID_NEXT),
        IdFinding.REPEATED_BLOCK: Message("No such number repeats a group of digits like this.", _ID_NEXT),
        IdFinding.EVEN_DIGITS: Message("No such number has so many even digits in a row.", _ID_NEXT),
        IdFinding.RESTRICTED: Message("No such number has this group of digits.", _ID_NEXT),
        IdFinding.CYCLIC: Message("No such number has digits in this order.", _ID_NEXT),
        IdFinding.CHECK_DIGIT: Message("A digit of the number is wrong.", _ID_NEXT),
        IdFinding.MIRRORED: Message("No such number ends like its beginning mirrored.", _ID_NEXT),
        IdFinding.HALVES_EQUAL: Message("No such number has two equal halves.", _ID_NEXT),
        IdFinding.RID_TIME: Message("The time in the registration id is not possible.", _ID_NEXT),
        IdFinding.RID_CENTRE: Message("The registration id is of another centre.", _ID_NEXT),
        IdFinding.RID_MACHINE: Message("The registration id is of another machine.", _ID_NEXT),
        IdFinding.REQUEST_FORM: Message("The request id does not have the right form.", _ID_NEXT),
        IdFinding.REQUEST_RID: Message("The registration id in the request id is not possible.", _ID_NEXT),
        IdFinding.REQUEST_PROCESS: Message("The request id is for another process.", _ID_NEXT),
        IdFinding.REQUEST_ITERATION: Message("The count at the end of the request id is not possible.", _ID_NEXT),
        MISFIT_FIELD: Message("The form does not have this field (any more).", "Nothing; it is left out."),
        MISFIT_KIND: Message("What was kept does not belong into this kind of field.", _MISFIT_NEXT),
        MISFIT_LANGUAGE: Message("A text is in a language that is not entered here.", _MISFIT_NEXT),
        MISFIT_CHOICE: Message("What was chosen is not in the list.", "Choose from the list."),
        MISFIT_DATE: Message("The date cannot be read.", _MISFIT_NEXT),
        MISFIT_HIDDEN: Message("The field is not asked of this person.", "Nothing; it is left out."),
        MISFIT_DOCUMENT: Message("The document is missing or does not belong here.", "Scan it again."),
        MISFIT_CAPTURES: Message("Captures are missing or not asked of this person.", "Capture again what is missing."),
    }
)


def is_known(key: str) -> bool:
    """Whether a key is in the table; what is not is a country's own."""
    return key in MESSAGES


def sentence_of(finding: Finding) -> str:
    """The English sentence of a finding, its parameters filled in."""
    return _filled(MESSAGES.get(finding.message, MESSAGES[PATTERN]).sentence, finding.params)


def next_step_of(finding: Finding) -> str:
    """What to do about a finding, in English."""
    return _filled(MESSAGES.get(finding.message, MESSAGES[PATTERN]).next_step, finding.params)


def parameters_of(message: Message) -> frozenset[str]:
    """Names of the parameters that a message's templates have."""
    parts = (*Formatter().parse(message.sentence), *Formatter().parse(message.next_step))
    return frozenset(name for _, name, _, _ in parts if name is not None)


def _filled(template: str, params: Mapping[str, str]) -> str:
    known = {name: params.get(name, "") for _, name, _, _ in Formatter().parse(template) if name is not None}
    return template.format_map(known)
