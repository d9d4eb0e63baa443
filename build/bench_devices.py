"""Measures the device client, each part against the bare work under it, in the same process.

    python build/bench_devices.py [--rounds 15] [--json]

Discovery: a search of 100 ports against opening 100 connections with bare sockets, with no service and with one.
Verification: everything that is checked of a capture of four fingers against the RSA signatures and SHA-256 digests that it
cannot do without, on the same bytes; against decoding its JSON and base64 as well; rounds are interleaved, medians compared.
Preview: pictures a second from the simulator to a consumer that takes all and to one that takes five a second.
Captures: how long the simulator takes.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import socket
import statistics
import sys
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

sys.path.insert(0, str(Path(__file__).parents[1]))

from devices.client import calls
from devices.client.lane import DeviceLane
from devices.client.latestframe import LatestFrame
from devices.client.preview import preview
from devices.client.scan import scan
from devices.client.session import CaptureSession
from devices.sbi import capture
from devices.sbi.attributes import LEFT_SLAP, BioType
from devices.sbi.info import VerifiedDevice
from devices.sbi.trust import DeviceTrust
from devices.sbi.verification import CaptureVerifier, Expectation
from devices.simulator import Simulator, SimulatorConfig
from packet.crypto import jws

PREVIEW_S = 3.0
SLOW_CONSUMER_S = 0.2


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def milliseconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def compared(rounds: int, ours: Callable[[], object], **floors: Callable[[], object]) -> dict[str, float]:
    """Medians of our work and of each floor, interleaved, and our ratio to each."""
    times: dict[str, list[float]] = {"ours": [], **{name: [] for name in floors}}
    for _ in range(rounds):
        times["ours"].append(milliseconds(ours))
        for name, floor in floors.items():
            times[name].append(milliseconds(floor))
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratios = {f"ratio to {name}": medians["ours"] / medians[name] for name in floors}
    return {**{f"{name} ms": value for name, value in medians.items()}, **ratios}


def closed_ports() -> range:
    """A hundred ports on which nothing listens."""
    return next(r for r in (range(s, s + 100) for s in range(20_000, 60_000, 100)) if not any(map(_is_open, r)))


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def discovery(rounds: int, simulator: Simulator, trust: DeviceTrust) -> dict[str, dict[str, float]]:
    """A search of a hundred ports, without and with a service that has three devices."""
    free = closed_ports()
    ports = [*free[:99], simulator.port]
    return {
        "search of 100 closed ports": compared(
            rounds, lambda: scan(trust, now, free), **{"bare connections": lambda: [_is_open(port) for port in free]}
        ),
        "search of 100 ports with one service of three devices": compared(
            rounds, lambda: scan(trust, now, ports), **{"bare connections": lambda: [_is_open(port) for port in ports]}
        ),
    }


def verification(rounds: int, device: VerifiedDevice, trust: DeviceTrust) -> dict[str, float]:
    """All checks of four fingers."""
    request = capture.CaptureRequest(
        "Staging", 5000, now(), "bench-1", BioType.FINGER, 4, 40, device.device_id, LEFT_SLAP.sub_id
    )
    body = asyncio.run(calls.capture_registration(device.port, request))
    expected = Expectation(request, device, frozenset(LEFT_SLAP.attributes), frozenset(), now())
    elements = capture.parse_response(body)
    tokens = [jws.parse(element.data) for element in elements]
    inner = [jws.parse(orjson.loads(token.payload)["digitalId"]) for token in tokens]
    signed = [(_key(token), token.signature, token.signing_input) for token in (*tokens, *inner)]
    records = [urlsafe_b64decode(orjson.loads(token.payload)["bioValue"] + "==") for token in tokens]

    def crypto() -> None:
        for key, signature, data in signed:
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        for record in records:
            hashlib.sha256(record).digest()

    def crypto_and_decoding() -> None:
        crypto()
        for element in orjson.loads(body)["biometrics"]:
            payload = urlsafe_b64decode(element["data"].split(".")[1] + "==")
            urlsafe_b64decode(orjson.loads(payload)["bioValue"] + "==")

    def ours() -> None:
        CaptureVerifier(trust).verify(capture.parse_response(body), expected, now())

    figures = compared(rounds * 4, ours, **{"RSA and SHA-256": crypto, "RSA, SHA-256, JSON and base64": crypto_and_decoding})
    return {"body bytes": len(body), **figures}


def _key(token: jws.Jws) -> rsa.RSAPublicKey:
    key = token.leaf.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("devices sign with RSA")
    return key


def frames(device: VerifiedDevice, pause_s: float) -> dict[str, float]:
    """A preview of some seconds with a consumer that rests after every picture."""
    place, ages = LatestFrame(), []
    with DeviceLane() as lane:
        begin = time.monotonic()
        job = lane.submit("the preview", lambda _: preview(device, "1", place, 60_000))
        while time.monotonic() - begin < PREVIEW_S:
            frame = place.wait(1)
            ages.append(0 if frame is None else frame.number)
            threading.Event().wait(pause_s)
        told = time.monotonic()
        job.cancel()
        place.wait(1)
        stopped_ms = (time.monotonic() - told) * 1000
    counts = place.counts
    return {
        "received a second": counts.received / PREVIEW_S, "taken a second": counts.taken / PREVIEW_S, "dropped": counts.dropped,
        "capped": counts.capped, "refused": counts.refused, "stopped after ms": stopped_ms,
    }  # fmt: skip


def captures(rounds: int, device: VerifiedDevice, trust: DeviceTrust) -> dict[str, float]:
    """Left slap captures through the whole client; the first one draws the person."""
    session = CaptureSession(trust, "Staging", now)
    times = [milliseconds(lambda: session.capture(device, LEFT_SLAP.attributes, threshold=40)) for _ in range(rounds + 1)]
    return {"first ms": times[0], "later ms (median)": statistics.median(times[1:]), "later ms (best)": min(times[1:])}


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Simulator(SimulatorConfig(port=0)) as simulator:
        trust = DeviceTrust(simulator.device_trust_store(), simulator.ftm_trust_store())
        device = scan(trust, now, [simulator.port]).of_type(BioType.FINGER)[0]
        results: dict[str, dict[str, Any]] = {
            "capture of four fingers by the simulator": captures(options.rounds, device, trust)
        }
        results.update(discovery(options.rounds, simulator, trust))
        results["verification of four fingers"] = verification(options.rounds, device, trust)
        results["preview, consumer takes all"] = frames(device, 0)
        results["preview, consumer takes five a second"] = frames(device, SLOW_CONSUMER_S)
    if options.json:
        print(json.dumps(results, indent=2))
        return 0
    for name, figures in results.items():
        print(name)
        for what, value in figures.items():
            print(f"  {value:>12,.2f}  {what}" if isinstance(value, float) else f"  {value:>12,}  {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
