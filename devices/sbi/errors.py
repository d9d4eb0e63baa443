"""Named errors of the device protocol: transport, messages and the state of a device.

Refusals of a capture that arrived are in `devices.sbi.refusals`.
"""

from __future__ import annotations

from packet.errors import CodedError

_TRY_AGAIN = "Try again; if it stays, restart the device's service or use another device."
_REPORT_MAKER = "Use another device and report this one to its maker: its answers break the protocol."


class DeviceError(CodedError):
    """Root of the device room's errors."""

    code = "DEVICE-ERROR"


class DeviceTransportError(DeviceError):
    """Root of errors in which no complete answer arrived."""

    code = "DEVICE-TRANSPORT"


class DeviceUnreachableError(DeviceTransportError):
    """Nothing answers at the port, or the connection broke."""

    code = "DEVICE-UNREACHABLE"
    sentence = "The device service on port {port} cannot be reached: {why}."
    next_step = "Check the cable and that the device's service is running, then search for devices again."


class DeviceDeadlineError(DeviceTransportError):
    """The whole exchange took longer than it may, however busily the service sent bytes."""

    code = "DEVICE-DEADLINE"
    sentence = "The device service on port {port} did not finish {verb} within {deadline_s} seconds."
    next_step = _TRY_AGAIN


class DeviceCancelledError(DeviceTransportError):
    """The caller gave the exchange up."""

    code = "DEVICE-CANCELLED"
    sentence = "{verb} was cancelled."
    next_step = "Start it again when ready."


class DeviceHttpError(DeviceTransportError):
    """The answer is not HTTP as the protocol uses it."""

    code = "DEVICE-HTTP"
    sentence = "The service on port {port} gave no proper answer to {verb}: {why}."
    next_step = _TRY_AGAIN


class DeviceStatusError(DeviceTransportError):
    """Any HTTP status but 200. Redirects are among them and are never followed."""

    code = "DEVICE-HTTP-STATUS"
    sentence = "The service on port {port} answered {verb} with HTTP status {status}."
    next_step = _TRY_AGAIN


class DeviceBodyTooLargeError(DeviceTransportError):
    """The body is longer than the message can be."""

    code = "DEVICE-BODY-TOO-LARGE"
    sentence = "The service on port {port} answered {verb} with more than {limit_bytes} bytes."
    next_step = _REPORT_MAKER


class DeviceMessageError(DeviceError):
    """Root of errors about a message whose form is wrong."""

    code = "DEVICE-MESSAGE"


class DeviceJsonError(DeviceMessageError):
    """Bytes that are not the strict JSON that is accepted."""

    code = "DEVICE-JSON"
    sentence = "{what} is not acceptable JSON: {why}."
    next_step = _REPORT_MAKER


class DeviceFieldError(DeviceMessageError):
    """A key of a message is missing, unknown, or holds a value of the wrong kind."""

    code = "DEVICE-FIELD"
    sentence = "In {what}, {field} {why}."
    next_step = _REPORT_MAKER


class CallbackRefusedError(DeviceMessageError):
    """The device wants later calls to go somewhere else than to its own loopback port."""

    code = "DEVICE-CALLBACK"
    sentence = "The device on port {port} asks to be called at an address that is not its own: {why}."
    next_step = "Do not use this device. Report it: it tries to send biometrics elsewhere."


class SpecVersionUnsupportedError(DeviceMessageError):
    """The device does not speak version 0.9.5 of the protocol."""

    code = "DEVICE-SPEC-VERSION"
    sentence = "The device on port {port} does not offer protocol version {wanted}."
    next_step = "Ask the device's maker for a service that speaks this version."


class DeviceStateError(DeviceError):
    """Root of errors about a device that is known but cannot be used now."""

    code = "DEVICE-STATE"


class DeviceReportedError(DeviceStateError):
    """The device itself says that it failed.

    Params ``meaning`` and ``action`` come from the table in `devices.sbi.codes`.
    """

    code = "DEVICE-REPORTED"
    sentence = "{meaning} (device error {device_code}: {device_text})"
    next_step = "{action}"


class DeviceGoneError(DeviceStateError):
    """The device that was chosen is no longer offered at its port."""

    code = "DEVICE-GONE"
    sentence = "The {type} device {serial_no} is no longer offered on port {port}."
    next_step = "Check the cable, search for devices again and continue; captures made so far are kept."


class DeviceBlockedError(DeviceStateError):
    """The device reported tampering, or sent a forged capture, earlier in this session."""

    code = "DEVICE-BLOCKED"
    sentence = "The device {serial_no} is blocked for this session: {why}."
    next_step = "Stop using the device and report it to the administrator."


class SerialTwiceError(DeviceStateError):
    """Two services claim the same serial number with different certificates."""

    code = "DEVICE-SERIAL-TWICE"
    sentence = "Two devices claim the serial number {serial_no}: on port {port} and on port {other_port}."
    next_step = "Use neither. Disconnect one, find out which is genuine, and report it."


class SerialTakenOverError(DeviceStateError):
    """A device that was known appears with a certificate that is no successor of its own."""

    code = "DEVICE-SERIAL-TAKEN-OVER"
    sentence = (
        "On port {port} something answers as device {serial_no}, but not with that device's certificate or a renewed one."
    )
    next_step = "Do not use it. If the device was set up anew by its maker, restart Sealdesk; otherwise report it."


class NoUsableDeviceError(DeviceStateError):
    """There is no device for what is to be captured, or none that can be used now."""

    code = "DEVICE-NONE-USABLE"
    sentence = "There is no {type} device that can be used now. {why}"
    next_step = "Check the cable and the device's service, wait until the device is ready, then search again."


class AttributesNotTogetherError(DeviceStateError):
    """The attributes cannot be captured by one placement on the device."""

    code = "DEVICE-ATTRIBUTES"
    sentence = "These bio attributes cannot be captured together: {attributes}."
    next_step = "Capture left slap, right slap, thumbs, irises and face one after another."


class NothingToCaptureError(DeviceStateError):
    """Everything that would be captured is marked as missing."""

    code = "DEVICE-NOTHING-TO-CAPTURE"
    sentence = "Nothing is left to capture: everything asked for is marked as an exception."
    next_step = "Go on with the next fingers, eyes or face, or remove an exception."
