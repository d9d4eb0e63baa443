"""Errors of machine keys: why a key cannot be used, and what to do about it."""

from __future__ import annotations

from packet.errors import PacketError, UnusableInputError


class MachineKeyError(PacketError):
    """Root of all errors of machine keys."""

    code = "KEY-ERROR"


class KeyDescriptorError(MachineKeyError, UnusableInputError):
    """The setting that says where the machine key is cannot be understood."""

    code = "KEY-DESCRIPTOR"
    sentence = "“{descriptor}” does not say where the machine key is: {why}."
    next_step = "Write tpm, tpm:<TCTI>, libtpms:<file> or software:<directory>."


class MachineKeyClosedError(MachineKeyError):
    """A machine key is used after it was closed."""

    code = "KEY-CLOSED"
    sentence = "The machine key was already closed."
    next_step = "Start the program again."


class PublicKeyMalformedError(MachineKeyError, UnusableInputError):
    """Bytes are not a machine's public key in either form."""

    code = "KEY-PUBLIC-MALFORMED"
    sentence = "The machine's public key cannot be read: {why}."
    next_step = "Print the machine's information again and register the machine with that."


class PublicKeyUseError(MachineKeyError, UnusableInputError):
    """A TPM public key is used for the other purpose."""

    code = "KEY-PUBLIC-USE"
    sentence = "The machine's public key is its {found} key, but the {expected} key is needed."
    next_step = "Check that publicKey and signPublicKey of the machine were not exchanged."


class WrappedKeyForeignError(MachineKeyError):
    """A session key was not wrapped for this machine."""

    code = "KEY-WRAPPED-FOREIGN"
    sentence = "The data was encrypted for another machine or another key of this one."
    next_step = "Check that the machine is registered with the keys that its machine information shows; then fetch again."


class SecretSizeError(MachineKeyError):
    """A secret to be sealed is empty or too long."""

    code = "KEY-SECRET-SIZE"
    sentence = "A secret of {size_bytes} bytes cannot be sealed; 1 to {max_bytes} bytes are possible."
    next_step = "Seal a data key and encrypt the data with that."


class SealedBlobMalformedError(MachineKeyError):
    """Bytes are not a sealed secret, or one of a newer program."""

    code = "KEY-SEALED-MALFORMED"
    sentence = "The sealed secret cannot be read: {why}."
    next_step = "Restore the file from a backup; if a newer version of the program wrote it, use that version."


class SealedBlobForeignError(MachineKeyError):
    """A secret was sealed by another machine, another kind of key, or before the TPM was cleared."""

    code = "KEY-SEALED-FOREIGN"
    sentence = "The secret was sealed by another machine or machine key, or before this machine's TPM was cleared."
    next_step = "Use the data directory on the machine that made it; otherwise set this machine up anew."


class SealedBlobDamagedError(MachineKeyError):
    """A secret was sealed by this machine, but the blob was changed."""

    code = "KEY-SEALED-DAMAGED"
    sentence = "The sealed secret was changed and cannot be opened."
    next_step = "Restore the file from a backup of this machine."


class KeyFilesPartialError(MachineKeyError):
    """Some of the files of a software key are there and some are not."""

    code = "KEY-FILES-PARTIAL"
    sentence = "The key directory {directory} has no {missing}, though other key files are there."
    next_step = (
        "Restore the directory from a backup. Only if this machine was never registered, or will be registered anew: empty the "
        "directory, and new keys are made."
    )


class KeyFilesLostError(MachineKeyError):
    """This machine was set up with a software key, but there is none any more."""

    code = "KEY-FILES-LOST"
    sentence = "There are no key files in {directory}, though this machine was set up with a key."
    next_step = "Restore the directory from a backup, check that its disk is mounted; otherwise set this machine up anew."


class KeyFilesReplacedError(MachineKeyError):
    """The software key is another one than this machine was set up with."""

    code = "KEY-FILES-REPLACED"
    sentence = "The key files in {directory} are not those with which this machine was set up."
    next_step = "Restore the directory from a backup; otherwise register the new key and set this machine up anew."


class KeyFilesDamagedError(MachineKeyError):
    """A file of a software key is not what it should be."""

    code = "KEY-FILES-DAMAGED"
    sentence = "The key file {file} is damaged: {why}."
    next_step = "Restore the key directory from a backup; new keys would need the machine to be registered anew."


class KeyFilesMismatchError(MachineKeyError):
    """Private and public file of a software key do not belong together."""

    code = "KEY-FILES-MISMATCH"
    sentence = "reg.key and reg.pub in {directory} do not belong together."
    next_step = "Restore both files from the same backup."


class KeyFilesDeniedError(MachineKeyError):
    """This user may not read or write the key files."""

    code = "KEY-FILES-DENIED"
    sentence = "This user is not allowed to use the key files in {directory}."
    next_step = "Start the program as the user that owns the directory, or correct the owner."


class KeyFilesIoError(MachineKeyError):
    """The key files cannot be read or written for a reason of the system."""

    code = "KEY-FILES-IO"
    sentence = "The key files in {directory} cannot be used: {why}."
    next_step = "Check the disk: space, mount, read-only state."


class TpmSoftwareMissingError(MachineKeyError):
    """A program part that talks to a TPM is not installed."""

    code = "KEY-TPM-SOFTWARE-MISSING"
    sentence = "A TPM cannot be used, because {part} is not installed."
    next_step = "Install the tpm extra with its system packages, or configure software:<directory>."


class TpmMissingError(MachineKeyError):
    """There is no TPM where one is configured."""

    code = "KEY-TPM-MISSING"
    sentence = "There is no TPM at {where}."
    next_step = (
        "Enable the TPM in the firmware setup (for an emulator: start it; for libtpms: restore its file), or configure "
        "software:<directory>."
    )


class TpmDeniedError(MachineKeyError):
    """This user may not open the TPM."""

    code = "KEY-TPM-DENIED"
    sentence = "This user is not allowed to open the TPM at {where}."
    next_step = "Add the user to the group that owns the device (usually tss) and log in again."


class TpmBusyError(MachineKeyError):
    """Another program holds the TPM, or the TPM asks to come again later."""

    code = "KEY-TPM-BUSY"
    sentence = "The TPM at {where} is busy: {why}."
    next_step = "Close other programs that use the TPM, use /dev/tpmrm0 instead of /dev/tpm0, and try again."


class TpmLockedOutError(MachineKeyError):
    """The TPM refuses authorisations for a while.

    The templates of the machine's keys leave its protection against guessing on, so it counts every use that a power cut or a
    kill interrupted as a failed authorisation. The keys have no password that could be wrong.
    """

    code = "KEY-TPM-LOCKED-OUT"
    sentence = (
        "The TPM at {where} is locked for a while: it counted too many failed authorisations. The usual cause is no wrong "
        "password but power cuts, or programs killed while they used a key, since each counts as one."
    )
    next_step = (
        "Leave the machine on and wait {wait}; then try again. Nothing is lost. Do not clear the TPM: secrets sealed by it "
        "would be lost. The TPM's owner can also reset the lockout."
    )


class TpmSilentError(MachineKeyError):
    """The TPM does not answer in time."""

    code = "KEY-TPM-SILENT"
    sentence = "The TPM at {where} did not answer within {deadline_s} seconds ({operation})."
    next_step = "Start the program again; if it stays, restart the machine (for an emulator: restart that)."


class TpmAuthError(MachineKeyError):
    """A hierarchy of the TPM has a password, which MOSIP's keys do not expect."""

    code = "KEY-TPM-AUTH"
    sentence = "The {hierarchy} hierarchy of the TPM at {where} is protected by a password or disabled."
    next_step = "Let the administrator remove the hierarchy's password; machine keys are made with empty authorisation."


class TpmClearedError(MachineKeyError):
    """The TPM gives other keys than the ones this machine was set up with."""

    code = "KEY-TPM-CLEARED"
    sentence = "The TPM at {where} gives other keys than this machine was set up with: it was cleared or replaced."
    next_step = "Restore the old TPM or disk; otherwise register the machine's new keys and set the machine up anew."


class TpmUnsupportedError(MachineKeyError):
    """The TPM cannot make the keys that MOSIP wants."""

    code = "KEY-TPM-UNSUPPORTED"
    sentence = "The TPM at {where} cannot be used: {why}."
    next_step = "Update the TPM's firmware, or configure software:<directory>."


class TpmFaultError(MachineKeyError):
    """The TPM or the way to it failed otherwise."""

    code = "KEY-TPM-FAULT"
    sentence = "The TPM at {where} failed at “{operation}” with code {rc}: {why}."
    next_step = "Try again; if it stays, restart the machine and report the code."


class PcrChangedError(MachineKeyError):
    """The measured state of the machine is not the one in which a secret was sealed."""

    code = "KEY-PCR-CHANGED"
    sentence = (
        "The machine's measured start state has changed since the secret was sealed (firmware, boot loader or its settings)."
    )
    next_step = "Undo the change, or let a supervisor confirm it and set this machine's data key up anew."


class TpmStateDamagedError(MachineKeyError):
    """The state file of the embedded TPM is not readable as such."""

    code = "KEY-TPM-STATE-DAMAGED"
    sentence = "The state file {file} of the embedded TPM is damaged: {why}."
    next_step = "Restore the file from a backup; without it the machine must be registered anew."


class TpmStateDeniedError(MachineKeyError):
    """This user may not read or write the state file of the embedded TPM."""

    code = "KEY-TPM-STATE-DENIED"
    sentence = "This user is not allowed to use the state file {file} of the embedded TPM."
    next_step = "Start the program as the user that owns the file and its directory, or correct the owner."


class TpmStateIoError(MachineKeyError):
    """The state file of the embedded TPM cannot be read or written for a reason of the system."""

    code = "KEY-TPM-STATE-IO"
    sentence = "The state file {file} of the embedded TPM cannot be used: {why}."
    next_step = "Check the path and the disk: space, mount, read-only state."


class TpmAlreadyOpenError(MachineKeyError):
    """The embedded TPM is open already: in this process, or its file in another."""

    code = "KEY-TPM-ALREADY-OPEN"
    sentence = "The embedded TPM in {file} cannot be opened, because {why}."
    next_step = "Close the other user first; only one embedded TPM can run in one process."
