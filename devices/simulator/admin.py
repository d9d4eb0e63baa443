"""Changing a running simulator over HTTP.

Four verbs are those of MOSIP's mock device, to the byte, so that suites written for it run unchanged: ``POST /admin/profile``,
``/admin/status``, ``/admin/score``, ``/admin/delay``. Naming one type there puts all others back to their default, as it does
there. Everything else is below ``/admin/v2/`` (`adminv2`). Every request needs the header ``X-Admin-Token``.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from devices.sbi.attributes import BioType
from devices.sbi.discovery import ANY_TYPE
from devices.sbi.errors import DeviceMessageError
from devices.sbi.info import DeviceStatus
from devices.sbi.jsonedge import Value, decode
from devices.simulator.adminv2 import AdminV2
from devices.simulator.answers import error
from devices.simulator.asked import REQUEST_MAX_BYTES
from devices.simulator.faults.effects import VERBS
from devices.simulator.httpserver import Reply, Request
from devices.simulator.service import json_reply
from packet.encoding import sha256

if TYPE_CHECKING:
    from devices.simulator.simulator import Simulator

TOKEN_HEADER = "x-admin-token"
DEFAULT_PROFILE = "Default"
_SUCCESS = error("0", "Success")


class _RefusedError(Exception):
    def __init__(self, code: str, info: str) -> None:
        super().__init__(code)
        self.answer = error(code, info)


class Admin:
    """Answers what is below ``/admin/``."""

    def __init__(self, simulator: Simulator, token: str, *, is_open: bool) -> None:
        self._simulator = simulator
        self._token = token
        self._is_open = is_open
        self._v2 = AdminV2(simulator)
        self._verbs: dict[str, Callable[[dict[str, Value], list[BioType]], None]] = {
            "/admin/profile": self._profile,
            "/admin/status": self._status,
            "/admin/score": self._score,
            "/admin/delay": self._delay,
        }

    def __call__(self, request: Request) -> Reply | None:
        """The answer, or None if there is no such path."""
        is_mock_verb = request.path in self._verbs
        may_pass = is_mock_verb and self._is_open and not request.header("origin")
        if not may_pass and not hmac.compare_digest(request.header(TOKEN_HEADER).encode(), self._token.encode()):
            return json_reply(error("500", "The header X-Admin-Token is missing or wrong"), 403)
        if not is_mock_verb:
            return self._v2.answer(request)
        if request.verb != "POST":
            return None
        try:
            self._change(request)
        except _RefusedError as refused:
            return json_reply(refused.answer)
        return json_reply(_SUCCESS)

    def _change(self, request: Request) -> None:
        try:
            values = decode(request.body, "a request", REQUEST_MAX_BYTES)
        except DeviceMessageError as problem:
            raise _RefusedError("999", "The request is not a JSON object") from problem
        if not isinstance(values, dict):
            raise _RefusedError("999", "The request is not a JSON object")
        wanted = values.get("type")
        if not isinstance(wanted, str) or not wanted:
            raise _RefusedError("501", "type is missing")
        types = list(BioType) if wanted == ANY_TYPE else [kind for kind in BioType if kind.value == wanted]
        if not types:
            raise _RefusedError("502", "type is not known")
        if not any(device.bio_type in types for device in self._simulator.devices):
            raise _RefusedError("503", "no device of the type is connected")
        self._verbs[request.path](values, types)

    def _profile(self, values: dict[str, Value], _types: list[BioType]) -> None:
        """Another person: the profile's name is a seed, or gives one."""
        profile = values.get("profileId")
        if not isinstance(profile, str) or not profile.strip():
            raise _RefusedError("551", "profileId is missing")
        if profile == DEFAULT_PROFILE:
            seed = self._simulator.config.subject
        else:
            is_number = re.fullmatch(r"\d{1,9}", profile, re.ASCII) is not None
            seed = int(profile) if is_number else int.from_bytes(sha256(profile.encode())[:4])
        self._simulator.script.present(seed)

    def _status(self, values: dict[str, Value], types: list[BioType]) -> None:
        found = next((state for state in DeviceStatus if state.value == values.get("deviceStatus")), None)
        if found is None:
            raise _RefusedError("504", "deviceStatus is not known")
        for kind in BioType:
            self._simulator.script.set_status(kind, found if kind in types else DeviceStatus.READY)

    def _score(self, values: dict[str, Value], types: list[BioType]) -> None:
        """With ``fromIso`` the score is the one in the record, which here is always the capture's own."""
        is_from_iso = values.get("fromIso") in {True, "true"}
        quality = None if is_from_iso else _decimal(values.get("qualityScore"), 100)
        if quality is None and not is_from_iso:
            raise _RefusedError("505", "qualityScore is not from 0 to 100")
        for kind in BioType:
            self._simulator.script.set_quality(kind, quality if kind in types else None)

    def _delay(self, values: dict[str, Value], types: list[BioType]) -> None:
        delay_ms = _decimal(values.get("delay"), 3_600_000)
        if delay_ms is None:
            raise _RefusedError("506", "delay is no number of milliseconds")
        methods = values.get("method") or []
        if not isinstance(methods, list) or any(method not in VERBS for method in methods):
            raise _RefusedError("507", "method is not a list of verbs")
        verbs = [str(method) for method in methods] or list(VERBS)
        for kind in BioType:
            self._simulator.script.set_delay(kind, delay_ms if kind in types else 0, verbs)


def _decimal(value: Value, limit: float) -> float | None:
    """A number from 0 to the limit, as a text or a number."""
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return None
    return float(text) if float(text) <= limit else None
