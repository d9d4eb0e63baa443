"""Playing a script on a running simulator."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING

from devices.sbi.attributes import BioType
from devices.simulator.faults.active import find_fault
from devices.simulator.faults.effects import STREAM, Happening
from devices.simulator.scripting.phrases import AtRequest, AtTime
from devices.simulator.scripting.scriptfile import NO_SCRIPT, Action, FaultScript
from packet.models import BioAttribute

if TYPE_CHECKING:
    from devices.simulator.simulator import Simulator

_log = logging.getLogger(__name__)


class Schedule:
    """Counts requests and time, and performs what is due. Lives on the simulator's event loop."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._script: FaultScript = NO_SCRIPT
        self._counts: Counter[tuple[str, BioType | None]] = Counter()
        self._timers: list[asyncio.TimerHandle] = []

    def play(self, script: FaultScript) -> None:
        """Begins a script, from zero; an earlier one ends. What it had switched on stays on."""
        self.stop()
        self._script = script
        self._counts.clear()
        loop = asyncio.get_running_loop()
        for step in script.timed:
            if isinstance(step.when, AtTime) and step.when.seconds > 0:
                self._timers.append(loop.call_later(step.when.seconds, perform, self._simulator, step.action))
            else:
                perform(self._simulator, step.action)

    def stop(self) -> None:
        """Ends the script; what it had switched on stays on."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._script = NO_SCRIPT

    def on_request(self, verb: str, bio_type: BioType | None) -> None:
        """Counts a request and performs what is due at it, before it is served."""
        self._counts[verb, None] += 1
        if bio_type is not None:
            self._counts[verb, bio_type] += 1
        for step in self._script.steps:
            when = step.when
            if not isinstance(when, AtRequest) or verb not in when.verbs or when.bio_type not in {None, bio_type}:
                continue
            number = sum(self._counts[v, when.bio_type] for v in when.verbs)
            if number == when.number:
                perform(self._simulator, step.action, at_verb=verb, is_lasting=when.is_lasting)


def perform(simulator: Simulator, action: Action, *, at_verb: str = "", is_lasting: bool = True) -> None:
    """Does one thing to a simulator, on its event loop.

    Args:
        at_verb: the request at which it happens; a fault then affects its answer.
        is_lasting: whether a fault goes on after that answer.
    """
    _log.info("script: %s", action.model_dump(exclude_none=True, exclude_defaults=True))
    if action.fault is not None:
        _switch_on(simulator, action, at_verb, is_lasting)
    if action.clear is not None:
        simulator.faults.clear(None if action.clear == "all" else action.clear)
    if action.service is not None:
        simulator.befall(Happening(action.service))
    if action.subject is not None:
        simulator.script.present(action.subject)
    for name, scores in (action.scores or {}).items():
        simulator.script.score(BioAttribute(name), *(scores if isinstance(scores, list) else [scores]))
    _to_types(simulator, action)
    _to_devices(simulator, action)


def _switch_on(simulator: Simulator, action: Action, at_verb: str, is_lasting: bool) -> None:
    """A fault that a request triggers affects its answer, unless one is of streams and the other is not."""
    name = action.fault or ""
    is_of_kind = bool(at_verb) and (find_fault(name).verbs == (STREAM,)) == (at_verb == STREAM)
    verbs = action.verbs or ([at_verb] if is_of_kind and not is_lasting else [])
    times = action.times or (None if is_lasting else 1)
    simulator.faults.activate(name, verbs=verbs, times=times)


def _types(action: Action) -> list[BioType]:
    return list(BioType) if action.type is None else [BioType(action.type.capitalize())]


def _to_types(simulator: Simulator, action: Action) -> None:
    for bio_type in _types(action):
        if action.device_status is not None:
            simulator.script.set_status(bio_type, action.device_status)
        if action.quality is not None:
            simulator.script.set_quality(bio_type, action.quality)
        if action.presented is not None:
            simulator.script.set_presented(bio_type, is_presented=action.presented)


def _to_devices(simulator: Simulator, action: Action) -> None:
    changes = {
        "unplug": simulator.unplug,
        "plug": simulator.plug,
        "rotate": simulator.pki.rotate,
        "expire": simulator.pki.expire,
        "revoke": simulator.pki.revoke,
    }
    change = changes.get(action.device or action.key or "")
    for device in simulator.devices:
        if change is not None and device.bio_type in _types(action):
            change(device.serial_no)
