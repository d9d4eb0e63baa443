"""Words that a country does not want to see in a text without an operator having looked: found as whole words, in any script.

Text and list are compared in the same form: compatibility forms unified and case folded (Unicode NFKC and full case folding, so
that ``STRASSE`` is ``straße`` and full-width letters are letters), signs that have no shape of their own (soft hyphen, joiners,
direction marks) left out. A word is a run of letters, marks, digits and underscores; a listed phrase is found when its words
follow each other, whatever signs stand between them.

Two kinds of listed words need more than that:

- Words in scripts that are written without spaces (Thai, Lao, Khmer, Burmese, Tibetan, Chinese, Japanese) are found inside a
  run, provided that no mark follows which would change the last letter. Where words end in such a run only a dictionary could
  tell: an operator who is shown one word too many accepts it.
- Words that begin or end in other signs (``c++``, ``$$$``) are found as they stand, if no letter or digit continues them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import regex

_ANY_LANGUAGE: Final = ""
_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}_]+")
_SHAPELESS: Final = regex.compile(r"\p{Cf}+")
_UNSPACED_SCRIPTS: Final = (
    "Thai",
    "Laoo",
    "Khmr",
    "Mymr",
    "Tibt",
    "Hani",
    "Hira",
    "Kana",
    "Bopo",
    "Talu",
    "Lana",
    "Tavt",
    "Java",
    "Bali",
)
_UNSPACED: Final = regex.compile("[" + "".join(rf"\p{{Script_Extensions={name}}}" for name in _UNSPACED_SCRIPTS) + r"\p{M} ]+")
_HAS_LETTER_OF_UNSPACED: Final = regex.compile(r"\p{L}")
_MARK: Final = regex.compile(r"\p{M}")


class Blocklist:
    """The listed words, prepared for many texts.

    Args:
        words: language code to words; the empty code for words that count in every language. Blank words are passed over.
    """

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        given = {language: frozenset(listed) for language, listed in words.items()}
        everywhere = given.get(_ANY_LANGUAGE, frozenset())
        self._everywhere = _Index(everywhere)
        self._indexes = {
            language: _Index(listed | everywhere) for language, listed in given.items() if not listed <= everywhere
        }

    def found_in(self, text: str, lang_code: str | None) -> tuple[str, ...]:
        """Listed words in a text, as they stand in the list, in the order in which the text has them, each once.

        Args:
            lang_code: language of the text: its own words and those of every language count. None for a text that has no
                language: only the latter.
        """
        index = self._indexes.get(lang_code or _ANY_LANGUAGE, self._everywhere)
        return index.found_in(_comparable(text))


class _Index:
    """Three ways to find a word, each by look-up, so that the time depends on the text and hardly on the list."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._phrases: dict[tuple[str, ...], list[str]] = {}
        self._phrase_lengths: dict[str, set[int]] = {}
        self._unspaced: dict[str, list[str]] = {}
        self._unspaced_lengths: dict[str, set[int]] = {}
        self._literal: dict[str, list[str]] = {}
        self._literal_lengths: dict[str, set[int]] = {}
        for word in sorted(listed):
            self._add(word, _comparable(word))

    def _add(self, word: str, form: str) -> None:
        if not form:
            return
        if form.isascii() and form.replace(" ", "").isalnum():
            self._add_phrase(word, tuple(form.split()))
            return
        tokens = tuple(_WORD.findall(form))
        if not tokens or not _WORD.match(form) or not _WORD.fullmatch(form[-1]):
            self._literal.setdefault(form, []).append(word)
            self._literal_lengths.setdefault(form[0], set()).add(len(form))
        elif _UNSPACED.fullmatch(form) and _HAS_LETTER_OF_UNSPACED.search(form):
            self._unspaced.setdefault(form, []).append(word)
            self._unspaced_lengths.setdefault(form[0], set()).add(len(form))
        else:
            self._add_phrase(word, tokens)

    def _add_phrase(self, word: str, tokens: tuple[str, ...]) -> None:
        self._phrases.setdefault(tokens, []).append(word)
        self._phrase_lengths.setdefault(tokens[0], set()).add(len(tokens))

    def found_in(self, form: str) -> tuple[str, ...]:
        places: list[tuple[int, str]] = []
        if self._phrases:
            self._find_phrases(form, places)
        if self._unspaced and not form.isascii():
            for start, end, words in _substrings(form, self._unspaced, self._unspaced_lengths):
                if not _MARK.match(form, end):
                    places += [(start, word) for word in words]
        if self._literal:
            for start, end, words in _substrings(form, self._literal, self._literal_lengths):
                if not _continues(form, start, end):
                    places += [(start, word) for word in words]
        places.sort(key=lambda place: place[0])
        return tuple(dict.fromkeys(word for _, word in places))

    def _find_phrases(self, form: str, places: list[tuple[int, str]]) -> None:
        tokens: list[str] = _WORD.findall(form)
        known = self._phrase_lengths
        found = [
            (position, word)
            for position, token in enumerate(tokens)
            if token in known
            for length in known[token]
            for word in self._phrases.get(tuple(tokens[position : position + length]), ())
        ]
        if found:
            starts = [match.start() for match in _WORD.finditer(form)]
            places += [(starts[position], word) for position, word in found]


def _substrings(
    form: str, listed: Mapping[str, list[str]], lengths: Mapping[str, set[int]]
) -> list[tuple[int, int, list[str]]]:
    starts = [(start, lengths[sign]) for start, sign in enumerate(form) if sign in lengths]
    return [
        (start, start + length, listed[form[start : start + length]])
        for start, possible in starts
        for length in possible
        if form[start : start + length] in listed
    ]


def _continues(form: str, start: int, end: int) -> bool:
    """Whether a letter or digit at an edge of the find goes on beyond it."""
    before = start > 0 and _is_word(form[start - 1]) and _is_word(form[start])
    return before or (end < len(form) and _is_word(form[end]) and _is_word(form[end - 1]))


def _is_word(sign: str) -> bool:
    return _WORD.match(sign) is not None


def _comparable(text: str) -> str:
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", _SHAPELESS.sub("", text)).casefold()
        text = unicodedata.normalize("NFKC", folded)
    return " ".join(text.casefold().split())
