"""Watching for plug and unplug.

pyusb tells nobody of changes: the bus is looked at once a second, in a thread, and two looks are compared. One look of a quiet
bus takes well under a millisecond.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Self

from devices.usb.model import UsbChange, UsbDevice, UsbSnapshot, UsbState

PERIOD_S: Final = 1.0

Look = Callable[[], UsbSnapshot]
Changed = Callable[[UsbChange], None]
Wait = Callable[[float], bool]
"""Waits for some seconds; True, at once, when the watch is to end."""


class UsbWatch:
    """Tells of every change of the bus once, in the order in which they were seen; the first look is told as a change too.

    Without libusb it tells so and ends: a library does not appear while a program runs, and pyusb would complain to the log at
    every look. A bus that was there and is empty now counts as ready.

    Args:
        look: looks at the bus; used by the watch's thread only. See `devices.usb.look.UsbLook`.
        changed: called in the watch's thread. Must not raise and should not take long; may call `stop`.
        wait: for tests; must end once `stop` was called.
    """

    def __init__(self, look: Look, changed: Changed, period_s: float = PERIOD_S, wait: Wait | None = None) -> None:
        self._look = look
        self._changed = changed
        self._period_s = period_s
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait
        self._snapshot: UsbSnapshot | None = None
        self._thread: threading.Thread | None = None

    @property
    def snapshot(self) -> UsbSnapshot | None:
        """What the last look saw; None before the first. May be read from any thread."""
        return self._snapshot

    def start(self) -> None:
        """Begins to watch.

        Raises:
            RuntimeError: if it was started before.
        """
        if self._thread is not None:
            raise RuntimeError("a watch is started once")
        self._thread = threading.Thread(target=self._run, name="usb watch", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Ends the watch; nothing more is told after it returned True.

        Returns:
            False if a look still hangs in the system; it ends with the program.
        """
        self._stopped.set()
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def look_once(self) -> UsbChange | None:
        """One look, without telling anybody: what is different from the one before, or None. Not beside a running thread."""
        before, now = self._snapshot, self._look()
        if before is not None and before.state is UsbState.READY and now.state is UsbState.NO_BUS and not now.devices:
            now = UsbSnapshot(UsbState.READY)
        self._snapshot = now
        if before is None:
            return UsbChange(now, plugged=now.devices, is_first=True)
        old, new = _by_key(before), _by_key(now)
        plugged = tuple(device for key, device in new.items() if key not in old)
        unplugged = tuple(device for key, device in old.items() if key not in new)
        return UsbChange(now, plugged, unplugged) if plugged or unplugged or now.state is not before.state else None

    def _run(self) -> None:
        while not self._stopped.is_set():
            change = self.look_once()
            if change is not None and not self._stopped.is_set():
                self._changed(change)
            if change is not None and change.snapshot.state is UsbState.NO_LIBUSB:
                return
            if self._wait(self._period_s):
                return


def _by_key(snapshot: UsbSnapshot) -> dict[tuple[int, int, int, int, str], UsbDevice]:
    return {device.key: device for device in snapshot.devices}
