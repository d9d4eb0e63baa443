"""Texts in other scripts as suggestions: they follow what is typed as long as nobody touched them, and never overwrite.

A box that is empty or holds an untouched suggestion of the language that is being typed in follows it. What somebody typed
stays until they empty the box themselves. Where a box holds something else than
the suggestion, the suggestion is offered beside it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from app.core.forms.entries import NO_LANGUAGE, TextEntry
from app.core.forms.textedge import clean, is_blank
from app.core.transliteration import Transliterator

_MEMO_MAX: Final = 256


class Suggester:
    """Remembers the last answers of a transliterator, so that reading a form asks it nothing twice."""

    def __init__(self, transliterator: Transliterator) -> None:
        self._transliterator = transliterator
        self._memo: OrderedDict[tuple[str, str, str], str | None] = OrderedDict()

    def suggest(self, text: str, source: str, target: str) -> str | None:
        """The text in another language's script; None if there is no suggestion."""
        if is_blank(text):
            return None
        key = (text, source, target)
        if key not in self._memo:
            found = self._transliterator.suggest(text, source, target)
            self._memo[key] = None if found is None or is_blank(found) else clean(found)
            if len(self._memo) > _MEMO_MAX:
                self._memo.popitem(last=False)
        return self._memo[key]


def typed(entry: TextEntry | None, lang: str, text: str) -> TextEntry | None:
    """The entry after somebody typed a text; nothing follows it."""
    texts = dict(entry.texts) if entry is not None else {}
    follows = dict(entry.follows) if entry is not None else {}
    follows.pop(lang, None)
    source = lang
    if is_blank(text):
        texts.pop(lang, None)
        source = entry.source if entry is not None and entry.source != lang else NO_LANGUAGE
    else:
        texts[lang] = text
    return TextEntry(texts, follows, source) if texts else None


def followed(
    entry: TextEntry | None, lang: str, text: str, languages: tuple[str, ...], suggester: Suggester
) -> TextEntry | None:
    """The entry after somebody typed a text in a language, with the suggestions that follow it."""
    after = typed(entry, lang, text)
    texts = dict(after.texts) if after is not None else {}
    follows = dict(after.follows) if after is not None else {}
    source = after.source if after is not None else NO_LANGUAGE
    for other in languages:
        if other == lang or (other in texts and follows.get(other) != lang):
            continue
        suggestion = suggester.suggest(text, lang, other)
        if suggestion is None:
            texts.pop(other, None)
            follows.pop(other, None)
        else:
            texts[other], follows[other] = suggestion, lang
    return TextEntry(texts, follows, source) if texts else None


def offered(entry: TextEntry | None, languages: tuple[str, ...], suggester: Suggester) -> Mapping[str, str]:
    """Suggestions by language for the boxes that hold something else."""
    if entry is None:
        return {}
    source = source_of(entry, languages)
    if source is None:
        return {}
    found: dict[str, str] = {}
    for other in languages:
        suggestion = suggester.suggest(entry.texts[source], source, other) if other != source else None
        if suggestion is not None and suggestion != entry.texts.get(other):
            found[other] = suggestion
    return found


def source_of(entry: TextEntry, languages: tuple[str, ...]) -> str | None:
    """The language that suggestions come from: the last one typed in, else the first with a text of its own."""
    own = [code for code in languages if code in entry.texts and code not in entry.follows]
    if entry.source in own:
        return entry.source
    return own[0] if own else None


def taken(entry: TextEntry, lang: str, suggestion: str, source: str) -> TextEntry:
    """The entry after a suggestion was taken over; it follows its source from then on."""
    return TextEntry({**entry.texts, lang: suggestion}, {**entry.follows, lang: source}, source)
