"""A country's own limits come from MOSIP's properties; a value that cannot be used is named."""

from __future__ import annotations

import pytest

from app.core.idnumbers import IdFinding, IdNumberRules, IdNumberRulesInvalidError, check_prid, check_uin, check_vid
from packet.rid import RidLengths
from tests.support import idnumbers

DEFAULTS = {
    "mosip.kernel.uin.length": "10",
    "mosip.kernel.uin.length.sequence-limit": "3",
    "mosip.kernel.uin.length.repeating-limit": "2",
    "mosip.kernel.uin.length.repeating-block-limit": "2",
    "mosip.kernel.uin.length.conjugative-even-digits-limit": "3",
    "mosip.kernel.uin.length.reverse-digits-limit": "5",
    "mosip.kernel.uin.length.digits-limit": "5",
    "mosip.kernel.uin.restricted-numbers": "786,666",
    "mosip.kernel.uin.not-start-with": "0,1",
    "mosip.kernel.vid.length": "16",
    "mosip.kernel.vid.length.sequence-limit": "3",
    "mosip.kernel.vid.length.repeating-limit": "2",
    "mosip.kernel.vid.length.repeating-block-limit": "2",
    "mosip.kernel.prid.length": "14",
    "mosip.kernel.prid.sequence-limit": "3",
    "mosip.kernel.prid.repeating-limit": "2",
    "mosip.kernel.prid.repeating-block-limit": "3",
    "mosip.kernel.rid.length": "29",
    "mosip.kernel.rid.sequence-length": "5",
    "mosip.kernel.rid.timestamp-length": "14",
    "mosip.kernel.registrationcenterid.length": "5",
    "mosip.kernel.machineid.length": "5",
}


def test_nothing_configured_means_what_mosip_ships() -> None:
    assert IdNumberRules.from_properties({}) == IdNumberRules() == IdNumberRules.from_properties(DEFAULTS)


@pytest.mark.parametrize("off", ["0", "-1"])
def test_a_limit_of_zero_or_less_is_not_applied(off: str) -> None:
    properties = {name: off for name in DEFAULTS if "limit" in name} | {
        "mosip.kernel.uin.restricted-numbers": "",
        "mosip.kernel.uin.not-start-with": " ",
        "sealdesk.uin.cyclic-numbers-refused": "false",
    }
    rules = IdNumberRules.from_properties(properties)
    digits = "012366678"
    assert check_uin(digits + idnumbers.check_digit(digits), rules) is None


def test_limits_of_one_kind_leave_the_others_alone() -> None:
    rules = IdNumberRules.from_properties({"mosip.kernel.uin.length": "12", "mosip.kernel.prid.repeating-block-limit": "2"})
    assert check_uin(idnumbers.valid_uin(), rules) is IdFinding.LENGTH
    assert check_vid(idnumbers.valid_vid(), rules) is None
    pair_again = next(
        text
        for number in range(99)
        if any((text := idnumbers.valid_prid(number)).count(text[at : at + 2]) > 1 for at in range(12))
    )
    assert check_prid(pair_again, IdNumberRules()) is None
    assert check_prid(pair_again, rules) is IdFinding.REPEATED_BLOCK


def test_lengths_of_registration_ids_are_read() -> None:
    rules = IdNumberRules.from_properties(
        {"mosip.kernel.registrationcenterid.length": "4", "mosip.kernel.machineid.length": "6", "mosip.kernel.rid.length": "29"}
    )
    assert rules.rid == RidLengths(centre=4, machine=6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mosip.kernel.uin.length", "ten"),
        ("mosip.kernel.uin.length", "0"),
        ("mosip.kernel.uin.length", "-10"),
        ("mosip.kernel.uin.length", "1000000000"),
        ("mosip.kernel.uin.length", "١٠"),
        ("mosip.kernel.vid.length.sequence-limit", "3.5"),
        ("mosip.kernel.rid.length", "30"),
        ("mosip.kernel.rid.timestamp-length", "12"),
        ("sealdesk.uin.cyclic-numbers-refused", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(IdNumberRulesInvalidError) as caught:
        IdNumberRules.from_properties({name: value})
    assert caught.value.params["name"] == name
