"""The client against every fault that the simulator can commit: the named error, in time, nothing kept, nobody blocked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from devices.client.lane import DeviceLane, JobContext
from devices.client.latestframe import FrameCounts, LatestFrame
from devices.client.loop import Cancellation
from devices.client.preview import PreviewLimits, watch_preview
from devices.client.scan import PORTS, ScanResult, scan
from devices.client.session import CaptureResult, CaptureSession
from devices.sbi import errors, refusals, streamerrors
from devices.sbi.info import DeviceStatus, VerifiedDevice
from devices.sbi.trust import DeviceTrust
from devices.simulator import Simulator, SimulatorConfig
from devices.simulator.faults.table import FAULTS
from packet.crypto import errors as crypto
from packet.crypto.chain import TrustStore
from packet.devicetoken import TokenNotRebuildableError
from packet.errors import CodedError
from packet.iso import ImageUnsuitableError, IsoRecordMalformedError, IsoRecordMismatchError
from packet.models import BioAttribute

THUMBS = (BioAttribute.LEFT_THUMB, BioAttribute.RIGHT_THUMB)
TIMEOUT_MS = 300
SLACK_S = 10.0
SHORT_SLACK_S = 0.5
ACCEPTED = None

Expected = type[CodedError] | None

CAPTURES: dict[str, Expected] = {
    **dict.fromkeys(("tampered-payload", "tampered-signature", "digital-id-tampered"), crypto.SignatureInvalidError),
    **dict.fromkeys(("weak-key", "small-exponent", "exponent-one", "x5c-swapped"), crypto.SignatureInvalidError),
    **dict.fromkeys(("unsigned", "padded-token", "digital-id-unsigned", "header-crit"), crypto.JwsMalformedError),
    **dict.fromkeys(("alg-none", "alg-hs256", "alg-es256", "alg-rs384", "alg-rs512", "alg-ps256"), crypto.JwsMalformedError),
    **dict.fromkeys(("x5c-missing", "x5c-empty", "x5c-oversized", "x5c-not-der"), crypto.JwsMalformedError),
    **dict.fromkeys(("self-signed", "rogue-root", "wrong-domain", "poisoned-thumbprint"), crypto.ChainUntrustedError),
    **dict.fromkeys(("sha1-certificate", "digital-id-rogue", "level-mismatch"), crypto.ChainUntrustedError),
    "expired-certificate": crypto.CertificateExpiredError,
    "not-yet-valid-certificate": crypto.CertificateNotYetValidError,
    "digital-id-unknown-key": errors.DeviceFieldError,
    **dict.fromkeys(("digital-id-other-device", "digital-id-other-type"), refusals.DigitalIdMismatchError),
    "wrong-transaction-id": refusals.TransactionMismatchError,
    "wrong-env": refusals.EnvironmentMismatchError,
    "wrong-purpose": refusals.PurposeMismatchError,
    "wrong-bio-type": refusals.BioTypeMismatchError,
    "wrong-modality": refusals.BioTypeMismatchError,
    "wrong-device-code": refusals.DeviceCodeMismatchError,
    "wrong-spec-version": refusals.SpecVersionMismatchError,
    **dict.fromkeys(("payload-incomplete", "quality-number", "json-not-an-object"), errors.DeviceFieldError),
    "clock-behind": refusals.CaptureTimeError,
    "clock-ahead": refusals.DigitalIdTimeError,
    **dict.fromkeys(("time-fraction", "time-zone", "time-without-zone", "time-nonsense"), refusals.TimestampFormatError),
    **dict.fromkeys(("quality-nan", "quality-infinite", "quality-huge", "quality-negative"), refusals.QualityScoreError),
    **dict.fromkeys(("quality-above-100", "quality-full-width", "quality-empty"), refusals.QualityScoreError),
    "missing-finger": refusals.MissingAttributeError,
    **dict.fromkeys(("extra-finger", "wrong-finger"), refusals.ForeignAttributeError),
    "duplicate-finger": refusals.DuplicateAttributeError,
    "exception-returned": refusals.ExceptionReturnedError,
    **dict.fromkeys(("unknown-sub-type", "face-sub-type"), refusals.UnknownAttributeError),
    "iso-wrong-position": IsoRecordMismatchError,
    **dict.fromkeys(("iso-length", "iso-trailing", "iso-truncated", "iso-magic", "iso-version"), IsoRecordMalformedError),
    **dict.fromkeys(("iso-size", "iso-not-an-image", "jp2-bomb"), ImageUnsuitableError),
    **dict.fromkeys(("bio-value-padded", "bio-value-alphabet", "bio-value-empty"), TokenNotRebuildableError),
    **dict.fromkeys(("bio-value-twice", "bio-value-placeholder"), TokenNotRebuildableError),
    **dict.fromkeys(("payload-not-utf8", "payload-not-json"), TokenNotRebuildableError),
    **dict.fromkeys(("hash-wrong", "hash-lower-case", "hash-missing", "hash-unordered"), refusals.HashChainError),
    "hash-restart": refusals.HashChainError,
    "error-with-data": refusals.ErrorWithDataError,
    "success-without-data": refusals.SuccessWithoutDataError,
    **dict.fromkeys(("partial-capture", "tamper-reported"), errors.DeviceReportedError),
    "no-elements": refusals.NothingCapturedError,
    "many-elements": refusals.TooManyElementsError,
    "replay": refusals.ReplayedCaptureError,
    **dict.fromkeys(("json-malformed", "json-deep", "json-duplicate-key", "json-huge-number"), errors.DeviceJsonError),
    **dict.fromkeys(("json-not-utf8", "empty-body", "content-length-too-short"), errors.DeviceJsonError),
    **dict.fromkeys(("truncated", "reset", "early-close", "endless-headers", "not-http"), errors.DeviceHttpError),
    **dict.fromkeys(("content-length-negative", "content-length-nonsense"), errors.DeviceHttpError),
    **dict.fromkeys(("content-length-twice", "content-length-huge"), errors.DeviceHttpError),
    "oversize": errors.DeviceBodyTooLargeError,
    **dict.fromkeys(("redirect", "redirect-permanent", "tls-upgrade"), errors.DeviceStatusError),
    **dict.fromkeys(("proxy-demanded", "server-error"), errors.DeviceStatusError),
    "device-swapped": refusals.DeviceCertificateChangedError,
    "discovery-differs": errors.DeviceGoneError,
    **dict.fromkeys(("header-lure", "wrong-service-version", "content-length-missing", "chunked"), ACCEPTED),
    "iso-broken-image": ACCEPTED,  # nothing is decoded; an image that does not open is for whoever opens it
}
"""What a capture ends with while the fault is on."""

HOLDING = ("drip", "drip-body", "stall", "stall-in-body", "content-length-too-long", "endless-body")
"""Only the deadline ends these."""

CALLBACKS = ("callback-lan", "callback-name", "callback-port", "callback-https", "callback-path", "callback-user")
FOUND: dict[str, Expected] = {
    **dict.fromkeys(CALLBACKS, errors.CallbackRefusedError),
    "other-spec-version": errors.SpecVersionUnsupportedError,
    "information-incomplete": errors.DeviceFieldError,
    **dict.fromkeys(("impostor", "impostor-information"), crypto.ChainUntrustedError),
    **dict.fromkeys(("unknown-keys", "cors-wildcard", "host-unchecked", "touchless", "sub-ids-unknown"), ACCEPTED),
}
"""What a search says of every device while the fault is on."""

STATES = {"stuck-busy": DeviceStatus.BUSY, "stuck-not-ready": DeviceStatus.NOT_READY}
GONE = ("not-registered", "unplugged", "unplug-during-capture", "crash-during-capture", "move-during-capture", "serial-twice")
"""These have tests of their own."""

STREAMS: dict[str, tuple[Expected, bool]] = {
    **dict.fromkeys(("stream-flood", "stream-frozen", "stream-no-length", "stream-lower-case"), (ACCEPTED, True)),
    **dict.fromkeys(("stream-bad-jpeg", "stream-cut-jpeg"), (ACCEPTED, True)),
    **dict.fromkeys(("stream-slow", "stream-stall"), (streamerrors.StreamStalledError, True)),
    **dict.fromkeys(("stream-silent", "stream-no-marker", "stream-jpeg-bomb"), (streamerrors.StreamStalledError, False)),
    "stream-length-wrong": (streamerrors.StreamStalledError, False),
    "stream-stop": (streamerrors.StreamBrokenOffError, True),
    **dict.fromkeys(("stream-big-frame", "stream-length-huge"), (streamerrors.StreamTooLargeError, False)),
    "stream-endless-header": (streamerrors.StreamTooLargeError, False),
    **dict.fromkeys(("stream-length-negative", "stream-length-nonsense"), (streamerrors.StreamMalformedError, False)),
}  # fmt: skip
"""How a preview ends, and whether there was anything to see."""


def now() -> datetime:
    return datetime.now(UTC)


class Bench:
    """One simulator for all tests, its trust, and its slap scanner as it was found at first."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.trust = DeviceTrust(simulator.device_trust_store(), simulator.ftm_trust_store())
        self.scanner = self.search().of_type("Finger")[0]

    def search(self) -> ScanResult:
        return scan(self.trust, now, [self.simulator.port])

    def session(self, slack_s: float = SLACK_S) -> CaptureSession:
        return CaptureSession(self.trust, "Staging", now, slack_s=slack_s, restart_s=0, ports=[])


@pytest.fixture(scope="module")
def running() -> Iterator[Bench]:
    with Simulator(SimulatorConfig(port=0)) as simulator:
        yield Bench(simulator)


@pytest.fixture
def bench(running: Bench) -> Iterator[Bench]:
    running.simulator.faults.clear()
    yield running
    running.simulator.faults.clear()


def test_every_fault_has_an_expectation() -> None:
    assert {*CAPTURES, *HOLDING, *FOUND, *STATES, *GONE, *STREAMS} == set(FAULTS)


def shoot(captures: CaptureSession, scanner: VerifiedDevice, exceptions: tuple[BioAttribute, ...] = ()) -> int:
    return len(captures.capture(scanner, THUMBS, exceptions, threshold=40, timeout_ms=TIMEOUT_MS).captures)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_ends_as_it_must(bench: Bench, name: str) -> None:
    expected, captures = CAPTURES[name], bench.session()
    if name in {"hash-restart", "replay"}:  # they bite from the second capture on
        shoot(captures, bench.scanner)
    before = captures.last_hash
    exceptions = THUMBS[:1] if name == "exception-returned" else ()
    bench.simulator.faults.activate(name)
    begin = time.monotonic()
    if expected is None:
        assert shoot(captures, bench.scanner) == 2
        return
    with pytest.raises(expected) as refused:
        shoot(captures, bench.scanner, exceptions)
    assert type(refused.value) is expected
    assert captures.last_hash == before
    assert time.monotonic() - begin < SLACK_S
    bench.simulator.faults.clear()
    assert shoot(bench.session(), bench.scanner) == 2  # the next person is not harmed


def _start(work: Callable[[], Coroutine[Any, Any, CaptureResult]], _context: JobContext) -> Coroutine[Any, Any, CaptureResult]:
    return work()


def test_what_holds_the_connection_is_left_in_time_and_holds_nobody_else(bench: Bench) -> None:
    """While the device lane waits for a service that never ends, the thread that asked goes on with its own work."""
    with DeviceLane() as lane:
        for name in HOLDING:
            bench.simulator.faults.clear()
            bench.simulator.faults.activate(name)
            captures, begin, turns = bench.session(SHORT_SLACK_S), time.monotonic(), 0
            work = partial(captures.take, bench.scanner, THUMBS, (), 40, TIMEOUT_MS)
            job = lane.submit("the capture", partial(_start, work))
            while not job.is_done:
                threading.Event().wait(0.01)  # what a window does between two events
                turns += 1
            with pytest.raises(errors.DeviceDeadlineError):
                job.result()
            assert time.monotonic() - begin < TIMEOUT_MS / 1000 + SHORT_SLACK_S + 1.5, name
            assert turns > 10, name


@pytest.mark.parametrize("name", FOUND)
def test_a_search_says_what_it_must(bench: Bench, name: str) -> None:
    expected = FOUND[name]
    bench.simulator.faults.activate(name)
    result = bench.search()
    if expected is None:
        assert (len(result.devices), result.problems) == (3, ())
        return
    assert result.devices == ()
    assert [type(problem.error) for problem in result.problems] == [expected] * 3
    with pytest.raises(expected):
        shoot(bench.session(), bench.scanner)


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_shown_and_named(bench: Bench, name: str) -> None:
    bench.simulator.faults.activate(name)
    assert {device.status for device in bench.search().devices} == {STATES[name]}
    with pytest.raises(errors.DeviceReportedError):
        shoot(bench.session(), bench.scanner)


def test_an_unregistered_device_is_shown_and_never_used(bench: Bench) -> None:
    bench.simulator.faults.activate("not-registered")
    result = bench.search()
    assert (result.devices, len(result.unregistered)) == ((), 3)
    with pytest.raises(errors.DeviceReportedError) as refused:
        shoot(bench.session(), bench.scanner)
    assert refused.value.params["device_code"] == "100"


def test_an_unplugged_device_is_gone(bench: Bench) -> None:
    bench.simulator.faults.activate("unplugged")
    assert bench.search() == ScanResult(())
    with pytest.raises(errors.DeviceGoneError):
        shoot(bench.session(), bench.scanner)


def watch(bench: Bench, timeout_ms: int) -> tuple[type[CodedError] | None, FrameCounts, float]:
    place, cancellation = LatestFrame(), Cancellation()
    begin = time.monotonic()
    try:
        watch_preview(bench.scanner, "3", place, timeout_ms, cancellation, PreviewLimits(0.5, 0.5))
    except CodedError as error:
        return type(error), place.counts, time.monotonic() - begin
    return None, place.counts, time.monotonic() - begin


@pytest.mark.parametrize("name", STREAMS)
def test_a_preview_ends_as_it_must(bench: Bench, name: str) -> None:
    expected, is_seen = STREAMS[name]
    bench.simulator.faults.activate(name)
    ended, counts, seconds = watch(bench, 600 if expected is None else 5000)
    assert ended is expected
    assert (counts.received > 0) is is_seen
    assert counts.received - counts.capped <= 30 * seconds + 5
    assert seconds < 2.5


@pytest.mark.parametrize("name", ["unplug-during-capture", "crash-during-capture"])
def test_what_was_captured_is_kept_when_the_device_is_lost(name: str) -> None:
    with Simulator(SimulatorConfig(port=0)) as simulator:
        bench = Bench(simulator)
        captures = bench.session()
        assert shoot(captures, bench.scanner) == 2
        kept = captures.last_hash
        simulator.faults.activate(name)
        with pytest.raises((errors.DeviceReportedError, errors.DeviceHttpError)):
            shoot(captures, bench.scanner)
        assert captures.last_hash == kept
        assert len(captures.devices) == 1


def test_a_service_that_moves_in_the_middle_of_a_capture_is_followed() -> None:
    with Simulator(SimulatorConfig()) as simulator:  # a port of the protocol, since it must be found by searching
        bench = Bench(simulator)
        captures = CaptureSession(bench.trust, "Staging", now, slack_s=SLACK_S, ports=PORTS)
        assert shoot(captures, bench.scanner) == 2
        simulator.faults.activate("move-during-capture", times=1)
        result = captures.capture(bench.scanner, THUMBS, threshold=40, timeout_ms=TIMEOUT_MS)
        assert result.found.port != bench.scanner.port
        assert len(result.captures) == 2


def test_one_serial_number_at_two_services_is_refused_at_both() -> None:
    with (
        Simulator(SimulatorConfig(port=0, faults=("serial-twice",))) as one,
        Simulator(SimulatorConfig(port=0, faults=("serial-twice",))) as other,
    ):
        trust = DeviceTrust(TrustStore("DEVICE", (*one.pki.device_chain, *other.pki.device_chain)))
        result = scan(trust, now, [one.port, other.port])
    assert result.devices == ()
    assert {type(problem.error) for problem in result.problems} == {errors.SerialTwiceError}
