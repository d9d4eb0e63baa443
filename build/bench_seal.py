"""Measures sealing one packet against the bare primitives on the same bytes, in the same process.

    python build/bench_seal.py [--rounds 21] [--json]

The packet: ten fingers, two irises and a face of 2.5 MB together, and a document of 0.6 MB. One round seals it, with everything
that belongs to it (rules, schema validation, hashes, three sub-packets, two layers of encryption, the file synced to disk), and
then does the bare primitives: DEFLATE with the same engine, SHA-256, AES-256-GCM, RSA, and write with fsync. Rounds of both are
interleaved, medians are compared. Memory is measured in processes of its own.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import packet.builder as builder_module  # noqa: E402
import packet.sealing as sealing_module  # noqa: E402
from packet import subpacket  # noqa: E402
from packet.bioattributes import EYES, FINGERS  # noqa: E402
from packet.builder import build  # noqa: E402
from packet.buildoptions import BuildOptions  # noqa: E402
from packet.cbeff import PIECE_BYTES  # noqa: E402
from packet.crypto import hybrid  # noqa: E402
from packet.deflate import DeflateEngine, deflate  # noqa: E402
from packet.encoding import sha256  # noqa: E402
from packet.files import write_new  # noqa: E402
from packet.keys.base import MachineKey, MachineKeyKind  # noqa: E402
from packet.keys.errors import MachineKeyError  # noqa: E402
from packet.keys.opening import open_machine_key  # noqa: E402
from packet.models import BioAttribute, FieldBiometrics, PacketSpec, SealedPacket  # noqa: E402
from tests.support.devicelab import DeviceLab, iso_record, lab_certificate, lab_key  # noqa: E402
from tests.support.specs import CAPTURED_AT, CREATED_AT, PDF, document, machine_key, new_spec  # noqa: E402

ATTRIBUTES = (*FINGERS, *EYES, BioAttribute.FACE)
BIOMETRIC_BYTES = 2_500_000
DOCUMENT_BYTES = 600_000


def big_spec() -> PacketSpec:
    """A NEW registration of the size at which real ones are."""
    lab = DeviceLab(CAPTURED_AT)
    share = BIOMETRIC_BYTES // len(ATTRIBUTES)
    captured = tuple(lab.captured(attribute, record=_record(attribute, share)) for attribute in ATTRIBUTES)
    paper = document(content=PDF + os.urandom(DOCUMENT_BYTES - len(PDF)))
    return new_spec(
        biometrics={"individualBiometrics": FieldBiometrics(ATTRIBUTES, captured)}, documents={"proofOfIdentity": paper}
    )


def _record(attribute: BioAttribute, size_bytes: int) -> bytes:
    """A lossless JPEG 2000 of noise, which no deflater can shorten, of about that many bytes."""
    components = 3 if attribute is BioAttribute.FACE else 1
    side = int((size_bytes / components) ** 0.5)
    record = iso_record(attribute, CAPTURED_AT, size=(side, side), noise=1.0)
    side = int(side * (size_bytes / len(record)) ** 0.5)
    return iso_record(attribute, CAPTURED_AT, size=(side, side), noise=1.0)


def seal(spec: PacketSpec, key: MachineKey, engine: DeflateEngine) -> SealedPacket:
    """One packet, with real entropy."""
    return build(
        spec,
        machine_key=key,
        certificate=lab_certificate("packet"),
        clock=lambda: CREATED_AT,
        entropy=os.urandom,
        options=BuildOptions(deflate_engine=engine),
    )


@dataclass
class Bytes:
    """The bytes on which the primitives work: those of one real packet."""

    entries: list[bytes] = field(default_factory=list)
    hashed: list[bytes] = field(default_factory=list)
    plain: list[bytes] = field(default_factory=list)
    encrypted: list[bytes] = field(default_factory=list)
    packet: bytes = b""


def record_bytes(spec: PacketSpec, engine: DeflateEngine) -> Bytes:
    """Seals once and keeps what every stage worked on."""
    found = Bytes()
    write_zip = subpacket.write_zip

    def keep_entries(plan: Any, at: Any, how: DeflateEngine, digests: Any) -> bytes:
        contents = [b"".join(entry.pieces()) for entry in plan.entries]
        found.hashed += contents
        found.entries += [*contents, plan.meta_text]
        return write_zip(plan, at, how, digests)

    def keep_pieces(pieces: Any, certificate: Any, entropy: Any) -> bytes:
        found.plain.append(b"".join(pieces))
        found.encrypted.append(hybrid.encrypt(found.plain[-1], certificate, entropy))
        return found.encrypted[-1]

    def keep_encrypted(plain: bytes, certificate: Any, entropy: Any) -> bytes:
        return keep_pieces((plain,), certificate, entropy)

    with _replaced(
        (sealing_module, "write_zip", keep_entries),
        (sealing_module, "encrypt", keep_encrypted),
        (builder_module, "encrypt_pieces", keep_pieces),
    ):
        found.packet = seal(spec, machine_key(), engine).data
    return found


@contextmanager
def _replaced(*replacements: tuple[ModuleType, str, Callable[..., Any]]) -> Iterator[None]:
    originals = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    try:
        for module, name, by in replacements:
            setattr(module, name, by)
        yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


def primitives(data: Bytes, key: MachineKey, engine: DeflateEngine, folder: Path) -> dict[str, float]:
    """Seconds that the bare primitives take on the packet's bytes. A TPM's signature is a primitive that only it has."""
    public, private = lab_key("packet").public_key(), lab_key("machine")
    sign = (
        key.sign
        if key.kind is MachineKeyKind.TPM
        else partial(private.sign, padding=padding.PKCS1v15(), algorithm=hashes.SHA256())
    )
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    aes = AESGCM(os.urandom(32))
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        seconds[name] = time.perf_counter() - start

    timed("deflate", lambda: [list(deflate(_pieces(entry), engine)) for entry in data.entries])
    timed("sha256", lambda: [sha256(item) for item in (*data.hashed, *data.encrypted[:-1], data.packet)])
    timed("aes-gcm", lambda: [aes.encrypt(b"0" * 12, plain, b"0" * 32) for plain in data.plain])
    timed("rsa-oaep", lambda: [public.encrypt(b"0" * 32, oaep) for _ in data.plain])
    timed("rsa-sign", lambda: [sign(plain) for plain in data.plain[:-1]])
    timed("write+fsync", lambda: _write(folder / "floor", data.packet))
    (folder / "floor").unlink()
    return seconds


def _pieces(data: bytes) -> list[memoryview]:
    """Of the size at which compressing is fastest."""
    return [memoryview(data)[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES)]


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def time_sealing(spec: PacketSpec, key: MachineKey, engine: DeflateEngine, folder: Path) -> float:
    """Seconds from values to a synced file."""
    start = time.perf_counter()
    packet = seal(spec, key, engine)
    write_new(folder / packet.file_name, packet.data)
    seconds = time.perf_counter() - start
    (folder / packet.file_name).unlink()
    return seconds


STAGES = (
    (builder_module, "_plan", "cbeff, meta, rules"),
    (sealing_module, "digest_entries", "data hash (beside)"),
    (sealing_module, "write_zip", "zip"),
    (sealing_module, "encrypt", "encrypt inner"),
    (sealing_module, "sha256", "stored hash (beside)"),
    (builder_module, "seal_sub_packets", "sub-packets, all"),
    (builder_module, "_outer_zip", "outer zip"),
    (builder_module, "encrypt_pieces", "encrypt outer"),
    (builder_module, "digest_as_plain_text", "packet hash"),
)


def stages(spec: PacketSpec, engine: DeflateEngine) -> dict[str, float]:
    """Seconds of each stage of one sealing. Some run beside others, so the sum may be more than the whole."""
    seconds = dict.fromkeys((shown for _, _, shown in STAGES), 0.0)

    def timer(shown: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **named)
            finally:
                seconds[shown] += time.perf_counter() - start

        return run

    with _replaced(*((module, name, timer(shown, getattr(module, name))) for module, name, shown in STAGES)):
        seal(spec, machine_key(), engine)
    return seconds


def memory_in_python(engine: DeflateEngine) -> dict[str, float]:
    """Peak of traced memory above the inputs while sealing, as a multiple of the packet. Runs in a process of its own."""
    spec = big_spec()
    seal(new_spec(), machine_key(), engine)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    packet = seal(spec, machine_key(), engine)
    peak = tracemalloc.get_traced_memory()[1] - before
    return {"peak_bytes": peak, "packet_bytes": len(packet.data)}


def memory_of_process(engine: DeflateEngine) -> dict[str, float]:
    """Growth of the greatest resident size while sealing. Runs in a process of its own, after a small packet.

    What making the inputs left free in the heap is given back first: reused, it would hide memory that sealing needs.
    """
    spec = big_spec()
    seal(new_spec(), machine_key(), engine)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    packet = seal(spec, machine_key(), engine)
    return {"peak_bytes": _status("VmHWM") - before, "packet_bytes": len(packet.data)}


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _in_own_process(what: str, engine: DeflateEngine) -> dict[str, float]:
    command = [sys.executable, __file__, "--memory", what, "--engine", engine.value]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def measure(rounds: int, engine: DeflateEngine, key: MachineKey) -> dict[str, Any]:
    """All figures of one engine and key."""
    spec = big_spec()
    data = record_bytes(spec, engine)
    whole: list[float] = []
    cpu: list[float] = []
    floor_cpu: list[float] = []
    floors: list[dict[str, float]] = []
    parts: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = Path(name)
        time_sealing(spec, key, engine, folder)
        for _ in range(rounds):
            start = time.process_time()
            whole.append(time_sealing(spec, key, engine, folder))
            middle = time.process_time()
            floors.append(primitives(data, key, engine, folder))
            cpu.append(middle - start)
            floor_cpu.append(time.process_time() - middle)
            parts.append(stages(spec, engine))
    floor = statistics.median(sum(one.values()) for one in floors)
    return {
        "engine": engine.value,
        "key": key.name,
        "rounds": rounds,
        "packet_bytes": len(data.packet),
        "seal_ms": 1000 * statistics.median(whole),
        "seal_min_ms": 1000 * min(whole),
        "floor_ms": 1000 * floor,
        "floor_min_ms": 1000 * min(sum(one.values()) for one in floors),
        "ratio": statistics.median(whole) / floor,
        "cpu_ratio": statistics.median(cpu) / statistics.median(floor_cpu),
        "stages_ms": {name: 1000 * statistics.median(one[name] for one in parts) for name in parts[0]},
        "primitives_ms": {name: 1000 * statistics.median(one[name] for one in floors) for name in floors[0]},
    }


def memory(engine: DeflateEngine) -> dict[str, float]:
    """Peaks as multiples of the packet's size."""
    traced, resident = _in_own_process("traced", engine), _in_own_process("resident", engine)
    return {
        "traced_multiple": traced["peak_bytes"] / traced["packet_bytes"],
        "resident_multiple": resident["peak_bytes"] / resident["packet_bytes"],
    }


def main() -> None:
    """Measures and prints."""
    arguments = _arguments()
    if arguments.memory:
        measured = memory_in_python if arguments.memory == "traced" else memory_of_process
        print(json.dumps(measured(DeflateEngine(arguments.engine))))
        return
    results = [measure(arguments.rounds, engine, machine_key()) for engine in DeflateEngine]
    for result, engine in zip(results, DeflateEngine, strict=True):
        result["memory"] = memory(engine)
    emulated = _with_libtpms(arguments.rounds)
    if isinstance(emulated, dict):
        results.append(emulated)
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    for result in results:
        _print(result)
    if isinstance(emulated, str):
        print(emulated)


def _with_libtpms(rounds: int) -> dict[str, Any] | str:
    """The figures with a TPM that is emulated in this process, or why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            key = open_machine_key(f"libtpms:{folder}/state")
        except MachineKeyError as error:
            return f"not measured with libtpms: {error.message}"
        with key:
            return measure(rounds, DeflateEngine.ISAL, key)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--memory", choices=["traced", "resident"], help=argparse.SUPPRESS)
    parser.add_argument("--engine", default=DeflateEngine.ISAL.value, help=argparse.SUPPRESS)
    return parser.parse_args()


def _print(result: dict[str, Any]) -> None:
    print(f"{result['engine']}, {result['key']}, {result['rounds']} rounds, packet of {result['packet_bytes']:,} bytes")
    print(f"  seal  {result['seal_ms']:7.1f} ms (best {result['seal_min_ms']:.1f})")
    print(
        f"  floor {result['floor_ms']:7.1f} ms (best {result['floor_min_ms']:.1f})   ratio {result['ratio']:.2f}"
        f" (processor time {result['cpu_ratio']:.2f})"
    )
    for title in ("stages_ms", "primitives_ms"):
        print(f"  {title.removesuffix('_ms')}: " + ", ".join(f"{name} {ms:.1f}" for name, ms in result[title].items()))
    if "memory" in result:
        figures = result["memory"]
        print(f"  memory: {figures['traced_multiple']:.2f} x packet traced, {figures['resident_multiple']:.2f} x resident")
    print()


if __name__ == "__main__":
    main()
