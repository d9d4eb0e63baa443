"""The worker as a process: bounded, killable, replaced, and never answering with anything but a name."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import img2pdf  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from devices.documents.intake import Intake, TakenFile, read_bytes, read_file
from devices.documents.intake_errors import (
    FileEmptyError,
    FileNeedsTooLongError,
    FileNeedsTooMuchMemoryError,
    FileRefusedError,
    FileTooLargeError,
    FileUnreadableError,
    IntakeCancelledError,
    IntakeError,
    KindUnknownError,
    NotAFileError,
    NotWhatItsNameSaysError,
    ReaderDiedError,
    ReaderNotStartedError,
    ReaderSpokeNonsenseError,
)
from devices.documents.intake_frames import PREFIX, BrokenFrameError, frame_of, lengths_of, start_of
from devices.documents.intake_limits import IntakeLimits
from devices.documents.model import PageImage, PdfDocument

LIMITS = replace(IntakeLimits(), deadline_s=20.0)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="bounds of POSIX systems")


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (90, 70)) -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(out, kind)
    return out.getvalue()


GOOD = {
    "jpg": picture("JPEG"),
    "png": picture("PNG", "RGBA"),
    "tif": picture("TIFF", "1"),
    "bmp": picture("BMP"),
    "webp": picture("WEBP"),
    "pdf": img2pdf.convert(picture("JPEG", size=(400, 500))),
}


@pytest.fixture(scope="module")
def intake() -> Iterator[Intake]:
    with Intake(LIMITS) as running:
        yield running


@pytest.mark.parametrize("ending", list(GOOD))
def test_good_files_are_taken(intake: Intake, ending: str) -> None:
    taken = intake.take(GOOD[ending], f"Jane Roe.{ending}", "file")
    if isinstance(taken.content, PdfDocument):
        assert taken.content.data == GOOD[ending]
        assert (taken.content.page_count, taken.content.can_be_merged) == (1, True)
        assert taken.preview is not None
    else:
        (page,) = taken.content
        assert (page.width_px, page.height_px, page.source_name) == (90, 70, "file")
        with Image.open(io.BytesIO(page.data)) as opened:
            assert opened.size == (90, 70)
    assert "Jane" not in repr(taken)


def test_refusals_come_back_by_name_without_the_name_of_the_file(intake: Intake) -> None:
    with pytest.raises(NotWhatItsNameSaysError) as refused:
        intake.take(GOOD["jpg"], "Jane Roe.pdf")
    assert refused.value.message == "The file's name says PDF, but its content is JPEG."
    assert "Jane" not in str(refused.value.diagnostics())


def test_a_worker_is_used_again(intake: Intake) -> None:
    intake.take(GOOD["jpg"])
    first = intake.worker_pid
    with pytest.raises(KindUnknownError):
        intake.take(b"nothing")
    intake.take(GOOD["pdf"])
    assert intake.worker_pid == first is not None


@POSIX
def test_a_worker_gives_up_what_it_does_not_need(intake: Intake) -> None:
    intake.take(GOOD["jpg"])
    assert {"core", "written files", "memory", "processes", "descriptors"} <= set(intake.confined)


@POSIX
@pytest.mark.parametrize(
    "forbidden",
    ["open('/etc/hostname')", "socket.socket()", "bytearray(1 << 30)", "subprocess.run(['true'])", "os.pipe()"],
)
def test_what_was_given_up_cannot_be_done(forbidden: str) -> None:
    code = f"""
import os, socket, subprocess
from devices.documents.intake_worker import confine
confine(1 << 30)
try:
    {forbidden}
except (OSError, MemoryError):
    os._exit(7)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


@POSIX
def test_memory_is_bounded() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (7000, 7000)).save(out, "PNG", compress_level=1)
    with Intake(replace(LIMITS, memory_bytes=350_000_000)) as small:
        with pytest.raises(FileNeedsTooMuchMemoryError):
            small.take(out.getvalue())
        assert isinstance(small.take(GOOD["png"]), TakenFile)


@POSIX
@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("CMYK", "TIFF"), ("I;16", "PNG"), ("RGB", "JPEG")])
def test_the_largest_picture_that_is_accepted_fits_into_the_memory_bound(intake: Intake, mode: str, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    options: dict[str, object] = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
    Image.new(mode, (7000, 7142)).save(out, kind, exif=exif, **options)
    (page,) = _pages(intake.take(out.getvalue()))
    assert (page.width_px, page.height_px) == (7142, 7000)


def _pages(taken: TakenFile) -> tuple[PageImage, ...]:
    assert isinstance(taken.content, tuple)
    return taken.content


@POSIX
def test_killed_while_reading_is_named_and_the_next_file_is_taken() -> None:
    with Intake(LIMITS) as intake:
        intake.take(GOOD["jpg"])
        pid = intake.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        errors: list[IntakeError] = []
        reader = threading.Thread(target=lambda: errors.append(_error(intake, GOOD["pdf"])))
        reader.start()
        os.kill(pid, signal.SIGKILL)
        reader.join(30)
        assert [type(error) for error in errors] == [ReaderDiedError]
        assert errors[0].params == {"status": -9}
        intake.take(GOOD["pdf"])
        assert intake.worker_pid != pid


def _error(intake: Intake, data: bytes) -> IntakeError:
    with pytest.raises(IntakeError) as raised:
        intake.take(data)
    return raised.value


@POSIX
def test_a_worker_that_does_not_answer_is_ended_at_the_deadline() -> None:
    with Intake(replace(LIMITS, deadline_s=0.3)) as intake:
        intake.take(GOOD["jpg"])
        pid = intake.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        assert isinstance(_error(intake, GOOD["bmp"] * 100), FileNeedsTooLongError)
        assert not Path(f"/proc/{pid}").exists()
    with Intake(LIMITS) as intake:
        assert intake.take(GOOD["jpg"])


@POSIX
def test_giving_up_ends_the_reading() -> None:
    with Intake(LIMITS) as intake:
        intake.take(GOOD["jpg"])
        pid = intake.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        errors: list[IntakeError] = []
        reader = threading.Thread(target=lambda: errors.append(_error(intake, GOOD["jpg"])))
        reader.start()
        while reader.is_alive():
            intake.cancel()
            reader.join(0.05)
        assert [type(error) for error in errors] == [IntakeCancelledError]
        assert intake.take(GOOD["jpg"])


def test_a_worker_is_replaced_after_many_files() -> None:
    with Intake(replace(LIMITS, files_per_worker=2)) as intake:
        pids = []
        for _ in range(3):
            intake.take(GOOD["png"])
            pids.append(intake.worker_pid)
        assert pids[0] == pids[1] != pids[2]


def test_closed_leaves_no_process_and_may_start_again() -> None:
    intake = Intake(LIMITS)
    intake.take(GOOD["png"])
    intake.close()
    assert intake.worker_pid is None
    assert intake.take(GOOD["png"])
    intake.close()


def fake(script: str) -> tuple[str, ...]:
    """A worker that says its first word and then does something else."""
    hello = start_of({"confined": []}, [])
    return (sys.executable, "-I", "-c", f"import sys, os\nout = sys.stdout.buffer\nout.write({hello!r}); out.flush()\n{script}")


READ = "os.read(0, 1000)\n"
NO_FRAMES = [
    b"\xff" * 12,
    PREFIX.pack(4, 0) + b"nope",
    PREFIX.pack(2, 0) + b"[]",
    PREFIX.pack(13, 3) + b'{"blocks":[]}abc',
    PREFIX.pack(2, 0) + b"{}",
    start_of({}, []),
    start_of({"kind": "office document or archive", "pages": []}, []),
    start_of({"kind": "JPEG", "pages": [{"format": "jpeg", "width": 9, "height": 9, "dpi": None}]}, [b"GIF89a"]) + b"GIF89a",
    start_of({"kind": "JPEG", "pages": [{"format": "exe", "width": 9, "height": 9, "dpi": None}]}, [b"MZ"]) + b"MZ",
    start_of({"kind": "JPEG", "pages": [{"format": "jpeg", "width": 10**9, "height": 9, "dpi": None}]}, [b"\xff\xd8\xff"])
    + b"\xff\xd8\xff",
    start_of({"kind": "PDF", "sizes": [], "signed": False}, []),
    start_of({"refused": "INTAKE-PDF-SCRIPT", "params": {"x": "y" * 1000}}, []),
    start_of({"refused": "KEY-STOLEN", "params": {}}, []),
]


@pytest.mark.parametrize("answer", NO_FRAMES, ids=range(len(NO_FRAMES)))
def test_a_worker_that_was_taken_over_cannot_make_us_believe_anything(answer: bytes) -> None:
    script = READ + f"out.write({answer!r}); out.flush(); os.read(0, 1000); os.read(0, 1)"
    with Intake(LIMITS, fake(script)) as intake, pytest.raises(ReaderSpokeNonsenseError):
        intake.take(GOOD["jpg"])


def test_a_worker_that_ends_is_named() -> None:
    with Intake(LIMITS, fake(READ + "sys.exit(3)")) as intake, pytest.raises(ReaderDiedError) as died:
        intake.take(GOOD["jpg"])
    assert died.value.params == {"status": 3}


@pytest.mark.parametrize("command", [("/nowhere/python",), (sys.executable, "-c", "raise SystemExit(1)"), ("/",)])
def test_a_worker_that_cannot_start_is_named(command: tuple[str, ...]) -> None:
    with Intake(LIMITS, command) as intake, pytest.raises(ReaderNotStartedError):
        intake.take(GOOD["jpg"])


@POSIX
def test_processor_time_is_bounded() -> None:
    busy = READ + "import signal; os.kill(os.getpid(), signal.SIGXCPU)"
    with Intake(LIMITS, fake(busy)) as intake, pytest.raises(FileNeedsTooLongError):
        intake.take(GOOD["jpg"])


def test_sizes_are_checked_before_anything_else(intake: Intake, tmp_path: Path) -> None:
    with pytest.raises(FileEmptyError):
        intake.take(b"", "a.jpg")
    with pytest.raises(FileTooLargeError):
        intake.take(b"%PDF-" + bytes(LIMITS.most_pdf_bytes), "a.pdf")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LIMITS.most_file_bytes + 1)
    with pytest.raises(FileTooLargeError):
        read_bytes(large)


def test_paths_that_are_no_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotAFileError):
        read_bytes(tmp_path)
    with pytest.raises(FileUnreadableError) as missing:
        read_bytes(tmp_path / "Jane Roe.pdf")
    assert "Jane" not in str(missing.value.diagnostics())
    with pytest.raises(FileUnreadableError):
        read_bytes(Path("a\0b"))
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(NotAFileError):
            read_bytes(tmp_path / "pipe")
        with pytest.raises(NotAFileError):
            read_bytes(Path("/dev/zero"))


def test_a_file_is_read_from_its_path(tmp_path: Path, intake: Intake) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(GOOD["jpg"])
    assert isinstance(intake.take_path(path).content, tuple)
    assert isinstance(read_file(path), tuple)
    assert isinstance(read_file(GOOD["pdf"], "a.pdf"), PdfDocument)


FUZZ = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STARTS = [
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"II*\0\x08\0\0\0",
    b"MM\0*",
    b"BM\0\0\0\0\0\0\0\0",
    b"RIFF\0\0\0\0WEBP",
    b"%PDF-1.4\n",
]


@FUZZ
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400))
def test_random_bytes_are_answered_by_name(intake: Intake, start: bytes, rest: bytes) -> None:
    _answered(intake, start + rest)


@FUZZ
@given(ending=st.sampled_from(list(GOOD)), seed=st.integers(0, 2**32))
def test_changed_good_files_are_answered_by_name(intake: Intake, ending: str, seed: int) -> None:
    _answered(intake, changed(GOOD[ending], seed))


def changed(data: bytes, seed: int) -> bytes:
    """Some bytes set, a piece left out, doubled or cut off."""
    chance, out = random.Random(seed), bytearray(data)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(out))
        match chance.randrange(5):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                out[at] ^= 1 << chance.randrange(8)
            case 2:
                out[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"9999"])
            case 3:
                del out[at : at + chance.randint(1, 40)]
            case _:
                out[at:at] = out[at : at + chance.randint(1, 40)]
        if len(out) < 20:
            break
    return bytes(out)


def _answered(intake: Intake, data: bytes) -> None:
    """Taken, or refused by the worker itself: it neither dies nor needs too long for anything of this size."""
    try:
        taken = intake.take(data)
    except (FileRefusedError, FileNeedsTooMuchMemoryError):
        return
    assert taken.content


@given(st.binary(min_size=PREFIX.size, max_size=PREFIX.size), st.binary(max_size=60), st.binary(max_size=20))
def test_no_frame_does_more_than_break(prefix: bytes, header: bytes, blocks: bytes) -> None:
    with pytest.raises(BrokenFrameError):
        lengths_of(prefix, 0) and frame_of(header, blocks)


@given(st.lists(st.binary(max_size=20), max_size=4))
def test_frames_come_back_as_they_were_sent(blocks: list[bytes]) -> None:
    sent = start_of({"a": 1}, blocks)
    header_bytes, blocks_bytes = lengths_of(sent[: PREFIX.size], 1000)
    assert len(sent) == PREFIX.size + header_bytes
    assert frame_of(sent[PREFIX.size :], b"".join(blocks)).blocks == tuple(blocks)
    assert blocks_bytes == sum(map(len, blocks))
