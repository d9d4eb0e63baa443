"""The captures of one registration: what is asked of which device, and the chain that runs through all answers.

Before every capture the device is asked anew who it is, unsigned (discovery) and signed (information), so that a device that
was exchanged, unplugged or taken over since the search is noticed. The chain continues from the last hash that was accepted;
a refused or timed-out capture leaves it where it was.

If the device is gone, or its service ends in the middle of a capture, it is searched for, since services change their port when
they start again: at once and, since starting takes time, a moment later. If the same device is found, the capture is asked for
once more. What was captured before is kept.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from devices.client import calls
from devices.client.loop import Cancellation, run
from devices.client.scan import PORTS, ask_port, search
from devices.sbi import capture, digitalid, discovery, info
from devices.sbi.attributes import Group, exception_name, group_of
from devices.sbi.codes import facts_of, reported
from devices.sbi.errors import (
    AttributesNotTogetherError,
    DeviceBlockedError,
    DeviceGoneError,
    DeviceHttpError,
    DeviceReportedError,
    DeviceUnreachableError,
    NothingToCaptureError,
)
from devices.sbi.info import DeviceStatus, VerifiedDevice
from devices.sbi.refusals import (
    CaptureForgedError,
    DeviceCertificateChangedError,
    DigitalIdMismatchError,
    PurposeMismatchError,
)
from devices.sbi.replay import ReplayMemory
from devices.sbi.trust import DeviceTrust, is_same_or_rotated
from devices.sbi.verification import CapturePolicy, CaptureVerifier, Expectation, VerifiedElement
from packet.bioattributes import FACTS
from packet.crypto.errors import SignatureInvalidError
from packet.models import BioAttribute, CapturedBiometric, Clock, RegisteredDevice

_log = logging.getLogger(__name__)
RESTART_S = 1.5
_GONE_CODES = {"106", "705"}  # the service knows no such device any more
_STATUS_CODES = {DeviceStatus.BUSY: "111", DeviceStatus.NOT_READY: "110", DeviceStatus.NOT_REGISTERED: "100"}


class Stage(StrEnum):
    """What a capture is doing."""

    ASKING = "asking the device who it is"
    CAPTURING = "waiting for the device to capture"
    CHECKING = "checking what the device sent"
    SEARCHING = "the device is gone: searching for it"


class SdkQuality(Protocol):
    """A local quality SDK."""

    def score(self, attribute: BioAttribute, iso: bytes) -> float:
        """Score of an accepted record, 0..100."""
        ...


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """One accepted answer of a device.

    Attributes:
        captures: in the order of the answer; ``attempts`` and ``forced`` are for the caller to set.
        device: as the packet's meta information names it.
        is_clock_doubtful: something was made before it was asked for: the device's clock differs from this machine's.
        found: the device as it is now; its port differs from before if its service was started again meanwhile.
    """

    captures: tuple[CapturedBiometric, ...] = field(repr=False)
    device: RegisteredDevice
    is_clock_doubtful: bool
    found: VerifiedDevice

    @property
    def average_score(self) -> float:
        """Mean of the scores, which is what thresholds of several fingers or eyes are compared with."""
        return sum(c.quality_score for c in self.captures) / len(self.captures)


def new_transaction_id() -> str:
    """A fresh random UUID: 36 hex digits and hyphens."""
    return str(uuid.uuid4())


class CaptureSession:
    """Captures for one registration. One thread at a time; every call blocks.

    Args:
        env: the environment that this machine belongs to, for example ``Staging``.
        replay: shared by all sessions of the program, so that a capture of an earlier person is recognised as well.
        server_offset: how far the server's time is ahead of this machine's; None while that is not known.
        ports: where a device is searched for that is gone.
        slack_s: what a device may take beyond its own timeout, for everything around the capture itself.
        restart_s: how long a service may take to start again.
    """

    def __init__(
        self,
        trust: DeviceTrust,
        env: str,
        clock: Clock,
        policy: CapturePolicy | None = None,
        transaction_ids: Callable[[], str] = new_transaction_id,
        replay: ReplayMemory | None = None,
        sdk_quality: SdkQuality | None = None,
        server_offset: Callable[[], timedelta | None] = lambda: None,
        ports: Sequence[int] = PORTS,
        slack_s: float = calls.CAPTURE_SLACK_S,
        restart_s: float = RESTART_S,
    ) -> None:
        self._trust = trust
        self._env = env
        self._clock = clock
        self._verifier = CaptureVerifier(trust, policy, replay)
        self._sdk_quality = sdk_quality
        self._server_offset = server_offset
        self._ports = ports
        self._slack_s = slack_s
        self._restart_s = restart_s
        self._transaction_ids = transaction_ids
        self._last_hash = ""
        self._devices: dict[str, RegisteredDevice] = {}
        self._blocked: dict[tuple[str, str], str] = {}

    @property
    def last_hash(self) -> str:
        """The last accepted hash; empty before the first capture."""
        return self._last_hash

    @property
    def devices(self) -> tuple[RegisteredDevice, ...]:
        """The devices that gave accepted captures, each once, with their latest digital id."""
        return tuple(self._devices.values())

    def capture(
        self,
        device: VerifiedDevice,
        attributes: Collection[BioAttribute],
        exceptions: Collection[BioAttribute] = (),
        threshold: float = 60,
        timeout_ms: int = 10_000,
        cancellation: Cancellation | None = None,
    ) -> CaptureResult:
        """Captures attributes of one group, without those that are exceptions. Blocks.

        Args:
            attributes: of one group (left slap, right slap, thumbs, irises, face, exception photo).
            exceptions: everything that is marked as missing on the person; what belongs to the group is told to the device,
                for an exception photo all of it.
            threshold: score at which the device may stop looking for a better picture, 0..100.

        Raises:
            DeviceTransportError: if no complete answer arrived in time, or the capture was given up.
            DeviceStateError: if the device cannot be used, or reports an error.
            DeviceMessageError, CaptureRefusedError, PacketError: if the answer is not acceptable.
        """
        work = self.take(device, attributes, exceptions, threshold, timeout_ms)
        return run(work, "the capture", cancellation)

    async def take(
        self,
        device: VerifiedDevice,
        attributes: Collection[BioAttribute],
        exceptions: Collection[BioAttribute] = (),
        threshold: float = 60,
        timeout_ms: int = 10_000,
        stage: Callable[[Stage], None] = lambda _stage: None,
    ) -> CaptureResult:
        """The same as a coroutine, which tells what it is doing and may be cancelled at any stage."""
        plan = _plan(device, attributes, exceptions)
        self._refuse_blocked(device)
        order = _Order(plan, int(threshold), timeout_ms, stage)
        try:
            return await self._take(device, order)
        except DeviceReportedError as error:
            if facts_of(str(error.params.get("device_code"))).blocks_device:
                self._block(device, "it reported tampering")
            raise

    async def _take(self, device: VerifiedDevice, order: _Order) -> CaptureResult:
        try:
            return await self._once(device, order)
        except (DeviceGoneError, DeviceUnreachableError, DeviceHttpError, DeviceReportedError) as error:
            if isinstance(error, DeviceReportedError) and error.params.get("device_code") not in _GONE_CODES:
                raise
            order.stage(Stage.SEARCHING)
            again = await self._find_again(device)
            if again is None:
                raise
        return await self._once(again, order)

    async def _find_again(self, known: VerifiedDevice) -> VerifiedDevice | None:
        """The same device after its service was started again, perhaps on another port."""
        device = await self._search_for(known)
        if device is None:
            await asyncio.sleep(self._restart_s)
            device = await self._search_for(known)
        return device

    async def _search_for(self, known: VerifiedDevice) -> VerifiedDevice | None:
        found = await search(self._trust, self._clock, sorted({known.port, *self._ports}))
        return next(
            (
                device
                for device in found.devices
                if digitalid.difference(known.digital_id, device.digital_id) is None
                and is_same_or_rotated(known.certificate, device.certificate)
            ),
            None,
        )

    def _block(self, device: VerifiedDevice, why: str) -> None:
        self._blocked[device.digital_id.type, device.digital_id.serial_no] = why
        _log.warning("device %s is blocked: %s", device.digital_id.serial_no, why)

    def _refuse_blocked(self, device: VerifiedDevice) -> None:
        why = self._blocked.get((device.digital_id.type, device.digital_id.serial_no))
        if why is not None:
            raise DeviceBlockedError(serial_no=device.digital_id.serial_no, why=why)

    async def _once(self, known: VerifiedDevice, order: _Order) -> CaptureResult:
        order.stage(Stage.ASKING)
        device = await self._ask_again(known)
        plan = order.plan
        sent_at = self._clock()
        request = capture.CaptureRequest(
            env=self._env,
            timeout_ms=order.timeout_ms,
            capture_time=sent_at,
            transaction_id=self._transaction_ids(),
            bio_type=plan.group.bio_type,
            count=len(plan.expected),
            requested_score=order.score,
            device_id=device.device_id,
            device_sub_id=plan.sub_id,
            sub_types=plan.sub_types,
            exceptions=plan.exception_names,
            previous_hash=self._last_hash,
        )
        problem = capture.request_problem(request)
        if problem is not None:
            raise problem
        order.stage(Stage.CAPTURING)
        body = await calls.capture_registration(device.port, request, self._slack_s)
        order.stage(Stage.CHECKING)
        elements = capture.parse_response(body, is_strict=self._verifier.policy.is_strict)
        expectation = Expectation(request, device, plan.expected, plan.exceptions, sent_at, self._server_offset())
        try:
            accepted = self._verifier.verify(elements, expectation, self._clock())
        except (CaptureForgedError, SignatureInvalidError) as error:
            self._block(device, f"what it sent is not genuine ({error.code})")
            raise
        return self._accept(device, accepted)

    async def _ask_again(self, known: VerifiedDevice) -> VerifiedDevice:
        """The same device as it is now.

        Raises:
            DeviceGoneError, DigitalIdMismatchError, DeviceCertificateChangedError: if it is not the same any more.
            DeviceReportedError: if it is not ready.
        """
        identity = known.digital_id
        devices, errors = discovery.parse(await calls.discover(known.port, identity.type))
        entry = next((d for d in devices if d.device_id == known.device_id), None)
        if entry is None:
            if errors and not devices and errors[0].code != "106":
                raise reported(errors[0].code, errors[0].info)
            for other in devices:
                if not other.device_id:  # unregistered meanwhile, so that it has no id any more
                    _refuse_unready(other.error.code, other.error.info, other.device_status)
            raise DeviceGoneError(type=identity.type, serial_no=identity.serial_no, port=known.port)
        _refuse_unready(entry.error.code, entry.error.info, entry.device_status)
        found = await ask_port(known.port, self._trust, self._clock)
        device = next((d for d in found.devices if d.device_id == known.device_id), None)
        if device is None:
            if found.problems:
                raise found.problems[0].error
            raise DeviceGoneError(type=identity.type, serial_no=identity.serial_no, port=known.port)
        _refuse_exchanged(known, device)
        info.check_discovered(device, entry)
        _refuse_unready(device.error.code, device.error.info, device.status)
        if device.purpose != capture.REGISTRATION:
            raise PurposeMismatchError(found=device.purpose, wanted=capture.REGISTRATION)
        return device

    def _accept(self, device: VerifiedDevice, accepted: tuple[VerifiedElement, ...]) -> CaptureResult:
        self._last_hash = accepted[-1].hash
        registered = RegisteredDevice(device.device_code, device.service_version, accepted[-1].digital_id)
        self._devices[device.device_code] = registered
        return CaptureResult(
            captures=tuple(self._scored(_captured(element)) for element in accepted),
            device=registered,
            is_clock_doubtful=any(element.predates_request for element in accepted),
            found=device,
        )

    def _scored(self, captured: CapturedBiometric) -> CapturedBiometric:
        if self._sdk_quality is None:
            return captured
        return replace(captured, sdk_score=self._sdk_quality.score(captured.attribute, captured.token.iso))


@dataclass(frozen=True, slots=True)
class _Plan:
    group: Group
    sub_id: str
    expected: frozenset[BioAttribute]
    exceptions: frozenset[BioAttribute]
    sub_types: tuple[str, ...]
    exception_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Order:
    plan: _Plan
    score: int
    timeout_ms: int
    stage: Callable[[Stage], None]


def _plan(device: VerifiedDevice, attributes: Collection[BioAttribute], exceptions: Collection[BioAttribute]) -> _Plan:
    """What to ask for. Sub-types are named only if less than the whole group is wanted for other reasons than exceptions."""
    group = group_of(attributes)
    if group.bio_type != device.digital_id.type:
        raise AttributesNotTogetherError(attributes=", ".join(sorted(attributes)))
    missing = frozenset(exceptions)
    expected = frozenset(attributes) - missing
    if not expected:
        raise NothingToCaptureError
    is_photo = BioAttribute.EXCEPTION_PHOTO in expected
    told = [a for a in BioAttribute if a in missing and (is_photo or a in group.attributes)]
    sub_id = _sub_id(device, group, expected, told)
    offered = {"1": {BioAttribute.LEFT_EYE}, "2": {BioAttribute.RIGHT_EYE}}.get(sub_id) if group.name == "irises" else None
    is_whole = expected | missing >= set(offered or group.attributes) and sub_id != "0"
    names = () if is_whole else tuple(FACTS[a].sbi_sub_type for a in group.attributes if a in expected)
    return _Plan(group, sub_id, expected, missing, tuple(n for n in names if n), tuple(exception_name(a) for a in told))


def _sub_id(device: VerifiedDevice, group: Group, expected: frozenset[BioAttribute], told: list[BioAttribute]) -> str:
    if device.digital_id.device_sub_type.lower() == "single":
        if len(expected) != 1:
            raise AttributesNotTogetherError(attributes=", ".join(sorted(expected)))
        return "0"
    if group.name == "irises" and len(expected) == 1 and not told:
        return "1" if BioAttribute.LEFT_EYE in expected else "2"
    return group.sub_id


def _refuse_exchanged(known: VerifiedDevice, found: VerifiedDevice) -> None:
    different = digitalid.difference(known.digital_id, found.digital_id)
    if different is not None:
        raise DigitalIdMismatchError(what="the device's information", field=different)
    if not is_same_or_rotated(known.certificate, found.certificate):
        raise DeviceCertificateChangedError


def _refuse_unready(code: str, text: str, status: str) -> None:
    if code != "0":
        raise reported(code, text)
    for state, state_code in _STATUS_CODES.items():
        if status.lower() == state.lower():
            raise reported(state_code, status)


def _captured(element: VerifiedElement) -> CapturedBiometric:
    return CapturedBiometric(
        attribute=element.attribute,
        token=element.token,
        quality_score=element.quality_score,
        captured_at=element.captured_at,
        spec_version=element.spec_version,
    )
