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


class OperatorRecognisedError(AppError):
    """What was captured is an operator's: somebody of the staff stood in, or touched the sensor.

    Attributes:
        user_id: who it is; for a supervisor, never shown to the person at the desk.
    """

    code = "DESK-OPERATOR-RECOGNISED"
    sentence = "What was captured is not taken: it is like that of somebody who works here."
    next_step = (
        "Let the person who is registered place their own fingers or look into the device; a supervisor can see who it was."
    )

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        super().__init__()


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
