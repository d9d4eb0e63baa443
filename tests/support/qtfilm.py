"""A film in place of a webcam: Qt's player into the sink and the feed that cameras use; and the contract, run over it.

Run as a module it plays through the whole contract and prints, as JSON, the rules that hold and what the machine's cameras are.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtMultimedia import QCameraDevice, QMediaPlayer, QVideoSink

from app.ui.camera import QtCameras, SinkReader, _Drive
from devices.camera.feed import CameraFeed, unusable
from devices.camera.model import CameraInfo, CameraList, CameraState, OnChange, OpenCamera
from devices.camera.testcard import HEIGHT, WIDTH, card
from tests.support.cameracontract import RULES, Bench
from tests.support.tinyavi import motion_jpeg


class FilmCamera:
    """A source with one camera, which plays a film again and again."""

    def __init__(self, film: Path) -> None:
        self._film = film
        self._player: QMediaPlayer | None = None

    def list(self) -> CameraList:
        return CameraList((CameraInfo(str(self._film), "Film", is_default=True),))

    def open(self, identity: str | None = None, on_change: OnChange | None = None) -> OpenCamera:
        if identity not in {None, str(self._film)}:
            return unusable(CameraState.ABSENT, "There is one film only.")
        if self._player is not None:
            return unusable(CameraState.BUSY, "The film is played already.")
        player, sink = QMediaPlayer(), QVideoSink()
        player.setVideoSink(sink)
        player.setLoops(QMediaPlayer.Loops.Infinite)

        def release() -> None:
            reader.end()
            player.stop()
            player.setVideoSink(None)  # type: ignore[arg-type]
            self._player = None

        feed = CameraFeed(on_change, release)
        reader = SinkReader(sink, feed)
        player.errorOccurred.connect(lambda _, text: feed.fail(CameraState.FAILED, text))
        player.setSource(QUrl.fromLocalFile(str(self._film)))
        player.play()
        self._player = player
        return feed


def main(folder: Path) -> None:
    application = QCoreApplication([])
    film = folder / "film.avi"
    film.write_bytes(motion_jpeg([card(number).jpeg(80) for number in range(20)], WIDTH, HEIGHT, 20))
    held = []
    for rule in RULES:
        rule(Bench(FilmCamera(film), (WIDTH, HEIGHT), application.processEvents))
        held.append(rule.__name__)
    broken = folder / "broken.avi"
    broken.write_bytes(b"RIFF this is no film")
    bench = Bench(FilmCamera(broken), (WIDTH, HEIGHT), application.processEvents)
    camera = bench.open()
    bench.until(lambda: camera.status.state is CameraState.FAILED)
    camera.close()
    # A camera that is gone when it is turned on: the session is put together and taken apart.
    closed: list[str] = []
    drive = _Drive(QCameraDevice(), lambda _: False, closed.append, None)
    drive.start()
    application.processEvents()
    drive.feed.close()
    assert closed == [""]
    system = QtCameras()
    listed, none = system.list(), system.open()
    answer = {
        "held": held,
        "cameras": [listed.reason, *(one.name for one in listed.cameras)],
        "state": none.status.state,
        "unknown": system.open("/dev/video99").status.state,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
