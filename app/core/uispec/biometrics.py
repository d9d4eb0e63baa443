"""Reading which attributes a biometrics field asks for, and of whom."""

from __future__ import annotations

from typing import Final

from app.core.expressions.errors import ExpressionUnreadableError
from app.core.expressions.rule import parse_rule
from app.core.uispec.faults import (
    BIO_ATTRIBUTE_PHOTO,
    BIO_ATTRIBUTE_TWICE,
    BIO_ATTRIBUTE_UNKNOWN,
    BIO_ATTRIBUTES_MISSING,
    BIO_CONDITION,
    BIO_RULE_ATTRIBUTE,
    BIO_RULE_UNREADABLE,
)
from app.core.uispec.model import Condition, ConditionalBioAttributes
from app.core.uispec.report import quoted
from app.core.uispec.rules import named
from app.core.uispec.values import Node
from packet.models import BioAttribute

MOST_ATTRIBUTES: Final = 100
MOST_CONDITIONS: Final = 100

_ATTRIBUTES: Final = {attribute.value: attribute for attribute in BioAttribute}


def read_field_attributes(field: Node) -> tuple[BioAttribute, ...]:
    """``bioAttributes`` of a biometrics field; none at all is a mistake."""
    if not field.items("bioAttributes", MOST_ATTRIBUTES):
        field.report.add(BIO_ATTRIBUTES_MISSING, field.place.at("bioAttributes"))
        return ()
    return _read_attributes(field)


def _read_attributes(node: Node) -> tuple[BioAttribute, ...]:
    found: list[BioAttribute] = []
    place = node.place.at("bioAttributes")
    for name in node.names("bioAttributes", MOST_ATTRIBUTES):
        attribute = _ATTRIBUTES.get(name)
        if attribute is None:
            node.report.add(BIO_ATTRIBUTE_UNKNOWN, place, found=quoted(name))
        elif attribute is BioAttribute.EXCEPTION_PHOTO:
            node.report.add(BIO_ATTRIBUTE_PHOTO, place)
        elif attribute in found:
            node.report.add(BIO_ATTRIBUTE_TWICE, place, name=name)
        else:
            found.append(attribute)
    return tuple(found)


def read_conditional(field: Node) -> tuple[ConditionalBioAttributes, ...]:
    """``conditionalBioAttributes``: those entries that are complete; every other is named."""
    read = (_read_entry(entry) for _, entry in field.nodes("conditionalBioAttributes", MOST_CONDITIONS))
    return tuple(entry for entry in read if entry is not None)


def _read_entry(entry: Node) -> ConditionalBioAttributes | None:
    age_group, process = entry.text("ageGroup"), entry.text("process")
    attributes = _read_attributes(entry)
    rule = _read_rule(entry, attributes)
    parts = (("ageGroup", age_group), ("process", process), ("bioAttributes", attributes))
    missing = [name for name, value in parts if not value]
    if missing or age_group is None or process is None:
        entry.report.add(BIO_CONDITION, entry.place, missing=" and no ".join(missing))
        return None
    return ConditionalBioAttributes(age_group, process, attributes, rule)


def _read_rule(entry: Node, attributes: tuple[BioAttribute, ...]) -> Condition | None:
    text = entry.text("validationExpr")
    if text is None:
        return None
    place = entry.place.at("validationExpr")
    try:
        names = parse_rule(text).names
    except ExpressionUnreadableError as error:
        entry.report.add(BIO_RULE_UNREADABLE, place, text=quoted(text), **named(error))
        return Condition(text, None)
    listed = {attribute.value for attribute in attributes}
    for name in sorted(names - listed) if listed else ():
        entry.report.add(BIO_RULE_ATTRIBUTE, place, name=quoted(name))
    return Condition(text, None)
