"""Sealing needs at most three times the packet's size beside its inputs, however large those are."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from packet.builder import build
from packet.buildoptions import BuildOptions
from packet.deflate import DeflateEngine
from packet.models import BioAttribute, FieldBiometrics, PacketSpec
from tests.support.devicelab import lab_certificate
from tests.support.specs import CREATED_AT, PDF, counting_entropy, document, lab, machine_key, new_spec

ATTRIBUTES = tuple(a for a in BioAttribute if a is not BioAttribute.EXCEPTION_PHOTO)


def large_spec() -> PacketSpec:
    """The builder does not look into ISO records, so noise stands for pictures that no deflater can shorten."""
    noise = counting_entropy("noise")(200_000)
    captured = tuple(
        replace(capture, token=replace(capture.token, iso=bytes((number,)) + noise))
        for number, capture in enumerate(lab().captured_all(ATTRIBUTES))
    )
    paper = document(content=PDF + counting_entropy("paper")(600_000))
    return new_spec(
        biometrics={"individualBiometrics": FieldBiometrics(ATTRIBUTES, captured)}, documents={"proofOfIdentity": paper}
    )


@pytest.mark.parametrize("engine", list(DeflateEngine))
def test_peak_is_below_three_times_the_packet(engine: DeflateEngine) -> None:
    spec, options = large_spec(), BuildOptions(deflate_engine=engine)

    def seal(given: PacketSpec) -> int:
        packet = build(
            given,
            machine_key=machine_key(),
            certificate=lab_certificate("packet"),
            clock=lambda: CREATED_AT,
            entropy=counting_entropy(),
            options=options,
        )
        return packet.size_bytes

    seal(new_spec())
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        size_bytes = seal(spec)
        peak_bytes = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert size_bytes > 3_000_000
    assert peak_bytes < 3 * size_bytes
