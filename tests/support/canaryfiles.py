"""Registration files for `sealdesk packet build` that are full of marks: a good one, another, and broken ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.canarymarks import BIRTH, CanaryPerson, paper
from tests.support.command import ROOT

EXAMPLES = ROOT / "resources/examples"
CERTIFICATE = EXAMPLES / "keys/example-packet-certificate.pem"
PACKET_KEY = EXAMPLES / "keys/example-packet-private.pem"
TEXTS = ("fullName", "addressLine1", "addressLine2", "addressLine3")

Change = Callable[[dict[str, Any]], object]


def registration_file(folder: Path, person: CanaryPerson, change: Change = lambda _: None) -> Path:
    """A registration with marks instead of the example's values, beside its captures and a marked paper."""
    shutil.copytree(EXAMPLES / "new", folder)
    path = folder / "registration.json"
    registration = json.loads(path.read_text())
    values = registration["demographics"]
    for name in TEXTS:
        values[name] = [{**item, "value": person.texts[name, item["language"]]} for item in values[name]]
    values |= {"phone": person.texts["phone", ""], "email": person.texts["email", ""], "dateOfBirth": "/".join(reversed(BIRTH))}
    for document in registration["documents"].values():
        document["refNumber"] = person.document_reference
        (folder / document["file"]).write_bytes(paper())
    change(registration)
    path.write_text(json.dumps(registration, ensure_ascii=False))
    return path


def broken(person: CanaryPerson) -> dict[str, Change]:
    """What may be wrong with a registration file, each with a mark where the fault is."""
    name = person.texts["fullName", "eng"]

    def value(field_id: str, content: object) -> Change:
        return lambda registration: registration["demographics"].__setitem__(field_id, content)

    return {
        "number-for-text": value("fullName", [{"language": "eng", "value": [name]}]),
        "text-for-list": value("fullName", name),
        "no-date": value("dateOfBirth", name),
        "no-phone": value("phone", name),
        "object-for-phone": value("phone", {"value": name}),
        "language": value("fullName", [{"language": name, "value": name}]),
        "format": lambda registration: next(iter(registration["documents"].values())).__setitem__("format", name),
        "rid": lambda registration: registration.__setitem__("registrationId", person.texts["introducerRID", ""]),
    }
