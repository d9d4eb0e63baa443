"""Carrying out one case: what it needs, what it does, and which faults it finds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from devices.conformance import validators
from devices.conformance.bench import Bench, Exposure, Faults
from devices.conformance.errors import AdminRefusedError, ExchangeError
from devices.conformance.find import InfoEntry, ask_information, read_information
from devices.conformance.information import judge_discovery, judge_information, judge_rotation, judge_state
from devices.conformance.model import AUTH, Case, CaseResult, Check, Kind, Outcome, Scene, Shot, plain
from devices.conformance.owncases import ANY_TYPE, OWN_CASES, discover
from devices.conformance.preview import PREVIEW_START_S, RATE_MIN, picture_faults, read_frames
from devices.conformance.request import encode
from devices.conformance.wire import Ask, opened

FAULTS_TOLD = 4
PREVIEW_FRAMES = 6
READY = "Ready"
_OWN = {case.id: function for case, function in OWN_CASES}


async def carry_out(case: Case, bench: Bench) -> CaseResult:
    """Runs a case on a service or device. Nothing is raised for what the service does."""
    name = bench.chosen.name if bench.chosen else str(bench.port)
    why_not = _why_not(case, bench)
    if why_not:
        return CaseResult(case.id, case.title, Outcome.NOT_APPLICABLE, why_not, name)
    waiting = [t for t in bench.targets if t.status != case.status] if case.kind is Kind.INFORMATION and case.status else []
    if waiting:
        told = ", ".join(f"{target.name} is {plain(target.status)}" for target in waiting)
        return CaseResult(case.id, case.title, Outcome.ERROR, f"{told}: captures were not checked", name)
    bench.notes.clear()
    try:
        faults = await _STEPS[case.kind](case, bench)
    except ExchangeError as error:
        faults = [error.message]
    except AdminRefusedError as error:
        return CaseResult(case.id, case.title, Outcome.ERROR, f"{error.message} {error.advice}", name)
    notes = tuple(bench.notes)
    if not faults:
        return CaseResult(case.id, case.title, Outcome.PASS, "", name, notes)
    told = "; ".join(faults[:FAULTS_TOLD])
    more = f"; and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
    return CaseResult(case.id, case.title, Outcome.FAIL, told + more, name, notes)


def _why_not(case: Case, bench: Bench) -> str:
    """Why a case cannot be run here, or an empty text."""
    settings = bench.settings
    if case.kind is Kind.STATUS and bench.admin is None and case.status not in _states(bench):
        return f"no device is {case.status}; with a simulator, give --admin-token"
    if bench.chosen is None:
        return ""
    if case.kind is Kind.ROTATION:
        return "" if bench.admin is not None else "not automatable without --admin-token: the device's keys must be rotated"
    if bench.chosen.status != READY:
        return f"the device is {bench.chosen.status}"
    if case.scene is Scene.SOMEBODY and not settings.is_somebody_there:
        return "needs somebody at the device"
    if case.scene is Scene.NOBODY and settings.is_somebody_there and bench.admin is None:
        return "needs nobody at the device: run with --nobody, or give --admin-token for a simulator"
    if bench.chosen.purpose == AUTH and case.checks & {Check.HASH, Check.ISO} and not settings.auth_keys:
        return "the records are encrypted: give the private key that opens them with --auth-key"
    return ""


def _states(bench: Bench) -> set[object]:
    return {entry.content.get("deviceStatus") for entry in bench.entries}


async def _discovery(_case: Case, bench: Bench) -> Faults:
    return judge_discovery(await discover(bench.port, {"type": ANY_TYPE}))


async def _information(case: Case, bench: Bench) -> Faults:
    entries, faults = read_information(await ask_information(bench.port))
    chosen = [entry for entry in entries if not case.status or entry.content.get("deviceStatus") == case.status]
    return faults + _judge(bench, chosen, case)


def _judge(bench: Bench, entries: list[InfoEntry], case: Case) -> Faults:
    settings = bench.settings
    signatures = Check.SIGNATURE in case.checks
    return judge_information(entries, settings.trust, settings.clock(), signatures=signatures)


async def _status(case: Case, bench: Bench) -> Faults:
    if bench.admin is None:
        return await _information(case, bench)
    faults: Faults = []
    for bio_type in sorted({target.bio_type for target in bench.targets}):
        await bench.admin.set_status(bio_type, case.status)
        try:
            entries, unreadable = read_information(await ask_information(bench.port))
        finally:
            await bench.admin.set_status(bio_type, READY)
        chosen = [entry for entry in entries if entry.digital_id.content.get("type") == bio_type]
        faults += [*unreadable, *judge_state(chosen, bio_type, case.status), *_judge(bench, chosen, case)]
    return faults


async def _rotation(_case: Case, bench: Bench) -> Faults:
    if bench.admin is None:
        return ["there is no way to rotate the device's keys"]
    before = await _entry(bench)
    await bench.admin.rotate(bench.target.bio_type)
    after = await _entry(bench)
    if before is None or after is None:
        return ["the information does not list the device"]
    return judge_rotation(before, after)


async def _entry(bench: Bench) -> InfoEntry | None:
    entries, _faults = read_information(await ask_information(bench.port))
    return next((entry for entry in entries if entry.content.get("deviceId") == bench.target.device_id), None)


@asynccontextmanager
async def _scene(case: Case, bench: Bench) -> AsyncIterator[None]:
    """Takes the simulated person away for a case that wants nobody there."""
    if case.scene is not Scene.NOBODY or bench.admin is None:
        yield
        return
    await bench.admin.set_presented(bench.target.bio_type, is_presented=False)
    try:
        yield
    finally:
        await bench.admin.set_presented(bench.target.bio_type, is_presented=True)


async def _capture(case: Case, bench: Bench) -> Faults:
    async with _scene(case, bench):
        exposure = await bench.expose(_shot(case))
    return _judge_exposure(case, bench, exposure)


async def _chain(case: Case, bench: Bench) -> Faults:
    faults: Faults = []
    previous = ""
    for number in ("first", "second"):
        exposure = await bench.expose(_shot(case), previous)
        found = _judge_exposure(case, bench, exposure, previous)
        if found:
            return faults + [f"{number} capture: {fault}" for fault in found]
        previous = exposure.last_hash
    return faults


async def _stream(case: Case, bench: Bench) -> Faults:
    target, shot = bench.target, _shot(case)
    body = encode({"deviceId": target.device_id, "deviceSubId": shot.sub_id, "timeout": str(shot.timeout_ms)})
    deadline_s = PREVIEW_START_S + shot.timeout_ms / 1000 + 30
    async with opened(Ask(bench.port, "STREAM", "/stream", body, deadline_s)) as stream:
        kind = (stream.header("content-type") or "").lower()
        if stream.status != 200 or not kind.startswith("multipart/x-mixed-replace"):
            return [f"STREAM is answered with HTTP status {stream.status} and no multipart/x-mixed-replace"]
        preview = await read_frames(stream.pieces(), PREVIEW_FRAMES)
        faults = [f"STREAM: {fault}" for fault in (*preview.faults, *picture_faults(preview.latest))]
        if not faults and preview.rate < RATE_MIN:
            faults.append(f"STREAM: {preview.rate:.1f} frames a second, fewer than {RATE_MIN:.0f}")
        if faults:
            return faults
        return _judge_exposure(case, bench, await bench.expose(shot))


async def _own(case: Case, bench: Bench) -> Faults:
    return await _OWN[case.id](bench)


def _shot(case: Case) -> Shot:
    if case.shot is None:
        raise RuntimeError(f"{case.id} has nothing to capture")
    return case.shot


def _judge_exposure(case: Case, bench: Bench, exposure: Exposure, previous: str = "") -> Faults:
    """All validators of the case, in the order in which a reader wants to hear of faults."""
    answer, target, settings = exposure.answer, bench.target, bench.settings
    faults = list(exposure.faults)
    if case.error_codes is not None:
        faults += validators.failure_schema(answer, case.error_codes)
    else:
        faults += validators.schema(answer, target)
    if Check.SIGNATURE in case.checks:
        faults += validators.signatures(answer, target, settings.trust, settings.clock())
    if Check.MISMATCH in case.checks:
        faults += validators.mismatch(answer, target, exposure.shot, exposure.request)
    if Check.HASH in case.checks:
        faults += validators.chain(answer, previous)
    if Check.TIME in case.checks:
        faults += validators.freshness(answer, exposure.sent_at, exposure.received_at, settings.allowed_lag)
    if Check.TIMEOUT in case.checks:
        faults += validators.timeout(exposure.elapsed_s, exposure.shot)
    if Check.ISO in case.checks:
        found, notes = validators.iso(answer, target)
        faults += found
        bench.notes.extend(notes)
    return faults


_STEPS: dict[Kind, Callable[[Case, Bench], Awaitable[Faults]]] = {
    Kind.DISCOVERY: _discovery,
    Kind.INFORMATION: _information,
    Kind.STATUS: _status,
    Kind.ROTATION: _rotation,
    Kind.CAPTURE: _capture,
    Kind.CHAIN: _chain,
    Kind.STREAM: _stream,
    Kind.OWN: _own,
}
