"""What is wrong with a form, all at once: where, which message, with what in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field  # `Finding.field` would hide it
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that keeps a form from being submitted.

    Attributes:
        message: key of the sentence, for example ``FORM-REQUIRED``, or the country's own ``errorCode``.
        screen: name of the screen; None for the form as a whole.
        field: id; None for the screen as a whole.
        lang_code: for a text in one of several languages.
        params: what the sentence names; may hold what was typed, therefore never logged.
    """

    message: str
    screen: str | None = None
    field: str | None = None
    lang_code: str | None = None
    params: Mapping[str, str] = dataclass_field(default_factory=lambda: MappingProxyType({}), repr=False)
