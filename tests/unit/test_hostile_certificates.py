"""Whatever a sender puts into the place of a certificate, only the named errors come out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from app.server.errors import AnswerUntrustedError
from app.server.signature import verify_answer
from devices.sbi.trust import DeviceTrust
from packet.crypto import jws
from packet.crypto.certificates import check_packet_certificate, load_certificate, rsa_public_key
from packet.crypto.chain import TrustStore, unsuitable
from packet.crypto.errors import ChainUntrustedError, JwsMalformedError, SignatureInvalidError
from packet.encoding import b64std, b64url
from packet.errors import CodedError
from tests.support.certificates import NOW, Issued, issue

# the library says aloud that a serial number is negative, as one of MOSIP's key manager may be
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number:Warning")


@cache
def chain() -> tuple[Issued, Issued, Issued]:
    root = issue("root", is_ca=True)
    provider = issue("provider", root, is_ca=True)
    return root, provider, issue("device", provider, is_ca=False)


def der(issued: Issued) -> bytes:
    return issued.certificate.public_bytes(Encoding.DER)


def token_of(*certificates: bytes) -> str:
    header = orjson.dumps({"alg": "RS256", "x5c": [b64std(c) for c in certificates]})
    return f"{b64url(header)}.{b64url(b'{}')}.{b64url(bytes(256))}"


def with_flips(whole: bytes, flips: Sequence[tuple[float, int]]) -> bytes:
    changed = bytearray(whole)
    for where, mask in flips:
        changed[int(where * len(whole))] ^= mask
    return bytes(changed)


def look_everywhere(token: str, store: TrustStore) -> None:
    """Everything that is done anywhere with a sender's certificates; every step must end well or with a named error."""
    with suppress(CodedError):
        DeviceTrust(store).verify_device_token(token, NOW, "the token")
    with suppress(JwsMalformedError):
        parsed = jws.parse(token)
        with suppress(SignatureInvalidError):
            jws.verify_with_leaf(parsed)
        for certificate in parsed.certificates:
            with suppress(ChainUntrustedError):
                store.check(certificate, NOW, "the token")
            unsuitable(certificate, NOW)
            with suppress(CodedError):
                rsa_public_key(certificate, "the token")
            with suppress(CodedError):
                check_packet_certificate(certificate, "10001_10002", NOW)


flips = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4)


@given(flips)
def test_a_changed_leaf_is_read_or_named(changes: Sequence[tuple[float, int]]) -> None:
    root, provider, device = chain()
    store = TrustStore("DEVICE", [root.certificate, provider.certificate])
    look_everywhere(token_of(with_flips(der(device), changes), der(provider)), store)


@given(st.integers(0, 2), flips)
def test_a_changed_certificate_of_the_store_does_no_harm(which: int, changes: Sequence[tuple[float, int]]) -> None:
    good = chain()
    with suppress(CodedError):
        changed = load_certificate(with_flips(der(good[which]), changes), "the file")
        certificates = [issued.certificate for issued in good[:2]]
        store = TrustStore("DEVICE", [changed, *certificates])
        store.check(good[2].certificate, NOW, "the device")
        look_everywhere(token_of(der(good[2])), TrustStore("DEVICE", [changed]))


def test_every_single_bit_of_the_front_of_a_leaf() -> None:
    """Version, serial number, algorithm, names, times and the head of the key: all that is read lazily."""
    root, provider, device = chain()
    store = TrustStore("DEVICE", [root.certificate, provider.certificate])
    whole = der(device)
    for at in range(150):
        for bit in range(8):
            changed = bytearray(whole)
            changed[at] ^= 1 << bit
            look_everywhere(token_of(bytes(changed)), store)


def test_an_unknown_version_is_a_malformed_token() -> None:
    changed = der(chain()[2]).replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020103"), 1)
    with pytest.raises(JwsMalformedError, match="not readable"):
        jws.parse(token_of(changed))


@pytest.mark.parametrize("name", [b"device", b"provider"])
def test_a_name_that_is_not_readable_is_a_malformed_token(name: bytes) -> None:
    changed = der(chain()[2]).replace(name, b"\xff" * len(name))
    with pytest.raises(JwsMalformedError, match="not readable"):
        jws.parse(token_of(changed))


def unreadable(issued: Issued, name: bytes) -> x509.Certificate:
    """Loaded without a look inside, as another program might hand it over."""
    return x509.load_der_x509_certificate(der(issued).replace(name, b"\xff" * len(name)))


def test_a_leaf_with_an_unreadable_name_is_untrusted() -> None:
    root, provider, device = chain()
    store = TrustStore("DEVICE", [root.certificate, provider.certificate])
    with pytest.raises(ChainUntrustedError, match="not readable"):
        store.check(unreadable(device, b"provider"), NOW, "the device")


def test_an_unreadable_certificate_in_the_store_vouches_for_nobody_and_stands_in_no_ones_way() -> None:
    root, provider, device = chain()
    store = TrustStore(
        "DEVICE", [unreadable(provider, b"provider"), unreadable(root, b"root"), provider.certificate, root.certificate]
    )
    assert len(store) == 2
    assert len(store.check(device.certificate, NOW, "the device")) == 3


def test_an_issuer_with_two_extensions_of_a_kind_is_refused() -> None:
    root = issue("twice", is_ca=True)
    builder = (
        x509.CertificateBuilder(
            root.certificate.subject, root.certificate.subject, root.key.public_key(), 7,
            root.certificate.not_valid_before_utc, root.certificate.not_valid_after_utc,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.99"), b"\x30\x00"), critical=False)
    )  # fmt: skip
    # the made-up second extension becomes another basicConstraints; the signature is then made good by signing again
    made = builder.sign(root.key, hashes.SHA256()).public_bytes(Encoding.DER)
    twice = x509.load_der_x509_certificate(made.replace(bytes.fromhex("0603551d63"), bytes.fromhex("0603551d13")))
    leaf = issue("below", Issued(twice, root.key))
    with pytest.raises(ChainUntrustedError, match="extensions are not readable"):
        TrustStore("DEVICE", [twice]).check(leaf.certificate, NOW, "the device")


def test_a_deeply_nested_answer_that_nobody_signed_is_untrusted() -> None:
    header = f"{b64url(orjson.dumps({'alg': 'RS256'}))}..{b64url(bytes(256))}"
    with pytest.raises(AnswerUntrustedError, match="not by the pinned"):
        verify_answer(b"[" * 200_000, header, chain()[0].certificate, "the thing")
