"""What a TPM's response code means for an operator.

A code carries the layer that made it in bits 16 to 23: 0 the TPM itself, 7 the ESAPI, 9 the resource manager's own copy of it,
10 the connection (TCTI), 11 the resource manager speaking for the TPM. TPM codes of format 1 (bit 7) also carry which handle,
parameter or session they mean; format 0 codes are compared whole (TPM 2.0 library part 2, clause 6.6).
"""

from __future__ import annotations

from packet.keys.errors import (
    MachineKeyError,
    TpmAuthError,
    TpmBusyError,
    TpmFaultError,
    TpmLockedOutError,
    TpmMissingError,
    TpmUnsupportedError,
)

_TPM_LAYERS = (0, 11)
_CONNECTION_LAYER = 10
_FORMAT_1 = 0x080

UNKNOWN_WAIT = "some hours (TPMs differ)"
TPM1_BAD_TAG = 0x01E
INITIALIZE = 0x100
FAILURE = 0x101
PCR_CHANGED = 0x128
LOCKOUT = 0x921
VALUE = 0x084
HIERARCHY = 0x085
HANDLE = 0x08B
AUTH_FAIL = 0x08E
POLICY_FAIL = 0x09D
INTEGRITY = 0x09F
BAD_AUTH = 0x0A2
_REFERENCES = range(0x910, 0x917)
_BUSY = {
    0x902: "its room for keys is taken",
    0x903: "its room for sessions is taken",
    0x904: "its memory is taken",
    0x905: "its room for sessions is taken",
    0x906: "its room for keys is taken",
    0x908: "it interrupted the command",
    0x909: "the command was cancelled",
    0x90A: "it is testing itself",
    0x920: "it writes its memory too often",
    0x922: "it asks to try again",
    0x923: "its memory cannot be written now",
}
_UNSUPPORTED = {
    0x081: "it does not know RSA keys of 2048 bits",
    0x082: "it does not accept the key's attributes",
    0x083: "it does not support SHA-1 or SHA-256 for key names",
    0x084: "it does not accept the key's parameters",
    0x092: "it does not support RSASSA or OAEP with SHA-256",
    0x143: "it does not know a needed command",
}


def tpm_code(rc: int) -> int | None:
    """The bare TPM response code, without handle, parameter or session number; None if the TPM did not make it."""
    if rc >> 16 & 0xFF not in _TPM_LAYERS:
        return None
    code = rc & 0xFFFF
    return _FORMAT_1 | code & 0x3F if code & _FORMAT_1 else code


def is_handle_lost(rc: int) -> bool:
    """Whether a loaded key is not in the TPM any more: flushed by another program or by a reset."""
    code = tpm_code(rc)
    return code == HANDLE or code in _REFERENCES


def is_connection_fault(rc: int) -> bool:
    """Whether the way to the TPM failed, rather than the TPM."""
    return rc >> 16 & 0xFF == _CONNECTION_LAYER


def named(rc: int, text: str, where: str, operation: str, hierarchy: str = "endorsement") -> MachineKeyError:
    """The named error for a response code.

    Args:
        text: the library's words for the code.
        where: the TPM's connection string.
        operation: what was tried, for people.
        hierarchy: the hierarchy whose authorisation the operation used.
    """
    if is_connection_fault(rc):
        return TpmMissingError(where=where)
    code = tpm_code(rc)
    if code == LOCKOUT:
        return TpmLockedOutError(where=where, wait=UNKNOWN_WAIT)
    if code in (AUTH_FAIL, BAD_AUTH, HIERARCHY):
        return TpmAuthError(where=where, hierarchy=hierarchy)
    if code in _BUSY:
        return TpmBusyError(where=where, why=_BUSY[code])
    if code in _UNSUPPORTED:
        return TpmUnsupportedError(where=where, why=_UNSUPPORTED[code])
    if code == TPM1_BAD_TAG:
        return TpmUnsupportedError(where=where, why="it is not a TPM 2.0")
    return TpmFaultError(where=where, operation=operation, rc=f"0x{rc:x}", why=text)
