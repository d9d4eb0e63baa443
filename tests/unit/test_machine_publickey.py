"""Public keys of machines: two forms, two TPM templates, and nothing else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from packet.encoding import b64std, b64url
from packet.keys.base import MachineKeyKind
from packet.keys.errors import PublicKeyMalformedError
from packet.keys.machineinfo import machine_info
from packet.keys.publickey import ENCRYPTION_HEAD, SIGNING_HEAD, KeyUse, decode, fingerprint, parse
from packet.keys.software import SoftwareMachineKey

PRIVATE = rsa.generate_private_key(65537, 2048)
MODULUS = PRIVATE.public_key().public_numbers().n
DER = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
SPKI = PRIVATE.public_key().public_bytes(*DER)
SIGNING = SIGNING_HEAD + bytes.fromhex("00010001 0100") + MODULUS.to_bytes(256, "big")
ENCRYPTION = ENCRYPTION_HEAD + bytes.fromhex("00010001 0100") + MODULUS.to_bytes(256, "big")


def test_the_templates_are_mosips() -> None:
    assert SIGNING_HEAD.hex() == "000100040004007200000010" + "0014000b" + "0800"
    assert ENCRYPTION_HEAD.hex() == (
        "0001000b000200720020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa0010" + "0017000b" + "0800"
    )
    assert (len(SIGNING), len(ENCRYPTION)) == (280, 312)
    assert b64url(SIGNING).startswith("AAEABAAEAHIAAAAQABQACwgAAAEAAQEA")
    assert b64url(ENCRYPTION).startswith("AAEACwACAHIAIINxl2dE")


@pytest.mark.parametrize(
    ("public", "kind", "use"),
    [
        (SPKI, MachineKeyKind.LOCAL, KeyUse.BOTH),
        (SIGNING, MachineKeyKind.TPM, KeyUse.SIGNING),
        (ENCRYPTION, MachineKeyKind.TPM, KeyUse.ENCRYPTION),
    ],
)
def test_each_form_is_known(public: bytes, kind: MachineKeyKind, use: KeyUse) -> None:
    parsed = parse(public)

    assert (parsed.kind, parsed.use) == (kind, use)
    assert parsed.key.public_numbers() == PRIVATE.public_key().public_numbers()


def test_the_short_exponent_is_read_only_where_servers_read_it() -> None:
    zero = bytes.fromhex("00000000 0100") + MODULUS.to_bytes(256, "big")

    assert parse(ENCRYPTION_HEAD + zero).key.public_numbers().e == 65537
    with pytest.raises(PublicKeyMalformedError, match="exponent is 0"):
        parse(SIGNING_HEAD + zero)


@pytest.mark.parametrize("public", [SIGNING, ENCRYPTION, SPKI], ids=["signing", "encryption", "software"])
@pytest.mark.parametrize("change", ["cut", "longer", "empty"])
def test_another_length_is_refused(public: bytes, change: str) -> None:
    changed = {"cut": public[:-1], "longer": public + b"\0", "empty": public[:2]}[change]

    with pytest.raises(PublicKeyMalformedError):
        parse(changed)


@pytest.mark.parametrize("public", [SIGNING, ENCRYPTION], ids=["signing", "encryption"])
def test_any_other_template_is_refused(public: bytes) -> None:
    for position in range(len(public) - 256):
        changed = bytearray(public)
        changed[position] ^= 0x01
        with pytest.raises(PublicKeyMalformedError):
            parse(bytes(changed))


@pytest.mark.parametrize("modulus", [MODULUS >> 1, MODULUS & ~1, 0, 1], ids=["short", "even", "zero", "one"])
def test_a_modulus_of_no_rsa_key_is_refused(modulus: int) -> None:
    with pytest.raises(PublicKeyMalformedError):
        parse(SIGNING[:-256] + modulus.to_bytes(256, "big"))


def test_other_keys_are_refused() -> None:
    others = (
        rsa.generate_private_key(65537, 1024),
        rsa.generate_private_key(3, 2048),
        ec.generate_private_key(ec.SECP256R1()),
    )
    for other in others:
        with pytest.raises(PublicKeyMalformedError):
            parse(other.public_key().public_bytes(*DER))


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=300).map(lambda tail: SIGNING_HEAD + tail)))
def test_any_bytes_are_a_key_or_refused(public: bytes) -> None:
    try:
        parse(public)
    except PublicKeyMalformedError:
        return
    assert len(public) == 280


@pytest.mark.parametrize("text", [b64url(SPKI), b64std(SPKI), b64std(SPKI).rstrip("="), f" {b64url(SPKI)}\n"])
def test_both_base64_alphabets_are_read(text: str) -> None:
    assert decode(text) == SPKI


@pytest.mark.parametrize("text", ["not base64!", "a", "schlüssel", "AA=A"])
def test_what_is_not_base64_is_named(text: str) -> None:
    with pytest.raises(PublicKeyMalformedError, match="base64"):
        decode(text)


def test_the_key_index_is_lower_case_hex_with_colons() -> None:
    assert fingerprint(b"abc") == (
        "ba:78:16:bf:8f:01:cf:ea:41:41:40:de:5d:ae:22:23:b0:03:61:a3:96:17:7a:9c:b4:10:ff:61:f2:00:15:ad"
    )


def test_the_machine_information_has_both_spellings_in_order() -> None:
    info = machine_info(SoftwareMachineKey(PRIVATE, SPKI), "Desk-3.Example")

    assert list(info) == [
        "machineName",
        "name",
        "publicKey",
        "signPublicKey",
        "signingPublicKey",
        "keyIndex",
        "signingKeyIndex",
        "mode",
    ]
    assert info["machineName"] == info["name"] == "desk-3.example"
    assert info["publicKey"] == info["signPublicKey"] == info["signingPublicKey"] == b64url(SPKI)
    assert info["keyIndex"] == info["signingKeyIndex"] == fingerprint(SPKI)
    assert info["mode"] == "LOCAL"
