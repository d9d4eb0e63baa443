"""The demo country that ships with Sealdesk, as the application sees it after its first synchronisation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from app.core.masterdata.model import MasterData
from app.core.masterdata.reader import read_master_data
from packet.models import Json
from resources.country import reading


def demo_publication() -> Mapping[str, Json]:
    """Forms, ID schema (``schemaJson``) and settings, as a server's ``latestidschema`` answers; made anew at each call."""
    return reading.publication()


@cache
def demo_master_data() -> MasterData:
    """The reference data, read once."""
    return read_master_data(reading.client_settings())


def demo_applicant_type_script() -> bytes:
    """The text of the script that is published as the rule for applicant types."""
    return reading.applicant_type_script()
