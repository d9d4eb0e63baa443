"""What the self-check works with: a case of the table, the device that it runs on, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from devices.sbi.attributes import BioType
from packet.crypto.chain import TrustStore

REGISTRATION = "Registration"
AUTH = "Auth"
PURPOSES = (REGISTRATION, AUTH)
SPEC_VERSION = "0.9.5"
LONG_TIMEOUT_MS = 1_000


class Outcome(StrEnum):
    """What came of a case. An error is a case that could not be carried to its end, so it proves nothing."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One line of the report.

    Attributes:
        id: of the compliance toolkit (``SBI1000``), or ours (``SD01``) for what its cases leave out.
        detail: what failed, or why the case was not run; never holds biometrics or other values of a person.
        device: port, type and serial number; empty if the case was run on none.
        notes: what a service may do better although the case passes.
    """

    id: str
    title: str
    outcome: Outcome
    detail: str = ""
    device: str = ""
    notes: tuple[str, ...] = ()


class Check(StrEnum):
    """The toolkit's validators, by the letter that its case table uses for them."""

    SCHEMA = "S"
    SIGNATURE = "G"
    MISMATCH = "M"
    TIMEOUT = "T"
    HASH = "H"
    TIME = "C"
    ROTATION = "K"
    ISO = "I"


class Kind(StrEnum):
    """How a case is carried out."""

    DISCOVERY = "discovery"
    INFORMATION = "information"
    STATUS = "status"
    ROTATION = "rotation"
    CAPTURE = "capture"
    CHAIN = "chain"
    STREAM = "stream"
    OWN = "own"
    MANUAL = "manual"


class Scene(StrEnum):
    """Who must be at the device."""

    ANYBODY = "anybody"
    SOMEBODY = "somebody"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Shot:
    """What a capture request asks for.

    Attributes:
        segments: ``bioSubType``.
        long_timeout: the case measures the timeout itself: the device is to look until it is over.
        rename: key of the request (``bio.count`` for one inside ``bio``) that is sent under a wrong name.
        transaction_length: length of the transaction id; 0 for a proper one.
        as_numbers: timeout, count and score are sent as numbers, as the testing kit and the Android client do.
        as_reference_client: the request is written as MOSIP's registration client writes it: nulls, local time, odd headers.
    """

    sub_id: str
    count: int
    segments: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    score: int = 40
    timeout_ms: int = 10_000
    long_timeout: bool = False
    rename: str = ""
    transaction_length: int = 0
    as_numbers: bool = False
    as_reference_client: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table.

    Attributes:
        bio_type: of the device; None for any.
        sub_types: of the device; empty for any.
        error_codes: None if a capture must succeed; otherwise the codes that are accepted, empty for any of three digits.
        status: for `Kind.STATUS`, the state that the device must be in.
        reason: for `Kind.MANUAL`, why it is not run.
    """

    id: str
    title: str
    kind: Kind
    purposes: tuple[str, ...] = PURPOSES
    bio_type: BioType | None = None
    sub_types: tuple[str, ...] = ()
    shot: Shot | None = None
    checks: frozenset[Check] = frozenset()
    error_codes: frozenset[str] | None = None
    scene: Scene = Scene.ANYBODY
    status: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A device as its information describes it; nothing of it is trusted, the cases judge it.

    Attributes:
        digital_id: the payload, whatever it holds.
        leaf: the signer of the information; None if it is not signed.
    """

    port: int
    bio_type: str
    sub_type: str
    serial_no: str
    purpose: str
    status: str
    device_id: str
    device_code: str
    env: str
    certification: str
    sub_ids: tuple[str, ...]
    service_version: str
    digital_id: Mapping[str, object] = field(repr=False, default_factory=dict)
    leaf: x509.Certificate | None = field(repr=False, default=None)

    @property
    def name(self) -> str:
        """Port, type, sub-type and serial number on one line."""
        words = (str(self.port), self.bio_type, self.sub_type, self.serial_no)
        return " ".join(plain(word) for word in words if word)


@dataclass(frozen=True, slots=True)
class Trust:
    """CA certificates of both domains; without them signatures are checked, but not who may sign."""

    device: TrustStore | None = None
    ftm: TrustStore | None = None

    @property
    def is_checked(self) -> bool:
        """Whether paths to anchors are checked."""
        return self.device is not None


@dataclass(frozen=True, slots=True)
class AtHand:
    """What this machine knows of services of its own: the simulators' certificates, and their demonstration server's keys."""

    trust: Trust
    auth_keys: tuple[rsa.RSAPrivateKey, ...] = field(default=(), repr=False)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How a check is run.

    Attributes:
        purpose: only devices of this purpose; empty for both.
        admin_token: allows the cases that put a simulated device into a state, through its admin verbs.
        auth_keys: open authentication captures; without one their encrypted records are not looked into.
        long_timeout_ms: timeout of the cases that wait for it; the toolkit uses 10000.
        is_somebody_there: a person (or a simulated one) is at the devices; otherwise only cases that want nobody are run.
        allowed_lag: how far a capture's time may lie from this machine's clock.
        deadline_s: for the whole run; what is left then is reported as an error.
        at_hand: used in place of missing trust and keys, if a service that is found leads to it.
    """

    trust: Trust = Trust()
    bio_types: frozenset[BioType] = frozenset(BioType)
    purpose: str = ""
    admin_token: str = field(default="", repr=False)
    auth_keys: tuple[rsa.RSAPrivateKey, ...] = field(default=(), repr=False)
    long_timeout_ms: int = LONG_TIMEOUT_MS
    is_somebody_there: bool = True
    allowed_lag: timedelta = timedelta(minutes=5)
    deadline_s: float = 1_800.0
    at_hand: AtHand | None = None
    clock: Callable[[], datetime] = utc_now


def plain(text: object, limit: int = 60) -> str:
    """A value out of a device's answer, made safe for one line of a report."""
    cut = str(text)[:limit]
    return " ".join("".join(c if c.isprintable() else " " for c in cut).split())
