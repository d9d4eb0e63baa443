"""What the simulated devices say about themselves: discovery and information."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from devices.sbi.info import SPEC_VERSION, DeviceStatus
from devices.simulator.catalogue import FIRMWARE, SERVICE_VERSION, SimulatedDevice
from devices.simulator.faults.active import Effects
from devices.simulator.faults.effects import TokenKind, Values
from devices.simulator.signing import Signer, digital_id_values
from packet.encoding import b64url

_STATUS_ERRORS = {
    DeviceStatus.READY: ("0", "Success"),
    DeviceStatus.NOT_READY: ("110", "Device not ready"),
    DeviceStatus.BUSY: ("111", "Device busy"),
    DeviceStatus.NOT_REGISTERED: ("100", "Device not registered"),
}


def error(code: str, info: str) -> dict[str, str]:
    """``error`` of any answer."""
    return {"errorCode": code, "errorInfo": info}


class Descriptions:
    """Builds the answers of one service that describe its devices."""

    def __init__(self, signer: Signer, env: str, level: str) -> None:
        self._signer = signer
        self._env = env
        self._level = level

    def discovery(
        self, devices: Sequence[tuple[SimulatedDevice, Effects]], port: int, now: datetime
    ) -> list[dict[str, object]]:
        """Entries of a discovery answer; one error entry if there are none."""
        if not devices:
            return [{"error": error("106", "Device not found")}]
        return [self._discovered(device, port, now, effects) for device, effects in devices]

    def _discovered(self, device: SimulatedDevice, port: int, now: datetime, effects: Effects) -> Values:
        known = self._known(device, port)
        unsigned = effects.applied("digital_id", digital_id_values(device, now))
        values: Values = {
            "deviceId": known["deviceId"],
            "deviceStatus": device.status.value,
            "certification": self._level,
            "serviceVersion": SERVICE_VERSION,
            "callbackId": known["callbackId"],
            "digitalId": b64url(orjson.dumps(unsigned)),
            "deviceCode": known["deviceCode"],
            "purpose": known["purpose"],
            "error": error(*_STATUS_ERRORS[device.status]),
            "specVersion": [SPEC_VERSION],
            "deviceSubId": list(device.sub_ids),
        }
        effects.applied("discovered", values)
        return values

    def _known(self, device: SimulatedDevice, port: int) -> dict[str, str]:
        """What an unregistered device leaves empty."""
        is_registered = device.status is not DeviceStatus.NOT_REGISTERED
        return {
            "env": self._env if is_registered else "None",
            "deviceId": device.device_id if is_registered else "",
            "deviceCode": device.device_code if is_registered else "",
            "purpose": device.purpose if is_registered else "",
            "callbackId": f"http://127.0.0.1:{port}/",
        }

    def info(self, devices: Sequence[tuple[SimulatedDevice, Effects]], port: int, now: datetime) -> list[dict[str, object]]:
        """Entries of an information answer."""
        return [self._informed(device, port, now, effects) for device, effects in devices]

    def _informed(self, device: SimulatedDevice, port: int, now: datetime, effects: Effects) -> dict[str, object]:
        is_registered = device.status is not DeviceStatus.NOT_REGISTERED
        known = self._known(device, port)
        unsigned = b64url(orjson.dumps(digital_id_values(device, now)))
        payload: Values = {
            "specVersion": [SPEC_VERSION],
            "env": known["env"],
            "digitalId": self._signer.digital_id(device, now, effects) if is_registered else unsigned,
            "deviceId": known["deviceId"],
            "deviceCode": known["deviceCode"],
            "purpose": known["purpose"],
            "serviceVersion": SERVICE_VERSION,
            "deviceStatus": device.status.value,
            "firmware": FIRMWARE,
            "certification": self._level,
            "deviceSubId": list(device.sub_ids),
            "callbackId": known["callbackId"],
        }
        data = orjson.dumps(effects.applied("informed", payload))
        token = self._signer.sign(TokenKind.INFORMATION, device, data, effects) if is_registered else b64url(data)
        return {"deviceInfo": token, "error": error(*_STATUS_ERRORS[device.status])}
