"""In place of a webcam: a film by Qt's player, and pictures sent into Qt's capture session; and the contract, run over both.

Run as a module it goes through the whole contract and prints, as JSON, the rules that hold and what the machine's cameras are.
"""

from __future__ import annotations

import io
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication, QSize, QTimer, QUrl
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import (
    QCameraDevice,
    QMediaCaptureSession,
    QMediaPlayer,
    QtVideo,
    QVideoFrame,
    QVideoFrameFormat,
    QVideoFrameInput,
    QVideoSink,
)

from app.ui.camera import QtCameras, QtPicture, SinkReader, _Drive
from devices.camera.feed import CameraFeed, unusable
from devices.camera.model import CameraInfo, CameraList, CameraState, OnChange, OpenCamera
from devices.camera.testcard import HEIGHT, WIDTH, card
from tests.support.cameracontract import RULES, Bench
from tests.support.tinyavi import motion_jpeg


class OneCamera(ABC):
    """A source with one camera, whose pictures come out of a sink."""

    NAME = "only"

    def __init__(self) -> None:
        self._is_open = False

    def list(self) -> CameraList:
        return CameraList((CameraInfo(self.NAME, "The only one", is_default=True),))

    def open(self, identity: str | None = None, on_change: OnChange | None = None) -> OpenCamera:
        if identity not in {None, self.NAME}:
            return unusable(CameraState.ABSENT, "There is one only.")
        if self._is_open:
            return unusable(CameraState.BUSY, "It is open already.")
        sink = QVideoSink()

        def release() -> None:
            reader.end()
            end()
            self._is_open = False

        feed = CameraFeed(on_change, release)
        reader = SinkReader(sink, feed)
        end = self.play(sink, feed)
        self._is_open = True
        return feed

    @abstractmethod
    def play(self, sink: QVideoSink, feed: CameraFeed) -> Callable[[], None]:
        """Begins; gives what ends it."""


class FilmCamera(OneCamera):
    """Plays a film again and again."""

    def __init__(self, film: Path) -> None:
        super().__init__()
        self._film = film

    def play(self, sink: QVideoSink, feed: CameraFeed) -> Callable[[], None]:
        player = QMediaPlayer()
        player.setVideoSink(sink)
        player.setLoops(QMediaPlayer.Loops.Infinite)
        player.errorOccurred.connect(lambda _, text: feed.fail(CameraState.FAILED, text))
        player.setSource(QUrl.fromLocalFile(str(self._film)))
        player.play()

        def end() -> None:
            player.stop()
            player.setVideoSink(None)  # type: ignore[arg-type]

        return end


class SessionCamera(OneCamera):
    """Sends test cards into the capture session that webcams use, 20 a second."""

    def play(self, sink: QVideoSink, feed: CameraFeed) -> Callable[[], None]:
        del feed
        session, entrance, timer, numbers = QMediaCaptureSession(), QVideoFrameInput(), QTimer(), count()
        session.setVideoFrameInput(entrance)
        session.setVideoSink(sink)

        def send() -> None:
            pixels = card(next(numbers)).pixels.tobytes()
            image = QImage(pixels, WIDTH, HEIGHT, WIDTH * 3, QImage.Format.Format_RGB888)
            entrance.sendVideoFrame(QVideoFrame(image.copy()))

        timer.timeout.connect(send)
        timer.start(50)

        def end() -> None:
            timer.stop()
            session.setVideoSink(None)  # type: ignore[arg-type]
            session.setVideoFrameInput(None)  # type: ignore[arg-type]

        return end


def main(folder: Path) -> None:
    application = QCoreApplication([])
    film = folder / "film.avi"
    film.write_bytes(motion_jpeg([card(number).jpeg(80) for number in range(20)], WIDTH, HEIGHT, 20))
    makers: dict[str, Callable[[], OneCamera]] = {"film": lambda: FilmCamera(film), "session": SessionCamera}
    held: dict[str, list[str]] = {name: [] for name in makers}
    for name, make in makers.items():
        for rule in RULES:
            rule(Bench(make(), (WIDTH, HEIGHT), application.processEvents))
            held[name].append(rule.__name__)
        _keeps_colours(Bench(make(), (WIDTH, HEIGHT), application.processEvents))
    _keeps_padded_lines()
    _turns_pictures_of_a_camera_on_its_side()
    _fails_on_what_is_no_film(folder / "broken.avi", application)
    _puts_a_session_together_and_apart(application)
    _tells_of_a_camera_that_was_pulled_out()
    system = QtCameras()
    listed = system.list()
    answer = {
        "held": held,
        "reason": listed.reason,
        "cameras": [one.name for one in listed.cameras],
        "default": system.open().status.state,
        "unknown": system.open("/dev/video99").status.state,
    }
    print(json.dumps(answer))


def _keeps_colours(bench: Bench) -> None:
    """Of the eight bars of the test card, as far as JPEG and video keep them."""
    camera = bench.open()
    bench.until(lambda: camera.status.state is CameraState.STREAMING)
    picture = np.asarray(Image.open(io.BytesIO(camera.still().jpeg))).astype(int)
    wanted = card(0).pixels.astype(int)
    middles = [WIDTH // 16 + WIDTH // 8 * bar for bar in range(8)]
    assert np.abs(picture[50, middles] - wanted[50, middles]).max() < 16
    camera.close()


def _keeps_padded_lines() -> None:
    """A width of which three bytes a pixel are no whole number of words."""
    width, height = 101, 40
    pixels = card(0, width, height).pixels
    image = QImage(pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888)
    picture = np.asarray(Image.open(io.BytesIO(QtPicture(QVideoFrame(image.copy())).jpeg(100)))).astype(int)
    assert np.abs(picture - pixels).mean() < 8


def _turns_pictures_of_a_camera_on_its_side() -> None:
    image = QImage(b"\xff" * 32 * 3 + b"\0" * 32 * 3, 64, 1, 64 * 3, QImage.Format.Format_RGB888)
    frame = QVideoFrame(image.scaled(64, 32))
    frame.setRotation(QtVideo.Rotation.Clockwise90)
    upper = Image.open(io.BytesIO(QtPicture(frame).jpeg(95))).getpixel((30, 4))
    assert isinstance(upper, tuple)
    assert min(upper) > 200  # the white half, which was on the left
    layout = QVideoFrameFormat(QSize(64, 32), QVideoFrameFormat.PixelFormat.Format_YUV420P)
    layout.setRotation(QtVideo.Rotation.Clockwise270)
    for picture in (QtPicture(frame), QtPicture(QVideoFrame(layout))):
        assert Image.open(io.BytesIO(picture.jpeg(90))).size == (picture.width, picture.height) == (32, 64)


def _fails_on_what_is_no_film(path: Path, application: QCoreApplication) -> None:
    path.write_bytes(b"RIFF this is no film")
    bench = Bench(FilmCamera(path), (WIDTH, HEIGHT), application.processEvents)
    camera = bench.open()
    bench.until(lambda: camera.status.state is CameraState.FAILED)
    camera.close()


def _puts_a_session_together_and_apart(application: QCoreApplication) -> None:
    """With a camera that is gone when it is turned on."""
    closed: list[str] = []
    drive = _Drive(QCameraDevice(), lambda _: False, closed.append, None)
    drive.start()
    application.processEvents()
    drive.feed.close()
    assert closed == [""]


def _tells_of_a_camera_that_was_pulled_out() -> None:
    system = QtCameras()
    drive = system._open["gone"] = _Drive(QCameraDevice(), lambda _: False, lambda _: None, None)
    system._plugging_changed()
    assert drive.feed.status.state is CameraState.UNPLUGGED
    drive.feed.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
