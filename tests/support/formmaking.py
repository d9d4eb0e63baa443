"""Forms for tests: a small country, contexts, fields with little writing, captures without devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from app.core.applicanttype import applicant_type
from app.core.blocklist import Blocklist
from app.core.changeactions import mosip_actions
from app.core.forms.context import FormContext
from app.core.forms.entries import BiometricsEntry, DocumentEntry
from app.core.forms.form import Form
from app.core.formsettings import FormSettings
from app.core.masterdata.model import Choice, Location, LocationLevel, MasterData
from app.core.uispec.model import ProcessSpec
from app.core.uispec.reader import read_publication
from packet.models import BioAttribute, BiometricException, CapturedBiometric, DeviceToken, ExceptionType, Json
from tests.support import uispecs

TODAY = date(2026, 11, 23)
UIN = "5289317954"
LANGUAGES = ("eng", "fra")
PDF = b"%PDF-1.4\n1 0 obj\n"


class UpperCase:
    """A transliterator that writes capitals and says for which language; nothing for digits."""

    def __init__(self) -> None:
        self.asked = 0

    @property
    def reason(self) -> str | None:
        return None

    def suggest(self, text: str, source: str, target: str) -> str | None:
        self.asked += 1
        return None if text.isdigit() else f"{text.upper()} {source[0]}{target[0]}"


def named(code: str, eng: str, fra: str | None = None) -> Choice:
    return Choice(code, {"eng": eng, **({"fra": fra} if fra else {})})


def country() -> MasterData:
    """Two regions down to postal codes, three genders, documents for adults and infants."""
    places = (
        ("C", 0, None, "Country"),
        ("N", 1, "C", "North"),
        ("S", 1, "C", "South"),
        ("NP", 2, "N", "North Province"),
        ("SP", 2, "S", "South Province"),
        ("NC", 3, "NP", "North City"),
        ("SC", 3, "SP", "South City"),
        ("NZ", 4, "NC", "North Zone"),
        ("SZ", 4, "SC", "South Zone"),
        ("10001", 5, "NZ", "10001"),
        ("20002", 5, "SZ", "20002"),
    )
    children: dict[str | None, tuple[str, ...]] = {}
    for code, _, parent, _ in places:
        children[parent] = (*children.get(parent, ()), code)
    levels = ("Country", "Region", "Province", "City", "Zone", "Postal Code")
    return MasterData(
        dynamic_fields={
            "gender": (named("MLE", "Male", "Homme"), named("FLE", "Female", "Femme"), named("OTH", "Other")),
            "residencestatus": (named("FR", "Foreigner", "Étranger"), named("NFR", "Citizen", "Citoyen")),
            "preferredlang": (named("eng", "English", "Anglais"), named("fra", "French", "Français")),
            "bloodtype": (named("OPOS", "O +"),),
        },
        locations={
            code: Location(code, level, parent, {"eng": name, "fra": f"{name} (f)"}) for code, level, parent, name in places
        },
        location_children=children,
        location_levels=tuple(LocationLevel(level, {"eng": name}) for level, name in enumerate(levels)),
        document_types={code: named(code, f"Document {code}") for code in ("DOC001", "DOC002", "DOC003", "DOC004")},
        valid_documents={
            ("004", "POA"): ("DOC001", "DOC002"),
            ("004", "POI"): ("DOC003",),
            ("003", "POA"): ("DOC001",),
            ("003", "POI"): ("DOC004",),
            ("003", "POR"): ("DOC004",),
            ("012", "POA"): ("DOC002",),
            ("012", "POE"): ("DOC004",),
        },
    )


@dataclass
class Calendar:
    """A day that a test can turn."""

    day: date = TODAY

    def __call__(self) -> date:
        return self.day


@dataclass
class Desk:
    """What a form is made with, each part replaceable."""

    calendar: Calendar = field(default_factory=Calendar)
    languages: tuple[str, ...] = LANGUAGES
    settings: FormSettings = field(default_factory=FormSettings)
    data: MasterData = field(default_factory=country)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"eng": ("damn", "hell"), "fra": ("zut",)})
    groups: tuple[str, ...] = ()
    uin: str | None = None
    schema_fields: frozenset[str] | None = None
    transliterator: UpperCase = field(default_factory=UpperCase)

    def context(self) -> FormContext:
        return FormContext(
            lang_codes=self.languages,
            master_data=self.data,
            settings=self.settings,
            today=self.calendar,
            id_schema_version=0.1,
            transliterator=self.transliterator,
            blocklist=Blocklist(self.words),
            change_actions=mosip_actions(),
            applicant_type=applicant_type,
            operator_id="110001",
            update_groups=self.groups,
            uin=self.uin,
            schema_fields=self.schema_fields,
        )

    def form(self, spec: ProcessSpec) -> Form:
        return Form(spec, self.context())

    def again(self, form: Form, spec: ProcessSpec | None = None) -> Form:
        """The form as it comes back from its draft."""
        return Form.restore(
            spec or form.spec, self.context(), form.snapshot(), form.document_entries(), form.biometrics_entries()
        )


def spec_of(*fields: Json, flow: str = "NEW", **keys: Json) -> ProcessSpec:
    """A process with these fields on one screen, read as from a server."""
    screens: list[Json] = [uispecs.screen(1, "Page", list(fields))]
    return read_spec(uispecs.process(str(keys.pop("process_id", flow)), flow, screens, **keys))


def read_spec(document: Mapping[str, Json]) -> ProcessSpec:
    """A process read as from a server, whatever its ID schema."""
    properties: dict[str, Json] = {"IDSchemaVersion": {"type": "number", "fieldCategory": "none"}}
    kinds: dict[str, Json] = {
        "simpleType": {"$ref": "#/definitions/simpleType"},
        "documentType": {"$ref": "#/definitions/documentType"},
        "biometricsType": {"$ref": "#/definitions/biometricsType"},
    }
    for item in uispecs.fields_of(dict(document)):
        kind = kinds.get(str(item["type"]), {"type": item["type"]})
        assert isinstance(kind, dict)
        properties[str(item["id"])] = {**kind, "fieldCategory": "pvt"}
    identity: dict[str, Json] = {"type": "object", "additionalProperties": False, "properties": properties, "required": []}
    schema: dict[str, Json] = {"type": "object", "properties": {"identity": identity}}
    return read_publication(uispecs.publication(dict(document), id_schema=schema)).processes[0]


def every_control() -> ProcessSpec:
    """The form with every control and rule."""
    return read_publication(uispecs.publication()).processes[0]


def capture(attribute: BioAttribute, score: float = 80.0) -> CapturedBiometric:
    """A capture that no device made."""
    return CapturedBiometric(attribute, DeviceToken("{}", "a..b", b"iso"), score, datetime(2026, 11, 23, 9, tzinfo=UTC))


def captures(*attributes: BioAttribute, missing: tuple[BioAttribute, ...] = ()) -> BiometricsEntry:
    """Good captures, and marks of what is missing for good."""
    marks = tuple(BiometricException(attribute, ExceptionType.PERMANENT) for attribute in missing)
    return BiometricsEntry(tuple(capture(attribute) for attribute in attributes), marks)


def scan(type_code: str = "DOC001", content: bytes = PDF, ref_number: str | None = None, form: str = "pdf") -> DocumentEntry:
    """A scanned document."""
    return DocumentEntry(type_code, ref_number, form, content)


def messages(form: Form, field_id: str) -> list[str]:
    """Message keys of a field's findings."""
    return [finding.message for finding in form.field(field_id).findings]


def fill_adult(form: Form) -> None:
    """What documents depend on: a male citizen of forty."""
    form.set_date("dateOfBirth", "1", "2", "1986")
    form.choose("gender", "MLE")
    form.choose("residenceStatus", "NFR")


Event = Callable[[Form], object]
