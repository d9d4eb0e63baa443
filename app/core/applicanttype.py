"""The type of an applicant, on which depends which documents a country takes: the rules of known scripts, natively.

A country publishes its rule as a program in a language that nobody should execute from a download. What MOSIP ships is a table
with few entries; scripts that are known to say one of the tables below are recognised by what is in them, and every other is
refused by name. Whether the server signed the file is asked elsewhere, when it is received.

Table by residence, gender and age group, without and with a biometric exception (gender OTH counts as FLE):

=========  ======  ===========  ===========  ===========
residence  gender  INFANT       MINOR        ADULT
=========  ======  ===========  ===========  ===========
FR         MLE     001 / 009    002 / 014    002 / 010
NFR        MLE     003 / 011    004 / 015    004 / 012
FR         FLE     005 / 013    006 / 014    006 / 014
NFR        FLE     007 / 015    008 / 015    008 / 016
=========  ======  ===========  ===========  ===========

Anything else that is complete is ``000``. What is incomplete is ``000`` in the flow Update, where most fields are not asked,
and an error in the others. Older scripts take every age group but INFANT for ADULT; one of them puts an A before the number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import ClassVar, Final

from app.core.ages import AgeGroups, full_years
from app.core.dates import DateError, DateFormat
from app.core.errors import AppError

_DATE_FORMAT: Final = DateFormat("yyyy/MM/dd")
_RESIDENCE: Final = "residenceStatus"
_GENDER: Final = "gender"
_BIRTH: Final = "dateOfBirth"
_EXCEPTION: Final = "isBioException"
_OTHER_TYPE: Final = "000"

_COLUMNS: Final[Mapping[tuple[str, str], Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        ("FR", "MLE"): {"INFANT": ("001", "009"), "MINOR": ("002", "014"), "ADULT": ("002", "010")},
        ("NFR", "MLE"): {"INFANT": ("003", "011"), "MINOR": ("004", "015"), "ADULT": ("004", "012")},
        ("FR", "FLE"): {"INFANT": ("005", "013"), "MINOR": ("006", "014"), "ADULT": ("006", "014")},
        ("NFR", "FLE"): {"INFANT": ("007", "015"), "MINOR": ("008", "015"), "ADULT": ("008", "016")},
    }
)


class UnknownScriptError(AppError):
    """The country's rule for applicant types is none of those that are known."""

    code = "APP-APPLICANT-SCRIPT"
    sentence = "The rule for applicant types (SHA-256 {digest}) is not one that Sealdesk knows; it is never executed unseen."
    next_step = "Ask the developers of Sealdesk for this rule, with the script; until then no documents can be offered."


class ApplicantTypeError(AppError):
    """Root of why the type of an applicant cannot be told.

    Attributes:
        server_code: MOSIP's code for it.
    """

    code = "APP-APPLICANT"
    server_code: ClassVar[str] = ""


class ApplicantTypeUndecidedError(ApplicantTypeError):
    """Something on which the type of the applicant depends is not known yet."""

    code = "APP-APPLICANT-UNDECIDED"
    sentence = "Which documents are taken depends on {missing}."
    next_step = "Fill in {missing} first."
    server_code = "KER-MSD-147"


class BornAheadError(ApplicantTypeError):
    """The date of birth is after today."""

    code = "APP-APPLICANT-BORN-AHEAD"
    sentence = "The date of birth is after today, so no documents can be offered."
    next_step = "Correct the date of birth."
    server_code = "KER-MSD-151"


@dataclass(frozen=True, slots=True)
class ApplicantTypeTable:
    """A known rule. It can be called as often as one likes and keeps nothing.

    Attributes:
        prefix: stands before the number.
        has_minors: the age group MINOR has entries of its own, and groups of other names have none; otherwise every group
            but INFANT is taken for ADULT.
    """

    prefix: str = ""
    has_minors: bool = True

    def __call__(self, identity: Mapping[str, object], age_groups: AgeGroups, today: date) -> str:
        """The type, for example ``004``.

        Args:
            identity: what conditions see: fields by id, codes of chosen entries as ``<id>Code``, ``_flow``, ``isBioException``.
            today: the day in UTC.

        Raises:
            BornAheadError: the date of birth is after today.
            ApplicantTypeUndecidedError: residence, gender or age is missing, and the flow is not Update.
        """
        birth = _birth(identity)
        if birth is not None and birth > today:
            raise BornAheadError
        residence, gender = _code(identity, _RESIDENCE), _code(identity, _GENDER)
        group = None if birth is None else age_groups.of(full_years(birth, today))
        exception = _flag(identity.get(_EXCEPTION))
        known = {_RESIDENCE: residence, _GENDER: gender, _BIRTH: group, _EXCEPTION: exception}
        missing = [name for name, value in known.items() if value is None]
        if not missing:
            return self.prefix + self._entry(str(residence), str(gender), str(group), has_exception=exception is True)
        if identity.get("_flow") == "Update":
            return self.prefix + _OTHER_TYPE
        raise ApplicantTypeUndecidedError(missing=", ".join(missing))

    def _entry(self, residence: str, gender: str, group: str, *, has_exception: bool) -> str:
        columns = _COLUMNS.get((residence, "FLE" if gender == "OTH" else gender), {})
        if not self.has_minors and group != "INFANT":
            group = "ADULT"
        return columns.get(group, (_OTHER_TYPE, _OTHER_TYPE))[has_exception]


applicant_type: Final = ApplicantTypeTable()
"""The rule that MOSIP ships today, and that of the demo country."""

_KNOWN: Final[Mapping[str, ApplicantTypeTable]] = MappingProxyType(
    {
        "83a8a4c833afba2171cc7a35741ca330e7e4d828953ee186d24e1218421ec50f": applicant_type,
        "fa0973a3f0fe9b81340096a48458fe282b2450af0da7e3112c13f42b04beead3": applicant_type,
        "35cfd0dc53deb04c024c1de5e1ebb57d89ecc4d2e50b927c23ce89636bb4bc0c": ApplicantTypeTable(has_minors=False),
        "b1443d3542a7d83f41cb5bf53a4c5d29227ec9682455a4a55bc51a10df93e8db": ApplicantTypeTable(prefix="A", has_minors=False),
    }
)
"""SHA-256 of `_canonical` scripts: today's of MOSIP, the demo country's, two older ones of MOSIP."""


def rule_of(script: bytes) -> ApplicantTypeTable:
    """The rule that a script states.

    Ends of lines and space at the ends of lines do not count: they change on the way through editors and servers.

    Raises:
        UnknownScriptError: it is none of those that are known.
    """
    digest = hashlib.sha256(_canonical(script)).hexdigest()
    rule = _KNOWN.get(digest)
    if rule is None:
        raise UnknownScriptError(digest=digest)
    return rule


def _canonical(script: bytes) -> bytes:
    lines = [line.rstrip(b" \t\r") for line in script.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return b"\n".join(lines).strip(b"\n") + b"\n"


def _code(identity: Mapping[str, object], name: str) -> str | None:
    """Code of a chosen entry; without one the value itself, of a list the first."""
    code = f"{name}Code"
    value = identity.get(code if code in identity else name)
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0].get("value") if value and isinstance(value[0], Mapping) else None
    return value if isinstance(value, str) and value else None


def _birth(identity: Mapping[str, object]) -> date | None:
    text = identity.get(_BIRTH)
    try:
        return _DATE_FORMAT.parse(text) if isinstance(text, str) else None
    except DateError:
        return None


def _flag(value: object) -> bool | None:
    """Absent is no; the texts are what scripts compare with; None for anything else."""
    if value is None or isinstance(value, bool):
        return value is True
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None
