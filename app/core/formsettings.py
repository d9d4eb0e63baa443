"""What a country configures about forms, under MOSIP's property names: one table, each row with name, unit, range and meaning.

A property that is missing or empty has MOSIP's default, with one exception: an empty list of languages means that there are
none of that kind, since that is how a country says that it has no optional languages. What cannot be used is refused by name
instead of being replaced silently. Sealdesk's own settings, which MOSIP does not have, are called ``sealdesk.``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

from app.core.ages import DEFAULT_AGE_GROUPS, AgeGroups, AgeGroupsUnusableError
from app.core.dates import DateFormat, DatePatternUnusableError
from app.core.errors import AppError
from app.core.idnumbers.rules import IdNumberRules, IdNumberRulesInvalidError

_LANGUAGE: Final = re.compile(r"[a-z]{3}")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_MOST_IN_A_LIST: Final = 100
_DEFAULT_DATE_FORMAT: Final = DateFormat("yyyy/MM/dd")
_R: Final = "mosip.registration."


class FormSettingUnusableError(AppError):
    """A configured value is out of its range, not of its kind, or contradicts another."""

    code = "APP-FORM-SETTING"
    sentence = "The setting {name} cannot be used: {why}."
    next_step = "Let the administrator correct it on the server, then synchronise."


def _row(default: Any, name: str, unit: str, text: str, read: Callable[[str], Any], *, takes_empty: bool = False) -> Any:
    return field(default=default, metadata=_about(name, unit, text, read, takes_empty=takes_empty))


def _about(name: str, unit: str, text: str, read: Callable[[str], Any], *, takes_empty: bool = False) -> dict[str, Any]:
    return {"mosip_name": name, "unit": unit, "text": text, "read": read, "takes_empty": takes_empty}


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", text):
            raise ValueError("it is no whole number")
        if not low <= int(text) <= high:
            raise ValueError(f"it is not between {low} and {high}")
        return int(text)

    return read


def _flag(text: str) -> bool:
    if text.upper() not in {"Y", "N", "TRUE", "FALSE"}:
        raise ValueError("it is neither Y nor N")
    return text.upper() in {"Y", "TRUE"}


def _names(text: str) -> tuple[str, ...]:
    return _list(text, _NAME, "it is no list of names separated by commas")


def _languages(text: str) -> tuple[str, ...]:
    return _list(text, _LANGUAGE, "it is no list of language codes of three small letters separated by commas")


def _list(text: str, form: re.Pattern[str], why: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > _MOST_IN_A_LIST:
        raise ValueError(f"it has more than {_MOST_IN_A_LIST} entries")
    if not all(form.fullmatch(part) for part in parts):
        raise ValueError(why)
    return tuple(dict.fromkeys(parts))


def _scan_type(text: str) -> str:
    if text.upper() not in {"PDF", "JPG", "PNG"}:
        raise ValueError("it is none of pdf, jpg and png")
    return text.upper()


@dataclass(frozen=True, slots=True)
class FormSettings:
    """Values in force; the rows of the table are the fields below. The rules of numbers have a table of their own.

    Attributes:
        id_number_rules: what UINs, VIDs and registration ids look like.
    """

    mandatory_languages: tuple[str, ...] = _row(
        ("eng",), "mosip.mandatory-languages", "codes", "languages of every registration", _languages, takes_empty=True
    )
    optional_languages: tuple[str, ...] = _row(
        ("ara", "fra"), "mosip.optional-languages", "codes", "languages to choose from", _languages, takes_empty=True
    )
    min_languages: int = _row(
        2, "mosip.min-languages.count", "languages", "fewest languages of a registration, 0 to 20", _number(0, 20)
    )
    max_languages: int = _row(
        3, "mosip.max-languages.count", "languages", "most languages of a registration, 1 to 20", _number(1, 20)
    )
    right_to_left: tuple[str, ...] = _row(
        ("ara",),
        "mosip.right_to_left_orientation",
        "codes",
        "languages written from right to left",
        _languages,
        takes_empty=True,
    )
    date_format: DateFormat = field(
        default=_DEFAULT_DATE_FORMAT,
        metadata=_about("mosip.default.date.format", "pattern", "how dates are stored", DateFormat),
    )
    max_age: int = _row(200, f"{_R}max_age", "years", "highest age, 1 to 300", _number(1, 300))
    age_groups: AgeGroups = field(
        default=DEFAULT_AGE_GROUPS,
        metadata=_about(
            "mosip.regproc.packet.classifier.tagging.agegroup.ranges",
            "JSON",
            "age groups, ranges of years with both ends included",
            AgeGroups.from_json,
        ),
    )
    child_age_limit: int = _row(
        5, "mosip.kernel.applicant.type.age.limit", "years", "highest age of a child in rules, 0 to 300", _number(0, 300)
    )
    retained_after_pre_registration: tuple[str, ...] = _row(
        ("consent", "consentText", "preferredLang"),
        f"{_R}fields.to.retain.post.prid.fetch",
        "field ids",
        "fields that keep their value when a pre-registration is fetched",
        _names,
    )
    document_size_bytes: int = _row(
        2_000_000, f"{_R}document_size", "bytes", "largest document, 1,000 to 100,000,000", _number(1_000, 100_000_000)
    )
    scan_type: str = _row("PDF", f"{_R}document_scanner_doctype", "pdf, jpg or png", "what scanned pages become", _scan_type)
    reviewer_is_needed: bool = _row(
        True,
        f"{_R}reviewer_authentication_configuration",
        "Y/N",
        "whether a second person confirms a registration with biometric exceptions",
        _flag,
    )
    selected_handles: tuple[str, ...] = _row(
        (), f"{_R}default-selected-handle-fields", "field ids", "fields by which a person can be found later", _names
    )
    draft_expiry_days: int = _row(
        7,
        "sealdesk.draft.expiry_days",
        "days",
        "after how many days without a change a draft is removed, 1 to 365",
        _number(1, 365),
    )

    id_number_rules: IdNumberRules = field(default_factory=IdNumberRules)

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> FormSettings:
        """Takes what is set; names that are not in the table are passed over, since other parts know them.

        Args:
            properties: MOSIP's names to text, as the configuration sync gives them.

        Raises:
            FormSettingUnusableError: for the first value that cannot be used.
        """
        given: dict[str, Any] = {}
        for row in rows():
            name = row.metadata["mosip_name"]
            text = properties.get(name)
            if text is not None and (text.strip() or row.metadata["takes_empty"]):
                given[row.name] = _read(name, row, text.strip())
        settings = cls(**given, id_number_rules=_read_number_rules(properties))
        _check_languages(settings, frozenset(given))
        return settings


def rows() -> tuple[Field[Any], ...]:
    """The rows of the table: metadata ``mosip_name``, ``unit``, ``text`` of every field of `FormSettings` that is a setting."""
    return tuple(row for row in fields(FormSettings) if "mosip_name" in row.metadata)


def _read_number_rules(properties: Mapping[str, str]) -> IdNumberRules:
    try:
        return IdNumberRules.from_properties(properties)
    except IdNumberRulesInvalidError as error:
        raise FormSettingUnusableError(name=error.params["name"], why=error.params["why"]) from None


def _read(name: str, row: Field[Any], text: str) -> Any:
    try:
        return row.metadata["read"](text)
    except (AgeGroupsUnusableError, DatePatternUnusableError) as error:
        raise FormSettingUnusableError(name=name, why=str(error.params["why"])) from None
    except ValueError as error:
        raise FormSettingUnusableError(name=name, why=str(error)) from None


def _check_languages(settings: FormSettings, given: frozenset[str]) -> None:
    """Defaults give way to what a country says about its languages; what it says itself must be possible."""
    offered = set(settings.mandatory_languages) | set(settings.optional_languages)
    names = {row.name: row.metadata["mosip_name"] for row in rows()}
    if not offered:
        raise FormSettingUnusableError(
            name=names["mandatory_languages"], why="there is neither a mandatory nor an optional language"
        )
    if "min_languages" in given and settings.min_languages > len(offered):
        raise FormSettingUnusableError(name=names["min_languages"], why=f"there are only {len(offered)} languages")
    if "max_languages" in given and settings.max_languages < len(settings.mandatory_languages):
        raise FormSettingUnusableError(
            name=names["max_languages"], why=f"there are {len(settings.mandatory_languages)} mandatory languages"
        )
    if {"min_languages", "max_languages"} <= given and settings.min_languages > settings.max_languages:
        raise FormSettingUnusableError(name=names["min_languages"], why="it is above the highest number of languages")
