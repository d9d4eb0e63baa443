"""Talking to a scanner through python-sane; runs in the worker process only.

Options of SANE devices have standard names (``resolution``, ``mode``, ``source``, ``tl-x``, ...) but values of the backend's
choosing, so values are found by what their names contain. What a device does not have is left out, except the feeder: asked for
it, a device without one would scan the same sheet for ever.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from devices.documents.sanewire import MOST_PIXELS, OptionValue, SaneDevice
from devices.documents.source import ColourMode, PaperFeed, ScanSettings

if TYPE_CHECKING:
    from PIL.Image import Image

_COLOUR: Final = re.compile(r"colou?r|rgb", re.IGNORECASE)
_GREY: Final = re.compile(r"gr[ae]y", re.IGNORECASE)
_FEEDER: Final = re.compile(r"adf|feeder", re.IGNORECASE)
_BOTH_SIDES: Final = re.compile(r"duplex|both", re.IGNORECASE)
_GLASS: Final = re.compile(r"flatbed|platen|glass|normal", re.IGNORECASE)
_MM_PER_INCH: Final = 25.4
_UNIT_PIXEL: Final = 1
"""SANE_UNIT_PIXEL; lengths are in millimetres otherwise."""
_OUT_OF_PAPER: Final = "Document feeder out of documents"

Encoded = tuple[bytes, int, int, float | None]
"""An encoded page, width and height in pixels, dots per inch."""


class FeedNotThereError(Exception):
    """The device has no feeder, or none for both sides."""


class OptionNotThereError(Exception):
    """A named option is not there, or does not take the value."""


def list_devices(sane: Any) -> list[SaneDevice]:
    """What SANE can see, on this machine and where its configuration says."""
    return [SaneDevice(*(str(text) for text in row)) for row in sane.get_devices()]


def apply_settings(device: Any, settings: ScanSettings, options: Mapping[str, OptionValue]) -> None:
    """Sets what the device has of the settings, then the further options.

    Raises:
        FeedNotThereError: for a feeder that the device does not have.
        OptionNotThereError: for one of the further options.
    """
    _set_feed(device, settings.feed)
    wanted = _COLOUR if settings.colour is ColourMode.COLOUR else _GREY
    _choose(device, "mode", wanted)
    if 8 in (_constraint(device, "depth") or ()):
        device.depth = 8
    if settings.dpi is not None:
        _set_number(device, "resolution", settings.dpi)
    _set_area(device, settings)
    for name, value in options.items():
        key = name.replace("-", "_")
        if not _is_usable(device, key):
            raise OptionNotThereError(name)
        try:
            setattr(device, key, value)
        except (AttributeError, TypeError) as error:
            raise OptionNotThereError(name) from error


def scan_pages(device: Any, settings: ScanSettings, alive: Callable[[], None]) -> Iterator[Encoded]:
    """Encoded pages until there are no more. Holds one page at a time.

    Args:
        alive: called when the driver showed signs of life.

    Raises:
        Exception: whatever SANE reports, as python-sane's own class.
        MemoryError: for a page beyond the bounds.
    """
    from_glass = settings.feed is PaperFeed.GLASS
    dpi = _number(device, "resolution")
    for count in range(1 if from_glass else settings.most_pages):
        picture = _next_sheet(device, is_first=count == 0, alive=alive, no_cancel=not from_glass)
        if picture is None:
            return
        yield _encode(picture, settings, dpi)
        del picture


def _next_sheet(device: Any, *, is_first: bool, alive: Callable[[], None], no_cancel: bool) -> Image | None:
    """The next picture; None when the feeder is empty after at least one."""
    sane_error = import_module("_sane").error
    try:
        device.start()
        _, _, (width_px, lines), _, _ = device.get_parameters()
        if width_px * max(lines, 1) > MOST_PIXELS:
            raise MemoryError
        picture: Image = device.snap(no_cancel=no_cancel, progress=lambda _line, _lines: alive())
    except sane_error as error:
        if not is_first and str(error) == _OUT_OF_PAPER:
            return None
        raise
    return picture


def _encode(picture: Image, settings: ScanSettings, dpi: float | None) -> Encoded:
    target = io.BytesIO()
    density = {} if not dpi else {"dpi": (dpi, dpi)}
    if settings.page_format == "jpeg":
        picture.save(target, "JPEG", quality=settings.jpeg_quality, **density)
    else:
        picture.save(target, "PNG", compress_level=3, **density)
    return target.getvalue(), *picture.size, dpi


def _set_feed(device: Any, feed: PaperFeed) -> None:
    sources = [value for value in _constraint(device, "source") or () if isinstance(value, str)]
    if feed is PaperFeed.GLASS:
        _choose(device, "source", _GLASS)
        return
    feeders = [value for value in sources if _FEEDER.search(value) or _BOTH_SIDES.search(value)]
    one_side = [value for value in feeders if not _BOTH_SIDES.search(value)]
    if feed is PaperFeed.FEEDER:
        if not feeders:
            raise FeedNotThereError
        device.source = (one_side or feeders)[0]
        return
    both = [value for value in feeders if _BOTH_SIDES.search(value)]
    if both:
        device.source = both[0]
    elif not (feeders and _choose(device, "adf_mode", _BOTH_SIDES)):
        raise FeedNotThereError
    else:
        device.source = feeders[0]
        _choose(device, "adf_mode", _BOTH_SIDES)


def _set_area(device: Any, settings: ScanSettings) -> None:
    for start, end, size_mm in (("tl_x", "br_x", settings.width_mm), ("tl_y", "br_y", settings.height_mm)):
        if size_mm is None or not (_is_usable(device, start) and _is_usable(device, end)):
            continue
        dpi = _number(device, "resolution") or 0
        in_pixels = device[end].unit == _UNIT_PIXEL
        _set_number(device, start, 0)
        _set_number(device, end, size_mm * dpi / _MM_PER_INCH if in_pixels else size_mm)


def _is_usable(device: Any, key: str) -> bool:
    option = device.opt.get(key)
    return option is not None and bool(option.is_active()) and bool(option.is_settable())


def _constraint(device: Any, key: str) -> tuple[Any, ...] | list[Any] | None:
    found = device[key].constraint if _is_usable(device, key) else None
    return found if isinstance(found, tuple | list) else None


def _choose(device: Any, key: str, wanted: re.Pattern[str]) -> bool:
    """Sets the first value whose name says that it is wanted; False if there is none."""
    for value in _constraint(device, key) or ():
        if isinstance(value, str) and wanted.search(value):
            setattr(device, key, value)
            return True
    return False


def _set_number(device: Any, key: str, wanted: float) -> None:
    """Sets the nearest value that the option takes: a tuple is smallest, largest and step, a list the values."""
    if not _is_usable(device, key):
        return
    constraint = _constraint(device, key)
    value = wanted
    if isinstance(constraint, list) and constraint:
        value = min(constraint, key=lambda given: abs(given - wanted))
    elif isinstance(constraint, tuple) and len(constraint) == 3:
        smallest, largest, step = constraint
        value = min(max(wanted, smallest), largest)
        if step:
            value = smallest + round((value - smallest) / step) * step
    is_whole = isinstance(getattr(device, key), int)
    setattr(device, key, round(value) if is_whole else float(value))


def _number(device: Any, key: str) -> float | None:
    if key not in device.opt or not device.opt[key].is_active():
        return None
    value = getattr(device, key)
    return float(value) if isinstance(value, int | float) and value > 0 else None
