"""The admin verbs of a simulated device, for the cases that need it in a state: those of MOSIP's mock device and ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.conformance.errors import AdminRefusedError
from devices.conformance.request import encode
from devices.conformance.tokens import read_object
from devices.conformance.wire import Ask, Reply, send

TOKEN_HEADER = "X-Admin-Token"


@dataclass(frozen=True, slots=True)
class Admin:
    """The admin side of one service."""

    port: int
    token: str = field(repr=False)

    async def set_status(self, bio_type: str, status: str) -> None:
        """Puts the devices of a type into a state.

        Raises:
            AdminRefusedError: if the service does not.
            ExchangeError: if it does not answer.
        """
        await self._post("/admin/status", {"type": bio_type, "deviceStatus": status})

    async def set_presented(self, bio_type: str, *, is_presented: bool) -> None:
        """Puts somebody before the devices of a type, or nobody. Raises as `set_status`."""
        await self._post("/admin/v2/presented", {"type": bio_type, "presented": is_presented})

    async def rotate(self, bio_type: str) -> None:
        """Gives the devices of a type new keys and certificates. Raises as `set_status`."""
        await self._post("/admin/v2/rotate", {"type": bio_type})

    async def _post(self, path: str, body: dict[str, object]) -> None:
        headers = ((TOKEN_HEADER, self.token),)
        reply = await send(Ask(self.port, "POST", path, encode(body), extra=headers))
        why = _refusal(reply)
        if why:
            raise AdminRefusedError(port=self.port, path=path, why=why)


def _refusal(reply: Reply) -> str:
    if reply.status != 200:
        return f"HTTP status {reply.status}"
    answer = read_object(reply.body)
    if answer is None or answer.get("errorCode") != "0":
        return "it did not answer with error code 0"
    return ""
