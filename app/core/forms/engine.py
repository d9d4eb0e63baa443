"""Carries an event through a form: values, then the rules that read them, then what depends on all of it, until nothing moves.

An event goes round in three steps. (1) What a changed value does to other fields at once: lower levels of a place are emptied,
change actions are carried out. (2) The rules that read changed keys are evaluated in the order of the form; a field that is
hidden loses its value, which can make further rules worth a look. (3) What follows from the whole: applicant type and the
documents that it allows, what is asked of the age group. If (2) or (3) changed values, it starts again.

Rules only ever take values away, so that rounds of rules end by themselves. Change actions also set values; the number of
values set in one event is bounded, and the fields that were still moving then are named in a finding.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from app.core.changeactions import CopyValue, SetEnabled
from app.core.forms.changes import Changes, Discarded, DiscardReason
from app.core.forms.choices import is_document, offered_choices
from app.core.forms.copying import copied
from app.core.forms.demand import demand_of, fitted
from app.core.forms.entries import BiometricsEntry, DocumentSlot, Entry, TextEntry
from app.core.forms.flags import base_identity, flags
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup, is_date
from app.core.forms.state import ApplicantFault, EventLog, FormState
from app.core.forms.suggestions import Suggester, offered
from app.core.forms.telling import told
from app.core.forms.validation import field_findings
from app.core.forms.values import identity_values
from app.core.forms.words import found_words
from app.core.uispec.model import Control
from packet.errors import CodedError

_WRITES_PER_FIELD: Final = 4
_WRITES_MORE: Final = 16


class FormEngine:
    """One form in work.

    Attributes:
        evaluations: how many rules were evaluated since the form was made.
    """

    def __init__(self, setup: FormSetup) -> None:
        self.setup = setup
        self.state = FormState(setup.context.today())
        self.suggester = Suggester(setup.context.transliterator)
        self.evaluations = 0
        self._log = EventLog()
        self._acts = False
        self._is_started = False
        self._writes_max = _WRITES_PER_FIELD * len(setup.nodes) + _WRITES_MORE

    # (a) the life of an event

    def start(self, entries: Mapping[str, Entry], restore: Callable[[], None] | None = None) -> None:
        """Fills a new form at once, without the effects of change actions, and evaluates every rule.

        Args:
            restore: takes back what is known beside the values, once these are in.
        """
        state, nodes = self.state, self.setup.graph.ordered
        state.identity.update(base_identity(self.setup))
        for node in nodes:
            if self.setup.can_be_shown(node):
                state.visible.add(node.id)
                if node.required is None and node.spec.is_required:
                    state.required.add(node.id)
        self._log = EventLog()
        for name, entry in entries.items():
            if self.setup.can_be_shown(self.setup.nodes[name]):  # not what is not updated (any more)
                self.put(name, entry)
        self._log.queue.clear()
        self._publish_flags()
        self._settle(set(self.setup.graph.rule_numbers))
        self._fit_demands()
        self._find_applicant_type()
        self._log.touched.update(node.id for node in nodes)
        self._refresh_choices(node.id for node in nodes)
        self.carry()
        if restore is not None:
            restore()
        self._finish()
        self._is_started = True

    def begin(self) -> None:
        """Begins an event; a new day is noticed here."""
        self._log = EventLog()
        self._acts = True
        today = self.setup.context.today()
        if today != self.state.today:
            self.state.today = today
            for node in self.setup.graph.ordered:
                if is_date(node):
                    self._publish(node)
                    self._log.touched.add(node.id)

    def end(self) -> Changes:
        """Carries the event through and tells what it did."""
        self.carry()
        changes = self._finish()
        if changes:
            self.state.revision += 1
        return changes

    # (b) what an event can do

    def put(self, name: str, entry: Entry | None) -> None:
        """Sets what stands in a field; None empties it."""
        before = self.state.entries.get(name)
        if before == entry:
            return
        node = self.setup.nodes[name]
        self._log.entries.setdefault(name, before)
        self._log.touched.add(name)
        self._log.writes += 1
        if entry is None:
            del self.state.entries[name]
        else:
            self.state.entries[name] = entry
        if isinstance(before, TextEntry) or isinstance(entry, TextEntry):
            found_words(self.setup, self.state, node, before, entry)
        self._publish(node)
        self._log.queue.append(name)

    def set_enabled(self, name: str, *, is_enabled: bool) -> None:
        """Locks or opens a field."""
        was_enabled = name not in self.state.disabled
        if was_enabled == is_enabled:
            return
        self._log.enabled.setdefault(name, was_enabled)
        self._log.touched.add(name)
        if is_enabled:
            self.state.disabled.discard(name)
        else:
            self.state.disabled.add(name)

    def touch(self, name: str) -> None:
        """Has the findings of a field made anew, after something beside its value changed."""
        self._log.touched.add(name)

    def discard(self, name: str, reason: DiscardReason, names: Iterable[str] = ()) -> None:
        """Tells that something is taken away."""
        self._log.discarded.append(Discarded(name, reason, tuple(names)))

    def change_form(self) -> None:
        """Tells that something beside the fields changed."""
        self._log.is_form_changed = True

    # (1) what a value does to other fields

    def carry(self) -> None:
        """Carries through what was put in so far; the event goes on."""
        log = self._log
        while log.queue or log.dirty:
            while log.queue:
                if self._acts and log.writes > self._writes_max:
                    self._stop_actions()
                self._carry_effects()
            self._settle(self.setup.graph.reading(log.dirty))
            self._derive()
        log.contradicted |= log.emptied & self.state.visible
        log.emptied.clear()

    def _stop_actions(self) -> None:
        """Ends change actions that would go on for ever; what only takes values away goes on."""
        self._log.stuck.update(self._log.queue)
        self._log.touched.update(self._log.queue)
        self.state.cycling.update(self._log.queue)
        self._acts = False

    def _carry_effects(self) -> None:
        queue, self._log.queue = self._log.queue, []
        for name in queue:
            node = self.setup.nodes[name]
            place = self.setup.places.get(name)
            if place is not None:
                for below in place.below:
                    self.put(below, None)
            if node.spec.change_action is not None and self._acts:
                self._act(node)

    def _act(self, node: FieldNode) -> None:
        action = node.spec.change_action
        if action is None:
            return
        for effect in self.setup.context.change_actions.effects(action, self.state.identity, node.id):
            match effect:
                case CopyValue():
                    self._copy(effect.source, effect.target)
                case SetEnabled() if effect.field in self.setup.nodes:
                    self.set_enabled(effect.field, is_enabled=effect.is_enabled)
                case _:
                    pass

    def _copy(self, source: str, target: str) -> None:
        nodes = self.setup.nodes
        if source in nodes and target in self.state.visible:
            self.put(target, copied(self.setup, nodes[source], nodes[target], self.state.entries.get(source)))

    # (2) rules

    def _settle(self, numbers: set[int]) -> None:
        self._log.dirty.clear()
        while numbers:
            waiting = sorted(numbers)
            known, numbers = set(waiting), set()
            while waiting:
                number = heapq.heappop(waiting)
                self._evaluate(number)
                for reader in self.setup.graph.reading(self._log.dirty):
                    if reader <= number:
                        numbers.add(reader)
                    elif reader not in known:
                        known.add(reader)
                        heapq.heappush(waiting, reader)
                self._log.dirty.clear()

    def _evaluate(self, number: int) -> None:
        node = self.setup.graph.ordered[number // 2]
        expression = node.required if number % 2 else node.visible
        if expression is None or not self.setup.can_be_shown(node):
            return
        self.evaluations += 1
        is_true = expression.is_true(self.state.identity)
        if number % 2:
            self._require(node.id, is_required=is_true)
        else:
            self._show(node, is_visible=is_true)

    def _require(self, name: str, *, is_required: bool) -> None:
        was_required = name in self.state.required
        if was_required == is_required:
            return
        self._log.required.setdefault(name, was_required)
        self._log.touched.add(name)
        if is_required:
            self.state.required.add(name)
        else:
            self.state.required.discard(name)

    def _show(self, node: FieldNode, *, is_visible: bool) -> None:
        name, was_visible = node.id, node.id in self.state.visible
        if was_visible == is_visible:
            return
        self._log.visible.setdefault(name, was_visible)
        self._log.touched.add(name)
        if is_visible:
            self.state.visible.add(name)
            return
        self.state.visible.discard(name)
        entry = self.state.entries.get(name)
        if entry is not None:
            self._log.emptied.add(name)
        if isinstance(entry, BiometricsEntry) or (isinstance(entry, DocumentSlot) and entry.document is not None):
            self.discard(name, DiscardReason.HIDDEN)
        self.put(name, None)

    # (3) what follows from the whole

    def _derive(self) -> None:
        log = self._log
        if "ageGroup" in log.keys:
            self._fit_demands()
        if self._may_be_another_applicant():
            self._find_applicant_type()
        moved = {name for name in (*log.visible, *log.entries) if name in self.setup.places}
        self._refresh_choices({below for name in moved for below in self.setup.places[name].below})

    def _may_be_another_applicant(self) -> bool:
        return bool(self._log.keys) and any(is_document(node) for node in self.setup.graph.ordered)

    def _fit_demands(self) -> None:
        process, group = self.setup.spec.id, self.state.identity.get("ageGroup")
        for node in self.setup.graph.ordered:
            if node.spec.control is not Control.BIOMETRICS:
                continue
            demand = demand_of(node, process, group if isinstance(group, str) else None)
            before = self.state.demands.get(node.id)
            if demand == before:
                continue
            if before is not None:
                self._log.demands.setdefault(node.id, before)
            self._log.touched.add(node.id)
            self.state.demands[node.id] = demand
            self._fit_captures(node.id)

    def _fit_captures(self, name: str) -> None:
        entry = self.state.entries.get(name)
        if not isinstance(entry, BiometricsEntry):
            return
        fitting, dropped = fitted(self.state.demands[name], entry)
        for reason, attributes in dropped.items():
            self.discard(name, reason, (attribute.value for attribute in attributes))
        self.put(name, None if fitting.is_empty else fitting)

    def _find_applicant_type(self) -> None:
        context = self.setup.context
        try:
            found, fault = context.applicant_type(self.state.identity, context.settings.age_groups, self.state.today), None
        except CodedError as error:
            missing = error.params.get("missing")
            found, fault = None, ApplicantFault(error.code, missing if isinstance(missing, str) else "")
        if (found, fault) == (self.state.applicant_type, self.state.applicant_fault):
            return
        self.state.applicant_type, self.state.applicant_fault = found, fault
        documents = [node.id for node in self.setup.graph.ordered if is_document(node)]
        self._log.touched.update(documents)
        self._refresh_choices(documents)
        if self._is_started:
            for name in documents:
                self._keep_allowed(name)

    def _keep_allowed(self, name: str) -> None:
        slot = self.state.entries.get(name)
        if not isinstance(slot, DocumentSlot) or slot.type_code is None:
            return
        if all(choice.code != slot.type_code for choice in self.state.choices.get(name, ())):
            if slot.document is not None:
                self.discard(name, DiscardReason.APPLICANT_TYPE)
            self.put(name, None)

    def _refresh_choices(self, names: Iterable[str]) -> None:
        for name in names:
            choices = offered_choices(self.setup, self.state, self.setup.nodes[name])
            before = self.state.choices.get(name, ())
            if choices != before:
                self._log.choices.setdefault(name, before)
                self._log.touched.add(name)
                self.state.choices[name] = choices

    # keys of the map that rules see

    def _publish(self, node: FieldNode) -> None:
        entry = self.state.entries.get(node.id)
        values = identity_values(self.setup, node, entry, self.state.today) if entry is not None else {}
        before = self.state.published.pop(node.id, {})
        if values:
            self.state.published[node.id] = values
        self._assign({key: values.get(key) for key in before.keys() | values.keys()})
        if is_date(node) or node.spec.control is Control.BIOMETRICS:
            self._publish_flags()

    def _publish_flags(self) -> None:
        self._assign(flags(self.setup, self.state))

    def _assign(self, values: Mapping[str, object]) -> None:
        identity = self.state.identity
        for key, value in values.items():
            if identity.get(key) == value and type(identity.get(key)) is type(value):
                continue
            if value is None:
                identity.pop(key, None)
            else:
                identity[key] = value
            self._log.dirty.add(key)
            self._log.keys.add(key)

    # the end of an event

    def _finish(self) -> Changes:
        log, state = self._log, self.state
        self._note_cycles()
        findings: set[str] = set()
        suggestions: set[str] = set()
        for name in log.touched:
            node = self.setup.nodes[name]
            if self._suggest(node):
                suggestions.add(name)
            found = field_findings(self.setup, state, node)
            if found != state.findings.get(name, ()):
                findings.add(name)
                state.findings[name] = found
        return told(self.setup, state, log, findings, suggestions)

    def _note_cycles(self) -> None:
        if not self._is_started:
            return
        settled = {name for name in self._log.entries if self.state.entries.get(name) is not None}
        self.state.cycling -= settled - self._log.stuck
        self.state.cycling |= self._log.contradicted

    def _suggest(self, node: FieldNode) -> bool:
        """Whether the suggestions that are offered changed."""
        if not node.spec.is_transliterated:
            return False
        entry = self.state.entries.get(node.id)
        languages = self.setup.context.lang_codes
        found = offered(entry if isinstance(entry, TextEntry) else None, languages, self.suggester)
        if found == self.state.suggestions.get(node.id, {}):
            return False
        self.state.suggestions[node.id] = found
        return True
