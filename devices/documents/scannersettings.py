"""What the country sets for its scanners: one row of settings for each kind of device, found by its name.

MOSIP's properties are maps in the notation of Spring expressions (keys to texts or whole numbers)::

    mosip.registration.docscanner.id={ "id1" : "STUB-SCANNER", "id2" : "S600.*" }
    mosip.registration.docscanner.dpi={ "id1" : 200, "id2" : 300 }

The first key whose pattern matches the whole name of the device counts; a number that is missing, or 0, leaves the choice to
the device. Width and height are millimetres here, for scanners (MOSIP's client hands them to each driver as they are, and says
no unit; cameras take them for pixels). ``doc.jpg.compression`` is the quality of JPEG pages between 0 and 1, 0.7 if it is not
set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import regex

from devices.documents.errors import ScannerSettingUnusableError
from devices.documents.source import ScanSettings

_PREFIX: Final = "mosip.registration."
ID: Final = f"{_PREFIX}docscanner.id"
DPI: Final = f"{_PREFIX}docscanner.dpi"
WIDTH: Final = f"{_PREFIX}docscanner.width"
HEIGHT: Final = f"{_PREFIX}docscanner.height"
QUALITY: Final = f"{_PREFIX}doc.jpg.compression"

_TEXT: Final = r"""(?:'(?:[^']|'')*+'|"(?:[^"]|"")*+")"""
_KEY: Final = rf"(?:{_TEXT}|[A-Za-z_][\w.-]*+)"
_ROW: Final = regex.compile(rf"\s*+({_KEY})\s*+:\s*+({_TEXT}|\d{{1,9}}+)\s*+")
_EMPTY: Final = regex.compile(r"\s*+\{\s*+:?\s*+\}\s*+")
_MATCH_TIMEOUT_S: Final = 0.2
_MOST_DPI, _MOST_MM = 2400, 2000
_DEFAULT_QUALITY: Final = 70
_LONGEST_MAP: Final = 20_000


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """The rows in force.

    Attributes:
        patterns: key to pattern of device names, in the order given.
        dpi, width_mm, height_mm: key to number.
        jpeg_quality: 1 to 100.
    """

    patterns: Mapping[str, str] = field(default_factory=dict)
    dpi: Mapping[str, int] = field(default_factory=dict)
    width_mm: Mapping[str, int] = field(default_factory=dict)
    height_mm: Mapping[str, int] = field(default_factory=dict)
    jpeg_quality: int = _DEFAULT_QUALITY

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> ScannerSettings:
        """Takes what is set, and passes over other names.

        Raises:
            ScannerSettingUnusableError: for the first value that cannot be used.
        """
        patterns = _texts(properties)
        for pattern in patterns.values():
            try:
                regex.compile(pattern)
            except regex.error:
                raise ScannerSettingUnusableError(name=ID, why="a pattern is no regular expression") from None
        return cls(
            MappingProxyType(patterns),
            MappingProxyType(_numbers(properties, DPI, _MOST_DPI)),
            MappingProxyType(_numbers(properties, WIDTH, _MOST_MM)),
            MappingProxyType(_numbers(properties, HEIGHT, _MOST_MM)),
            _quality(properties),
        )

    def for_device(self, name: str, settings: ScanSettings) -> ScanSettings:
        """The settings with what the country says for a device put into them."""
        settings = replace(settings, jpeg_quality=self.jpeg_quality)
        key = next((key for key, pattern in self.patterns.items() if _matches(pattern, name)), None)
        if key is None:
            return settings
        return replace(
            settings,
            dpi=self.dpi.get(key) or settings.dpi,
            width_mm=float(self.width_mm.get(key) or 0) or settings.width_mm,
            height_mm=float(self.height_mm.get(key) or 0) or settings.height_mm,
        )


def _matches(pattern: str, name: str) -> bool:
    try:
        return regex.fullmatch(pattern, name, timeout=_MATCH_TIMEOUT_S) is not None
    except TimeoutError:
        return False


def _texts(properties: Mapping[str, str]) -> dict[str, str]:
    found = _map(properties, ID)
    texts = {key: value for key, value in found.items() if isinstance(value, str)}
    if len(texts) != len(found):
        raise ScannerSettingUnusableError(name=ID, why="a pattern is a number")
    return texts


def _numbers(properties: Mapping[str, str], name: str, most: int) -> dict[str, int]:
    found = _map(properties, name)
    numbers = {key: value for key, value in found.items() if isinstance(value, int) and value <= most}
    if len(numbers) != len(found):
        raise ScannerSettingUnusableError(name=name, why=f"a value is no whole number up to {most}")
    return numbers


def _map(properties: Mapping[str, str], name: str) -> dict[str, str | int]:
    text = properties.get(name, "").strip()
    if not text or _EMPTY.fullmatch(text):
        return {}
    if len(text) > _LONGEST_MAP or not (text.startswith("{") and text.endswith("}")):
        raise ScannerSettingUnusableError(name=name, why="it is no map in braces")
    result: dict[str, str | int] = {}
    at = 1
    while True:
        row = _ROW.match(text, at)
        if row is None:
            raise ScannerSettingUnusableError(name=name, why=f"at character {at + 1}, no key and value follow")
        key, value = row.groups()
        result[_unquoted(key)] = int(value) if value.isdecimal() else _unquoted(value)
        at = row.end()
        if at == len(text) - 1:
            return result
        if text[at] != ",":
            raise ScannerSettingUnusableError(name=name, why=f"at character {at + 1}, a comma is missing")
        at += 1


def _unquoted(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote) if quote in "'\"" else text


def _quality(properties: Mapping[str, str]) -> int:
    text = properties.get(QUALITY, "").strip().lower().removesuffix("f")
    if not text:
        return _DEFAULT_QUALITY
    if not regex.fullmatch(r"\d(?:\.\d{0,6})?|\.\d{1,6}", text) or not 0 < float(text) <= 1:
        raise ScannerSettingUnusableError(name=QUALITY, why="it is no number above 0 and up to 1")
    return max(1, round(float(text) * 100))
