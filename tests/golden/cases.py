"""The packets whose plaintext layers are committed: fixed keys, clock and entropy, captures from the committed examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import orjson

from packet.builder import build
from packet.buildoptions import BuildOptions
from packet.idobject import StringArrays
from packet.models import BlockListedWords, GeoLocation, Operator, PacketSpec
from packet.registrationfile import load_registration
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.packetopener import OpenPacket, OpenSub, open_packet
from tests.support.specs import counting_entropy, machine_key, ticking_clock

EXAMPLES: Final = Path(__file__).parents[2] / "resources" / "examples"
VECTORS: Final = Path(__file__).parent / "vectors"
_VOLATILE: Final = ("signature", "encryptedhash")
"""Metadata that depends on the deflater's version and on OAEP's seed; tests check them by computation."""


@dataclass(frozen=True)
class Case:
    """One packet to build."""

    spec: PacketSpec
    created_at: datetime
    options: BuildOptions


def all_cases() -> Mapping[str, Case]:
    """Name of the case, which labels its entropy and names its folder, to what is built."""
    cases = {name: _example(name) for name in ("new", "update", "lost", "biometric-correction")}
    return {**cases, "all-settings": _all_settings(cases["new"], cases["lost"])}


@cache
def _example(name: str) -> Case:
    loaded = load_registration(EXAMPLES / name / "registration.json")
    assert loaded.creation_date is not None
    return Case(loaded.spec, loaded.creation_date, BuildOptions())


def _all_settings(new: Case, lost: Case) -> Case:
    """What the examples leave out: operators' biometrics, coordinates, words, lists of texts, other labels."""
    spec = replace(
        new.spec,
        demographics={
            **new.spec.demographics,
            "referenceIdentityNumber": 1234567890,
            "addressLine1": [{"language": "eng", "value": '1 <First> & "Second" \u2013 \u0623\u0645\u064a\u0646\u0629'}],
            "selectedHandles": ["email", "phone"],
        },
        officer=Operator("110001", by_otp=True, biometrics=lost.spec.officer.biometrics),
        supervisor=Operator("110002", biometrics=lost.spec.officer.biometrics),
        geo=GeoLocation("33.5731", "-7.5898"),
        block_listed_words={"addressLine1": BlockListedWords("DemographicDetails", ("first",), True, "110001")},
        client=replace(new.spec.client, checksums={"sealdesk.whl": "ab" * 32}),
        pre_registration_id="12345678901234",
        consent=None,
    )
    rules = replace(new.options.rules, string_arrays=True)
    options = BuildOptions(string_arrays=StringArrays.EMIT, with_consent_label=False, rules=rules, provider_version="v1.1")
    return Case(spec, new.created_at, options)


def open_case(name: str, case: Case) -> OpenPacket:
    """Builds a case and opens it again."""
    packet = build(
        case.spec,
        machine_key=machine_key(),
        certificate=lab_certificate("packet"),
        clock=ticking_clock(case.created_at),
        entropy=counting_entropy(name),
        options=case.options,
    )
    return open_packet(packet, lab_key("packet"))


def layers(opened: OpenPacket) -> dict[str, bytes]:
    """File name below the case's folder to content."""
    found = {"entries.txt": "".join(f"{name}\n" for name in opened.outer_names).encode()}
    for name, sub in opened.subs.items():
        found[f"{name}/entries.txt"] = "".join(f"{entry}\n" for entry in sub.entries).encode()
        found[f"{name}/metadata.json"] = _metadata(sub)
        found |= {f"{name}/{entry}": content for entry, content in sub.entries.items()}
    return found


def _metadata(sub: OpenSub) -> bytes:
    stable = {key: "" if key in _VOLATILE else value for key, value in sub.metadata.items()}
    return orjson.dumps(stable, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
