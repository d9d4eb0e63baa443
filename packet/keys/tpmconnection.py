"""An open TPM: the connection, the start-up state it must be in, and its faults as named errors."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Iterator
from typing import Any

from packet.keys import tpmfaults
from packet.keys.errors import (
    KeyDescriptorError,
    MachineKeyError,
    TpmBusyError,
    TpmDeniedError,
    TpmLockedOutError,
    TpmMissingError,
    TpmUnsupportedError,
)
from packet.keys.tss import ESAPI, TCTI, TPM2_CAP, TPM2_PT, TPM2_SU, TCTILdr, TSS2_Exception

ANSWER_DEADLINE_S = 5.0
_DEVICE = "device:"
_EMULATORS = ("swtpm", "mssim")
_MANAGED = ("device:/dev/tpmrm", "tabrmd")
_TRANSIENT_FIRST = 0x80000000
_SESSION_FIRST = 0x02000000
_PROPERTIES_MAX = 8
_ANY_COMMAND = bytes.fromhex("8001 0000000c 0000017b 0001")  # TPM2_GetRandom of one byte
_HANDLES_MAX = 32
_BAD_CONFIGURATION = {
    0xA000B: "the connection's settings are not understood",
    0xA0015: "the kind of connection is not known, or its library is not installed",
}


class TpmConnection:
    """A connection to a TPM 2.0 that is started and has no objects left over from an earlier program.

    tpm2-tss is not thread-safe for one connection: the owner serialises calls.
    """

    def __init__(self, tcti: str | TCTI, where: str) -> None:
        """Takes the TCTI over: it is closed with this connection, also when opening fails.

        Raises:
            MachineKeyError: if there is no usable TPM.
        """
        self.where = where
        self._fault: MachineKeyError | None = None
        self._tcti: Any = _connect(tcti, where) if isinstance(tcti, str) else tcti
        self.esapi: Any = None
        try:
            with self.naming("opening"):
                self.esapi = ESAPI(self._tcti)
                self._start()
                self.model = self._read_model()
                if not where.startswith(_MANAGED):
                    self._flush_leftovers()
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def naming(self, operation: str, hierarchy: str = "endorsement") -> Iterator[None]:
        """Turns the library's failures into named errors.

        A connection that failed once stays failed: the library is then in the middle of a command and takes no other.
        """
        if self._fault is not None:
            raise type(self._fault)(**self._fault.params)
        try:
            yield
        except TSS2_Exception as error:
            named = tpmfaults.named(int(error.rc), str(error), self.where, operation, hierarchy)
            if tpmfaults.is_connection_fault(error.rc):
                own = getattr(self._tcti, "fault", None)  # the embedded TPM knows better why
                named = self._fault = own if isinstance(own, MachineKeyError) else named
            elif isinstance(named, TpmLockedOutError):
                named = TpmLockedOutError(where=self.where, wait=self._lockout_wait())
            raise named from error

    def flush(self, handle: Any) -> None:
        """Removes an object or session from the TPM; one that is not there any more is as good."""
        try:
            self.esapi.flush_context(handle)
        except TSS2_Exception:
            with contextlib.suppress(TSS2_Exception):
                self.esapi.tr_close(handle)

    def close(self) -> None:
        """Closes both layers. Safe to call twice."""
        if self.esapi is not None:
            self.esapi.close()
            self.esapi = None
        tcti, self._tcti = self._tcti, None
        if tcti is not None:
            tcti.close()

    def _start(self) -> None:
        try:
            self._properties(TPM2_PT.FAMILY_INDICATOR, 1)
        except TSS2_Exception as error:
            if tpmfaults.tpm_code(error.rc) != tpmfaults.INITIALIZE:
                raise
            self.esapi.startup(TPM2_SU.CLEAR)  # an emulator that nobody has started; firmware starts a real one

    def _lockout_wait(self) -> str:
        """A TPM tells in how many seconds it takes one failed authorisation off its count, which ends the lockout."""
        try:
            found = self._properties(TPM2_PT.LOCKOUT_INTERVAL, 1)
        except TSS2_Exception:
            found = []
        return f"about {-(-found[0] // 60)} minutes" if found and found[0] else tpmfaults.UNKNOWN_WAIT

    def _read_model(self) -> str:
        words = self._properties(TPM2_PT.MANUFACTURER, 5)
        if not words:
            raise TpmUnsupportedError(where=self.where, why="it does not tell its maker")
        maker, *model = (word.to_bytes(4, "big").strip(b"\0 ").decode("ascii", "replace") for word in words)
        return " ".join(filter(None, (maker, *model)))

    def _properties(self, first: int, count: int) -> list[int]:
        _, found = self.esapi.get_capability(TPM2_CAP.TPM_PROPERTIES, int(first), min(count, _PROPERTIES_MAX))
        return [int(item.value) for item in found.data.tpmProperties]

    def _flush_leftovers(self) -> None:
        """A TPM without a resource manager keeps what a killed program left in its three slots."""
        for first in (_TRANSIENT_FIRST, _SESSION_FIRST):
            _, found = self.esapi.get_capability(TPM2_CAP.HANDLES, first, _HANDLES_MAX)
            for handle in [int(item) for item in found.data.handles]:
                self._tcti.transmit(bytes.fromhex("8001 0000000e 00000165") + handle.to_bytes(4, "big"))
                self._tcti.receive()


def _connect(tcti: str, where: str) -> Any:
    if tcti.startswith(_DEVICE):
        _check_device(tcti.removeprefix(_DEVICE), where)
    try:
        connected = TCTILdr.parse(tcti)
    except TSS2_Exception as error:
        why = _BAD_CONFIGURATION.get(int(error.rc))
        if why is not None:
            raise KeyDescriptorError(descriptor=f"tpm:{tcti}", why=why) from error
        raise TpmMissingError(where=where) from error
    if tcti.startswith(_EMULATORS):
        _check_answers(connected, where)
    return connected


def _check_answers(tcti: Any, where: str) -> None:
    """An emulator answers one connection at a time; the next one would wait without a limit while another is held open."""
    has_answered = threading.Event()

    def ask() -> None:
        with contextlib.suppress(TSS2_Exception):  # a connection that fails here fails again where it is named
            tcti.transmit(_ANY_COMMAND)
            tcti.receive()
        has_answered.set()

    threading.Thread(target=ask, name="first question to the TPM", daemon=True).start()
    if not has_answered.wait(ANSWER_DEADLINE_S):
        raise TpmBusyError(where=where, why="another program is connected to it")  # the thread keeps the connection


def _check_device(path: str, where: str) -> None:
    """Opens and closes the device, since tpm2-tss gives one and the same code for every reason not to."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError as error:
        raise TpmDeniedError(where=where) from error
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise TpmBusyError(where=where, why="another program holds the device") from error
        raise TpmMissingError(where=where) from error
    try:
        is_device = stat.S_ISCHR(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
    if not is_device:
        raise TpmMissingError(where=where)
