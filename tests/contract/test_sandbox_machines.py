"""Registering machines, and what syncdata says of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from packet.encoding import b64std, b64url, sha256
from packet.keys.publickey import ENCRYPTION_HEAD, SIGNING_HEAD
from packet.keys.software import SoftwareMachineKey
from sandbox import Sandbox, SandboxConfig
from sandbox.config import utc_now
from tests.support.sandbox_client import PASSWORDS, SandboxClient, error_codes

EXPONENT = bytes.fromhex("00010001")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with (
        Sandbox(SandboxConfig(directory=directory, passwords=PASSWORDS)) as running,
        SandboxClient(running, utc_now) as opened,
    ):
        yield opened.login()


def spki(bits: int = 2048) -> bytes:
    return rsa.generate_private_key(65537, bits).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def software_key() -> SoftwareMachineKey:
    private = rsa.generate_private_key(65537, 2048)
    return SoftwareMachineKey(private, private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def tpm_public(head: bytes) -> bytes:
    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    return head + EXPONENT + b"\x01\x00" + modulus.to_bytes(256, "big")


def colon_hex(data: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in sha256(data))


def test_ids_count_up_and_both_fingerprints_are_computed(client: SandboxClient) -> None:
    first, second = software_key(), software_key()
    machine = client.register("Desk-01", first).json()["response"]
    assert machine["name"] == "desk-01"
    assert machine["keyIndex"] == machine["signKeyIndex"] == colon_hex(first.encryption_public)
    following = client.register("desk-02", second).json()["response"]
    assert len(machine["id"]) == 5
    assert int(following["id"]) == int(machine["id"]) + 1


def test_tpm_keys_are_taken_in_their_places(client: SandboxClient) -> None:
    encryption, signing = tpm_public(ENCRYPTION_HEAD), tpm_public(SIGNING_HEAD)
    keys = {"publicKey": b64url(encryption), "signPublicKey": b64std(signing)}
    machine = client.register("tpm-1", software_key(), **keys).json()["response"]
    assert machine["keyIndex"] == colon_hex(encryption)
    assert machine["signKeyIndex"] == colon_hex(signing)
    registered = client.get(f"/v1/syncdata/tpm/publickey/{machine['id']}").json()["response"]
    assert registered == {"signingPublicKey": b64url(signing), "encryptionPublicKey": b64url(encryption)}

    swapped = {"publicKey": b64url(tpm_public(SIGNING_HEAD)), "signPublicKey": b64url(tpm_public(ENCRYPTION_HEAD))}
    assert error_codes(client.register("tpm-2", software_key(), **swapped).json()) == ["KER-MSD-257"]


@pytest.mark.parametrize("bad", ["", "!", "AAAA", b64url(b"\x30\x03\x02\x01\x00")])
def test_bad_keys_are_refused_by_place(client: SandboxClient, bad: str) -> None:
    assert error_codes(client.register("bad", software_key(), publicKey=bad).json()) == ["KER-MSD-257"]
    assert error_codes(client.register("bad", software_key(), signPublicKey=bad).json()) == ["KER-MSD-410"]


def test_short_keys_are_refused(client: SandboxClient) -> None:
    assert error_codes(client.register("bad", software_key(), publicKey=b64url(spki(1024))).json()) == ["KER-MSD-257"]


def test_names_and_keys_belong_to_one_machine(client: SandboxClient) -> None:
    key = software_key()
    assert client.register("desk-10", key).json()["errors"] is None
    assert error_codes(client.register("DESK-10", software_key()).json()) == ["KER-MSD-413"]
    assert error_codes(client.register("desk-11", key).json()) == ["KER-MSD-414"]
    crossed = {"publicKey": b64url(spki()), "signPublicKey": b64url(key.encryption_public)}
    assert error_codes(client.register("desk-11", software_key(), **crossed).json()) == ["KER-MSD-414"]


@pytest.mark.parametrize(
    "request_changes",
    [{"name": ""}, {"name": "a b"}, {"name": "x" * 65}, {"name": None}, {"publicKey": 1}, {"isActive": "yes"}],
)
def test_malformed_requests(client: SandboxClient, request_changes: dict[str, object]) -> None:
    assert error_codes(client.register("desk-20", software_key(), **request_changes).json()) == ["KER-MSD-999"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"request":[]}', b"{", b"null"])
def test_bodies_that_are_no_wrapper(client: SandboxClient, body: bytes) -> None:
    answer = client.http.post("/v1/masterdata/machines", content=body, headers=client.admin)
    assert error_codes(answer.json()) == ["KER-MSD-999"]


def test_an_unknown_centre_is_refused_and_none_is_allowed(client: SandboxClient) -> None:
    assert error_codes(client.register("desk-30", software_key(), regCenterId="10002").json()) == ["KER-MSD-215"]
    assert client.register("desk-30", software_key(), regCenterId=None).json()["response"]["regCenterId"] is None


def test_a_machine_is_given_new_keys(client: SandboxClient) -> None:
    old, new = software_key(), software_key()
    machine = client.register("desk-40", old).json()["response"]
    request = {**machine, "publicKey": b64url(new.encryption_public), "signPublicKey": b64url(new.signing_public)}

    def update(**changes: object) -> dict[str, object]:
        body = {"request": {**request, **changes}}
        answer: dict[str, object] = client.http.put("/v1/masterdata/machines", json=body, headers=client.admin).json()
        return answer

    assert update()["response"]["keyIndex"] == colon_hex(new.encryption_public)  # type: ignore[index]
    assert error_codes(update(id="99999")) == ["KER-SNC-155"]
    assert error_codes(update(name="desk-01")) == ["KER-MSD-413"]
    assert client.register("desk-41", old).json()["errors"] is None


def test_a_machine_recognises_itself(client: SandboxClient) -> None:
    key = software_key()
    client.register("desk-50", key)
    path = "/v1/syncdata/tpm/publickey/verify"

    def verify(name: str, public: str) -> dict[str, object]:
        request = {"machineName": name, "publicKey": public, "signPublicKey": b64url(key.signing_public)}
        answer: dict[str, object] = client.post(path, {"id": "registrationclient", "version": "1.0", "request": request}).json()
        return answer

    public = b64url(key.encryption_public)
    assert verify("desk-50", public)["response"] == {"keyIndex": colon_hex(key.encryption_public)}
    assert verify("DESK-50", public)["errors"] is None
    assert error_codes(verify("nobody", public)) == ["KER-SNC-155"]
    assert error_codes(verify("desk-50", b64url(spki()))) == ["KER-SNC-164"]
    assert error_codes(verify("desk-50", "?")) == ["KER-SNC-164"]
    assert error_codes(client.post(path, {"request": {"machineName": "desk-50"}}).json()) == ["KER-SNC-999"]


def test_an_unknown_machine_has_no_keys(client: SandboxClient) -> None:
    assert error_codes(client.get("/v1/syncdata/tpm/publickey/99999").json()) == ["KER-SNC-155"]
