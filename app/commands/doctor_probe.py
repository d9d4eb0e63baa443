"""One look at one kind of equipment, in a process of its own: the libraries behind may hang or crash.

Run as a module with the name of the kind; prints one JSON object: state, what was found, advice, parts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import orjson

from app.commands.doctor_model import Finding, Part

if TYPE_CHECKING:
    from devices.biosdk.sdk import SdkInfo
    from devices.usb.services import Answering, PluggedDevice
    from devices.usb.watch import Look

_NO_SCANNER_ADVICE: Final = "Documents can also come from a camera, a folder, or files."
_SETUP: Final = "Run make gui."


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw; the fields are those of `app.commands.doctor_model.Diagnosis`."""

    state: Finding
    found: str
    advice: str = ""
    parts: tuple[Part, ...] = ()


def scanners() -> Seen:
    """Document scanners at this machine itself. Those in the network are left out: SANE takes seconds to search for them."""
    from devices.documents.sane import NO_PYTHON_SANE, NO_SANE, NO_SCANNER
    from devices.documents.unsupported import unsupported_sources

    if not sys.platform.startswith("linux"):
        ways = tuple(Part(source.title, source.state, source.reason or "") for source in unsupported_sources())
        return Seen(Finding.MISSING, "Scanners cannot be driven on this system.", _NO_SCANNER_ADVICE, ways)
    if find_spec("sane") is None:
        return Seen(Finding.MISSING, NO_PYTHON_SANE, _NO_SCANNER_ADVICE)
    try:
        sane = import_module("sane")  # it has no types
        failure = import_module("_sane").error  # python-sane leaves it where its C part has it
    except ImportError:
        return Seen(Finding.MISSING, NO_SANE, _NO_SCANNER_ADVICE)
    try:
        sane.init()
        found = sane.get_devices(True)  # local only
    except failure as error:
        return Seen(Finding.MISSING, f"SANE failed: {error}.", _NO_SCANNER_ADVICE)
    parts = tuple(Part(f"{vendor} {model}".strip() or name, "plugged in", name) for name, vendor, model, _ in found)
    if not parts:
        advice = "Plug it in and turn it on. Scanners in the network are not searched for here."
        return Seen(Finding.NONE, NO_SCANNER, advice)
    return Seen(Finding.GOOD, f"{len(parts)} found", "", parts)


def cameras() -> Seen:
    """Webcams and document cameras."""
    from app.ui.camera import list_without_window

    listed = list_without_window()
    if not listed.can_drive:
        return Seen(Finding.MISSING, listed.reason, f"{_SETUP} It needs libpulse0 and libpulse-mainloop-glib0.")
    parts = tuple(Part(camera.name, "plugged in", "default" if camera.is_default else "") for camera in listed.cameras)
    if not parts:
        return Seen(Finding.NONE, listed.reason, "Plug it in; on Linux the user must be in group video.")
    return Seen(Finding.GOOD, f"{len(parts)} found", "", parts)


def usb(look: Look | None = None, ask: Callable[[], tuple[Sequence[Answering], bool]] | None = None) -> Seen:
    """What is plugged in, and whether the services of biometric devices answer; without such a device nobody is asked."""
    from devices.usb.look import UsbLook
    from devices.usb.model import UsbState
    from devices.usb.services import with_services

    snapshot = (look or UsbLook())()
    if snapshot.state is not UsbState.READY:
        is_missing = snapshot.state is UsbState.NO_LIBUSB
        return Seen(
            Finding.MISSING if is_missing else Finding.NONE, snapshot.reason, "Nothing depends on it: USB only gives hints."
        )
    plugged = with_services(snapshot.devices, ())
    if any(one.hint for one in plugged):
        answering, are_others_refused = (ask or _ask_services)()
        plugged = with_services(snapshot.devices, answering, are_others_refused=are_others_refused)
    return Seen(Finding.GOOD, f"{len(plugged)} plugged in", "", tuple(_usb_part(one) for one in plugged))


def _usb_part(plugged: PluggedDevice) -> Part:
    device = plugged.device
    return Part(f"{device.name} ({device.ids})", device.kind, plugged.hint)


def _ask_services() -> tuple[Sequence[Answering], bool]:
    """What services claim, unproved, which is enough for a hint; and whether one was refused."""
    from devices.client.scan import scan_unsigned

    claimed, problems = scan_unsigned()
    known = [device.digital_id for _, device in claimed if device.digital_id is not None]
    return known, any(not problem.is_foreign for problem in problems)


def sdks() -> Seen:
    """Local biometric SDKs."""
    from devices.biosdk.opening import open_local_sdk

    with open_local_sdk() as sdk:
        infos = sdk.describe_parts()
    parts = tuple(Part(f"{info.name} {info.version}".rstrip(), info.state, _abilities(info)) for info in infos)
    ready = sum(info.is_ready for info in infos)
    if not ready:
        return Seen(Finding.MISSING, "None can be used.", f"{_SETUP} Nothing is scored or compared on this machine.", parts)
    return Seen(Finding.GOOD, f"{ready} of {len(parts)} ready", "", parts)


def _abilities(info: SdkInfo) -> str:
    if not info.is_ready:
        return info.reason
    does = f"{', '.join(sorted(info.abilities))} of {', '.join(sorted(info.modalities))}"
    return f"{does}; {info.reason}" if info.reason else does


def suggestions() -> Seen:
    """Suggestions for names in other scripts."""
    from app.core.transliteration import open_transliterator

    reason = open_transliterator().reason
    if reason is None:
        return Seen(Finding.GOOD, "available")
    return Seen(Finding.MISSING, reason, "Install libicu-dev, g++ and pkg-config, then run make setup.")


PROBES: Final[Mapping[str, Callable[[], Seen]]] = {
    "scanners": scanners,
    "cameras": cameras,
    "usb": usb,
    "sdks": sdks,
    "suggestions": suggestions,
}


def main() -> None:
    """Prints what the look of the kind named by the first argument saw.

    Libraries that print, whatever they print, do it where nobody reads.
    """
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(answer, "wb") as out:
        out.write(orjson.dumps(asdict(PROBES[sys.argv[1]]())))


if __name__ == "__main__":
    main()
