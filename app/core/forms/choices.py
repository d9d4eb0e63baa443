"""What a field offers to choose from, at this moment."""

from __future__ import annotations

from app.core.documentchoice import allowed_documents
from app.core.forms import locations
from app.core.forms.entries import ChoiceEntry
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup
from app.core.forms.state import FormState
from app.core.forms.values import dynamic_choices
from app.core.masterdata.model import Choice
from app.core.uispec.model import Control


def offered_choices(setup: FormSetup, state: FormState, node: FieldNode) -> tuple[Choice, ...]:
    """Places below what is chosen above, document types that this applicant can show, or the entries of a dynamic field."""
    data = setup.context.master_data

    def chosen_code(name: str) -> str | None:
        entry = state.entries.get(name)
        return entry.code if isinstance(entry, ChoiceEntry) else None

    if node.id in setup.places:
        return locations.offered(data, setup.places[node.id], state.visible.__contains__, chosen_code)
    if is_document(node):
        return allowed_documents(data, state.applicant_type or "", node.spec.sub_type or "")
    if node.spec.control in (Control.DROPDOWN, Control.BUTTON):
        return dynamic_choices(setup, node)
    return ()


def is_document(node: FieldNode) -> bool:
    """Whether a field takes a document."""
    return node.spec.control is Control.FILE_UPLOAD
