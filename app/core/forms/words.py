"""Blocklisted words in a form: which there are, which the operator let pass, and what the packet says about it."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.forms.entries import Entry, TextEntry
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup
from app.core.forms.state import FormState
from packet.models import BlockListedWords

_NOTHING: Mapping[str, str] = {}


def found_words(setup: FormSetup, state: FormState, node: FieldNode, before: Entry | None, after: Entry | None) -> None:
    """Looks for words in the texts that changed. What was let pass counts as long as it stays there; what was not is judged
    anew with the new text."""
    old = before.texts if isinstance(before, TextEntry) else _NOTHING
    new = after.texts if isinstance(after, TextEntry) else _NOTHING
    for lang in old.keys() | new.keys():
        if old.get(lang) == new.get(lang):
            continue
        key = (node.id, lang)
        words = setup.context.blocklist.found_in(new.get(lang, ""), lang or setup.context.lang_codes[0])
        state.rejected.discard(key)
        kept = tuple(word for word in state.accepted.pop(key, ()) if word in words)
        state.words.pop(key, None)
        if words:
            state.words[key] = words
        if kept:
            state.accepted[key] = kept


def pending_words(state: FormState, name: str, lang: str) -> tuple[str, ...]:
    """Words that nobody has let pass yet."""
    key = (name, lang)
    return tuple(word for word in state.words.get(key, ()) if word not in state.accepted.get(key, ()))


def accepted_words(setup: FormSetup, state: FormState) -> dict[str, BlockListedWords]:
    """What the packet says about words that were let pass, by field."""
    found: dict[str, tuple[str, ...]] = {}
    judges: dict[str, str] = {}
    for key, words in sorted(state.accepted.items()):
        name = key[0]
        if name in state.visible:
            found[name] = (*found.get(name, ()), *words)
            judges[name] = state.accepted_by.get(key, setup.context.operator_id)
    return {
        name: BlockListedWords(
            screen_name=setup.nodes[name].screen,
            words=tuple(dict.fromkeys(words)),
            operator_consent=True,
            operator_id=judges[name],
        )
        for name, words in found.items()
    }
