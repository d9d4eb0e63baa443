"""Which factors are asked of whom: MOSIP's lists of authentication methods and role priorities."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.factors import (
    OFFICER,
    SUPERVISOR,
    AuthenticationMethods,
    AuthenticationMethodsUnreadableError,
    AuthenticationProcess,
    Factor,
    FactorUnknownError,
    MethodRow,
    NoFactorError,
    PriorityRow,
    read_methods,
)

PACKET = AuthenticationProcess.PACKET
EXCEPTION = AuthenticationProcess.EXCEPTION


def method(factor: str, sequence: int, role: str = OFFICER, process: str = "packet_auth", **more: Any) -> dict[str, Any]:
    return {
        "appId": "10003",
        "processId": process,
        "roleCode": role,
        "authMethodCode": factor,
        "methodSequence": sequence,
        "isActive": True,
        "isDeleted": False,
        "langCode": "eng",
        **more,
    }


def priority(role: str, place: int, process: str = "packet_auth") -> dict[str, Any]:
    return {"appId": "10003", "processId": process, "roleCode": role, "priority": place, "isActive": True}


def test_every_factor_of_the_role_is_asked_in_the_order_of_its_sequence() -> None:
    methods = read_methods([method("IRIS", 4), method("PWD", 1), method("OTP", 2)])
    assert methods.sequence(PACKET, {OFFICER}) == (Factor.PASSWORD, Factor.OTP, Factor.IRIS)


def test_the_same_row_in_three_languages_asks_once() -> None:
    methods = read_methods([method("PWD", 1, langCode=code) for code in ("eng", "fra", "ara")])
    assert methods.sequence(PACKET, {OFFICER}) == (Factor.PASSWORD,)


@pytest.mark.parametrize("more", [{"isActive": False}, {"isDeleted": True}, {"appId": "10004"}])
def test_rows_that_are_inactive_deleted_or_of_another_application_do_not_count(more: dict[str, Any]) -> None:
    methods = read_methods([method("PWD", 1), method("OTP", 2, **more)])
    assert methods.sequence(PACKET, {OFFICER}) == (Factor.PASSWORD,)


def test_the_first_role_by_priority_decides() -> None:
    methods = read_methods(
        [method("PWD", 1), method("FACE", 1, SUPERVISOR)],
        [priority(OFFICER, 1), priority(SUPERVISOR, 2)],
    )
    assert methods.sequence(PACKET, {OFFICER, SUPERVISOR}) == (Factor.PASSWORD,)
    assert methods.sequence(PACKET, {SUPERVISOR}) == (Factor.FACE,)


def test_priorities_of_another_process_do_not_decide() -> None:
    methods = read_methods([method("PWD", 1), method("FACE", 1, SUPERVISOR)], [priority(OFFICER, 1, "login_auth")])
    assert methods.sequence(PACKET, {OFFICER, SUPERVISOR}) == (Factor.FACE,)


def test_without_priorities_the_highest_role_decides_and_roles_given_to_everybody_do_not() -> None:
    methods = read_methods([method("PWD", 1), method("FACE", 1, SUPERVISOR), method("OTP", 1, "uma_authorization")])
    assert methods.sequence(PACKET, {OFFICER, SUPERVISOR, "uma_authorization"}) == (Factor.FACE,)


def test_a_role_of_the_country_decides_for_a_user_who_holds_none_of_mosips() -> None:
    methods = read_methods([method("FACE", 1, "REGISTRAR_GENERAL")])
    assert methods.sequence(PACKET, {"offline_access", "REGISTRAR_GENERAL"}) == (Factor.FACE,)


def test_a_user_without_any_role_presents_a_password() -> None:
    assert AuthenticationMethods(()).sequence(PACKET, ()) == (Factor.PASSWORD,)


def test_nobody_gets_through_where_nothing_is_configured() -> None:
    methods = read_methods([method("PWD", 1)])
    with pytest.raises(NoFactorError):
        methods.sequence(EXCEPTION, {OFFICER})
    with pytest.raises(NoFactorError):
        methods.sequence(PACKET, {SUPERVISOR})
    with pytest.raises(NoFactorError):
        methods.sequence(PACKET, {"offline_access"})


def test_a_factor_that_is_not_known_is_refused_and_not_left_out() -> None:
    methods = AuthenticationMethods(
        (MethodRow("packet_auth", OFFICER, "PWD", 1), MethodRow("packet_auth", OFFICER, "VOICE", 2))
    )
    with pytest.raises(FactorUnknownError) as refused:
        methods.sequence(PACKET, {OFFICER})
    assert refused.value.params["factor"] == "VOICE"


def test_a_row_that_is_not_used_need_not_be_understood() -> None:
    methods = read_methods([method("PWD", 1), method("VOICE", 1, SUPERVISOR)])
    assert methods.sequence(PACKET, {OFFICER}) == (Factor.PASSWORD,)


@pytest.mark.parametrize(
    "row",
    [
        "a text",
        {**method("PWD", 1), "methodSequence": "1"},
        {**method("PWD", 1), "methodSequence": True},
        {**method("PWD", 1), "roleCode": " "},
        {**method("PWD", 1), "processId": None},
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: object) -> None:
    with pytest.raises(AuthenticationMethodsUnreadableError) as refused:
        read_methods([method("PWD", 1), row])
    assert refused.value.params["row"] == 2


def test_a_priority_that_cannot_be_read_is_named() -> None:
    with pytest.raises(AuthenticationMethodsUnreadableError) as refused:
        read_methods([], [{**priority(OFFICER, 1), "priority": None}])
    assert refused.value.params["entity"] == "AppRolePriority"


def test_rows_read_are_values() -> None:
    assert read_methods([method("PWD", 1)], [priority(OFFICER, 1)]) == AuthenticationMethods(
        (MethodRow("packet_auth", OFFICER, "PWD", 1),), (PriorityRow("packet_auth", OFFICER, 1),)
    )
