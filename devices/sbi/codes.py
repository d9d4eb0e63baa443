"""The error codes that devices report, and what the operator is told.

Codes 0 to 112 and 202 are the protocol's (0.9.5), those from 113 on are of MOSIP's mock device and common with vendors.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.sbi.errors import DeviceReportedError

SUCCESS = "0"
TEXT_MAX = 120


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """One device error.

    Attributes:
        meaning: sentence for the operator.
        action: what to do.
        is_worth_retrying: whether the same request may succeed later.
        blocks_device: the device must not be used again in this session.
    """

    meaning: str
    action: str
    is_worth_retrying: bool = True
    blocks_device: bool = False


_ASK = "Contact the administrator."
_RESCAN = "Check the cable and search for devices again."
_WAIT = "Wait a moment and try again."
_AGAIN = "Try again; use another device if it stays."
_INTERNAL = "Check the exceptions marked; if they are right, report it with the code."


def _internal(meaning: str) -> CodeFacts:
    return CodeFacts(meaning, _INTERNAL, is_worth_retrying=False)


_NO_IMAGE = CodeFacts("The device saw nothing to capture.", "Place the finger or look at the camera, and try again.")
_TIMEOUT = CodeFacts("The device captured nothing in time.", "Place the finger or look at the camera, and try again.")
_BUSY = CodeFacts("The device is busy.", "Wait; another capture or preview is running on it.")
_UNKNOWN_DEVICE = CodeFacts("The device service does not know the device asked for.", _RESCAN)
_WRONG_PURPOSE = CodeFacts("The device is set up for another purpose.", "Use a device that is set up for registration.", False)
_FAILED = CodeFacts("The device failed for an unknown reason.", _AGAIN)

_CAPTURE_CODES = {
    "01": _TIMEOUT,
    "02": CodeFacts("The device is previewing another finger or eye.", _WAIT),
    "03": CodeFacts("A capture is already running on the device.", _WAIT),
    "04": _internal("The device was not told which of its parts to use."),
    "05": _UNKNOWN_DEVICE,
    "06": _WRONG_PURPOSE,
    "07": CodeFacts("The device has no capture of a finger or eye asked for.", _AGAIN),
    "08": CodeFacts("The device has nothing to capture.", _AGAIN),
    "09": _WRONG_PURPOSE,
    "10": _FAILED,
}

CODES: dict[str, CodeFacts] = {
    "100": CodeFacts("The device is not registered.", _ASK, is_worth_retrying=False),
    "101": _NO_IMAGE,
    "102": CodeFacts("The device could not process what it saw.", _AGAIN),
    "103": CodeFacts(
        "The device detected tampering.", "Stop using the device and report it.", is_worth_retrying=False, blocks_device=True
    ),
    "104": CodeFacts("The device cannot reach its maker's management server.", "Give the device a network connection."),
    "105": CodeFacts("The image is wrongly oriented.", "Turn the finger or face and try again."),
    "106": CodeFacts("The device was not found.", _RESCAN),
    "107": CodeFacts("The device's key has expired.", "Have the device's keys renewed by its maker's service.", False),
    "108": CodeFacts("The device lacks the server's certificate.", _ASK, is_worth_retrying=False),
    "109": _internal("The device does not support the number of biometrics asked for."),
    "110": CodeFacts("The device is not ready.", _WAIT),
    "111": _BUSY,
    "112": _internal("The device refuses the transaction id."),
    "113": _internal("The count does not fit the device."),
    "114": _internal("The device refuses the biometric type."),
    "115": _internal("The device refuses the environment."),
    "116": _internal("The device refuses the count."),
    "117": _internal("The device does not know an exception."),
    "118": _internal("An exception does not fit the biometric type."),
    "119": _internal("The device does not know a finger or eye asked for."),
    "120": _internal("The biometric type does not fit the device."),
    "121": _internal("The device refuses the purpose."),
    "122": _internal("A finger, eye or exception does not fit the biometric type."),
    "123": _internal("The device cannot read the request."),
    "202": CodeFacts("No device is connected.", _RESCAN),
    "500": _internal("The service does not know the request."),
    "501": _internal("The service was not told which type of device to look for."),
    "502": _internal("The service does not know the type of device."),
    "503": CodeFacts("No device of the type is connected.", _RESCAN),
    "551": _internal("The simulated device has no profile."),
    "601": _WRONG_PURPOSE,
    "604": _internal("The device was not told which of its parts to preview."),
    "605": _UNKNOWN_DEVICE,
    "606": _WRONG_PURPOSE,
    "607": CodeFacts("The device is not ready for a preview.", _WAIT),
    "608": CodeFacts("The device has no picture to show.", _AGAIN),
    "609": CodeFacts("The preview took too long.", "Start it again."),
    "610": _FAILED,
    "700": CodeFacts("The preview was stopped before the capture.", "Start the preview and capture again."),
    "999": _FAILED,
    **{f"7{code}": facts for code, facts in _CAPTURE_CODES.items()},
    **{f"8{code}": facts for code, facts in _CAPTURE_CODES.items()},
}

_VENDOR = CodeFacts("The device reports an error of its own.", _AGAIN)


def facts_of(code: str) -> CodeFacts:
    """What is known about a code; vendors define their own, mostly from 500 to 599."""
    return CODES.get(code, _VENDOR)


def reported(code: str, text: str) -> DeviceReportedError:
    """The named error for a code and text out of a device's answer, made safe for one line of log."""
    facts = facts_of(code)
    return DeviceReportedError(
        meaning=facts.meaning, action=facts.action, device_code=_one_line(code, 16), device_text=_one_line(text, TEXT_MAX)
    )


def _one_line(text: str, limit: int) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:limit]).strip() or "no text"
