"""Who can open a backup: passphrases that are not guessed, certificates that are fit, keys that fit them."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from packet.crypto.errors import CertificateExpiredError, CertificateNotYetValidError, CertificateUnsuitableError
from packet.crypto.passphrase import (
    Argon2Cost,
    Passphrase,
    PassphraseCostError,
    PassphraseWeakError,
    PassphraseWrap,
    PassphraseWrongError,
    propose,
)
from packet.crypto.recovery import check_recovery_certificate, recovery_key
from packet.errors import CodedError
from tests.support.fake_server_registrations import NOW
from tests.support.recoverylab import recovery_certificate

CHEAP = Argon2Cost(1, 1, 8)
KEY = bytes(range(32))


def test_known_answer_of_argon2id() -> None:
    """Computed once with the Argon2 reference parameters t=1, m=8 KiB, p=1 over a salt of zeros."""
    wrap = Passphrase("correct horse battery").wrap(KEY, b"place", bytes, CHEAP)
    assert wrap.wrapped.hex() == (
        "427e86b13ace675cd23cadfae1904fb63362864a2f3e05035797d449c3c6f161d201b50d40314bb929fb090bb07fb304"
    )


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_only_the_same_passphrase_opens(one: str, other: str) -> None:
    import unicodedata

    wrap = Passphrase(one).wrap(KEY, b"place", os.urandom, CHEAP)
    assert Passphrase(one).open(wrap, b"place") == KEY
    if unicodedata.normalize("NFKC", one) != unicodedata.normalize("NFKC", other):
        with pytest.raises(PassphraseWrongError):
            Passphrase(other).open(wrap, b"place")
    with pytest.raises(PassphraseWrongError):
        Passphrase(one).open(wrap, b"another place")


def test_the_keyboards_form_of_a_letter_does_not_matter() -> None:
    wrap = Passphrase("caf\u00e9 cr\u00e8me").wrap(KEY, b"", os.urandom, CHEAP)
    assert Passphrase("cafe\u0301 cre\u0300me").open(wrap, b"") == KEY


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "short",
        "fifteen chars!!",
        "1234567890123456789",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrstuvwxyz",
        "zyxwvutsrqponmlkjihgfedcba",
        "passwordpassword",
        "Sommer20Sommer20Sommer20",
        "abcabcabcabcabcabc",
        " leading and trailing space ",
        "x" * 2000,
    ],
)
def test_weak_passphrases_are_refused(weak: str) -> None:
    with pytest.raises(PassphraseWeakError):
        Passphrase(weak).check_strength()


@pytest.mark.parametrize("good", ["correct horse battery staple", "Der Hund sieht im Regen rot", "مرحبا بكم في بيتنا"])
def test_ordinary_long_passphrases_are_not(good: str) -> None:
    Passphrase(good).check_strength()


def test_the_proposed_passphrase() -> None:
    seen = {propose(os.urandom).text for _ in range(200)}
    assert len(seen) == 200
    for text in seen:
        Passphrase(text).check_strength()
        assert len(text) == 35


def test_a_passphrase_is_not_shown() -> None:
    assert "secret" not in repr(Passphrase("secret"))


@pytest.mark.parametrize(
    "cost", [Argon2Cost(0, 1, 8), Argon2Cost(99, 1, 8), Argon2Cost(1, 0, 8), Argon2Cost(1, 4, 8), Argon2Cost(1, 1, 2**31)]
)
def test_a_cost_out_of_range_is_refused_before_memory_is_taken(cost: Argon2Cost) -> None:
    with pytest.raises(PassphraseCostError):
        Passphrase("x").open(PassphraseWrap(cost, bytes(16), bytes(12), bytes(48)), b"")


def test_the_usual_cost_is_that_of_a_quarter_gibibyte() -> None:
    assert Argon2Cost() == Argon2Cost(iterations=3, lanes=4, memory_kib=262_144)


@pytest.mark.parametrize("bits", [2048, 3072])
def test_a_fit_recovery_certificate(bits: int) -> None:
    private, certificate = recovery_certificate(bits=bits)
    fit = check_recovery_certificate(certificate, NOW)
    assert fit.sha256 == certificate.fingerprint(SHA256())
    wrapped = fit.wrap(KEY)
    assert len(wrapped) == bits // 8
    assert recovery_key(private, certificate).open(wrapped) == KEY


@pytest.mark.parametrize(
    ("certificate", "error"),
    [
        (recovery_certificate(days=(-10, -1))[1], CertificateExpiredError),
        (recovery_certificate(days=(1, 10))[1], CertificateNotYetValidError),
        (recovery_certificate(usage=None)[1], CertificateUnsuitableError),
        (recovery_certificate(usage=False)[1], CertificateUnsuitableError),
        (recovery_certificate(is_ca=True)[1], CertificateUnsuitableError),
        (recovery_certificate(weak_hash=True)[1], CertificateUnsuitableError),
        (recovery_certificate(bits=1024)[1], CertificateUnsuitableError),
        (recovery_certificate(is_elliptic=True)[1], CertificateUnsuitableError),
    ],
)
def test_unfit_recovery_certificates(certificate: object, error: type[CodedError]) -> None:
    with pytest.raises(error):
        check_recovery_certificate(certificate, NOW)  # type: ignore[arg-type]


def test_a_private_key_and_a_certificate_that_do_not_belong_together() -> None:
    _, certificate = recovery_certificate()
    other, _ = recovery_certificate(bits=3072)
    with pytest.raises(CertificateUnsuitableError):
        recovery_key(other, certificate)
