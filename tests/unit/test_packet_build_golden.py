"""Every plaintext byte of five packets is as committed; what depends on library versions is checked by computation."""

from __future__ import annotations

import io
import zipfile

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from packet.encoding import b64url, b64url_decode, sha256
from tests.golden.cases import VECTORS, all_cases, layers, open_case
from tests.support.devicelab import lab_key

CASES = all_cases()


@pytest.mark.parametrize("name", list(CASES))
def test_layers_are_as_committed(name: str) -> None:
    made = layers(open_case(name, CASES[name]))
    folder = VECTORS / name
    committed = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    differing = sorted(file for file in made.keys() | committed.keys() if made.get(file) != committed.get(file))
    assert not differing, "look at the differences, then run: python -m tests.golden.regenerate"


@pytest.mark.parametrize("name", list(CASES))
def test_signature_and_hash_fit_what_was_sealed(name: str) -> None:
    for sub in open_case(name, CASES[name]).subs.values():
        signature = b64url_decode(sub.metadata["signature"])
        lab_key("machine").public_key().verify(signature, sub.plain, padding.PKCS1v15(), hashes.SHA256())
        assert sub.metadata["encryptedhash"] == b64url(sha256(sub.stored))


@pytest.mark.parametrize("name", list(CASES))
def test_zip_entries_carry_the_clocks_time_and_nothing_else(name: str) -> None:
    opened = open_case(name, CASES[name])
    for plain in (opened.outer, *(sub.plain for sub in opened.subs.values())):
        with zipfile.ZipFile(io.BytesIO(plain)) as archive:
            assert archive.comment == b""
            for info in archive.infolist():
                assert info.date_time[:5] == (2025, 6, 2, 9, 30)
                assert (info.extra, info.comment, info.flag_bits, info.external_attr) == (b"", b"", 0x800, 0)
