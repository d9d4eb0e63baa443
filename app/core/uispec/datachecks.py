"""Whether the country's reference data have what its forms take from them; the two are published apart from each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.core.masterdata.lookups import choices_of, level_of
from app.core.masterdata.model import MasterData
from app.core.uispec.controls import CODED
from app.core.uispec.faults import CHOICES_MISSING, DOCUMENTS_MISSING, TEMPLATE_UNKNOWN
from app.core.uispec.model import Control, FieldSpec, ProcessSpec
from app.core.uispec.processreader import with_faults
from app.core.uispec.publication import PublishedForms, all_faults
from app.core.uispec.report import Place, Report, quoted

_CODES: Final = frozenset(kind.code for kind in (CHOICES_MISSING, DOCUMENTS_MISSING, TEMPLATE_UNKNOWN))


def with_data_checked(forms: PublishedForms, data: MasterData) -> PublishedForms:
    """The forms with the faults that show when the reference data are there; those of a check before are taken away."""
    processes = tuple(_checked(process, data) for process in forms.processes)
    of_publication = tuple(fault for fault in forms.faults if not fault.process)
    return replace(forms, processes=processes, faults=all_faults(of_publication, processes, forms.unstartable))


def _checked(process: ProcessSpec, data: MasterData) -> ProcessSpec:
    report = Report()
    for screen in process.screens:
        for field in screen.fields:
            if field.is_input_required:
                _check(field, Place(process.id, screen.name, field.id), data, report)
    before = (fault for fault in process.faults if fault.code not in _CODES)
    return with_faults(process, (*before, *report.faults))


def _check(field: FieldSpec, place: Place, data: MasterData, report: Report) -> None:
    name = field.sub_type
    if field.control in CODED and name is not None and not _has_choices(data, name):
        report.add(CHOICES_MISSING, place.at("subType"), name=quoted(name))
    if field.control is Control.FILE_UPLOAD and name is not None and not _has_documents(data, name):
        report.add(DOCUMENTS_MISSING, place.at("subType"), name=quoted(name))
    template = field.template_name
    if field.control is Control.HTML and template is not None and template not in data.templates:
        report.add(TEMPLATE_UNKNOWN, place.at("templateName"), name=quoted(template))


def _has_choices(data: MasterData, sub_type: str) -> bool:
    level = level_of(data, sub_type)
    if level is None:
        return bool(choices_of(data, sub_type))
    return any(place.level == level for place in data.locations.values())


def _has_documents(data: MasterData, category: str) -> bool:
    return any(named == category and codes for (_, named), codes in data.valid_documents.items())
