"""An independent judge of sealed packets: it shares no code with the builder and never raises for what a packet holds."""

from packet.verify.difference import Change, Difference, PacketUnreadableError, diff_packets, diff_reports
from packet.verify.inspection import inspect_packet
from packet.verify.model import OpenedPacket, OpenedSubPacket, Report, SessionKeyOpener, SyncRecord, VerifyContext
from packet.verify.opener import PrivateKeyOpener
from packet.verify.verifier import survey_packet, verify_packet

__all__ = [
    "Change",
    "Difference",
    "OpenedPacket",
    "OpenedSubPacket",
    "PacketUnreadableError",
    "PrivateKeyOpener",
    "Report",
    "SessionKeyOpener",
    "SyncRecord",
    "VerifyContext",
    "diff_packets",
    "diff_reports",
    "inspect_packet",
    "survey_packet",
    "verify_packet",
]
