"""Errors of the demonstration's own parts; everything else fails with the error of the room it happens in."""

from __future__ import annotations

from packet.errors import CodedError, UnusableInputError


class DemoError(CodedError):
    """Root of the demonstration's errors."""

    code = "DEMO-ERROR"


class ChildFailedError(DemoError):
    """A part that runs as a process of its own did not get ready, or went away."""

    code = "DEMO-CHILD"
    sentence = "The {name} did not get ready: {why}."
    next_step = "Run 'sealdesk {command}' by itself to see what it says."


class KeepFolderError(DemoError, UnusableInputError):
    """The folder for what is to be kept cannot be used."""

    code = "DEMO-KEEP"
    sentence = "The folder {folder} cannot be used: {why}."
    next_step = "Give a new or an empty folder with --keep."


class AdministrationError(DemoError):
    """The sandbox refused a call of its administrator."""

    code = "DEMO-ADMIN"
    sentence = "The sandbox refused to {what} ({reason})."
    next_step = "Report it with the code: the demonstration and its sandbox do not fit together."


class DispatchFailedError(DemoError):
    """The outbox says that a step towards the server failed."""

    code = "DEMO-DISPATCH"
    sentence = "The packet was not {what}: {reason}."
    next_step = "Look the code up; the packet is not lost on a real desk, it would be tried again."


class StatusLateError(DemoError):
    """The server did not get on with the packet."""

    code = "DEMO-STATUS"
    sentence = "The packet was not {wanted} within {timeout_s} s; the last status was {found}."
    next_step = "Run 'sealdesk sandbox' by itself and look at the packet there."


class PacketRejectedError(DemoError):
    """The server's validator found something in the packet."""

    code = "DEMO-REJECTED"
    sentence = "The server rejected the packet: {failures} of {checks} checks failed, first {first}."
    next_step = "Run again with --keep and look at the packet with 'sealdesk packet verify'."


class FormRefusedError(CodedError):
    """The demonstration's form is not filled as the country's rules want it."""

    code = "DEMO-FORM"
    sentence = "The form of the demonstration is refused in {count} places; first {field}: {first}"
    next_step = "Report this: the shipped country and the demonstration do not fit together."
