"""What the values of one biometric information record must be, besides what the XML schema demands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packet.bioattributes import FACTS
from packet.encoding import b64std_decode
from packet.models import BioAttribute
from packet.rules.instants import read_instant
from packet.verify.cbeffxml import Bir, CbeffFile

CONTENT = "RPR-PKV-FAILED-015"
KEYS = frozenset(("EXCEPTION", "RETRIES", "SDK_SCORE", "FORCE_CAPTURED", "PAYLOAD", "SPEC_VERSION"))

_CONSTANT = {
    "Version/Major": "1",
    "Version/Minor": "1",
    "CBEFFVersion/Major": "1",
    "CBEFFVersion/Minor": "1",
    "BIRInfo/Integrity": "false",
    "BDBInfo/Format/Organization": "Mosip",
    "BDBInfo/Level": "Raw",
    "BDBInfo/Purpose": "Enroll",
    "BDBInfo/Quality/Algorithm/Organization": "HMAC",
    "BDBInfo/Quality/Algorithm/Type": "SHA-256",
}
_CONFIGURED_MAX = 4096
_SCORE = re.compile(r"\d{1,3}", re.ASCII)
_RETRIES = re.compile(r"\d{1,4}", re.ASCII)
_DOUBLE = re.compile(r"\d{1,3}\.\d{1,17}", re.ASCII)
_SPEC_VERSION = re.compile(r"[\w.-]{0,20}", re.ASCII)
_BY_NAMES = {(facts.modality.value, facts.cbeff_subtype): attribute for attribute, facts in FACTS.items()}


def attribute_of(bir: Bir) -> BioAttribute | None:
    """The attribute that Type and Subtype name; None if there is no such."""
    return _BY_NAMES.get((bir.text("BDBInfo/Type"), bir.text("BDBInfo/Subtype")))


def is_exception(bir: Bir) -> bool:
    """Whether the record says that there is nothing to be captured."""
    return bir.others.get("EXCEPTION") == "true"


def data_of(bir: Bir) -> bytes:
    """The ISO record; empty if there is none or it is not padded standard base64."""
    try:
        return b64std_decode(bir.text("BDB"))
    except ValueError:
        return b""


def configured_attributes(file: CbeffFile) -> tuple[str, ...] | None:
    """The attributes that the root's entry CONFIGURED lists; None without that entry."""
    text = file.root.others.get("CONFIGURED")
    return None if text is None else tuple(text[:_CONFIGURED_MAX].split(",")) if text else ()


def root_problems(file: CbeffFile) -> Iterator[str]:
    """The root holds records and CONFIGURED, and no data of its own."""
    if file.root.text("BIRInfo/Integrity") != "false":
        yield "The root's Integrity is not false."
    if file.root.others.keys() - {"CONFIGURED"} or file.root.has_doubled_key:
        yield "The root has other entries than CONFIGURED."


def form_problems(bir: Bir) -> Iterator[str]:
    """Constant elements, the creation date, the score and the six entries of ``others``."""
    for path, value in _CONSTANT.items():
        if bir.text(path) != value:
            yield f"Element {path} is not {value}."
    if read_instant(bir.text("BDBInfo/CreationDate")) is None:
        yield "CreationDate is not an instant in UTC."
    if _SCORE.fullmatch(bir.text("BDBInfo/Quality/Score")) is None:
        yield "The quality score is not a whole number."
    if bir.others.keys() != KEYS or bir.has_doubled_key:
        yield "The entries of others are not exactly the six."
        return
    if bir.others["EXCEPTION"] not in ("true", "false") or bir.others["FORCE_CAPTURED"] not in ("true", "false"):
        yield "EXCEPTION or FORCE_CAPTURED is neither true nor false."
    if _RETRIES.fullmatch(bir.others["RETRIES"]) is None:
        yield "RETRIES is not a count."
    if _DOUBLE.fullmatch(bir.others["SDK_SCORE"]) is None:
        yield "SDK_SCORE is not the text of a Java double."
    if _SPEC_VERSION.fullmatch(bir.others["SPEC_VERSION"]) is None:
        yield "SPEC_VERSION is not a version."


def type_problems(bir: Bir) -> Iterator[str]:
    """Type, subtype and format belong together. Minutiae (format 2) pass a server's check for fingers as well."""
    attribute = attribute_of(bir)
    if attribute is None:
        yield "Type and Subtype name no bio attribute."
        return
    accepted = {FACTS[attribute].cbeff_format} | ({"2"} if bir.text("BDBInfo/Type") == "Finger" else set())
    if bir.text("BDBInfo/Format/Type") not in accepted:
        yield "The format does not fit the type."


def data_problems(bir: Bir) -> Iterator[str]:
    """Data, signature and payload are there if and only if the record is no exception."""
    present = [bool(bir.text("BDB")), bool(bir.text("SB")), bool(bir.others.get("PAYLOAD"))]
    if is_exception(bir):
        if any(present):
            yield "An exception carries data."
    elif not all(present):
        yield "A captured record lacks its data, signature or payload."
    else:
        for name in ("BDB", "SB"):
            try:
                b64std_decode(bir.text(name))
            except ValueError:
                yield f"Element {name} is not padded standard base64 without white space."
