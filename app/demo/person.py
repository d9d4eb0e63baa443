"""The demonstration's person: invented from a seed, and obviously so.

Names begin with "Testperson", the address lies in a place called Nowhere, e-mail uses a domain that cannot exist (RFC 2606),
the telephone number is all zeros but its end.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.registration import Contact
from packet.idschema import read_id_schema
from packet.models import Json

_FIRST = ("Vexa", "Quillo", "Zimra", "Orlu", "Tibby", "Narko", "Ysolt", "Plimm")
_LAST = ("Nullmann", "Dummert", "Fictova", "Sampleton", "Mockwell", "Phantaso")
_STREETS = ("Placeholder Street", "Lorem Lane", "Example Avenue", "Invented Road")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person.

    Attributes:
        values: field of the ID schema to its value, without documents and biometrics.
    """

    name: str = field(repr=False)
    contact: Contact = field(repr=False)
    values: Mapping[str, Json] = field(repr=False)


def invent(seed: int) -> Person:
    """The person of a seed: the same seed gives the same person."""
    chance = random.Random(seed)  # noqa: S311 - an invented person needs no secrecy
    name = f"Testperson {chance.choice(_FIRST)} {chance.choice(_LAST)}"
    number = chance.randrange(1000, 10_000)
    contact = Contact(name=name, phone=f"000000{number}", email=f"testperson{number}@demo.invalid")
    born = f"{chance.randrange(1950, 2000)}/{chance.randrange(1, 13):02d}/{chance.randrange(1, 29):02d}"
    values: dict[str, Json] = {
        "consent": "Y",
        "preferredLang": "eng",
        "fullName": _english(name),
        "dateOfBirth": born,
        "gender": _english(chance.choice(("FLE", "MLE"))),
        "residenceStatus": _english("NFR"),
        "addressLine1": _english(f"{chance.randrange(1, 100)} {chance.choice(_STREETS)}"),
        "addressLine2": _english("Nowhere"),
        "addressLine3": _english("Not a real place"),
        "region": _english("Demo Region"),
        "province": _english("Demo Province"),
        "city": _english("Demo City"),
        "zone": _english("Demo Zone"),
        "postalCode": "10114",
        "phone": contact.phone,
        "email": contact.email,
    }
    return Person(name, contact, values)


def values_for(person: Person, schema: Mapping[str, Json]) -> dict[str, Json]:
    """The person's values as far as the schema has fields for them.

    Raises:
        IdSchemaInvalidError, IdSchemaFieldInvalidError: if the schema cannot be used.
    """
    fields = read_id_schema(schema).fields
    return {name: value for name, value in person.values.items() if name in fields}


def _english(text: str) -> list[Json]:
    return [{"language": "eng", "value": text}]
