"""Errors of an operator's tasks."""

from __future__ import annotations

from app.core.errors import AppError


class RoleNotPermittedError(AppError):
    """The user may log in, but not here."""

    code = "DESK-ROLE"
    sentence = "This user has no role that permits work at a registration desk."
    next_step = "Ask the administrator to give the user the role REGISTRATION_OFFICER or REGISTRATION_SUPERVISOR."


class SupervisorNeededError(AppError):
    """Something was asked for that only a supervisor may do."""

    code = "DESK-SUPERVISOR-NEEDED"
    sentence = "Only a supervisor may do this."
    next_step = "Let a user with the role REGISTRATION_SUPERVISOR log in."


class NoDeviceError(AppError):
    """Nothing to capture with."""

    code = "DESK-NO-DEVICE"
    sentence = "There is no trusted device for {group}."
    next_step = "Connect the device and start its service; if it is refused, synchronise the CA certificates."


class QualityTooLowError(AppError):
    """All attempts were made and nothing could be kept."""

    code = "DESK-QUALITY"
    sentence = "The capture of {group} did not become good enough in {attempts} attempts."
    next_step = "Clean the device and the person's fingers or glasses and start the modality again, or mark an exception."


class AuditsMissingError(AppError):
    """A packet without audit rows would be refused."""

    code = "DESK-AUDITS-MISSING"
    sentence = "There is no audit row that the packet could carry."
    next_step = "Start the registration from its beginning, so that its steps are written down."
