"""What can be read from a form in work: fields, screens, findings, and all that goes into packet, announcement and draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from app.core.flow.view import ConsentBox
from app.core.forms import formfindings, packetparts
from app.core.forms.context import FormContext
from app.core.forms.demand import BioDemand
from app.core.forms.engine import FormEngine
from app.core.forms.entries import BiometricsEntry, DocumentEntry, DocumentSlot
from app.core.forms.errors import ControlMismatchError, FieldNotInFormError
from app.core.forms.fieldstate import FieldState, ScreenState, field_state, screen_states
from app.core.forms.findings import Finding
from app.core.forms.flags import has_exceptions
from app.core.forms.graph import FieldNode
from app.core.forms.snapshot import snapshot
from app.core.forms.state import FormState
from app.core.forms.validation import is_consent
from app.core.forms.words import accepted_words
from app.core.registration import Contact
from app.core.uispec.model import Control, ProcessSpec, SpecFault
from packet.models import BlockListedWords, Document, FieldBiometrics, Flow, Json


class FormReading:
    """A form as a window, a flow, a draft and a packet see it. Made as `app.core.forms.form.Form`."""

    def __init__(self, engine: FormEngine) -> None:
        self._engine = engine

    # reading: fields, screens, findings

    def field(self, field: str) -> FieldState:
        """A field as it is now.

        Raises:
            FieldNotInFormError: if there is none of that id.
        """
        return field_state(self._engine.setup, self._state, self._node(field, ()))

    @property
    def spec(self) -> ProcessSpec:
        """The specification."""
        return self._engine.setup.spec

    @property
    def context(self) -> FormContext:
        """Languages, data, settings."""
        return self._engine.setup.context

    @property
    def screens(self) -> tuple[ScreenState, ...]:
        """All screens in order; one without visible fields is not enabled."""
        return screen_states(self._engine.setup, self._state)

    @property
    def screen_names(self) -> tuple[str, ...]:
        """Names of all screens in order."""
        return tuple(screen.name for screen in self.spec.screens)

    @property
    def visible_screens(self) -> tuple[str, ...]:
        """Names of the screens on which there is something to enter."""
        return tuple(screen.name for screen in self.screens if screen.is_enabled)

    def findings(self, screen: str | None = None) -> tuple[Finding, ...]:
        """Everything that keeps the form, or one screen, from being submitted, in the order of screens and fields."""
        return tuple(formfindings.all_findings(self._engine.setup, self._state, screen))

    def update_findings(self) -> tuple[Finding, ...]:
        """What is wrong with the choice of what is updated."""
        return tuple(formfindings.update_findings(self._engine.setup))

    @property
    def blocking_faults(self) -> tuple[SpecFault, ...]:
        """Mistakes of the specification with which nothing can be submitted."""
        return formfindings.blocking_faults(self._engine.setup)

    @property
    def is_update(self) -> bool:
        """Whether what is updated has to be chosen first."""
        return self.spec.flow is Flow.UPDATE

    @property
    def consent_boxes(self) -> Sequence[ConsentBox]:
        """The visible consent fields."""
        nodes = (node for node in self._engine.setup.graph.ordered if is_consent(node) and node.id in self._state.visible)
        return tuple(ConsentBox(node.screen, node.id, node.id in self._state.entries) for node in nodes)

    def demand(self, field: str) -> BioDemand:
        """What a biometrics field asks of this person."""
        return self._state.demands[self._node(field, (Control.BIOMETRICS,)).id]

    @property
    def identity(self) -> Mapping[str, object]:
        """The map that the country's rules see."""
        return MappingProxyType(self._state.identity)

    @property
    def applicant_type(self) -> str | None:
        """Code of the kind of applicant; None if it cannot be told yet."""
        return self._state.applicant_type

    @property
    def revision(self) -> int:
        """Grows with every change; kept by a restored form."""
        return self._state.revision

    @property
    def evaluations(self) -> int:
        """How many rules were evaluated since the form was made."""
        return self._engine.evaluations

    @property
    def has_biometric_exceptions(self) -> bool:
        """Whether somebody marked an exception."""
        return has_exceptions(self._state)

    @property
    def words_accepted(self) -> bool:
        """Whether the operator let blocklisted words pass."""
        return bool(accepted_words(self._engine.setup, self._state))

    # reading: what goes into packet, announcement and draft

    def demographics(self) -> dict[str, Json]:
        """Field id to value."""
        return packetparts.demographics(self._engine.setup, self._state)

    def documents(self) -> dict[str, Document]:
        """Field id to document."""
        return packetparts.documents(self._engine.setup, self._state)

    def biometrics(self) -> dict[str, FieldBiometrics]:
        """Field id to captures and exceptions."""
        return packetparts.biometrics(self._engine.setup, self._state)

    def update_fields(self) -> frozenset[str] | None:
        """UPDATE: ids of the fields that are written; else None."""
        return packetparts.update_fields(self._engine.setup, self._state)

    def block_listed_words(self) -> dict[str, BlockListedWords]:
        """Field id to the words that the operator let pass."""
        return accepted_words(self._engine.setup, self._state)

    @property
    def consent(self) -> bool | None:
        """What was ticked in the consent field."""
        return packetparts.consent(self._engine.setup, self._state)

    @property
    def codes(self) -> Mapping[str, str]:
        """Field id to the code behind what was chosen."""
        return packetparts.codes(self._engine.setup, self._state)

    @property
    def additional_info_request_id(self) -> str | None:
        """CORRECTION: the request id; else None."""
        text = self._state.additional_info_request_id.strip()
        return text if text and self.spec.flow is Flow.CORRECTION else None

    def contact(self) -> Contact:
        """How the person is told about the registration."""
        return packetparts.contact(self._engine.setup, self._state)

    def snapshot(self) -> dict[str, Json]:
        """Everything that was entered as plain values, without documents' contents and captures."""
        return snapshot(self._engine.setup, self._state)

    def document_entries(self) -> dict[str, DocumentEntry]:
        """Field id to scanned document, for the draft."""
        slots = ((name, entry) for name, entry in self._state.entries.items() if isinstance(entry, DocumentSlot))
        return {name: slot.document for name, slot in slots if slot.document is not None}

    def biometrics_entries(self) -> dict[str, BiometricsEntry]:
        """Field id to captures, for the draft."""
        return {name: entry for name, entry in self._state.entries.items() if isinstance(entry, BiometricsEntry)}

    # inside

    @property
    def _state(self) -> FormState:
        return self._engine.state

    def _node(self, field: str, controls: Collection[Control]) -> FieldNode:
        """The field of an id, entered in one of the given ways (none given: in any).

        Raises:
            FieldNotInFormError, ControlMismatchError
        """
        node = self._engine.setup.nodes.get(field)
        if node is None:
            raise FieldNotInFormError(process=self.spec.id, field=field if field.isidentifier() else None)
        if controls and node.spec.control not in controls:
            raise ControlMismatchError(field=field)
        return node
