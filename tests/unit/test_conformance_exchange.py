"""No service can hold the check, crash it, or pass for what it is not; and the small parts keep to the protocol."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from devices.client.loop import Cancellation
from devices.conformance import CheckSettings, Outcome, all_cases, check
from devices.conformance.encrypted import NotOpenedError, nonce_and_aad
from devices.conformance.errors import (
    BrokenHttpError,
    ExchangeError,
    LongAnswerError,
    NoDeviceSelectedError,
    NoServiceFoundError,
    SilentServiceError,
    SlowServiceError,
)
from devices.conformance.preview import FRAME_MAX_BYTES, Preview, picture_faults, read_frames
from devices.conformance.request import transaction_id
from devices.conformance.tokens import read_token, url_safe
from devices.conformance.wire import Ask, Reply, is_listening, send
from devices.sbi.attributes import BioType
from devices.sbi.errors import DeviceCancelledError
from tests.support import conformance_service as honest

ASK = Ask(0, "MOSIPDINFO", "/info", deadline_s=0.5, limit_bytes=1000)
Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def listener(behave: Behaviour) -> Iterator[int]:
    """A server of one behaviour; the event tells it that the test is over."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        behave(connection, ended)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join()


def ask(port: int) -> Reply:
    return asyncio.run(send(replace(ASK, port=port)))


def saying(data: bytes) -> Behaviour:
    return lambda connection, _ended: connection.sendall(data)


def dripping(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not ended.wait(0.02):
        connection.sendall(b"x")


def silent(_connection: socket.socket, ended: threading.Event) -> None:
    ended.wait(5)


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        (silent, SlowServiceError),
        (dripping, SlowServiceError),
        (saying(b""), BrokenHttpError),
        (saying(b"hello\r\n\r\n"), BrokenHttpError),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), BrokenHttpError),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), BrokenHttpError),
        (saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600_000), BrokenHttpError),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000), LongAnswerError),
    ],
)
def test_an_exchange_ends_by_name_within_its_deadline(behave: Behaviour, error: type[ExchangeError]) -> None:
    with listener(behave) as port, pytest.raises(error):
        ask(port)


def test_an_answer_is_taken_as_it_is() -> None:
    with listener(saying(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 2\r\n\r\n[]\r\n\r\n")) as port:
        reply = ask(port)
    assert (reply.status, reply.body, reply.header("LOCATION")) == (302, b"[]", "/x")
    assert reply.header("nothing") is None


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert asyncio.run(is_listening(port))
    assert not asyncio.run(is_listening(port))
    with pytest.raises(SilentServiceError):
        ask(port)
    with pytest.raises(NoServiceFoundError):
        check([port])


def test_another_program_on_a_port_of_the_range_is_passed_over_but_reported_when_it_is_asked_for() -> None:
    with listener(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) as port, honest.DeviceService() as service:
        cases = [case for case in all_cases() if case.id == "SBI1001"]
        report = check([port, service.port], CheckSettings(), cases=cases)
        assert report.strangers == (port,)
        assert [result.outcome for result in report.results] == [Outcome.PASS]
        alone = check([port], CheckSettings(), cases=cases)
        assert [result.outcome for result in alone.results] == [Outcome.FAIL]
        assert not alone.is_passed


def test_only_the_modality_and_purpose_asked_for_are_checked() -> None:
    with honest.DeviceService() as service:
        with pytest.raises(NoDeviceSelectedError):
            check([service.port], CheckSettings(bio_types=frozenset({BioType.FACE})))
        with pytest.raises(NoDeviceSelectedError):
            check([service.port], CheckSettings(purpose="Auth"))


def test_two_services_are_checked_both() -> None:
    with honest.DeviceService() as one, honest.DeviceService("Face", "Full face") as other:
        cases = [case for case in all_cases() if case.id in {"SBI1002", "SBI1012", "SBI1014"}]
        results = check([one.port, other.port], CheckSettings(trust=honest.trust()), cases=cases).results
    assert [(r.id, r.outcome.value) for r in results] == [
        ("SBI1002", "pass"),
        ("SBI1012", "pass"),
        ("SBI1014", "not-applicable"),
    ]


def test_a_check_can_be_given_up() -> None:
    cancellation = Cancellation()
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        cancellation.cancel()

    with honest.DeviceService() as service, pytest.raises(DeviceCancelledError):
        check([service.port], CheckSettings(), tell, cancellation)
    assert lines == ["SBI1000 MOSIPDISC"]


def test_a_check_ends_when_its_time_is_over() -> None:
    with honest.DeviceService() as service:
        report = check([service.port], CheckSettings(deadline_s=0.0))
    outcomes = {result.outcome for result in report.results if result.device}
    assert outcomes <= {Outcome.ERROR, Outcome.NOT_APPLICABLE}
    assert not report.is_passed


# The nonce and the associated data of two transactions, computed by hand from their definition.
@pytest.mark.parametrize(
    ("transaction", "aad"),
    [
        ("1234567890", "2d30312d31356503030e07060d0b096a"),
        ("3f2b8c1e-7d54-4a8e-9f10-5c6d7e8f9a0b", "4b01010004566255075f0a5603520038"),
    ],
)
def test_nonce_and_associated_data(transaction: str, aad: str) -> None:
    nonce, found = nonce_and_aad("2024-01-15T10:20:30Z", transaction)
    assert (found.hex(), nonce.hex()) == (aad, aad[8:])


def test_texts_too_short_for_a_nonce_are_refused() -> None:
    with pytest.raises(NotOpenedError):
        nonce_and_aad("short", "texts")


@pytest.mark.parametrize("length", [0, 51, 62, 64])
def test_transaction_ids_differ_only_in_length(length: int) -> None:
    text = transaction_id(length)
    assert len(text) == (length or 36)
    assert all(c.isascii() and (c.isalnum() or c == "-") for c in text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abcABC019-_+/=.\xe9 ", max_size=80))
def test_any_text_is_read_as_a_token_with_faults(text: str) -> None:
    assert read_token(text).faults
    data = url_safe(text)
    assert data is None or url_safe(text.rstrip("=")) == data


def frames(*pieces: bytes, wanted: int = 2) -> Preview:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return asyncio.run(read_frames(body(), wanted))


JPEG = b"\xff\xd8picture\xff\xd9"
PART = b"--B\r\nContent-Type:image/jpeg\r\nContent-Length:11\r\n\r\n" + JPEG + b"\r\n"


def test_frames_are_read_however_they_are_cut() -> None:
    assert frames(PART + PART).frames == 2
    single = frames(*(bytes([byte]) for byte in PART + PART))
    assert (single.frames, single.faults) == (2, [])
    assert single.rate > 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "ended after 0 frames"),
        (PART, "ended after 1 frames"),
        (b"x" * 9000, "no Content-Length within 8 KiB"),
        (PART.replace(b"Content-Length:11", b"Content-Length:0"), "0 bytes"),
        (PART.replace(b"Content-Length:11", b"Content-Length:%d" % (FRAME_MAX_BYTES + 1)), "at most"),
        (PART.replace(b"Content-Length:11", b"Content-Length:9"), "no whole JPEG"),
        (PART.replace(b"\xff", b"x") + b"x" * 9000, "no image follows"),
    ],
)
def test_a_preview_that_the_reference_client_could_not_read_is_a_fault(body: bytes, words: str) -> None:
    assert words in frames(body).faults[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.just(PART), st.just(b"Content-Length:5\r\n\r\n")), max_size=20))
def test_any_stream_is_read_to_an_end(pieces: list[bytes]) -> None:
    preview = frames(*pieces, wanted=50)
    assert preview.faults
    assert preview.frames < 50


def test_information_that_only_comes_at_the_second_try_is_a_fault_and_not_a_service_without_devices() -> None:
    class Hesitant(honest.DeviceService):
        asked = 0

        def _info_entry(self) -> honest.Dict:
            self.asked += 1
            return {} if self.asked == 1 else super()._info_entry()

    with Hesitant() as service:
        report = check([service.port], CheckSettings(), cases=[case for case in all_cases() if case.id == "SBI1001"])
    assert not report.is_passed


def test_a_picture_that_cannot_be_shown_is_a_fault() -> None:
    assert picture_faults(b"") == []
    assert picture_faults(JPEG) == ["a frame does not decode as JPEG"]
    good = BytesIO()
    Image.new("L", (40, 40)).save(good, "JPEG")
    assert picture_faults(good.getvalue()) == []
    at = good.getvalue().index(b"\xff\xc0") + 5
    huge = good.getvalue()[:at] + b"\x7f\xff\x7f\xff" + good.getvalue()[at + 4 :]
    assert picture_faults(huge) in (["a frame does not decode as JPEG"], ["a frame has 32767 by 32767 pixels"])
