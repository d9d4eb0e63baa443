"""The CBEFF files of a sub-packet: XML, records, tokens and ISO records, one file after the other."""

from __future__ import annotations

from collections.abc import Mapping

from packet.encoding import b64std_decode
from packet.rules.judging import shown
from packet.rules.model import BiometricFacts, BiometricFile
from packet.verify import birs, isorecords, tokens
from packet.verify.cbeffxml import Bir, CbeffFile, CbeffRefusedError, read_cbeff
from packet.verify.ledger import Ledger
from packet.verify.tokens import DeviceTrust

FILE_CHECKS = ("cbeff.xml", "cbeff.schema", "cbeff.root")
RECORD_CHECKS = ("bir.form", "bir.types", "bir.data", *tokens.CHECKS, *isorecords.CHECKS)


def is_biometric_file(name: str) -> bool:
    """Whether an entry is a CBEFF file by its name: of a field, or of an operator."""
    return name.endswith("_bio_CBEFF.xml") or name in ("officer_bio_cbeff.xml", "supervisor_bio_cbeff.xml")


def check_files(entries: Mapping[str, bytes], trust: DeviceTrust, ledger: Ledger) -> dict[str, BiometricFile]:
    """Judges every CBEFF file of a sub-packet.

    Returns:
        Entry name to what the content rules need; files that could not be read are left out.
    """
    facts: dict[str, BiometricFile] = {}
    for name, content in entries.items():
        if is_biometric_file(name):
            found = _check_file(name, content, trust, ledger)
            if found is not None:
                facts[name] = found
    return facts


def _check_file(name: str, content: bytes, trust: DeviceTrust, ledger: Ledger) -> BiometricFile | None:
    where = shown(name.removesuffix(".xml").removesuffix("_bio_CBEFF"))
    try:
        file = read_cbeff(content)
    except CbeffRefusedError as error:
        ledger.judge("cbeff.xml", where, [f"The file cannot be read: {error.why}."], birs.CONTENT)
        ledger.skip((*FILE_CHECKS[1:], *RECORD_CHECKS), where, "The file cannot be read.")
        return None
    ledger.judge("cbeff.xml", where, [], birs.CONTENT)
    ledger.judge("cbeff.schema", where, file.schema_problems, birs.CONTENT)
    ledger.judge("cbeff.root", where, birs.root_problems(file))
    return _facts(file, where, trust, ledger)


def _facts(file: CbeffFile, where: str, trust: DeviceTrust, ledger: Ledger) -> BiometricFile:
    facts: list[BiometricFacts] = []
    for number, bir in enumerate(file.birs):
        attribute = birs.attribute_of(bir)
        place = f"{where}/{attribute or number}"
        ledger.judge("bir.form", place, birs.form_problems(bir), birs.CONTENT)
        ledger.judge("bir.types", place, birs.type_problems(bir), birs.CONTENT)
        good = ledger.judge("bir.data", place, birs.data_problems(bir), birs.CONTENT)
        token = tokens.TokenFacts()
        if not birs.is_exception(bir):
            token = _check_capture(bir, place, trust, ledger, has_data=good)
        facts.append(
            BiometricFacts(
                attribute=attribute,
                is_exception=birs.is_exception(bir),
                index=bir.text("BDBInfo/Index"),
                device_time=token.device_time,
                digital_id_time=token.digital_id_time,
            )
        )
    return BiometricFile(tuple(facts), birs.configured_attributes(file))


def _check_capture(bir: Bir, place: str, trust: DeviceTrust, ledger: Ledger, *, has_data: bool) -> tokens.TokenFacts:
    if not has_data:
        ledger.skip((*tokens.CHECKS, *isorecords.CHECKS), place, "The record lacks its data.")
        return tokens.TokenFacts()
    iso = b64std_decode(bir.text("BDB"))
    token = tokens.check_token(bir, iso, place, trust, ledger)
    isorecords.check_record(iso, birs.attribute_of(bir), trust.at, place, ledger)
    return token
