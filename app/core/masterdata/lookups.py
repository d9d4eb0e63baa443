"""Questions that go beyond one table of reference data: which places a list offers, which entry a name or code stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.core.masterdata.model import Choice, Location, MasterData
from app.core.masterdata.search import N


def level_of(data: MasterData, sub_type: str) -> int | None:
    """The level of the hierarchy that a field's sub-type names, in any language and case; None: it is no list of places."""
    wanted = sub_type.strip().casefold()
    for level in data.location_levels:
        if any(name.strip().casefold() == wanted for name in level.names.values()):
            return level.level
    return None


def places_at(data: MasterData, level: int, within: str | None = None) -> tuple[Location, ...]:
    """Places of a level, in published order.

    Args:
        within: code of the place that was chosen in the list above; only what lies in it is offered, also when the form leaves
            levels out between them. None for the first list of a group: everything that hangs together with the root.
    """
    return tuple(place for place in _below(data, within, level) if place.level == level)


def _below(data: MasterData, code: str | None, deepest: int) -> Iterator[Location]:
    """Places under a place, parents first. Only deeper levels count as children, so that a circle ends."""
    above = data.locations.get(code) if code is not None else None
    if code is not None and above is None:
        return
    waiting = [iter(_children(data, code, above.level if above is not None else -1))]
    while waiting:
        place = next(waiting[-1], None)
        if place is None:
            waiting.pop()
            continue
        yield place
        if place.level < deepest:
            waiting.append(iter(_children(data, place.code, place.level)))


def _children(data: MasterData, code: str | None, level: int) -> Iterator[Location]:
    for child in data.location_children.get(code, ()):
        place = data.locations[child]
        if place.level > level:
            yield place


def path_to(data: MasterData, code: str) -> tuple[Location, ...]:
    """The place and everything above it, from the root down; empty if there is no such place."""
    path: list[Location] = []
    place = data.locations.get(code)
    while place is not None and place not in path:
        path.append(place)
        place = data.locations.get(place.parent) if place.parent is not None else None
    return tuple(reversed(path))


def choices_of(data: MasterData, sub_type: str) -> tuple[Choice, ...]:
    """Entries of the dynamic field that a field's sub-type names, in any case; empty if there is none."""
    return data.dynamic_fields.get(sub_type.strip().lower(), ())


def by_code(offered: Iterable[N], code: str) -> N | None:
    """The entry of an offered list with that code."""
    return next((item for item in offered if item.code == code), None)


def by_name(offered: Iterable[N], name: str, lang_code: str | None = None) -> N | None:
    """The first entry of an offered list that has exactly that name in a language, or in any if none is given."""
    for item in offered:
        names = item.names.values() if lang_code is None else (item.names.get(lang_code),)
        if name in names:
            return item
    return None
