"""RSA keys that follow from a seed, so that a simulated device is the same device after a restart.

Such keys are no secret: whoever knows the seed has them. They are good for tests and demonstrations only.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache, lru_cache
from math import gcd, prod

from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 2048
EXPONENT = 65537
_ROUNDS = 8  # 1024-bit random candidates: the chance of a composite passing is far below 2**-80


@lru_cache(maxsize=64)
def seeded_key(seed: int, name: str) -> rsa.RSAPrivateKey:
    """The 2048-bit key with this name. Takes about a quarter of a second, once."""
    source = random.Random(f"{seed}/{name}")  # noqa: S311  a reproducible stream is what is asked for
    primes = _primes(source)
    p = next(primes)
    q = next(prime for prime in primes if abs(prime - p).bit_length() > BITS // 2 - 100)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), rsa.RSAPublicNumbers(EXPONENT, p * q)
    )
    return numbers.private_key()


def fresh_key() -> rsa.RSAPrivateKey:
    """A 2048-bit key of the system's random source."""
    return rsa.generate_private_key(EXPONENT, BITS)


def _primes(source: random.Random) -> Iterator[int]:
    """Primes with the two top bits set, so that a product has full length, and fit for the exponent."""
    half = BITS // 2
    while True:
        candidate = source.getrandbits(half) | (3 << (half - 2)) | 1
        if gcd(candidate, _small_primes_product()) == 1 and candidate % EXPONENT != 1 and _is_prime(candidate, source):
            yield candidate


@cache
def _small_primes_product() -> int:
    return prod(n for n in range(3, 4000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))


def _is_prime(candidate: int, source: random.Random) -> bool:
    """Miller and Rabin's test."""
    twos = (candidate - 1 & 1 - candidate).bit_length() - 1
    odd = (candidate - 1) >> twos
    return all(_passes(candidate, source.randrange(2, candidate - 1), odd, twos) for _ in range(_ROUNDS))


def _passes(candidate: int, base: int, odd: int, twos: int) -> bool:
    x = pow(base, odd, candidate)
    if x in {1, candidate - 1}:
        return True
    for _ in range(twos - 1):
        x = x * x % candidate
        if x == candidate - 1:
            return True
    return False
