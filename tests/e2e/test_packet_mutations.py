"""One change, one finding: every mutation of a good packet is found, by the check that is there for it, and by no other."""

from __future__ import annotations

import pytest

from packet.rules.content import CHECKS as RULE_CHECKS
from packet.rules.model import Status
from packet.verify import Report
from tests.support.editing import EditablePacket, open_for_editing
from tests.support.judging import built_packet, full_context, judged
from tests.support.minipacker import mini_packet
from tests.support.mutation import Mutation
from tests.support.mutations import MUTATIONS

ONLY_WITH_A_PASSWORD = {
    "sub-packets exchanged",
    "a true boolean",
    "officer's file named but not there",
    "supervisor's file named but not there",
    "officer unproved",
    "supervisor unproved",
}
"""Mutations that mean something else where the operators prove themselves by biometrics, as in the mini-packer's packet."""

ONLY_FOR_THE_BUILDER = {"entries.sub-packets"}
"""Without a sub-packet the verifier skips the rules; the builder's lint does not."""


def built() -> EditablePacket:
    packet = built_packet()
    return open_for_editing(packet.data, packet.file_name)


def report_on(packet: EditablePacket, mutation: Mutation | None = None) -> Report:
    if mutation is not None and mutation.edit is not None:
        mutation.edit(packet)
    data = packet.seal()
    if mutation is not None and mutation.damage is not None:
        data = mutation.damage(data)
    context = full_context(data, packet.file_name)
    return judged(data, mutation.judge_by(context) if mutation is not None and mutation.judge_by is not None else context)


def assert_found(report: Report, mutation: Mutation) -> None:
    failures = [finding.check for finding in report.failures]
    assert set(failures) == {mutation.check, *mutation.also}
    if mutation.first:
        assert failures[0] == mutation.check


def test_a_built_packet_passes_every_check_and_skips_none() -> None:
    packet = built_packet()
    report = judged(packet.data, full_context(packet.data, packet.file_name))
    assert {f for f in report.findings if f.status is not Status.PASS} == set()


def test_the_mini_packers_java_like_packet_passes_every_check_and_skips_none() -> None:
    assert {f for f in report_on(mini_packet()).findings if f.status is not Status.PASS} == set()


def test_a_built_packet_passes_after_it_was_taken_apart_and_sealed_again() -> None:
    assert report_on(built()).is_good


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_mutation_of_a_built_packet_is_found(mutation: Mutation) -> None:
    assert_found(report_on(built(), mutation), mutation)


@pytest.mark.parametrize(
    "mutation", [m for m in MUTATIONS if m.name not in ONLY_WITH_A_PASSWORD], ids=lambda mutation: mutation.name
)
def test_mutation_of_a_mini_packet_is_found(mutation: Mutation) -> None:
    assert_found(report_on(mini_packet(), mutation), mutation)


def test_every_check_is_proved_by_a_mutation() -> None:
    proved = {check for mutation in MUTATIONS for check in (mutation.check, *mutation.also)}
    known = {finding.check for finding in report_on(mini_packet()).findings}
    assert known - proved == ONLY_FOR_THE_BUILDER
    assert set(RULE_CHECKS) <= known


def test_names_of_mutations_are_unique() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
