"""Splitting a device's capture token into the three parts that a packet carries, and proving that it can be rebuilt.

The registration processor rebuilds the token as ``SB`` with ``..`` replaced by ``.p.``, where p is the unpadded base64url of
PAYLOAD with ``<bioValue>`` replaced by the unpadded base64url of BDB. What cannot be rebuilt to the byte would be refused
there, weeks later; it is refused here, while the person is still at the desk.
"""

from __future__ import annotations

import orjson

from packet.crypto.jws import Jws
from packet.encoding import b64url, b64url_decode
from packet.errors import PacketError
from packet.models import DeviceToken

PLACEHOLDER = "<bioValue>"


class TokenNotRebuildableError(PacketError):
    """A server could not rebuild and verify this capture from the packet."""

    code = "PACKET-TOKEN-REBUILD"
    sentence = "The device's signed capture cannot be carried in a packet: {why}."
    next_step = "Capture again with another device and report this one: its token breaks the protocol."


def split(token: str, jws: Jws) -> DeviceToken:
    """Takes a parsed capture token apart and checks that it can be put together again.

    Args:
        token: the compact JWS as received.
        jws: the same token parsed.

    Raises:
        TokenNotRebuildableError: if the payload is not such that the server's rebuilding gives the same bytes.
    """
    try:
        text = jws.payload.decode("utf-8")
        value = orjson.loads(jws.payload)["bioValue"]
        iso = b64url_decode(value)
    except (ValueError, KeyError, TypeError) as error:
        raise TokenNotRebuildableError(why="its payload has no bioValue in unpadded base64url") from error
    quoted = f'"{value}"'
    if not iso or text.count(quoted) != 1 or text.count('"bioValue"') != 1 or PLACEHOLDER in text:
        raise TokenNotRebuildableError(why="the text bioValue or its value occurs more than once")
    parts = DeviceToken(
        payload=text.replace(quoted, f'"{PLACEHOLDER}"'), signature=f"{jws.protected}..{b64url(jws.signature)}", iso=iso
    )
    if rebuild(parts) != token:
        raise TokenNotRebuildableError(why="putting it together again gives other bytes")
    return parts


def rebuild(parts: DeviceToken) -> str:
    """The compact JWS, as the registration processor puts it together."""
    payload = parts.payload.replace(PLACEHOLDER, b64url(parts.iso))
    return parts.signature.replace("..", f".{b64url(payload.encode())}.", 1)
