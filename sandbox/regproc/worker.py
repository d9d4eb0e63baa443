"""The worker: one thread that takes received packets through uploader and validator.

What is to be done is rows, not a queue: a packet whose row says PROCESSING or REPROCESS is unfinished, whoever left it so. A
crash loses nothing; the next start finds the row and does the stage again, which is harmless.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from packet.rules.model import Finding, Status
from sandbox.regproc.failure import StageFailedError
from sandbox.regproc.landingzone import LandingZone
from sandbox.regproc.registrations import Registrations
from sandbox.regproc.status import Registration, Stage, StatusCode
from sandbox.regproc.synclist import SyncedPacket, SyncList
from sandbox.regproc.uploader import Uploader
from sandbox.regproc.validator import Validator, sub_status

_LOG = logging.getLogger("sealdesk.sandbox")
_TROUBLE: Final = "RPR-SYS-EXCEPTION-001"
_UPLOADED: Final = "RPR-PKU-SUCCESS-001"


class Worker:
    """Works off unfinished packets, oldest first."""

    def __init__(
        self,
        synced: SyncList,
        registrations: Registrations,
        landing_zone: LandingZone,
        uploader: Uploader,
        validator: Validator,
    ) -> None:
        self._synced = synced
        self._registrations = registrations
        self._landing_zone = landing_zone
        self._uploader = uploader
        self._validator = validator
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._postponed: set[str] = set()
        self._at_work: str | None = None

    def start(self) -> None:
        """Begins with what an earlier run left."""
        self._thread = threading.Thread(target=self._run, name="sandbox-packet-worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Says that something was received."""
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """Ends after the packet at work. Safe to call twice."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wait_idle(self, timeout_s: float) -> bool:
        """Waits until nothing is to be done; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: self._at_work is None and self._next() is None, timeout_s)

    def _next(self) -> str | None:
        return next((packet_id for packet_id in self._registrations.unfinished() if packet_id not in self._postponed), None)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._at_work = None
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._is_stopping or self._next() is not None)
                if self._is_stopping:
                    return
                self._at_work = self._next()
            if self._at_work is not None:
                self._work_on(self._at_work)

    def _work_on(self, packet_id: str) -> None:
        """One packet. Trouble of our own (disk, database, an error in a parser) postpones it to the next start."""
        try:
            self._process(packet_id)
        except Exception as error:  # noqa: BLE001  # this is a lane: one packet's trouble must not stall the others
            _LOG.error("packet worker: %s", type(error).__qualname__)
            self._postponed.add(packet_id)
            self._registrations.advance(packet_id, self._stage_of(packet_id), StatusCode.REPROCESS, _TROUBLE)

    def _process(self, packet_id: str) -> None:
        registration, synced = self._registrations.find(packet_id), self._synced.find(packet_id)
        if registration is None or synced is None:
            raise RuntimeError("an unfinished packet has no row")
        data = self._upload(registration, synced)
        if data is not None:
            self._validate(synced, data)

    def _upload(self, registration: Registration, synced: SyncedPacket) -> bytes | None:
        packet_id = registration.packet_id
        self._registrations.advance(packet_id, Stage.UPLOAD_PACKET, StatusCode.PROCESSING, registration.sub_status)
        try:
            return self._uploader.upload(synced, registration.retry_count)
        except StageFailedError as failure:
            self._registrations.finish(packet_id, Stage.UPLOAD_PACKET, StatusCode.FAILED, failure.sub_status, [failure.finding])
            return None

    def _validate(self, synced: SyncedPacket, data: bytes) -> None:
        packet_id = synced.packet_id
        self._registrations.advance(packet_id, Stage.VALIDATE_PACKET, StatusCode.PROCESSING, _UPLOADED)
        findings: tuple[Finding, ...]
        try:
            findings = self._validator.validate(synced, data).findings
        except StageFailedError as failure:
            findings = (failure.finding,)
        failures = [finding for finding in findings if finding.status is Status.FAIL]
        status = StatusCode.REJECTED if failures else StatusCode.PROCESSED
        self._registrations.finish(packet_id, Stage.VALIDATE_PACKET, status, sub_status(failures), findings)
        self._landing_zone.remove(synced.registration_id, packet_id)

    def _stage_of(self, packet_id: str) -> Stage:
        registration = self._registrations.find(packet_id)
        return Stage.PACKET_RECEIVER if registration is None else registration.stage
