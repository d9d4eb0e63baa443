"""Errors of backups' contents; those of the files they lie in are with the store."""

from __future__ import annotations

from app.core.errors import AppError


class BackupError(AppError):
    """Root of all errors of backups."""

    code = "BACKUP-ERROR"


class BackupForeignError(BackupError):
    """A file is no backup."""

    code = "BACKUP-FOREIGN"
    sentence = "The file is no backup of Sealdesk: {why}."
    next_step = "Choose another file; backups made by Sealdesk end in .sealdesk-backup."


class BackupVersionError(BackupError):
    """A backup has a form that this version does not know."""

    code = "BACKUP-VERSION"
    sentence = "The backup has form {found}; this version knows form {known}."
    next_step = "Restore it with the version of Sealdesk that made it, or a newer one."


class BackupDamagedError(BackupError):
    """A backup is not the file that was written."""

    code = "BACKUP-DAMAGED"
    sentence = "The backup is damaged: {why}. Nothing was changed by it."
    next_step = "Copy it again from its medium, or take another backup. Do not delete the medium: its data may be saved yet."


class BackupContentError(BackupError):
    """A backup opened, but holds something that no backup of this form can hold."""

    code = "BACKUP-CONTENT"
    sentence = "The backup holds something that cannot be: {where} {why}."
    next_step = "Do not use it. It was not made by Sealdesk, or by a version with a fault: ask where it comes from."


class BackupSecretKindError(BackupError):
    """A backup was not made for the kind of secret that is given, or for another certificate."""

    code = "BACKUP-SECRET-KIND"
    sentence = "The backup cannot be opened with {given}; it was made for {made_for}."
    next_step = "Use the passphrase or recovery key that the backup was made for."


class BackupSecretMissingError(BackupError):
    """A backup would be for nobody."""

    code = "BACKUP-SECRET-MISSING"
    sentence = "The backup has neither a passphrase nor a recovery certificate, or more than {limit} of them."
    next_step = "Give a passphrase, a recovery certificate, or both."


class BackupOriginError(BackupError):
    """A backup was not made by the machine that it names, or not by the expected one."""

    code = "BACKUP-ORIGIN"
    sentence = "The backup does not come from the machine it should come from: {why}."
    next_step = (
        "If this machine replaces the one that made it, compare the key index with that in the old machine's information and"
        " name it as the expected one. If it is another, do not use the backup."
    )
