"""CBEFF files: valid by the schema, exact on round trip, and such that a server can put the device's token together again."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from packet import devicetoken
from packet.bioattributes import FACTS
from packet.cbeff import (
    NAMESPACE,
    PIECE_BYTES,
    BiometricInvalidError,
    BiometricTextError,
    CbeffFile,
    field_file,
    operator_file,
    schema_bytes,
)
from packet.encoding import b64url
from packet.models import (
    BioAttribute,
    BiometricException,
    CapturedBiometric,
    DeviceToken,
    ExceptionType,
    FieldBiometrics,
)
from tests.support.specs import CAPTURED_AT, CREATED_AT, counting_entropy, lab

PREFIX = f"{{{NAMESPACE}}}"
TOKEN = DeviceToken('{"bioValue":"<bioValue>"}', "aGVhZGVy..c2lnbmF0dXJl", b"iso record")
EVERYTHING = tuple(BioAttribute)


def capture(attribute: BioAttribute = BioAttribute.LEFT_INDEX, token: DeviceToken = TOKEN, **more: Any) -> CapturedBiometric:
    return replace(CapturedBiometric(attribute, token, 80.9, CAPTURED_AT), **more)


def file_of(*captured: CapturedBiometric, exceptions: tuple[BiometricException, ...] = (), **more: Any) -> CbeffFile:
    configured = (BioAttribute.LEFT_INDEX, BioAttribute.FACE)
    biometrics = FieldBiometrics(configured, captured, exceptions)
    file = field_file("individualBiometrics", biometrics, CREATED_AT, counting_entropy(), **more)
    assert file is not None
    return file


def text_of(file: CbeffFile) -> bytes:
    return b"".join(file.pieces())


def parsed(file: CbeffFile) -> Any:
    tree = etree.fromstring(text_of(file))
    etree.XMLSchema(etree.fromstring(schema_bytes())).assertValid(tree)
    return tree


def others(bir: Any) -> dict[str, str]:
    return {entry.get("key"): entry.text or "" for entry in bir.findall(f"{PREFIX}others/{PREFIX}entry")}


def value(bir: Any, path: str) -> str | None:
    found: str | None = bir.findtext("/".join(PREFIX + step for step in path.split("/")))
    return found


def missing(attribute: BioAttribute) -> BiometricException:
    return BiometricException(attribute, ExceptionType.PERMANENT, "Lost")


def test_one_capture_in_full() -> None:
    file = file_of(capture(attempts=2, forced=True, sdk_score=87.5))
    index = file.birs[0].index
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", index)
    assert (
        text_of(file).decode()
        == f"""\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<BIR xmlns="http://standards.iso.org/iso-iec/19785/-3/ed-2/">
    <BIRInfo>
        <Integrity>false</Integrity>
    </BIRInfo>
    <BIR>
        <Version>
            <Major>1</Major>
            <Minor>1</Minor>
        </Version>
        <CBEFFVersion>
            <Major>1</Major>
            <Minor>1</Minor>
        </CBEFFVersion>
        <BIRInfo>
            <Integrity>false</Integrity>
        </BIRInfo>
        <BDBInfo>
            <Index>{index}</Index>
            <Format>
                <Organization>Mosip</Organization>
                <Type>7</Type>
            </Format>
            <CreationDate>2025-06-02T09:25:00.000Z</CreationDate>
            <Type>Finger</Type>
            <Subtype>Left IndexFinger</Subtype>
            <Level>Raw</Level>
            <Purpose>Enroll</Purpose>
            <Quality>
                <Algorithm>
                    <Organization>HMAC</Organization>
                    <Type>SHA-256</Type>
                </Algorithm>
                <Score>80</Score>
            </Quality>
        </BDBInfo>
        <BDB>aXNvIHJlY29yZA==</BDB>
        <SB>YUdWaFpHVnkuLmMybG5ibUYwZFhKbA==</SB>
        <others>
            <entry key="EXCEPTION">false</entry>
            <entry key="RETRIES">2</entry>
            <entry key="SDK_SCORE">87.5</entry>
            <entry key="FORCE_CAPTURED">true</entry>
            <entry key="PAYLOAD">{{"bioValue":"&lt;bioValue&gt;"}}</entry>
            <entry key="SPEC_VERSION">0.9.5</entry>
        </others>
    </BIR>
    <others>
        <entry key="CONFIGURED">leftIndex,face</entry>
    </others>
</BIR>
"""
    )


@pytest.mark.parametrize("attribute", EVERYTHING)
def test_type_format_and_subtype_of_every_attribute(attribute: BioAttribute) -> None:
    bir = parsed(file_of(capture(attribute))).find(f"{PREFIX}BIR")
    facts = FACTS[attribute]
    assert value(bir, "BDBInfo/Type") == facts.modality.value
    assert value(bir, "BDBInfo/Format/Type") == {"Finger": "7", "Iris": "9", "Face": "8"}[facts.sbi_type]
    assert (value(bir, "BDBInfo/Subtype") or "") == facts.cbeff_subtype


def test_a_server_can_put_every_token_together_again() -> None:
    captures = lab().captured_all(EVERYTHING)
    tree = parsed(file_of(*captures))
    for bir, attribute in zip(tree.findall(f"{PREFIX}BIR"), EVERYTHING, strict=True):
        iso = base64.b64decode(bir.findtext(f"{PREFIX}BDB"), validate=True)
        header, signature = base64.b64decode(bir.findtext(f"{PREFIX}SB"), validate=True).decode().split("..")
        payload = others(bir)["PAYLOAD"].replace("<bioValue>", b64url(iso))
        assert f"{header}.{b64url(payload.encode())}.{signature}" == lab().token(attribute)


def test_exception_records_are_empty() -> None:
    tree = parsed(file_of(capture(), exceptions=(missing(BioAttribute.RIGHT_EYE),)))
    bir = tree.findall(f"{PREFIX}BIR")[1]
    assert (bir.findtext(f"{PREFIX}BDB"), bir.findtext(f"{PREFIX}SB")) == ("", "")
    assert value(bir, "BDBInfo/Quality/Score") == "0"
    assert others(bir) == {
        "EXCEPTION": "true",
        "RETRIES": "0",
        "SDK_SCORE": "0.0",
        "FORCE_CAPTURED": "false",
        "PAYLOAD": "",
        "SPEC_VERSION": "",
    }


def test_the_reason_of_an_exception_does_not_leave_the_meta_information() -> None:
    assert b"Lost" not in text_of(file_of(capture(), exceptions=(missing(BioAttribute.RIGHT_EYE),)))


def test_exceptions_without_captures_make_a_file_if_wanted() -> None:
    biometrics = FieldBiometrics((BioAttribute.LEFT_EYE,), (), (missing(BioAttribute.LEFT_EYE),))
    with_file = field_file("f", biometrics, CREATED_AT, counting_entropy())
    assert with_file is not None
    assert [bir.is_exception for bir in with_file.birs] == [True]
    assert field_file("f", biometrics, CREATED_AT, counting_entropy(), exceptions_alone=False) is None


def test_a_field_without_anything_has_no_file() -> None:
    assert field_file("f", FieldBiometrics((BioAttribute.FACE,), ()), CREATED_AT, counting_entropy()) is None
    assert operator_file("f", (), counting_entropy()) is None


def test_operators_files_have_no_configured_entry() -> None:
    file = operator_file("officer_bio_cbeff", (capture(),), counting_entropy())
    assert file is not None
    assert parsed(file).findall(f"{PREFIX}others") == []


def test_size_is_known_without_making_the_file() -> None:
    for size in range(4):
        file = file_of(capture(token=replace(TOKEN, iso=b"x" * (size + 1))), exceptions=(missing(BioAttribute.FACE),))
        assert file.size_bytes == len(text_of(file))


@pytest.mark.parametrize("size", [1, 98_303, 98_304, 98_305, 300_000])
def test_long_records_are_rendered_whole_in_small_pieces(size: int) -> None:
    token = replace(TOKEN, iso=bytes(number % 251 for number in range(size)))
    file = file_of(capture(token=token), capture(BioAttribute.LEFT_THUMB), exceptions=(missing(BioAttribute.FACE),))
    assert max(map(len, file.pieces())) <= PIECE_BYTES
    assert base64.b64decode(value(parsed(file)[1], "BDB") or "", validate=True) == token.iso


@given(payload=st.text(st.characters(codec="utf-8"), min_size=1), version=st.text(st.characters(codec="utf-8"), max_size=5))
def test_texts_survive_the_round_trip_or_are_refused_by_name(payload: str, version: str) -> None:
    cannot_be_xml = any((ord(c) < 0x20 and c not in "\t\r\n") or c in "\ufffe\uffff" for c in payload + version)
    captured = capture(token=replace(TOKEN, payload=payload), spec_version=version)
    if cannot_be_xml:
        with pytest.raises(BiometricTextError, match="leftIndex"):
            file_of(captured)
        return
    file = file_of(captured)
    found = others(parsed(file).find(f"{PREFIX}BIR"))
    assert (found["PAYLOAD"], found["SPEC_VERSION"]) == (payload, version)


@pytest.mark.parametrize("payload", ["\x00", "a\x0bb", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_characters_that_are_not_xml_are_refused(payload: str) -> None:
    with pytest.raises(BiometricTextError, match="payload of leftIndex"):
        file_of(capture(token=replace(TOKEN, payload=payload)))


@pytest.mark.parametrize(
    "changes",
    [
        {"token": replace(TOKEN, iso=b"")},
        {"token": replace(TOKEN, signature="")},
        {"token": replace(TOKEN, payload="")},
        {"quality_score": -1.0},
        {"quality_score": 100.5},
        {"quality_score": float("nan")},
    ],
)
def test_captures_that_contradict_themselves_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BiometricInvalidError):
        file_of(capture(**changes))


def test_an_attribute_is_captured_once_or_excepted() -> None:
    with pytest.raises(BiometricInvalidError, match="more than once"):
        file_of(capture(), capture())
    with pytest.raises(BiometricInvalidError, match="more than once"):
        file_of(capture(), exceptions=(missing(BioAttribute.LEFT_INDEX),))
    with pytest.raises(BiometricInvalidError, match="exception photo"):
        file_of(capture(), exceptions=(missing(BioAttribute.EXCEPTION_PHOTO),))


def test_entropy_is_taken_in_the_order_of_the_records() -> None:
    taken: list[int] = []

    def entropy(size: int) -> bytes:
        taken.append(size)
        return bytes((len(taken),)) * size

    biometrics = FieldBiometrics((), (capture(), capture(BioAttribute.FACE)), (missing(BioAttribute.LEFT_EYE),))
    file = field_file("f", biometrics, CREATED_AT, entropy)
    assert file is not None
    assert taken == [16, 16, 16]
    assert [bir.index[:8] for bir in file.birs] == ["01010101", "02020202", "03030303"]


def test_token_is_what_the_devicetoken_module_rebuilds() -> None:
    (captured,) = lab().captured_all([BioAttribute.FACE])
    assert devicetoken.rebuild(captured.token) == lab().token(BioAttribute.FACE)
