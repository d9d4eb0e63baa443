"""Only RS256 tokens of bounded size, with their signer in x5c, are read; nothing else reaches a key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from packet.crypto import jws
from packet.crypto.errors import JwsMalformedError, SignatureInvalidError
from packet.encoding import b64std, b64url, b64url_decode
from tests.support.certificates import Issued, issue


@pytest.fixture(scope="module")
def signer() -> Issued:
    return issue("signer")


@pytest.fixture(scope="module")
def token(signer: Issued) -> str:
    return jws.sign(b'{"a": 1}', signer.key, (signer.certificate,))


def test_what_is_signed_verifies_and_keeps_its_bytes(token: str, signer: Issued) -> None:
    parsed = jws.parse(token)
    jws.verify_with_leaf(parsed)
    assert parsed.payload == b'{"a": 1}'
    assert parsed.leaf == signer.certificate
    assert parsed.detached == "..".join((token.split(".", maxsplit=1)[0], token.split(".")[2]))


def with_header(token: str, change: Callable[[dict[str, object]], object]) -> str:
    head, payload, signature = token.split(".")
    header = orjson.loads(b64url_decode(head))
    changed = change(header)
    return ".".join((b64url(orjson.dumps(header if changed is None else changed)), payload, signature))


def without(key: str) -> Callable[[dict[str, object]], object]:
    def change(header: dict[str, object]) -> None:
        del header[key]

    return change


def setting(**values: object) -> Callable[[dict[str, object]], object]:
    return lambda header: header.update(values)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (setting(alg="none"), "RS256"),
        (setting(alg="HS256"), "RS256"),
        (setting(alg="RS512"), "RS256"),
        (setting(alg="PS256"), "RS256"),
        (setting(alg="ES256"), "RS256"),
        (setting(alg=["RS256"]), "RS256"),
        (without("alg"), "RS256"),
        (without("x5c"), "certificates"),
        (setting(x5c=[]), "certificates"),
        (setting(x5c="MIIB"), "certificates"),
        (setting(x5c=["MIIB"]), "not readable"),
        (setting(x5c=[7]), "not readable"),
        (setting(crit=["exp"]), "extension"),
        (setting(b64=False), "extension"),
        (setting(pad="x" * 20000), "too large"),
        (lambda header: [header], "not an object"),
    ],
)
def test_headers_of_another_form_are_refused(token: str, change: Callable[[dict[str, object]], object], why: str) -> None:
    with pytest.raises(JwsMalformedError, match=why):
        jws.parse(with_header(token, change))


def test_more_than_five_certificates_are_refused(token: str, signer: Issued) -> None:
    der = b64std(signer.certificate.public_bytes(Encoding.DER))
    with pytest.raises(JwsMalformedError, match="certificates"):
        jws.parse(with_header(token, setting(x5c=[der] * 6)))


def test_headers_that_name_keys_elsewhere_are_ignored(token: str, signer: Issued) -> None:
    parsed = jws.parse(with_header(token, setting(jku="http://127.0.0.1:1/", kid="x", jwk={"kty": "oct", "k": "AA"})))
    assert parsed.leaf == signer.certificate
    with pytest.raises(SignatureInvalidError):  # since the header is signed too
        jws.verify_with_leaf(parsed)


def test_an_hmac_with_the_public_key_as_secret_is_refused(token: str, signer: Issued) -> None:
    head, payload, _ = token.split(".")
    secret = signer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = b64url(hmac.digest(secret, f"{head}.{payload}".encode(), hashlib.sha256))
    with pytest.raises(SignatureInvalidError):
        jws.verify_with_leaf(jws.parse(f"{head}.{payload}.{forged}"))


def test_another_hash_under_the_name_rs256_is_refused(token: str, signer: Issued) -> None:
    head, payload, _ = token.split(".")
    forged = signer.key.sign(f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA512())
    with pytest.raises(SignatureInvalidError):
        jws.verify_with_leaf(jws.parse(f"{head}.{payload}.{b64url(forged)}"))


def test_a_small_key_is_refused() -> None:
    small = issue("small signer", bits=1024)
    with pytest.raises(SignatureInvalidError):
        jws.verify_with_leaf(jws.parse(jws.sign(b"{}", small.key, (small.certificate,))))


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("spoil", [lambda t: t + "=", lambda t: t + " ", lambda t: "+" + t[1:], lambda t: t[:1] * 5])
def test_parts_that_are_not_unpadded_base64url_are_refused(token: str, part: int, spoil: Callable[[str], str]) -> None:
    parts = token.split(".")
    parts[part] = spoil(parts[part])
    with pytest.raises(JwsMalformedError):
        jws.parse(".".join(parts))


@given(st.text(max_size=300))
def test_any_text_gives_a_token_or_the_named_error(text: str) -> None:
    with pytest.raises(JwsMalformedError):
        jws.parse(text)


@given(st.data())
def test_one_changed_character_never_verifies(token: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(token) - 1))
    to = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = token[:at] + to + token[at + 1 :]
    if changed == token:
        return
    with pytest.raises((JwsMalformedError, SignatureInvalidError)):
        jws.verify_with_leaf(jws.parse(changed))
