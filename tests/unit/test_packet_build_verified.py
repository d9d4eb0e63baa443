"""The verifier, which shares no code with the builder, finds nothing wrong with its packets and decodes what its lint saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from packet.builder import build
from packet.deflate import DeflateEngine
from packet.models import SealedPacket
from packet.rules.model import PlainContent, RuleSettings, Status
from packet.verify import PrivateKeyOpener, Report, SyncRecord, VerifyContext, verify_packet
from tests.golden.cases import Case, all_cases
from tests.support.devicelab import device_trust, lab_certificate, lab_key
from tests.support.specs import counting_entropy, machine_key, ticking_clock

CASES = all_cases()


def seal(case: Case, engine: DeflateEngine = DeflateEngine.ISAL) -> SealedPacket:
    return build(
        case.spec,
        machine_key=machine_key(),
        certificate=lab_certificate("packet"),
        clock=ticking_clock(case.created_at),
        entropy=counting_entropy(),
        options=replace(case.options, deflate_engine=engine),
    )


def verify(packet: SealedPacket, case: Case) -> Report:
    context = VerifyContext(
        rules=RuleSettings(
            id_schema=case.spec.id_schema,
            now=case.created_at + timedelta(minutes=1),
            string_arrays=case.options.rules.string_arrays,
        ),
        file_name=packet.file_name,
        machine_encryption_public=machine_key().encryption_public,
        device_trust=device_trust(),
        sync=SyncRecord(packet.packet_id, packet.sha256, packet.size_bytes, packet.process),
    )
    return verify_packet(
        packet.data,
        opener=PrivateKeyOpener(lab_key("packet"), [lab_certificate("packet")]),
        machine_signing_public=machine_key().signing_public,
        context=context,
    )


@pytest.mark.parametrize("engine", list(DeflateEngine))
@pytest.mark.parametrize("name", list(CASES))
def test_nothing_is_wrong_and_nothing_is_left_unchecked(name: str, engine: DeflateEngine) -> None:
    report = verify(seal(CASES[name], engine), CASES[name])
    assert report.failures == ()
    assert [finding for finding in report.findings if finding.status is Status.SKIP] == []


@pytest.mark.parametrize("name", list(CASES))
def test_what_the_builder_lints_is_what_the_verifier_decodes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain content that the builder fills from memory equals the one that the verifier decodes from the packet."""
    linted: list[PlainContent] = []
    monkeypatch.setattr("packet.builder.refuse_what_fails", lambda content, _: linted.append(content))
    report = verify(seal(CASES[name]), CASES[name])
    assert report.opened is not None
    (filled,) = linted
    decoded = report.opened.content
    assert decoded is not None
    assert filled.sub_packets.keys() == decoded.sub_packets.keys()
    for part, sub in decoded.sub_packets.items():
        mine = filled.sub_packets[part]
        assert mine.identity == sub.identity
        assert mine.meta == sub.meta
        assert mine.entry_sizes == sub.entry_sizes
        assert mine.document_heads.items() <= sub.document_heads.items()
        assert mine.biometrics == sub.biometrics
    assert list(filled.audits) == list(decoded.audits)
    assert (filled.registration_id, filled.process, filled.ref_id, filled.schema_version) == (
        decoded.registration_id,
        decoded.process,
        decoded.ref_id,
        decoded.schema_version,
    )
