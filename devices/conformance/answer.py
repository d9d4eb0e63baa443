"""A capture answer, taken apart as far as it goes. What cannot be read stays empty and is a fault of the schema check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa

from devices.conformance.encrypted import NotOpenedError, open_record
from devices.conformance.tokens import Token, read_token, url_safe
from devices.sbi.errors import DeviceMessageError
from devices.sbi.jsonedge import Value, decode

ELEMENTS_MAX = 16


@dataclass(frozen=True, slots=True)
class Element:
    """One element.

    Attributes:
        raw: the element as it came.
        iso: the plain record; None if it cannot be had.
        unopened: why the record of an authentication capture stays closed.
    """

    raw: Value = field(repr=False)
    token: Token
    digital_id: Token
    iso: bytes | None = field(repr=False, default=None)
    unopened: str = ""

    @property
    def payload(self) -> dict[str, Value]:
        """The signed content."""
        return self.token.content

    def text(self, name: str) -> str:
        """A text of the element, or an empty one."""
        value = self.raw.get(name) if isinstance(self.raw, dict) else None
        return value if isinstance(value, str) else ""

    def payload_text(self, name: str) -> str:
        """A text of the payload, or an empty one."""
        value = self.payload.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer.

    Attributes:
        faults: why it could not be read.
    """

    body: Value = field(repr=False)
    elements: tuple[Element, ...]
    faults: tuple[str, ...] = ()


def read_json(body: bytes, what: str) -> tuple[Value, list[str]]:
    """JSON, strictly; or the reason why it is none."""
    try:
        return decode(body, what), []
    except DeviceMessageError as error:
        return None, [f"{what} is not acceptable JSON: {error.params.get('why', '')}"]


def read_answer(body: bytes, *, is_auth: bool = False, keys: Sequence[rsa.RSAPrivateKey] = ()) -> Answer:
    """Takes a capture answer apart; the keys open the records of authentication captures."""
    value, faults = read_json(body, "the answer")
    items = value.get("biometrics") if isinstance(value, dict) else None
    if not isinstance(items, list) or len(items) > ELEMENTS_MAX:
        return Answer(
            value, (), (*faults, f"biometrics is not a list of at most {ELEMENTS_MAX}") if not faults else tuple(faults)
        )
    return Answer(value, tuple(_element(item, is_auth=is_auth, keys=keys) for item in items))


def _element(item: Value, *, is_auth: bool, keys: Sequence[rsa.RSAPrivateKey]) -> Element:
    data = item.get("data") if isinstance(item, dict) else None
    token = read_token(data)
    digital_id = read_token(token.content.get("digitalId"))
    bio_value = token.content.get("bioValue")
    sealed = url_safe(bio_value) if isinstance(bio_value, str) else None
    element = Element(item, token, digital_id, None if is_auth else sealed)
    if not is_auth:
        return element
    if not keys:
        return Element(item, token, digital_id, None, "the records are encrypted and no --auth-key was given")
    try:
        iso = open_record(
            keys,
            url_safe(element.text("sessionKey")) or b"",
            sealed or b"",
            element.payload_text("timestamp"),
            element.payload_text("transactionId"),
        )
    except NotOpenedError as error:
        return Element(item, token, digital_id, None, str(error))
    return Element(item, token, digital_id, iso)
