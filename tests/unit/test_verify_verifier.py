"""How the verifier behaves with less than everything, and with keys in their other forms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from packet.keys.errors import PublicKeyMalformedError
from packet.models import SubPacket
from packet.rules.model import Status
from packet.verify import PrivateKeyOpener, Report, VerifyContext, survey_packet, verify_packet
from packet.verify.verifier import verify_packet as same
from tests.support.certificates import rsa_key
from tests.support.devicelab import device_trust, lab_key
from tests.support.editing import flip
from tests.support.judging import built_packet, full_context, judged, machine_public, opener
from tests.support.minipacker import mini_packet

SIGNING_TEMPLATE = bytes.fromhex("0001000400040072" + "0000" + "0010" + "0014000b" + "0800" + "00010001" + "0100")


def by_status(report: Report, status: Status) -> set[str]:
    return {finding.check for finding in report.findings if finding.status is status}


def context() -> VerifyContext:
    packet = built_packet()
    return full_context(packet.data, packet.file_name)


def test_with_an_empty_context_what_cannot_be_judged_is_skipped_and_nothing_fails() -> None:
    report = judged(built_packet().data, VerifyContext())
    assert report.failures == ()
    assert report.packet_id == built_packet().packet_id
    assert by_status(report, Status.SKIP) == {
        *("sync.known", "sync.hash", "sync.size", "sync.type", "sync.language", "sync.status", "sync.approved"),
        *("name.form", "name.dates", "token.trust", "times.not-future", "meta.key-index"),
        *("id.schema-usable", "id.category", "id.types", "id.patterns", "id.required", "id.schema"),
    }


def test_a_shut_packet_names_every_inner_check_as_skipped() -> None:
    whole = judged(built_packet().data, context())
    shut = judged(flip(built_packet().data, 100), replace(context(), sync=None))
    assert {finding.check for finding in shut.failures} == {"outer.session-key"}
    assert by_status(shut, Status.SKIP) | by_status(shut, Status.PASS) | {"outer.session-key"} == {
        finding.check for finding in whole.findings
    }
    assert shut.opened is None
    assert shut.packet_id == built_packet().packet_id


def test_findings_stand_in_a_servers_order() -> None:
    report = judged(b"", context())
    assert [finding.check for finding in report.findings][:3] == ["sync.known", "sync.hash", "sync.size"]
    layers = [finding.check.partition(".")[0] for finding in judged(built_packet().data, context()).findings]
    assert list(dict.fromkeys(layers)) == [
        *("sync", "name", "outer", "metadata", "sub", "packet", "hash", "entries", "id", "documents"),
        *("cbeff", "bir", "token", "iso", "biometrics", "meta", "times", "operations", "audit"),
    ]


def test_what_was_opened_is_handed_on() -> None:
    opened = judged(built_packet().data, context()).opened
    assert opened is not None
    assert set(opened.sub_packets) == set(SubPacket)
    assert opened.sub_packets[SubPacket.ID].entries["proofOfIdentity.pdf"].startswith(b"%PDF")
    assert opened.content is not None
    assert opened.content.registration_id == built_packet().registration_id


def test_no_representation_shows_personal_data() -> None:
    report = judged(built_packet().data, context())
    assert "Amina" not in repr(report)
    assert "Amina" not in repr(report.opened)


def test_a_signing_key_in_tpm_form_is_the_same_key() -> None:
    modulus = lab_key("machine").public_key().public_numbers().n.to_bytes(256, "big")
    public = SIGNING_TEMPLATE + modulus
    packet = built_packet()
    assert verify_packet(packet.data, opener=opener(), machine_signing_public=public, context=context()).is_good


def test_a_key_that_is_none_is_the_callers_error() -> None:
    with pytest.raises(PublicKeyMalformedError):
        same(b"", opener=opener(), machine_signing_public=b"x", context=VerifyContext())


def test_an_opener_without_certificates_leaves_thumbprints_unjudged() -> None:
    report = verify_packet(
        built_packet().data,
        opener=PrivateKeyOpener(lab_key("packet")),
        machine_signing_public=machine_public(),
        context=context(),
    )
    assert report.failures == ()
    assert {"outer.thumbprint", "sub.thumbprint"} <= by_status(report, Status.SKIP)


def test_an_opener_with_another_key() -> None:
    report = survey_packet(built_packet().data, opener=PrivateKeyOpener(rsa_key("another")))
    assert [finding.check for finding in report.failures] == ["outer.session-key"]


class NoKeys:
    """An opener that knows no key."""

    thumbprints = frozenset[bytes]()

    def open(self, thumbprint: bytes, wrapped: bytes) -> bytes:
        raise KeyError(thumbprint.hex())


def test_an_opener_that_finds_no_key() -> None:
    (failure,) = survey_packet(built_packet().data, opener=NoKeys()).failures
    assert (failure.check, failure.server_code) == ("outer.thumbprint", "KER-KMS-025")


def test_a_survey_needs_no_machine_key() -> None:
    report = survey_packet(built_packet().data, opener=opener(), file_name=built_packet().file_name)
    assert report.failures == ()
    assert "sub.signature" in by_status(report, Status.SKIP)


def test_device_roots_of_the_wrong_domain_do_not_vouch() -> None:
    packet = mini_packet()
    data = packet.seal()
    empty = type(device_trust())("DEVICE", [])
    report = judged(data, replace(full_context(data, packet.file_name), device_trust=empty))
    assert {finding.check for finding in report.failures} == {"token.trust"}


def test_every_failure_carries_the_servers_code_where_there_is_one() -> None:
    data = flip(built_packet().data, -1)
    codes = {finding.check: finding.server_code for finding in judged(data, context()).failures}
    assert codes == {"sync.hash": "RPR-PKR-009", "outer.authentic": "RPR-PUM-009"}
