"""The machine key in a TPM 2.0: hardware through the kernel, or an emulator.

Both keys are primary keys of the endorsement hierarchy with empty authorisation, made from the templates in
`packet.keys.publickey`; their private parts never leave the TPM. A TPM without a resource manager has three slots: the two keys
stay loaded, the third serves short work, and for unsealing the encryption key steps aside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from packet.crypto.errors import SignatureInvalidError
from packet.crypto.jws import verify_rs256
from packet.encoding import sha256
from packet.keys import tpmfaults, tpmseal
from packet.keys.base import MachineKeyKind
from packet.keys.errors import (
    KeyDescriptorError,
    MachineKeyClosedError,
    TpmClearedError,
    TpmFaultError,
    WrappedKeyForeignError,
)
from packet.keys.publickey import MODULUS_BYTES
from packet.keys.sealedblob import check_secret
from packet.keys.tpmconnection import TpmConnection
from packet.keys.tpmdeadline import DEADLINE_S, TpmDeadline
from packet.keys.tpmprimary import ENCRYPTION_TEMPLATE, SIGNING_TEMPLATE, PrimaryKey
from packet.keys.tss import TCTI, TPM2_ALG, TPM2B_DIGEST, TPMT_RSA_DECRYPT, TPMT_SIG_SCHEME, TSS2_Exception

KERNEL_TCTI = "device:/dev/tpmrm0"
_OAEP_LABEL = b"\0"
"""A TPM wants the label zero-terminated and hashes the zero as well, hence the empty label of its keys is one zero byte."""
_TRIES = 2
_T = TypeVar("_T")


class TpmMachineKey:
    """A machine key in a TPM. Satisfies `packet.keys.base.MachineKey`."""

    kind: Final = MachineKeyKind.TPM

    def __init__(self, connection: TpmConnection, pcrs: tuple[int, ...], deadline: TpmDeadline) -> None:
        self._lock = threading.RLock()
        self._deadline = deadline
        self._connection: TpmConnection | None = connection
        self._model = connection.model
        self._pcrs = pcrs
        self._signing = PrimaryKey(connection, SIGNING_TEMPLATE)
        self._encryption = PrimaryKey(connection, ENCRYPTION_TEMPLATE)

    @classmethod
    def open(
        cls,
        tcti: str | TCTI = KERNEL_TCTI,
        *,
        expected_signing_public: bytes | None = None,
        pcrs: tuple[int, ...] = tpmseal.DEFAULT_PCRS,
        where: str | None = None,
        deadline_s: float | None = DEADLINE_S,
    ) -> Self:
        """Connects and makes the signing key; the encryption key follows when it is first needed.

        Args:
            tcti: a tpm2-tss connection string (``device:/dev/tpmrm0``, ``swtpm:host=..,port=..``, ``swtpm:path=..``) or an
                open TCTI, which is taken over and closed with the key.
            expected_signing_public: the signing key with which this machine was set up, as `signing_public` gave it.
            pcrs: registers to which `seal` binds, 0 to 23.
            where: how to call the TPM in errors, if the connection is an open TCTI.
            deadline_s: how many seconds one operation may take, opening included; None for no limit, as for a TPM that is
                part of this process.

        Raises:
            TpmSilentError: if the TPM does not answer in time; every method may raise it.
            TpmClearedError: if the TPM's signing key is not the expected one.
            MachineKeyError: if there is no usable TPM, naming why.
        """
        if not pcrs or not set(pcrs) <= set(tpmseal.PCRS):
            raise KeyDescriptorError(descriptor=",".join(map(str, pcrs)), why="platform registers are 0 to 23, at least one")
        place = where or str(tcti)
        deadline = TpmDeadline(place, deadline_s)
        connection = deadline.run("opening", lambda: TpmConnection(tcti, place), undo=TpmConnection.close)
        key = cls(connection, pcrs, deadline)
        try:
            key._check_is(expected_signing_public)
        except BaseException:
            key.close()
            raise
        return key

    @property
    def name(self) -> str:
        """``TPM 2.0`` and, in brackets, maker and model as the TPM gives them."""
        return f"TPM 2.0 ({self._model})"

    @property
    def signing_public(self) -> bytes:
        """TPMT_PUBLIC, 280 bytes."""
        return self._public(self._signing)

    @property
    def encryption_public(self) -> bytes:
        """TPMT_PUBLIC, 312 bytes."""
        return self._public(self._encryption)

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 over SHA-256 of data; 256 bytes.

        The digest is made here, not in the TPM, which takes only 1 KiB at a time; a key that is not restricted signs any
        digest. Every signature is checked before it is given out: on a TPM without a resource manager another program may
        have put its own key into our slot, and such a signature would make a whole packet void.
        """
        digest = sha256(data)
        for _ in range(_TRIES):
            signature = self._using(self._signing, "signing", lambda esapi, handle: _sign(esapi, handle, digest))
            try:
                verify_rs256(self._signing.parsed.key, signature, data, "the TPM")
            except SignatureInvalidError:
                with self._lock:
                    self._open_connection()
                    self._deadline.run("signing", self._signing.park)
            else:
                return signature
        raise TpmFaultError(where=self._open_connection().where, operation="signing", rc="0x0", why="the signature is wrong")

    def unwrap(self, wrapped: bytes) -> bytes:
        """Opens a session key: RSA-OAEP, SHA-256, MGF1 with SHA-256, label one zero byte.

        Raises:
            WrappedKeyForeignError: if it was not wrapped for this key.
        """
        self._open_connection()
        if len(wrapped) != MODULUS_BYTES:
            raise WrappedKeyForeignError()
        scheme = TPMT_RSA_DECRYPT(scheme=TPM2_ALG.NULL)  # the key's own

        def decrypt(esapi: Any, handle: Any) -> bytes:
            try:
                return bytes(esapi.rsa_decrypt(handle, wrapped, scheme, label=_OAEP_LABEL))
            except TSS2_Exception as error:
                if _is_wrong_padding(esapi, error.rc):
                    raise WrappedKeyForeignError() from error
                raise

        return self._using(self._encryption, "unwrapping", decrypt)

    def seal(self, secret: bytes) -> bytes:
        """Binds 1 to 64 bytes to this TPM and the current values of the chosen registers; see `packet.keys.tpmseal`.

        Raises:
            SecretSizeError: for another length.
        """
        check_secret(secret)
        return self._aside("sealing", lambda connection: tpmseal.seal(connection, secret, self._pcrs))

    def unseal(self, blob: bytes) -> bytes:
        """Opens what `seal` gave, on the same TPM with the same register values.

        Raises:
            SealedBlobMalformedError, SealedBlobForeignError, SealedBlobDamagedError: if it cannot be opened here.
            PcrChangedError: if the machine started with other firmware, boot loader or settings.
        """
        return self._aside("unsealing", lambda connection: tpmseal.unseal(connection, blob))

    def close(self) -> None:
        """Flushes both keys and closes the connection. Safe to call twice, and with a TPM that does not answer."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                self._deadline.run_last("closing", lambda: self._part_from(connection))

    def _part_from(self, connection: TpmConnection) -> None:
        self._signing.park()
        self._encryption.park()
        connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def _check_is(self, expected_signing_public: bytes | None) -> None:
        if expected_signing_public not in (None, self.signing_public):
            raise TpmClearedError(where=self._open_connection().where)

    def _open_connection(self) -> TpmConnection:
        connection = self._connection
        if connection is None:
            raise MachineKeyClosedError()
        return connection

    def _public(self, key: PrimaryKey) -> bytes:
        with self._lock:
            connection = self._open_connection()

            def make() -> bytes:
                with connection.naming("making a key"):
                    return key.public

            return make() if key.is_made else self._deadline.run("making a key", make)

    def _using(self, key: PrimaryKey, operation: str, call: Callable[[Any, Any], _T]) -> _T:
        with self._lock:
            connection = self._open_connection()

            def use() -> _T:
                with connection.naming(operation):
                    try:
                        return call(connection.esapi, key.load())
                    except TSS2_Exception as error:
                        if not tpmfaults.is_handle_lost(error.rc):
                            raise
                    key.park()
                    return call(connection.esapi, key.load())

            return self._deadline.run(operation, use)

    def _aside(self, operation: str, call: Callable[[TpmConnection], _T]) -> _T:
        with self._lock:
            connection = self._open_connection()

            def step_aside() -> _T:
                with connection.naming(operation, hierarchy="owner"):
                    self._encryption.park()
                    return call(connection)

            return self._deadline.run(operation, step_aside)


def _sign(esapi: Any, handle: Any, digest: bytes) -> bytes:
    scheme = TPMT_SIG_SCHEME(scheme=TPM2_ALG.NULL)  # the key's own
    whole = esapi.sign(handle, TPM2B_DIGEST(digest), scheme)
    return bytes(whole.signature.rsassa.sig)  # a part does not keep the whole alive, hence the variable


def _is_wrong_padding(esapi: Any, rc: int) -> bool:
    """libtpms answers wrong OAEP padding with the code of a broken TPM; a TPM that is really broken gives no random byte."""
    code = tpmfaults.tpm_code(rc)
    if code == tpmfaults.FAILURE:
        esapi.get_random(1)
    return code in (tpmfaults.VALUE, tpmfaults.FAILURE)
