"""Sealing a data key to a TPM and to the machine's measured start state.

The secret is a sealed object under a storage primary key of the owner hierarchy (ECC P-256, the TCG's storage template). Its
only authorisation is PolicyPCR: the SHA-256 bank of the chosen registers must have the values that it had when sealing. By
default these are the firmware (0), option ROMs (2), the boot loader (4) and the secure boot policy (7).

Body of the blob (see `packet.keys.sealedblob`), big-endian:

======  ======  ==============================================================
Offset  Length  Content
======  ======  ==============================================================
0       3       bitmap of the registers: bit i of byte j is register 8 j + i
3       2 + p   TPM2B_PUBLIC of the sealed object
        2 + q   TPM2B_PRIVATE of the sealed object
end-32  32      SHA-256 of all before, to tell damage from a changed register
======  ======  ==============================================================

The secret crosses the bus to the TPM encrypted: both sessions are salted with the storage key and encrypt their parameter.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Any

from packet.encoding import sha256
from packet.keys import tpmfaults
from packet.keys.errors import PcrChangedError, SealedBlobDamagedError, TpmUnsupportedError
from packet.keys.sealedblob import Sealer, body, head
from packet.keys.tpmconnection import TpmConnection
from packet.keys.tss import (
    ESYS_TR,
    TPM2_ALG,
    TPM2_CAP,
    TPM2_SE,
    TPM2B_PRIVATE,
    TPM2B_PUBLIC,
    TPM2B_SENSITIVE_CREATE,
    TPMA_SESSION,
    TPML_PCR_SELECTION,
    TSS2_Exception,
)

DEFAULT_PCRS = (0, 2, 4, 7)
PCRS = range(24)
_DIGEST_BYTES = 32
_BITMAP_BYTES = 3
_SESSION_CIPHER = "aes128cfb"

STORAGE_TEMPLATE = bytes.fromhex(
    "0023 000b 00030472 0000"  # ECC; SHA-256; fixed, noDA, restricted, decrypt, userWithAuth; no policy
    "0006 0080 0043"  # children are encrypted with AES-128-CFB
    "0010 0003 0010"  # no scheme; NIST P-256; no KDF
    "0000 0000"  # unique x, y
)
_SEALED_TEMPLATE = bytes.fromhex("0008 000b 00000412 0020") + b"%s" + bytes.fromhex("0010 0000")
"""KEYEDHASH; SHA-256; fixedTPM, fixedParent, noDA and no userWithAuth: the policy is the only way in; no scheme; no unique."""


def seal(connection: TpmConnection, secret: bytes, pcrs: tuple[int, ...]) -> bytes:
    """A blob that only this TPM opens, as long as the registers keep their values. Needs one free slot.

    Raises:
        TpmUnsupportedError: if the TPM keeps no SHA-256 values of these registers.
        TSS2_Exception: for the caller to name.
    """
    esapi = connection.esapi
    _check_bank(connection, pcrs)
    bitmap = _bitmap(pcrs)
    with _storage_key(connection) as (root, owner):
        with _session(connection, TPM2_SE.TRIAL, None) as trial:
            esapi.policy_pcr(trial, b"", _selection(bitmap))
            policy = bytes(esapi.policy_get_digest(trial))
        area = _SEALED_TEMPLATE % policy
        template, _ = TPM2B_PUBLIC.unmarshal(struct.pack(">H", len(area)) + area)
        sensitive = TPM2B_SENSITIVE_CREATE()
        sensitive.sensitive.data = secret
        with _session(connection, TPM2_SE.HMAC, root, TPMA_SESSION.DECRYPT) as session:
            private, public, *_ = esapi.create(root, sensitive, template, session1=session)
    content = bitmap + bytes(public.marshal()) + bytes(private.marshal())
    return head(Sealer.TPM, owner) + content + sha256(content)


def unseal(connection: TpmConnection, blob: bytes) -> bytes:
    """Opens what `seal` gave. Needs two free slots.

    Raises:
        SealedBlobMalformedError, SealedBlobForeignError, SealedBlobDamagedError: if the blob is not such a one.
        PcrChangedError: if a register has another value now.
        TSS2_Exception: for the caller to name.
    """
    esapi = connection.esapi
    with _storage_key(connection) as (root, owner):
        bitmap, public, private = _split(body(blob, Sealer.TPM, owner))
        with _session(connection, TPM2_SE.POLICY, root, TPMA_SESSION.ENCRYPT) as session:
            esapi.policy_pcr(session, b"", _selection(bitmap))
            if bytes(esapi.policy_get_digest(session)) != bytes(public.publicArea.authPolicy):
                raise PcrChangedError()
            with _sealed_object(connection, root, private, public) as sealed:
                try:
                    return bytes(esapi.unseal(sealed, session1=session))
                except TSS2_Exception as error:
                    if tpmfaults.tpm_code(error.rc) in (tpmfaults.POLICY_FAIL, tpmfaults.PCR_CHANGED):
                        raise PcrChangedError() from error
                    raise


def _split(content: bytes) -> tuple[bytes, Any, Any]:
    inner, check = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if sha256(inner) != check:
        raise SealedBlobDamagedError()
    bitmap, rest = inner[:_BITMAP_BYTES], inner[_BITMAP_BYTES:]
    try:
        public, used = TPM2B_PUBLIC.unmarshal(rest)
        private, _ = TPM2B_PRIVATE.unmarshal(rest[used:])
    except TSS2_Exception as error:
        raise SealedBlobDamagedError() from error
    return bitmap, public, private


@contextlib.contextmanager
def _storage_key(connection: TpmConnection) -> Iterator[tuple[Any, bytes]]:
    """Handle of the storage primary key and SHA-256 of its name, which is the owner of the blobs."""
    template, _ = TPM2B_PUBLIC.unmarshal(struct.pack(">H", len(STORAGE_TEMPLATE)) + STORAGE_TEMPLATE)
    handle, public, *_ = connection.esapi.create_primary(None, template, ESYS_TR.OWNER)
    try:
        yield handle, sha256(bytes(public.get_name()))
    finally:
        connection.flush(handle)


@contextlib.contextmanager
def _session(connection: TpmConnection, kind: Any, salt_key: Any, encrypt: Any = None) -> Iterator[Any]:
    cipher = None if salt_key is None else _SESSION_CIPHER
    key = ESYS_TR.NONE if salt_key is None else salt_key
    session = connection.esapi.start_auth_session(key, ESYS_TR.NONE, kind, cipher, TPM2_ALG.SHA256)
    try:
        if encrypt is not None:
            connection.esapi.trsess_set_attributes(session, encrypt | TPMA_SESSION.CONTINUESESSION)
        yield session
    finally:
        connection.flush(session)


@contextlib.contextmanager
def _sealed_object(connection: TpmConnection, root: Any, private: Any, public: Any) -> Iterator[Any]:
    try:
        handle = connection.esapi.load(root, private, public)
    except TSS2_Exception as error:
        if (tpmfaults.tpm_code(error.rc) or 0) & 0x080:  # the TPM judges the blob, not its own state
            raise SealedBlobDamagedError() from error
        raise
    try:
        yield handle
    finally:
        connection.flush(handle)


def _check_bank(connection: TpmConnection, pcrs: tuple[int, ...]) -> None:
    """A register without a SHA-256 bank would silently be left out of the policy."""
    _, found = connection.esapi.get_capability(TPM2_CAP.PCRS, 0, 1)
    for bank in found.data.assignedPCR:
        if int(bank.hash) == int(TPM2_ALG.SHA256):
            kept = bytes(bank.pcrSelect)
            if all(pcr // 8 < len(kept) and kept[pcr // 8] >> pcr % 8 & 1 for pcr in pcrs):
                return
    raise TpmUnsupportedError(where=connection.where, why="it keeps no SHA-256 values of the start state")


def _bitmap(pcrs: tuple[int, ...]) -> bytes:
    return sum(1 << pcr for pcr in set(pcrs)).to_bytes(_BITMAP_BYTES, "little")


def _selection(bitmap: bytes) -> Any:
    selection, _ = TPML_PCR_SELECTION.unmarshal(struct.pack(">IHB", 1, int(TPM2_ALG.SHA256), len(bitmap)) + bitmap)
    return selection
