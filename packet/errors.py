"""Named errors: one class for each thing that can go wrong, with what the operator reads and does.

Every error of Sealdesk, in every room, derives from `CodedError`. A class carries a stable ``code``, a ``sentence`` (a
`str.format` template over the parameters) and a ``next_step``. Parameters hold technical values only (names of files and
fields, sizes, codes); never a person's data, since errors reach logs and terminals.
"""

from __future__ import annotations

from typing import ClassVar


class CodedError(Exception):
    """Base of all named errors.

    Attributes:
        code: stable identifier, ``<ROOM>-<NAME>`` in capitals, for logs, ``--json`` output and documentation.
        sentence: what happened, to what; a template over the parameters.
        next_step: what the reader can do about it; a template over the parameters.
    """

    code: ClassVar[str] = "SEALDESK-ERROR"
    sentence: ClassVar[str] = "Something went wrong."
    next_step: ClassVar[str] = "Try again; if it stays, report it with the code."

    def __init__(self, **params: str | int | float | None) -> None:
        self.params = params
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The sentence with its parameters filled in."""
        return self.sentence.format_map(_Params(self.params))

    @property
    def advice(self) -> str:
        """The next step with its parameters filled in."""
        return self.next_step.format_map(_Params(self.params))

    def diagnostics(self) -> dict[str, str | int | float | None]:
        """Code, message, next step and parameters as plain values, for ``--json`` and logs."""
        return {"code": self.code, "message": self.message, "nextStep": self.advice, **self.params}


class _Params(dict[str, str | int | float | None]):
    """A missing parameter must not hide the error that it belongs to behind a `KeyError`."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


class PacketError(CodedError):
    """Root of the packet room's errors."""

    code = "PACKET-ERROR"


class UnusableInputError(PacketError):
    """Root of errors about a file or value that was given to us and cannot be used (exit code 2)."""

    code = "PACKET-INPUT"
