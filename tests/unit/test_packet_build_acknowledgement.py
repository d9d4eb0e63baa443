"""Acknowledgement slips: opened on the machine that made them, and only unchanged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from packet import acknowledgement
from packet.acknowledgement import AcknowledgementUnreadableError
from packet.crypto.errors import MachineBlobDamagedError
from packet.encoding import b64url_decode
from packet.models import PacketId
from tests.support.devicelab import lab_key
from tests.support.specs import counting_entropy, machine_key

PACKET_ID = PacketId("10001100770000120250602092000-10001_10077-20250602093016")
HTML = "<html><body>Amina Example \u2013 \u0623\u0645\u064a\u0646\u0629</body></html>"


def test_slip_is_read_back() -> None:
    sealed = acknowledgement.seal(PACKET_ID, HTML, machine_key(), counting_entropy())
    assert sealed.file_name == f"{PACKET_ID}_Ack.html"
    assert acknowledgement.unseal(sealed, machine_key()) == HTML


def test_file_is_the_machine_envelope_and_signature_is_over_the_html() -> None:
    sealed = acknowledgement.seal(PACKET_ID, HTML, machine_key(), counting_entropy())
    assert len(sealed.data) == len(HTML.encode()) + 316
    assert b"Amina" not in sealed.data
    lab_key("machine").public_key().verify(b64url_decode(sealed.signature), HTML.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_changed_file_is_refused() -> None:
    sealed = acknowledgement.seal(PACKET_ID, HTML, machine_key(), counting_entropy())
    changed = replace(sealed, data=sealed.data[:-20] + bytes((sealed.data[-20] ^ 1,)) + sealed.data[-19:])
    with pytest.raises(MachineBlobDamagedError):
        acknowledgement.unseal(changed, machine_key())


@pytest.mark.parametrize("signature", ["", "A" * 342, "not base64!"])
def test_a_slip_with_another_signature_is_refused(signature: str) -> None:
    sealed = acknowledgement.seal(PACKET_ID, HTML, machine_key(), counting_entropy())
    with pytest.raises(AcknowledgementUnreadableError):
        acknowledgement.unseal(replace(sealed, signature=signature), machine_key())
