"""The sealed stream: its layout by a decryption of the test's own, and no mutation of it opens."""

from __future__ import annotations

import io
import os

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM
from hypothesis import given
from hypothesis import strategies as st

from packet.crypto.sealedstream import SealedStreamDamagedError, StreamSealer, open_stream, sealed_size

KEY = bytes(range(32))
BOUND = b"digest of a header"
CHUNK = 64
KNOWN = "0ebdb7dd7c2fd36e9d647cd204d1cd92c0799c4d24e9733c54062e8bbef10db9a3184d81f0f52eb84038d542ec3a1a9d894e10bbfba0af9baefc"


def sealed(plain: bytes, *, chunk_bytes: int = CHUNK, cut: int = 10**9) -> bytes:
    out = bytearray()
    sealer = StreamSealer(KEY, BOUND, out.extend, chunk_bytes=chunk_bytes)
    for at in range(0, len(plain), cut):
        sealer.update(plain[at : at + cut])
    sealer.finish()
    return bytes(out)


def opened(data: bytes, *, key: bytes = KEY, bound: bytes = BOUND, chunk_bytes: int = CHUNK) -> bytes:
    return b"".join(open_stream(key, bound, io.BytesIO(data).read, chunk_bytes=chunk_bytes))


def independent(data: bytes, chunk_bytes: int) -> bytes:
    """Reads the documented layout without the module under test."""
    step = chunk_bytes + 16
    count = max(1, -(-len(data) // step))
    plain = b""
    for number in range(count):
        block = data[number * step : (number + 1) * step]
        nonce = bytes(3) + number.to_bytes(8, "big") + bytes([number == count - 1])
        decryptor = Cipher(AES256(KEY), GCM(nonce, block[-16:])).decryptor()
        decryptor.authenticate_additional_data(BOUND)
        plain += decryptor.update(block[:-16]) + decryptor.finalize()
    return plain


def test_known_answer() -> None:
    """Computed once from the documented layout."""
    plain = bytes(range(10))
    data = sealed(plain, chunk_bytes=4)
    assert data.hex() == KNOWN
    assert independent(data, 4) == plain


@given(st.binary(max_size=5 * CHUNK), st.integers(min_value=1, max_value=3 * CHUNK))
def test_what_was_sealed_opens_however_it_was_cut(plain: bytes, cut: int) -> None:
    data = sealed(plain, cut=cut)
    assert opened(data) == independent(data, CHUNK) == plain
    assert len(data) == sealed_size(len(plain), CHUNK)


@given(st.binary(min_size=1, max_size=3 * CHUNK), st.data())
def test_any_flipped_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    whole = bytearray(sealed(plain))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealedStreamDamagedError):
        opened(bytes(whole))


@given(st.binary(max_size=4 * CHUNK), st.data())
def test_any_cut_is_noticed(plain: bytes, data: st.DataObject) -> None:
    whole = sealed(plain)
    with pytest.raises(SealedStreamDamagedError):
        opened(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=4 * CHUNK), st.binary(min_size=1, max_size=2 * CHUNK))
def test_anything_behind_the_end_is_noticed(plain: bytes, more: bytes) -> None:
    with pytest.raises(SealedStreamDamagedError):
        opened(sealed(plain) + more)


@given(st.permutations(range(4)), st.lists(st.integers(0, 3), max_size=6))
def test_chunks_in_another_order_or_number_are_noticed(order: list[int], other: list[int]) -> None:
    whole = sealed(os.urandom(4 * CHUNK))
    step = CHUNK + 16
    chunks = [whole[at : at + step] for at in range(0, len(whole), step)]
    for picked in (order, other):
        if picked == [0, 1, 2, 3]:
            continue
        with pytest.raises(SealedStreamDamagedError):
            opened(b"".join(chunks[number] for number in picked))


def test_another_key_binding_or_chunk_size_does_not_open() -> None:
    data = sealed(bytes(1000))
    for wrong in ({"key": bytes(32)}, {"bound": b"other"}, {"chunk_bytes": CHUNK * 2}):
        with pytest.raises(SealedStreamDamagedError):
            opened(data, **wrong)


def test_an_empty_last_chunk_of_a_longer_stream_is_no_second_form() -> None:
    """A sealer with the key could end a stream in two ways; one is refused, so that a plain text has one sealed form."""
    cipher = AESGCM(KEY)
    first = cipher.encrypt(bytes(12), bytes(CHUNK), BOUND)
    empty_last = cipher.encrypt(bytes(3) + (1).to_bytes(8, "big") + b"\1", b"", BOUND)
    with pytest.raises(SealedStreamDamagedError):
        opened(first + empty_last)


def test_what_is_given_out_before_a_fault_is_authentic() -> None:
    whole = bytearray(sealed(bytes(range(256))))
    whole[-1] ^= 1
    chunks = open_stream(KEY, BOUND, io.BytesIO(bytes(whole)).read, chunk_bytes=CHUNK)
    seen = b"".join(next(chunks) for _ in range(3))
    assert bytes(range(256)).startswith(seen)
    with pytest.raises(SealedStreamDamagedError):
        next(chunks)


def test_a_short_key_is_our_fault() -> None:
    with pytest.raises(RuntimeError):
        StreamSealer(bytes(16), BOUND, lambda _: None)
