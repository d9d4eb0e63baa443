"""What a case works with: one service or device, and a way to make captures with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from devices.conformance.admin import Admin
from devices.conformance.answer import Answer, read_answer
from devices.conformance.find import InfoEntry
from devices.conformance.model import AUTH, CheckSettings, Shot, Target
from devices.conformance.request import capture_request, encode
from devices.conformance.wire import JSON_TYPE, Ask, send

Faults: TypeAlias = list[str]
SLACK_S = 30.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """One capture request and what came of it.

    Attributes:
        faults: what is wrong with the exchange itself.
    """

    shot: Shot
    request: dict[str, object] = field(repr=False)
    answer: Answer
    sent_at: datetime
    received_at: datetime
    elapsed_s: float
    faults: tuple[str, ...] = ()

    @property
    def last_hash(self) -> str:
        """Hash of the last element, for the next request of the same person."""
        return self.answer.elements[-1].text("hash") if self.answer.elements else ""


@dataclass(slots=True)
class Bench:
    """The surroundings of one case.

    Attributes:
        targets: the devices of the service that are checked.
        entries: the information of the service.
        notes: what the case wants to say although it passes.
    """

    port: int
    settings: CheckSettings
    targets: tuple[Target, ...]
    entries: Sequence[InfoEntry]
    chosen: Target | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def target(self) -> Target:
        """The device of a case that looks at one."""
        if self.chosen is None:
            raise RuntimeError("this case looks at a service, not at a device")
        return self.chosen

    @property
    def admin(self) -> Admin | None:
        """The admin side of the service, if its token is known."""
        return Admin(self.port, self.settings.admin_token) if self.settings.admin_token else None

    def effective(self, shot: Shot) -> Shot:
        """The shot with the timeout that this run gives to cases that wait for it."""
        if not shot.long_timeout:
            return shot
        return replace(shot, timeout_ms=self.settings.long_timeout_ms)

    async def expose(self, shot: Shot, previous_hash: str = "", content_type: str = JSON_TYPE) -> Exposure:
        """Makes one capture request.

        Raises:
            ExchangeError: if no complete answer arrives within the device's timeout and half a minute.
        """
        target, settings = self.target, self.settings
        shot = self.effective(shot)
        sent_at = settings.clock()
        request = capture_request(target, shot, sent_at, previous_hash)
        verb = "CAPTURE" if target.purpose == AUTH else "RCAPTURE"
        deadline_s = shot.timeout_ms / 1000 + SLACK_S
        reply = await send(Ask(self.port, verb, "/capture", encode(request), deadline_s, content_type))
        faults = () if reply.status == 200 else (f"the HTTP status is {reply.status}, not 200",)
        if reply.header("content-length") is None:
            self.notes.append("the answer has no Content-Length")
        answer = read_answer(reply.body, is_auth=target.purpose == AUTH, keys=settings.auth_keys)
        return Exposure(shot, request, answer, sent_at, settings.clock(), reply.elapsed_s, faults)
