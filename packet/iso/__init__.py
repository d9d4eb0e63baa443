"""ISO/IEC 19794 records of fingers, irises and faces (edition 2011, one representation each)."""

from packet.iso.errors import ImageUnsuitableError, IsoRecordError, IsoRecordMalformedError, IsoRecordMismatchError
from packet.iso.face import FaceRecord
from packet.iso.finger import FingerRecord
from packet.iso.iris import IrisRecord
from packet.iso.record import IsoRecord, check_registration_image, check_shows, encode_record, parse_record

__all__ = [
    "FaceRecord",
    "FingerRecord",
    "ImageUnsuitableError",
    "IrisRecord",
    "IsoRecord",
    "IsoRecordError",
    "IsoRecordMalformedError",
    "IsoRecordMismatchError",
    "check_registration_image",
    "check_shows",
    "encode_record",
    "parse_record",
]
