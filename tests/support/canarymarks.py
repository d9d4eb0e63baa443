"""Marked values: one that occurs nowhere else for each thing that a registration holds, and the pictures and papers of it.

Every value is made from its label when it is asked for, so that no source file, and no traceback with source lines, holds one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from packet.bioattributes import FACTS
from packet.models import BioAttribute
from tests.support.devicelab import iso_record
from tests.support.idnumbers import valid_uin
from tests.support.specs import CAPTURED_AT

_ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
BIRTH = ("23", "04", "1953")
"""Day and month are those that the clerk of the tests enters."""


def _chosen(label: str, letters: str, count: int) -> str:
    source = random.Random(f"canary {label}")
    return "".join(source.choice(letters) for _ in range(count))


def word(label: str) -> str:
    """Sixteen letters, a capital in front."""
    return _chosen(label, _LATIN, 16).capitalize()


def arabic(label: str) -> str:
    """Fourteen Arabic letters."""
    return _chosen(label, _ARABIC, 14)


def digits(label: str, count: int) -> str:
    """So many digits, none in front that is zero."""
    return "7" + _chosen(label, "0123456789", count - 1)


def paper(label: str = "paper") -> bytes:
    """A document: a small PDF full of bytes that are in no other."""
    noise = random.Random(f"canary {label}").randbytes(3000)
    return b"%PDF-1.4\n% " + word(label).encode() + b"\n" + noise + b"\n%%EOF\n"


@cache
def pictures() -> Mapping[str, bytes]:
    """ISO records with JPEG 2000 pictures, as the test lab's devices send them, but for their dates."""
    return {
        f"picture of {attribute.value}": iso_record(attribute, CAPTURED_AT) for attribute in BioAttribute if attribute in FACTS
    }


@dataclass(frozen=True)
class CanaryPerson:
    """What the marked person says; by field and language."""

    number: int = 0
    texts: Mapping[tuple[str, str], str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", dict(self._texts()))

    def _texts(self) -> Mapping[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for name in ("fullName", "addressLine1", "addressLine2", "addressLine3", "introducerName"):
            label = f"{name} {self.number}"
            found |= {(name, "eng"): word(label), (name, "fra"): word(f"{label} fra"), (name, "ara"): arabic(label)}
        return found | {
            ("referenceIdentityNumber", ""): digits(f"reference {self.number}", 20),
            ("phone", ""): digits(f"phone {self.number}", 10),
            ("email", ""): f"{word(f'email {self.number}').lower()}@example.invalid",
            ("introducerRID", ""): digits(f"introducer {self.number}", 15) + "20250602092000",
            ("introducerUIN", ""): valid_uin(7000 + self.number),
        }

    @property
    def uin(self) -> str:
        """Of an update."""
        return valid_uin(8000 + self.number)

    @property
    def document_reference(self) -> str:
        """The number on the document."""
        return word(f"document {self.number}")

    @property
    def exception_reason(self) -> str:
        """Why a finger is missing."""
        return word(f"exception {self.number}")

    @property
    def forced_reason(self) -> str:
        """Why a bad capture is kept."""
        return word(f"forced {self.number}")

    @property
    def comment(self) -> str:
        """What the supervisor says of it."""
        return word(f"comment {self.number}")

    def marks(self) -> dict[str, str]:
        """All texts by what they are."""
        found = {f"{name} {language}".strip(): text for (name, language), text in self.texts.items()}
        others = ("uin", "document_reference", "exception_reason", "forced_reason", "comment")
        return found | {name: getattr(self, name) for name in others} | {"birth": "/".join(reversed(BIRTH))}


PASSWORD = word("password")
WRONG_PASSWORD = word("wrong password")
BACKUP_PASSPHRASE = "-".join(_chosen(f"backup {part}", "ABCDEFGHJKMNPQRSTVWXYZ23456789", 5) for part in range(4))
WRONG_PASSPHRASE = "-".join(_chosen(f"wrong backup {part}", "ABCDEFGHJKMNPQRSTVWXYZ23456789", 5) for part in range(4))
ACCESS_TOKEN = f"{word('token head')}.{word('token body')}.{word('token signature')}"
BLOCKED_WORD = word("blocked")
