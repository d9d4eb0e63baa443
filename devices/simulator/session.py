"""Captures as they happen: one at a time on a device, waiting for the score or the timeout, with whatever befalls them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from devices.sbi.info import DeviceStatus
from devices.simulator.asked import AUTH, Asked, Item, RefusedRequestError, read_request
from devices.simulator.capturing import Capturer, Moment, failed_capture
from devices.simulator.catalogue import SimulatedDevice
from devices.simulator.daemonthread import in_daemon_thread
from devices.simulator.faults.active import Effects
from devices.simulator.faults.effects import Happening
from devices.simulator.httpserver import Request
from devices.simulator.script import Script
from devices.simulator.streaming import Stream
from devices.simulator.subjects import SubjectError
from packet.models import Clock

ANSWER_AFTER_TIMEOUT_S = 0.05
LOOK_EVERY_S = 0.025
HAPPENING_AFTER_S = 0.1

_log = logging.getLogger(__name__)


class CaptureDesk:
    """Serves capture requests of one service.

    Args:
        befall: lets something happen to the service in the middle of a capture on a device.
    """

    def __init__(
        self,
        script: Script,
        capturer: Capturer,
        clock: Clock,
        befall: Callable[[Happening, str], None],
    ) -> None:
        self._script = script
        self._capturer = capturer
        self._clock = clock
        self._befall = befall
        self._capturing: set[str] = set()
        self._previous: dict[str, object] | None = None

    def is_capturing(self, serial_no: str) -> bool:
        """Whether a capture runs on a device."""
        return serial_no in self._capturing

    async def answer(
        self,
        request: Request,
        devices: Sequence[SimulatedDevice],
        purpose: str,
        effects: Effects,
        streams: Mapping[str, Stream],
    ) -> dict[str, object]:
        """The answer to a capture request, sent with HTTP status 200 whatever it says."""
        try:
            asked = read_request(request.body, devices, purpose)
            self._check_stream(asked, streams)
            with self._hold(asked):
                answer = await self._captured(asked, request.verb, effects)
            if asked.device.serial_no in streams:
                streams[asked.device.serial_no].stopped.set()
        except RefusedRequestError as refused:
            _log.info("%s refused with %s", request.verb, refused.code)
            return failed_capture(refused.code, refused.info)
        except SubjectError as error:
            _log.warning("%s failed: %s", request.verb, error)
            return failed_capture("102", "Technical error during extraction")
        if effects.has("is_replaying") and self._previous is not None:
            return self._previous
        self._previous = answer
        return answer

    @staticmethod
    def _check_stream(asked: Asked, streams: Mapping[str, Stream]) -> None:
        """A preview of the same part goes on during a capture; one of another part is in the way."""
        stream = streams.get(asked.device.serial_no)
        if stream is not None and stream.sub_id != asked.sub_id:
            raise RefusedRequestError("702", "a stream of another part of the device is running")

    @contextmanager
    def _hold(self, asked: Asked) -> Iterator[None]:
        """One capture at a time on a device."""
        serial_no = asked.device.serial_no
        if serial_no in self._capturing:
            raise RefusedRequestError("803" if asked.purpose == AUTH else "703", "a capture is running")
        self._capturing.add(serial_no)
        try:
            yield
        finally:
            self._capturing.discard(serial_no)

    async def _captured(self, asked: Asked, verb: str, effects: Effects) -> dict[str, object]:
        """Answers at once if the score is reached; otherwise looks for a better picture until the timeout."""
        loop = asyncio.get_running_loop()
        end = loop.time() + asked.timeout_ms / 1000 + ANSWER_AFTER_TIMEOUT_S
        await self._let_happen(asked, effects)
        delay_ms = self._script.delay_ms({asked.device.bio_type}, verb)
        if delay_ms > asked.timeout_ms:
            await self._wait(asked, end, lambda: False)
            return failed_capture("801" if asked.purpose == AUTH else "701", "Capture timeout")
        await asyncio.sleep(delay_ms / 1000)
        await self._wait(asked, end, lambda: self._is_presented(asked))
        if not self._is_presented(asked):
            return failed_capture("101", "No biometric object detected")
        scores = {item.attribute: self._script.next_score(item.attribute) for item in asked.items}
        if sum(scores.values()) / len(scores) < asked.requested_score:
            await self._wait(asked, end, lambda: False)
        items: tuple[Item, ...] = effects.changed("items", asked.items, asked)
        for item in items:
            scores.setdefault(item.attribute, self._script.next_score(item.attribute))
        at = self._clock() + timedelta(seconds=effects.clock_offset_s)
        moment = Moment(self._script.presenter, self._script.next_take(), scores, at)
        elements: list[Any] = await in_daemon_thread(lambda: self._capturer.capture(asked, items, moment, effects))
        return {"biometrics": effects.changed("elements", elements)}

    def _is_presented(self, asked: Asked) -> bool:
        presenter = self._script.presenter
        return self._script.is_presented(asked.device.bio_type) and any(presenter.has(a) for a in asked.attributes)

    async def _let_happen(self, asked: Asked, effects: Effects) -> None:
        if effects.happening is not None:
            await asyncio.sleep(HAPPENING_AFTER_S)
            self._befall(effects.happening, asked.device.serial_no)

    async def _wait(self, asked: Asked, end: float, is_enough: Callable[[], bool]) -> None:
        """Until there is enough or the time is over.

        Raises:
            RefusedRequestError: if the device is taken away or put out of order meanwhile.
        """
        loop = asyncio.get_running_loop()
        while True:
            if not self._script.is_plugged(asked.device.serial_no):
                raise RefusedRequestError("106", "the device is gone")
            if self._script.status(asked.device.bio_type) is DeviceStatus.NOT_READY:
                raise RefusedRequestError("110", "the device is not ready any more")
            left = end - loop.time()
            if is_enough() or left <= 0:
                return
            await asyncio.sleep(min(LOOK_EVERY_S, left))
