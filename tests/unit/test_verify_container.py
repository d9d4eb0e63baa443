"""The zip reader takes what Java and Python write, and nothing that two readers could understand in two ways."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packet.verify.container import ContainerFault, ContainerLimits, ContainerRefusedError, read_container
from tests.support.editing import python_zip
from tests.support.javazip import java_zip

ENTRIES = {"ID.json": b"{}", "a/b.pdf": b"%PDF" * 500, "empty.txt": b"", "ü.txt": "ü".encode()}
LOCAL, CENTRAL, END, DESCRIPTOR = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08"


def refused(data: bytes, limits: ContainerLimits | None = None) -> ContainerFault:
    with pytest.raises(ContainerRefusedError) as caught:
        read_container(data, limits)
    return caught.value.fault


def patched(data: bytes, magic: bytes, offset: int, value: bytes) -> bytes:
    """Overwrites a field of the first record of a kind."""
    at = data.index(magic) + offset
    return data[:at] + value + data[at + len(value) :]


def stored_zip(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += bytes(data)
        return len(data)


def test_what_java_writes_is_read() -> None:
    assert read_container(java_zip(ENTRIES)) == ENTRIES


def test_what_python_writes_is_read() -> None:
    assert read_container(python_zip(ENTRIES)) == ENTRIES
    assert read_container(stored_zip(ENTRIES)) == ENTRIES


def test_what_python_writes_to_a_stream_is_read() -> None:
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ID.json", b"{}")
    assert stream.data.count(DESCRIPTOR) == 1
    assert read_container(stream.data) == {"ID.json": b"{}"}


def test_a_descriptor_may_lack_its_signature() -> None:
    data = java_zip({"a": b"content"})
    at = data.index(DESCRIPTOR)
    shorter = data[:at] + data[at + 4 :]
    end = shorter.index(END)
    offset = struct.unpack_from("<I", shorter, end + 16)[0] - 4
    assert read_container(shorter[: end + 16] + struct.pack("<I", offset) + shorter[end + 20 :]) == {"a": b"content"}


def test_an_empty_container_is_read() -> None:
    assert read_container(python_zip({})) == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"x" + data,
        lambda data: data[: data.index(END)],
        lambda data: patched(data, END, 4, b"\1\0"),
        lambda data: patched(data, END, 8, b"\1\0"),
        lambda data: patched(data, END, 10, b"\xff\xff"),
        lambda data: patched(data, END, 16, b"\xff\xff\xff\xff"),
        lambda data: patched(data, END, 20, b"\1\0"),
        lambda data: patched(data, CENTRAL, 0, b"XX"),
        lambda data: patched(data, CENTRAL, 6, b"\x2d\0"),
        lambda data: patched(data, CENTRAL, 8, b"\1\0"),
        lambda data: patched(data, CENTRAL, 8, b"\0\x20"),
        lambda data: patched(data, CENTRAL, 10, b"\x0c\0"),
        lambda data: patched(data, CENTRAL, 20, b"\xff\xff\xff\xff"),
        lambda data: patched(data, CENTRAL, 32, b"\1\0"),
        lambda data: patched(data, CENTRAL, 34, b"\1\0"),
        lambda data: patched(data, CENTRAL, 46, b"XD"),
        lambda data: patched(data, LOCAL, 0, b"XX"),
        lambda data: patched(data, LOCAL, 8, b"\0\0"),
        lambda data: patched(data, LOCAL, 30, b"XD"),
        lambda data: patched(data, LOCAL, 28, b"\1\0"),
    ],
)
@pytest.mark.parametrize("write", [python_zip, java_zip])
def test_broken_structure(write: Callable[[dict[str, bytes]], bytes], damage: Callable[[bytes], bytes]) -> None:
    assert refused(damage(write(ENTRIES))) is ContainerFault.STRUCTURE


def test_a_descriptor_that_says_something_else() -> None:
    assert refused(patched(java_zip(ENTRIES), DESCRIPTOR, 12, b"\x09")) is ContainerFault.STRUCTURE


def test_stored_with_a_descriptor() -> None:
    data = stored_zip({"a": b"content"})
    both = patched(patched(data, LOCAL, 6, b"\x08"), CENTRAL, 8, b"\x08")
    assert refused(both) is ContainerFault.STRUCTURE


@pytest.mark.parametrize("kind", [0x0001, 0x7075, 0x9901])
def test_extra_fields_that_change_what_is_read(kind: int) -> None:
    info = zipfile.ZipInfo("a")
    info.extra = struct.pack("<HHB", kind, 1, 0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"x")
    assert refused(out.getvalue()) is ContainerFault.STRUCTURE


def test_an_extra_field_with_times_is_read_over() -> None:
    info = zipfile.ZipInfo("a")
    info.extra = struct.pack("<HHBI", 0x5455, 5, 1, 0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"x")
    assert read_container(out.getvalue()) == {"a": b"x"}


def test_two_entries_over_the_same_bytes() -> None:
    """The overlapping bomb: many directory entries point to one local header."""
    data = java_zip({"a": b"content"})
    start, end = data.index(CENTRAL), data.index(END)
    record = data[start:end]
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 2, 2, 2 * len(record))
    assert refused(data[:start] + record * 2 + bytes(tail)) is ContainerFault.STRUCTURE


def test_a_file_hidden_from_the_directory() -> None:
    visible, hidden = java_zip({"a": b"content"}), java_zip({"b": b"hidden"})
    gap = hidden[: hidden.index(CENTRAL)]
    at = visible.index(CENTRAL)
    end = visible.index(END)
    offset = struct.pack("<I", at + len(gap))
    assert refused(visible[:at] + gap + visible[at : end + 16] + offset + visible[end + 20 :]) is ContainerFault.STRUCTURE


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a/./b", "a//b", "a/", "a\\b", "C:a", "a\nb", "", "x" * 201])
def test_names(name: str) -> None:
    assert refused(java_zip({name: b"x"})) is ContainerFault.NAMES


def test_names_that_are_the_same_to_some_systems() -> None:
    assert refused(java_zip({"a.txt": b"x", "A.TXT": b"y"})) is ContainerFault.NAMES


def test_a_name_that_is_no_text() -> None:
    data = java_zip({"aa": b"x"})
    assert refused(data.replace(b"aa", b"\xff\xfe")) is ContainerFault.NAMES


def test_one_name_twice() -> None:
    data = java_zip({"aa": b"x", "ab": b"x"})
    assert refused(data.replace(b"ab", b"aa")) is ContainerFault.NAMES


def test_limits() -> None:
    assert refused(python_zip({str(n): b"" for n in range(3)}), ContainerLimits(entries=2)) is ContainerFault.LIMITS
    assert refused(python_zip({"a": bytes(50), "b": bytes(51)}), ContainerLimits(total_bytes=100)) is ContainerFault.LIMITS
    assert read_container(python_zip({"a": bytes(50), "b": bytes(50)}), ContainerLimits(total_bytes=100))
    assert refused(python_zip({"a": bytes(9_000_000)})) is ContainerFault.LIMITS
    assert read_container(python_zip({"a": bytes(2_000_000)}))


def test_content_that_is_more_or_less_than_announced() -> None:
    data = python_zip({"a": b"content"})
    for size in (b"\x06", b"\x08"):
        both = patched(patched(data, LOCAL, 22, size), CENTRAL, 24, size)
        assert refused(both) is ContainerFault.CONTENT


def test_content_that_is_no_deflate_stream() -> None:
    data = stored_zip({"a": b"\xff\xff\xff"})
    both = patched(patched(data, LOCAL, 8, b"\x08"), CENTRAL, 10, b"\x08")
    assert refused(both) is ContainerFault.CONTENT


def test_a_stream_that_ends_before_its_place_does() -> None:
    """Another reader would take the rest for the next header."""
    data = python_zip({"a": b"content"})
    start = data.index(b"a") + 1
    packed = data.index(CENTRAL) - start
    longer = data[: start + packed] + b"\0" + data[start + packed :]
    longer = patched(patched(longer, LOCAL, 18, bytes([packed + 1])), CENTRAL, 20, bytes([packed + 1]))
    end = longer.index(END)
    offset = struct.pack("<I", longer.index(CENTRAL))
    assert refused(longer[: end + 16] + offset + longer[end + 20 :]) is ContainerFault.CONTENT


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    with pytest.raises(ContainerRefusedError):
        read_container(data + b"\1")


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.binary(max_size=400), max_size=6))
def test_every_container_is_read_back(entries: dict[str, bytes]) -> None:
    assert read_container(java_zip(entries)) == entries
    assert read_container(python_zip(entries)) == entries


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([python_zip(ENTRIES), java_zip(ENTRIES)]), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_changed_bit_is_refused_or_changes_nothing(data: bytes, share: float, bit: int) -> None:
    changed = bytearray(data)
    changed[int(len(data) * share)] ^= 1 << bit
    with suppress(ContainerRefusedError):
        assert read_container(bytes(changed)) == ENTRIES
