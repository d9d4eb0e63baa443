"""However a stream of pictures is cut into packets, and whatever is wrong with it, the parts are found or named as lost."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.client import jpeg
from devices.client.multipart import PART_MAX_BYTES, PartParser, boundary_of
from devices.sbi.discovery import ErrorBlock
from devices.sbi.streamerrors import StreamMalformedError, StreamTooLargeError
from packet.errors import CodedError
from tests.support.hostile_stream import END, numbered_jpeg, part
from tests.support.hostile_stream import jpeg as picture

PICTURES = [numbered_jpeg(n) for n in range(3)]
FORMS: dict[str, bytes] = {
    "as the mock sends it": b"".join(part(p) for p in PICTURES),
    "without lengths": b"".join(part(p, is_counted=False) for p in PICTURES) + b"--BoundaryString--\r\n",
    "some with lengths": part(PICTURES[0]) + part(PICTURES[1], is_counted=False) + part(PICTURES[2]),
    "line feeds only": b"".join(part(p).replace(b"\r\n", b"\n", 5) for p in PICTURES),
    "closed": b"".join(part(p) for p in PICTURES) + b"--BoundaryString--\r\n",
    "preamble": b"\r\nThis is a stream.\r\n\r\n" + b"".join(part(p) for p in PICTURES),
    "more dashes": b"".join(b"--" + part(p) for p in PICTURES),
    "no dashes": b"".join(part(p)[2:] for p in PICTURES),
    "blank lines between": b"\r\n\r\n\r\n".join(part(p) for p in PICTURES),
    "other spelling": b"".join(part(p).replace(b"Content-Length:", b"content-LENGTH :  ") for p in PICTURES),
    "fewer headers": b"".join(part(p).replace(b"Access-Control-Allow-Origin:*\r\n", b"") for p in PICTURES),
}  # fmt: skip
ENDS = {
    "bare": END,
    "wrapped": b'{"error":{"errorCode":"0","errorInfo":"Success"}}',
    "with line ends": b"\r\n" + END + b"\r\n\r\n",
    "behind the closing boundary": b"--BoundaryString--\r\n" + END,
    "as a part": b"--BoundaryString\r\nContent-Type: application/json\r\n\r\n" + END + b"\r\n--BoundaryString--\r\n",
}


def parse(data: bytes, step: int = 1 << 30) -> tuple[PartParser, list[bytes]]:
    parser = PartParser("BoundaryString")
    parts: list[bytes] = []
    for at in range(0, len(data), step):
        parts += parser.feed(data[at : at + step])
    return parser, parts + parser.finish()


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1 << 30])
@pytest.mark.parametrize("form", FORMS)
def test_pictures_arrive_whole_however_they_are_wrapped_and_cut(form: str, step: int) -> None:
    _, parts = parse(FORMS[form], step)
    assert parts == PICTURES


@pytest.mark.parametrize("step", [1, 5, 1 << 30])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("is_counted", [True, False])
def test_the_object_at_the_end_is_read_in_both_forms(end: str, step: int, is_counted: bool) -> None:
    pictures = b"".join(part(p, is_counted=is_counted) for p in PICTURES)
    parser, parts = parse(pictures + ENDS[end], step)
    assert parts == PICTURES
    assert parser.end is not None
    assert parser.end.code == "0"


def test_the_end_is_known_before_the_connection_closes() -> None:
    parser = PartParser("BoundaryString")
    assert parser.feed(part(PICTURES[0]) + b'{"errorCode":"609",') == [PICTURES[0]]
    ends = [parser.end]
    parser.feed(b'"errorInfo":"Timeout"}\r\n')
    ends.append(parser.end)
    assert ends == [None, ErrorBlock("609", "Timeout")]


@pytest.mark.parametrize(
    "text", [b"{}", b"{", b"{{{{}}}}" * 40, b'{"errorCode":5}', b"{" * 5000 + b"}" * 5000, b'{"error":[]}']
)
def test_what_is_no_end_is_none(text: bytes) -> None:
    parser, parts = parse(part(PICTURES[0]) + text, 3)
    assert parts == [PICTURES[0]]
    assert parser.end is None


def test_a_wrong_length_costs_a_picture_and_not_the_stream() -> None:
    short = part(PICTURES[0], length=len(PICTURES[0]) - 20)
    long = part(PICTURES[0], length=len(PICTURES[0]) + 20)
    for wrong in (short, long):
        _, parts = parse(part(PICTURES[1]) + wrong + part(PICTURES[0]) + part(PICTURES[2]) + part(PICTURES[1]), 11)
        usable = [p for p in parts if jpeg.size(p) is not None]
        assert usable[0] == PICTURES[1]
        assert usable[-1] == PICTURES[1]
        assert len(usable) >= 3


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"0x10", b"9" * 21, b"", b"1 2", "１２".encode(), b"+5"])
def test_a_length_that_is_none_ends_the_stream(length: bytes) -> None:
    with pytest.raises(StreamMalformedError):
        parse(b"--BoundaryString\r\nContent-Length: " + length + b"\r\n\r\n" + PICTURES[0])


def test_two_lengths_end_the_stream() -> None:
    with pytest.raises(StreamMalformedError):
        parse(b"--BoundaryString\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")


ENDLESS = {
    "part by its length": b"--BoundaryString\r\nContent-Length: 2097153\r\n\r\n",
    "part without length": b"--BoundaryString\r\n\r\n" + b"\xff" * (PART_MAX_BYTES + 2048),
    "header of one line": b"--BoundaryString\r\nX: " + b"y" * 10_000,
    "header of many lines": b"--BoundaryString\r\n" + b"X: y\r\n" * 2000,
    "end": b"--BoundaryString--\r\n{" + b" " * 70_000,
}


@pytest.mark.parametrize("what", ENDLESS)
def test_nothing_is_read_beyond_its_limit(what: str) -> None:
    with pytest.raises(StreamTooLargeError):
        parse(ENDLESS[what], 4096)


@pytest.mark.parametrize("junk", [b"x" * 65536, b"\n" * 65536, b"\r\n-" * 20000, b"--Boundary\r\n" * 5000])
def test_a_stream_without_boundary_is_given_up_without_being_kept(junk: bytes) -> None:
    parser, kept = PartParser("BoundaryString"), []

    def feed_on() -> None:
        for _ in range(64):
            parser.feed(junk)
            kept.append(len(parser._buffer))

    with pytest.raises(StreamMalformedError):
        feed_on()
    assert max(kept, default=0) < 70_000


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=--BoundaryString", "BoundaryString"),
        ("multipart/x-mixed-replace;boundary=BoundaryString", "BoundaryString"),
        ('Multipart/X-Mixed-Replace; charset=x; BOUNDARY="a b"', "a b"),
        ("multipart/x-mixed-replace; boundary=frame; x=y", "frame"),
        ("multipart/x-mixed-replace", None),
        ("multipart/x-mixed-replace; boundary=--", None),
        ("multipart/x-mixed-replace; boundary=" + "x" * 129, None),
        ("multipart/x-mixed-replace; boundary=é", None),
        ("image/jpeg; boundary=x", None),
        ("", None),
    ],
)
def test_the_boundary_is_taken_with_or_without_its_dashes(content_type: str, boundary: str | None) -> None:
    assert boundary_of(content_type) == boundary


@given(st.binary(max_size=600), st.integers(1, 40))
def test_no_bytes_do_anything_but_parts_or_named_errors(junk: bytes, step: int) -> None:
    with suppress(StreamMalformedError, StreamTooLargeError):
        parse(b"--BoundaryString\r\n" + junk, step)


PIECES = st.sampled_from(
    [b"--BoundaryString", b"BoundaryString--", b"\r\n", b"\n", b"Content-Length: 4", b"Content-Length:",
     b"\xff\xd8", b"\xff\xd9", b"{", b"}", END, b"--", b":",
     b"Content-Type: application/json", b"-1", b"0", b"\x00", b"2097152", picture()]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60), st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_where_a_stream_is_cut_changes_nothing(pieces: list[bytes], steps: list[int]) -> None:
    """The same bytes give the same parts and the same end, in one piece or in many."""

    def outcome(sizes: list[int]) -> tuple[list[bytes], str | None]:
        data, parser, parts = b"".join(pieces), PartParser("BoundaryString"), []
        try:
            while data:
                for size in sizes:
                    parts += parser.feed(data[:size])
                    data = data[size:]
            parts += parser.finish()
        except CodedError as error:
            return parts, error.code
        return parts, None

    assert outcome([1 << 20]) == outcome(steps)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[:-1],
        lambda p: p[1:],
        lambda p: b"",
        lambda p: b"\xff\xd8\xff\xd9",
        lambda p: b"\xff\xd8" + b"\xff" * 50 + b"\xff\xd9",
        lambda p: b"\xff\xd8\xff\xe0\x00\x01\xff\xd9",
        lambda p: b"\xff\xd8\xff\xda\x00\x02\xff\xd9",
        lambda p: b"GIF89a" + p,
    ],
)
def test_what_is_no_picture_has_no_size(change) -> None:  # type: ignore[no-untyped-def]
    assert jpeg.size(change(picture())) is None


def with_size(width: int, height: int) -> bytes:
    data = bytearray(picture())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


def test_a_picture_of_absurd_size_is_refused_before_anybody_decodes_it() -> None:
    assert jpeg.size(picture()) == (32, 24)
    assert jpeg.size(with_size(4096, 4096)) == (4096, 4096)
    for width, height in ((4097, 1), (1, 4097), (65535, 65535), (0, 5), (5, 0)):
        assert jpeg.size(with_size(width, height)) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_sizes(data: bytes) -> None:
    size = jpeg.size(b"\xff\xd8" + data + b"\xff\xd9")
    assert size is None or all(1 <= side <= 4096 for side in size)
