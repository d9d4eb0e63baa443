"""Why a stage could not go on."""

from __future__ import annotations

from packet.rules.model import Finding, Status
from sandbox.errors import SandboxError


class StageFailedError(SandboxError):
    """A stage refuses a packet.

    Attributes:
        sub_status: the processor's sub-status code.
        finding: the same as a finding.
    """

    code = "SANDBOX-STAGE"
    sentence = "A packet was refused by the check {check}: {sub_status}."
    next_step = "Look at the packet's findings."

    def __init__(self, sub_status: str, check: str, reason: str, server_code: str | None = None) -> None:
        self.sub_status = sub_status
        self.finding = Finding(check, Status.FAIL, "outer", reason, server_code or sub_status)
        super().__init__(check=check, sub_status=sub_status)
