"""A client of the sandbox for tests: plain HTTP, with none of the application's code."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx
from cryptography import x509

from packet.crypto.hybrid import encrypt
from packet.encoding import b64url, iso_millis
from packet.keys.base import MachineKey
from packet.models import SealedPacket
from sandbox import Sandbox

OFFICER, SUPERVISOR, ADMINISTRATOR = "officer1", "supervisor1", "globaladmin"
PASSWORDS = {OFFICER: "officer-secret", SUPERVISOR: "supervisor-secret", ADMINISTRATOR: "administrator-secret"}
CLIENT_ID = "mosip-reg-desktop"
REGPROC = "/registrationprocessor/v1"


class SandboxClient:
    """One user's conversation with a running sandbox."""

    def __init__(self, sandbox: Sandbox, clock: Callable[[], datetime]) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.http = httpx.Client(base_url=sandbox.url, timeout=30)
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.http.close()

    def grant(self, **form: str) -> httpx.Response:
        path = "/auth/realms/mosip/protocol/openid-connect/token"
        return self.http.post(path, data={"client_id": CLIENT_ID, **form})

    def login(self, username: str = OFFICER) -> Self:
        answer = self.grant(grant_type="password", username=username, password=PASSWORDS[username], scope="openid")
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"Authorization={self.token}"}

    @property
    def admin(self) -> dict[str, str]:
        return {"X-Sandbox-Admin": self.sandbox.admin_secret}

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.http.get(path, params=query, headers=self.cookie)

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.http.post(path, json=body, headers=headers or self.cookie)

    def wrapped(self, service_id: str, request: object, /, **changes: object) -> dict[str, object]:
        wrapper = {"id": service_id, "version": "1.0", "requesttime": iso_millis(self.clock()), "request": request}
        return {**wrapper, **changes}

    def certificate(self, app_id: str, ref_id: str) -> x509.Certificate:
        answer = self.get("/v1/syncdata/getCertificate", applicationId=app_id, referenceId=ref_id).json()
        return x509.load_pem_x509_certificate(answer["response"]["certificate"].encode())

    def register(self, name: str, key: MachineKey, /, **changes: object) -> httpx.Response:
        request = {
            "name": name,
            "publicKey": b64url(key.encryption_public),
            "signPublicKey": b64url(key.signing_public),
            "regCenterId": "10001",
            "isActive": True,
        }
        return self.post("/v1/masterdata/machines", {"request": {**request, **changes}}, self.admin)

    def upload_ca(self, pem: str, domain: str = "DEVICE") -> httpx.Response:
        body = {"request": {"certificateData": pem, "partnerDomain": domain}}
        return self.post("/v1/keymanager/uploadCACertificate", body, self.admin)

    def sync(self, items: list[dict[str, Any]], ref_id: str, /, **changes: object) -> dict[str, Any]:
        plain = json.dumps(self.wrapped("mosip.registration.sync", items, **changes)).encode()
        return self.sync_plain(plain, ref_id)

    def sync_plain(self, plain: bytes, ref_id: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        sealed = b64url(encrypt(plain, self.certificate("REGISTRATION", ref_id), os.urandom))
        answer = self.sync_raw(json.dumps(sealed).encode(), ref_id, headers)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def sync_raw(self, body: bytes, ref_id: str, headers: dict[str, str] | None = None) -> httpx.Response:
        standard = {"timestamp": iso_millis(self.clock()), "Center-Machine-RefId": ref_id}
        return self.http.post(
            f"{REGPROC}/registrationstatus/syncV2",
            content=body,
            headers={**self.cookie, "Content-Type": "application/json", **standard, **(headers or {})},
        )

    def upload(self, file_name: str, data: bytes) -> httpx.Response:
        return self.http.post(
            f"{REGPROC}/packetreceiver/registrationpackets",
            files={"file": (file_name, data, "application/octet-stream")},
            headers=self.cookie,
        )

    def packet_status(self, *packet_ids: str) -> dict[str, Any]:
        request = [{"packetId": packet_id} for packet_id in packet_ids]
        body = self.wrapped("mosip.registration.packet.external.status", request)
        answer: dict[str, Any] = self.post(f"{REGPROC}/registrationstatus/packetexternalstatus", body).json()
        return answer

    def packet_code(self, packet_id: str) -> str:
        code: str = self.packet_status(packet_id)["response"][0]["statusCode"]
        return code

    def rid_status(self, *registration_ids: str) -> dict[str, Any]:
        request = [{"registrationId": registration_id} for registration_id in registration_ids]
        body = self.wrapped("mosip.registration.status", request)
        answer: dict[str, Any] = self.post(f"{REGPROC}/registrationstatus/search", body).json()
        return answer

    def rid_code(self, registration_id: str) -> str:
        code: str = self.rid_status(registration_id)["response"][0]["statusCode"]
        return code

    def inspect(self, packet_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/sandbox/packets/{packet_id}", headers=self.admin)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


def sync_item(packet: SealedPacket, **changes: object) -> dict[str, Any]:
    """The announcement of a packet."""
    item = {
        "registrationId": packet.registration_id,
        "packetId": packet.packet_id,
        "additionalInfoReqId": None,
        "name": "Amina Example",
        "email": "amina@example.org",
        "phone": "0612345678",
        "registrationType": packet.process,
        "packetHashValue": packet.sha256,
        "packetSize": packet.size_bytes,
        "supervisorStatus": "APPROVED",
        "supervisorComment": None,
        "langCode": "eng",
    }
    return {**item, **changes}


def error_codes(answer: dict[str, Any]) -> list[str]:
    """The codes in ``errors``."""
    return [error["errorCode"] for error in answer["errors"] or []]
