"""Errors of ISO/IEC 19794 records and of the images inside them."""

from __future__ import annotations

from packet.errors import PacketError


class IsoRecordError(PacketError):
    """Root of the errors about one biometric record."""

    code = "PACKET-ISO"


class IsoRecordMalformedError(IsoRecordError):
    """The bytes are no record of the kind, or the values would not make one."""

    code = "PACKET-ISO-MALFORMED"
    sentence = "The {kind} record is not well-formed: {why}."
    next_step = "Capture again; if it stays, report the device: its records break the standard."


class IsoRecordMismatchError(IsoRecordError):
    """The record shows another finger, eye or modality than the device announced."""

    code = "PACKET-ISO-MISMATCH"
    sentence = "The record of {attribute} is one of {found}."
    next_step = "Capture again; if it stays, report the device: it mixes up what it captures."


class ImageUnsuitableError(IsoRecordError):
    """The image of a record is not a lossless JPEG 2000 image that fits the record's header."""

    code = "PACKET-ISO-IMAGE"
    sentence = "The image in the {kind} record cannot be used: {why}."
    next_step = "Capture again; if it stays, report the device: its images are not fit for registration."
