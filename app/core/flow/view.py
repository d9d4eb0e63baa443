"""What the way through the desk asks of a form, and of the country's rules about who confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.core.factors import AuthenticationMethods
from app.core.forms.findings import Finding
from app.core.reviewing import REVIEWER_ROLES, UserDirectory
from app.core.uispec.model import SpecFault


@dataclass(frozen=True, slots=True)
class ConsentBox:
    """A visible consent field.

    Attributes:
        is_answered: it holds ``Y`` or ``N``.
    """

    screen: str
    field: str
    is_answered: bool


class FormView(Protocol):
    """A form that is being filled."""

    @property
    def revision(self) -> int:
        """A number that every change of the form raises, and that a restored form keeps."""
        ...

    @property
    def has_biometric_exceptions(self) -> bool:
        """Whether an exception is recorded in any visible biometrics field."""
        ...

    @property
    def screen_names(self) -> Sequence[str]:
        """Names of all screens, in order."""
        ...

    @property
    def visible_screens(self) -> Sequence[str]:
        """Names of the screens with at least one visible field, in order."""
        ...

    @property
    def blocking_faults(self) -> Sequence[SpecFault]:
        """Mistakes of the specification with which nothing may be submitted."""
        ...

    @property
    def is_update(self) -> bool:
        """Whether what is updated has to be chosen first."""
        ...

    @property
    def consent_boxes(self) -> Sequence[ConsentBox]:
        """The visible consent fields."""
        ...

    def update_findings(self) -> Sequence[Finding]:
        """What is wrong with the choice of what is updated."""
        ...

    def findings(self, screen: str | None = None) -> Sequence[Finding]:
        """What is wrong with a screen, or with the whole form; nothing about fields that are not visible."""
        ...


@dataclass(frozen=True, slots=True)
class FlowRules:
    """Who confirms a registration.

    Attributes:
        session_user_id: who is logged in.
        session_key: different for each login; authentications of another login do not count.
        is_reviewer_needed: whether exceptions need a reviewer (``mosip.registration.reviewer_authentication_configuration``).
        reviewer_roles: a reviewer holds one of them.
    """

    session_user_id: str
    session_key: str = field(repr=False)
    users: UserDirectory
    methods: AuthenticationMethods
    is_reviewer_needed: bool = True
    reviewer_roles: frozenset[str] = REVIEWER_ROLES
