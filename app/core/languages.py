"""The languages in which a registration is entered: which there are, how many are needed, in which order they stand.

The order of choice is the order of data entry; the first chosen language is also that of the form. Codes are those of
ISO 639-2, three small letters.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import AppError
from app.core.formsettings import FormSettings


class LanguageChoiceError(AppError):
    """Root of what can be wrong with a choice of languages."""

    code = "APP-LANGUAGES"
    next_step = "Choose the languages again."


class LanguageNotOfferedError(LanguageChoiceError):
    """A language is neither mandatory nor optional in this country."""

    code = "APP-LANGUAGE-NOT-OFFERED"
    sentence = "The language {language} is not offered."


class LanguageTwiceError(LanguageChoiceError):
    """A language was chosen twice."""

    code = "APP-LANGUAGE-TWICE"
    sentence = "The language {language} is chosen twice."


class MandatoryLanguageMissingError(LanguageChoiceError):
    """A language that every registration has was not chosen."""

    code = "APP-LANGUAGE-MANDATORY"
    sentence = "These languages are mandatory and not chosen: {languages}."
    next_step = "Choose them too."


class TooFewLanguagesError(LanguageChoiceError):
    """Fewer languages than the country asks for."""

    code = "APP-LANGUAGES-TOO-FEW"
    sentence = "{count} languages are chosen; at least {limit} are needed."
    next_step = "Choose another language."


class TooManyLanguagesError(LanguageChoiceError):
    """More languages than the country allows."""

    code = "APP-LANGUAGES-TOO-MANY"
    sentence = "{count} languages are chosen; at most {limit} are allowed."
    next_step = "Leave a language out."


def offered_languages(settings: FormSettings) -> tuple[str, ...]:
    """All languages to choose from: the mandatory ones, then the optional ones, each once."""
    return tuple(dict.fromkeys(settings.mandatory_languages + settings.optional_languages))


def language_bounds(settings: FormSettings) -> tuple[int, int]:
    """The fewest and the most languages of a registration.

    At least the configured number and all mandatory ones; at most the configured number and no more than there are. A minimum
    above what there is (MOSIP's default of 2 in a country with one language) comes down to it.
    """
    most = max(min(settings.max_languages, len(offered_languages(settings))), len(settings.mandatory_languages), 1)
    return min(max(settings.min_languages, len(settings.mandatory_languages), 1), most), most


def preselected_languages(settings: FormSettings, app_language: str) -> tuple[str, ...]:
    """What stands ticked at first: the language of the screen if it is offered, then the mandatory ones."""
    first = (app_language,) if app_language in offered_languages(settings) else ()
    return tuple(dict.fromkeys(first + settings.mandatory_languages))


def choose_languages(settings: FormSettings, chosen: Sequence[str]) -> tuple[str, ...]:
    """The languages of a registration in the order of choice, if the country's rules allow them.

    Raises:
        LanguageTwiceError, LanguageNotOfferedError, MandatoryLanguageMissingError, TooFewLanguagesError, TooManyLanguagesError
    """
    offered = offered_languages(settings)
    for position, language in enumerate(chosen):
        if language not in offered:
            raise LanguageNotOfferedError(language=language)
        if language in chosen[:position]:
            raise LanguageTwiceError(language=language)
    missing = [language for language in settings.mandatory_languages if language not in chosen]
    if missing:
        raise MandatoryLanguageMissingError(languages=", ".join(missing))
    fewest, most = language_bounds(settings)
    if len(chosen) < fewest:
        raise TooFewLanguagesError(count=len(chosen), limit=fewest)
    if len(chosen) > most:
        raise TooManyLanguagesError(count=len(chosen), limit=most)
    return tuple(chosen)


def is_right_to_left(settings: FormSettings, lang_code: str) -> bool:
    """Whether texts in a language run from right to left, by the country's setting."""
    return lang_code in settings.right_to_left
