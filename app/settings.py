"""The settings of the desk: one table, each row with its MOSIP name, unit, range and meaning.

A country's configuration comes as flat text under MOSIP's names; what it does not set has MOSIP's default. A value that cannot
be used is refused by name instead of being replaced silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

from packet.errors import UnusableInputError


class SettingUnusableError(UnusableInputError):
    """A configured value is out of its range or not of its kind."""

    code = "APP-SETTING"
    sentence = "The setting {name} cannot be used: {why}."
    next_step = "Let the administrator correct the configuration of the registration client."


def _number(default: float, mosip_name: str, unit: str, low: float, high: float, text: str) -> Any:
    row = {"mosip_name": mosip_name, "unit": unit, "low": low, "high": high, "text": text}
    return field(default=default, metadata=row)


def _flag(default: bool, mosip_name: str, text: str) -> Any:
    return field(default=default, metadata={"mosip_name": mosip_name, "unit": "Y/N", "text": text})


_R: Final = "mosip.registration."


@dataclass(frozen=True, slots=True)
class Settings:
    """Values in force; the rows of the table are the fields below."""

    connect_timeout_ms: int = _number(
        60_000, f"{_R}HTTP_API_WRITE_TIMEOUT", "ms", 100, 600_000, "how long to wait for a connection"
    )
    read_timeout_ms: int = _number(60_000, f"{_R}HTTP_API_READ_TIMEOUT", "ms", 100, 600_000, "how long to wait for an answer")
    sync_batch: int = _number(5, f"{_R}rid_sync_batch_size", "packets", 1, 100, "packets in one announcement")
    upload_batch: int = _number(5, f"{_R}packet_upload_batch_size", "packets", 1, 100, "packets uploaded in one pass")
    status_batch: int = _number(5, f"{_R}status_sync_batch_size", "packets", 1, 100, "packets asked about at once")
    needs_approval: bool = _flag(
        True, f"{_R}supervisor_approval_config_flag", "whether a supervisor has to approve before the announcement"
    )
    packet_days: int = _number(
        1, f"{_R}reg_deletion_configured_days", "days", 0, 3650, "how long a packet stays after the server's word"
    )
    audit_days: int = _number(
        10, f"{_R}audit_log_deletion_configured_days", "days", 0, 3650, "how long audit rows stay that a packet carried"
    )
    disk_reserve_mb: int = _number(5, f"{_R}disk_space_size", "MB", 0, 1_000_000, "what has to stay free on the disk")

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Settings:
        """Takes what is set; names that are not in the table are passed over, since other parts know them.

        Args:
            values: MOSIP's names to text, as the configuration sync gives them.

        Raises:
            SettingUnusableError: for the first value that is no number, out of range, or neither Y nor N.
        """
        rows = {row.metadata["mosip_name"]: row for row in fields(cls)}
        given: dict[str, Any] = {
            rows[name].name: _read(name, rows[name], text) for name, text in values.items() if name in rows
        }
        return cls(**given)


def _read(name: str, row: Field[Any], text: str) -> int | bool:
    if "low" not in row.metadata:
        if text.strip().upper() not in ("Y", "N"):
            raise SettingUnusableError(name=name, why="it is neither Y nor N")
        return text.strip().upper() == "Y"
    try:
        value = int(text.strip())
    except ValueError:
        raise SettingUnusableError(name=name, why="it is no whole number") from None
    low, high = row.metadata["low"], row.metadata["high"]
    if not low <= value <= high:
        raise SettingUnusableError(name=name, why=f"it is not between {low} and {high}")
    return value
