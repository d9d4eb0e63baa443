"""Sentences and next steps of what keeps a registration from moving on, in English; translations have the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.core.flow import guards
from app.core.forms import messages as of_forms
from app.core.forms.findings import Finding
from app.core.forms.messages import Message
from app.core.reviewing import Refusal

_ADMINISTRATOR = "Ask the administrator, then synchronise."

MESSAGES: Final[Mapping[str, Message]] = MappingProxyType(
    {
        guards.FORM_FAULTY: Message(
            "The form has a mistake at {path}: {why}.",
            "Nothing can be submitted with this form until the country corrects it. Tell your administrator.",
        ),
        guards.FORM_EMPTY: Message(
            "The form asks nothing of this person.", "Check what was chosen; if it is right, tell your administrator."
        ),
        guards.SCREEN_SKIPPED: Message("This screen was not looked at yet.", "Open it and fill what it asks."),
        guards.CONSENT_UNANSWERED: Message("The question for consent is not answered.", "Ask the person and answer it."),
        guards.PREVIEW_NOT_SEEN: Message(
            "The preview did not show the form as it is now.", "Look at the preview together with the person."
        ),
        guards.OPERATOR_NOT_CONFIRMED: Message("The operator has not confirmed the registration.", "Authenticate."),
        guards.REVIEWER_NOT_CONFIRMED: Message(
            "Exceptions were recorded, and no reviewer has confirmed them.", "Let a supervisor authenticate."
        ),
        guards.STEP_GONE: Message("This screen is not part of the form any more.", "Go on from the screen that is shown."),
        guards.SEALING_RUNS: Message("The registration is being sealed.", "Wait until it is finished."),
        guards.ALREADY_SEALED: Message("The registration is sealed.", "Begin a new registration."),
        Refusal.OPERATOR_IS_ANOTHER: Message(
            "This is not the user who is logged in.", "Let the user confirm who made the registration."
        ),
        Refusal.USER_UNKNOWN: Message("This machine does not know the user.", "Check the id; synchronise if the user is new."),
        Refusal.USER_INACTIVE: Message("The user is not active any more.", _ADMINISTRATOR),
        Refusal.REVIEWER_IS_OPERATOR: Message(
            "The operator cannot review their own registration.", "Let another person with a reviewing role authenticate."
        ),
        Refusal.REVIEWER_ROLE_MISSING: Message("The user has no role that reviews.", "Let a supervisor authenticate."),
        Refusal.NO_FACTOR: Message("No way of authenticating is configured for this user.", _ADMINISTRATOR),
        Refusal.FACTOR_UNKNOWN: Message("The factor {factor} is asked for, which does not exist here.", _ADMINISTRATOR),
        Refusal.FACTOR_WRONG: Message("What was presented is not right.", "Try again; what was presented before it stays."),
        Refusal.OTP_NEEDS_SERVER: Message(
            "The server has not confirmed the one-time password.", "Connect to the server and ask for a new one."
        ),
        Refusal.CAPTURE_UNUSABLE: Message("The capture does not fit what is asked for.", "Capture again."),
    }
)


def sentence_of(finding: Finding) -> str:
    """The English sentence of a finding of flow or form, its parameters filled in."""
    message = MESSAGES.get(finding.message)
    return of_forms.sentence_of(finding) if message is None else _filled(message.sentence, finding)


def next_step_of(finding: Finding) -> str:
    """What to do about a finding of flow or form, in English."""
    message = MESSAGES.get(finding.message)
    return of_forms.next_step_of(finding) if message is None else _filled(message.next_step, finding)


def _filled(template: str, finding: Finding) -> str:
    return template.format_map({"path": "", "why": "", "factor": "", **finding.params})
