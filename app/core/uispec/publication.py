"""What one answer of the server holds: an ID schema, the forms that go with it, and the pages of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.core.errors import AppError
from app.core.uispec.model import ProcessSpec, SpecFault, Texts
from packet.models import Json


class PublicationUnreadableError(AppError):
    """The server's answer holds no forms at all."""

    code = "APP-FORMS-UNREADABLE"
    sentence = "The server's answer holds no forms: {why}."
    next_step = "Synchronise again; if it stays, ask the server's administrator which ID schema and forms are published."


class PublicationOldStyleError(PublicationUnreadableError):
    """The server answered as it answers clients of 1.1.5, which take forms from the ID schema."""

    code = "APP-FORMS-OLD-STYLE"
    sentence = "The server sent an ID schema without forms, as for clients of 1.1.5."
    next_step = "Ask with the parameter version; the server must be of 1.2.0 or newer, with forms published for its schema."


class ProcessUnstartableError(AppError):
    """A published process is none: it is no object, or has no usable id or flow."""

    code = "APP-FORMS-PROCESS"
    sentence = "The process {process} cannot be started: {why}"
    next_step = "The author of the form must correct and publish it."

    def __init__(self, unstartable: UnstartableProcess) -> None:
        self.unstartable = unstartable
        super().__init__(process=unstartable.name, why=" ".join(fault.why for fault in unstartable.faults))


@dataclass(frozen=True, slots=True)
class UnstartableProcess:
    """A published process of which no form can be made.

    Attributes:
        type: key under which it was published.
        name: its id if that can be read, else the key.
        label: for its tile, which says why it cannot be opened.
        faults: at least one, all blocking.
    """

    type: str
    name: str
    label: Texts
    faults: tuple[SpecFault, ...]


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A row of ``settings``: a page of the settings and who may open it.

    Attributes:
        access_control: names of roles.
    """

    name: str
    order: int
    label: Texts
    description: Texts
    icon: str | None
    shortcut_icon: str | None
    access_control: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishedForms:
    """Everything that one answer publishes.

    Attributes:
        id_schema_version: number that goes into each packet as ``IDSchemaVersion``.
        id_schema: decoded.
        effective_from: aware UTC; None (with a blocking fault) if it cannot be read: then never in force.
        processes: by ascending order, then as published.
        unstartable: published processes of which no form can be made.
        settings: by ascending order.
        faults: all: of the publication itself, of each process, of the unstartable ones.
    """

    id_schema_version: float
    id_schema: Mapping[str, Json]
    effective_from: datetime | None
    processes: tuple[ProcessSpec, ...]
    unstartable: tuple[UnstartableProcess, ...]
    settings: tuple[SettingsPage, ...]
    faults: tuple[SpecFault, ...]

    def is_effective(self, now: datetime) -> bool:
        """Whether it is in force at an instant (aware)."""
        return self.effective_from is not None and self.effective_from <= now


def all_faults(
    of_publication: Iterable[SpecFault], processes: Iterable[ProcessSpec], unstartable: Iterable[UnstartableProcess]
) -> tuple[SpecFault, ...]:
    """The faults of a publication in their order: its own, those of each process, those of what cannot be started."""
    faults = [*of_publication]
    for process in processes:
        faults.extend(process.faults)
    for left_out in unstartable:
        faults.extend(left_out.faults)
    return tuple(faults)


def newest_effective(publications: Iterable[PublishedForms], now: datetime) -> PublishedForms | None:
    """The one to register with: of those in force at `now` (aware), that of the highest ID schema version."""
    in_force = (forms for forms in publications if forms.is_effective(now))
    return max(in_force, key=lambda forms: forms.id_schema_version, default=None)
