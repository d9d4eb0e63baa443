"""Synthetic fingers, irises and faces, or a folder of a user's own images, as the people who stand before the devices.

Everything is computed from a seed and marked as synthetic in the metadata of each image; none is of a person. What a device
needs of a person is `Presenter`; `Subject` and `SubjectFolder` are both one::

    subject = Subject(seed=7, traits=SubjectTraits(age=AgeGroup.ELDER, missing=frozenset({BioAttribute.LEFT_RING})))
    subject.prepare()                                   # optional: grow everything ahead, e.g. in a thread at start
    records = subject.records({attribute: score, ...}, take=3, at=now)              # lossless, for registration
    records = subject.records(scores, take=4, at=now, profile=ImageProfile.AUTH)    # lossy, for authentication
    picture = subject.preview((BioAttribute.LEFT_INDEX, ...), frame=17)             # uint8 pixels for a stream

* ``take`` numbers the presentations: the same take of the same subject gives the same image on every start, another take
  gives another impression of the same finger, eye or face. Count it up with every capture.
* ``score`` (0..100) is the dial of the image's quality; the ISO quality block carries it, truncated to a whole number.
* Records come as `packet.iso` records in the order of the mapping; `packet.iso.encode_record` writes them. For sub-type
  ``UNKNOWN`` replace the position: ``dataclasses.replace(record, position=0)`` (an iris: ``eye=0``).
* The exception photo is `BioAttribute.EXCEPTION_PHOTO`; fingers of ``exceptions`` and of the subject's own ``missing`` are not
  drawn.
* All methods may be called from any thread. They compute (10 to 150 ms): call them off an event loop.
* Errors are `SubjectError`s: `AttributeMissingError`, `WsqNotInstalledError`, and those of a folder.
"""

from devices.simulator.subjects.errors import (
    AttributeMissingError,
    SubjectError,
    SubjectFolderError,
    SubjectImageError,
    WsqNotInstalledError,
)
from devices.simulator.subjects.folder import SubjectFolder
from devices.simulator.subjects.masterstore import MasterStore, default_store
from devices.simulator.subjects.presenter import ImageProfile, Pixels, Presenter
from devices.simulator.subjects.subject import Subject
from devices.simulator.subjects.traits import AgeGroup, SubjectTraits

__all__ = [
    "AgeGroup",
    "AttributeMissingError",
    "ImageProfile",
    "MasterStore",
    "Pixels",
    "Presenter",
    "Subject",
    "SubjectError",
    "SubjectFolder",
    "SubjectFolderError",
    "SubjectImageError",
    "SubjectTraits",
    "WsqNotInstalledError",
    "default_store",
]
