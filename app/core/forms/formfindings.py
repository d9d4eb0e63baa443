"""Findings of a form as a whole, in the order in which a person meets them."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.forms import messages as m
from app.core.forms.findings import Finding
from app.core.forms.setup import FormSetup
from app.core.forms.state import FormState
from app.core.idnumbers import check_request_id, check_uin
from app.core.uispec.model import ScreenSpec, SpecFault
from packet.models import Flow


def all_findings(setup: FormSetup, state: FormState, screen: str | None) -> Iterator[Finding]:
    """Of one screen; or of the choice of what is updated, of the form, then of all screens and their fields in order."""
    screens = sorted(setup.spec.screens, key=lambda item: item.order)
    if screen is None:
        yield from update_findings(setup)
        yield from _form_faults(setup, {item.name for item in screens})
        if not any(item.is_additional_info_required for item in screens):
            yield from _request_id(setup, state, None)
    for item in screens:
        if screen in (None, item.name):
            yield from _screen_findings(setup, state, item)


def update_findings(setup: FormSetup) -> Iterator[Finding]:
    """What is wrong with the choice of what is updated."""
    if setup.spec.flow is not Flow.UPDATE:
        return
    context = setup.context
    wrong = check_uin(context.uin, context.settings.id_number_rules) if context.uin else None
    if not context.uin:
        yield Finding(m.UIN_REQUIRED)
    elif wrong is not None:
        yield Finding(wrong.value)
    if not context.update_groups:
        yield Finding(m.GROUPS_REQUIRED)
    groups = {field.group for field in setup.spec.fields}
    for group in context.update_groups:
        if group not in groups:
            yield Finding(m.GROUP_UNKNOWN, params={"group": group})


def blocking_faults(setup: FormSetup) -> tuple[SpecFault, ...]:
    """The mistakes of the specification with which nothing can be submitted, each once."""
    faults = dict.fromkeys((*setup.spec.faults, *(fault for node in setup.spec.fields for fault in node.faults)))
    return tuple(fault for fault in faults if fault.is_blocking)


def _screen_findings(setup: FormSetup, state: FormState, screen: ScreenSpec) -> Iterator[Finding]:
    for fault in blocking_faults(setup):
        if fault.screen == screen.name and fault.field not in setup.nodes:
            yield _fault(fault)
    if screen.is_additional_info_required:
        yield from _request_id(setup, state, screen.name)
    for field in screen.fields:
        if setup.nodes[field.id].screen == screen.name:
            yield from state.findings.get(field.id, ())


def _form_faults(setup: FormSetup, screens: set[str]) -> Iterator[Finding]:
    for fault in blocking_faults(setup):
        if fault.field not in setup.nodes and fault.screen not in screens:
            yield _fault(fault)


def _fault(fault: SpecFault) -> Finding:
    params = {"code": fault.code, "path": fault.path, "why": fault.why}
    return Finding(m.SPEC_FAULT, fault.screen, fault.field, params=params)


def _request_id(setup: FormSetup, state: FormState, screen: str | None) -> Iterator[Finding]:
    """A correction answers a request; no other flow has one."""
    if setup.spec.flow is not Flow.CORRECTION:
        return
    text = state.additional_info_request_id.strip()
    if not text:
        yield Finding(m.REQUEST_ID_REQUIRED, screen)
        return
    wrong = check_request_id(text, setup.spec.id.upper(), setup.context.settings.id_number_rules)
    if wrong is not None:
        yield Finding(wrong.value, screen)
