"""Signing and encrypting sub-packets, with the machine key at work beside everything else.

A hardware TPM takes 30 to 400 ms for a signature, and there are three. So one thread signs a sub-packet while the calling one
already encrypts it and prepares the next. Another hashes. What comes out does not depend on how fast any of them is:
entropy is taken by the calling thread only, in the order of the plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from packet.crypto.hybrid import encrypt
from packet.deflate import DeflateEngine
from packet.encoding import sha256
from packet.keys.base import MachineKey
from packet.models import Entropy, SubPacket
from packet.subpacket import SubPacketPlan, digest_entries, write_zip


@dataclass(frozen=True, slots=True)
class SealedSubPacket:
    """A sub-packet as it goes into the outer zip.

    Attributes:
        stored: ciphertext.
        stored_digest: SHA-256 of stored.
        signature: K10 over the plain zip.
    """

    sub_packet: SubPacket
    stored: bytes = field(repr=False)
    stored_digest: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def seal_sub_packets(
    plans: Sequence[SubPacketPlan],
    *,
    at: datetime,
    machine_key: MachineKey,
    certificate: x509.Certificate,
    entropy: Entropy,
    engine: DeflateEngine,
) -> list[SealedSubPacket]:
    """Zips, signs, encrypts and hashes the sub-packets. When this returns, no plain zip is held any more.

    Args:
        at: time of the zip entries.

    Raises:
        MachineKeyError: if the machine key cannot sign.
        CertificateUnsuitableError: if the certificate's key cannot encrypt.
    """
    sealed: list[tuple[SubPacket, bytes, Future[bytes], Future[bytes]]] = []
    with _thread("machine-key") as signer, _thread("packet-hash") as hasher:
        digests = [hasher.submit(digest_entries, plan) for plan in plans]
        for plan, found in zip(plans, digests, strict=True):
            plain = write_zip(plan, at, engine, found.result)
            signature = signer.submit(machine_key.sign, plain)
            stored = encrypt(plain, certificate, entropy)
            del plain
            sealed.append((plan.sub_packet, stored, hasher.submit(sha256, stored), signature))
        return [SealedSubPacket(name, stored, digest.result(), made.result()) for name, stored, digest, made in sealed]


@contextmanager
def _thread(name: str) -> Iterator[ThreadPoolExecutor]:
    """A worker that, after a failure elsewhere, ends with what it is doing and does not begin anything more."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as worker:
        try:
            yield worker
        finally:
            worker.shutdown(wait=False, cancel_futures=True)
