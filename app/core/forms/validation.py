"""What is wrong with one field: everything, not only the first thing.

A field passes when it is not visible, or not part of the update, or empty and not required, or valid. Faults of the
specification and contradicting rules are told in any case, since nothing can be submitted with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from app.core.ages import AgeTooHighError, AgeUnreadableError, full_years, read_age
from app.core.dates import DateImpossibleError, DateIncompleteError, DateNotInFiguresError, compose, within_offsets
from app.core.forms import messages as m
from app.core.forms.demand import lacks_photo, satisfied_by
from app.core.forms.documentchecks import document_findings
from app.core.forms.entries import (
    NO_LANGUAGE,
    BiometricsEntry,
    ChoiceEntry,
    DateEntry,
    DocumentSlot,
    HtmlEntry,
    TextEntry,
    TickEntry,
)
from app.core.forms.findings import Finding
from app.core.forms.graph import CompiledValidator, FieldNode
from app.core.forms.setup import FormSetup, is_birth, is_by_language, is_kind
from app.core.forms.state import FormState
from app.core.forms.textedge import REFUSED_SIGN, TEXT_MAX_CHARS
from app.core.forms.values import languages_of, list_choice, stored_value, text_in
from app.core.forms.words import pending_words
from app.core.idnumbers import check_rid, check_uin, check_vid
from app.core.idnumbers.findings import IdFinding
from app.core.idnumbers.rules import IdNumberRules
from app.core.patterns import PatternTimeoutError
from app.core.uispec.model import Control, ValueType
from packet.errors import UnusableInputError
from packet.idobject import StringArrays, stored_form
from packet.models import Flow, Json

_NO_PARAMS: Final[Mapping[str, str]] = MappingProxyType({})
_NUMBERS: Final[Mapping[str, Callable[[str, IdNumberRules], IdFinding | None]]] = MappingProxyType(
    {"uin": check_uin, "vid": check_vid, "rid": check_rid}
)
_INTRODUCER: Final = "introducer"
_NUMBER_SIGNS: Final = frozenset("0123456789+-.")


def field_findings(setup: FormSetup, state: FormState, node: FieldNode) -> tuple[Finding, ...]:
    """All findings of a field, those of the specification first."""
    found = list(_spec_findings(setup, node))
    if node.id in state.cycling:
        found.append(_finding(node, m.RULES_CONTRADICT))
    if node.id not in state.visible or node.id not in setup.updatable:
        return tuple(found)
    entry = state.entries.get(node.id)
    if entry is None:
        found += _missing(setup, state, node)
        return tuple(found)
    match entry:
        case TextEntry():
            found += _text_findings(setup, state, node, entry)
        case ChoiceEntry():
            found += _choice_findings(setup, state, node, entry)
        case TickEntry():
            found += _tick_findings(state, node, entry)
        case DateEntry():
            found += _date_findings(setup, state, node, entry)
        case HtmlEntry():
            found += _html_findings(setup, state, node, entry)
        case DocumentSlot():
            found += document_findings(setup, state, node, entry)
        case BiometricsEntry():
            found += _bio_findings(state, node, entry)
    return tuple(found)


def _finding(node: FieldNode, message: str, lang: str = NO_LANGUAGE, params: Mapping[str, str] = _NO_PARAMS) -> Finding:
    return Finding(message, node.screen, node.id, lang or None, params)


def _spec_findings(setup: FormSetup, node: FieldNode) -> Iterator[Finding]:
    """One for each blocking fault of the field, and for what would pass unnoticed if the reader had missed it."""
    faults = dict.fromkeys((*node.spec.faults, *(f for f in setup.spec.faults if f.field == node.id)))
    blocking = [fault for fault in faults if fault.is_blocking]
    for fault in blocking:
        yield _finding(node, m.SPEC_FAULT, params={"code": fault.code, "path": fault.path, "why": fault.why})
    if not blocking and not _is_understood(node):
        yield _finding(node, m.SPEC_NOT_UNDERSTOOD)


def _is_understood(node: FieldNode) -> bool:
    spec = node.spec
    return (
        spec.control is not None
        and (spec.visible is None or node.visible is not None)
        and (spec.required_on is None or node.required is not None)
        and all(rule.pattern is not None for rule in node.validators)
        and all(demanded.is_readable for demanded in node.demanded)
    )


def _missing(setup: FormSetup, state: FormState, node: FieldNode) -> Iterator[Finding]:
    if node.id not in state.required:
        return
    match node.spec.control:
        case Control.TEXTBOX | Control.HTML if is_by_language(node):
            for lang in languages_of(setup, node):
                yield _finding(node, _absence(node), lang)
        case Control.BIOMETRICS:
            names = ", ".join(attribute.value for attribute in state.demands[node.id].candidates)
            yield _finding(node, m.CAPTURES_MISSING, params={"attributes": names})
        case Control.FILE_UPLOAD:
            yield from document_findings(setup, state, node, None)
        case None:
            return  # cannot be entered at all, which its fault says
        case _:
            yield _finding(node, _absence(node))


def _absence(node: FieldNode) -> str:
    match node.spec.control:
        case Control.CHECKBOX:
            return m.TICK_REQUIRED
        case Control.HTML:
            return m.NOT_SHOWN
        case Control.DROPDOWN | Control.BUTTON:
            return m.CHOICE_REQUIRED
        case _:
            return m.REQUIRED


# texts


def _text_findings(setup: FormSetup, state: FormState, node: FieldNode, entry: TextEntry) -> Iterator[Finding]:
    for lang in languages_of(setup, node):
        text = text_in(node, entry, lang)
        if not text:
            if node.id in state.required:
                yield _finding(node, m.REQUIRED, lang)
            continue
        yield from _one_text(setup, node, lang, text)
        words = pending_words(state, node.id, lang)
        if words:
            message = m.WORDS_REJECTED if (node.id, lang) in state.rejected else m.WORDS_FOUND
            yield _finding(node, message, lang, {"words": ", ".join(words)})


def _one_text(setup: FormSetup, node: FieldNode, lang: str, text: str) -> Iterator[Finding]:
    if len(text) > TEXT_MAX_CHARS:
        yield _finding(node, m.TEXT_TOO_LONG, lang, {"limit": str(TEXT_MAX_CHARS)})
        return
    if REFUSED_SIGN in text:
        yield _finding(node, m.TEXT_SIGNS, lang)
    elif lang == NO_LANGUAGE and not _is_storable(text):
        yield _finding(node, m.TEXT_BEGINNING, lang)
    if node.spec.value_type is ValueType.NUMBER and not _is_number(text):
        yield _finding(node, m.NOT_A_NUMBER, lang)
    yield from _pattern_findings(node, lang, text)
    yield from _number_findings(setup, node, lang, text)


def _is_storable(text: str) -> bool:
    """Whether servers can read the text back; they take some beginnings for broken JSON."""
    try:
        return isinstance(stored_form("text", text, StringArrays.EMIT), str)
    except UnusableInputError:
        return False


def _is_number(text: str) -> bool:
    if not _NUMBER_SIGNS.issuperset(text):
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _pattern_findings(node: FieldNode, lang: str, text: str) -> Iterator[Finding]:
    for rule in node.validators:
        wanted = rule.validator.lang_code
        if rule.pattern is None or (wanted is not None and lang not in (NO_LANGUAGE, wanted)):
            continue
        message = _pattern_message(rule, text)
        if message is not None:
            yield _finding(node, message, lang)


def _pattern_message(rule: CompiledValidator, text: str) -> str | None:
    if rule.pattern is None:
        return None
    try:
        fits = rule.pattern.matches_whole(text)
    except PatternTimeoutError:
        return m.PATTERN_UNDECIDED
    return None if fits else rule.validator.error_code or m.PATTERN


def _number_findings(setup: FormSetup, node: FieldNode, lang: str, text: str) -> Iterator[Finding]:
    """Numbers of people and applications have the same rules in every box."""
    check = _NUMBERS.get((node.spec.sub_type or "").casefold())
    wrong = None if check is None else check(text, setup.context.settings.id_number_rules)
    if wrong is not None:
        yield _finding(node, wrong.value, lang)
    if setup.spec.flow is Flow.UPDATE and text == setup.context.uin and _is_of_introducer(node):
        yield _finding(node, m.INTRODUCER_IS_APPLICANT, lang)


def _is_of_introducer(node: FieldNode) -> bool:
    """By name or group, as in MOSIP's default forms; a form may also have a field with the person's own number."""
    return any(name.casefold().startswith(_INTRODUCER) for name in (node.id, node.spec.group or ""))


# lists, ticks, dates, shown texts


def _choice_findings(setup: FormSetup, state: FormState, node: FieldNode, entry: ChoiceEntry) -> Iterator[Finding]:
    offered = state.choices.get(node.id, ())
    if list_choice(setup, node, entry.code) is None or all(choice.code != entry.code for choice in offered):
        yield _finding(node, m.CHOICE_NOT_OFFERED)
        return
    yield from _stored_findings(setup, node, entry)


def _stored_findings(setup: FormSetup, node: FieldNode, entry: ChoiceEntry | DateEntry) -> Iterator[Finding]:
    """The country's patterns hold for values that were not typed as well."""
    for lang, text in texts_of(stored_value(setup, node, entry)):
        yield from _pattern_findings(node, lang, text)


def texts_of(value: Json) -> list[tuple[str, str]]:
    """A stored value as pairs of language and text."""
    if isinstance(value, str):
        return [(NO_LANGUAGE, value)]
    if not isinstance(value, list):
        return []
    return [(str(item["language"]), str(item["value"])) for item in value if isinstance(item, Mapping)]


def _tick_findings(state: FormState, node: FieldNode, entry: TickEntry) -> Iterator[Finding]:
    if entry.is_ticked:
        return
    if is_consent(node):
        yield _finding(node, m.CONSENT_REFUSED)
    elif node.id in state.required:
        yield _finding(node, m.TICK_REQUIRED)


def is_consent(node: FieldNode) -> bool:
    """Whether a field holds the applicant's consent, without which no server takes the packet."""
    return node.spec.control is Control.CHECKBOX and (is_kind(node, "consent") or node.id.casefold() == "consent")


def _date_findings(setup: FormSetup, state: FormState, node: FieldNode, entry: DateEntry) -> Iterator[Finding]:
    settings = setup.context.settings
    if entry.age and not entry.year:
        try:
            read_age(entry.age, settings.max_age)
        except AgeUnreadableError:
            yield _finding(node, m.AGE_UNREADABLE)
        except AgeTooHighError:
            yield _finding(node, m.AGE_TOO_HIGH, params={"limit": str(settings.max_age)})
        return
    try:
        day = compose(entry.day, entry.month, entry.year)
    except DateIncompleteError:
        yield _finding(node, m.DATE_INCOMPLETE)
        return
    except DateNotInFiguresError:
        yield _finding(node, m.DATE_FIGURES)
        return
    except DateImpossibleError:
        yield _finding(node, m.DATE_IMPOSSIBLE)
        return
    if node.spec.control is Control.AGE_DATE or is_birth(node):
        if day > state.today:
            yield _finding(node, m.DATE_IN_FUTURE)
        elif full_years(day, state.today) > settings.max_age:
            yield _finding(node, m.AGE_TOO_HIGH, params={"limit": str(settings.max_age)})
    low, high = node.spec.minimum, node.spec.maximum
    if not within_offsets(day, state.today, low, high):
        yield _finding(node, m.DATE_OUT_OF_RANGE, params={"minimum": _days(low), "maximum": _days(high)})
    yield from _stored_findings(setup, node, entry)


def _days(offset: int | None) -> str:
    return "" if offset is None else str(offset)


def _html_findings(setup: FormSetup, state: FormState, node: FieldNode, entry: HtmlEntry) -> Iterator[Finding]:
    """A text that has to be shown has to be shown in every language."""
    if node.id in state.required:
        for lang in languages_of(setup, node):
            if (lang or setup.context.lang_codes[0]) not in entry.hashes:
                yield _finding(node, m.NOT_SHOWN, lang)


# biometrics


def _bio_findings(state: FormState, node: FieldNode, entry: BiometricsEntry) -> Iterator[Finding]:
    demand = state.demands[node.id]
    captured = {capture.attribute for capture in entry.captured}
    for mark in entry.exceptions:
        if mark.attribute.value == "face":
            yield _finding(node, m.FACE_EXCEPTED)
        elif mark.attribute in captured:
            yield _finding(node, m.EXCEPTED_AND_CAPTURED, params={"attributes": mark.attribute.value})
    satisfied = satisfied_by(demand, entry)
    if not demand.is_met(satisfied):
        names = ", ".join(attribute.value for attribute, is_good in satisfied.items() if not is_good)
        yield _finding(node, m.CAPTURES_MISSING, params={"attributes": names})
    if lacks_photo(demand, entry):
        yield _finding(node, m.PHOTO_MISSING)
