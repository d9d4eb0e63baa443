"""Location fields: drop-downs that name a level of the country's hierarchy, chained within their group.

A field offers the places of its level below what is chosen in the nearest visible field above it in the same group; the first
one offers all places of its level. If a level has no field, the places further down are offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.core.forms.graph import FieldNode, FormGraph
from app.core.masterdata.lookups import level_of, places_at
from app.core.masterdata.model import Choice, MasterData
from app.core.uispec.model import Control


@dataclass(frozen=True, slots=True)
class LocationPlace:
    """Where a location field stands.

    Attributes:
        above: ids of the fields of the same group with higher levels, nearest first.
        below: ids of those with lower levels, nearest first.
    """

    level: int
    above: tuple[str, ...]
    below: tuple[str, ...]


def location_places(graph: FormGraph, master_data: MasterData) -> dict[str, LocationPlace]:
    """All location fields of a form."""
    found: dict[str | None, list[tuple[int, FieldNode]]] = {}
    for node in graph.ordered:
        level = level_of(master_data, node.spec.sub_type or "") if node.spec.control is Control.DROPDOWN else None
        if level is not None:
            found.setdefault(node.spec.group, []).append((level, node))
    return {
        node.id: LocationPlace(
            level,
            tuple(other.id for at, other in sorted(members, key=_depth, reverse=True) if at < level),
            tuple(other.id for at, other in sorted(members, key=_depth) if at > level),
        )
        for members in found.values()
        for level, node in members
    }


def _depth(member: tuple[int, FieldNode]) -> tuple[int, int]:
    return member[0], member[1].index


def offered(
    master_data: MasterData,
    place: LocationPlace,
    is_visible: Callable[[str], bool],
    chosen: Callable[[str], str | None],
) -> tuple[Choice, ...]:
    """What a location field offers now: nothing as long as the field above it is not filled."""
    above = next((field for field in place.above if is_visible(field)), None)
    if above is None:
        return _of_level(master_data, None, place.level)
    code = chosen(above)
    return () if code is None else _of_level(master_data, code, place.level)


def _of_level(master_data: MasterData, within: str | None, level: int) -> tuple[Choice, ...]:
    return tuple(Choice(place.code, place.names) for place in places_at(master_data, level, within))
