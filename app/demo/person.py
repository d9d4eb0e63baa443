"""The demonstration's person: invented from a seed, and obviously so.

Names begin with "Testperson", the address lies in a place called Nowhere, e-mail uses a domain that cannot exist (RFC 2606),
the telephone number is all zeros but its end.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.core.masterdata.model import Choice

_FIRST = ("Vexa", "Quillo", "Zimra", "Orlu", "Tibby", "Narko", "Ysolt", "Plimm")
_LAST = ("Nullmann", "Dummert", "Fictova", "Sampleton", "Mockwell", "Phantaso")
_STREETS = ("Placeholder Street", "Lorem Lane", "Example Avenue", "Invented Road")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person.

    Attributes:
        born: day, month, year as typed.
        texts: text field of the form to what the person says when asked for it; the same in all languages.
        seed: decides what the person picks from a list.
    """

    name: str = field(repr=False)
    born: tuple[str, str, str] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    seed: int

    def pick(self, field_id: str, choices: Sequence[Choice]) -> str:
        """The code that the person picks from a list, always the same one."""
        return random.Random(f"{self.seed}/{field_id}").choice(choices).code  # noqa: S311 - needs no secrecy


def invent(seed: int) -> Person:
    """The person of a seed: the same seed gives the same person, a grown-up."""
    chance = random.Random(seed)  # noqa: S311 - an invented person needs no secrecy
    name = f"Testperson {chance.choice(_FIRST)} {chance.choice(_LAST)}"
    number = chance.randrange(1000, 10_000)
    born = (f"{chance.randrange(1, 29):02d}", f"{chance.randrange(1, 13):02d}", str(chance.randrange(1950, 2000)))
    texts = {
        "fullName": name,
        "addressLine1": f"{chance.randrange(1, 100)} {chance.choice(_STREETS)}",
        "addressLine2": "Nowhere",
        "addressLine3": "Not a real place",
        "phone": f"000000{number}",
        "email": f"testperson{number}@demo.invalid",
    }
    return Person(name, born, texts, seed)
