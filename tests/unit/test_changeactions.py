"""What a change of one field does to others."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.changeactions import (
    ChangeActions,
    ChangeActionUnreadableError,
    ChangeHandlerTwiceError,
    CopyAndDisable,
    CopyTo,
    CopyValue,
    Disable,
    Effect,
    SetEnabled,
    mosip_actions,
    parse_action,
)
from app.core.uispec.model import ChangeAction

KNOWN = frozenset({"same", "home", "away", "street", "town"})
TICKED = {"same": "Y", "home": "x"}
NOT_TICKED: list[Mapping[str, object]] = [{}, {"same": "N"}, {"same": None}, {"same": ["Y"]}, {"same": "y"}]


def effects(text: str, values: Mapping[str, object], field: str = "same") -> tuple[Effect, ...]:
    return mosip_actions().effects(parse_action(text), values, field)


def reasons(text: str) -> tuple[str, ...]:
    return mosip_actions().validate(parse_action(text), KNOWN)


@pytest.mark.parametrize(
    ("text", "handler", "arguments"),
    [
        ("copyto:home=away", "copyto", ("home=away",)),
        (" copy&disable : home=away , street=town ", "copy&disable", ("home=away", "street=town")),
        ("copyto:same?home=away", "copyto", ("same?home=away",)),
        ("disable", "disable", ()),
        ("disable:", "disable", ()),
    ],
)
def test_an_action_is_taken_apart(text: str, handler: str, arguments: tuple[str, ...]) -> None:
    assert parse_action(text) == ChangeAction(handler, arguments)


@pytest.mark.parametrize("text", ["", " ", ":home", "copyto:a=b:c=d", "copyto:a=b,,c=d", "copyto:a=b,", "x" * 5_000])
def test_what_is_no_action_is_named(text: str) -> None:
    with pytest.raises(ChangeActionUnreadableError):
        parse_action(text)


def test_copyto_copies_on_every_change() -> None:
    expected = (CopyValue("home", "away"), CopyValue("street", "town"))
    assert effects("copyto:home=away,street=town", {}, "home") == expected


def test_copyto_with_a_flag_copies_and_locks_while_it_is_ticked() -> None:
    assert effects("copyto:same?home=away", TICKED, "home") == (CopyValue("home", "away"), SetEnabled("away", is_enabled=False))


@pytest.mark.parametrize("values", NOT_TICKED)
def test_copyto_with_a_flag_only_opens_the_target_otherwise(values: Mapping[str, object]) -> None:
    assert effects("copyto:same?home=away", values, "home") == (SetEnabled("away", is_enabled=True),)


def test_copy_and_disable_follows_the_check_box_that_changed() -> None:
    text = "copy&disable:home=away,street=town"
    assert effects(text, TICKED) == (
        CopyValue("home", "away"),
        SetEnabled("away", is_enabled=False),
        CopyValue("street", "town"),
        SetEnabled("town", is_enabled=False),
    )
    opened = (SetEnabled("away", is_enabled=True), SetEnabled("town", is_enabled=True))
    assert all(effects(text, values) == opened for values in NOT_TICKED)


def test_disable_locks_while_the_check_box_that_changed_is_ticked() -> None:
    assert effects("disable:home,away", TICKED) == (SetEnabled("home", is_enabled=False), SetEnabled("away", is_enabled=False))
    assert effects("disable:home", {"same": "N"}) == (SetEnabled("home", is_enabled=True),)


@pytest.mark.parametrize(
    "text",
    [
        "copyto:home=away",
        "copyto:same?home=away,street=town",
        "copyto:same ? home = away",
        "disable:home,away",
        "copy&disable:home=away,home=town",
    ],
)
def test_right_actions_have_no_reason_against_them(text: str) -> None:
    assert reasons(text) == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("copyto", "names no fields"),
        ("copyto:home", "not of the form"),
        ("copyto:home=", "not of the form"),
        ("copyto:=away", "not of the form"),
        ("copyto:?home=away", "not of the form"),
        ("copyto:same?home", "not of the form"),
        ("copyto:home=away=town", "not of the form"),
        ("copyto:same?street?home=away", "not of the form|no field"),
        ("copyto:home=nowhere", "no field 'nowhere'"),
        ("copyto:nowhere?home=away", "no field 'nowhere'"),
        ("copyto:nowhere=away", "no field 'nowhere'"),
        ("copyto:home=home", "itself"),
        ("copyto:home=away,street=away", "'away' is named twice"),
        ("copy&disable:same?home=away", "not of the form source=target"),
        ("disable", "names no field"),
        ("disable:nowhere", "no field 'nowhere'"),
        ("disable:home,home", "'home' is named twice"),
        ("COPYTO:home=away", "no change action 'COPYTO'; there are copyto, disable, copy&disable"),
    ],
)
def test_wrong_actions_say_why_when_the_specification_is_read(text: str, why: str) -> None:
    found = reasons(text)
    assert found
    assert any(part in reason for reason in found for part in why.split("|"))


def test_targets_are_what_something_can_happen_to() -> None:
    assert CopyTo().targets(("same?home=away", "street=town")) == ("away", "town")
    assert CopyAndDisable().targets(("home=away",)) == ("away",)
    assert Disable().targets(("home", "away")) == ("home", "away")


class OpenAll:
    """A country's own handler."""

    name = "openall"

    def effects(self, values: Mapping[str, object], field: str, arguments: tuple[str, ...]) -> tuple[Effect, ...]:
        return tuple(SetEnabled(name, is_enabled=True) for name in values if name != field)

    def validate(self, arguments: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
        return ("it takes no arguments",) if arguments else ()

    def targets(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        return ()


def test_a_country_adds_a_handler_of_its_own() -> None:
    actions = mosip_actions()
    actions.register(OpenAll())
    assert actions.effects(ChangeAction("openall", ()), TICKED, "same") == (SetEnabled("home", is_enabled=True),)
    assert actions.validate(ChangeAction("openall", ("home",)), KNOWN) == ("it takes no arguments",)
    assert mosip_actions().resolve("openall") is None


def test_a_name_is_given_once() -> None:
    with pytest.raises(ChangeHandlerTwiceError, match="copyto"):
        mosip_actions().register(CopyTo())
    with pytest.raises(ChangeHandlerTwiceError):
        ChangeActions((OpenAll(), OpenAll()))


def test_an_action_without_a_handler_does_nothing() -> None:
    assert mosip_actions().effects(ChangeAction("openall", ("home",)), TICKED, "same") == ()


@given(st.text(alphabet="copytdisable&:=?, ahomew", max_size=40))
def test_every_text_is_an_action_or_a_named_error_and_what_is_accepted_touches_known_fields_only(text: str) -> None:
    actions = mosip_actions()
    try:
        action = parse_action(text)
    except ChangeActionUnreadableError:
        return
    for values in (TICKED, {}):
        found = actions.effects(action, values, "same")
        if not actions.validate(action, KNOWN):
            for effect in found:
                names = {effect.source, effect.target} if isinstance(effect, CopyValue) else {effect.field}
                assert names <= KNOWN
