"""Events that a form cannot take; a window that shows the form as it is never sends them."""

from __future__ import annotations

from app.core.errors import AppError


class FormEventError(AppError):
    """Root of events that do not belong to the form."""

    code = "APP-FORM-EVENT"
    next_step = "Report it with the code; what was entered so far is kept."


class FieldNotInFormError(FormEventError):
    """There is no such field."""

    code = "APP-FORM-FIELD"
    sentence = "The form {process} has no field {field}."


class ControlMismatchError(FormEventError):
    """The field is entered in another way."""

    code = "APP-FORM-CONTROL"
    sentence = "The field {field} is not entered in this way."


class LanguageNotInFormError(FormEventError):
    """The form is not filled in this language."""

    code = "APP-FORM-LANGUAGE"
    sentence = "The field {field} is not filled in the language {language}."


class FormOfOtherProcessError(FormEventError):
    """A draft is of another process than the form that it is to be put into."""

    code = "APP-FORM-PROCESS"
    sentence = "The draft is of the process {found}, not of {process}."
    next_step = "Open it with the form of its own process; if that is gone, discard the draft."
