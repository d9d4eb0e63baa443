"""A desk for tests of the way through a registration: users, captures, and a form on paper.

The paper form knows nothing of the application's form engine: fields, values, and its own few rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.core.factors import OFFICER, SUPERVISOR, AuthenticationMethods, MethodRow
from app.core.flow.view import ConsentBox, FlowRules
from app.core.forms.findings import Finding
from app.core.reviewing import LocalUser
from app.core.uispec.model import SpecFault
from packet.models import BioAttribute, CapturedBiometric, DeviceToken


class Users:
    """The users of a machine, found whatever the case."""

    def __init__(self, *users: LocalUser) -> None:
        self.known = {user.user_id.casefold(): user for user in users}

    def find(self, user_id: str) -> LocalUser | None:
        return self.known.get(user_id.strip().casefold())

    def change(self, user_id: str, *, is_active: bool = True, roles: Iterable[str]) -> None:
        self.known[user_id.casefold()] = LocalUser(user_id, is_active, frozenset(roles))


def usual_users() -> Users:
    """An officer, a colleague, two supervisors, one of whom has left."""
    return Users(
        LocalUser("officer", True, frozenset({OFFICER})),
        LocalUser("colleague", True, frozenset({OFFICER})),
        LocalUser("Supervisor", True, frozenset({SUPERVISOR, OFFICER})),
        LocalUser("left", False, frozenset({SUPERVISOR})),
    )


def methods_of(packet: Iterable[str] = ("PWD",), exception: Iterable[str] = ("PWD",)) -> AuthenticationMethods:
    """The factors of operators, whatever their role, and of reviewing supervisors."""
    rows = [MethodRow("packet_auth", role, code, n) for role in (OFFICER, SUPERVISOR) for n, code in enumerate(packet)]
    rows += [MethodRow("exception_auth", SUPERVISOR, code, n) for n, code in enumerate(exception)]
    return AuthenticationMethods(tuple(rows))


def rules_of(users: Users, methods: AuthenticationMethods | None = None, *, login: str = "login 1") -> FlowRules:
    """The rules of a desk at which the officer sits."""
    return FlowRules(session_user_id="officer", session_key=login, users=users, methods=methods or methods_of())


def capture_of(attribute: BioAttribute) -> CapturedBiometric:
    """A capture as good as any for what the desk does with it."""
    return CapturedBiometric(attribute, DeviceToken("{}", "e30..c2ln", b"iso"), 80.0, datetime(2025, 6, 2, tzinfo=UTC))


@dataclass(frozen=True)
class PaperField:
    """One line of the paper form. `only_for` and `required_for`: age groups; None: all."""

    id: str
    screen: str
    kind: str
    is_required: bool = True
    only_for: str | None = None


PAPER_FIELDS = (
    PaperField("consentText", "Consent", "html", is_required=False),
    PaperField("consent", "Consent", "consent"),
    PaperField("fullName", "Person", "text"),
    PaperField("nickname", "Person", "text", is_required=False),
    PaperField("guardianName", "Guardian", "text", only_for="INFANT"),
    PaperField("proofOfIdentity", "Papers", "document", only_for="ADULT"),
    PaperField("individualBiometrics", "Body", "biometrics"),
)


@dataclass
class PaperForm:
    """A form that is being filled.

    Attributes:
        age_group: ``INFANT`` or ``ADULT``: which fields are there.
        values: field id to what was entered; for biometrics ``captured`` or ``excepted``.
        hidden: screens that are hidden for another reason.
        choice: UPDATE only: whether what is updated was chosen well.
    """

    fields: tuple[PaperField, ...] = PAPER_FIELDS
    is_update: bool = False
    choice: bool = False
    age_group: str = "ADULT"
    values: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    faults: tuple[SpecFault, ...] = ()
    revision: int = 0

    def put(self, field_id: str, value: str | None) -> None:
        """Enters or clears a value."""
        self.revision += 1
        if value is None:
            self.values.pop(field_id, None)
        else:
            self.values[field_id] = value

    def choose(self, *, well: bool) -> None:
        """Chooses what is updated."""
        self.revision += 1
        self.choice = well

    def set_age_group(self, age_group: str) -> None:
        """Another age group; as in the real form, captures are of the old one."""
        self.revision += 1
        self.age_group = age_group
        self.values.pop("individualBiometrics", None)

    def toggle(self, screen: str) -> None:
        """Hides or shows a screen; what was entered on a hidden one is lost."""
        self.revision += 1
        self.hidden ^= {screen}
        for item in self.fields:
            if item.screen in self.hidden:
                self.values.pop(item.id, None)

    def is_visible(self, item: PaperField) -> bool:
        return item.screen not in self.hidden and item.only_for in (None, self.age_group)

    @property
    def screen_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.screen for item in self.fields))

    @property
    def visible_screens(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.screen for item in self.fields if self.is_visible(item)))

    @property
    def has_biometric_exceptions(self) -> bool:
        return any(self.is_visible(item) and self.values.get(item.id) == "excepted" for item in self.fields)

    @property
    def blocking_faults(self) -> tuple[SpecFault, ...]:
        return self.faults

    @property
    def consent_boxes(self) -> tuple[ConsentBox, ...]:
        return tuple(
            ConsentBox(item.screen, item.id, self.values.get(item.id) in ("Y", "N"))
            for item in self.fields
            if item.kind == "consent" and self.is_visible(item)
        )

    def update_findings(self) -> tuple[Finding, ...]:
        return () if self.choice or not self.is_update else (Finding("FORM-UPDATE-CHOICE"),)

    def findings(self, screen: str | None = None) -> tuple[Finding, ...]:
        return tuple(
            Finding("FORM-REQUIRED", item.screen, item.id)
            for item in self.fields
            if self.is_visible(item) and item.is_required and screen in (None, item.screen) and not self._is_filled(item)
        )

    def _is_filled(self, item: PaperField) -> bool:
        value = self.values.get(item.id)
        return value == "Y" if item.kind == "consent" else bool(value)


def fill(form: PaperForm) -> None:
    """Everything that is asked for."""
    if form.is_update:
        form.choose(well=True)
    for item in form.fields:
        if form.is_visible(item) and item.is_required:
            form.put(item.id, {"consent": "Y", "biometrics": "captured"}.get(item.kind, "filled"))
