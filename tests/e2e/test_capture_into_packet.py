"""What a device signed comes out of a packet's CBEFF file to the byte, when a server rebuilds it with code of its own."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from devices.client.scan import scan
from devices.client.session import CaptureSession
from devices.sbi.attributes import IRISES, THUMBS
from devices.sbi.trust import DeviceTrust
from devices.simulator import Simulator, SimulatorConfig
from packet import devicetoken
from packet.cbeff import field_file
from packet.crypto import jws
from packet.encoding import b64std_decode
from packet.models import CapturedBiometric, FieldBiometrics
from packet.verify.cbeffxml import read_cbeff
from packet.verify.tokens import rebuild


def now() -> datetime:
    return datetime.now(UTC)


def captured() -> list[CapturedBiometric]:
    with Simulator(SimulatorConfig(port=0, level="L1")) as simulator:
        trust = DeviceTrust(simulator.device_trust_store(), simulator.ftm_trust_store())
        found = scan(trust, now, [simulator.port])
        session = CaptureSession(trust, "Staging", now)
        captures: list[CapturedBiometric] = []
        for group in (THUMBS, IRISES):
            (device,) = found.of_type(group.bio_type)
            captures.extend(session.capture(device, group.attributes, threshold=40).captures)
        return captures


def test_a_capture_survives_the_way_into_the_packet_and_back() -> None:
    captures = captured()
    sent = [devicetoken.rebuild(capture.token) for capture in captures]
    configured = tuple(capture.attribute for capture in captures)
    file = field_file("individualBiometrics", FieldBiometrics(configured, tuple(captures)), now(), os.urandom)
    assert file is not None
    records = read_cbeff(b"".join(file.pieces())).birs
    assert len(records) == len(sent) == 4
    for record, token in zip(records, sent, strict=True):
        rebuilt = rebuild(record.text("SB"), record.others["PAYLOAD"], b64std_decode(record.text("BDB")))
        assert rebuilt == token
        jws.verify_with_leaf(jws.parse(rebuilt))
