"""The example registrations are what the script makes, and each becomes a packet at any date."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image

from packet.builder import build
from packet.buildoptions import BuildOptions
from packet.crypto import jws
from packet.crypto.certificates import load_certificate
from packet.devicetoken import split
from packet.iso.record import check_registration_image, parse_record
from packet.registrationfile import load_registration
from tests.support.buildscripts import load_script
from tests.support.devicelab import device_trust, lab_key
from tests.support.packetopener import open_packet
from tests.support.specs import counting_entropy, machine_key

SCRIPT = load_script("generate_examples")
EXAMPLES = SCRIPT.all_examples()
FOLDER = Path(__file__).parents[2] / "resources" / "examples"


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_example_becomes_a_packet(name: str) -> None:
    loaded = load_registration(FOLDER / name / "registration.json")
    created = loaded.creation_date
    assert created is not None
    certificate = load_certificate((FOLDER / "keys" / "example-packet-certificate.pem").read_bytes(), "K11")
    packet = build(
        loaded.spec, machine_key=machine_key(), certificate=certificate, clock=lambda: created, entropy=counting_entropy()
    )
    opened = open_packet(packet, lab_key("packet"))
    fields = set(opened.subs["id"].json("ID.json"))
    captured = {field for field, value in loaded.spec.biometrics.items() if value.captured}
    assert captured | set(loaded.spec.demographics) <= fields | {"bloodType"}


def test_examples_can_be_sealed_with_a_certificate_judged_today() -> None:
    loaded = load_registration(FOLDER / "new" / "registration.json")
    created = loaded.creation_date
    assert created is not None
    certificate = load_certificate((FOLDER / "keys" / "example-packet-certificate.pem").read_bytes(), "K11")
    build(
        loaded.spec,
        machine_key=machine_key(),
        certificate=certificate,
        clock=lambda: created,
        entropy=counting_entropy(),
        options=BuildOptions(certificate_at=created.replace(year=2040)),
    )


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_texts_are_those_of_the_script(name: str) -> None:
    text = (FOLDER / name / "registration.json").read_text(encoding="utf-8")
    assert text == SCRIPT.registration_text(EXAMPLES[name]), "run: python build/generate_examples.py"
    found = {str(p.relative_to(FOLDER / name)) for p in (FOLDER / name).rglob("*") if p.is_file()}
    assert found == {"registration.json", *EXAMPLES[name].files}


def test_shared_files_are_those_of_the_script() -> None:
    for name, content in SCRIPT.shared_files().items():
        assert (FOLDER / name).read_bytes() == content


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_captures_are_those_of_the_script_but_for_the_encoder(name: str) -> None:
    """The pictures are compared as pixels, since encoders differ; all the rest as text."""
    for file, generated in EXAMPLES[name].files.items():
        committed = (FOLDER / name / file).read_bytes()
        if not file.endswith(".jws"):
            assert committed == generated
            continue
        first, second = (token.decode().strip() for token in (committed, generated))
        ours, theirs = (split(token, jws.parse(token)) for token in (first, second))
        assert ours.payload == theirs.payload
        jws.verify_with_leaf(jws.parse(first))
        assert np.array_equal(_pixels(ours.iso), _pixels(theirs.iso))


def _pixels(iso: bytes) -> np.ndarray:
    import io

    record = parse_record(iso)
    check_registration_image(record)
    return np.asarray(Image.open(io.BytesIO(record.image)))


def test_captures_lead_to_the_trust_anchors_beside_them() -> None:
    loaded = load_registration(FOLDER / "new" / "registration.json")
    created = loaded.creation_date
    assert created is not None
    for file, token in EXAMPLES["new"].files.items():
        if file.endswith(".jws"):
            outer = jws.parse(token.decode().strip())
            device_trust().check(outer.leaf, created, "the device")
            inner = orjson.loads(outer.payload)["digitalId"]
            device_trust().check(jws.parse(inner).leaf, created, "the digital id")
