"""What an event did in the end: what is not as it was before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from app.core.forms.changes import Changes
from app.core.forms.setup import FormSetup
from app.core.forms.state import EventLog, FormState


def told(setup: FormSetup, state: FormState, log: EventLog, findings: Collection[str], suggestions: Collection[str]) -> Changes:
    """The changes of an event, by comparing what it touched with what was there before.

    Args:
        findings, suggestions: ids of the fields of which these changed.
    """
    return Changes(
        values=frozenset(name for name, entry in log.entries.items() if state.entries.get(name) != entry),
        visibility=frozenset(name for name, was in log.visible.items() if (name in state.visible) != was),
        requirement=frozenset(name for name, was in log.required.items() if (name in state.required) != was),
        enabled=frozenset(name for name, was in log.enabled.items() if (name not in state.disabled) != was),
        choices=frozenset(name for name, was in log.choices.items() if state.choices.get(name) != was),
        demand=frozenset(name for name, was in log.demands.items() if state.demands[name] != was),
        suggestions=frozenset(suggestions),
        findings=frozenset(findings),
        screens=_screens(setup, state, log),
        discarded=tuple(log.discarded),
        is_form_changed=log.is_form_changed,
    )


def _screens(setup: FormSetup, state: FormState, log: EventLog) -> frozenset[str]:
    """Screens that had something visible before the event and have not now, or the other way round."""
    if not log.visible:
        return frozenset()
    before = state.visible - {name for name, was in log.visible.items() if not was}
    before |= {name for name, was in log.visible.items() if was}
    return frozenset(_names(setup, before) ^ _names(setup, state.visible))


def _names(setup: FormSetup, fields: Iterable[str]) -> set[str]:
    return {setup.nodes[name].screen for name in fields}
