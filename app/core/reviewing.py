"""Who may confirm a registration, and what counts as a confirmation.

The operator is the user of the session and nobody else. A reviewer, asked for when biometric exceptions were recorded, is a
second person: known here, active, another user than the operator, and in a role that reviews. User ids name the same user
whatever the case of their letters, so they are compared that way everywhere; a comparison that minds the case would let an
operator review their own packet by typing their id differently.

A factor is presented as a proof. A one-time password proves something only if the server confirmed that very password: without
a connection there is no such confirmation, and the factor is refused, not skipped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, assert_never

from app.core.errors import AppError
from app.core.factors import SUPERVISOR, AuthenticationMethods, AuthenticationProcess, Factor, NoFactorError
from packet.bioattributes import EYES, FINGERS
from packet.models import BioAttribute, CapturedBiometric, Operator

REVIEWER_ROLES: Final = frozenset({SUPERVISOR})
"""Roles that may review, where a deployment does not say otherwise."""


class ProofMisplacedError(AppError):
    """A proof of one factor was handed in where another is asked for: a mistake of the program."""

    code = "REVIEW-PROOF-MISPLACED"
    sentence = "A proof of another kind was handed in where {factor} is asked for."
    next_step = "Start the authentication again; if it stays, report it with the code."


@dataclass(frozen=True, slots=True)
class LocalUser:
    """A user of this machine, as the last synchronisation left it.

    Attributes:
        is_active: neither deactivated, nor blocked, nor deleted.
    """

    user_id: str
    is_active: bool
    roles: frozenset[str]


class UserDirectory(Protocol):
    """The users that this machine knows."""

    def find(self, user_id: str) -> LocalUser | None:
        """The user with this id, whatever the case of its letters; None if there is none."""
        ...


class Refusal(StrEnum):
    """Why someone may not confirm a registration, or why a proof was not taken; keys of sentences."""

    OPERATOR_IS_ANOTHER = "FLOW-OPERATOR-IS-ANOTHER"
    USER_UNKNOWN = "FLOW-USER-UNKNOWN"
    USER_INACTIVE = "FLOW-USER-INACTIVE"
    REVIEWER_IS_OPERATOR = "FLOW-REVIEWER-IS-OPERATOR"
    REVIEWER_ROLE_MISSING = "FLOW-REVIEWER-ROLE-MISSING"
    NO_FACTOR = "FLOW-NO-FACTOR"
    FACTOR_UNKNOWN = "FLOW-FACTOR-UNKNOWN"
    FACTOR_WRONG = "FLOW-FACTOR-WRONG"
    OTP_NEEDS_SERVER = "FLOW-OTP-NEEDS-SERVER"
    CAPTURE_UNUSABLE = "FLOW-CAPTURE-UNUSABLE"


def canonical_user_id(user_id: str) -> str:
    """The id as it is compared: without surrounding blanks, compatibility forms and case folded."""
    folded = unicodedata.normalize("NFKC", user_id).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def is_same_user(one: str, other: str) -> bool:
    """Whether two ids name the same user."""
    return canonical_user_id(one) == canonical_user_id(other)


def operator_refusal(user_id: str, session_user_id: str, users: UserDirectory) -> Refusal | None:
    """Why this user may not confirm a registration that the session's user makes; None if they may."""
    if not is_same_user(user_id, session_user_id):
        return Refusal.OPERATOR_IS_ANOTHER
    user = _find(user_id, users)
    if user is None:
        return Refusal.USER_UNKNOWN
    return None if user.is_active else Refusal.USER_INACTIVE


def reviewer_refusal(user_id: str, operator_id: str, users: UserDirectory, reviewer_roles: frozenset[str]) -> Refusal | None:
    """Why this user may not review what the operator recorded; None if they may.

    Args:
        reviewer_roles: one of them must be held.
    """
    if is_same_user(user_id, operator_id):
        return Refusal.REVIEWER_IS_OPERATOR
    user = _find(user_id, users)
    if user is None:
        return Refusal.USER_UNKNOWN
    if not user.is_active:
        return Refusal.USER_INACTIVE
    return None if user.roles & reviewer_roles else Refusal.REVIEWER_ROLE_MISSING


def _find(user_id: str, users: UserDirectory) -> LocalUser | None:
    """None also for a directory's answer about somebody else: what it says of them is no answer to the question."""
    if not canonical_user_id(user_id):
        return None
    user = users.find(user_id)
    return user if user is not None and is_same_user(user.user_id, user_id) else None


def operator_factors(user_id: str, users: UserDirectory, methods: AuthenticationMethods) -> tuple[Factor, ...]:
    """What an operator presents to confirm a registration, in order.

    Raises:
        app.core.factors.FactorsError: if that cannot be known.
    """
    process = AuthenticationProcess.PACKET
    user = _find(user_id, users)
    if user is None:
        raise NoFactorError(process=process.value)
    return methods.sequence(process, user.roles)


def reviewer_factors(
    user_id: str, users: UserDirectory, methods: AuthenticationMethods, reviewer_roles: frozenset[str]
) -> tuple[Factor, ...]:
    """What a reviewer presents, in order: by the reviewer's own roles, and of these only by those that review.

    Raises:
        app.core.factors.FactorsError: if that cannot be known.
    """
    process = AuthenticationProcess.EXCEPTION
    user = _find(user_id, users)
    deciding = user.roles & reviewer_roles if user else frozenset()
    if not deciding:  # the rule that a user without a role presents a password is not for reviewers
        raise NoFactorError(process=process.value)
    return methods.sequence(process, deciding)


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """The password was right."""


@dataclass(frozen=True, slots=True)
class OtpProof:
    """A one-time password was entered.

    Attributes:
        is_confirmed_by_server: the server was asked about it just now, and said that it is right.
    """

    is_confirmed_by_server: bool


@dataclass(frozen=True, slots=True)
class BiometricProof:
    """Fingers, eyes or the face were captured and match what is stored of this user.

    Attributes:
        captures: verified captures; they go into the packet.
    """

    captures: tuple[CapturedBiometric, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongFactor:
    """What was presented is not right."""


Proof = PasswordProof | OtpProof | BiometricProof | WrongFactor

_ATTRIBUTES: Final[dict[Factor, frozenset[BioAttribute]]] = {
    Factor.FINGERPRINT: frozenset(FINGERS),
    Factor.IRIS: frozenset(EYES),
    Factor.FACE: frozenset({BioAttribute.FACE}),
}


def proof_refusal(factor: Factor, proof: Proof) -> Refusal | None:
    """Why a proof is not taken for a factor; None if it is. Only `Refusal.FACTOR_WRONG` counts as a failed attempt.

    Raises:
        ProofMisplacedError: if it is the proof of another kind of factor.
    """
    match proof:
        case WrongFactor():
            return Refusal.FACTOR_WRONG
        case PasswordProof():
            if factor is not Factor.PASSWORD:
                raise ProofMisplacedError(factor=factor.value)
            return None
        case OtpProof(is_confirmed_by_server=is_confirmed):
            if factor is not Factor.OTP:
                raise ProofMisplacedError(factor=factor.value)
            return None if is_confirmed else Refusal.OTP_NEEDS_SERVER
        case BiometricProof(captures=captures):
            if factor not in _ATTRIBUTES:
                raise ProofMisplacedError(factor=factor.value)
            attributes = [capture.attribute for capture in captures]
            is_usable = bool(attributes) and len(set(attributes)) == len(attributes) and set(attributes) <= _ATTRIBUTES[factor]
            return None if is_usable else Refusal.CAPTURE_UNUSABLE
        case _:
            assert_never(proof)


def operator_of(user_id: str, factors: Iterable[Factor], captures: tuple[CapturedBiometric, ...]) -> Operator:
    """What the packet says of a user who presented all these factors."""
    presented = frozenset(factors)
    return Operator(
        user_id=user_id,
        by_password=Factor.PASSWORD in presented,
        by_otp=Factor.OTP in presented,
        biometrics=captures,
    )
