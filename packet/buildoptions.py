"""Settings of the packet builder, with the reasons for their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from packet.deflate import DeflateEngine, default_engine
from packet.idobject import StringArrays
from packet.rid import RidLengths
from packet.rules.model import RuleSettings


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How a packet is built, where deployments differ.

    Attributes:
        deflate_engine: what compresses; igzip where it is installed.
        string_arrays: fields that are lists of plain texts are left out unless the server is known to read them.
        with_consent_label: whether metaData has ``consentOfApplicant``; 1.2 writes it, 1.3 does not; servers of
            both accept both.
        exceptions_alone: whether a field gets a CBEFF file if all its attributes are exceptions. The reference client writes
            such exceptions into the meta information only; writing them always is valid and tells the server more.
        rid_lengths: configured lengths of the registration id's parts.
        certificate_at: instant at which the packet certificate must be valid; the packet's creation if None.
        rules: limits of the check before sealing; ID schema, instant and string arrays are filled in by the builder.
        provider_version: ``providerversion`` of the sub-packet metadata (``default.provider.version``).
    """

    deflate_engine: DeflateEngine = field(default_factory=default_engine)
    string_arrays: StringArrays = StringArrays.OMIT
    with_consent_label: bool = True
    exceptions_alone: bool = True
    rid_lengths: RidLengths = field(default_factory=RidLengths)
    certificate_at: datetime | None = None
    rules: RuleSettings = field(default_factory=RuleSettings)
    provider_version: str = "v1.0"
