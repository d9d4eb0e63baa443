"""What is said to and by the making and restoring of a backup. None of it is personal data, besides the passphrase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509

from app.core.backuperrors import BackupSecretMissingError
from app.core.backupheader import RECIPIENTS_MAX, BackupHeader, CertificateWrap
from packet.crypto.passphrase import Argon2Cost, Passphrase
from packet.crypto.recovery import RecoveryKey

BackupSecret = Passphrase | RecoveryKey
"""What opens a backup."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who can open a backup: whoever knows the passphrase, and the holders of the recovery certificates' private keys."""

    passphrase: Passphrase | None = None
    certificates: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    cost: Argon2Cost = field(default_factory=Argon2Cost)

    def check(self) -> None:
        """Raises `BackupSecretMissingError` or `PassphraseWeakError`; certificates are checked where they are used."""
        count = len(self.certificates) + (self.passphrase is not None)
        if not 1 <= count <= RECIPIENTS_MAX:
            raise BackupSecretMissingError(limit=RECIPIENTS_MAX)
        if self.passphrase is not None:
            self.passphrase.check_strength()


@dataclass(frozen=True, slots=True)
class BackupMachine:
    """The machine that makes a backup.

    Attributes:
        ref_id: ``<centre>_<machine>``.
    """

    name: str
    ref_id: str


class BackupStep(StrEnum):
    """What is going on."""

    CHECKING = "CHECKING"
    WRITING = "WRITING"
    READING_BACK = "READING_BACK"
    APPLYING = "APPLYING"


@dataclass(frozen=True, slots=True)
class BackupProgress:
    """How far a step got, in bytes of packets."""

    step: BackupStep
    done_bytes: int
    total_bytes: int


Progress = Callable[[BackupProgress], None]
"""Called after each registration, in the thread that works. What it raises ends the work as if it had not begun (backup), or
after the last whole registration (restore)."""


def no_progress(_: BackupProgress) -> None:
    """For callers that do not watch."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that could not go into a backup because it is damaged already.

    Attributes:
        identifier: packet id, or uuid of an audit row.
        part: ``packet`` (then the whole registration is left out), ``row``, ``slip``, ``contact``, ``decision_comment`` or
            ``audit``.
        code: of the error that says why.
    """

    identifier: str
    part: str
    code: str


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was made and read back.

    Attributes:
        sha256: of the whole file, lower-case hex; to be noted beside the medium.
    """

    header: BackupHeader
    size_bytes: int
    sha256: str
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What can be said of a backup without its secret.

    Attributes:
        sha256: of the whole file, lower-case hex.
        is_whole: whether the file's own digest fits. A damaged file does not; a forged one may.
    """

    header: BackupHeader
    size_bytes: int
    sha256: str
    is_whole: bool

    @property
    def has_passphrase(self) -> bool:
        """Whether a passphrase opens it."""
        return len(self.certificates_sha256) < len(self.header.wraps)

    @property
    def certificates_sha256(self) -> tuple[str, ...]:
        """Fingerprints of the recovery certificates whose keys open it, lower-case hex."""
        return tuple(wrap.certificate_sha256.hex() for wrap in self.header.wraps if isinstance(wrap, CertificateWrap))


@dataclass(slots=True)
class RestoreReport:
    """What became of a backup's contents.

    Attributes:
        inserted: registrations that were not there.
        advanced: were there, less far; took the backup's state.
        kept: were there, as far or further.
        healed: their packet here was damaged or missing; it has its bytes again.
        conflicting: packet ids that are there with another packet; nothing of theirs was touched.
        without_slip: inserted, but the backup has no slip for them.
        audits: rows that were not there.
        is_other_machine: whether another machine made the backup.
    """

    header: BackupHeader
    is_other_machine: bool
    inserted: int = 0
    advanced: int = 0
    kept: int = 0
    healed: int = 0
    without_slip: int = 0
    audits: int = 0
    conflicting: list[str] = field(default_factory=list)
