"""Whether the server knows this machine by its keys."""

from __future__ import annotations

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.server.errors import AnswerMalformedError, MachineKeyIndexError
from app.server.transport import Call, MosipServer, Payload
from packet.encoding import b64url, iso_millis
from packet.keys.base import MachineKey
from packet.keys.publickey import fingerprint
from packet.models import Clock

APPLICATION_ID = "registrationclient"
_VERIFY = Call("the check of this machine's keys", "POST", "/v1/syncdata/tpm/publickey/verify", limit_bytes=64 * 1024)


class _KeyIndexModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    key_index: str = Field(alias="keyIndex", max_length=128)


def verify_machine(server: MosipServer, token: str, machine_name: str, machine_key: MachineKey, clock: Clock) -> str:
    """Asks the server whether this name is registered with this machine's encryption key.

    Args:
        machine_name: the registered host name; sent in lower case.

    Returns:
        The key index, lower-case hex pairs joined with colons.

    Raises:
        RequestRefusedError: KER-SNC-155 if the machine is unknown, KER-SNC-164 if the key is another one.
        MachineKeyIndexError: if the server answers with another key's index.
        AppError: a subclass for everything that can go wrong in a call.
    """
    body = {
        "id": APPLICATION_ID,
        "version": "1.0",
        "requesttime": iso_millis(clock()),
        "metadata": None,
        "request": {
            "machineName": machine_name.lower(),
            "publicKey": b64url(machine_key.encryption_public),
            "signPublicKey": b64url(machine_key.signing_public),
        },
    }
    payload = Payload(headers={"Content-Type": "application/json"}, content=orjson.dumps(body))
    try:
        model = _KeyIndexModel.model_validate(server.ask(_VERIFY, token, payload).require())
    except ValidationError:
        raise AnswerMalformedError(call=_VERIFY.name, why="it holds no key index") from None
    expected = fingerprint(machine_key.encryption_public).lower()
    if model.key_index.lower() != expected:
        raise MachineKeyIndexError(machine=machine_name.lower())
    return expected
