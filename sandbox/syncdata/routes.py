"""Endpoints of syncdata."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packet.encoding import b64url, hex_upper, iso_millis
from packet.keys import publickey
from packet.keys.errors import PublicKeyMalformedError
from packet.models import Clock, Json
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.instants import parse_iso_millis
from sandbox.keys.errors import KeyNotAllowedError
from sandbox.keys.service import KeyService
from sandbox.masterdata.machines import Machines
from sandbox.partners.cacertificates import CaCertificate, CaCertificates
from sandbox.syncdata.idschema import PublishedSchema
from sandbox.web.body import request_object
from sandbox.web.call import Answer, Call
from sandbox.web.endpoint import SYNC_ROLES, Access, Endpoint
from sandbox.web.wrapper import compact, kernel_answer

_SCHEMA_ROLES = SYNC_ROLES | {"PRE_REGISTRATION_ADMIN", "INDIVIDUAL", "RESIDENT", "ID_AUTHENTICATION"}
_PUBLISHED_APPLICATIONS = ("KERNEL", "REGISTRATION")


class VerifyRequest(BaseModel):
    """The ``request`` object of the key check; only the encryption key is compared, as MOSIP does."""

    model_config = ConfigDict(strict=True)

    machineName: str = Field(max_length=256)  # noqa: N815  # the wire's name
    publicKey: str = Field(max_length=2048)  # noqa: N815
    signPublicKey: str | None = Field(default=None, max_length=2048)  # noqa: N815


@dataclass(frozen=True, slots=True)
class SyncdataRoutes:
    """Endpoints that a registration client synchronises from."""

    keys: KeyService
    machines: Machines
    ca_certificates: CaCertificates
    schema: PublishedSchema
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        """All of them."""
        base = "/v1/syncdata"
        return [
            Endpoint("GET", f"{base}/actuator/health", self._health, access=Access.OPEN),
            Endpoint("GET", f"{base}/getCertificate", self._certificate, roles=SYNC_ROLES, is_signed=True),
            Endpoint("POST", f"{base}/tpm/publickey/verify", self._verify, roles=SYNC_ROLES, is_signed=True),
            Endpoint("GET", f"{base}/tpm/publickey/{{machine_id}}", self._machine_keys, roles=SYNC_ROLES, is_signed=True),
            Endpoint("GET", f"{base}/latestidschema", self._schema, roles=_SCHEMA_ROLES, is_signed=True),
            Endpoint("GET", f"{base}/getcacertificates", self._ca_certificates, roles=SYNC_ROLES, is_signed=True),
        ]

    def _health(self, _call: Call) -> Answer:
        return Answer(compact({"status": "UP"}))

    def _certificate(self, call: Call) -> Answer:
        app_id, ref_id = call.query.get("applicationId", ""), call.query.get("referenceId", "")
        if app_id not in _PUBLISHED_APPLICATIONS:
            raise RequestRefusedError(ServerCode.KEY_APPLICATION_UNKNOWN)
        try:
            certificate = self.keys.certificate(app_id, ref_id)
        except KeyNotAllowedError as error:
            raise RequestRefusedError(ServerCode.KEY_APPLICATION_UNKNOWN) from error
        now = self.clock()
        return kernel_answer(
            {
                "certificate": certificate.public_bytes(Encoding.PEM).decode("ascii"),
                "certSignRequest": None,
                "issuedAt": iso_millis(certificate.not_valid_before_utc),
                "expiryAt": iso_millis(certificate.not_valid_after_utc),
                "timestamp": iso_millis(now),
            },
            now,
        )

    def _verify(self, call: Call) -> Answer:
        try:
            request = VerifyRequest.model_validate(request_object(call.body, ServerCode.SYNC_INPUT_INVALID))
        except ValidationError as error:
            raise RequestRefusedError(ServerCode.SYNC_INPUT_INVALID) from error
        machine = self.machines.by_name(request.machineName)
        try:
            public = publickey.decode(request.publicKey)
        except PublicKeyMalformedError as error:
            raise RequestRefusedError(ServerCode.MACHINE_KEY_NOT_LISTED) from error
        if not hmac.compare_digest(public, machine.encryption_public):
            raise RequestRefusedError(ServerCode.MACHINE_KEY_NOT_LISTED)
        return kernel_answer({"keyIndex": machine.key_index}, self.clock())

    def _machine_keys(self, call: Call) -> Answer:
        machine = self.machines.require(call.path["machine_id"])
        response: Json = {
            "signingPublicKey": b64url(machine.signing_public),
            "encryptionPublicKey": b64url(machine.encryption_public),
        }
        return kernel_answer(response, self.clock())

    def _schema(self, call: Call) -> Answer:
        asked = call.query.get("schemaVersion", "0")
        try:
            is_known = float(asked) in (0.0, self.schema.version)
        except ValueError as error:
            raise RequestRefusedError(ServerCode.SCHEMA_FETCH_FAILED) from error
        if not is_known:
            raise RequestRefusedError(ServerCode.SCHEMA_FETCH_FAILED)
        has_parameter = bool(call.query.keys() & {"version", "domain", "type"})
        return kernel_answer(self.schema.as_json(has_version_parameter=has_parameter), self.clock())

    def _ca_certificates(self, call: Call) -> Answer:
        now = self.clock()
        asked = call.query.get("lastupdated")
        since = None
        if asked:
            try:
                since = parse_iso_millis(asked)
            except ValueError as error:
                raise RequestRefusedError(ServerCode.TIMESTAMP_INVALID) from error
            if since > now:
                raise RequestRefusedError(ServerCode.TIMESTAMP_AHEAD)
        found: Json = [_ca_certificate(stored) for stored in self.ca_certificates.since(since)]
        return kernel_answer({"lastSyncTime": iso_millis(now), "certificateDTOList": found}, now)


def _ca_certificate(stored: CaCertificate) -> Json:
    certificate = stored.certificate
    return {
        "certId": stored.id,
        "certSubject": certificate.subject.rfc4514_string(),
        "certIssuer": certificate.issuer.rfc4514_string(),
        "issuerId": stored.issuer_id,
        "certNotBefore": iso_millis(certificate.not_valid_before_utc),
        "certNotAfter": iso_millis(certificate.not_valid_after_utc),
        "crlUri": None,
        "certData": certificate.public_bytes(Encoding.PEM).decode("ascii"),
        "certThumbprint": hex_upper(certificate.fingerprint(SHA256())),
        "certSerialNo": str(certificate.serial_number),
        "partnerDomain": stored.domain,
        "createdBy": stored.created_by,
        "createdtimes": stored.created_at,
        "updatedBy": None,
        "updatedtimes": None,
        "isDeleted": False,
        "deletedtimes": None,
    }
