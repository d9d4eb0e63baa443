"""The rules on a packet's decoded content, all together.

The builder runs them before it seals; the verifier runs them on what it has decoded with its own code. They look at values
only and never raise for any content that is made of JSON values.
"""

from __future__ import annotations

from packet.rules.audits import check_audits
from packet.rules.biometrics import check_biometrics
from packet.rules.documents import check_documents
from packet.rules.entries import check_entries
from packet.rules.identity import check_identity
from packet.rules.metainfo import check_metainfo
from packet.rules.model import Finding, PlainContent, RuleSettings
from packet.rules.operations import check_operations
from packet.rules.schemaview import view_schema
from packet.rules.sequences import check_sequences
from packet.rules.times import check_times

CHECKS = (
    "entries.sub-packets",
    "entries.required",
    "entries.collision",
    "entries.biometrics",
    "entries.orphan",
    "id.bounds",
    "id.version",
    "id.no-empty",
    "id.shared-fields",
    "id.consent",
    "id.uin",
    "id.schema-usable",
    "id.category",
    "id.types",
    "id.patterns",
    "id.required",
    "id.schema",
    "documents.format",
    "documents.file",
    "documents.size",
    "documents.magic",
    "documents.type-code",
    "documents.meta",
    "hash.data-sequence",
    "hash.operations-sequence",
    "meta.registration-id",
    "meta.process",
    "meta.shared",
    "meta.keys",
    "meta.devices",
    "meta.labels",
    "meta.values",
    "meta.flow",
    "meta.client-version",
    "meta.key-index-form",
    "operations.labels",
    "operations.operator",
    "operations.officer-id",
    "operations.officer-file",
    "operations.officer-proof",
    "operations.supervisor-file",
    "operations.supervisor-proof",
    "biometrics.attributes",
    "biometrics.present",
    "biometrics.birindex",
    "biometrics.exceptions",
    "biometrics.configured",
    "biometrics.covered",
    "times.creation-date",
    "times.not-future",
    "times.rid",
    "times.device",
    "audit.not-empty",
    "audit.keys",
    "audit.dates",
    "audit.sorted",
    "audit.unique",
)
"""Names of all rules, in order: what a caller notes as skipped when there is no content to judge."""


def check_content(content: PlainContent, settings: RuleSettings) -> list[Finding]:
    """Judges a whole packet by its decoded values.

    All entries count, also the hash files and the meta information itself, so a builder that lints before it has made those
    must list them in ``entry_sizes`` all the same.

    Returns:
        Findings in a stable order: one passing finding for each rule and place, or one failing finding for each problem.
    """
    schema = view_schema(settings.id_schema) if settings.id_schema is not None else None
    return [
        *check_entries(content, schema),
        *check_identity(content, settings, schema),
        *check_documents(content, settings, schema),
        *check_sequences(content, schema),
        *check_metainfo(content, settings, schema),
        *check_operations(content),
        *check_biometrics(content, settings),
        *check_times(content, settings),
        *check_audits(content),
    ]
