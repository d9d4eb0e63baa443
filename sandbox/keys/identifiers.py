"""Which keys exist: application id, reference id, their class and how long they live.

Three layers, as in MOSIP's key manager: ROOT certifies the modules' keys, a module's key certifies and wraps its base keys.
Validity and pre-expiry in days are MOSIP's key policies (1.2 line).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from sandbox.keys.errors import KeyNotAllowedError

_REF_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")


class KeyLayer(Enum):
    """Place in the hierarchy."""

    ROOT = auto()
    MODULE = auto()
    BASE = auto()


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """How long keys of a class live.

    Attributes:
        pre_expire: how long before the end a key stops being current, so that a new one is made.
    """

    validity: timedelta
    pre_expire: timedelta


def _days(validity: int, pre_expire: int) -> KeyPolicy:
    return KeyPolicy(timedelta(days=validity), timedelta(days=pre_expire))


_BASE_POLICY = _days(730, 30)
_MODULE_POLICIES = {
    "ROOT": _days(2920, 1125),
    "KERNEL": _days(1095, 60),
    "REGISTRATION": _days(1095, 60),
    "REGISTRATION_PROCESSOR": _days(1095, 60),
    "PRE_REGISTRATION": _days(1095, 60),
    "ID_REPO": _days(1095, 60),
    "RESIDENT": _days(1095, 60),
    "PMS": _days(1460, 395),
}
_WITHOUT_BASE_KEYS = frozenset({"ROOT", "KERNEL"})
_MODULE_REFERENCES = {("KERNEL", "SIGN")}


@dataclass(frozen=True, slots=True)
class KeyId:
    """A key by name. Build through `key_id`, which refuses names that may have no key."""

    app_id: str
    ref_id: str

    @property
    def layer(self) -> KeyLayer:
        """Place in the hierarchy."""
        if self.app_id == "ROOT":
            return KeyLayer.ROOT
        is_module = not self.ref_id or (self.app_id, self.ref_id) in _MODULE_REFERENCES
        return KeyLayer.MODULE if is_module else KeyLayer.BASE

    @property
    def issuer(self) -> KeyId:
        """The key that certifies this one; ROOT certifies itself."""
        return KeyId(self.app_id, "") if self.layer is KeyLayer.BASE else KeyId("ROOT", "")

    @property
    def policy(self) -> KeyPolicy:
        """How long it lives."""
        return _BASE_POLICY if self.layer is KeyLayer.BASE else _MODULE_POLICIES[self.app_id]


def key_id(app_id: str, ref_id: str) -> KeyId:
    """Names a key.

    Raises:
        KeyNotAllowedError: for an unknown application, a malformed reference, or a base key of ROOT or KERNEL.
    """
    named = KeyId(app_id, ref_id)
    allowed = app_id in _MODULE_POLICIES and (not ref_id or _REF_ID.fullmatch(ref_id) is not None)
    if not allowed or (app_id in _WITHOUT_BASE_KEYS and named.layer is KeyLayer.BASE):
        raise KeyNotAllowedError(app_id=app_id[:64], ref_id=ref_id[:64])
    if app_id == "ROOT" and ref_id:
        raise KeyNotAllowedError(app_id=app_id, ref_id=ref_id[:64])
    return named
