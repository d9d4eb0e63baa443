"""Errors of the way through the desk. What is wrong with a form or a user is a finding, not an error."""

from __future__ import annotations

from app.core.errors import AppError, StoredDataError


class EventOutOfOrderError(AppError):
    """An event about something that has not begun: a mistake of the program, not of the operator."""

    code = "FLOW-OUT-OF-ORDER"
    sentence = "{event} came while the registration stands at {step}, where it cannot happen."
    next_step = "Nothing was lost. Go on from the step that is shown; if it happens again, report it with the code."


class SavedFlowUnreadableError(StoredDataError):
    """What a draft says of its place in the form cannot be read."""

    code = "FLOW-SAVED-UNREADABLE"
    sentence = "The saved place in the form cannot be read: {why}."
    next_step = "What was entered is kept. Begin again at the first screen of the form."


class FormChangedError(AppError):
    """The form is not any more what was confirmed."""

    code = "FLOW-FORM-CHANGED"
    sentence = "The form was changed after it had been confirmed, so it was not sealed."
    next_step = "Look at the preview and confirm again."
