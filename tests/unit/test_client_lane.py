"""One thread talks to devices: in turn, to be given up at any time, and never taking the program down."""

from __future__ import annotations

import asyncio
import threading

import pytest

from devices.client.lane import DeviceLane, JobContext
from devices.sbi.errors import DeviceCancelledError, DeviceGoneError


def test_jobs_run_in_one_thread_one_after_the_other() -> None:
    events: list[str] = []
    threads: set[str] = set()

    def work(name: str):  # type: ignore[no-untyped-def]
        async def run(_context: JobContext) -> str:
            threads.add(threading.current_thread().name)
            events.append(f"{name} begins")
            await asyncio.sleep(0)
            events.append(f"{name} ends")
            return name

        return run

    with DeviceLane() as lane:
        jobs = [lane.submit("a job", work(name)) for name in ("one", "two", "three")]
        assert [job.result(5) for job in jobs] == ["one", "two", "three"]
    assert events == [f"{name} {what}" for name in ("one", "two", "three") for what in ("begins", "ends")]
    assert threads == {"device"}


def test_a_job_beside_does_not_wait_and_is_not_waited_for() -> None:
    async def endless(_context: JobContext) -> None:
        await asyncio.Event().wait()

    async def quick(_context: JobContext) -> int:
        return 7

    with DeviceLane() as lane:
        preview = lane.submit("the preview", endless, is_beside=True)
        assert lane.submit("the capture", quick).result(5) == 7
        blocking = lane.submit("the capture", endless)
        assert lane.submit("a preview", quick, is_beside=True).result(5) == 7
        blocking.cancel()
        preview.cancel()
        for job in (blocking, preview):
            with pytest.raises(DeviceCancelledError):
                job.result(5)


def test_a_job_that_waits_for_its_turn_can_be_given_up() -> None:
    async def endless(_context: JobContext) -> None:
        await asyncio.Event().wait()

    ran = []

    async def late(_context: JobContext) -> None:
        ran.append(1)

    with DeviceLane() as lane:
        first = lane.submit("a job", endless)
        waiting = lane.submit("a job", late)
        waiting.cancel()
        first.cancel()
        assert lane.submit("a job", late).result(5) is None
    assert ran == [1]


def test_progress_results_and_errors_are_told() -> None:
    steps: list[str] = []
    ended = threading.Event()

    async def failing(context: JobContext) -> None:
        context.report("searching")
        raise DeviceGoneError(type="Iris", serial_no="S", port=1)

    with DeviceLane() as lane:
        job = lane.submit("a job", failing, progress=steps.append)
        job.when_done(lambda _job: ended.set())
        with pytest.raises(DeviceGoneError):
            job.result(5)
        assert ended.wait(5)
        assert job.is_done
    assert steps == ["searching"]


def test_an_unforeseen_error_ends_its_job_and_not_the_lane() -> None:
    async def broken(_context: JobContext) -> None:
        raise ZeroDivisionError

    async def good(_context: JobContext) -> int:
        return 1

    with DeviceLane() as lane:
        with pytest.raises(ZeroDivisionError):
            lane.submit("a job", broken).result(5)
        assert lane.submit("a job", good).result(5) == 1


def test_the_end_of_the_lane_ends_its_jobs() -> None:
    cleaned = threading.Event()

    async def endless(_context: JobContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    begun = threading.Event()

    async def marked(context: JobContext) -> None:
        begun.set()
        await endless(context)

    with DeviceLane() as lane:
        job = lane.submit("a job", marked)
        assert begun.wait(5)
    assert cleaned.is_set()
    with pytest.raises(DeviceCancelledError):
        job.result(5)
    lane.stop()
    with pytest.raises(RuntimeError):
        lane.submit("a job", endless)
