"""What is written down about what an operator did, and what of it the next packet has to carry.

The event ids are MOSIP's. Descriptions name actions and technical ids only, never what was typed or captured.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from app.core.factors import Factor
from packet.models import AuditEntry, Clock, Flow


@dataclass(frozen=True, slots=True)
class PendingAudits:
    """The rows that the next packet has to carry.

    Attributes:
        entries: ascending by action time.
        after: sequence number of the last row that an earlier packet carried.
        through: sequence number of the last row here.
    """

    entries: tuple[AuditEntry, ...] = field(repr=False)
    after: int
    through: int


@dataclass(frozen=True, slots=True)
class AuditKind:
    """One kind of action."""

    event_id: str
    event_name: str
    module_id: str
    module_name: str
    description: str
    event_type: str = "USER"


_LOGIN = ("REG-MOD-101", "Login")
_NAVIGATION = ("REG-MOD-102", "Navigation")
_REGISTRATION = ("REG-MOD-103", "Registration")
_PACKETS = ("REG-MOD-104", "Packet Handler")

LOGIN_PASSWORD = AuditKind("REG-AUTH-002", "LOGIN_WITH_PASSWORD", *_LOGIN, "Logged in with a password")
LOGOUT = AuditKind("REG-AUTH-009", "LOGOUT_USER", *_LOGIN, "Logged out")
NEW_STARTED = AuditKind("REG-EVT-002", "NAV_NEW_REG", *_NAVIGATION, "Started a new registration")
DRAFT_RESUMED = AuditKind("REG-NAV-006", "NAV_HOME", *_NAVIGATION, "Took up a registration in work")
DRAFT_DISCARDED = AuditKind("REG-NAV-008", "NAV_REDIRECT_HOME", *_NAVIGATION, "Discarded a registration in work")
DRAFT_EXPIRED = AuditKind("REG-NAV-008", "NAV_REDIRECT_HOME", *_NAVIGATION, "A registration in work expired", "SYSTEM")
DOCUMENT_ADDED = AuditKind("REG-EVT-089", "REG_DOC_SCAN", *_REGISTRATION, "Added a document")
DOCUMENT_REMOVED = AuditKind("REG-EVT-091", "REG_DOC_DELETE", *_REGISTRATION, "Removed a document")
EXCEPTION_MARKED = AuditKind("REG-EVT-027", "REG_BIO_EXCEPTION_MARKING", *_REGISTRATION, "Marked a biometric exception")
EXCEPTION_REMOVED = AuditKind("REG-EVT-065", "REG_BIO_EXCEPTION_REMOVING", *_REGISTRATION, "Removed a biometric exception")
WORDS_ACCEPTED = AuditKind("REG-EVT-102", "BLOCKLISTED_WORD_ACCEPTED", *_REGISTRATION, "Accepted blocklisted words")
WORDS_REJECTED = AuditKind("REG-EVT-103", "BLOCKLISTED_WORD_REJECTED", *_REGISTRATION, "Rejected blocklisted words")
PREVIEW_SUBMITTED = AuditKind("REG-EVT-046", "REG_PREVIEW_SUBMIT", *_REGISTRATION, "Confirmed the preview")
OPERATOR_PASSWORD = AuditKind("REG-EVT-048", "REG_OPERATOR_AUTH_PASSWORD", *_REGISTRATION, "Operator confirmed by password")

STARTED: dict[Flow, AuditKind] = {
    Flow.NEW: NEW_STARTED,
    Flow.UPDATE: AuditKind("REG-EVT-003", "NAV_UIN_UPDATE", *_NAVIGATION, "Started an update"),
    Flow.LOST: AuditKind("REG-EVT-001", "NAV_LOST_UIN", *_NAVIGATION, "Started a search for a lost UIN"),
    Flow.CORRECTION: AuditKind("REG-EVT-007", "NAV_CORRECTION", *_NAVIGATION, "Started a correction"),
}
"""By the flow of the process that was started."""

OPERATOR_CONFIRMED: dict[Factor, AuditKind] = {
    Factor.PASSWORD: OPERATOR_PASSWORD,
    Factor.OTP: AuditKind("REG-EVT-050", "REG_OPERATOR_AUTH_SUBMIT_OTP", *_REGISTRATION, "Operator confirmed by OTP"),
    Factor.FINGERPRINT: AuditKind(
        "REG-EVT-052", "REG_OPERATOR_AUTH_FINGERPRINT", *_REGISTRATION, "Operator confirmed by fingerprint"
    ),
    Factor.IRIS: AuditKind("REG-EVT-053", "REG_OPERATOR_AUTH_IRIS", *_REGISTRATION, "Operator confirmed by iris"),
    Factor.FACE: AuditKind("REG-EVT-054", "REG_OPERATOR_AUTH_FACE", *_REGISTRATION, "Operator confirmed by face"),
}
"""By the factor that the operator presented at a registration's end."""

REVIEWER_CONFIRMED: dict[Factor, AuditKind] = {
    Factor.PASSWORD: AuditKind("REG-EVT-057", "REG_REVIEWER_AUTH_PASSWORD", *_REGISTRATION, "Reviewer confirmed by password"),
    Factor.OTP: AuditKind("REG-EVT-059", "REG_REVIEWER_AUTH_SUBMIT_OTP", *_REGISTRATION, "Reviewer confirmed by OTP"),
    Factor.FINGERPRINT: AuditKind(
        "REG-EVT-061", "REG_REVIEWER_AUTH_FINGERPRINT", *_REGISTRATION, "Reviewer confirmed by fingerprint"
    ),
    Factor.IRIS: AuditKind("REG-EVT-062", "REG_REVIEWER_AUTH_IRIS", *_REGISTRATION, "Reviewer confirmed by iris"),
    Factor.FACE: AuditKind("REG-EVT-063", "REG_REVIEWER_AUTH_FACE", *_REGISTRATION, "Reviewer confirmed by face"),
}
"""By the factor that the reviewer presented."""
PACKET_CREATED = AuditKind("REG-EVT-066", "PACKET_CREATION_SUCCESS", *_PACKETS, "Sealed a packet", "SYSTEM")
PACKET_SYNCED = AuditKind("REG-EVT-069", "PACKET_SYNCED_TO_SERVER", *_PACKETS, "Announced a packet to the server", "SYSTEM")
PACKET_DELETED = AuditKind("REG-EVT-070", "PACKET_DELETED", *_PACKETS, "Deleted a packet that the server has", "SYSTEM")
PACKET_APPROVED = AuditKind("REG-EVT-071", "PACKET_APPROVED", *_PACKETS, "Approved a packet")
PACKET_REJECTED = AuditKind("REG-EVT-072", "PACKET_REJECTED", *_PACKETS, "Rejected a packet")
PACKET_EXPORTED = AuditKind("REG-EXPT-PKT-001", "EXPORT_PACKET", *_PACKETS, "Exported a packet")
PACKET_UPLOADED = AuditKind("REG-UPL-PKT-001", "UPLOAD_PACKET", *_PACKETS, "Uploaded a packet", "SYSTEM")
AUDITS_DELETED = AuditKind("REG-AUD-001", "AUDIT_LOG_DELETED", *_PACKETS, "Deleted audit rows that a packet carried", "SYSTEM")
"""MOSIP knows no event for this; the id is our own."""
STATUS_READ = AuditKind("REG-SYNC-006", "SYNC_REGISTRATION_PACKET_STATUS", *_PACKETS, "Read a packet's status", "SYSTEM")

CAPTURED: dict[str, AuditKind] = {
    "left slap": AuditKind("REG-EVT-030", "REG_BIO_LEFT_SLAP_SCAN", *_REGISTRATION, "Captured the left slap"),
    "right slap": AuditKind("REG-EVT-031", "REG_BIO_RIGHT_SLAP_SCAN", *_REGISTRATION, "Captured the right slap"),
    "thumbs": AuditKind("REG-EVT-032", "REG_BIO_THUMBS_SCAN", *_REGISTRATION, "Captured the thumbs"),
    "irises": AuditKind("REG-EVT-034", "REG_BIO_IRIS_SCAN", *_REGISTRATION, "Captured the irises"),
    "face": AuditKind("REG-EVT-039", "REG_BIO_FACE_CAPTURE", *_REGISTRATION, "Captured the face"),
    "exception photo": AuditKind(
        "REG-EVT-040", "REG_BIO_EXCEPTION_PHOTO_CAPTURE", *_REGISTRATION, "Captured the exception photo"
    ),
}
"""By the name of the capture group."""


class AuditWriter:
    """Makes the rows of one logged-in user on one machine.

    Args:
        user_name: display name; travels in the packet, as MOSIP wants it.
    """

    def __init__(self, user_id: str, user_name: str, host_name: str, clock: Clock) -> None:
        self._user_id = user_id
        self._user_name = user_name
        self._host_name = host_name
        self._clock = clock

    def about_user(self, kind: AuditKind) -> AuditEntry:
        """A row about the user themselves."""
        return self._entry(kind, self._user_id, "USER_ID")

    def about_machine(self, kind: AuditKind) -> AuditEntry:
        """A row about what this machine did on its own."""
        return self._entry(kind, self._host_name, "USER_ID")

    def about_registration(self, kind: AuditKind, registration_id: str) -> AuditEntry:
        """A row about a registration."""
        return self._entry(kind, registration_id, "REGISTRATION_ID")

    def _entry(self, kind: AuditKind, identifier: str, id_type: str) -> AuditEntry:
        now = self._clock()
        return AuditEntry(
            uuid=str(uuid.uuid4()),
            created_at=now,
            event_id=kind.event_id,
            event_name=kind.event_name,
            event_type=kind.event_type,
            host_name=self._host_name,
            host_ip="localhost",
            session_user_id=self._user_id,
            session_user_name=self._user_name,
            id=identifier,
            id_type=id_type,
            created_by=self._user_id,
            module_name=kind.module_name,
            module_id=kind.module_id,
            description=kind.description,
            action_time_stamp=now,
        )
