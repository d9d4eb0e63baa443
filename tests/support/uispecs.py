"""Forms for tests: one process with every control type and every kind of rule, with the ID schema that goes with it.

Everything is made anew at each call, in the form in which the server publishes it, so that a test may change what it wants.
"""

from __future__ import annotations

from typing import Final

import orjson

from app.core.masterdata.model import Choice, Location, LocationLevel, MasterData, Template
from packet.models import Json

Document = dict[str, Json]

LEFT_SLAP: Final = ("leftIndex", "leftMiddle", "leftRing", "leftLittle")
RIGHT_SLAP: Final = ("rightIndex", "rightMiddle", "rightRing", "rightLittle")
THUMBS: Final = ("leftThumb", "rightThumb")
EYES: Final = ("leftEye", "rightEye")
ALL_ATTRIBUTES: Final = (*LEFT_SLAP, *RIGHT_SLAP, *THUMBS, *EYES, "face")
IS_INFANT: Final = "identity.ageGroup == 'INFANT'"
IS_GUARDED: Final = (
    "identity.get('ageGroup') == 'INFANT' && (identity.get('{other}') == nil || identity.get('{other}') == empty)"
)


def texts(text: str) -> Document:
    """A text in the three languages of the demo country (the same words: nobody reads them)."""
    return {"eng": text, "fra": f"{text} (fra)", "ara": f"{text} (ara)"}


def mvel(expression: str) -> Document:
    """A rule as it stands in a specification."""
    return {"engine": "MVEL", "expr": expression}


def regex(pattern: str, lang_code: str | None = None, error_code: str | None = None) -> Document:
    """A validator as it stands in a specification."""
    return {"type": "regex", "validator": pattern, "arguments": [], "langCode": lang_code, "errorCode": error_code}


def field(field_id: str, control: str, value_type: str = "string", **keys: Json) -> Document:
    """A field with all keys that the server publishes; `keys` replaces some of them."""
    return {
        "id": field_id,
        "inputRequired": True,
        "type": value_type,
        "minimum": 0,
        "maximum": 0,
        "description": field_id,
        "label": texts(field_id),
        "controlType": control,
        "fieldType": "default",
        "format": "none",
        "validators": [],
        "fieldCategory": "pvt",
        "alignmentGroup": None,
        "visible": None,
        "contactType": None,
        "group": None,
        "groupLabel": None,
        "changeAction": None,
        "transliterate": False,
        "templateName": None,
        "fieldLayout": None,
        "locationHierarchy": None,
        "conditionalBioAttributes": None,
        "required": False,
        "bioAttributes": None,
        "requiredOn": [],
        "subType": None,
        "exceptionPhotoRequired": False,
        **keys,
    }


def screen(order: int, name: str, fields: list[Json], **keys: Json) -> Document:
    """A screen, with ``active`` false as in MOSIP's default data."""
    return {
        "order": order,
        "name": name,
        "label": texts(name),
        "caption": texts(name),
        "fields": fields,
        "layoutTemplate": None,
        "preRegFetchRequired": False,
        "additionalInfoRequestIdRequired": False,
        "active": False,
        **keys,
    }


def process(process_id: str, flow: str, screens: list[Json], **keys: Json) -> Document:
    """A process."""
    return {
        "id": process_id,
        "order": 1,
        "flow": flow,
        "label": texts(process_id),
        "caption": texts(process_id),
        "icon": "NewReg.png",
        "isActive": True,
        "isSubProcess": False,
        "autoSelectedGroups": [],
        "screens": screens,
        **keys,
    }


def _consent() -> list[Json]:
    return [
        field("consentText", "html", "simpleType", templateName="Registration Consent", subType="consentText"),
        field("consent", "checkbox", required=True, subType="consent"),
        field("preferredLang", "button", subType="preferredLang", required=True, alignmentGroup="languages"),
    ]


def _person() -> list[Json]:
    return [
        field(
            "fullName",
            "textbox",
            "simpleType",
            required=True,
            subType="name",
            transliterate=True,
            group="FullName",
            groupLabel=texts("Full name"),
            validators=[
                regex("^(?=.{3,50}$).*", None, "NAME_LENGTH"),
                regex("^[a-zA-Z .'-]*$", "eng", "NAME_LETTERS"),
            ],
        ),
        field(
            "dateOfBirth",
            "ageDate",
            required=True,
            subType="dateOfBirth",
            minimum=-73000,
            maximum=1,
            group="DateOfBirth",
            groupLabel=texts("Date of birth"),
            validators=[regex("^(18|19|20)[0-9]{2}/([0][1-9]|1[0-2])/([0][1-9]|[1-2][0-9]|3[01])$")],
        ),
        field("passportExpiry", "date", minimum=0, maximum=3650, visible=mvel("identity.residenceStatusCode == 'FR'")),
        field("gender", "button", "simpleType", required=True, subType="gender", alignmentGroup="basics"),
        field("residenceStatus", "dropdown", "simpleType", subType="residenceStatus", alignmentGroup="basics"),
        field("bloodType", "dropdown", subType="bloodType"),
        field("householdSize", "textbox", "number", validators=[regex("^[0-9]{1,2}$")]),
        field("occupation", "textbox", visible=mvel("identity.age >= 15 && identity.dateOfBirth_ageGroup != 'INFANT'")),
        field(
            "phone", "textbox", subType="Phone", validators=[regex("^[+]*([0-9]{10})$")], requiredOn=[mvel("identity.isNew")]
        ),
        field(
            "email",
            "textbox",
            subType="Email",
            validators=[regex(r"^[\w-\+]+(\.[\w]+)*@[\w-]+(\.[\w]+)*(\.[a-zA-Z]{2,})$", None, "EMAIL")],
            requiredOn=[mvel("identity.get('phone') == empty")],
        ),
        field("referenceIdentityNumber", "textbox", subType="UIN", validators=[regex("^[0-9]{10,30}$")]),
        field("selectedHandles", "textbox", inputRequired=False),
    ]


def _address() -> list[Json]:
    region, province, city, zone = (
        field(name, "dropdown", "simpleType", subType=level, required=True, group="Location", groupLabel=texts("Location"))
        for name, level in (("region", "Region"), ("province", "Province"), ("city", "City"), ("zone", "Zone"))
    )
    return [
        field(
            "addressLine1",
            "textbox",
            "simpleType",
            required=True,
            group="Address",
            groupLabel=texts("Address"),
            changeAction="copyto:addressLine1=billingLine1",
        ),
        field("sameAddress", "checkbox", changeAction="copyto:sameAddress?addressLine1=deliveryLine1"),
        field("deliveryLine1", "textbox", "simpleType", group="Address"),
        field("billingLine1", "textbox", "simpleType", group="Address"),
        region,
        province,
        city,
        zone,
        field(
            "postalCode",
            "dropdown",
            subType="Postal Code",
            required=True,
            group="Location",
            validators=[regex("^[(?i)A-Z0-9]{5}$")],
        ),
        field("deliveryRegion", "dropdown", "simpleType", subType="Region", group="DeliveryLocation"),
    ]


def _guardian() -> list[Json]:
    keys: Document = {"group": "IntroducerDetails", "groupLabel": texts("Introducer")}
    number: Document = {"validators": [regex("^[0-9]{10,30}$")], **keys}
    return [
        field("introducerName", "textbox", "simpleType", visible=mvel(IS_INFANT), requiredOn=[mvel(IS_INFANT)]) | keys,
        *(
            field(
                name,
                "textbox",
                subType=sub_type,
                visible=mvel(IS_GUARDED.format(other=other)),
                requiredOn=[mvel(IS_GUARDED.format(other=other))],
            )
            | number
            for name, other, sub_type in (
                ("introducerRID", "introducerUIN", "RID"),
                ("introducerUIN", "introducerRID", "UIN"),
            )
        ),
        field("introducerVID", "textbox", subType="VID", visible=mvel("identity._process == 'NEW' && !identity.isChild")),
    ]


def _documents() -> list[Json]:
    return [
        field("proofOfAddress", "fileupload", "documentType", subType="POA", required=True),
        field("proofOfIdentity", "fileupload", "documentType", subType="POI", requiredOn=[mvel("!identity.isChild || false")]),
        field(
            "proofOfRelationship",
            "fileupload",
            "documentType",
            subType="POR",
            visible=mvel(IS_INFANT),
            requiredOn=[mvel(IS_INFANT)],
        ),
        field(
            "proofOfException",
            "fileupload",
            "documentType",
            subType="POE",
            visible=mvel("identity.isBioException == true"),
        ),
    ]


def _conditional(age_group: str, process_id: str, attributes: tuple[str, ...], rule: str | None) -> Document:
    return {"ageGroup": age_group, "process": process_id, "validationExpr": rule, "bioAttributes": list(attributes)}


def _biometrics() -> list[Json]:
    return [
        field(
            "individualBiometrics",
            "biometrics",
            "biometricsType",
            subType="applicant",
            required=True,
            exceptionPhotoRequired=True,
            bioAttributes=list(ALL_ATTRIBUTES),
            conditionalBioAttributes=[
                _conditional("INFANT", "ALL", ("face",), "face"),
                _conditional("MINOR", "NEW", (*EYES, "face"), "face && (leftEye || rightEye)"),
            ],
        ),
        field(
            "introducerBiometrics",
            "biometrics",
            "biometricsType",
            subType="introducer",
            visible=mvel(IS_INFANT),
            requiredOn=[mvel(IS_INFANT)],
            bioAttributes=list(ALL_ATTRIBUTES),
            conditionalBioAttributes=[_conditional("ALL", "ALL", ALL_ATTRIBUTES, " || ".join(ALL_ATTRIBUTES))],
        ),
        field(
            "individualAuthBiometrics",
            "biometrics",
            "biometricsType",
            subType="applicant-auth",
            fieldLayout="compact",
            visible=mvel("identity.individualBiometrics_face == nil && identity.updatableFieldGroups contains 'Biometrics'"),
            bioAttributes=["leftThumb", "rightThumb", "face"],
        ),
    ]


def every_control() -> Document:
    """The process ``NEW``: every control type, every kind of rule, no mistake."""
    return process(
        "NEW",
        "NEW",
        [
            screen(3, "Documents", _documents()),
            screen(1, "Consent", _consent()),
            screen(2, "Demographics", [*_person(), *_address(), *_guardian()], preRegFetchRequired=True),
            screen(4, "Biometrics", _biometrics(), additionalInfoRequestIdRequired=False),
        ],
    )


_KINDS: Final[dict[str, Document]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "simpleType": {"$ref": "#/definitions/simpleType"},
    "documentType": {"$ref": "#/definitions/documentType"},
    "biometricsType": {"$ref": "#/definitions/biometricsType"},
}


def fields_of(document: Document) -> list[Document]:
    """All field documents of a process document, to read or to change."""
    screens = document["screens"]
    assert isinstance(screens, list)
    found: list[Document] = []
    for item in screens:
        assert isinstance(item, dict)
        fields = item["fields"]
        assert isinstance(fields, list)
        found += [entry for entry in fields if isinstance(entry, dict)]
    return found


def field_of(document: Document, field_id: str) -> Document:
    """One field document of a process document, to read or to change."""
    return next(item for item in fields_of(document) if item["id"] == field_id)


def every_control_id_schema() -> Document:
    """The ID schema that matches `every_control` (and has a UIN)."""
    properties: Document = {
        "IDSchemaVersion": {"type": "number", "fieldCategory": "none"},
        "UIN": {"type": "string", "fieldCategory": "none"},
    }
    for item in fields_of(every_control()):
        properties[str(item["id"])] = {**_KINDS[str(item["type"])], "fieldCategory": "pvt"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "identity": {
                "type": "object",
                "additionalProperties": False,
                "required": ["IDSchemaVersion", "fullName", "dateOfBirth", "gender", "individualBiometrics"],
                "properties": properties,
            }
        },
    }


def publication(*processes: Document, id_schema: Document | None = None, **keys: Json) -> Document:
    """An answer of the server with these processes (default: `every_control`), its keys as the server names them."""
    names = ("newProcess", "updateProcess", "lostProcess", "bioCorrectionProcess", "crvsProcess")
    named: Document = dict(zip(names, processes or (every_control(),), strict=False))
    return {
        "id": "1",
        "idVersion": 0.1,
        "title": "Demo identity",
        "description": "Demo identity",
        "status": "PUBLISHED",
        "effectiveFrom": "2022-01-01T00:00:00.000Z",
        "createdBy": "admin",
        "createdOn": "2021-12-01T00:00:00.000Z",
        "updatedBy": None,
        "updatedOn": None,
        "schemaJson": orjson.dumps(id_schema or every_control_id_schema()).decode(),
        "settings": [
            {
                "name": "devices",
                "description": texts("Devices"),
                "label": texts("Devices"),
                "fxml": "DeviceSettings.fxml",
                "icon": "deviceset.png",
                "shortcut-icon": "deviceshortcut.png",
                "order": 2,
                "access-control": ["REGISTRATION_OFFICER", "REGISTRATION_SUPERVISOR"],
            }
        ],
        **named,
        **keys,
    }


def every_control_data() -> MasterData:
    """The reference data that `every_control` needs: two entries in every list, two lines of places below the country."""
    lists = ("preferredLang", "gender", "residenceStatus", "bloodType")
    levels = ("Country", "Region", "Province", "City", "Zone", "Postal Code")
    places = [Location("L0", 0, None, {"eng": "Country"})]
    for side in "AB":
        for level, name in enumerate(levels[1:], 1):
            parent = f"L{level - 1}{side}" if level > 1 else "L0"
            places.append(Location(f"L{level}{side}", level, parent, {"eng": f"{name} {side}"}))
    children: dict[str | None, tuple[str, ...]] = {}
    for place in places:
        children[place.parent] = (*children.get(place.parent, ()), place.code)
    return MasterData(
        dynamic_fields={name.lower(): tuple(Choice(f"{name}{n}", {"eng": f"{name} {n}"}) for n in "12") for name in lists},
        locations={place.code: place for place in places},
        location_children=children,
        location_levels=tuple(LocationLevel(level, {"eng": name}) for level, name in enumerate(levels)),
        document_types={"DOC": Choice("DOC", {"eng": "Document"})},
        valid_documents={("000", category): ("DOC",) for category in ("POA", "POI", "POR", "POE")},
        templates={"Registration Consent": Template("Registration Consent", {"eng": "<p>I agree.</p>"})},
    )
