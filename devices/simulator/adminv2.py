"""The simulator's own admin verbs, below ``/admin/v2/``.

| request                     | body | does |
|-----------------------------|------|------|
| ``GET state``               |      | port, devices and their state, faults that are on |
| ``GET counters``            |      | how many requests of each kind came, frames of running streams |
| ``GET requests/last``       |      | the last request that was not an admin's: verb, path, headers, body |
| ``GET faults``              |      | all faults, and which are on |
| ``POST faults``             | ``name``, ``verbs``, ``times``, ``serialNo`` | switches a fault on |
| ``POST faults/clear``       | ``name`` or nothing | switches one off, or all |
| ``POST script``             | ``steps`` | plays a script, of the form of the YAML files |
| ``POST script/stop``        |      | ends it |
| ``POST rotate``, ``expire``, ``revoke`` | ``type`` or ``serialNo`` or nothing | changes the keys of devices |
| ``POST plug``, ``unplug``   | the same | attaches devices, or takes them away |
| ``POST presented``          | ``type``, ``presented`` | somebody stands before the devices, or nobody |
| ``POST subject``            | ``seed`` | another person steps up |
| ``POST scores``             | ``attribute``, ``scores`` | scores of the next captures |
| ``POST crash``, ``move``    |      | ends the service, or moves it to another port |

Every answer of a POST is ``{"errorCode": "0", "errorInfo": "Success"}``, or 400 with another code and what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devices.sbi.attributes import BioType
from devices.simulator.answers import error
from devices.simulator.faults.effects import Happening
from devices.simulator.faults.table import documentation_rows
from devices.simulator.httpserver import Reply, Request
from devices.simulator.scripting.scriptfile import parse_script
from devices.simulator.service import json_reply
from packet.errors import CodedError
from packet.models import BioAttribute

if TYPE_CHECKING:
    from devices.simulator.simulator import Simulator

_PREFIX = "/admin/v2/"
_HIDDEN_HEADERS = frozenset({"x-admin-token", "authorization", "cookie"})
_ANY_TYPES = ("", "Biometric Device")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Nothing(_Body):
    pass


class _Devices(_Body):
    type: str = ""
    serialNo: str = ""  # noqa: N815


class _Fault(_Body):
    name: str
    verbs: list[str] = Field(default_factory=list)
    times: int | None = Field(default=None, ge=1)
    serialNo: str = ""  # noqa: N815


class _Name(_Body):
    name: str | None = None


class _Presented(_Body):
    type: str = ""
    presented: bool


class _Seed(_Body):
    seed: int = Field(ge=0)


class _Scores(_Body):
    attribute: str
    scores: list[Annotated[float, Field(ge=0, le=100)]]


class _Script(_Body):
    steps: list[Any]


Model = TypeVar("Model", bound=_Body)


class AdminV2:
    """Answers what is below ``/admin/v2/``. The token was checked before."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._reads: dict[str, Callable[[], object]] = {
            "state": self._state,
            "counters": self._counters,
            "requests/last": self._last_request,
            "faults": self._faults,
        }
        self._writes: dict[str, Callable[[bytes], None]] = {
            "faults": _reading(_Fault, self._activate),
            "faults/clear": _reading(_Name, lambda body: simulator.faults.clear(body.name)),
            "script": _reading(_Script, self._play),
            "script/stop": _reading(_Nothing, lambda _body: simulator.schedule.stop()),
            "rotate": _reading(_Devices, lambda body: self._each(body, simulator.pki.rotate)),
            "expire": _reading(_Devices, lambda body: self._each(body, simulator.pki.expire)),
            "revoke": _reading(_Devices, lambda body: self._each(body, simulator.pki.revoke)),
            "plug": _reading(_Devices, lambda body: self._each(body, simulator.plug)),
            "unplug": _reading(_Devices, lambda body: self._each(body, simulator.unplug)),
            "presented": _reading(_Presented, self._present),
            "subject": _reading(_Seed, lambda body: simulator.script.present(body.seed)),
            "scores": _reading(_Scores, self._score),
            "crash": _reading(_Nothing, lambda _body: simulator.befall(Happening.CRASH)),
            "move": _reading(_Nothing, lambda _body: simulator.befall(Happening.MOVE)),
        }

    def answer(self, request: Request) -> Reply | None:
        """The answer, or None if there is no such path."""
        name = request.path.removeprefix(_PREFIX)
        if request.verb == "GET" and name in self._reads:
            return json_reply(self._reads[name]())
        if request.verb != "POST" or name not in self._writes:
            return None
        try:
            self._writes[name](request.body)
        except ValidationError as problem:
            first = problem.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return json_reply(error("999", f"{where}: {first['msg']}" if where else first["msg"]), 400)
        except CodedError as problem:
            return json_reply(error("999", problem.message), 400)
        except ValueError:
            return json_reply(error("999", "The request cannot be read"), 400)
        return json_reply(error("0", "Success"))

    def _state(self) -> object:
        devices = []
        for device in self._simulator.devices:
            certificate = self._simulator.pki.current_device(device.serial_no).certificate
            devices.append({
                "deviceId": device.device_id,
                "serialNo": device.serial_no,
                "type": device.bio_type.value,
                "deviceSubType": device.sub_type,
                "purpose": device.purpose,
                "status": self._simulator.script.status(device.bio_type).value,
                "isPlugged": self._simulator.script.is_plugged(device.serial_no),
                "certificateNotBefore": certificate.not_valid_before_utc.isoformat(),
                "certificateNotAfter": certificate.not_valid_after_utc.isoformat(),
                "isRevoked": certificate.serial_number in self._simulator.pki.state.revoked,
            })  # fmt: skip
        return {"port": self._simulator.port, "devices": devices, "faults": self._active()}

    def _active(self) -> list[dict[str, object]]:
        return [
            {"name": a.fault.name, "verbs": list(a.verbs), "remaining": a.remaining, "serialNo": a.serial_no}
            for a in self._simulator.faults.active
        ]

    def _counters(self) -> object:
        return {"requests": dict(self._simulator.service.counters), "frames": self._simulator.service.frames()}

    def _last_request(self) -> object:
        """Requests hold no biometrics: exceptions name what is missing, and nothing else is of a person."""
        notes = [note for note in self._simulator.notes if not note.path.startswith("/admin/")]
        if not notes:
            return {}
        note = notes[-1]
        try:
            body = orjson.loads(note.body) if note.body else None
        except orjson.JSONDecodeError:
            body = {"bytes": len(note.body)}
        headers = {name: value for name, value in note.headers if name not in _HIDDEN_HEADERS}
        return {"verb": note.verb, "path": note.path, "headers": headers, "body": body}

    def _faults(self) -> object:
        return {"known": documentation_rows(), "active": self._active()}

    def _activate(self, body: _Fault) -> None:
        self._simulator.faults.activate(body.name, verbs=body.verbs, times=body.times, serial_no=body.serialNo)

    def _play(self, body: _Script) -> None:
        self._simulator.schedule.play(parse_script({"steps": body.steps}, "in the request"))

    def _score(self, body: _Scores) -> None:
        self._simulator.script.score(BioAttribute(body.attribute), *body.scores)

    def _present(self, body: _Presented) -> None:
        for kind in BioType if body.type in _ANY_TYPES else [BioType(body.type)]:
            self._simulator.script.set_presented(kind, is_presented=body.presented)

    def _each(self, body: _Devices, change: Callable[[str], None]) -> None:
        kinds = list(BioType) if body.type in _ANY_TYPES else [BioType(body.type)]
        found = [d.serial_no for d in self._simulator.devices if d.bio_type in kinds and body.serialNo in {"", d.serial_no}]
        if not found:
            raise ValueError("no such device")
        for serial_no in found:
            change(serial_no)


def _reading(model: type[Model], work: Callable[[Model], None]) -> Callable[[bytes], None]:
    """Work on a body that was read strictly; no body counts as an empty one."""
    return lambda data: work(model.model_validate_json(data or b"{}"))
