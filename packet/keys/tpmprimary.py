"""A primary key of the endorsement hierarchy, held loaded as long as nobody takes it away.

Nothing is stored in the TPM: the same seed and template always give the same key. Making it takes a hardware TPM seconds, so
the loaded key is also saved as an encrypted context right away; where another program flushes it, or room is needed for
something else, loading the context brings it back in milliseconds. After a reset the context is void and the key is made anew.
"""

from __future__ import annotations

import struct
from typing import Any

from packet.keys.errors import PublicKeyMalformedError, TpmClearedError, TpmUnsupportedError
from packet.keys.publickey import ENCRYPTION_HEAD, PUBLIC_EXPONENT, SIGNING_HEAD, MachinePublicKey, parse
from packet.keys.tpmconnection import TpmConnection
from packet.keys.tpmfaults import is_connection_fault
from packet.keys.tss import ESYS_TR, TPM2B_PUBLIC, TSS2_Exception

_EMPTY_UNIQUE = b"\0\0"
SIGNING_TEMPLATE = SIGNING_HEAD + struct.pack(">I", PUBLIC_EXPONENT) + _EMPTY_UNIQUE
ENCRYPTION_TEMPLATE = ENCRYPTION_HEAD + struct.pack(">I", PUBLIC_EXPONENT) + _EMPTY_UNIQUE


class PrimaryKey:
    """One of the machine's two keys in the TPM. Not thread-safe by itself."""

    def __init__(self, connection: TpmConnection, template: bytes) -> None:
        self._connection = connection
        self._template = template
        self._handle: Any = None
        self._context: Any = None
        self._public = b""
        self._parsed: MachinePublicKey | None = None

    @property
    def is_made(self) -> bool:
        """Whether `public` is known without asking the TPM."""
        return bool(self._public)

    @property
    def public(self) -> bytes:
        """TPMT_PUBLIC as registered; makes the key when asked for the first time."""
        if not self._public:
            self.load()
        return self._public

    @property
    def parsed(self) -> MachinePublicKey:
        """`public`, parsed."""
        if self._parsed is None:
            self._parsed = parse(self.public)
        return self._parsed

    def load(self) -> Any:
        """Handle of the loaded key.

        Raises:
            TpmClearedError: if the TPM makes another key than before.
            TpmUnsupportedError: if it makes a key of another form.
            TSS2_Exception: for the caller to name.
        """
        if self._handle is None and self._context is not None:
            self._restore()
        if self._handle is None:
            self._create()
        return self._handle

    def park(self) -> None:
        """Takes the key out of the TPM to make room; `load` brings it back."""
        if self._handle is not None:
            self._connection.flush(self._handle)
            self._handle = None

    def _restore(self) -> None:
        try:
            self._handle = self._connection.esapi.context_load(self._context)
        except TSS2_Exception as error:
            if is_connection_fault(error.rc):
                raise
            self._context = None  # void since a reset or clear; the seed may still be the same

    def _create(self) -> None:
        esapi = self._connection.esapi
        template, _ = TPM2B_PUBLIC.unmarshal(struct.pack(">H", len(self._template)) + self._template)
        handle, created, *_ = esapi.create_primary(None, template, ESYS_TR.ENDORSEMENT)
        try:
            public = self._accept(created.publicArea)
            self._context = esapi.context_save(handle)
        except BaseException:
            self._connection.flush(handle)
            raise
        self._public, self._handle = public, handle

    def _accept(self, area: Any) -> bytes:
        if int(area.parameters.rsaDetail.exponent) == 0:
            # The TPM's short form of the default. Signature verifiers of MOSIP would take the 0 at its word.
            area.parameters.rsaDetail.exponent = PUBLIC_EXPONENT
        public = bytes(area.marshal())
        try:
            parse(public)
        except PublicKeyMalformedError as error:
            raise TpmUnsupportedError(where=self._connection.where, why="it makes keys of another form") from error
        if self._public and public != self._public:
            raise TpmClearedError(where=self._connection.where)
        return public
