"""A key under a passphrase: Argon2id (RFC 9106), then AES-256-GCM.

The cost stands beside the wrapped key, so that it can be raised later without losing what was wrapped before. What is read is
bounded: a hostile file cannot ask for a terabyte.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from packet.errors import PacketError, UnusableInputError
from packet.models import Entropy

SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_LENGTH_MIN: Final = 16
_LENGTH_MAX: Final = 1024
_DIFFERENT_MIN: Final = 8
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: without letters that look like digits."""
_GROUPS: Final = 6
_GROUP_LENGTH: Final = 5


class PassphraseWeakError(UnusableInputError):
    """A new passphrase is too easily guessed."""

    code = "PACKET-PASSPHRASE-WEAK"
    sentence = "The passphrase is too weak: {why}."
    next_step = "Take the one that the program proposes, or at least five words that have nothing to do with each other."


class PassphraseWrongError(PacketError):
    """A passphrase does not open a key."""

    code = "PACKET-PASSPHRASE-WRONG"
    sentence = "The passphrase is not the one with which it was encrypted."
    next_step = "Type it again; mind capitals and the keyboard's language."


class PassphraseCostError(UnusableInputError):
    """The stored cost of a passphrase is outside what is accepted, or more than this machine has memory for."""

    code = "PACKET-PASSPHRASE-COST"
    sentence = "The passphrase's parameters cannot be used: {why}."
    next_step = "Check that the file is what it should be; if it is, use a machine with more memory or a newer version."


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What guessing one passphrase costs.

    Attributes:
        memory_kib: KiB of memory, at least 8 for each lane.
    """

    iterations: int = 3
    lanes: int = 4
    memory_kib: int = 256 * 1024

    def check(self) -> None:
        """Raises `PassphraseCostError` if it is less or more than anything that was ever written."""
        if not (1 <= self.iterations <= 16 and 1 <= self.lanes <= 16):
            raise PassphraseCostError(why="iterations or lanes are out of range")
        if not 8 * self.lanes <= self.memory_kib <= 1024 * 1024:
            raise PassphraseCostError(why="the memory is out of range")


@dataclass(frozen=True, slots=True)
class PassphraseWrap:
    """A key under a passphrase, as it is stored.

    Attributes:
        wrapped: ciphertext of the 32 bytes and tag.
    """

    cost: Argon2Cost
    salt: bytes
    nonce: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Passphrase:
    """What a person typed. The same text in another Unicode form is the same passphrase (NFKC)."""

    text: str = field(repr=False)

    def check_strength(self) -> None:
        """Raises `PassphraseWeakError` for a new passphrase that is shorter than 16 characters or too even."""
        text = unicodedata.normalize("NFKC", self.text)
        if text != text.strip():
            raise PassphraseWeakError(why="it begins or ends with a space, which nobody sees on paper")
        if len(text) < _LENGTH_MIN:
            raise PassphraseWeakError(why=f"it has fewer than {_LENGTH_MIN} characters")
        if len(text) > _LENGTH_MAX:
            raise PassphraseWeakError(why=f"it has more than {_LENGTH_MAX} characters")
        if len(set(text.casefold())) < _DIFFERENT_MIN:
            raise PassphraseWeakError(why=f"it has fewer than {_DIFFERENT_MIN} different characters")
        if text.isdigit():
            raise PassphraseWeakError(why="it has digits only")
        steps = {ord(after) - ord(before) for before, after in pairwise(text)}
        if len(steps) < _DIFFERENT_MIN // 2 or _repeats(text.casefold()):
            raise PassphraseWeakError(why="it follows a pattern")

    def wrap(self, key: bytes, bound_to: bytes, entropy: Entropy, cost: Argon2Cost | None = None) -> PassphraseWrap:
        """Wraps a key of 32 bytes. Takes from entropy, in this order: salt (16), nonce (12).

        Args:
            bound_to: additional data that must be the same at `open`.

        Raises:
            PassphraseCostError: if there is not enough memory.
        """
        cost = cost or Argon2Cost()
        salt, nonce = entropy(SALT_BYTES), entropy(NONCE_BYTES)
        wrapped = AESGCM(self._derive(salt, cost)).encrypt(nonce, key, bound_to)
        return PassphraseWrap(cost, salt, nonce, wrapped)

    def open(self, wrap: PassphraseWrap, bound_to: bytes) -> bytes:
        """The wrapped key.

        Raises:
            PassphraseWrongError: if this is not the passphrase, or the wrapped key was changed: nobody can tell which.
            PassphraseCostError: if the cost is out of range.
        """
        try:
            return AESGCM(self._derive(wrap.salt, wrap.cost)).decrypt(wrap.nonce, wrap.wrapped, bound_to)
        except InvalidTag as error:
            raise PassphraseWrongError from error

    def _derive(self, salt: bytes, cost: Argon2Cost) -> bytes:
        cost.check()
        typed = unicodedata.normalize("NFKC", self.text[:_LENGTH_MAX]).encode("utf-8", "surrogatepass")
        try:
            derivation = Argon2id(
                salt=salt, length=_KEY_BYTES, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
            )
            return derivation.derive(typed)
        except MemoryError as error:
            raise PassphraseCostError(why=f"there are no {cost.memory_kib} KiB of memory for it") from error


def propose(entropy: Entropy) -> Passphrase:
    """A passphrase that nobody guesses, to be written down: six groups of five characters, 150 random bits."""
    letters = [_ALPHABET[byte % 32] for byte in entropy(_GROUPS * _GROUP_LENGTH)]
    groups = ("".join(letters[at : at + _GROUP_LENGTH]) for at in range(0, len(letters), _GROUP_LENGTH))
    return Passphrase("-".join(groups))


def _repeats(text: str) -> bool:
    """Whether a text is one piece of at most half its length again and again, the last time perhaps cut."""
    return any(text == (text[:length] * len(text))[: len(text)] for length in range(1, len(text) // 2 + 1))
