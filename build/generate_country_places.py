"""Writes the demo country's places, and the documents that it takes of each type of applicant.

    python build/generate_country_places.py

makes resources/country/masterdata/places.json and valid-documents.json. The country is invented: four regions of three
provinces of three cities of three zones of two postal codes, 377 places, each with a name in English, French and Arabic.
Cities are named from syllables, so that no name is one of a real place on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parents[1] / "resources" / "country" / "masterdata"
LANGUAGES: Final = ("eng", "fra", "ara")

Names = tuple[str, str, str]
Row = dict[str, Any]

COUNTRY: Final[Names] = ("Verandia", "Vérandie", "فيرانديا")
LEVELS: Final[tuple[Names, ...]] = (
    ("Country", "Pays", "البلد"),
    ("Region", "Région", "الإقليم"),
    ("Province", "Province", "المقاطعة"),
    ("City", "Ville", "المدينة"),
    ("Zone", "Zone", "المنطقة"),
    ("Postal Code", "Code postal", "الرمز البريدي"),
)
REGIONS: Final[tuple[tuple[Names, tuple[Names, Names, Names]], ...]] = (
    (
        ("Northern Uplands", "Hautes-Terres du Nord", "المرتفعات الشمالية"),
        (
            ("Cedar Heights", "Hauteurs des Cèdres", "مرتفعات الأرز"),
            ("White Valley", "Vallée Blanche", "الوادي الأبيض"),
            ("Stone Ridge", "Crête de Pierre", "حافة الحجر"),
        ),
    ),
    (
        ("Eastern Coast", "Côte orientale", "الساحل الشرقي"),
        (
            ("Salt Shore", "Rivage du Sel", "شاطئ الملح"),
            ("Coral Bay", "Baie du Corail", "خليج المرجان"),
            ("Date Palm Coast", "Côte des Dattiers", "ساحل النخيل"),
        ),
    ),
    (
        ("Southern Plains", "Plaines du Sud", "السهول الجنوبية"),
        (
            ("Golden Fields", "Champs dorés", "الحقول الذهبية"),
            ("River Bend", "Boucle du Fleuve", "منعطف النهر"),
            ("Wide Steppe", "Grande Steppe", "السهب الواسع"),
        ),
    ),
    (
        ("Western Lakes", "Lacs de l’Ouest", "البحيرات الغربية"),
        (
            ("Clear Lake", "Lac Clair", "البحيرة الصافية"),
            ("Reed Marsh", "Marais des Roseaux", "مستنقع القصب"),
            ("Seven Springs", "Sept Sources", "الينابيع السبعة"),
        ),
    ),
)
FIRST: Final[tuple[Names, ...]] = (
    ("Tavri", "Tavri", "تافري"),
    ("Kelo", "Kélo", "كيلو"),
    ("Moru", "Morou", "مورو"),
    ("Bensa", "Bensa", "بنسا"),
    ("Zuli", "Zouli", "زولي"),
    ("Perna", "Perna", "برنا"),
)
SECOND: Final[tuple[Names, ...]] = (
    ("dell", "delle", "دل"),
    ("mar", "mar", "مار"),
    ("veth", "vèthe", "فيث"),
    ("quin", "quine", "كوين"),
    ("stora", "storâ", "ستورا"),
    ("nesh", "nèche", "نيش"),
)
ZONES: Final[tuple[Names, ...]] = (
    ("{} Old Town", "Vieille ville de {}", "{} - المدينة القديمة"),
    ("{} Harbour", "Port de {}", "{} - الميناء"),
    ("{} Gardens", "Jardins de {}", "{} - الحدائق"),
    ("{} Market", "Marché de {}", "{} - السوق"),
    ("{} Hill", "Colline de {}", "{} - التل"),
    ("{} Station", "Gare de {}", "{} - المحطة"),
)


@dataclass(frozen=True)
class Place:
    """A place with its names in the order of `LANGUAGES`; the root has an empty parent."""

    code: str
    level: int
    parent: str
    names: Names


def places() -> Iterator[Place]:
    """All places, parents before their children."""
    yield Place("VRD", 0, "", COUNTRY)
    for r, (region, provinces) in enumerate(REGIONS, 1):
        yield Place(f"R{r}", 1, "VRD", region)
        for p, province in enumerate(provinces, 1):
            yield Place(f"R{r}{p}", 2, f"R{r}", province)
            for c in range(1, 4):
                yield from _city(r, p, c)


def _city(region: int, province: int, city: int) -> Iterator[Place]:
    number = ((region - 1) * 3 + province - 1) * 3 + city - 1
    first, second = FIRST[number % 6], SECOND[(number // 6 + number) % 6]
    name: Names = (first[0] + second[0], first[1] + second[1], first[2] + second[2])
    code = f"R{region}{province}{city}"
    yield Place(code, 3, f"R{region}{province}", name)
    for z in range(1, 4):
        pattern = ZONES[(number + 2 * z) % 6]
        zone: Names = (pattern[0].format(name[0]), pattern[1].format(name[1]), pattern[2].format(name[2]))
        yield Place(f"{code}{z}", 4, code, zone)
        for last in (0, 5):
            postal = f"{region}{province}{city}{z}{last}"
            yield Place(f"P{postal}", 5, f"{code}{z}", (postal, postal, postal))


def _flags(language: str) -> Row:
    return {"langCode": language, "isActive": True, "isDeleted": False}


def location_rows() -> Iterator[Row]:
    """Rows of ``Location``."""
    for place in places():
        for index, language in enumerate(LANGUAGES):
            yield {
                "code": place.code,
                "name": place.names[index],
                "hierarchyLevel": place.level,
                "hierarchyName": LEVELS[place.level][index],
                "parentLocCode": place.parent,
            } | _flags(language)


def level_rows() -> Iterator[Row]:
    """Rows of ``LocationHierarchy``."""
    for level, names in enumerate(LEVELS):
        for name, language in zip(names, LANGUAGES, strict=True):
            yield {"hierarchyLevel": level, "hierarchyLevelName": name} | _flags(language)


NEWBORN: Final = {"POI": ("DOC006",), "POA": ("DOC002", "DOC004"), "POR": ("DOC006", "DOC007", "DOC010"), "POB": ("DOC006",)}
GROWN_UP: Final = {
    "POI": ("DOC001", "DOC003", "DOC009"),
    "POA": ("DOC002", "DOC004"),
    "POR": ("DOC006", "DOC007"),
    "POB": ("DOC006", "DOC001"),
}
FOREIGN: Final = {
    "POI": ("DOC003", "DOC008"),
    "POA": ("DOC002", "DOC004", "DOC008"),
    "POR": ("DOC006", "DOC007"),
    "POB": ("DOC006", "DOC003"),
}
ANYONE: Final = {
    category: tuple(dict.fromkeys((*GROWN_UP[category], *FOREIGN[category], *NEWBORN[category]))) for category in GROWN_UP
}
EXCEPTION: Final = {"POE": ("DOC005",)}
OF_APPLICANT: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "000": ANYONE | EXCEPTION,
    "001": NEWBORN, "002": FOREIGN, "003": NEWBORN, "004": GROWN_UP,
    "005": NEWBORN, "006": FOREIGN, "007": NEWBORN, "008": GROWN_UP,
    "009": NEWBORN | EXCEPTION, "010": FOREIGN | EXCEPTION, "011": NEWBORN | EXCEPTION, "012": GROWN_UP | EXCEPTION,
    "013": NEWBORN | EXCEPTION, "014": FOREIGN | EXCEPTION, "015": ANYONE | EXCEPTION, "016": GROWN_UP | EXCEPTION,
}  # fmt: skip
"""015 serves infants and minors alike, so it takes what either may bring."""


def valid_document_rows() -> Iterator[Row]:
    """Rows of ``ApplicantValidDocument``."""
    for applicant, categories in OF_APPLICANT.items():
        for category, documents in categories.items():
            for document in documents:
                yield {"appTypeCode": applicant, "docTypeCode": document, "docCatCode": category} | _flags("eng")


def entity(name: str, rows: Iterator[Row]) -> str:
    """One entity as JSON text, a row on each line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{"entityName": "{name}", "entityType": "structured", "data": [\n{lines}\n]}}'


def files() -> dict[str, str]:
    """File name to content; each file is a list of entities."""
    return {
        "places.json": f"[\n{entity('LocationHierarchy', level_rows())},\n{entity('Location', location_rows())}\n]\n",
        "valid-documents.json": f"[\n{entity('ApplicantValidDocument', valid_document_rows())}\n]\n",
    }


def main() -> None:
    """Writes the files."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (TARGET / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
