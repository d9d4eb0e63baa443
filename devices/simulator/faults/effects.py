"""The places in which a fault takes hold, in the order in which an answer passes them.

| hook            | sees |
|-----------------|------|
| ``status``      | state of the devices, instead of the true one |
| ``is_unplugged``| whether the devices are gone |
| ``clock_offset``| what is added to the device's clock |
| ``items``       | fingers, eyes or face that will be captured |
| ``record``      | the encoded ISO record |
| ``chained_to``  | the hash that the first element is chained to |
| ``digital_id``  | values of a digital id before it is encoded |
| ``payload``     | values of a capture payload before it is encoded |
| ``payload_text``| the payload's bytes |
| ``draft``       | a token before it is signed: header, key, certificates |
| ``token``       | the finished token, as text |
| ``elements``    | the elements of a capture answer |
| ``value``       | the whole answer before it is encoded |
| ``body``        | the encoded answer |
| ``deliver``     | the writing of the answer |
| ``stream``      | how a stream is made |
| ``during``      | what happens while a capture is waited for |
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from cryptography import x509

from devices.sbi.info import DeviceStatus
from devices.simulator.asked import Asked, Item
from devices.simulator.faults.forgery import Forger
from devices.simulator.httpserver import Connection, Reply
from devices.simulator.pki import Identity

Values: TypeAlias = dict[str, Any]
Deliver: TypeAlias = Callable[[Connection, Reply], Awaitable[None]]

DISCOVERY = "MOSIPDISC"
INFORMATION = "MOSIPDINFO"
REGISTRATION_CAPTURE = "RCAPTURE"
AUTH_CAPTURE = "CAPTURE"
STREAM = "STREAM"
VERBS: tuple[str, ...] = (DISCOVERY, INFORMATION, STREAM, REGISTRATION_CAPTURE, AUTH_CAPTURE)
CAPTURES: tuple[str, ...] = (REGISTRATION_CAPTURE, AUTH_CAPTURE)
DESCRIPTIONS: tuple[str, ...] = (DISCOVERY, INFORMATION)


class TokenKind(StrEnum):
    """The three tokens that a device signs."""

    DATA = "data"
    DIGITAL_ID = "digitalId"
    INFORMATION = "deviceInfo"


class Happening(StrEnum):
    """What can befall a service in the middle of a capture."""

    UNPLUG = "unplug"
    CRASH = "crash"
    MOVE = "move"


@dataclass(slots=True)
class TokenDraft:
    """A token that is about to be signed. Hooks change it in place.

    Attributes:
        certificates: ``x5c``, leaf first.
        header: entries that replace or are added to ``x5c``, ``alg`` and ``typ``; None removes one.
        sign: gives the signature of the signing input, instead of RS256 with the identity's key.
        forger: makes what no honest device has.
    """

    kind: TokenKind
    serial_no: str
    payload: bytes = field(repr=False)
    identity: Identity
    certificates: list[x509.Certificate]
    forger: Forger
    header: Values = field(default_factory=dict)
    sign: Callable[[bytes], bytes] | None = None

    def sign_as(self, identity: Identity) -> None:
        """Lets somebody else sign, in their own name."""
        self.identity = identity
        self.certificates = [identity.certificate]


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """How a stream is made.

    Attributes:
        frames_per_s: at most this many.
        is_frozen: shows the same frame for ever.
        frame: changes the bytes of a frame; gets its number, from 0.
        part_head: changes the header block of a part, with the final blank line; gets the size of the frame.
        stop_after: ends the connection without a word after so many frames; None for never.
        stall_after: writes nothing more after so many frames; None for never.
        is_ended_properly: whether an error object with code 0 follows the last frame.
    """

    frames_per_s: float = 30.0
    is_frozen: bool = False
    frame: Callable[[bytes, int], bytes] | None = None
    part_head: Callable[[bytes, int], bytes] | None = None
    stop_after: int | None = None
    stall_after: int | None = None
    is_ended_properly: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The hooks of one fault; see the module's table. Hooks that take a dictionary change it in place."""

    status: DeviceStatus | None = None
    is_unplugged: bool = False
    clock_offset_s: float = 0.0
    items: Callable[[tuple[Item, ...], Asked], tuple[Item, ...]] | None = None
    record: Callable[[bytes], bytes] | None = None
    chained_to: Callable[[str], str] | None = None
    digital_id: Callable[[Values], None] | None = None
    discovered: Callable[[Values], None] | None = None
    informed: Callable[[Values], None] | None = None
    payload: Callable[[Values], None] | None = None
    payload_text: Callable[[bytes], bytes] | None = None
    draft: Callable[[TokenDraft], None] | None = None
    token: Callable[[str], str] | None = None
    tokens: frozenset[TokenKind] = frozenset({TokenKind.DATA, TokenKind.INFORMATION})
    elements: Callable[[list[Values]], list[Values]] | None = None
    value: Callable[[Any], Any] | None = None
    body: Callable[[bytes], bytes] | None = None
    deliver: Deliver | None = None
    stream: Callable[[StreamPlan], StreamPlan] | None = None
    during: Happening | None = None
    is_replaying: bool = False
    accepts_any_host: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a device can do wrong.

    Attributes:
        name: as it is written on the command line, in scripts and in admin requests.
        group: heading in the documentation.
        does: what the device does.
        client: what a client should do.
        verbs: answers that it affects unless a script or an admin request names others.
    """

    name: str
    group: str
    does: str
    client: str
    verbs: tuple[str, ...]
    effect: Effect
