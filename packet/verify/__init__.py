"""An independent judge of sealed packets: it shares no code with the builder and never raises for what a packet holds."""

from packet.verify.model import OpenedPacket, OpenedSubPacket, Report, SessionKeyOpener, SyncRecord, VerifyContext
from packet.verify.opener import PrivateKeyOpener
from packet.verify.verifier import verify_packet

__all__ = [
    "OpenedPacket",
    "OpenedSubPacket",
    "PrivateKeyOpener",
    "Report",
    "SessionKeyOpener",
    "SyncRecord",
    "VerifyContext",
    "verify_packet",
]
