"""Collecting findings while the layers are opened, and what a layer that stayed shut leaves unjudged."""

from __future__ import annotations

from collections.abc import Iterable

from packet.rules.judging import judge, skip
from packet.rules.model import Finding, Status

_STAGES = (
    "sync",
    "name",
    "outer",
    "metadata",
    "sub",
    "packet",
    "hash",
    "entries",
    "id",
    "documents",
    "cbeff",
    "bir",
    "token",
    "iso",
    "biometrics",
    "meta",
    "times",
    "operations",
    "audit",
)
"""First parts of check names in the order in which a server comes upon them: receiver, uploader, packet manager, packet
validator, centre-machine-device validator, operator and supervisor validators."""


class Ledger:
    """The findings of one verification."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def judge(self, check: str, where: str, problems: Iterable[str], server_code: str | None = None) -> bool:
        """Notes one failing finding for each problem or a passing one; answers whether it passed."""
        found = judge(check, where, problems, server_code)
        self.findings += found
        return found[0].status is Status.PASS

    def skip(self, checks: Iterable[str], where: str, reason: str) -> None:
        """Notes checks that could not be made."""
        for check in checks:
            self.findings += skip(check, where, reason)

    def in_order(self) -> tuple[Finding, ...]:
        """All findings in a server's order; findings of one stage keep the order in which they were made."""
        return tuple(sorted(self.findings, key=lambda finding: _STAGES.index(finding.check.partition(".")[0])))
