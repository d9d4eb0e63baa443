"""The zip container: the smallest common form, readable by streaming readers, and complete DEFLATE streams."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packet.deflate import DeflateEngine, crc32, default_engine, deflate, stored_blocks
from packet.layout import ZipWriter, dos_time

AT = datetime(2025, 6, 2, 9, 30, 15, 123000, tzinfo=UTC)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=20)


def make(entries: dict[str, bytes], engine: DeflateEngine = DeflateEngine.ZLIB) -> bytes:
    writer = ZipWriter(AT, engine)
    for name, content in entries.items():
        writer.add(name, content)
    return writer.finish()


def stream(data: bytes) -> dict[str, bytes]:
    """Reads as Java's ZipInputStream does: forwards only, by local headers, without looking at the directory."""
    found: dict[str, bytes] = {}
    position = 0
    while data[position : position + 4] == b"PK\x03\x04":
        version, flags, method, _, _, crc, stored, size, name_length, extra_length = struct.unpack_from(
            "<HHHHHIIIHH", data, position + 4
        )
        assert (version, flags, method, extra_length) == (20, 0x0800, 8, 0)
        start = position + 30 + name_length
        inflater = zlib.decompressobj(-15)
        content = inflater.decompress(data[start : start + stored]) + inflater.flush()
        assert inflater.eof
        assert inflater.unused_data == b""
        assert (zlib.crc32(content), len(content)) == (crc, size)
        found[data[position + 30 : start].decode()] = content
        position = start + stored
    assert data[position : position + 4] == (b"PK\x01\x02" if found else b"PK\x05\x06")
    return found


@pytest.mark.parametrize("engine", list(DeflateEngine))
@given(entries=st.dictionaries(NAMES, st.binary(max_size=300), max_size=5))
def test_any_reader_gets_back_what_was_written(engine: DeflateEngine, entries: dict[str, bytes]) -> None:
    data = make(entries, engine)
    assert stream(data) == entries
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.comment == b""
        for info in archive.infolist():
            assert archive.read(info) == entries[info.filename]
            assert info.compress_type == zipfile.ZIP_DEFLATED
            assert (info.create_system, info.extract_version, info.extra) == (0, 20, b"")
            assert info.date_time == (2025, 6, 2, 9, 30, 14)


@pytest.mark.parametrize("engine", list(DeflateEngine))
@given(sizes=st.lists(st.integers(0, 200_000), max_size=6))
def test_pieces_of_any_size_make_one_entry(engine: DeflateEngine, sizes: list[int]) -> None:
    pieces = [(b"%d" % number * size)[:size] for number, size in enumerate(sizes)]
    content = b"".join(pieces)
    writer = ZipWriter(AT, engine)
    writer.add_compressed("entry", deflate(pieces, engine), lambda: zlib.crc32(content), len(content))
    assert stream(writer.finish()) == {"entry": content}


@pytest.mark.parametrize("size", [0, 1, 65_534, 65_535, 65_536, 131_070, 200_000])
def test_stored_blocks_are_deflate(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    inflater = zlib.decompressobj(-15)
    assert inflater.decompress(b"".join(stored_blocks(content))) == content
    assert inflater.eof
    writer = ZipWriter(AT, DeflateEngine.ZLIB)
    writer.add_incompressible("cipher", content)
    assert stream(b"".join(writer.finish_pieces())) == {"cipher": content}


def test_stored_blocks_add_five_bytes_a_block() -> None:
    assert sum(map(len, stored_blocks(bytes(65_535 * 3)))) == 3 * (65_535 + 5)


@pytest.mark.parametrize("engine", list(DeflateEngine))
def test_both_engines_give_raw_deflate(engine: DeflateEngine) -> None:
    data = b"".join(deflate([b"a" * 10_000], engine))
    assert zlib.decompress(data, -15) == b"a" * 10_000
    assert len(data) < 1_000


def test_zlib_serves_where_igzip_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packet.deflate.isal_zlib", None)
    assert default_engine() is DeflateEngine.ZLIB
    assert list(deflate([b"abc"], DeflateEngine.ISAL)) == list(deflate([b"abc"], DeflateEngine.ZLIB))
    assert crc32(b"abc") == zlib.crc32(b"abc")


@given(first=st.binary(max_size=100), second=st.binary(max_size=100))
def test_crc_continues(first: bytes, second: bytes) -> None:
    assert crc32(second, crc32(first)) == zlib.crc32(first + second)


@given(
    entries=st.lists(st.tuples(st.booleans(), NAMES, st.binary(max_size=300)), max_size=6, unique_by=lambda entry: entry[1]),
    reserve_bytes=st.sampled_from([0, 1, 100, 10_000]),
)
def test_entries_that_are_written_and_entries_that_are_referred_to_mix(
    entries: list[tuple[bool, str, bytes]], reserve_bytes: int
) -> None:
    writer = ZipWriter(AT, DeflateEngine.ZLIB, reserve_bytes)
    for is_cipher, name, content in entries:
        (writer.add_incompressible if is_cipher else writer.add)(name, content)
    data = b"".join(writer.finish_pieces())
    assert stream(data) == {name: content for _, name, content in entries}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [name for _, name, _ in entries]


def test_ciphertext_is_referred_to_and_not_copied() -> None:
    content = bytes(300_000)
    writer = ZipWriter(AT, DeflateEngine.ZLIB)
    writer.add_incompressible("cipher", content)
    pieces = writer.finish_pieces()
    assert sum(len(piece) for piece in pieces if isinstance(piece, memoryview) and piece.obj is content) == len(content)
    with pytest.raises(RuntimeError):
        writer.finish()


def test_the_crc_is_asked_only_when_all_entries_are_compressed() -> None:
    asked: list[str] = []
    writer = ZipWriter(AT, DeflateEngine.ZLIB)

    def crc() -> int:
        asked.append("crc")
        return zlib.crc32(b"one")

    writer.add_compressed("first", deflate([b"one"], DeflateEngine.ZLIB), crc, 3)
    writer.add("second", b"two")
    assert not asked
    assert stream(writer.finish()) == {"first": b"one", "second": b"two"}
    assert asked == ["crc"]


def test_the_same_name_twice_is_our_own_fault() -> None:
    writer = ZipWriter(AT, DeflateEngine.ZLIB)
    writer.add("entry", b"1")
    with pytest.raises(RuntimeError):
        writer.add("entry", b"2")


def test_dos_time_is_utc_and_never_before_1980() -> None:
    east = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert dos_time(east) == dos_time(AT) == (9 << 11 | 30 << 5 | 7, 45 << 9 | 6 << 5 | 2)
    assert dos_time(datetime(1970, 1, 1, tzinfo=UTC)) == (0, 1 << 5 | 1)
