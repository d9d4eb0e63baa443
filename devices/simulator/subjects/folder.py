"""A subject out of a folder of a user's own images.

Files are named by attribute (``leftIndex.png``, ``rightEye.jp2``, ``face.jpg``, ``exceptionPhoto.jpg``) or as MOSIP's mock
device names its files (``Left_Index``, ``Right_Iris``, ``Face``, ``Exception_Photo``), in any case. What a file is decides its
content, not the ending; PNG, JPEG, JPEG 2000, BMP and TIFF are read, other files are left alone. Pixels stay as they are:
nothing is scaled, cropped or, in an iris for authentication, masked; whoever makes the folder answers for 500 pixels per inch
and for the crop. Sizes are checked before
anything is decoded. These images may be of real people: they are kept in memory only, and no error or log names more than the
file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from devices.simulator.subjects.errors import AttributeMissingError, SubjectFolderError, SubjectImageError
from devices.simulator.subjects.presenter import ImageProfile, Pixels
from devices.simulator.subjects.records import Impression, to_record
from devices.simulator.subjects.sidebyside import side_by_side
from packet.bioattributes import FACTS
from packet.files import FileNotReadableError, FileOverLimitError, read_inside
from packet.iso import IsoRecord
from packet.models import BioAttribute, Modality

FILE_MAX_BYTES: Final = 20 * 1024 * 1024
PIXELS_MAX: Final = 16_000_000
SIDE_MAX: Final = 4096
SIDE_MIN: Final = 64
FILES_MAX: Final = 1000
_FORMATS: Final = ("PNG", "JPEG", "JPEG2000", "BMP", "TIFF")
_ENDINGS: Final = frozenset({".png", ".jpg", ".jpeg", ".jp2", ".j2k", ".bmp", ".tif", ".tiff"})
_COLOUR: Final = frozenset({Modality.FACE, Modality.EXCEPTION_PHOTO})
_NOT_OPENED: Final = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,  # where warnings are errors
    OSError,
    ValueError,
    SyntaxError,
)


def _stems() -> dict[str, BioAttribute]:
    stems: dict[str, BioAttribute] = {"exceptionphoto": BioAttribute.EXCEPTION_PHOTO}
    for attribute, facts in FACTS.items():
        stems[attribute.value.lower()] = attribute
        match facts.modality:
            case Modality.FINGER:
                stems[facts.sbi_sub_type.replace("Finger", "").replace(" ", "").lower()] = attribute
            case Modality.IRIS:
                stems[facts.sbi_sub_type.lower() + "iris"] = attribute
            case Modality.FACE | Modality.EXCEPTION_PHOTO:
                pass
    return stems


_STEMS: Final = _stems()


class SubjectFolder:
    """The images of a folder as a `Presenter`. Every take gives the same images; scores are only told, not made."""

    def __init__(self, path: Path) -> None:
        """Looks through the folder and at the header of every image in it.

        Raises:
            SubjectFolderError: if it cannot be read, holds no usable name, or two files for one attribute.
            SubjectImageError: if an image is too large or is none of the formats.
        """
        self._path = path
        self._names = _find(path)
        self._lock = Lock()
        self._decoded: dict[BioAttribute, Pixels] = {}
        for name in self._names.values():
            with _open(path, name):
                pass

    def has(self, attribute: BioAttribute) -> bool:
        """Whether the folder has an image of it; the exception photo may stand in by the face."""
        return attribute in self._names or (attribute is BioAttribute.EXCEPTION_PHOTO and BioAttribute.FACE in self._names)

    def prepare(self, attributes: Collection[BioAttribute] = tuple(BioAttribute)) -> None:
        """Decodes the images of these attributes, as far as they are there.

        Raises:
            SubjectImageError: if one is damaged.
        """
        for attribute in attributes:
            if self.has(attribute):
                self._pixels(attribute)

    def records(
        self,
        scores: Mapping[BioAttribute, float],
        take: int,
        at: datetime,
        profile: ImageProfile = ImageProfile.REGISTRATION,
        exceptions: Collection[BioAttribute] = (),
    ) -> dict[BioAttribute, IsoRecord]:
        """The images as records, with the scores that they are said to have.

        Raises:
            AttributeMissingError: if there is no image of an attribute.
            SubjectImageError: if one is damaged.
            WsqNotInstalledError: for ``auth-wsq`` without the optional package.
        """
        return {
            attribute: to_record(Impression(attribute, self._pixels(attribute), score, is_synthetic=False), at, profile)
            for attribute, score in scores.items()
        }

    def preview(self, attributes: Collection[BioAttribute], frame: int) -> Pixels:
        """The images side by side.

        Raises:
            SubjectImageError: if one is damaged.
        """
        return side_by_side([self._pixels(attribute) if self.has(attribute) else None for attribute in attributes])

    def _pixels(self, attribute: BioAttribute) -> Pixels:
        with self._lock:
            known = self._decoded.get(attribute)
            if known is None:
                known = self._decoded[attribute] = self._decode(attribute)
            return known

    def _decode(self, attribute: BioAttribute) -> Pixels:
        name = self._names.get(attribute)
        if name is None and attribute is BioAttribute.EXCEPTION_PHOTO:
            name = self._names.get(BioAttribute.FACE)
        if name is None:
            raise AttributeMissingError(attribute=attribute.value)
        with _open(self._path, name) as image:
            try:
                pixels = np.asarray(image.convert("RGB" if FACTS[attribute].modality in _COLOUR else "L"))
            except (OSError, ValueError, SyntaxError) as error:
                raise SubjectImageError(name=name, why="it is damaged") from error
        pixels.setflags(write=False)
        return pixels


def _find(path: Path) -> dict[BioAttribute, str]:
    try:
        names = sorted(entry.name for _, entry in zip(range(FILES_MAX), path.iterdir(), strict=False))
    except OSError as error:
        raise SubjectFolderError(path=str(path), why=error.strerror or "it cannot be read") from error
    found: dict[BioAttribute, str] = {}
    for name in names:
        stem, ending = Path(name).stem, Path(name).suffix
        attribute = _STEMS.get(stem.replace("_", "").replace(" ", "").lower())
        if attribute is None or ending.lower() not in _ENDINGS:
            continue
        if attribute in found:
            raise SubjectFolderError(path=str(path), why=f"it has two images of {attribute.value}")
        found[attribute] = name
    if not found:
        raise SubjectFolderError(path=str(path), why="no image in it is named by an attribute")
    return found


def _open(folder: Path, name: str) -> Image.Image:
    """The image with its header read and nothing decoded."""
    try:
        data = read_inside(folder, name, "subject", FILE_MAX_BYTES)
    except FileOverLimitError as error:
        raise SubjectImageError(name=name, why=f"it has more than {FILE_MAX_BYTES} bytes") from error
    except FileNotReadableError as error:
        raise SubjectImageError(name=name, why="it cannot be read; links are not followed") from error
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
    except _NOT_OPENED as error:
        raise SubjectImageError(name=name, why="it is none of the formats that are read, or too large") from error
    width, height = image.size
    if not (min(width, height) >= SIDE_MIN and max(width, height) <= SIDE_MAX and width * height <= PIXELS_MAX):
        raise SubjectImageError(name=name, why=f"it has {width} by {height} pixels")
    return image
