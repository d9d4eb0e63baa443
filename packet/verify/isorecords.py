"""The ISO/IEC 19794 record of a capture: well-formed, of the announced finger or eye, with a lossless image."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from packet.iso import (
    FingerRecord,
    IsoRecord,
    IsoRecordError,
    check_registration_image,
    check_shows,
    parse_record,
)
from packet.models import BioAttribute
from packet.verify.ledger import Ledger

CHECKS = ("iso.record", "iso.attribute", "iso.image", "iso.capture")

_RATES_PER_INCH = (490, 1010)
_PIXELS_PER_INCH, _CM_PER_INCH = 1, 2.54
_CLOCK_SLACK = timedelta(days=1)
_EARLIEST_YEAR = 2000


def check_record(iso: bytes, attribute: BioAttribute | None, created: datetime | None, where: str, ledger: Ledger) -> None:
    """Checks one record: (1) parse, (2) kind and position, (3) image, (4) date and sampling rate."""
    # (1) parse
    try:
        record = parse_record(iso)
    except IsoRecordError as error:
        ledger.judge("iso.record", where, [error.message])
        ledger.skip(CHECKS[1:], where, "The record cannot be read.")
        return
    ledger.judge("iso.record", where, [])
    # (2) kind and position
    if attribute is None:
        ledger.skip(["iso.attribute"], where, "Type and subtype name no bio attribute.")
    else:
        ledger.judge("iso.attribute", where, _attribute_problems(record, attribute))
    # (3) image
    ledger.judge("iso.image", where, _image_problems(record))
    # (4) date and sampling rate
    ledger.judge("iso.capture", where, _capture_problems(record, created))


def _attribute_problems(record: IsoRecord, attribute: BioAttribute) -> Iterator[str]:
    try:
        check_shows(record, attribute)
    except IsoRecordError as error:
        yield error.message


def _image_problems(record: IsoRecord) -> Iterator[str]:
    try:
        check_registration_image(record)
    except IsoRecordError as error:
        yield error.message


def _capture_problems(record: IsoRecord, created: datetime | None) -> Iterator[str]:
    """Devices' clocks inside records are loose (shipped test records are years old), so only the impossible is refused."""
    if record.captured_at.year < _EARLIEST_YEAR:
        yield "The capture date lies before the standard."
    if created is not None and record.captured_at > created + _CLOCK_SLACK:
        yield "The capture date lies after the packet's creation date."
    if isinstance(record, FingerRecord):
        scale = 1.0 if record.scale_units == _PIXELS_PER_INCH else _CM_PER_INCH
        rates = [rate * scale for rate in (*record.scan_rate, *record.image_rate)]
        if not all(_RATES_PER_INCH[0] <= rate <= _RATES_PER_INCH[1] for rate in rates):
            yield "A sampling rate is not between 490 and 1010 pixels per inch."
