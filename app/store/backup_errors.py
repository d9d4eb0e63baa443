"""Errors of the files in which backups lie."""

from __future__ import annotations

from app.core.backuperrors import BackupError


class BackupTargetExistsError(BackupError):
    """A file of that name is there already."""

    code = "BACKUP-TARGET-EXISTS"
    sentence = "{path} exists already; it was not overwritten."
    next_step = "Choose another name. Keep the older backup until the new one is finished."


class BackupTargetFullError(BackupError):
    """There is no room for a backup."""

    code = "BACKUP-TARGET-FULL"
    sentence = "The backup {path} needs {needed_bytes} bytes; there are {free_bytes} free. Nothing was left there."
    next_step = "Use a larger medium, or delete older backups from this one."


class BackupTargetReadOnlyError(BackupError):
    """A medium or folder cannot be written."""

    code = "BACKUP-TARGET-READ-ONLY"
    sentence = "{path} cannot be written: {why}."
    next_step = "Check the medium's write protection and that this user may write into the folder."


class BackupTargetGoneError(BackupError):
    """A medium or folder is not there, or is there no longer."""

    code = "BACKUP-TARGET-GONE"
    sentence = "The folder or medium of {path} is not there (any longer): {why}."
    next_step = "Insert the medium, wait until it is mounted, and make the backup again. What was begun cannot be used."


class BackupTargetSizeError(BackupError):
    """A medium's file system cannot hold a file of that size."""

    code = "BACKUP-TARGET-SIZE"
    sentence = "The file system of {path} cannot hold a file of {needed_bytes} bytes."
    next_step = "FAT32 holds at most 4 GiB in a file: format the medium as exFAT or ext4, or use another."


class BackupTargetFaultError(BackupError):
    """Writing failed for any other reason."""

    code = "BACKUP-TARGET-FAULT"
    sentence = "The backup {path} could not be written: {why}."
    next_step = "Try another medium."


class BackupTargetBadError(BackupError):
    """What was read back is not what was written."""

    code = "BACKUP-TARGET-BAD"
    sentence = "The backup {path} could not be read back as it was written: {why}."
    next_step = "Do not use this medium again. Make the backup on another one."


class BackupSourceError(BackupError):
    """A backup cannot be read from its medium."""

    code = "BACKUP-SOURCE"
    sentence = "The backup {path} cannot be read: {why}."
    next_step = "Check the path and its permissions, and that the medium is in place."
