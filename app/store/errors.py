"""Errors of the local database."""

from __future__ import annotations

from app.core.errors import StoredDataError
from packet.errors import CodedError


class StoreError(CodedError):
    """Root of the local database's errors; also stands for a fault that has no name of its own."""

    code = "STORE-ERROR"
    sentence = "The database {path} reported a fault ({sqlite})."
    next_step = "Try again; if it stays, report it with the code. Nothing of the last step was saved."


class DiskFullError(StoreError):
    """No room for the database to grow."""

    code = "STORE-DISK-FULL"
    sentence = "There is no room left on the disk for the database {path}."
    next_step = "Free disk space, then repeat the last step: nothing of it was saved."


class DatabaseLockedError(StoreError):
    """Another process holds the database."""

    code = "STORE-LOCKED"
    sentence = "The database {path} is being written by another process."
    next_step = "Close the other Sealdesk on this machine, then repeat the last step: nothing of it was saved."


class DatabaseReadOnlyError(StoreError):
    """The file or its folder cannot be written."""

    code = "STORE-READ-ONLY"
    sentence = "The database {path} cannot be written."
    next_step = "Give this user write permission on the file and its folder, and check that the disk is not mounted read-only."


class DatabaseUnopenableError(StoreError):
    """The file cannot be opened or made."""

    code = "STORE-UNOPENABLE"
    sentence = "The database {path} cannot be opened: {why}."
    next_step = "Check the path and its permissions."


class DatabaseCorruptError(StoreError):
    """The file is damaged, or no database at all."""

    code = "STORE-CORRUPT"
    sentence = "The database {path} is damaged or is no database."
    next_step = "Keep the file as it is, restore the last backup, and check the disk. Packets in it may still be recoverable."


class DiskFaultError(StoreError):
    """Reading or writing failed below the database."""

    code = "STORE-DISK-FAULT"
    sentence = "Reading or writing the database {path} failed on the disk ({sqlite})."
    next_step = "Check the disk and the system log before going on; nothing of the last step was saved."


class DatabaseNewerError(StoreError):
    """A later version has migrated the database."""

    code = "STORE-NEWER"
    sentence = "The database {path} has layout {found}; this version knows layouts up to {known}."
    next_step = "Start the newer Sealdesk that wrote it; older versions cannot read it."


class DatabaseForeignError(StoreError):
    """A SQLite database of another program."""

    code = "STORE-FOREIGN"
    sentence = "The file {path} is a database, but not one of Sealdesk."
    next_step = "Choose another path for the database."


class SealedValueError(StoreError, StoredDataError):
    """A sealed value does not open: altered, moved to another row, or of another key."""

    code = "STORE-SEALED-VALUE"
    sentence = "A protected value in {table}.{column} was altered or moved and cannot be read."
    next_step = "Treat the database as tampered with: keep it, restore the last backup and tell the administrator."


class RegistrationExistsError(StoreError):
    """A packet of this id is saved already."""

    code = "STORE-REGISTRATION-EXISTS"
    sentence = "The packet {packet_id} is saved already."
    next_step = "Do not seal it again; find it in the list of registrations."


class RegistrationUnknownError(StoreError, StoredDataError):
    """No packet of this id."""

    code = "STORE-REGISTRATION-UNKNOWN"
    sentence = "There is no packet {packet_id} in the database."
    next_step = "It was deleted after the server had it, or it is on another machine."


class PacketDamagedError(StoreError, StoredDataError):
    """The stored packet is not the one that was sealed."""

    code = "STORE-PACKET-DAMAGED"
    sentence = "The stored packet {packet_id} does not have the hash it was sealed with."
    next_step = "Do not upload it. Check the disk, restore the last backup and tell the administrator."


class AuditsCarriedError(StoreError):
    """Another registration was sealed between reading the audit rows and saving."""

    code = "STORE-AUDITS-CARRIED"
    sentence = "Another registration was sealed at the same moment and took the same audit rows."
    next_step = "Seal again: each audit row may travel in one packet only."


class DraftUnknownError(StoreError, StoredDataError):
    """No draft of this id: sealed, discarded or expired meanwhile."""

    code = "STORE-DRAFT-UNKNOWN"
    sentence = "The registration in work {draft_id} is not there any more."
    next_step = "Look at the list of registrations: it was sealed, or discarded, from another window."


class DraftExistsError(StoreError):
    """A draft of this id was begun already."""

    code = "STORE-DRAFT-EXISTS"
    sentence = "The registration in work {draft_id} was begun already."
    next_step = "Open it from the list of registrations in work."


class DraftTakenError(StoreError):
    """Somebody took the draft up after this one did."""

    code = "STORE-DRAFT-TAKEN"
    sentence = "The registration in work {draft_id} was taken up again in another window; what is entered here is not saved."
    next_step = "Go on in that window, or close both and take the registration up once more."


class DraftUnreadableError(StoreError, StoredDataError):
    """A draft, or a part of it, was altered, exchanged or removed in the file."""

    code = "STORE-DRAFT-UNREADABLE"
    sentence = "The registration in work {draft_id} was altered in the database and cannot be read ({what})."
    next_step = (
        "Register the person anew and discard it. Others are not affected; if it happens again, tell the administrator: the"
        " database may have been tampered with."
    )


class DiskSpaceLowError(StoreError):
    """Less room on the disk than one registration and the configured reserve need."""

    code = "STORE-DISK-LOW"
    sentence = "Only {free_mb} MB are free on the disk of the database {path}; {needed_mb} MB are needed for a registration."
    next_step = "Upload or export finished registrations and free disk space, then start the registration."


class DatabaseGoneError(StoreError):
    """The file was deleted, moved or replaced while it was open."""

    code = "STORE-GONE"
    sentence = "The database {path} was deleted, moved or replaced while Sealdesk was using it."
    next_step = "Do not close Sealdesk: upload what is waiting, then put the file back or restore the last backup."


class WriteLostError(StoreError):
    """What was written does not come back."""

    code = "STORE-WRITE-LOST"
    sentence = "The database {path} took a test value, but did not give it back."
    next_step = "Do not register anybody on this machine; check the disk and tell the administrator."


class ClockBehindError(StoreError):
    """Something in the database is of a later time than now."""

    code = "STORE-CLOCK-BEHIND"
    sentence = "This machine's clock says {now}, but the database {path} has an entry of {latest}."
    next_step = (
        "Set the clock right: registration ids and the server's checks depend on it. If it is right now and was wrong before,"
        " a supervisor has to confirm that."
    )
