"""Named errors of the preview: the stream of pictures while the operator places a finger or a face."""

from __future__ import annotations

from devices.sbi.errors import DeviceError

_START_AGAIN = "Start the preview again; if it stays, restart the device's service. A capture is possible without a preview."
_REPORT_MAKER = (
    "Capture without a preview, or use another device; report this one to its maker: its stream breaks the protocol."
)


class StreamError(DeviceError):
    """Root of errors of the preview."""

    code = "STREAM-ERROR"
    next_step = _START_AGAIN


class StreamNotMultipartError(StreamError):
    """The answer is neither a stream of pictures nor an error of the device."""

    code = "STREAM-NOT-MULTIPART"
    sentence = "The service on port {port} did not answer with a stream of pictures: {why}."
    next_step = _REPORT_MAKER


class StreamMalformedError(StreamError):
    """The stream cannot be divided into parts."""

    code = "STREAM-MALFORMED"
    sentence = "The stream of pictures cannot be read: {why}."
    next_step = _REPORT_MAKER


class StreamTooLargeError(StreamError):
    """A part, or its header, is longer than it may be."""

    code = "STREAM-TOO-LARGE"
    sentence = "{what} of the stream of pictures has more than {limit_bytes} bytes."
    next_step = _REPORT_MAKER


class StreamStalledError(StreamError):
    """No usable picture arrived in time, however much else did."""

    code = "STREAM-STALLED"
    sentence = "The device on port {port} sent no usable picture for {limit_s} seconds ({refused} unusable ones were left out)."


class StreamBrokenOffError(StreamError):
    """The connection ended without a word why."""

    code = "STREAM-BROKEN-OFF"
    sentence = "The device on port {port} broke the stream of pictures off after {received} pictures."
