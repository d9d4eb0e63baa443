"""Who may confirm a registration, and what counts as a proof."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.factors import OFFICER, SUPERVISOR, Factor, NoFactorError
from app.core.reviewing import (
    REVIEWER_ROLES,
    BiometricProof,
    LocalUser,
    OtpProof,
    PasswordProof,
    Proof,
    ProofMisplacedError,
    Refusal,
    WrongFactor,
    is_same_user,
    operator_factors,
    operator_of,
    operator_refusal,
    proof_refusal,
    reviewer_factors,
    reviewer_refusal,
)
from packet.models import BioAttribute, Operator
from tests.support.flowdesk import Users, capture_of, methods_of, usual_users


@pytest.mark.parametrize("typed", ["officer", "OFFICER", " Officer "])
def test_the_operator_is_the_user_of_the_session_whatever_the_case(typed: str) -> None:
    assert operator_refusal(typed, "officer", usual_users()) is None


def test_letters_of_another_width_are_still_the_same_user() -> None:
    assert is_same_user("ｏｆｆｉｃｅｒ", "Officer")
    assert not is_same_user("officer1", "officer")


def test_no_other_user_confirms_as_operator() -> None:
    assert operator_refusal("colleague", "officer", usual_users()) is Refusal.OPERATOR_IS_ANOTHER
    assert operator_refusal("", "officer", usual_users()) is Refusal.OPERATOR_IS_ANOTHER


def test_an_operator_who_was_deactivated_or_removed_does_not_confirm() -> None:
    assert operator_refusal("left", "left", usual_users()) is Refusal.USER_INACTIVE
    assert operator_refusal("gone", "gone", usual_users()) is Refusal.USER_UNKNOWN
    assert operator_refusal("", "", usual_users()) is Refusal.USER_UNKNOWN


@pytest.mark.parametrize("typed", ["supervisor", "SUPERVISOR", "Supervisor", " sUPERVISOR "])
def test_a_supervisor_does_not_review_their_own_registration_by_typing_their_id_differently(typed: str) -> None:
    assert reviewer_refusal(typed, "Supervisor", usual_users(), REVIEWER_ROLES) is Refusal.REVIEWER_IS_OPERATOR


@given(st.text(min_size=1))
def test_two_spellings_that_differ_in_case_only_are_one_user(user_id: str) -> None:
    assert is_same_user(user_id, user_id.swapcase()) or user_id.swapcase().swapcase() != user_id
    assert is_same_user(user_id, f" {user_id}\t")


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("supervisor", None),
        ("SUPERVISOR", None),
        ("colleague", Refusal.REVIEWER_ROLE_MISSING),
        ("left", Refusal.USER_INACTIVE),
        ("nobody", Refusal.USER_UNKNOWN),
        ("", Refusal.USER_UNKNOWN),
        ("officer", Refusal.REVIEWER_IS_OPERATOR),
        ("OFFICER", Refusal.REVIEWER_IS_OPERATOR),
    ],
)
def test_a_reviewer_is_another_active_user_in_a_role_that_reviews(typed: str, refusal: Refusal | None) -> None:
    assert reviewer_refusal(typed, "officer", usual_users(), REVIEWER_ROLES) is refusal


def test_a_deployment_says_which_roles_review() -> None:
    users = usual_users()
    assert reviewer_refusal("colleague", "officer", users, frozenset({OFFICER})) is None
    assert reviewer_refusal("supervisor", "officer", users, frozenset()) is Refusal.REVIEWER_ROLE_MISSING


def test_what_a_directory_says_of_somebody_else_is_no_answer() -> None:
    class Careless:
        def find(self, user_id: str) -> LocalUser | None:
            return LocalUser("supervisor", True, frozenset({SUPERVISOR}))

    assert reviewer_refusal("nobody", "officer", Careless(), REVIEWER_ROLES) is Refusal.USER_UNKNOWN


def test_the_reviewers_own_roles_decide_about_their_factors() -> None:
    methods = methods_of(packet=["PWD"], exception=["IRIS", "PWD"])
    assert operator_factors("officer", usual_users(), methods) == (Factor.PASSWORD,)
    assert reviewer_factors("supervisor", usual_users(), methods, REVIEWER_ROLES) == (Factor.IRIS, Factor.PASSWORD)


def test_nobody_reviews_with_a_password_for_want_of_a_role() -> None:
    users = Users(LocalUser("bare", True, frozenset()))
    with pytest.raises(NoFactorError):
        reviewer_factors("bare", users, methods_of(), REVIEWER_ROLES)
    with pytest.raises(NoFactorError):
        operator_factors("nobody", users, methods_of())
    assert operator_factors("bare", users, methods_of()) == (Factor.PASSWORD,)


FINGER = BiometricProof((capture_of(BioAttribute.LEFT_INDEX), capture_of(BioAttribute.LEFT_RING)))
EYES = BiometricProof((capture_of(BioAttribute.LEFT_EYE),))
FACE = BiometricProof((capture_of(BioAttribute.FACE),))


@pytest.mark.parametrize(
    ("factor", "proof"),
    [
        (Factor.PASSWORD, PasswordProof()),
        (Factor.OTP, OtpProof(is_confirmed_by_server=True)),
        (Factor.FINGERPRINT, FINGER),
        (Factor.IRIS, EYES),
        (Factor.FACE, FACE),
    ],
)
def test_a_right_proof_is_taken_a_wrong_one_is_not(factor: Factor, proof: Proof) -> None:
    assert proof_refusal(factor, proof) is None
    assert proof_refusal(factor, WrongFactor()) is Refusal.FACTOR_WRONG


def test_a_one_time_password_that_no_server_confirmed_is_refused() -> None:
    assert proof_refusal(Factor.OTP, OtpProof(is_confirmed_by_server=False)) is Refusal.OTP_NEEDS_SERVER


@pytest.mark.parametrize(
    "proof", [BiometricProof(()), EYES, FACE, BiometricProof((*FINGER.captures, FINGER.captures[0]))], ids=repr
)
def test_captures_of_nothing_of_another_part_of_the_body_or_twice_the_same_are_refused(proof: Proof) -> None:
    assert proof_refusal(Factor.FINGERPRINT, proof) is Refusal.CAPTURE_UNUSABLE


@pytest.mark.parametrize(
    ("factor", "proof"),
    [
        (Factor.OTP, PasswordProof()),
        (Factor.FACE, PasswordProof()),
        (Factor.PASSWORD, OtpProof(is_confirmed_by_server=True)),
        (Factor.PASSWORD, FACE),
        (Factor.OTP, FINGER),
    ],
)
def test_a_proof_of_another_kind_is_a_mistake_of_the_program(factor: Factor, proof: Proof) -> None:
    with pytest.raises(ProofMisplacedError):
        proof_refusal(factor, proof)


def test_the_packet_says_what_was_presented() -> None:
    assert operator_of("officer", [Factor.PASSWORD], ()) == Operator("officer", by_password=True)
    assert operator_of("officer", [Factor.OTP, Factor.FACE], FACE.captures) == Operator(
        "officer", by_otp=True, biometrics=FACE.captures
    )
