"""What only a sandbox tells: ``GET /sandbox/packets/{packetId}``, for the administrator."""

from __future__ import annotations

from dataclasses import dataclass

from packet.models import Clock, Json
from packet.rules.model import Finding, Status
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.regproc.registrations import Registrations
from sandbox.regproc.status import packet_code, registration_code
from sandbox.regproc.synclist import SyncList
from sandbox.web.call import Answer, Call
from sandbox.web.endpoint import Access, Endpoint
from sandbox.web.wrapper import compact


@dataclass(frozen=True, slots=True)
class InspectionRoutes:
    """The administrator's view of a packet."""

    synced: SyncList
    registrations: Registrations
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        """The one; only by the administrator's secret, no role opens it."""
        return [Endpoint("GET", "/sandbox/packets/{packet_id}", self._packet, access=Access.ADMINISTRATOR)]

    def _packet(self, call: Call) -> Answer:
        packet_id = call.path["packet_id"]
        synced = self.synced.find(packet_id)
        if synced is None:
            raise RequestRefusedError(ServerCode.NOT_FOUND, status=404)
        registration = self.registrations.find(packet_id)
        findings = self.registrations.findings(packet_id)
        now = self.clock()
        receipts: dict[str, Json] = dict(self.registrations.receipts(packet_id))
        return Answer(
            compact(
                {
                    "packetId": packet_id,
                    "registrationId": synced.registration_id,
                    "process": synced.registration_type,
                    "refId": synced.ref_id,
                    "stage": None if registration is None else registration.stage.value,
                    "status": "UPLOAD_PENDING" if registration is None else registration.status.value,
                    "subStatus": None if registration is None else registration.sub_status,
                    "retryCount": 0 if registration is None else registration.retry_count,
                    "packetStatus": packet_code(registration, now).value,
                    "registrationStatus": registration_code(registration, now).value,
                    "failures": [_as_json(finding) for finding in findings if finding.status is Status.FAIL],
                    "findings": [_as_json(finding) for finding in findings],
                    "receipts": receipts,
                }
            )
        )


def _as_json(finding: Finding) -> Json:
    return {
        "check": finding.check,
        "status": finding.status.value,
        "where": finding.where,
        "reason": finding.reason,
        "serverCode": finding.server_code,
    }
