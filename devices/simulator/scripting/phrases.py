"""When a step of a script happens, in words.

| phrase                          | meaning |
|---------------------------------|---------|
| ``start``                       | before the first request |
| ``after 20 s``                  | so long after the start, in seconds or ``min`` |
| ``third capture``, ``3rd capture``, ``capture 3`` | at the third request of the kind, for this answer |
| ``from the third capture on``, ``from capture 3``  | from the third request of the kind on |
| ``every capture``               | at every request of the kind |

Kinds: ``capture`` (both verbs), ``registration capture``, ``auth capture``, ``discovery``, ``information``, ``stream``. A
capture may be narrowed: ``second capture of iris`` counts captures of irises only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from devices.sbi.attributes import BioType
from devices.simulator.faults.effects import AUTH_CAPTURE, CAPTURES, DISCOVERY, INFORMATION, REGISTRATION_CAPTURE, STREAM

_KINDS: Final = {
    "capture": CAPTURES,
    "registration capture": (REGISTRATION_CAPTURE,),
    "auth capture": (AUTH_CAPTURE,),
    "discovery": (DISCOVERY,),
    "information": (INFORMATION,),
    "stream": (STREAM,),
}
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_KIND = "(?P<kind>" + "|".join(sorted(_KINDS, key=len, reverse=True)) + ")"
_TYPE = r"(?: of (?P<type>finger|iris|face))?"
_NUMBER = "(?:(?P<word>" + "|".join(_ORDINALS) + r")|(?P<nth>\d{1,4})(?:st|nd|rd|th)?)"
_AFTER = re.compile(r"after (?P<amount>\d{1,5}(?:\.\d{1,3})?) ?(?P<unit>s|min)", re.ASCII)
_COUNTED = re.compile(
    rf"(?P<from>from )?(?:the )?(?:{_NUMBER} {_KIND}|(?P<kind2>{_KIND[9:-1]}) (?P<n2>\d{{1,4}})){_TYPE}(?: on)?", re.ASCII
)
_EVERY = re.compile(rf"every {_KIND}{_TYPE}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AtTime:
    """So many seconds after the start."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AtRequest:
    """At a request.

    Attributes:
        verbs: of which the requests are counted together.
        number: which one, from 1.
        is_lasting: from that one on, instead of that one alone.
        bio_type: only captures of this type are counted; None for all.
    """

    verbs: tuple[str, ...]
    number: int
    is_lasting: bool = False
    bio_type: BioType | None = None


When = AtTime | AtRequest


def read_when(phrase: str) -> When:
    """Reads a phrase.

    Raises:
        ValueError: if it is none of the table.
    """
    text = " ".join(phrase.lower().split())
    if text == "start":
        return AtTime(0)
    if found := _AFTER.fullmatch(text):
        return AtTime(float(found["amount"]) * (60 if found["unit"] == "min" else 1))
    if found := _EVERY.fullmatch(text):
        return AtRequest(_KINDS[found["kind"]], 1, is_lasting=True, bio_type=_bio_type(found["type"]))
    if found := _COUNTED.fullmatch(text):
        number = _ORDINALS.index(found["word"]) + 1 if found["word"] else int(found["nth"] or found["n2"])
        if number > 0:
            verbs = _KINDS[found["kind"] or found["kind2"]]
            return AtRequest(verbs, number, is_lasting=bool(found["from"]), bio_type=_bio_type(found["type"]))
    raise ValueError(f"'{phrase}' is no time; write for example 'after 20 s', 'third capture' or 'from capture 3'")


def _bio_type(word: str | None) -> BioType | None:
    return None if word is None else BioType(word.capitalize())
