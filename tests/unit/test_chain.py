"""A certificate is trusted when, and only when, a path of sound links leads to an anchor of its own domain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from packet.crypto import jws
from packet.crypto.chain import TrustStore
from packet.crypto.errors import ChainUntrustedError, SignatureInvalidError
from tests.support.certificates import NOW, Issued, issue, rsa_key


@pytest.fixture(scope="module")
def root() -> Issued:
    return issue("root", is_ca=True)


@pytest.fixture(scope="module")
def provider(root: Issued) -> Issued:
    return issue("provider", root, is_ca=True)


@pytest.fixture(scope="module")
def device(provider: Issued) -> Issued:
    return issue("device", provider)


def store(*issued: Issued) -> TrustStore:
    return TrustStore("DEVICE", [i.certificate for i in issued])


def test_a_path_over_an_intermediate_is_found(root: Issued, provider: Issued, device: Issued) -> None:
    path = store(provider, root).check(device.certificate, NOW, "the device")
    assert path == (device.certificate, provider.certificate, root.certificate)


def test_a_leaf_under_a_root_without_extensions_is_trusted_as_the_mock_devices_are() -> None:
    bare_root = issue("bare root")
    leaf = issue("bare leaf", bare_root)
    assert len(store(bare_root).check(leaf.certificate, NOW, "the device")) == 2


def refused(build: Callable[[], tuple[TrustStore, Issued]], why: str) -> None:
    trust, leaf = build()
    with pytest.raises(ChainUntrustedError, match=why):
        trust.check(leaf.certificate, NOW, "the device")


def test_an_unknown_issuer_is_refused(root: Issued, device: Issued) -> None:
    refused(lambda: (store(root), device), "issuer is not known")


def test_a_rogue_root_of_the_same_name_is_refused(device: Issued, provider: Issued) -> None:
    rogue_key = rsa_key("rogue")
    rogue_provider = issue("provider", is_ca=True, key=rogue_key)
    refused(lambda: (store(rogue_provider), device), "signature does not fit")


def test_a_self_signed_leaf_is_refused(root: Issued) -> None:
    refused(lambda: (store(root), issue("self")), "issuer is not known")


@pytest.mark.parametrize(("days", "why"), [((-30, -1), "expired"), ((1, 30), "not valid yet")])
def test_validity_of_the_leaf_counts(root: Issued, days: tuple[int, int], why: str) -> None:
    refused(lambda: (store(root), issue("leaf", root, days=days)), why)


def test_validity_of_every_issuer_counts(root: Issued) -> None:
    old = issue("old provider", root, is_ca=True, days=(-30, -1))
    refused(lambda: (store(root, old), issue("leaf", old)), "expired")


def test_a_small_key_is_refused(root: Issued) -> None:
    refused(lambda: (store(root), issue("small", root, bits=1024)), "2048")


def test_a_leaf_cannot_issue(root: Issued) -> None:
    end_entity = issue("end entity", root, is_ca=False)
    refused(lambda: (store(root, end_entity), issue("below", end_entity)), "not a CA")


def test_the_path_length_of_a_ca_holds() -> None:
    narrow = issue("narrow root", is_ca=True, path_length=0)
    middle = issue("middle", narrow, is_ca=True)
    leaf = issue("leaf", middle)
    assert store(narrow).check(middle.certificate, NOW, "the middle")
    refused(lambda: (store(narrow, middle), leaf), "so long a path")


def test_issuers_in_a_circle_end() -> None:
    a_key, b_key = rsa_key("circle a"), rsa_key("circle b")
    seed_a, seed_b = issue("circle a", key=a_key), issue("circle b", key=b_key)
    a = issue("circle a", Issued(seed_b.certificate, b_key), is_ca=True, key=a_key)
    b = issue("circle b", Issued(seed_a.certificate, a_key), is_ca=True, key=b_key)
    refused(lambda: (store(a, b), issue("leaf", Issued(a.certificate, a_key))), "not known|too long|known")


def test_one_domain_does_not_vouch_for_another(root: Issued, provider: Issued, device: Issued) -> None:
    with pytest.raises(ChainUntrustedError, match="FTM"):
        TrustStore("FTM", []).check(device.certificate, NOW, "the device")


def test_the_instant_decides(root: Issued, provider: Issued, device: Issued) -> None:
    with pytest.raises(ChainUntrustedError, match="expired"):
        store(root, provider).check(device.certificate, NOW + timedelta(days=400), "the device")


def of_unknown_algorithm(issued: Issued) -> x509.Certificate:
    """The certificate with the object identifiers of its key and signature changed to ones that nobody knows."""
    der = issued.certificate.public_bytes(Encoding.DER)
    rsa_encryption, sha256_with_rsa = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01010b")
    changed = der.replace(rsa_encryption, bytes.fromhex("2a864886f70d01017f"))
    return x509.load_der_x509_certificate(changed.replace(sha256_with_rsa, bytes.fromhex("2a864886f70d01017e")))


def test_a_certificate_of_unknown_algorithms_is_refused_like_any_other(root: Issued) -> None:
    strange = of_unknown_algorithm(issue("strange", root))
    with pytest.raises(ChainUntrustedError, match="not supported"):
        store(root).check(strange, NOW, "the device")
    with pytest.raises(SignatureInvalidError):
        jws.verify_with_leaf(jws.Jws("", b"", b"", (strange,), b""))
    issuer = of_unknown_algorithm(root)
    with pytest.raises(ChainUntrustedError):
        TrustStore("DEVICE", [issuer]).check(issue("below", root).certificate, NOW, "the device")
