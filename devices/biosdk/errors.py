"""Errors of local biometric SDKs. Parameters name attributes, limits and kinds, never anything about a person."""

from __future__ import annotations

from packet.errors import CodedError


class BioSdkError(CodedError):
    """Root of the errors of local quality checks and comparisons."""

    code = "BIOSDK-ERROR"


class SdkNotReadyError(BioSdkError):
    """The SDK is not installed or cannot be used."""

    code = "BIOSDK-NOT-READY"
    sentence = "{name} cannot be used here: {reason}"
    next_step = "Install what is named, or go on without: a local SDK is never needed to register."


class ModalityUnsupportedError(BioSdkError):
    """The SDK does not do this for that modality."""

    code = "BIOSDK-UNSUPPORTED"
    sentence = "{name} does not compare {modality}."
    next_step = "Use another factor, or another SDK."


class BioRecordUnusableError(BioSdkError):
    """The record is not one of the announced attribute."""

    code = "BIOSDK-RECORD"
    sentence = "The record of {attribute} cannot be used: {why}."
    next_step = "Capture again; if it stays, report the device: its records break the standard."


class BioImageUnusableError(BioSdkError):
    """The image in the record cannot be decoded or has no usable size or resolution."""

    code = "BIOSDK-IMAGE"
    sentence = "The image of {attribute} cannot be used: {why}."
    next_step = "Capture again; if it stays, report the device."


class NotEnoughDetailError(BioSdkError):
    """The image shows too little for a template."""

    code = "BIOSDK-DETAIL"
    sentence = "The image of {attribute} shows too little to compare: {found} details, {needed} are needed."
    next_step = "Clean the sensor, moisten or dry the skin, press flat, and capture again; else use another finger or eye."


class TemplateUnreadableError(BioSdkError):
    """Stored bytes are no template."""

    code = "BIOSDK-TEMPLATE"
    sentence = "A stored template cannot be read: {why}."
    next_step = "Let the operator be enrolled on this machine again."


class TemplateForeignError(BioSdkError):
    """A template was made by another SDK or version, or is of something else."""

    code = "BIOSDK-TEMPLATE-FOREIGN"
    sentence = "A template of format {found} cannot be compared by {name}, which needs {needed}."
    next_step = "Let the operator be enrolled on this machine again, with the SDK in use now."


class SdkCrashedError(BioSdkError):
    """The process in which the SDK's own code runs ended while it worked."""

    code = "BIOSDK-CRASHED"
    sentence = "{name} ended unexpectedly while it worked on a record; it has been started again."
    next_step = "Capture again; if it stays, report the device and its image format."


class SdkTimeoutError(BioSdkError):
    """The SDK did not answer in time and was ended."""

    code = "BIOSDK-TIMEOUT"
    sentence = "{name} did not answer within {seconds} s and was ended; it will be started again."
    next_step = "Capture again; if it stays, report the device and its image format."
