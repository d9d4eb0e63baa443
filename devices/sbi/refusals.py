"""Why a capture that arrived is not accepted: one class for each check.

A refusal of `CaptureForgedError`'s family means that something was made up or altered; the device is then suspect.
"""

from __future__ import annotations

from devices.sbi.errors import DeviceError

_AGAIN_OR_REPORT = "Capture again; if it stays, use another device and report this one."
_SUSPECT = "Do not use this device any more. Report it: the capture was not made here and now by it."


class CaptureRefusedError(DeviceError):
    """Root of refusals."""

    code = "CAPTURE-REFUSED"
    next_step = _AGAIN_OR_REPORT


class CaptureForgedError(CaptureRefusedError):
    """Root of refusals that put the device under suspicion."""

    code = "CAPTURE-FORGED"
    next_step = _SUSPECT


class TooManyElementsError(CaptureRefusedError):
    """More elements than a device can capture at once."""

    code = "CAPTURE-TOO-MANY"
    sentence = "The device returned {count} captures; at most {limit} are accepted."


class ErrorWithDataError(CaptureRefusedError):
    """An error code and data in the same element."""

    code = "CAPTURE-ERROR-WITH-DATA"
    sentence = "The device reported error {device_code} and sent a capture all the same."


class SuccessWithoutDataError(CaptureRefusedError):
    """Success is announced, but there is no capture."""

    code = "CAPTURE-EMPTY"
    sentence = "The device reported success but sent no capture."


class NothingCapturedError(CaptureRefusedError):
    """An answer without any element."""

    code = "CAPTURE-NOTHING"
    sentence = "The device sent an answer without any capture."


class SpecVersionMismatchError(CaptureRefusedError):
    """The element was made under another protocol version than asked for."""

    code = "CAPTURE-SPEC-VERSION"
    sentence = "The capture announces protocol version {found}, not {wanted}."


class TransactionMismatchError(CaptureForgedError):
    """The capture belongs to another request."""

    code = "CAPTURE-TRANSACTION"
    sentence = "The capture belongs to another transaction than the one asked for."


class DeviceCodeMismatchError(CaptureForgedError):
    """The capture names another device code."""

    code = "CAPTURE-DEVICE-CODE"
    sentence = "The capture names another device code than the device's own information."


class EnvironmentMismatchError(CaptureRefusedError):
    """The device works for another environment."""

    code = "CAPTURE-ENV"
    sentence = "The capture was made for environment {found}, not {wanted}."
    next_step = "Ask the administrator which environment this machine and this device belong to."


class PurposeMismatchError(CaptureRefusedError):
    """Captured for authentication, not for registration."""

    code = "CAPTURE-PURPOSE"
    sentence = "The capture was made for purpose {found}, not {wanted}."
    next_step = "Use a device that is set up for registration."


class BioTypeMismatchError(CaptureRefusedError):
    """Another modality than asked for."""

    code = "CAPTURE-BIO-TYPE"
    sentence = "The capture is of type {found}, not {wanted}."


class TimestampFormatError(CaptureRefusedError):
    """A time that a registration processor will not read."""

    code = "CAPTURE-TIME-FORMAT"
    sentence = "The {field} of the capture is not in the form yyyy-MM-ddTHH:mm:ssZ."


class CaptureTimeError(CaptureRefusedError):
    """The capture was made too long ago or in the future, by this machine's clock."""

    code = "CAPTURE-TIME"
    sentence = "The capture's time differs from this machine's clock by {difference_s} seconds; {limit_s} are allowed."
    next_step = "{clock_hint} Correct it, then capture again."


class DigitalIdTimeError(CaptureRefusedError):
    """The digital id is so old, or so new, that a registration processor will refuse the packet."""

    code = "CAPTURE-DIGITAL-ID-TIME"
    sentence = "The device's digital id is {difference_s} seconds away from this machine's clock; {limit_s} are allowed."
    next_step = "{clock_hint} Correct it, or restart the device's service so that it issues a new digital id."


class QualityScoreError(CaptureRefusedError):
    """A score that is not a plain decimal number from 0 to 100."""

    code = "CAPTURE-SCORE"
    sentence = "The {field} of the capture is not a number from 0 to 100."


class UnknownAttributeError(CaptureRefusedError):
    """A sub-type that the protocol does not know, or none where one is needed."""

    code = "CAPTURE-ATTRIBUTE-UNKNOWN"
    sentence = "The device returned a capture that names no known finger, eye or face."


class ForeignAttributeError(CaptureRefusedError):
    """A finger or eye that was not asked for."""

    code = "CAPTURE-ATTRIBUTE-FOREIGN"
    sentence = "The device returned {attribute}, which was not asked for."


class ExceptionReturnedError(CaptureRefusedError):
    """A capture of something that is marked as missing on the person."""

    code = "CAPTURE-EXCEPTION-RETURNED"
    sentence = "The device returned {attribute}, which is marked as an exception."
    next_step = "Check the exceptions marked; remove the mark if the person does have it, then capture again."


class DuplicateAttributeError(CaptureRefusedError):
    """The same finger or eye twice."""

    code = "CAPTURE-ATTRIBUTE-TWICE"
    sentence = "The device returned {attribute} twice."


class MissingAttributeError(CaptureRefusedError):
    """Something that was asked for did not come."""

    code = "CAPTURE-ATTRIBUTE-MISSING"
    sentence = "The device did not return {attributes}."
    next_step = "Place all of them and capture again, or mark what is missing on the person as an exception."


class HashChainError(CaptureForgedError):
    """The hash does not continue the session's chain."""

    code = "CAPTURE-HASH-CHAIN"
    sentence = "The hash of {attribute} does not continue the chain of this session's captures."


class DigitalIdMismatchError(CaptureForgedError):
    """The capture was signed under another digital id than the device's own."""

    code = "CAPTURE-DIGITAL-ID"
    sentence = "The digital id in {what} differs from the device's own in {field}."


class DeviceCertificateChangedError(CaptureRefusedError):
    """The signer is another certificate than the device's information was signed with, and no rotated one."""

    code = "CAPTURE-CERTIFICATE-CHANGED"
    sentence = "The capture is signed with another certificate than the device's information."
    next_step = "Search for devices again and capture again; if it stays, report the device."


class HeaderCertificateError(CaptureRefusedError):
    """A registration processor demands that the digital id's certificates are among those of the capture."""

    code = "CAPTURE-HEADER-CERTIFICATES"
    sentence = "The capture does not carry the certificate that its digital id is signed with."
    next_step = "Report it to the device's maker: a registration processor would refuse packets with such captures."


class ReplayedCaptureError(CaptureForgedError):
    """The same signed capture came before."""

    code = "CAPTURE-REPLAYED"
    sentence = "The device sent a capture that it had sent before."
