"""The one file of a ``multipart/form-data`` body, parsed in memory: nothing is spooled to a temporary file."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

PARTS_MAX = 8


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file part.

    Attributes:
        file_name: as sent; not to be trusted as a path.
    """

    field_name: str
    file_name: str
    content: bytes = field(repr=False)


@dataclass(slots=True)
class _Part:
    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    content: bytearray = field(default_factory=bytearray)


class _Collector:
    """Gathers the parser's events into parts."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.is_complete = False

    def begin(self) -> None:
        if len(self.parts) >= PARTS_MAX:
            raise FormParserError("too many parts")
        self.parts.append(_Part())

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].header_name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].header_value += data[start:end]

    def header_end(self) -> None:
        part = self.parts[-1]
        if bytes(part.header_name).lower() == b"content-disposition":
            part.disposition = bytes(part.header_value)
        part.header_name.clear()
        part.header_value.clear()

    def content(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += memoryview(data)[start:end]

    def end(self) -> None:
        self.is_complete = True


def uploaded_file(body: bytes, content_type: str, field_name: str) -> UploadedFile | None:
    """The file of that field; None if the body is no multipart form, is cut off, or has no or several such files."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        return None
    collector = _Collector()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": collector.begin,
            "on_header_field": collector.header_name,
            "on_header_value": collector.header_value,
            "on_header_end": collector.header_end,
            "on_part_data": collector.content,
            "on_end": collector.end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        return None
    files = [file for file in map(_as_file, collector.parts) if file is not None and file.field_name == field_name]
    return files[0] if collector.is_complete and len(files) == 1 else None


def _as_file(part: _Part) -> UploadedFile | None:
    kind, options = parse_options_header(part.disposition)
    if kind != b"form-data" or b"filename" not in options:
        return None
    return UploadedFile(
        field_name=options.get(b"name", b"").decode("utf-8", "replace"),
        file_name=options[b"filename"].decode("utf-8", "replace"),
        content=bytes(part.content),
    )
