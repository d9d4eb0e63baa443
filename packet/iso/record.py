"""Reading any of the three records, and comparing one with what it is said to show."""

from __future__ import annotations

from typing import TypeAlias

from packet.bioattributes import FACTS
from packet.iso import face, finger, iris, jp2
from packet.iso.errors import ImageUnsuitableError, IsoRecordMalformedError, IsoRecordMismatchError
from packet.models import BioAttribute

IsoRecord: TypeAlias = finger.FingerRecord | iris.IrisRecord | face.FaceRecord


def parse_record(data: bytes) -> IsoRecord:
    """Reads a record of the kind that its first four bytes announce.

    Raises:
        IsoRecordMalformedError: if it is none of the three or is not well-formed.
    """
    match data[:4]:
        case finger.FORMAT_ID:
            return finger.parse(data)
        case iris.FORMAT_ID:
            return iris.parse(data)
        case face.FORMAT_ID:
            return face.parse(data)
        case _:
            raise IsoRecordMalformedError(kind="biometric", why="its format identifier is none of FIR, IIR and FAC")


def encode_record(record: IsoRecord) -> bytes:
    """Writes a record of any kind.

    Raises:
        IsoRecordMalformedError: if a value does not fit its field or its limits.
    """
    match record:
        case finger.FingerRecord():
            return finger.encode(record)
        case iris.IrisRecord():
            return iris.encode(record)
        case face.FaceRecord():
            return face.encode(record)


def check_shows(record: IsoRecord, attribute: BioAttribute) -> None:
    """Compares kind and position or eye label of a record with a bio attribute; position 0 (unknown) does not pass.

    Raises:
        IsoRecordMismatchError: if it shows something else.
    """
    facts = FACTS[attribute]
    match record:
        case finger.FingerRecord():
            kind, position = "Finger", record.position
        case iris.IrisRecord():
            kind, position = "Iris", record.eye
        case face.FaceRecord():
            kind, position = "Face", 0
    if (kind, position) != (facts.sbi_type, facts.iso_position):
        raise IsoRecordMismatchError(attribute=attribute.value, found=f"{kind} {position}" if position else kind)


def check_registration_image(record: IsoRecord) -> jp2.Jp2Facts:
    """Checks that the image is what registration demands: lossless JPEG 2000 of the size that the header announces.

    Fingers and irises are 8-bit grey, faces 24-bit colour. Nothing is decoded.

    Raises:
        ImageUnsuitableError: if it is not.
    """
    match record:
        case finger.FingerRecord():
            kind, components = finger.KIND, 1
            lossless = record.compression == finger.FingerCompression.JPEG2000_LOSSLESS
        case iris.IrisRecord():
            kind, components = iris.KIND, 1
            lossless = (
                record.image_format == iris.IrisImageFormat.MONO_JPEG2000
                and record.history == iris.CompressionHistory.LOSSLESS
                and record.image_type in {iris.IrisImageType.VGA, iris.IrisImageType.CROPPED}
            )
        case face.FaceRecord():
            kind, components = face.KIND, 3
            lossless = record.data_type == face.FaceDataType.JPEG2000_LOSSLESS
    if not lossless:
        raise ImageUnsuitableError(kind=kind, why="its header does not announce lossless JPEG 2000")
    facts = jp2.inspect(record.image, kind)
    if (facts.width, facts.height) != (record.width, record.height):
        raise ImageUnsuitableError(kind=kind, why="its size is not that of the record's header")
    if (facts.components, facts.bit_depth) != (components, 8):
        raise ImageUnsuitableError(kind=kind, why="it does not have the right number of 8-bit components")
    if not facts.is_reversible:
        raise ImageUnsuitableError(kind=kind, why="it is compressed with loss")
    return facts
