"""Named errors of the self-check: exchanges that came to no end, and checks that cannot begin."""

from __future__ import annotations

from devices.sbi.errors import DeviceError
from packet.errors import UnusableInputError


class ExchangeError(DeviceError):
    """Root of errors in which no complete answer arrived."""

    code = "CONFORMANCE-EXCHANGE"


class SilentServiceError(ExchangeError):
    """Nothing answers at the port, or the connection broke."""

    code = "CONFORMANCE-UNREACHABLE"
    sentence = "{verb} on port {port} got no answer: {why}."
    next_step = "Check that the device service is running and does not end while it answers."


class SlowServiceError(ExchangeError):
    """The answer was not complete in time."""

    code = "CONFORMANCE-DEADLINE"
    sentence = "{verb} on port {port} was not answered within {deadline_s} seconds."
    next_step = "A service must answer before the caller's timeout is over."


class BrokenHttpError(ExchangeError):
    """The answer is no HTTP message."""

    code = "CONFORMANCE-HTTP"
    sentence = "The answer to {verb} on port {port} is no proper HTTP message: {why}."
    next_step = "Check status line, header lines and Content-Length (bytes, not characters) of the answer."


class LongAnswerError(ExchangeError):
    """The body is larger than any message of the protocol."""

    code = "CONFORMANCE-TOO-LARGE"
    sentence = "The answer to {verb} on port {port} has more than {limit_bytes} bytes."
    next_step = "No answer of a device service is that large; check for an endless body."


class AdminRefusedError(DeviceError):
    """The simulator's admin verbs did not do what was asked."""

    code = "CONFORMANCE-ADMIN"
    sentence = "The admin request {path} on port {port} was refused: {why}."
    next_step = "Start the simulator with its admin verbs switched on, and give its token with --admin-token."


class NoServiceFoundError(UnusableInputError):
    """There is nothing to check."""

    code = "CONFORMANCE-NO-SERVICE"
    sentence = "No device service was found on {ports} of 127.0.0.1."
    next_step = "Start the device service, for example with 'sealdesk simulator', or give its port with --port."


class NoDeviceSelectedError(UnusableInputError):
    """The services have devices, but none of those asked for."""

    code = "CONFORMANCE-NO-DEVICE"
    sentence = "The services on {ports} have no device of the modality and purpose asked for."
    next_step = "Leave out --modality and --purpose to check every device."
