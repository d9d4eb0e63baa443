"""Errors of the key service."""

from __future__ import annotations

from sandbox.errors import SandboxError


class KeyServiceError(SandboxError):
    """Root of the key service's errors."""

    code = "SANDBOX-KEY"


class KeyNotAllowedError(KeyServiceError):
    """An application or reference id for which no key may exist."""

    code = "SANDBOX-KEY-NOT-ALLOWED"
    sentence = "There is no key for application {app_id} and reference {ref_id}."
    next_step = "Ask for KERNEL/SIGN or REGISTRATION/<centre>_<machine>."


class KeyCannotSignError(KeyServiceError):
    """A base key only unwraps session keys; its certificate says so."""

    code = "SANDBOX-KEY-CANNOT-SIGN"
    sentence = "The key of application {app_id} and reference {ref_id} is not for signing."
    next_step = "Sign with a module key."


class KeyExportRefusedError(KeyServiceError):
    """A private key was asked for, and the service was not started so."""

    code = "SANDBOX-KEY-EXPORT"
    sentence = "The key service gives no private key away."
    next_step = "Start the sandbox with key export allowed, for tests only."
