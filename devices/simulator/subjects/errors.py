"""Errors about the people who stand before the simulated devices."""

from __future__ import annotations

from packet.errors import UnusableInputError


class SubjectError(UnusableInputError):
    """Root of the errors about subjects."""

    code = "SIMULATOR-SUBJECT"


class AttributeMissingError(SubjectError):
    """The subject has no such finger, eye or image."""

    code = "SIMULATOR-SUBJECT-MISSING"
    sentence = "The subject has no {attribute}."
    next_step = "Ask for another attribute, mark this one as an exception, or choose another subject."


class WsqNotInstalledError(SubjectError):
    """WSQ was asked for, but the optional package is not there."""

    code = "SIMULATOR-WSQ"
    sentence = "WSQ images need the optional package wsq, which is not installed."
    next_step = "Install sealdesk with the extra named sdk, or ask for JPEG 2000."


class SubjectFolderError(SubjectError):
    """The folder of a user's own images cannot be used."""

    code = "SIMULATOR-SUBJECT-FOLDER"
    sentence = "The folder {path} cannot be used as a subject: {why}."
    next_step = "Give a folder with images named by attribute, such as leftIndex.png or face.jpg."


class SubjectImageError(SubjectError):
    """One image of the folder cannot be used."""

    code = "SIMULATOR-SUBJECT-IMAGE"
    sentence = "The image {name} cannot be used: {why}."
    next_step = "Replace the image; PNG, JPEG, JPEG 2000, BMP and TIFF up to 16 megapixels and 20 MiB are read."
