"""The packet validator: the supervisor's word, then everything that the verifier knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from packet.models import Clock
from packet.rules.model import Finding, RuleSettings
from packet.verify.model import Report, SessionKeyOpener, VerifyContext
from sandbox.keys.service import KeyService
from sandbox.masterdata.machines import Machines
from sandbox.partners.cacertificates import CaCertificates
from sandbox.regproc.failure import StageFailedError
from sandbox.regproc.synclist import MAIN_PROCESSES, SUB_PROCESSES, SyncedPacket
from sandbox.regproc.syncrequest import APPLICATION
from sandbox.syncdata.idschema import PublishedSchema

SUPERVISOR_REJECTED: Final = "RPR-PKV-FAILED-011"
SUCCESS: Final = "RPR-PKV-SUCCESS-001"
STRICTER_THAN_SERVER: Final = "SANDBOX-VERIFY"
"""Sub-status when only checks failed for which a MOSIP processor has no code: it would have let the packet pass."""


class Verify(Protocol):
    """`packet.verify.verify_packet`."""

    def __call__(
        self, data: bytes, *, opener: SessionKeyOpener, machine_signing_public: bytes, context: VerifyContext
    ) -> Report:
        """Verifies a packet."""
        ...


@dataclass(frozen=True, slots=True)
class Validator:
    """Judges packets that lie in the object store."""

    verify: Verify
    keys: KeyService
    machines: Machines
    ca_certificates: CaCertificates
    schema: PublishedSchema
    packet_max_bytes: int
    clock: Clock

    def validate(self, synced: SyncedPacket, data: bytes) -> Report:
        """Verifies a packet with the machine's current keys, the published schema and the uploaded CA certificates.

        Raises:
            StageFailedError: if the supervisor rejected it, or its machine is not registered.
        """
        if synced.supervisor_status == "REJECTED":
            raise StageFailedError(SUPERVISOR_REJECTED, "validator.supervisor", "The supervisor rejected the registration.")
        machine = self.machines.find(synced.ref_id.rpartition("_")[2])
        if machine is None:
            raise StageFailedError("RPR-PKV-FAILED-014", "validator.machine", "The packet's machine is not registered.")
        context = VerifyContext(
            rules=RuleSettings(
                id_schema=self.schema.schema,
                now=self.clock(),
                packet_max_bytes=self.packet_max_bytes,
                processes=tuple(sorted(MAIN_PROCESSES | SUB_PROCESSES)),
            ),
            file_name=f"{synced.packet_id}.zip",
            machine_encryption_public=machine.encryption_public,
            device_trust=self.ca_certificates.trust_store("DEVICE"),
            ftm_trust=self.ca_certificates.trust_store("FTM"),
            sync=synced.as_record(),
        )
        opener = self.keys.opener(APPLICATION, synced.ref_id)
        return self.verify(data, opener=opener, machine_signing_public=machine.signing_public, context=context)


def sub_status(failures: Sequence[Finding]) -> str:
    """The code under which a processor would refuse; the success code without failures."""
    if not failures:
        return SUCCESS
    return next((f.server_code for f in failures if f.server_code is not None), STRICTER_THAN_SERVER)
