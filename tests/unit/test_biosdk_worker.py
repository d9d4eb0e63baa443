"""C code that dies, hangs or prints in the worker process is a named error, and the next call works again."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.biosdk.errors import NotEnoughDetailError, SdkCrashedError, SdkTimeoutError
from devices.biosdk.worker import Worker
from devices.biosdk.workerframes import read_frame, write_frame

COMMAND = (sys.executable, "-m", "devices.biosdk.workerprocess", "tests.support.biosdktasks")


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("the test's SDK", COMMAND, timeout_s=30)
    yield made
    made.close()


def test_nothing_is_started_before_the_first_call(worker: Worker) -> None:
    assert worker.pid is None


def test_a_large_content_goes_there_and_back(worker: Worker) -> None:
    content = bytes(range(256)) * 40_000
    assert worker.call("echo", content) == content


def test_a_named_error_arrives_as_itself_with_its_parameters(worker: Worker) -> None:
    with pytest.raises(NotEnoughDetailError) as caught:
        worker.call("refuse", b"abc")
    assert caught.value.params == {"attribute": "leftThumb", "found": 3, "needed": 10}
    assert worker.call("echo", b"still there") == b"still there"


@pytest.mark.parametrize("task", ["die", "raise", "eat", "no such task"])
def test_a_death_is_named_and_the_next_call_starts_anew(worker: Worker, task: str) -> None:
    worker.call("echo", b"")
    before = worker.pid
    with pytest.raises(SdkCrashedError):
        worker.call(task, b"content")
    assert worker.call("echo", b"again") == b"again"
    assert worker.pid != before


def test_what_takes_too_long_is_ended() -> None:
    impatient = Worker("the test's SDK", COMMAND, timeout_s=1.5)
    with pytest.raises(SdkTimeoutError):
        impatient.call("hang", b"")
    assert impatient.pid is None


def test_what_c_code_prints_is_no_answer(worker: Worker) -> None:
    assert worker.call("chatter", b"the answer") == b"the answer"


def test_a_death_leaves_no_image_of_the_memory_on_disk(worker: Worker) -> None:
    assert worker.call("core", b"") == b"(0, 0)"


def test_a_process_that_cannot_be_started_is_named() -> None:
    with pytest.raises(SdkCrashedError):
        Worker("the test's SDK", ("/nowhere/python",), timeout_s=5).call("echo", b"")


@given(st.text("abcdefgh-", max_size=30), st.binary(max_size=200), st.integers(0, 250))
def test_a_message_is_read_as_written_or_not_at_all(word: str, content: bytes, cut: int) -> None:
    stream = io.BytesIO()
    write_frame(stream, word, content)
    data = stream.getvalue()
    assert read_frame(io.BytesIO(data)) == (word, content)
    if cut < len(data):
        assert read_frame(io.BytesIO(data[:cut])) is None


@given(st.binary(max_size=64))
def test_anything_else_is_no_message_and_no_failure(data: bytes) -> None:
    read_frame(io.BytesIO(data))
