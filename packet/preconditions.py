"""What is refused before any work is done: ids that do not fit each other, and documents that cannot be stored."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Final

from packet.errors import UnusableInputError
from packet.idschema import FieldKind, IdSchema, IdSchemaInvalidError
from packet.metainfo import RESERVED_KEYS
from packet.models import Document, Flow, PacketSpec
from packet.rid import AdditionalInfoRequestInvalidError, RidLengths, check_belongs, check_part, correction_rid

_UPPER_NAME: Final = re.compile(r"[A-Z0-9_]{1,64}", re.ASCII)
_DOCUMENT_FORMAT: Final = re.compile(r"[A-Za-z0-9]{1,10}", re.ASCII)


class ProcessInvalidError(UnusableInputError):
    """The name of the process or source cannot stand in a packet."""

    code = "PACKET-PROCESS"
    sentence = "The name of the {what} must be of capitals, digits and underscores."
    next_step = "Take the process id of the UI specification, in capitals."


class DocumentInvalidError(UnusableInputError):
    """A document cannot be stored."""

    code = "PACKET-DOCUMENT"
    sentence = "The document in field {field} cannot be stored: {why}."
    next_step = "Scan the document again."


def check_identifiers(spec: PacketSpec, lengths: RidLengths) -> None:
    """Checks that registration id, centre, machine, process and flow fit each other.

    A correction keeps the id of the original registration, which may have been made on another machine.

    Raises:
        RidInvalidError, RidForeignError, RidPartInvalidError, AdditionalInfoRequestInvalidError, ProcessInvalidError,
        IdSchemaInvalidError: as their names say.
    """
    for what, name in (("process", spec.process), ("source", spec.source)):
        if not _UPPER_NAME.fullmatch(name):
            raise ProcessInvalidError(what=what)
    if not math.isfinite(spec.id_schema_version) or spec.id_schema_version <= 0:
        raise IdSchemaInvalidError(why="its version is not a positive number")
    request_id = spec.additional_info_request_id
    if spec.flow is not Flow.CORRECTION:
        if request_id is not None:
            raise AdditionalInfoRequestInvalidError(why="only a correction has one")
        check_belongs(spec.registration_id, spec.centre_id, spec.machine_id, lengths)
        return
    if request_id is None:
        raise AdditionalInfoRequestInvalidError(why="a correction must have one")
    check_part("registration centre id", spec.centre_id, lengths.centre)
    check_part("machine id", spec.machine_id, lengths.machine)
    if correction_rid(request_id, spec.process, lengths) != spec.registration_id:
        raise AdditionalInfoRequestInvalidError(why="it is for another registration id")


def checked_fields(spec: PacketSpec, schema: IdSchema) -> PacketSpec:
    """The same registration with documents and biometrics in the schema's order, so that the packet does not depend on theirs.

    Raises:
        FieldUnknownError, FieldKindError: for a field that the schema does not have, or not of this kind.
        DocumentInvalidError: for a document without content, type, or a format that can end a file's name.
    """
    for name, document in spec.documents.items():
        schema.require(name, FieldKind.DOCUMENT)
        _check_document(name, document)
    for name in spec.biometrics:
        schema.require(name, FieldKind.BIOMETRICS)
    return replace(
        spec,
        documents={name: spec.documents[name] for name in schema.fields if name in spec.documents},
        biometrics={name: spec.biometrics[name] for name in schema.fields if name in spec.biometrics},
    )


def _check_document(name: str, document: Document) -> None:
    if name in RESERVED_KEYS:
        raise DocumentInvalidError(field=name, why="the field has the name of a key of the meta information")
    if not document.content:
        raise DocumentInvalidError(field=name, why="it is empty")
    if not _DOCUMENT_FORMAT.fullmatch(document.format):
        raise DocumentInvalidError(field=name, why="its format is not of one to ten letters and digits")
    if not document.type_code or not document.category:
        raise DocumentInvalidError(field=name, why="its type code or category is missing")
