"""Uploading CA certificates: ``POST /v1/keymanager/uploadCACertificate``."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packet.encoding import iso_millis
from packet.models import Clock
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.partners.cacertificates import CaCertificates
from sandbox.web.body import request_object
from sandbox.web.call import Answer, Call
from sandbox.web.endpoint import Access, Endpoint
from sandbox.web.wrapper import kernel_answer

ROLES = frozenset({"GLOBAL_ADMIN", "PARTNER_ADMIN", "PARTNERMANAGER"})


class UploadRequest(BaseModel):
    """The ``request`` object."""

    model_config = ConfigDict(strict=True)

    certificateData: str = Field(max_length=16 * 1024)  # noqa: N815  # the wire's name
    partnerDomain: str = Field(max_length=32)  # noqa: N815


@dataclass(frozen=True, slots=True)
class PartnerRoutes:
    """Endpoints of the partner trust store."""

    certificates: CaCertificates
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        """The one of this version."""
        path = "/v1/keymanager/uploadCACertificate"
        return [Endpoint("POST", path, self._upload, access=Access.ADMINISTRATOR, roles=ROLES)]

    def _upload(self, call: Call) -> Answer:
        try:
            request = UploadRequest.model_validate(request_object(call.body, ServerCode.CA_INVALID))
        except ValidationError as error:
            raise RequestRefusedError(ServerCode.CA_INVALID) from error
        uploader = call.caller.user_id if call.caller else ""
        stored = self.certificates.upload(request.certificateData, request.partnerDomain, uploader)
        now = self.clock()
        return kernel_answer({"status": "Upload Success", "certId": stored.id, "timestamp": iso_millis(now)}, now)
