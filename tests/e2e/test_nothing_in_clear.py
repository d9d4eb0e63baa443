"""Nothing of a person is in clear: a registration full of marks goes every way there is, then every byte is searched.

What is searched: the data folders with databases, write-ahead logs and free pages; home, temporary and working folders; both
outputs; logs at level DEBUG with all that their records hold; command lines and environments. What is not: blocks of
the disk that no file has any more, the swap space, and the server's own store.
"""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.demo.person import invent
from sandbox import Sandbox, SandboxConfig
from sandbox.config import utc_now
from tests.support.canaryfiles import CERTIFICATE, PACKET_KEY, registration_file
from tests.support.canaryhost import SCENARIOS
from tests.support.canarymarks import (
    ACCESS_TOKEN,
    BACKUP_PASSPHRASE,
    BLOCKED_WORD,
    PASSWORD,
    WRONG_PASSPHRASE,
    WRONG_PASSWORD,
    CanaryPerson,
    paper,
    pictures,
    word,
)
from tests.support.canaryrun import ProcessWatch, Room
from tests.support.canarysearch import SIGNATURES, MarkSearch, report, text_forms, transfer_forms
from tests.support.clerk import MACHINE
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.packetopener import decrypt, unzip
from tests.support.sandbox_client import OFFICER, PASSWORDS, SandboxClient
from tests.support.specs import machine_key

PERSON, OTHER_PERSON = CanaryPerson(), CanaryPerson(1)
DEMO_SEED = 1


def all_marks() -> dict[str, str]:
    """Every text that must not be found, by what it is."""
    demo = invent(DEMO_SEED)
    secrets = {"password": PASSWORD, "wrong password": WRONG_PASSWORD, "blocked word": BLOCKED_WORD}
    secrets |= {"passphrase": BACKUP_PASSPHRASE, "wrong passphrase": WRONG_PASSPHRASE}
    secrets |= {f"access token, part {number}": part for number, part in enumerate(ACCESS_TOKEN.split("."))}
    typed = {f"typed {label}": word(label) for label in ("one more", "hostile", "paper")}
    shown = {f"demonstration's {name}": text for name, text in demo.texts.items() if name in ("fullName", "phone", "email")}
    other = {f"other {name}": text for name, text in OTHER_PERSON.marks().items()}
    return {**PERSON.marks(), **other, **secrets, **typed, **shown}


@pytest.fixture(scope="module")
def search() -> MarkSearch:
    return MarkSearch(all_marks(), {**pictures(), "paper": paper()})


@pytest.fixture(scope="module")
def places() -> Iterator[tuple[Room, Path]]:
    """The room, and a folder beside it that is not searched: what the user has in clear himself, and the server's store."""
    with tempfile.TemporaryDirectory(prefix="sealdesk-tests-") as inside, tempfile.TemporaryDirectory() as outside:
        yield Room(Path(inside)), Path(outside)


@pytest.fixture(scope="module")
def ran(places: tuple[Room, Path]) -> tuple[Room, ProcessWatch]:
    """The room when everything was done in it."""
    room, outside = places
    passwords = {**PASSWORDS, OFFICER: PASSWORD}
    with (
        Sandbox(SandboxConfig(directory=outside / "server", first_machine_id=MACHINE, passwords=passwords)) as sandbox,
        SandboxClient(sandbox, utc_now) as administrator,
        ProcessWatch() as watch,
        ThreadPoolExecutor(2) as pool,
    ):
        administrator.register("desk-1", machine_key())
        for role in ("device-root", "device-provider"):
            administrator.upload_ca(lab_certificate(role).public_bytes(Encoding.PEM).decode())
        server = {"url": sandbox.url, "realm": sandbox.issuer, "outside": str(outside)}
        doing = [
            pool.submit(room.scenarios, [*SCENARIOS], server),
            pool.submit(room.command, "demo", "demo", "--keep", room.root / "kept"),
            pool.submit(packet_commands, room, outside),
        ]
        for done in doing:
            done.result()
    return room, watch


def packet_commands(room: Room, outside: Path) -> None:
    """`sealdesk packet` on registration files in clear."""
    key = ("--machine-key", f"software:{room.root / 'machine'}")
    public = outside / "machine.json"

    def build(name: str, registration: Path) -> Path:
        out = room.root / "packets" / name
        room.command(f"build-{name}", "packet", "build", registration, "--certificate", CERTIFICATE, *key, "--out", out)
        return next(out.glob("*.zip"), out / "none.zip")

    one = build("one", registration_file(outside / "one", PERSON))
    other = build("other", registration_file(outside / "other", OTHER_PERSON))
    room.command("machine-info", "packet", "machine-info", *key)
    shutil.copy(room.root / "out" / "machine-info.stdout", public)
    opened = ("--packet-key", PACKET_KEY)
    room.command("verify", "packet", "verify", one, *opened, "--certificate", CERTIFICATE, "--machine-public-key", public)
    room.command("verify-json", "packet", "verify", one, *opened, "--machine-public-key", public, "--json")
    room.command("inspect-closed", "packet", "inspect", one)
    room.command("inspect", "packet", "inspect", one, *opened)
    room.command("inspect-json", "packet", "inspect", one, *opened, "--json")
    room.command("diff", "packet", "diff", one, other, *opened)
    room.command("diff-json", "packet", "diff", one, other, *opened, "--json")


def test_everything_was_done(ran: tuple[Room, ProcessWatch]) -> None:
    """Each way was gone to its end: sealed, killed where it should be, refused, failed."""
    room, _ = ran
    expected = {name: code for name, (_, code) in SCENARIOS.items()}
    expected |= dict.fromkeys(("demo", "build-one", "build-other", "machine-info", "verify", "verify-json"), 0)
    expected |= dict.fromkeys(("inspect", "inspect-json", "inspect-closed"), 0) | {"diff": 1, "diff-json": 1}
    assert room.exits == expected
    for name in ("killed-typing", "killed-sealing"):
        assert (room.root / name / "sealdesk.sqlite-wal").stat().st_size > 0


def test_nothing_is_in_clear(ran: tuple[Room, ProcessWatch], search: MarkSearch) -> None:
    room, _ = ran
    found = search.in_tree(room.root)
    assert not found, report(found)


def test_no_command_line_or_environment_tells_anything(ran: tuple[Room, ProcessWatch], search: MarkSearch) -> None:
    _, watch = ran
    read = {(pid, data) for pid, texts in watch.seen.items() for data in texts if data}
    assert any(b"canaryhost" in data for _, data in read)
    assert any(b"sandboxchild" in data for _, data in read)
    assert any(b"verify" in data for _, data in read)
    found = {find for pid, data in read for find in search.in_bytes(data, f"process {pid}")}
    assert not found, report(found)


def test_nothing_is_left_in_temporary_folders(ran: tuple[Room, ProcessWatch]) -> None:
    room, _ = ran
    assert [path.name for path in (room.root / "tmp").iterdir()] == []
    assert [path.name for path in (room.root / "cwd").iterdir()] == []


def test_the_marks_are_in_what_was_sealed(ran: tuple[Room, ProcessWatch], search: MarkSearch) -> None:
    """The search would have found them: in a packet of the day, opened with the server's key, they are all there."""
    room, _ = ran
    with sqlite3.connect(room.root / "each-process" / "sealdesk.sqlite") as connection:
        packets = [row[0] for row in connection.execute("SELECT data FROM packet_content")]
    connection.close()
    assert len(packets) == 4
    found = set()
    for packet in packets:
        for name, content in unzip(decrypt(packet, lab_key("packet"))).items():
            if name.endswith(".zip"):
                found |= {find.mark for find in search.in_bytes(decrypt(content, lab_key("packet")), "packet")}
    texts = ("fullName", "addressLine1", "addressLine2", "addressLine3", "introducerName")
    wanted = {f"{name} {language}" for name in texts for language in ("eng", "ara")}
    wanted |= {"phone", "email", "referenceIdentityNumber", "introducerRID", "birth", "uin", "document_reference"}
    wanted |= {"exception_reason", "blocked word", "paper", "picture of leftIndex", "picture of face", "CBEFF with names"}
    assert wanted - found == set()


# --- the search itself


MARK = CanaryPerson(5).texts["fullName", "ara"]
PICTURE = pictures()["picture of leftIndex"] if "picture of leftIndex" in pictures() else next(iter(pictures().values()))
SMALL = MarkSearch({"name": MARK}, {"picture": PICTURE})


@pytest.mark.parametrize("form", text_forms(MARK))
@pytest.mark.parametrize("shift", range(3))
def test_a_text_is_found_in_every_form(form: str, shift: int, tmp_path: Path) -> None:
    plain = text_forms(MARK)[form]
    for data in (
        plain,
        base64.b64encode(b"x" * shift + plain + b"yz"),
        base64.urlsafe_b64encode(b"x" * shift + plain),
        plain.hex().encode(),
    ):
        (tmp_path / "file").write_bytes(b"before" + data + b"after")
        assert {find.mark for find in SMALL.in_tree(tmp_path)} == {"name"}


@pytest.mark.parametrize("at", [0, 1, 7, 100, 333])
def test_sixteen_bytes_of_a_picture_are_found(at: int) -> None:
    stretch = next(
        PICTURE[start : start + 16] for start in range(at, len(PICTURE)) if len(set(PICTURE[start : start + 16])) > 12
    )
    assert {find.mark for find in SMALL.in_bytes(b"#" * at + stretch + b"#", "bytes")} == {"picture"}
    for encoded in (stretch.hex().encode(), stretch.hex().upper().encode()):
        assert {find.mark for find in SMALL.in_bytes(encoded, "hex")} == {"picture"}
    for shift in range(3):
        assert SMALL.in_bytes(base64.b64encode(b"#" * shift + PICTURE[at : at + 40]), "base64")


@pytest.mark.parametrize("name", SIGNATURES)
def test_other_pictures_and_papers_are_found_by_their_first_bytes(name: str) -> None:
    for data in (SIGNATURES[name], *transfer_forms(SIGNATURES[name]).values()):
        assert name in {find.mark for find in SMALL.in_bytes(b"?" * 9 + data + b"?" * 9, "bytes")}


def in_a_database(path: Path, *, is_deleted: bool) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE t (a TEXT, b BLOB)")
    connection.execute("INSERT INTO t VALUES (?, ?)", (MARK, b"x" * 20_000))
    connection.commit()
    if is_deleted:
        connection.execute("DELETE FROM t")
        connection.commit()
    connection.close()


def across_pages(path: Path) -> None:
    """The first 489 bytes of such a row stand in its leaf, four of them are its header; the rest stands in other pages."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size = 4096")
    connection.execute("CREATE TABLE t (a BLOB)")
    before = b"x" * (485 - len(MARK.encode()) // 2)
    connection.execute("INSERT INTO t VALUES (?)", ((before + MARK.encode()).ljust(12_469, b"x"),))
    connection.commit()
    connection.close()
    assert MARK.encode() not in path.read_bytes()


def in_a_log(path: Path) -> None:
    """A database whose writer was killed: the value stands in the write-ahead log only."""
    connection = sqlite3.connect(path.with_name("whole"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("INSERT INTO t VALUES (?)", (MARK,))
    for end in ("", "-wal"):
        shutil.copy(path.with_name(f"whole{end}"), f"{path}{end}")
    connection.close()
    path.with_name("whole").unlink()


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x" * 1000)
        archive.writestr("b", f"{'y' * 50}{MARK}{'y' * 5000}")


def cut_zip(path: Path) -> None:
    zipped(path)
    os.truncate(path, path.stat().st_size - 60)


def in_an_attribute(path: Path) -> None:
    path.touch()
    try:
        os.setxattr(path, "user.note", MARK.encode())
    except OSError:
        pytest.skip("the file system has no attributes")


PLANTED: dict[str, Callable[[Path], object]] = {
    "a file name": lambda path: path.with_name(MARK).touch(),
    "a folder's name": lambda path: path.with_name(MARK).mkdir(),
    "a link's target": lambda path: path.symlink_to(MARK),
    "an attribute": in_an_attribute,
    "a table": lambda path: in_a_database(path, is_deleted=False),
    "a free page": lambda path: in_a_database(path, is_deleted=True),
    "a value over several pages": across_pages,
    "a write-ahead log": in_a_log,
    "a zip file": zipped,
    "a zip file that is cut": cut_zip,
    "a gzip stream": lambda path: path.write_bytes(b"#" + gzip.compress(b"x" * 70_000 + MARK.encode())),
    "a zlib stream that is cut": lambda path: path.write_bytes(zlib.compress(MARK.encode() + os.urandom(3000))[:-900]),
    "base64 of a zlib stream": lambda path: path.write_bytes(base64.b64encode(zlib.compress(MARK.encode() * 3))),
    "base64 of base64": lambda path: path.write_bytes(base64.b64encode(base64.b64encode(b"x" * 30 + MARK.encode() * 2))),
    "base64 in lines": lambda path: path.write_bytes(base64.encodebytes(b"x" * 50 + MARK.encode() + b"x" * 50)),
}


@pytest.mark.parametrize("where", PLANTED)
def test_a_mark_is_found_in(where: str, tmp_path: Path) -> None:
    PLANTED[where](tmp_path / "file")
    assert {find.mark for find in SMALL.in_tree(tmp_path)} == {"name"}


def test_what_the_search_cannot_see() -> None:
    """Said here, so that nobody believes more: a bare deflate stream, a text with something between its letters."""
    bare = zlib.compressobj(wbits=-15)
    assert not SMALL.in_bytes(bare.compress(MARK.encode()) + bare.flush(), "bare deflate")
    assert not SMALL.in_bytes(" ".join(MARK).encode(), "spaced out")


def test_noise_is_no_find() -> None:
    assert not SMALL.in_bytes(os.urandom(1 << 20), "noise")
