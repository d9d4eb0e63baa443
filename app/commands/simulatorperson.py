"""Who stands at the simulated devices: a synthetic person with chosen traits, or the images of a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devices.simulator.subjects import AgeGroup, Presenter


@dataclass(frozen=True, slots=True)
class PersonOptions:
    """The options as given.

    Attributes:
        folder: images instead of a synthetic person.
        missing: bio attributes, comma separated.
    """

    seed: int
    folder: Path | None = None
    age: str = "adult"
    worn: int = 0
    missing: str = ""


def read_person(options: PersonOptions) -> Presenter | None:
    """The person that the options describe; None for the ordinary one of the seed.

    Raises:
        SimulatorOptionError: if an option has no such value, or does not go with a folder of images.
        SubjectFolderError: if the folder cannot be used.
    """
    from devices.simulator.catalogue import SimulatorOptionError
    from devices.simulator.subjects import Subject, SubjectFolder, SubjectTraits
    from packet.models import BioAttribute

    if options == PersonOptions(options.seed):
        return None
    if options.folder is not None:
        if options != PersonOptions(options.seed, options.folder):
            raise SimulatorOptionError(
                option="subject", value="combined with traits", expected="a folder alone, or traits alone"
            )
        return SubjectFolder(options.folder)
    if not 0 <= options.worn <= 100:
        raise SimulatorOptionError(option="worn", value=options.worn, expected="a number from 0 to 100")
    bodily = [a.value for a in BioAttribute if a not in (BioAttribute.FACE, BioAttribute.EXCEPTION_PHOTO)]
    names = [name.strip() for name in options.missing.split(",") if name.strip()]
    for name in names:
        if name not in bodily:
            raise SimulatorOptionError(option="missing", value=name, expected=", ".join(bodily))
    traits = SubjectTraits(_age(options.age), options.worn / 100, frozenset(map(BioAttribute, names)))
    return Subject(options.seed, traits)


def _age(word: str) -> AgeGroup:
    from devices.simulator.catalogue import SimulatorOptionError
    from devices.simulator.subjects import AgeGroup

    try:
        return AgeGroup(word)
    except ValueError as error:
        raise SimulatorOptionError(option="age", value=word, expected=", ".join(AgeGroup)) from error
