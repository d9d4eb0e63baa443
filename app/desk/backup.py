"""Backups as an operator's task: where the file goes, and what is written down about it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.core.audits import AuditKind, AuditWriter
from app.core.backupreport import BackupReport, BackupSecret, BackupSummary, Progress, Recipients, RestoreReport, no_progress
from packet.encoding import compact_seconds
from packet.models import AuditEntry, Clock

SUFFIX = ".sealdesk-backup"

_MODULE = ("REG-MOD-104", "Packet Handler")
BACKUP_MADE = AuditKind("REG-BKP-001", "BACKUP_CREATED", *_MODULE, "Saved an encrypted backup of the packets")
BACKUP_RESTORED = AuditKind("REG-BKP-002", "BACKUP_RESTORED", *_MODULE, "Restored an encrypted backup of packets")
"""MOSIP knows no event for backups; these ids are our own."""


class BackupArchive(Protocol):
    """What can be backed up and restored into."""

    def back_up(self, target: Path, recipients: Recipients, progress: Progress = no_progress) -> BackupReport:
        """Writes one file with all registrations that are not deleted yet."""
        ...

    def restore(
        self,
        source: Path,
        secret: BackupSecret,
        *,
        expected_key_index: str | None = None,
        progress: Progress = no_progress,
    ) -> RestoreReport:
        """Merges a backup of this machine, or of the one with that key index, into what is there."""
        ...


class BackupInspector(Protocol):
    """Reads what a backup says of itself."""

    def __call__(self, source: Path) -> BackupSummary:
        """Needs no secret."""
        ...


class AuditLog(Protocol):
    """Where audit rows are kept."""

    def add(self, entry: AuditEntry) -> None:
        """Writes a row."""
        ...


def backup_name(ref_id: str, at: datetime) -> str:
    """``<centre>_<machine>-<UTC yyyyMMddHHmmss>.sealdesk-backup``: sorts by time, says nothing about persons."""
    return f"{re.sub(r'[^0-9A-Za-z_-]', '_', ref_id)}-{compact_seconds(at)}{SUFFIX}"


class BackupDesk:
    """Backups by a logged-in operator. Whether they may is the caller's to ask.

    Args:
        ref_id: ``<centre>_<machine>`` of this machine.
    """

    def __init__(self, archive: BackupArchive, audits: AuditLog, writer: AuditWriter, ref_id: str, clock: Clock) -> None:
        self._archive = archive
        self._audits = audits
        self._writer = writer
        self._ref_id = ref_id
        self._clock = clock

    def make(self, folder: Path, recipients: Recipients, progress: Progress = no_progress) -> tuple[Path, BackupReport]:
        """Makes a backup in a folder, for example of a removable medium, under a name of its own.

        The row about it is written after it, so that the next backup carries it and this one does not claim itself.

        Raises:
            packet.errors.CodedError: as the archive's ``back_up``; nothing is left in the folder then.
        """
        target = folder / backup_name(self._ref_id, self._clock())
        report = self._archive.back_up(target, recipients, progress)
        self._audits.add(self._writer.about_user(BACKUP_MADE))
        return target, report

    def restore(
        self,
        source: Path,
        secret: BackupSecret,
        *,
        expected_key_index: str | None = None,
        progress: Progress = no_progress,
    ) -> RestoreReport:
        """Restores a backup and writes down that it was done.

        Args:
            expected_key_index: of another machine, when its backup comes here: compared by a person with the old machine's
                information, not taken from the file itself.

        Raises:
            packet.errors.CodedError: as the archive's ``restore``.
        """
        report = self._archive.restore(source, secret, expected_key_index=expected_key_index, progress=progress)
        self._audits.add(self._writer.about_user(BACKUP_RESTORED))
        return report
