"""Encrypted backups of what a machine keeps of its registrations, and their way back.

Making one: (1) everything is read once and held against its hashes; (2) header and contents are written as a sealed stream into
a file without a name; (3) the file is read back from the medium, opened, and checked record by record; (4) it gets its name.
Nothing stands in clear on any disk at any time: protected columns and slips are opened in memory only.

Restoring one: (1) the whole file is opened and checked, nothing is changed; (2) it is read again, and each registration goes
into the database in a transaction of its own. Killed anywhere, it can be begun again, and ends as if it had not been killed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from app import __version__
from app.core import backupcontents, backupheader
from app.core.backupentries import encode_registration
from app.core.backuperrors import BackupContentError, BackupDamagedError, BackupError, BackupOriginError, BackupSecretKindError
from app.core.backupheader import DIGEST_BYTES, KEY_PLACE, PREFIX_BYTES, BackupHeader, CertificateWrap
from app.core.backuprecords import RecordKind, RecordWriter
from app.core.backupreport import (
    BackupMachine,
    BackupProgress,
    BackupReport,
    BackupSecret,
    BackupStep,
    BackupSummary,
    Progress,
    Recipients,
    RestoreReport,
    no_progress,
)
from app.store.backup_errors import BackupTargetBadError
from app.store.backup_file import BackupTarget, OpenBackup, check_target, free_bytes_of, new_backup, open_backup
from app.store.backup_merge import Checker, Merger
from app.store.backup_rows import BackupRows, Plan
from app.store.errors import DiskFullError
from app.store.localstore import LocalStore
from app.store.sealing import open_sealer
from packet.crypto.passphrase import Passphrase, PassphraseWrap, PassphraseWrongError
from packet.crypto.recovery import RecoveryKey, RecoveryKeyWrongError, check_recovery_certificate
from packet.crypto.sealedstream import KEY_BYTES, SealedStreamDamagedError, StreamSealer, open_stream, sealed_size
from packet.keys.base import MachineKey
from packet.keys.publickey import fingerprint
from packet.models import Clock, Entropy

_R = TypeVar("_R", bound=backupcontents.Receiver)


@dataclass(frozen=True, slots=True)
class Backups:
    """Backups of one store.

    Attributes:
        machine: as whom backups are made.
    """

    store: LocalStore
    machine: BackupMachine
    machine_key: MachineKey
    clock: Clock
    entropy: Entropy

    def back_up(self, target: Path, recipients: Recipients, progress: Progress = no_progress) -> BackupReport:
        """Writes one file with every registration that is not deleted yet. Others may go on working meanwhile.

        Args:
            target: must not exist.

        Raises:
            BackupSecretMissingError, PassphraseWeakError, CertificateUnsuitableError, CertificateExpiredError,
            CertificateNotYetValidError: if nobody, or not the right people, could open it.
            BackupError: another subclass that names the fault of the target; nothing is left there then.
            StoreError: a subclass that names a fault of the database.
            packet.keys.errors.MachineKeyError: if the machine key cannot be used.
        """
        recipients.check()
        at = self.clock()
        certificates = [check_recovery_certificate(certificate, at) for certificate in recipients.certificates]
        check_target(target, 0)
        key = self.entropy(KEY_BYTES)
        wraps: list[PassphraseWrap | CertificateWrap] = [
            CertificateWrap(certificate.sha256, certificate.wrap(key)) for certificate in certificates
        ]
        if recipients.passphrase is not None:
            wraps.append(recipients.passphrase.wrap(key, KEY_PLACE, self.entropy, recipients.cost))
        sealer = open_sealer(self.store.database, self.machine_key, self.entropy)
        with self.store.database.read() as connection:
            rows = BackupRows(connection, sealer, self.machine_key)
            plan = rows.plan(_ticker(progress, BackupStep.CHECKING))
            header = BackupHeader(
                created_at=at,
                program=__version__,
                machine_name=self.machine.name,
                ref_id=self.machine.ref_id,
                key_index=fingerprint(self.machine_key.signing_public),
                registrations=plan.registrations,
                audits=plan.audits,
                packet_bytes=plan.packet_bytes,
                wraps=tuple(wraps),
            )
            front = backupheader.encode(header)
            needed_bytes = len(front) + sealed_size(plan.packet_bytes + plan.other_bytes + 64 * 1024) + DIGEST_BYTES
            work = _Work(front, header, key, progress)
            with new_backup(target, needed_bytes) as file:
                digest = _write(work, file, rows, plan, self.machine_key)
                size_bytes = _read_back(work, file)
        return BackupReport(header, size_bytes, digest, tuple(plan.left_out))

    def restore(
        self,
        source: Path,
        secret: BackupSecret,
        *,
        expected_key_index: str | None = None,
        progress: Progress = no_progress,
    ) -> RestoreReport:
        """Merges a backup into the database, after all of it was checked.

        Args:
            expected_key_index: of the machine that must have made it (`packet.keys.publickey.fingerprint`), which a person has
                compared; without it, this machine. Whoever has a recovery certificate can encrypt a file for it, and a state
                that somebody else made up could make a packet be deleted before the server has it.

        Raises:
            BackupOriginError: if another machine made it; nothing was changed then.
            BackupError: another subclass that says what is wrong with the backup; nothing was changed then.
            PassphraseWrongError, RecoveryKeyWrongError: if it is another secret.
            StoreError, packet.keys.errors.MachineKeyError: a subclass that names the fault; whole registrations that were put
                in before stay, and the same call goes on from there.
        """
        database = self.store.database
        with open_backup(source) as file:
            front, header = _front(file)
            work = _Work(front, header, _open_key(file, header, secret), progress)
            checker = _read(work, file, BackupStep.CHECKING, Checker(database))
            own_key_index = fingerprint(self.machine_key.signing_public)
            if header.key_index != (expected_key_index or own_key_index):
                raise BackupOriginError(why=f"it was made by the machine with key index {header.key_index}")
            free_bytes = free_bytes_of(database.path.parent)
            if free_bytes is not None and free_bytes < checker.new_bytes + 2 * checker.largest_bytes:
                raise DiskFullError(path=str(database.path))
            report = RestoreReport(header, is_other_machine=header.key_index != own_key_index)
            sealer = open_sealer(database, self.machine_key, self.entropy)
            merger = Merger(database, sealer, self.machine_key, self.entropy, report)
            _read(work, file, BackupStep.APPLYING, merger)
            merger.finish()
        return report


def inspect_backup(source: Path) -> BackupSummary:
    """What a backup says of itself, and whether its own digest fits; needs no secret and proves no origin.

    Raises:
        BackupSourceError: if it cannot be read.
        BackupForeignError, BackupVersionError, BackupContentError: if it is no backup of this form.
    """
    with open_backup(source) as file:
        _, header = _front(file)
        digest, is_whole = _digests(file)
        return BackupSummary(header, file.size_bytes, digest, is_whole)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is needed to write or read the contents of one backup."""

    front: bytes
    header: BackupHeader
    key: bytes
    progress: Progress

    @property
    def binding(self) -> bytes:
        return backupheader.binding(self.front)


def _ticker(progress: Progress, step: BackupStep) -> Callable[[int, int], None]:
    return lambda done_bytes, total_bytes: progress(BackupProgress(step, done_bytes, total_bytes))


def _write(work: _Work, file: BackupTarget, rows: BackupRows, plan: Plan, machine_key: MachineKey) -> str:
    """SHA-256 of the whole file."""
    digest = hashlib.sha256()

    def put(data: bytes) -> None:
        digest.update(data)
        file.write(data)

    put(work.front)
    sealer = StreamSealer(work.key, work.binding, put, chunk_bytes=work.header.chunk_bytes)
    writer = RecordWriter(sealer.update)
    tick = _ticker(work.progress, BackupStep.WRITING)
    counts = backupcontents.Counts()
    backupcontents.begin(writer, rows.rid_next_value())
    for entry, slip in rows.registrations(plan):
        writer.record(RecordKind.REGISTRATION, encode_registration(entry))
        if slip is not None:
            writer.record(RecordKind.SLIP, slip)
        writer.begin(RecordKind.PACKET, entry.packet_size)
        for piece in rows.packet(entry.packet_id):
            writer.piece(piece)
        counts.registrations += 1
        counts.packet_bytes += entry.packet_size
        tick(counts.packet_bytes, plan.packet_bytes)
    for body in rows.audits(plan):
        writer.record(RecordKind.AUDIT, body)
        counts.audits += 1
    backupcontents.finish(writer, counts, work.binding, machine_key)
    sealer.finish()
    put(digest.digest())
    return digest.hexdigest()


def _read_back(work: _Work, file: BackupTarget) -> int:
    """Size of the whole file, after every record of it was opened and checked."""
    with file.settle() as written:
        try:
            if _front(written)[0] != work.front:
                raise BackupDamagedError(why="its header is another")
            _read(work, written, BackupStep.READING_BACK, Checker(None))
        except BackupError as error:
            raise BackupTargetBadError(path=str(file.path), why=error.message) from error
        return written.size_bytes


def _front(file: OpenBackup) -> tuple[bytes, BackupHeader]:
    read = file.reader(0, file.size_bytes)
    prefix = read(PREFIX_BYTES)
    front = prefix + read(backupheader.body_bytes(prefix))
    if file.size_bytes < len(front) + DIGEST_BYTES:
        raise BackupDamagedError(why="it ends in its header")
    return front, backupheader.decode(front)


def _read(work: _Work, file: OpenBackup, step: BackupStep, receiver: _R) -> _R:
    """Reads and checks all of a backup, its digest included."""
    end = file.size_bytes - DIGEST_BYTES
    read = file.reader(len(work.front), end)
    digest = hashlib.sha256(work.front)
    done_bytes = 0

    def read_on(size: int) -> bytes:
        nonlocal done_bytes
        data = read(size)
        digest.update(data)
        done_bytes += len(data)
        work.progress(BackupProgress(step, done_bytes, end - len(work.front)))
        return data

    chunks = open_stream(work.key, work.binding, read_on, chunk_bytes=work.header.chunk_bytes)
    try:
        backupcontents.read(chunks, work.header, work.binding, receiver)
    except SealedStreamDamagedError as error:
        raise BackupDamagedError(
            why=f"part {error.params['chunk']} was changed, is missing or stands in the wrong place"
        ) from error
    if digest.digest() != file.reader(end, file.size_bytes)(DIGEST_BYTES):
        raise BackupDamagedError(why="its digest does not fit")
    return receiver


def _digests(file: OpenBackup) -> tuple[str, bool]:
    """SHA-256 of the whole file, and whether that of all before its last 32 bytes is what stands there."""
    end = file.size_bytes - DIGEST_BYTES
    digest = hashlib.sha256()
    read = file.reader(0, end)
    while data := read(1024 * 1024):
        digest.update(data)
    own = digest.digest()
    kept = file.reader(end, file.size_bytes)(DIGEST_BYTES)
    digest.update(kept)
    return digest.hexdigest(), own == kept


def _open_key(file: OpenBackup, header: BackupHeader, secret: BackupSecret) -> bytes:
    """The key of the contents. A damaged file is called that, not a wrong passphrase."""
    try:
        key = _unwrap(header, secret)
    except (PassphraseWrongError, RecoveryKeyWrongError) as error:
        if not _digests(file)[1]:
            raise BackupDamagedError(why="its digest does not fit") from error
        raise
    if len(key) != KEY_BYTES:
        raise BackupContentError(where="the key", why="has an impossible length")
    return key


def _unwrap(header: BackupHeader, secret: BackupSecret) -> bytes:
    for wrap in header.wraps:
        if isinstance(secret, Passphrase) and isinstance(wrap, PassphraseWrap):
            return secret.open(wrap, KEY_PLACE)
        if (
            isinstance(secret, RecoveryKey)
            and isinstance(wrap, CertificateWrap)
            and wrap.certificate_sha256 == secret.certificate_sha256
        ):
            return secret.open(wrap.wrapped)
    made_for = ", ".join(
        "a passphrase" if isinstance(wrap, PassphraseWrap) else f"certificate {wrap.certificate_sha256.hex()}"
        for wrap in header.wraps
    )
    given = "a passphrase" if isinstance(secret, Passphrase) else f"the key of certificate {secret.certificate_sha256.hex()}"
    raise BackupSecretKindError(given=given, made_for=made_for)
