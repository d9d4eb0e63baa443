"""Registering machines: ``POST`` and ``PUT /v1/masterdata/machines``."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packet.encoding import b64url
from packet.models import Clock, Json
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.masterdata.machines import Machine, Machines, NewMachine
from sandbox.web.body import request_object
from sandbox.web.call import Answer, Call
from sandbox.web.endpoint import Access, Endpoint
from sandbox.web.wrapper import kernel_answer

PATH = "/v1/masterdata/machines"
ROLES = frozenset({"GLOBAL_ADMIN", "ZONAL_ADMIN", "MASTERDATA_ADMIN"})


class MachineRequest(BaseModel):
    """The ``request`` object. Keys that matter to no stage here (zone, specification, addresses, validity) are passed over."""

    model_config = ConfigDict(strict=True)

    id: str | None = Field(default=None, max_length=16)
    name: str = Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._-]+$")
    publicKey: str = Field(max_length=2048)  # noqa: N815  # the wire's name
    signPublicKey: str = Field(max_length=2048)  # noqa: N815
    regCenterId: str | None = Field(default=None, max_length=16)  # noqa: N815
    isActive: bool = True  # noqa: N815


@dataclass(frozen=True, slots=True)
class MachineRoutes:
    """Endpoints of the machine table."""

    machines: Machines
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        """Both of them."""
        return [
            Endpoint("POST", PATH, self._create, access=Access.ADMINISTRATOR, roles=ROLES),
            Endpoint("PUT", PATH, self._update, access=Access.ADMINISTRATOR, roles=ROLES),
        ]

    def _create(self, call: Call) -> Answer:
        return kernel_answer(_as_json(self.machines.register(_new_machine(_request(call)))), self.clock())

    def _update(self, call: Call) -> Answer:
        request = _request(call)
        return kernel_answer(_as_json(self.machines.update(request.id or "", _new_machine(request))), self.clock())


def _request(call: Call) -> MachineRequest:
    try:
        return MachineRequest.model_validate(request_object(call.body, ServerCode.MACHINE_INPUT_INVALID))
    except ValidationError as error:
        raise RequestRefusedError(ServerCode.MACHINE_INPUT_INVALID) from error


def _new_machine(request: MachineRequest) -> NewMachine:
    return NewMachine(
        name=request.name,
        public_key=request.publicKey,
        sign_public_key=request.signPublicKey,
        centre_id=request.regCenterId or None,
        is_active=request.isActive,
    )


def _as_json(machine: Machine) -> Json:
    return {
        "id": machine.id,
        "name": machine.name,
        "publicKey": b64url(machine.encryption_public),
        "keyIndex": machine.key_index,
        "signPublicKey": b64url(machine.signing_public),
        "signKeyIndex": machine.sign_key_index,
        "regCenterId": machine.centre_id,
        "isActive": machine.is_active,
    }
