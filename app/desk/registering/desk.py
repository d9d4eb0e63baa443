"""What a registration at the desk needs around it: store, country, machine, people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from cryptography import x509

from app.core.audits import AuditWriter
from app.core.blocklist import Blocklist
from app.core.changeactions import ChangeActions, mosip_actions
from app.core.drafts import DraftHeader, DraftId, DraftList, StoredDraft
from app.core.factors import AuthenticationMethods
from app.core.flow.view import FlowRules
from app.core.forms.context import ApplicantTypeRule
from app.core.formsettings import FormSettings
from app.core.masterdata.model import MasterData
from app.core.reviewing import REVIEWER_ROLES, UserDirectory
from app.core.transliteration import Transliterator
from app.core.uispec.publication import PublishedForms
from app.desk.autosave import SaveState
from app.desk.enrol import RidCounter
from app.desk.seal import Sealer
from devices.client.settings import CaptureSettings
from packet.idschema import read_id_schema
from packet.models import AuditEntry, ClientInfo, Clock, Entropy


class Drafts(Protocol):
    """Where registrations in work are kept."""

    def begin(
        self,
        header: DraftHeader,
        parts: Mapping[str, bytes] | None = None,
        *,
        audit: AuditEntry | None = None,
        holder: str | None = None,
    ) -> None:
        """Makes a draft with its first parts and the audit row that says so, all or nothing."""
        ...

    def save(
        self,
        draft_id: DraftId,
        changed: Mapping[str, bytes],
        removed: Collection[str],
        step: str,
        at: datetime,
        holder: str | None = None,
    ) -> None:
        """Replaces the named parts and removes others, all or nothing; refused if another holder took it."""
        ...

    def take(self, draft_id: DraftId, holder: str, revision: int) -> None:
        """Makes somebody the holder; refused if the draft is not at that revision any more."""
        ...

    def load(self, draft_id: DraftId) -> StoredDraft:
        """A draft with all its parts."""
        ...

    def list(self) -> DraftList:
        """All drafts, without their parts."""
        ...

    def discard(self, draft_id: DraftId, audit: AuditEntry) -> None:
        """Removes a draft for good, with the audit row that says so."""
        ...

    def expire(self, before: datetime, audit: Callable[[str], AuditEntry]) -> tuple[DraftId, ...]:
        """Removes the drafts that were last changed before an instant."""
        ...


class AuditSink(Protocol):
    """Where audit rows go."""

    def add(self, entry: AuditEntry) -> None:
        """Writes a row, durable on return."""
        ...


@dataclass(frozen=True, slots=True)
class Country:
    """What the country published, as the last synchronisation left it.

    Attributes:
        methods: who presents which factors.
        blocklist: the country's words, prepared once.
    """

    forms: PublishedForms
    master_data: MasterData = field(repr=False)
    settings: FormSettings = field(repr=False)
    captures: CaptureSettings = field(repr=False)
    methods: AuthenticationMethods = field(repr=False)
    applicant_type: ApplicantTypeRule = field(repr=False)
    blocklist: Blocklist = field(repr=False)
    change_actions: ChangeActions = field(default_factory=mosip_actions, repr=False)

    @property
    def schema_fields(self) -> frozenset[str]:
        """Ids of the fields of the ID schema."""
        return frozenset(read_id_schema(self.forms.id_schema).fields)


@dataclass(frozen=True, slots=True)
class Attendant:
    """Who sits at the desk.

    Attributes:
        session_key: different for each login.
        writer: makes audit rows of this user.
    """

    user_id: str
    session_key: str = field(repr=False)
    roles: frozenset[str]
    writer: AuditWriter = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegistrationDesk:
    """Everything around one registration.

    Attributes:
        check_ready: raises a named error if a registration that begins now could not be kept: disk, database, clock.
        certificate: K11, as it is when the registration is sealed.
        on_save: told after every try to keep the draft, from another thread.
    """

    centre_id: str
    machine_id: str
    client: ClientInfo
    country: Country
    users: UserDirectory
    drafts: Drafts
    audits: AuditSink
    rid_counter: RidCounter
    sealer: Sealer
    certificate: Callable[[], x509.Certificate]
    check_ready: Callable[[], None]
    transliterator: Transliterator
    clock: Clock
    entropy: Entropy
    on_save: Callable[[SaveState], None] = field(default=lambda _state: None, repr=False)
    reviewer_roles: frozenset[str] = REVIEWER_ROLES

    def country_sealer(self) -> Sealer:
        """Seals registrations of every process that the country has published, its own included."""
        published = (spec.id.upper() for spec in self.country.forms.processes)
        options = self.sealer.options
        known = tuple(dict.fromkeys((*options.rules.processes, *published)))
        return replace(self.sealer, options=replace(options, rules=replace(options.rules, processes=known)))

    def rules(self, attendant: Attendant) -> FlowRules:
        """Who confirms what this user registers."""
        return FlowRules(
            session_user_id=attendant.user_id,
            session_key=attendant.session_key,
            users=self.users,
            methods=self.country.methods,
            is_reviewer_needed=self.country.settings.reviewer_is_needed,
            reviewer_roles=self.reviewer_roles,
        )
