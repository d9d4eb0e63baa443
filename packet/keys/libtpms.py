"""A TPM 2.0 inside this process: libtpms, the engine of swtpm, called directly, with its memory in one file.

It needs no daemon, port or privilege, and gives the very keys and faults of a TPM: right for demonstrations and tests. It does
not protect anything against someone who can read the file. See `packet.keys.tpmstate`.

libtpms keeps its state in globals, so there can be one such TPM in a process. It calls back for its memory; every change is on
the disk before the command that made it is answered, so that killing the process loses nothing. The callbacks themselves only
take note of a change: an exception inside them would be lost between C and Python and count as success.
"""

from __future__ import annotations

import ctypes
import threading
from pathlib import Path
from typing import Any, ClassVar

from packet.keys.errors import MachineKeyError, TpmAlreadyOpenError, TpmFaultError, TpmSoftwareMissingError
from packet.keys.tpmstate import TpmState
from packet.keys.tss import PyTCTI

_LIBRARY = "libtpms.so.0"
_VERSION_TPM_2 = 1
_SUCCESS = 0
_FAIL = 9
_RETRY = 0x800  # asked-for memory does not exist yet
_RESPONSE_MAX_BYTES = 4096

_Bytes = ctypes.POINTER(ctypes.c_ubyte)
_Result = ctypes.c_uint32
_Init = ctypes.CFUNCTYPE(_Result)
_Load = ctypes.CFUNCTYPE(_Result, ctypes.POINTER(_Bytes), ctypes.POINTER(ctypes.c_uint32), ctypes.c_uint32, ctypes.c_char_p)
_Store = ctypes.CFUNCTYPE(_Result, _Bytes, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_char_p)
_Delete = ctypes.CFUNCTYPE(_Result, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_ubyte)
_Locality = ctypes.CFUNCTYPE(_Result, ctypes.POINTER(ctypes.c_uint32), ctypes.c_uint32)
_Presence = ctypes.CFUNCTYPE(_Result, _Bytes, ctypes.c_uint32)

_STARTUP_CLEAR = bytes.fromhex("8001 0000000c 00000144 0000")
_SHUTDOWN_CLEAR = bytes.fromhex("8001 0000000c 00000145 0000")
_RESET_LOCKOUT = bytes.fromhex("8002 0000001b 00000139 4000000a 00000009 40000009 0000 00 0000")
"""TPM2_DictionaryAttackLockReset with empty lockout authorisation. A process that is killed while a key is in use counts as a
failed authorisation, and after three of them the TPM would refuse its keys for 1000 seconds."""


class _Callbacks(ctypes.Structure):
    """``struct libtpms_callbacks`` of ``libtpms/tpm_library.h``."""

    _fields_: ClassVar = [
        ("sizeOfStruct", ctypes.c_int),
        ("tpm_nvram_init", _Init),
        ("tpm_nvram_loaddata", _Load),
        ("tpm_nvram_storedata", _Store),
        ("tpm_nvram_deletename", _Delete),
        ("tpm_io_init", _Init),
        ("tpm_io_getlocality", _Locality),
        ("tpm_io_getphysicalpresence", _Presence),
    ]


class LibtpmsTcti(PyTCTI):
    """A TCTI to the TPM of this process; give it to `packet.keys.tpm.TpmMachineKey.open`.

    Attributes:
        fault: why its memory could not be kept, if that made a command fail.
    """

    _in_use: ClassVar = threading.Lock()

    def __init__(self, state_file: Path) -> None:
        """Starts the TPM with the memory in a file, or a new TPM if there is none.

        Raises:
            TpmSoftwareMissingError: if libtpms is not installed.
            TpmAlreadyOpenError: if there is one in this process, or another process has the file.
            TpmStateDamagedError: if the file is damaged.
            TpmFaultError: if libtpms does not start.
        """
        super().__init__(max_size=_RESPONSE_MAX_BYTES, magic=b"SDLIBTPM")
        self.fault: MachineKeyError | None = None
        self._where = f"libtpms:{state_file}"
        self._response = b""
        self._is_running = False
        self._changes: dict[str, bytes | None] = {}
        self._state: TpmState | None = None
        self._library = _load_library()
        if not LibtpmsTcti._in_use.acquire(blocking=False):
            raise TpmAlreadyOpenError(file=str(state_file), why="this process has one open already")
        try:
            self._state = TpmState(state_file)
        except BaseException:
            LibtpmsTcti._in_use.release()
            raise
        try:
            self._start()
        except BaseException:
            self._stop()
            raise

    def do_transmit(self, command: bytes) -> None:
        """Executes a command; the answer waits for `do_receive`."""
        self._response = self._process(command)

    def do_receive(self, timeout: int) -> bytes:
        """The answer to the last command; it never has to be waited for."""
        response, self._response = self._response, b""
        return response

    def do_finalize(self) -> None:
        """Shuts the TPM down in order and gives the file back."""
        self.close()

    def close(self) -> None:
        """The same as `do_finalize`. Safe to call twice."""
        try:
            if self._is_running:
                self._process(_SHUTDOWN_CLEAR)
        finally:
            self._stop()

    def _start(self) -> None:
        # libtpms keeps the pointers, so the object must outlive it
        self._callbacks = _Callbacks(
            ctypes.sizeof(_Callbacks),
            _Init(lambda: _SUCCESS),
            _Load(self._on_load),
            _Store(self._on_store),
            _Delete(self._on_delete),
            _Init(lambda: _SUCCESS),
            _Locality(_locality_zero),
            _Presence(_no_presence),
        )
        self._check("choosing TPM 2.0", self._library.TPMLIB_ChooseTPMVersion(_VERSION_TPM_2))
        self._check("registering", self._library.TPMLIB_RegisterCallbacks(ctypes.byref(self._callbacks)))
        self._check("starting", self._library.TPMLIB_MainInit())
        self._is_running = True
        self._keep_changes()
        self._process(_STARTUP_CLEAR)
        self._process(_RESET_LOCKOUT)

    def _stop(self) -> None:
        if self._state is None:
            return
        self._library.TPMLIB_Terminate()
        self._is_running = False
        self._state.close()
        self._state = None
        LibtpmsTcti._in_use.release()

    def _check(self, operation: str, result: int) -> None:
        if result != _SUCCESS:
            raise TpmFaultError(where=self._where, operation=operation, rc=f"0x{result:x}", why="libtpms refused")

    def _process(self, command: bytes) -> bytes:
        response, size, capacity = _Bytes(), ctypes.c_uint32(), ctypes.c_uint32()
        buffer = (ctypes.c_ubyte * len(command)).from_buffer_copy(command)
        result = self._library.TPMLIB_Process(
            ctypes.byref(response), ctypes.byref(size), ctypes.byref(capacity), buffer, ctypes.c_uint32(len(command))
        )
        try:
            self._check("a command", result)
            self._keep_changes()
            return ctypes.string_at(response, size.value)
        finally:
            self._library.TPM_Free(response)

    def _on_load(self, data: Any, length: Any, _tpm: int, name: bytes) -> int:
        entry = name.decode("ascii")
        # what it has just stored, it reads back within the same call
        found = self._changes[entry] if entry in self._changes else self._held.load(entry)
        if found is None:
            return _RETRY
        if self._library.TPM_Malloc(data, ctypes.c_uint32(len(found))) != _SUCCESS:
            return _FAIL
        ctypes.memmove(data[0], found, len(found))
        length[0] = len(found)
        return _SUCCESS

    def _on_store(self, data: Any, length: int, _tpm: int, name: bytes) -> int:
        self._changes[name.decode("ascii")] = ctypes.string_at(data, length)
        return _SUCCESS

    def _on_delete(self, _tpm: int, name: bytes, _must_exist: int) -> int:
        self._changes[name.decode("ascii")] = None
        return _SUCCESS

    def _keep_changes(self) -> None:
        try:
            self._held.store(self._changes)
        except MachineKeyError as error:
            self.fault = error
            raise
        self.fault = None
        self._changes.clear()

    @property
    def _held(self) -> TpmState:
        if self._state is None:
            raise RuntimeError("libtpms calls back without a state file")
        return self._state


def _load_library() -> Any:
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise TpmSoftwareMissingError(part=_LIBRARY) from error


def _locality_zero(locality: Any, _tpm: int) -> int:
    locality[0] = 0
    return _SUCCESS


def _no_presence(presence: Any, _tpm: int) -> int:
    presence[0] = 0
    return _SUCCESS
