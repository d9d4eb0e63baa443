"""Suggestions for a text in another script: what the operator finds in the other languages' boxes and corrects.

A suggestion is never more than that. It is made letter by letter, by rules that know no names: right for the ear more often
than for the passport, and worst out of scripts that do not write vowels (``محمد`` becomes ``Mhmd``). Who uses it must never put
it over a text that somebody edited.

Languages are ISO 639-2 codes; the script of a language is the one in which ICU's likely subtags expect it. Between two
languages of one script (English, French) the suggestion is the text itself. There is none where no usable rules exist (into
Hebrew, Thai, Khmer, Sinhala, Chinese, ...; out of Chinese signs in Japanese or Korean, which have several readings), and none
if a letter would stay in its old script: half a name is worse than no name. Digits stay as they are.

ICU is an extra of the installation, reached through PyICU. Without it there are no suggestions, and `NoTransliterator` says so.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.core.transliterationrules import (
    INDIC,
    INTO,
    INTO_LANGUAGE,
    LATIN,
    OUT_OF,
    OUT_OF_LANGUAGE,
    OUT_OF_OTHERS,
)

if TYPE_CHECKING:
    from types import ModuleType

_LANGUAGE: Final = re.compile(r"[a-z]{3}")
_NO_LANGUAGES: Final = frozenset({"und", "mul", "mis", "zxx"})
_LONGEST_TEXT: Final = 500
_SHARED: Final = frozenset({"Zyyy", "Zinh"})
_LETTERS_OF: Final = {"Jpan": frozenset({"Kana", "Hira", "Hani"}), "Kore": frozenset({"Hang", "Hani"})}

NOT_INSTALLED: Final = "Suggestions in other scripts are off, because the part that makes them (PyICU) is not installed."


class Transliterator(Protocol):
    """Makes suggestions, or says why it cannot. May be used from several threads."""

    @property
    def reason(self) -> str | None:
        """Why there are no suggestions at all, for a person to read; None if there are some."""

    def suggest(self, text: str, source: str, target: str) -> str | None:
        """A text in the script of another language, in normal form C; None if there is nothing to suggest.

        Never raises, whatever the text is: a suggestion that fails must not disturb typing.

        Args:
            text: what was typed; no suggestion for more than 500 characters.
            source: ISO 639-2 code of its language.
            target: that of the language wanted.
        """


class NoTransliterator:
    """Suggests nothing and says why."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    @property
    def reason(self) -> str | None:
        """Why there are no suggestions, for a person to read."""
        return self._reason

    def suggest(self, text: str, source: str, target: str) -> str | None:
        """None."""
        del text, source, target
        return None


class IcuTransliterator:
    """Suggestions by ICU's tables and the rules of `app.core.transliterationrules`.

    One lock guards the compiled rules, since ICU does not promise that one of them may be used by two threads at
    once. A name takes about 15 microseconds; the first one between two languages some milliseconds, for compiling, and the
    first one in Chinese signs a tenth of a second, for ICU's table.

    Raises:
        ImportError: when made without PyICU. `open_transliterator` asks first.
    """

    def __init__(self) -> None:
        import icu

        self._icu: ModuleType = icu
        self._lock = threading.Lock()
        self._steps: dict[tuple[str, str], tuple[Callable[[str], str], ...] | None] = {}
        self._scripts: dict[str, str | None] = {}

    @property
    def reason(self) -> str | None:
        """None: there are suggestions."""
        return None

    def suggest(self, text: str, source: str, target: str) -> str | None:
        """See `Transliterator.suggest`."""
        if not _is_language(source) or not _is_language(target):
            return None
        if not text.strip() or len(text) > _LONGEST_TEXT or _has_surrogates(text):
            return None
        with self._lock:
            first, wanted = self._script(source), self._script(target)
            steps = self._route(source, target)
            if steps is None or first is None or wanted is None:
                return None
            if steps and first in _LETTERS_OF and self._has_chinese_signs(text):
                return None
            try:
                result = text
                for step in steps:
                    result = step(result)
            except self._icu.ICUError:
                # Some of ICU's own tables cut a pair of surrogates in two (a sign beyond U+FFFF before U+309E, for example).
                return None
            result = unicodedata.normalize("NFC", result)
            if steps and not self._is_in_script(result, wanted):
                return None
        return result if result.strip() else None

    def _route(self, source: str, target: str) -> tuple[Callable[[str], str], ...] | None:
        """The transliterators from one language to another, in order; none for one script; None: there is no way."""
        key = (source, target)
        if key not in self._steps:
            first, last = self._script(source), self._script(target)
            self._steps[key] = None if first is None or last is None else self._compiled(source, first, target, last)
        return self._steps[key]

    def _compiled(self, source: str, first: str, target: str, last: str) -> tuple[Callable[[str], str], ...] | None:
        if first == last:
            return ()
        if first in INDIC and last in INDIC:
            return (self._compile(f":: [:^Nd:] ; :: Any-{last};"),)
        rules: list[str] = []
        if first != LATIN:
            rules.append(OUT_OF_LANGUAGE.get(source) or OUT_OF.get(first) or OUT_OF_OTHERS)
        if last != LATIN:
            into = INTO_LANGUAGE.get(target) or INTO.get(last)
            if into is None:
                return None
            rules.append(into)
        return tuple(self._compile(text) for text in rules)

    def _compile(self, rules: str) -> Callable[[str], str]:
        made: Any = self._icu.Transliterator.createFromRules("sealdesk", rules, self._icu.UTransDirection.FORWARD)

        def step(text: str) -> str:
            return str(made.transliterate(text))

        return step

    def _script(self, language: str) -> str | None:
        if language not in self._scripts:
            self._scripts[language] = self._likely_script(language)
        return self._scripts[language]

    def _likely_script(self, language: str) -> str | None:
        locale = self._icu.Locale(language)
        locale.addLikelySubtags()
        return str(locale.getScript()) or None

    def _has_chinese_signs(self, text: str) -> bool:
        return any(self._icu.Script.getScript(sign).getShortName() == "Hani" for sign in text)

    def _is_in_script(self, text: str, script: str) -> bool:
        allowed = _SHARED | _LETTERS_OF.get(script, {script})
        return all(
            self._icu.Script.getScript(sign).getShortName() in allowed for sign in text if unicodedata.category(sign)[0] in "LM"
        )


def open_transliterator() -> Transliterator:
    """Suggestions if PyICU is installed, otherwise none with the reason."""
    try:
        return IcuTransliterator()
    except ImportError:
        return NoTransliterator(NOT_INSTALLED)


def _is_language(code: str) -> bool:
    return _LANGUAGE.fullmatch(code) is not None and code not in _NO_LANGUAGES


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)
