"""What an administrator does before a desk can work: register the machine, bring in the device makers' CA certificates.

And what only the sandbox's administrator may see: why a packet was accepted or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.demo.errors import AdministrationError
from packet.encoding import b64url
from packet.keys.base import MachineKey

_HEADER = "X-Sandbox-Admin"
_DOMAINS = (("DEVICE", "device-root.pem", "device-provider.pem"), ("FTM", "ftm-root.pem", "ftm-provider.pem"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server's validator found.

    Attributes:
        status: ``PROCESSED`` or ``REJECTED``.
        failed: names of the checks that failed.
    """

    status: str
    checks: int
    failed: tuple[str, ...]


class Administration:
    """The administrator's calls to one sandbox."""

    def __init__(self, url: str, secret: str) -> None:
        self._http = httpx.Client(base_url=url, headers={_HEADER: secret}, timeout=30, trust_env=False)

    def register_machine(self, name: str, centre_id: str, key: MachineKey) -> str:
        """Registers a machine with its public keys. Returns its id.

        Raises:
            AdministrationError: if the sandbox refuses.
        """
        request = {
            "name": name,
            "publicKey": b64url(key.encryption_public),
            "signPublicKey": b64url(key.signing_public),
            "regCenterId": centre_id,
            "isActive": True,
        }
        return str(self._post("register the machine", "/v1/masterdata/machines", request)["id"])

    def upload_authorities(self, folder: Path) -> int:
        """Uploads the device makers' CA certificates, roots first, as a partner would. Returns how many.

        Raises:
            AdministrationError: if the sandbox refuses one.
        """
        count = 0
        for domain, *names in _DOMAINS:
            for name in names:
                request = {"certificateData": (folder / name).read_text("ascii"), "partnerDomain": domain}
                self._post(f"take {name}", "/v1/keymanager/uploadCACertificate", request)
                count += 1
        return count

    def verdict(self, packet_id: str) -> Verdict:
        """What became of a packet inside the server.

        Raises:
            AdministrationError: if the sandbox does not tell.
        """
        what = "show the packet"
        answer = self._read(what, self._send(what, "GET", f"/sandbox/packets/{packet_id}", None))
        findings = answer.get("findings")
        if not isinstance(findings, list):
            raise AdministrationError(what=what, reason="no findings")
        failed = tuple(str(finding["check"]) for finding in findings if finding.get("status") == "fail")
        return Verdict(str(answer.get("status")), len(findings), failed)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _post(self, what: str, path: str, request: Mapping[str, object]) -> Mapping[str, Any]:
        answer = self._read(what, self._send(what, "POST", path, {"request": request}))
        if answer.get("errors"):
            raise AdministrationError(what=what, reason=str(answer["errors"][0].get("errorCode")))
        response = answer.get("response")
        if not isinstance(response, dict):
            raise AdministrationError(what=what, reason="no response")
        return response

    def _send(self, what: str, method: str, path: str, body: Mapping[str, object] | None) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise AdministrationError(what=what, reason=type(error).__name__) from None

    def _read(self, what: str, response: httpx.Response) -> Mapping[str, Any]:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code != httpx.codes.OK or not isinstance(answer, dict):
            raise AdministrationError(what=what, reason=f"HTTP status {response.status_code}")
        return answer
