"""The acknowledgement slip: what the person takes home, as HTML.

A plain form until the country's own template is synchronised. Everything that comes from outside is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from packet.encoding import iso_seconds
from packet.models import SealedPacket


@dataclass(frozen=True, slots=True)
class SlipText:
    """What stands on the slip besides the id.

    Attributes:
        holder: the person's name as they gave it.
    """

    centre_id: str
    machine_id: str
    lang_code: str
    holder: str = field(repr=False)


def render(packet: SealedPacket, text: SlipText) -> str:
    """The slip as an HTML document."""
    rows = (
        ("Application ID", packet.registration_id),
        ("Name", text.holder),
        ("Date (UTC)", iso_seconds(packet.created_at)),
        ("Registration centre", text.centre_id),
        ("Machine", text.machine_id),
    )
    cells = "".join(f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in rows)
    return (
        f'<!DOCTYPE html><html lang="{escape(text.lang_code, quote=True)}"><head><meta charset="utf-8">'
        f"<title>Acknowledgement</title></head><body><h1>Acknowledgement of registration</h1><table>{cells}</table>"
        "<p>Keep this slip. Ask for your registration by its application ID.</p></body></html>"
    )
