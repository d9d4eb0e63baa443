"""The table of settings."""

from __future__ import annotations

from dataclasses import fields

import pytest

from app.settings import Settings, SettingUnusableError


def test_defaults_are_those_of_the_table_and_in_range() -> None:
    for row in fields(Settings):
        assert row.metadata["text"]
        assert row.metadata["mosip_name"].startswith("mosip.registration.")
        if "low" in row.metadata:
            assert row.metadata["low"] <= row.default <= row.metadata["high"]


def test_every_mosip_name_stands_once() -> None:
    names = [row.metadata["mosip_name"] for row in fields(Settings)]
    assert len(set(names)) == len(names)


def test_a_countrys_configuration_is_taken_under_mosips_names() -> None:
    settings = Settings.read(
        {
            "mosip.registration.rid_sync_batch_size": " 10 ",
            "mosip.registration.supervisor_approval_config_flag": "n",
            "mosip.registration.something.else": "passed over",
        }
    )
    assert (settings.sync_batch, settings.needs_approval, settings.upload_batch) == (10, False, 5)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mosip.registration.rid_sync_batch_size", "0"),
        ("mosip.registration.rid_sync_batch_size", "many"),
        ("mosip.registration.disk_space_size", "-1"),
        ("mosip.registration.supervisor_approval_config_flag", "maybe"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingUnusableError, match=name):
        Settings.read({name: text})
