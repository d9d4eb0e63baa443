"""Finding services and their devices, without believing them: what they say is what the cases judge."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from devices.conformance.answer import read_json
from devices.conformance.errors import ExchangeError
from devices.conformance.model import Target
from devices.conformance.tokens import Token, read_object, read_token, url_safe
from devices.conformance.wire import Ask, Reply, is_listening, send
from devices.sbi.jsonedge import Value

PORTS = range(4501, 4601)
INFO_MAX_BYTES = 1024 * 1024
ENTRIES_MAX = 16


@dataclass(frozen=True, slots=True)
class InfoEntry:
    """One entry of an information answer.

    Attributes:
        token: of a registered device; without certificates if the entry is not signed.
        digital_id: likewise.
        content: the information, signed or not.
    """

    raw: Value = field(repr=False)
    token: Token
    digital_id: Token
    content: dict[str, Value] = field(repr=False)
    is_signed: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """One listener.

    Attributes:
        faults: why its information could not be read.
        is_device_service: it answered the information request with JSON; other listeners are other programs.
    """

    port: int
    targets: tuple[Target, ...]
    faults: tuple[str, ...] = ()
    is_device_service: bool = True


async def find(ports: Iterable[int]) -> list[Service]:
    """Every listener on the ports, with its devices."""
    wanted = list(ports)
    open_ports = await asyncio.gather(*(is_listening(port) for port in wanted))
    return list(await asyncio.gather(*(look_at(port) for port, is_open in zip(wanted, open_ports, strict=True) if is_open)))


async def look_at(port: int) -> Service:
    """One listener. Faults are told, not raised."""
    try:
        reply = await ask_information(port)
    except ExchangeError as error:
        return Service(port, (), (error.message,), is_device_service=False)
    entries, faults = read_information(reply)
    found = [_target(entry, port) for entry in entries]
    faults += [f"entry {number} names no device that can be read" for number, target in enumerate(found, 1) if target is None]
    targets = tuple(target for target in found if target is not None)
    return Service(port, targets, tuple(faults), is_device_service=bool(entries))


async def ask_information(port: int) -> Reply:
    """The information request, without a body.

    Raises:
        ExchangeError: if no complete answer arrives.
    """
    return await send(Ask(port, "MOSIPDINFO", "/info", limit_bytes=INFO_MAX_BYTES))


def read_information(reply: Reply) -> tuple[list[InfoEntry], list[str]]:
    """The entries of an information answer, and what keeps it from being one."""
    value, faults = read_json(reply.body, "the information")
    if reply.status != 200:
        faults.append(f"the HTTP status is {reply.status}, not 200")
    if not isinstance(value, list) or not 1 <= len(value) <= ENTRIES_MAX:
        return [], [*faults, f"the information is not a list of one to {ENTRIES_MAX} entries"]
    return [_entry(item) for item in value], faults


def _entry(item: Value) -> InfoEntry:
    text = item.get("deviceInfo") if isinstance(item, dict) else None
    if isinstance(text, str) and "." not in text:
        content = unsigned_object(text)
        digital_id = content.get("digitalId")
        return InfoEntry(item, Token(), Token(content=unsigned_object(digital_id)), content, is_signed=False)
    token = read_token(text)
    return InfoEntry(item, token, read_token(token.content.get("digitalId")), token.content)


def unsigned_object(text: Value) -> dict[str, Value]:
    """The object inside unpadded base64url, or an empty one."""
    data = url_safe(text) if isinstance(text, str) else None
    return (read_object(data) if data is not None else None) or {}


def _target(entry: InfoEntry, port: int) -> Target | None:
    content, digital_id = entry.content, entry.digital_id.content

    def text(name: str, source: dict[str, Value] = content) -> str:
        value = source.get(name)
        return value if isinstance(value, str) else ""

    sub_ids = content.get("deviceSubId")
    if not text("type", digital_id):
        return None
    return Target(
        port=port,
        bio_type=text("type", digital_id),
        sub_type=text("deviceSubType", digital_id),
        serial_no=text("serialNo", digital_id),
        purpose=text("purpose"),
        status=text("deviceStatus"),
        device_id=text("deviceId"),
        device_code=text("deviceCode"),
        env=text("env"),
        certification=text("certification"),
        sub_ids=tuple(item for item in sub_ids if isinstance(item, str)) if isinstance(sub_ids, list) else (),
        service_version=text("serviceVersion"),
        digital_id=digital_id,
        leaf=entry.token.leaf,
    )
