"""Reading a script: YAML in, a checked list of steps out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from devices.sbi.info import DeviceStatus
from devices.simulator.faults.active import find_fault
from devices.simulator.faults.effects import VERBS
from devices.simulator.scripting.phrases import AtTime, When, read_when
from packet.errors import CodedError, UnusableInputError
from packet.models import BioAttribute

FILE_MAX_BYTES = 64 * 1024
STEPS_MAX = 500
Score = Annotated[float, Field(ge=0, le=100)]
TypeWord = Literal["finger", "iris", "face"]
WORDS = ("unplug", "plug", "rotate", "expire", "revoke", "crash", "move", "clear")


class ScriptRefusedError(UnusableInputError):
    """A script cannot be read."""

    code = "SIMULATOR-SCRIPT"
    sentence = "The script {path} cannot be used: {why}."
    next_step = "Correct it; 'sealdesk simulator faults' lists the names of faults."


class Action(BaseModel):
    """What happens in a step: exactly one of the first block, with what belongs to it.

    Attributes:
        fault: name of a fault to switch on; `verbs` limits it, `times` counts it down.
        clear: name of a fault to switch off, or ``all``.
        device: ``unplug`` or ``plug`` the devices of `type`, or all.
        key: what happens to the keys of the devices of `type`, or all.
        service: ``crash`` or ``move`` to another port.
        status: state of the devices of `type`, or all.
        quality: score of all captures of `type`, or all.
        scores: scores of the next captures, by attribute.
        subject: seed of the person who steps up.
        presented: whether anybody stands before the devices of `type`, or all.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    fault: str | None = None
    clear: str | None = None
    device: Literal["unplug", "plug"] | None = None
    key: Literal["rotate", "expire", "revoke"] | None = None
    service: Literal["crash", "move"] | None = None
    status: Literal["Ready", "Busy", "Not Ready", "Not Registered"] | None = None
    quality: Score | None = None
    scores: dict[str, Score | list[Score]] | None = None
    subject: int | None = Field(default=None, ge=0)
    presented: bool | None = None

    type: TypeWord | None = None
    verbs: list[str] = Field(default_factory=list)
    times: int | None = Field(default=None, ge=1)

    @field_validator("fault", "clear")
    @classmethod
    def _is_fault(cls, name: str | None) -> str | None:
        if name is not None and name != "all":
            try:
                find_fault(name)
            except CodedError as error:
                raise ValueError(error.message) from error
        return name

    @field_validator("verbs")
    @classmethod
    def _are_verbs(cls, verbs: list[str]) -> list[str]:
        if any(verb not in VERBS for verb in verbs):
            raise ValueError(f"verbs are {', '.join(VERBS)}")
        return verbs

    @field_validator("scores")
    @classmethod
    def _are_attributes(cls, scores: dict[str, Any] | None) -> dict[str, Any] | None:
        if scores is not None and any(name not in set(BioAttribute) for name in scores):
            raise ValueError(f"attributes are {', '.join(BioAttribute)}")
        return scores

    @model_validator(mode="after")
    def _is_one_thing(self) -> Action:
        given = [name for name in list(type(self).model_fields)[:10] if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a step does exactly one thing")
        if (self.verbs or self.times is not None) and given != ["fault"]:
            raise ValueError("only a fault has verbs or times")
        if self.type is not None and given[0] in {"fault", "clear", "service", "scores", "subject"}:
            raise ValueError(f"{given[0]} has no type")
        return self

    @property
    def device_status(self) -> DeviceStatus | None:
        """The state, if that is what happens."""
        return None if self.status is None else DeviceStatus(self.status)


def action_of(value: Any) -> Action:
    """An action out of its short or long form: a word of `WORDS`, the name of a fault, or an object.

    Raises:
        ValueError: if it is neither.
    """
    match value:
        case "unplug" | "plug":
            return Action(device=value)
        case "rotate" | "expire" | "revoke":
            return Action(key=value)
        case "crash" | "move":
            return Action(service=value)
        case "clear":
            return Action(clear="all")
        case str():
            return Action(fault=value)
        case dict():
            return Action.model_validate(value)
        case _:
            raise ValueError("a step is a word, the name of a fault, or an object")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens once, or from a request on."""

    when: When
    action: Action


@dataclass(frozen=True, slots=True)
class FaultScript:
    """All steps, in the order of the file."""

    steps: tuple[Step, ...] = ()

    @property
    def timed(self) -> tuple[Step, ...]:
        """Steps that wait for the clock."""
        return tuple(step for step in self.steps if isinstance(step.when, AtTime))


NO_SCRIPT = FaultScript()


def read_script(path: Path) -> FaultScript:
    """Reads a script file.

    Raises:
        ScriptRefusedError: with the number of the step and what is wrong with it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise ScriptRefusedError(path=str(path), why=(error.strerror or "unknown reason").lower()) from error
    if len(data) > FILE_MAX_BYTES:
        raise ScriptRefusedError(path=str(path), why=f"it has more than {FILE_MAX_BYTES} bytes")
    try:
        value = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" at line {mark.line + 1}"
        raise ScriptRefusedError(path=str(path), why=f"it is no YAML{where}") from error
    return parse_script(value, str(path))


def parse_script(value: Any, name: str) -> FaultScript:
    """A script out of plain values: ``{"steps": [{<when>: <action>}, ...]}``.

    Raises:
        ScriptRefusedError: as `read_script`.
    """
    if not isinstance(value, dict) or set(value) != {"steps"} or not isinstance(value["steps"], list):
        raise ScriptRefusedError(path=name, why="it is not an object with a list named steps")
    if len(value["steps"]) > STEPS_MAX:
        raise ScriptRefusedError(path=name, why=f"it has more than {STEPS_MAX} steps")
    steps = []
    for number, item in enumerate(value["steps"], 1):
        if not isinstance(item, dict) or len(item) != 1 or not isinstance(next(iter(item)), str):
            raise ScriptRefusedError(path=name, why=f"step {number} is not of the form 'when: what'")
        ((phrase, what),) = item.items()
        try:
            steps.append(Step(read_when(phrase), action_of(what)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            message = first["msg"].removeprefix("Value error, ").rstrip(".")
            raise ScriptRefusedError(path=name, why=f"step {number}: {where + ': ' if where else ''}{message}") from error
        except ValueError as error:
            raise ScriptRefusedError(path=name, why=f"step {number}: {error}") from error
    return FaultScript(tuple(steps))
