"""Cases of our own, for what the toolkit leaves out and a registration depends on. Some come from the older testing kit.

Ids ``SD01`` to ``SD06`` look at a service, the others at one device.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from devices.conformance import validators
from devices.conformance.bench import Bench, Exposure, Faults
from devices.conformance.cases import DI, FC, LS
from devices.conformance.find import ask_information
from devices.conformance.information import judge_agreement, judge_refused_discovery, judge_selection, read_discovery
from devices.conformance.model import REGISTRATION, Case, Kind, Scene, Shot, Target
from devices.conformance.preview import PREVIEW_START_S, read_frames
from devices.conformance.request import REFERENCE_CONTENT_TYPE, encode
from devices.conformance.wire import Ask, Reply, opened, send
from devices.sbi.attributes import BioType
from packet.encoding import hex_upper, sha256

OwnCase = Callable[[Bench], Awaitable[Faults]]
ANY_TYPE = "Biometric Device"
LETTING_GO_S = 3.0
LETTING_GO_TRIES = 6
EMPTY_HASH = hex_upper(sha256(b""))
_SHOTS = {BioType.FINGER.value: LS.shot, BioType.IRIS.value: DI.shot, BioType.FACE.value: FC.shot}


async def discover(port: int, wanted: object) -> Reply:
    """A discovery request.

    Raises:
        ExchangeError: if no complete answer arrives.
    """
    return await send(Ask(port, "MOSIPDISC", "/device", encode(wanted)))


async def _callback(bench: Bench) -> Faults:
    base = f"http://127.0.0.1:{bench.port}/"
    entries, faults = read_discovery(await discover(bench.port, {"type": ANY_TYPE}))
    urls = [entry.get("callbackId") for entry in entries if isinstance(entry, dict)]
    urls += [entry.content.get("callbackId") for entry in bench.entries]
    return faults + [f"a callbackId is not {base}" for url in urls if url != base][:1]


async def _agreement(bench: Bench) -> Faults:
    entries, faults = read_discovery(await discover(bench.port, {"type": ANY_TYPE}))
    return faults + [f"{t.bio_type}: {fault}" for t in bench.targets for fault in judge_agreement(entries, t)]


async def _selection(bench: Bench) -> Faults:
    faults: Faults = []
    for bio_type in BioType:
        reply = await discover(bench.port, {"type": bio_type.value})
        faults += [f"discovery of {bio_type}: {fault}" for fault in judge_selection(reply, bio_type)]
    return faults


async def _unknown_type(bench: Bench) -> Faults:
    faults: Faults = []
    for what, wanted in (("an unknown type", {"type": "Voice"}), ("no type", {})):
        faults += [f"{what}: {fault}" for fault in judge_refused_discovery(await discover(bench.port, wanted))]
    return faults


async def _headers(bench: Bench) -> Faults:
    reply = await ask_information(bench.port)
    kind = (reply.header("content-type") or "").split(";")[0].strip().lower()
    faults = [] if kind == "application/json" else ["Content-Type of the answer is not application/json"]
    if reply.header("content-length") is None:
        faults.append("the answer has no Content-Length")
    if reply.header("access-control-allow-origin") == "*":
        bench.notes.append("any web page on this machine may drive the device: Access-Control-Allow-Origin is *")
    return faults


async def _rubbish(bench: Bench) -> Faults:
    faults: Faults = []
    for what, verb, path, body in (
        ("an unknown verb", "NONSENSE", "/device", b"{}"),
        ("an unknown path", "MOSIPDISC", "/nowhere", b"{}"),
        ("a body that is no JSON", "RCAPTURE", "/capture", b'{"env":'),
        ("a body of a megabyte", "RCAPTURE", "/capture", b"[" + b"0," * 500_000 + b"0]"),
    ):
        reply = await send(Ask(bench.port, verb, path, body))
        if reply.status == 200 and b'"errorCode":"0"' in reply.body.replace(b" ", b""):
            faults.append(f"{what} is answered with success")
    reply = await ask_information(bench.port)
    return faults if reply.status == 200 else [*faults, "afterwards the service does not answer any more"]


async def _as_reference_client(bench: Bench) -> Faults:
    shot = replace(_shot(bench.target), segments=(), as_reference_client=True)
    return _judged(bench, await bench.expose(shot, content_type=REFERENCE_CONTENT_TYPE))


async def _as_numbers(bench: Bench) -> Faults:
    return _judged(bench, await bench.expose(replace(_shot(bench.target), as_numbers=True)))


async def _one_eye(bench: Bench) -> Faults:
    faults: Faults = []
    for sub_id, name in (("1", "Left"), ("2", "Right")):
        exposure = await bench.expose(Shot(sub_id, 1, (name,)))
        faults += [f"{name} alone: {fault}" for fault in _judged(bench, exposure)]
    return faults


async def _hash_of_nothing(bench: Bench) -> Faults:
    exposure = await bench.expose(_shot(bench.target), previous_hash=EMPTY_HASH)
    return _judged(bench, exposure) or validators.chain(exposure.answer, "")


async def _rebuildable(bench: Bench) -> Faults:
    exposure = await bench.expose(_shot(bench.target))
    faults = _judged(bench, exposure)
    for number, element in enumerate(exposure.answer.elements, 1):
        faults += [f"element {number}: {fault}" for fault in _rebuilding_faults(element.token.payload)]
    return faults


def _rebuilding_faults(payload: bytes) -> Faults:
    """MOSIP cuts the value of bioValue out of the payload's text and later puts it back by searching for it."""
    faults = []
    try:
        payload.decode()
    except UnicodeDecodeError:
        faults.append("the payload is not UTF-8")
    if payload.count(b"bioValue") != 1:
        faults.append("the text bioValue must occur once in the payload")
    if b"<bioValue>" in payload:
        faults.append("the payload holds the placeholder that a packet puts in its place")
    return faults


async def _shared_certificates(bench: Bench) -> Faults:
    exposure = await bench.expose(_shot(bench.target))
    faults = _judged(bench, exposure)
    for number, element in enumerate(exposure.answer.elements, 1):
        if not set(element.digital_id.certificates) <= set(element.token.certificates):
            faults.append(f"element {number}: x5c of data lacks a certificate of x5c of the digital id")
    return faults


async def _left_preview(bench: Bench) -> Faults:
    """The preview of one part of the device, left after a frame, must not keep another part from capturing."""
    target, shot = bench.target, _shot(bench.target)
    watched = next((sub_id for sub_id in target.sub_ids if sub_id != shot.sub_id), shot.sub_id)
    body = encode({"deviceId": target.device_id, "deviceSubId": watched, "timeout": "60000"})
    async with opened(Ask(bench.port, "STREAM", "/stream", body, PREVIEW_START_S)) as stream:
        preview = await read_frames(stream.pieces(), 1)
    if preview.faults:
        return [f"STREAM: {fault}" for fault in preview.faults]
    faults: Faults = []
    for _ in range(LETTING_GO_TRIES):
        await asyncio.sleep(LETTING_GO_S / LETTING_GO_TRIES)
        faults = _judged(bench, await bench.expose(shot))
        if not faults:
            return []
    return [f"{LETTING_GO_S:.0f} seconds after the preview of sub id {watched} was left: {fault}" for fault in faults]


def _shot(target: Target) -> Shot:
    return _SHOTS[target.bio_type]


def _judged(bench: Bench, exposure: Exposure) -> Faults:
    shot, answer = exposure.shot, exposure.answer
    return [
        *exposure.faults,
        *validators.schema(answer, bench.target),
        *validators.mismatch(answer, bench.target, shot, exposure.request),
    ]


def _service(id_: str, title: str) -> Case:
    return Case(id_, title, Kind.OWN)


def _device(id_: str, title: str, bio_type: BioType | None = None) -> Case:
    return Case(
        id_, title, Kind.OWN, (REGISTRATION,), bio_type, ("Slap", "Double", "Full face"), Shot("0", 1), scene=Scene.SOMEBODY
    )


OWN_CASES: tuple[tuple[Case, OwnCase], ...] = (
    (_service("SD01", "callbackId is the loopback address, the own port, and a slash"), _callback),
    (_service("SD02", "discovery and information say the same"), _agreement),
    (_service("SD03", "discovery of one type lists that type only"), _selection),
    (_service("SD04", "discovery without a known type is refused"), _unknown_type),
    (_service("SD05", "headers of an answer"), _headers),
    (_service("SD06", "rubbish is refused and survived"), _rubbish),
    (
        _device("SD07", "RCAPTURE as MOSIP's registration client writes it: nulls, local time, odd content type"),
        _as_reference_client,
    ),
    (_device("SD08", "RCAPTURE with numbers instead of texts, as the testing kit sends it"), _as_numbers),
    (_device("SD09", "RCAPTURE of one eye with a double scanner, from the testing kit", BioType.IRIS), _one_eye),
    (_device("SD10", "RCAPTURE after the hash of nothing begins a new chain"), _hash_of_nothing),
    (_device("SD11", "a packet can cut bioValue out of the payload and put it back"), _rebuildable),
    (
        _device("SD12", "data lists every certificate of the digital id, as the registration processor wants it"),
        _shared_certificates,
    ),
    (_device("SD13", "a preview that is left lets go of the device"), _left_preview),
)
