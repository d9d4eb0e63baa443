"""Passwords at rest: scrypt with a salt of its own for each user."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

COST, BLOCK, PARALLEL = 2**14, 8, 1
_MEMORY_BYTES = 64 * 1024 * 1024
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A hashed password with the parameters it was made with."""

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    cost: int = COST
    block: int = BLOCK
    parallel: int = PARALLEL

    @classmethod
    def of(cls, password: str) -> PasswordHash:
        """Hashes a password."""
        salt = os.urandom(16)
        return cls(salt=salt, digest=_scrypt(password, salt, COST, BLOCK, PARALLEL))

    def fits(self, password: str) -> bool:
        """Whether it is the password, in constant time."""
        return hmac.compare_digest(self.digest, _scrypt(password, self.salt, self.cost, self.block, self.parallel))


DUMMY = PasswordHash(salt=bytes(16), digest=bytes(_DIGEST_BYTES))
"""Checked for unknown users, so that they take as long as known ones."""


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_BYTES, dklen=_DIGEST_BYTES)
