"""How a sandbox is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from packet.models import Clock


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RealmSettings:
    """Settings of the identity provider; the defaults are those of MOSIP's realm, and Keycloak's where MOSIP sets none.

    Attributes:
        login_failures_max: failures after which a user is locked for a time.
        lock_step_s: length of the first lock; each further one is longer by as much, up to `lock_max_s`.
        failures_forgotten_s: quiet time after which failures no longer count.
    """

    name: str = "mosip"
    public_client: str = "mosip-reg-desktop"
    audience: str = "mosip-reg-client"
    access_token_s: int = 86_400
    session_idle_s: int = 1_800
    session_max_s: int = 36_000
    password_min_chars: int = 8
    login_failures_max: int = 5
    lock_step_s: int = 300
    lock_max_s: int = 900
    failures_forgotten_s: int = 43_200


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Everything that is decided before a sandbox starts.

    Attributes:
        directory: where all of it lives; made with mode 0700.
        port: on 127.0.0.1; 0 takes a free one.
        centre_id: the one registration centre; machines of other centres are refused.
        first_machine_id: id of the machine that is registered first.
        passwords: user name to password, for the demonstration users; what is missing is made at first start.
        id_schema: file of the ID schema to publish; None takes the shipped one.
        allow_key_export: lets `Sandbox.export_packet_key` give a packet key's private half away, for checks from outside.
        packet_max_bytes: the receiver's limit for one packet file.
        process_packets: whether the worker runs; without it packets wait as received.
    """

    directory: Path
    port: int = 0
    centre_id: str = "10001"
    first_machine_id: str = "10021"
    realm: RealmSettings = field(default_factory=RealmSettings)
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    id_schema: Path | None = None
    id_schema_version: float = 0.1
    allow_key_export: bool = False
    packet_max_bytes: int = 5 * 1024 * 1024
    process_packets: bool = True
    clock: Clock = utc_now
