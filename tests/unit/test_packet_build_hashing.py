"""Hashes and hash sequences, with known answers."""

from __future__ import annotations

import hashlib

from packet.hashing import Sequence, digest_as_plain_text, file_text, listing


def test_digests_are_upper_hex() -> None:
    assert digest_as_plain_text(b"abc") == "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"


def test_an_empty_list_hashes_to_the_digest_of_nothing() -> None:
    text = file_text(hashlib.sha256())
    assert text == b"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
    assert len(text) == 64


def test_data_hash_of_the_published_sample_packet() -> None:
    """MOSIP's documentation publishes an optional sub-packet whose sequence is ID alone, and its packet_data_hash.txt."""
    document = '{"format":"pdf","type":"COE","value":"proofOfException"}'
    published = '{"identity":{"IDSchemaVersion":0.1,"proofOfException":' + document + "}}"
    digest = hashlib.sha256(published.encode())
    assert file_text(digest) == b"38E5765094A257F5E3F7DFCAD6EE173C771F9BC26C5F4693C84AFAD5D2E859A4"


def test_files_are_listed_under_their_label_in_order() -> None:
    assert listing([(Sequence.BIOMETRIC, "a"), (Sequence.DEMOGRAPHIC, "doc"), (Sequence.DEMOGRAPHIC, "ID")]) == [
        {"label": "biometricSequence", "value": ["a"]},
        {"label": "demographicSequence", "value": ["doc", "ID"]},
    ]


def test_a_label_without_files_is_not_listed() -> None:
    assert listing([(Sequence.DEMOGRAPHIC, "ID")]) == [{"label": "demographicSequence", "value": ["ID"]}]
    assert listing([(Sequence.OTHER, "audit")]) == [{"label": "otherFiles", "value": ["audit"]}]


def test_only_other_files_belong_to_the_operations_hash() -> None:
    assert [s for s in Sequence if not s.is_data] == [Sequence.OTHER]
