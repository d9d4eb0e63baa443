"""Reading one JSON object of the protocol key by key."""

from __future__ import annotations

import logging
from collections.abc import Collection

from devices.sbi.errors import DeviceFieldError
from devices.sbi.jsonedge import Value

TEXT_MAX = 4096
ITEMS_MAX = 64

_log = logging.getLogger(__name__)


class Fields:
    """One object of a message. Every access raises `DeviceFieldError` if the value is not of the kind asked for."""

    def __init__(self, value: Value, what: str) -> None:
        if not isinstance(value, dict):
            raise DeviceFieldError(what=what, field="the message", why="is not an object")
        self._value = value
        self.what = what

    def refuse(self, name: str, why: str) -> DeviceFieldError:
        """The error about a key, to be raised by the caller."""
        return DeviceFieldError(what=self.what, field=name, why=why)

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def get(self, name: str) -> Value:
        """The raw value of a key that must be there."""
        if name not in self._value:
            raise self.refuse(name, "is missing")
        return self._value[name]

    def text(self, name: str, limit: int = TEXT_MAX) -> str:
        """A text; may be empty."""
        value = self.get(name)
        if not isinstance(value, str):
            raise self.refuse(name, "is not a text")
        if len(value) > limit:
            raise self.refuse(name, "is too long")
        return value

    def filled(self, name: str, limit: int = TEXT_MAX) -> str:
        """A text that is not empty."""
        value = self.text(name, limit)
        if not value:
            raise self.refuse(name, "is empty")
        return value

    def text_or_null(self, name: str, limit: int = TEXT_MAX) -> str:
        """A text; missing and null count as empty."""
        return "" if self._value.get(name) is None else self.text(name, limit)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self._item_text(name, item) for item in self.items(name))

    def _item_text(self, name: str, item: Value) -> str:
        if not isinstance(item, str) or len(item) > TEXT_MAX:
            raise self.refuse(name, "holds something that is not a short text")
        return item

    def items(self, name: str) -> list[Value]:
        """A list."""
        value = self.get(name)
        if not isinstance(value, list) or len(value) > ITEMS_MAX:
            raise self.refuse(name, "is not a short list")
        return value

    def object(self, name: str) -> Fields:
        """An object inside this one."""
        return Fields(self.get(name), f"{name} of {self.what}")

    def only(self, known: Collection[str]) -> None:
        """Refuses keys that the protocol does not define."""
        if any(key not in known for key in self._value):
            raise self.refuse("a key", "is not part of the protocol")

    def mostly(self, known: Collection[str], *, is_strict: bool) -> None:
        """Logs how many keys the protocol does not define; refuses them if strict."""
        if is_strict:
            self.only(known)
        count = sum(key not in known for key in self._value)
        if count:
            _log.warning("%s has %d keys that the protocol does not define", self.what, count)
