"""Measures making and restoring a backup against bare AES-256-GCM and a synced file of the same bytes, in the same process.

    python build/bench_backup.py [--megabytes 300] [--packet-megabytes 3] [--rounds 3] [--json]

The floor of making one: read the packets from the database, encrypt them in chunks, write, sync. A backup does more on purpose:
it hashes every packet before it writes, hashes the file, reads it back from the medium, opens and checks it. The floor of
restoring: read and decrypt the file once, insert the packets, one transaction each. Memory is the growth of the peak resident
set, with the passphrase's 256 MiB left out (its cost is set to its least).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from app.store.backup import Backups  # noqa: E402
from app.store.localstore import LocalStore  # noqa: E402
from packet.crypto.sealedstream import CHUNK_BYTES  # noqa: E402
from tests.support.backuplab import PASSPHRASE, RECIPIENTS, add_registration, backups, new_store  # noqa: E402


def fill(folder: Path, megabytes: int, packet_megabytes: int) -> LocalStore:
    """A store of random packets."""
    store = new_store(folder)
    for number in range(1, megabytes // packet_megabytes + 1):
        add_registration(store, number, data=os.urandom(packet_megabytes * 1_000_000))
    return store


def bare_backup(store: LocalStore, target: Path) -> None:
    """Read, encrypt, write, sync: nothing checked."""
    cipher = AESGCM(os.urandom(32))
    number = 0
    with target.open("xb", buffering=0) as file:
        for record in store.registrations.all():
            with store.database.read() as connection:
                data = connection.execute(
                    "SELECT data FROM packet_content WHERE packet_id = ?", (record.packet_id,)
                ).fetchone()[0]
            for at in range(0, len(data), CHUNK_BYTES):
                file.write(cipher.encrypt(number.to_bytes(12, "big"), data[at : at + CHUNK_BYTES], b""))
                number += 1
        os.fsync(file.fileno())


def bare_restore(source: Path, store: LocalStore, packet_bytes: int) -> None:
    """Read and insert as many bytes, one transaction for each packet."""
    cipher = AESGCM(bytes(32))
    with source.open("rb", buffering=0) as file:
        number = 0
        while data := file.read(packet_bytes):
            plain = b"".join(
                cipher.encrypt(bytes(12), data[at : at + CHUNK_BYTES], b"")[:-16] for at in range(0, len(data), CHUNK_BYTES)
            )
            with store.database.transaction() as connection:
                connection.execute("INSERT INTO bare (id, data) VALUES (?, ?)", (number, plain))
            number += 1


def timed(work: object) -> float:
    """Seconds of one call."""
    begun = time.perf_counter()
    assert callable(work)  # noqa: S101
    work()
    return time.perf_counter() - begun


def measure(megabytes: int, packet_megabytes: int, rounds: int) -> dict[str, float]:
    """Medians of interleaved rounds."""
    times: dict[str, list[float]] = {"backup": [], "bare_backup": [], "restore": [], "bare_restore": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with fill(folder / "store", megabytes, packet_megabytes) as store:
            for number in range(rounds):
                made = folder / f"made-{number}"
                bare = folder / f"bare-{number}"
                times["bare_backup"].append(timed(lambda target=bare: bare_backup(store, target)))
                times["backup"].append(timed(lambda target=made: backups(store).back_up(target, RECIPIENTS)))
                with new_store(folder / f"floor-{number}") as floor:
                    with floor.database.transaction() as connection:
                        connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB)")
                    work = (bare, floor, packet_megabytes * 1_000_000)
                    times["bare_restore"].append(timed(lambda work=work: bare_restore(*work)))
                with new_store(folder / f"new-{number}") as fresh:
                    archive: Backups = backups(fresh)
                    restore = (archive, made)
                    times["restore"].append(timed(lambda given=restore: given[0].restore(given[1], PASSPHRASE)))
                for path in (made, bare):
                    path.unlink()
                for part in (f"floor-{number}", f"new-{number}"):
                    (folder / part / "sealdesk.sqlite").unlink()
    found = {name: statistics.median(values) for name, values in times.items()}
    return found | {
        "backup_ratio": found["backup"] / found["bare_backup"],
        "restore_ratio": found["restore"] / found["bare_restore"],
    }


def memory(megabytes: int, packet_megabytes: int) -> dict[str, float]:
    """How far the peak of the resident set grew, in bytes, in a process of its own."""
    command = [sys.executable, __file__, "--child", "--megabytes", str(megabytes), "--packet-megabytes", str(packet_megabytes)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(answer)
    return found


def child(megabytes: int, packet_megabytes: int) -> dict[str, float]:
    """Peaks before (the store was filled packet by packet), after a backup and after its restoring."""
    peaks = []
    with tempfile.TemporaryDirectory() as name, fill(Path(name) / "a", megabytes, packet_megabytes) as store:
        peaks.append(_peak_bytes())
        backups(store).back_up(Path(name) / "file", RECIPIENTS)
        peaks.append(_peak_bytes())
        with new_store(Path(name) / "b") as fresh:
            backups(fresh).restore(Path(name) / "file", PASSPHRASE)
        peaks.append(_peak_bytes())
    return {"backup_peak_growth_bytes": peaks[1] - peaks[0], "restore_peak_growth_bytes": peaks[2] - peaks[1]}


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--packet-megabytes", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.megabytes, given.packet_megabytes)))
        return
    found = measure(given.megabytes, given.packet_megabytes, given.rounds) | memory(given.megabytes, given.packet_megabytes)
    if given.json:
        print(json.dumps(found))
        return
    print(f"backup of {given.megabytes} MB in packets of {given.packet_megabytes} MB, medians of {given.rounds} rounds")
    for step in ("backup", "restore"):
        seconds, floor = found[step], found[f"bare_{step}"]
        growth = found[f"{step}_peak_growth_bytes"] / 1e6
        print(f"  {step:8} {seconds:6.2f} s   bare {floor:6.2f} s   ratio {seconds / floor:5.2f}   memory + {growth:.1f} MB")


if __name__ == "__main__":
    main()
