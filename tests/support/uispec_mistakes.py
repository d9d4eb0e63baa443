"""Every mistake that a form can have, one by one, and a form that is full of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from packet.models import Json
from tests.support.uispecs import (
    Document,
    every_control,
    every_control_id_schema,
    field,
    field_of,
    fields_of,
    mvel,
    publication,
    regex,
    screen,
)


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        code: what it must be named.
        path: where it must be found; as a person reads it.
        make: an answer of the server with this mistake.
        words: what the sentence must name.
    """

    code: str
    path: str
    make: Callable[[], Document]
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.code} at {self.path}"


def _in_answer(**keys: Json) -> Callable[[], Document]:
    return lambda: publication() | keys


def _in_schema(change: Callable[[Document, Document], object]) -> Callable[[], Document]:
    """Changes the ID schema: its identity node, and the fields in it."""

    def make() -> Document:
        schema = every_control_id_schema()
        node = schema["properties"]
        assert isinstance(node, dict)
        identity = node["identity"]
        assert isinstance(identity, dict)
        properties = identity["properties"]
        assert isinstance(properties, dict)
        change(identity, properties)
        return publication(id_schema=schema)

    return make


def _in_process(change: Callable[[Document], object]) -> Callable[[], Document]:
    def make() -> Document:
        document = every_control()
        change(document)
        return publication(document)

    return make


def _process_keys(**keys: Json) -> Callable[[], Document]:
    return _in_process(lambda document: document.update(keys))


def _in_field(field_id: str, **keys: Json) -> Callable[[], Document]:
    return _in_process(lambda document: field_of(document, field_id).update(keys))


def _without(field_id: str, key: str) -> Callable[[], Document]:
    return _in_process(lambda document: field_of(document, field_id).pop(key))


def screens_of(document: Document) -> list[Document]:
    """The screen documents of a process document, to read or to change."""
    screens = document["screens"]
    assert isinstance(screens, list)
    return screens


def _in_screen(number: int, **keys: Json) -> Callable[[], Document]:
    return _in_process(lambda document: screens_of(document)[number].update(keys))


def _with_field(*more: Json) -> Callable[[], Document]:
    """Puts fields at the end of the consent screen."""

    def change(document: Document) -> None:
        fields = screens_of(document)[1]["fields"]
        assert isinstance(fields, list)
        fields.extend(more)

    return _in_process(change)


def _two_processes(second: Document) -> Callable[[], Document]:
    return lambda: publication(every_control(), second)


def update_process() -> Document:
    """A process of flow UPDATE in which each field has a group with a label."""
    document = every_control() | {"id": "UPDATE", "flow": "UPDATE", "order": 2, "autoSelectedGroups": ["FullName"]}
    for item in fields_of(document):
        group = item["group"] or "Others"
        item.update({"group": group, "groupLabel": {"eng": str(group)}})
    return document


def _in_update(change: Callable[[Document], object]) -> Callable[[], Document]:
    def make() -> Document:
        document = update_process()
        change(document)
        return publication(document)

    return make


def _unlabelled(document: Document) -> None:
    for item in fields_of(document):
        if item["group"] == "Location":
            item["groupLabel"] = None


def _dead_circle(document: Document) -> None:
    for name, other in (("phone", "bloodType"), ("bloodType", "email"), ("email", "phone")):
        field_of(document, name)["visible"] = mvel(f"identity.{other} != empty")


def _many_patterns(document: Document) -> None:
    """More than 200 fields of ten patterns of a thousand characters could take a compiler minutes."""
    screens_of(document)[1]["fields"] = [
        field(f"f{number}", "textbox", validators=[regex(f"{'a' * 996}{number:02}{at:02}") for at in range(10)])
        for number in range(22)
    ]


def _bio(**keys: Json) -> Callable[[], Document]:
    return _in_field("introducerBiometrics", **keys)


def _conditional(**keys: Json) -> Callable[[], Document]:
    entry: Document = {"ageGroup": "ALL", "process": "ALL", "validationExpr": "face", "bioAttributes": ["face"]}
    return _bio(conditionalBioAttributes=[entry | keys])


_DEMO = "NEW / Demographics"
_NAME = f"{_DEMO} / fullName"
_BIO = "NEW / Biometrics / introducerBiometrics"

PUBLICATION_MISTAKES: tuple[Mistake, ...] = (
    Mistake("UISPEC-EFFECTIVE-FROM", "publication / effectiveFrom", _in_answer(effectiveFrom="soon"), ("'soon'",)),
    Mistake("UISPEC-EFFECTIVE-FROM", "publication / effectiveFrom", _in_answer(effectiveFrom=None), ("nothing",)),
    Mistake("UISPEC-EFFECTIVE-FROM", "publication / effectiveFrom", _in_answer(effectiveFrom="0001-01-01T00:00:00+09:00")),
    Mistake("UISPEC-ID-SCHEMA", "publication / schemaJson", _in_answer(schemaJson="{}"), ("properties",)),
    Mistake("UISPEC-ID-SCHEMA", "NEW", _in_schema(lambda _, fields: fields.pop("IDSchemaVersion"))),
    Mistake(
        "UISPEC-PLATFORM-FIELD", "publication / schemaJson", _in_schema(lambda _, fields: fields.pop("gender")), ("gender",)
    ),
    Mistake("UISPEC-SETTINGS-ROW", "publication / settings", _in_answer(settings=[{"order": "1"}]), ("1",)),
    Mistake("UISPEC-VALUE-TYPE", "publication / settings", _in_answer(settings="none"), ("a list",)),
    Mistake("UISPEC-PROCESS-NOT-OBJECT", "newProcess", _in_answer(newProcess=["NEW"]), ("a list",)),
    Mistake("UISPEC-PROCESS-ID", "newProcess / id", _process_keys(id=None), ("nothing",)),
    Mistake("UISPEC-PROCESS-ID", "newProcess / id", _process_keys(id="NEW/../x"), ("'NEW/../x'",)),
    Mistake("UISPEC-PROCESS-ID-DUPLICATE", "new / id", _two_processes(every_control() | {"id": "new"}), ("NEW",)),
    Mistake("UISPEC-FLOW-UNKNOWN", "NEW / flow", _process_keys(flow="RENEWAL"), ("'RENEWAL'",)),
    Mistake("UISPEC-FLOW-UNKNOWN", "NEW / flow", _process_keys(flow=None), ("nothing",)),
    Mistake("UISPEC-ORDER-DUPLICATE", "CRVS / order", _two_processes(every_control() | {"id": "CRVS"}), ("NEW", "1")),
)

VALUE_MISTAKES: tuple[Mistake, ...] = (
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / required", _in_field("fullName", required="maybe"), ("'maybe'",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / required", _in_field("fullName", required=2), ("2",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / label", _in_field("fullName", label="Name"), ("'Name'",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / label.eng", _in_field("fullName", label={"eng": ["Name"]}), ("a list",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / group", _in_field("fullName", group={}), ("an object",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / visible", _in_field("fullName", visible="true"), ("'true'",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / requiredOn[1]", _in_field("fullName", requiredOn=["true"])),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / validators", _in_field("fullName", validators={}), ("an object",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_DEMO} / dateOfBirth / minimum", _in_field("dateOfBirth", minimum="yesterday")),
    Mistake("UISPEC-VALUE-TYPE", f"{_DEMO} / dateOfBirth / minimum", _in_field("dateOfBirth", minimum=10**400), ("huge",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_DEMO} / dateOfBirth / minimum", _in_field("dateOfBirth", minimum=0.5), ("0.5",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_DEMO} / dateOfBirth / minimum", _in_field("dateOfBirth", minimum=[]), ("a list",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_DEMO} / dateOfBirth / minimum", _in_field("dateOfBirth", minimum=2**31), ("2147483648",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_DEMO} / dateOfBirth / minimum", _in_field("dateOfBirth", minimum=True), ("true",)),
    Mistake("UISPEC-VALUE-TYPE", f"{_NAME} / group", _in_field("fullName", group=2**31), ("2147483648",)),
    Mistake("UISPEC-VALUE-TYPE", "NEW / screens[1]", _process_keys(screens=["first"]), ("'first'",)),
    Mistake("UISPEC-VALUE-TYPE", "NEW / screens", _process_keys(screens={}), ("an object",)),
    Mistake("UISPEC-VALUE-TYPE", "NEW / Documents / fields[1]", _in_screen(0, fields=[7]), ("7",)),
    Mistake("UISPEC-VALUE-COERCED", f"{_NAME} / required", _in_field("fullName", required="TRUE"), ("true",)),
    Mistake("UISPEC-VALUE-COERCED", f"{_NAME} / required", _in_field("fullName", required=1), ("true",)),
    Mistake("UISPEC-VALUE-COERCED", f"{_DEMO} / dateOfBirth / maximum", _in_field("dateOfBirth", maximum="5"), ("'5'",)),
    Mistake("UISPEC-VALUE-COERCED", f"{_NAME} / group", _in_field("fullName", group=5), ("'5'",)),
    Mistake("UISPEC-VALUE-ABSENT", f"{_NAME} / inputRequired", _without("fullName", "inputRequired"), ("never shown",)),
    Mistake("UISPEC-VALUE-ABSENT", "NEW / isActive", _process_keys(isActive=None), ("not offered",)),
    Mistake("UISPEC-TEXT-LONG", f"{_NAME} / label.eng", _in_field("fullName", label={"eng": "x" * 4_001}), ("4001",)),
    Mistake("UISPEC-TEXT-UNSOUND", f"{_NAME} / label.eng", _in_field("fullName", label={"eng": "a\ud800b"})),
    Mistake("UISPEC-TOO-MANY", f"{_NAME} / validators", _in_field("fullName", validators=[regex(".*")] * 11), ("11",)),
    Mistake("UISPEC-TOO-MANY", f"{_NAME} / label", _in_field("fullName", label={str(n): "x" for n in range(51)}), ("51",)),
    Mistake("UISPEC-TOO-MANY", "NEW / screens", _process_keys(screens=[screen(1, "x", [])] * 51), ("51",)),
    Mistake("UISPEC-TOO-MANY", "NEW / Documents / fields", _in_screen(0, fields=[field("x", "textbox")] * 301), ("301",)),
    Mistake("UISPEC-FAULTS-MANY", "NEW", _in_screen(1, fields=[{"id": f"f{n}"} for n in range(250)]), ("500",)),
)

SCREEN_MISTAKES: tuple[Mistake, ...] = (
    Mistake("UISPEC-FIELDS-MISSING", "NEW", _process_keys(screens=[])),
    Mistake("UISPEC-SCREEN-NAME", "NEW / screens[2]", _in_screen(1, name=None)),
    Mistake("UISPEC-SCREEN-NAME-DUPLICATE", "NEW / screens[2]", _in_screen(1, name="Documents"), ("'Documents'",)),
    Mistake("UISPEC-ORDER-DUPLICATE", "NEW / Biometrics / order", _in_screen(3, order=3), ("Documents", "3")),
)

FIELD_MISTAKES: tuple[Mistake, ...] = (
    Mistake("UISPEC-FIELD-ID-MISSING", "NEW / Consent", _with_field(field("", "textbox")), ("4",)),
    Mistake("UISPEC-FIELD-ID", "NEW / Consent / fields[4]", _with_field(field("a b", "textbox")), ("'a b'",)),
    Mistake("UISPEC-FIELD-ID-DUPLICATE", _NAME, _with_field(field("phone", "textbox"), field("fullName", "textbox"))),
    Mistake("UISPEC-SCHEMA-FIELD-UNKNOWN", "NEW / Consent / nickname", _with_field(field("nickname", "textbox"))),
    Mistake(
        "UISPEC-SCHEMA-KIND",
        f"{_DEMO} / bloodType / type",
        _in_field("bloodType", type="simpleType"),
        ("simpleType", "string"),
    ),
    Mistake(
        "UISPEC-SCHEMA-KIND",
        "NEW / Documents / proofOfIdentity / type",
        _in_field("proofOfIdentity", type="string", controlType="textbox"),
        ("documentType",),
    ),
    Mistake("UISPEC-CONTROL-UNKNOWN", f"{_NAME} / controlType", _in_field("fullName", controlType="slider"), ("'slider'",)),
    Mistake("UISPEC-CONTROL-UNKNOWN", f"{_NAME} / controlType", _in_field("fullName", controlType=None), ("nothing",)),
    Mistake("UISPEC-TYPE-UNKNOWN", f"{_NAME} / type", _in_field("fullName", type="text"), ("'text'",)),
    Mistake(
        "UISPEC-CONTROL-TYPE",
        "NEW / Consent / consent / type",
        _in_field("consent", type="simpleType"),
        ("checkbox", "simpleType"),
    ),
    Mistake("UISPEC-LABEL-MISSING", f"{_NAME} / label", _in_field("fullName", label={"eng": " "})),
    *(
        Mistake("UISPEC-SUB-TYPE-MISSING", f"{where} / subType", _in_field(where.rpartition(" / ")[2], subType=None), words)
        for where, words in (
            (f"{_DEMO} / region", ("location level",)),
            (f"{_DEMO} / gender", ("dynamic field",)),
            ("NEW / Documents / proofOfAddress", ("document category",)),
            ("NEW / Biometrics / introducerBiometrics", ("whose",)),
        )
    ),
    Mistake("UISPEC-TEMPLATE-MISSING", "NEW / Consent / consentText / templateName", _in_field("consentText", templateName="")),
    Mistake(
        "UISPEC-BOUNDS-EMPTY",
        f"{_DEMO} / dateOfBirth / maximum",
        _in_field("dateOfBirth", minimum=5, maximum=1),
        ("5", "1"),
    ),
    Mistake("UISPEC-BOUNDS-EMPTY", f"{_DEMO} / passportExpiry / maximum", _in_field("passportExpiry", maximum=1)),
    Mistake(
        "UISPEC-BOUND-FAR", f"{_DEMO} / dateOfBirth / minimum", _in_field("dateOfBirth", minimum=-20_000_101), ("-20000101",)
    ),
)

GROUP_MISTAKES: tuple[Mistake, ...] = (
    Mistake("UISPEC-GROUP-LABEL-MISSING", "UPDATE / groupLabel", _in_update(_unlabelled), ("'Location'",)),
    Mistake(
        "UISPEC-GROUP-MISSING",
        "UPDATE / Demographics / phone / group",
        _in_update(lambda document: field_of(document, "phone").update(group=None)),
    ),
    Mistake(
        "UISPEC-AUTO-GROUP-UNKNOWN",
        "UPDATE / autoSelectedGroups",
        _in_update(lambda document: document.update(autoSelectedGroups=["Shoes"])),
        ("'Shoes'",),
    ),
    Mistake(
        "UISPEC-REQUIRED-NOT-ENTERED",
        "NEW",
        _in_schema(lambda identity, fields: identity.update(required=["zone", "tribe"], properties=fields | {"tribe": {}})),
        ("'tribe'",),
    ),
)

RULE_MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "UISPEC-ENGINE-UNKNOWN", f"{_NAME} / visible", _in_field("fullName", visible={"engine": "JS", "expr": "1"}), ("'JS'",)
    ),
    Mistake("UISPEC-ENGINE-UNKNOWN", f"{_NAME} / visible", _in_field("fullName", visible={"expr": "true"}), ("nothing",)),
    Mistake(
        "UISPEC-EXPRESSION-UNREADABLE",
        f"{_NAME} / visible",
        _in_field("fullName", visible=mvel("identity.x = 5")),
        ("identity.x = 5",),
    ),
    Mistake("UISPEC-EXPRESSION-UNREADABLE", f"{_NAME} / requiredOn[1]", _in_field("fullName", requiredOn=[mvel(" ")])),
    Mistake(
        "UISPEC-EXPRESSION-KEY", f"{_NAME} / visible", _in_field("fullName", visible=mvel("identity.agee > 5")), ("'agee'",)
    ),
    Mistake(
        "UISPEC-EXPRESSION-KEY",
        f"{_DEMO} / email / requiredOn",
        _in_field("email", requiredOn=[mvel("identity.fullNameCode == nil")]),
    ),
    Mistake(
        "UISPEC-EXPRESSION-KEY-TWICE",
        "NEW / Consent / isChild",
        _with_field(field("isChild", "checkbox")),
        ("'isChild'", "the client"),
    ),
    Mistake(
        "UISPEC-EXPRESSION-KEY-TWICE",
        f"{_DEMO} / gender",
        _with_field(field("genderCode", "textbox")),
        ("'genderCode'", "the field genderCode"),
    ),
    Mistake(
        "UISPEC-VISIBLE-CIRCLE",
        f"{_DEMO} / phone / visible",
        _in_field("phone", visible=mvel("identity.phone == empty")),
        ("phone - phone",),
    ),
    Mistake("UISPEC-VISIBLE-CIRCLE", f"{_DEMO} / bloodType / visible", _in_process(_dead_circle), ("phone", "email")),
    Mistake(
        "UISPEC-REQUIRED-ON-MANY", f"{_NAME} / requiredOn", _in_field("fullName", requiredOn=[mvel("true"), mvel("false")])
    ),
    Mistake(
        "UISPEC-VALIDATOR-TYPE",
        f"{_NAME} / validators[1]",
        _in_field("fullName", validators=[{"type": "script", "validator": "x"}]),
        ("'script'",),
    ),
    Mistake("UISPEC-VALIDATOR-TYPE", f"{_NAME} / validators[1]", _in_field("fullName", validators=[{"validator": "x"}])),
    Mistake("UISPEC-PATTERN-MISSING", f"{_NAME} / validators[1]", _in_field("fullName", validators=[regex("")])),
    Mistake("UISPEC-PATTERN-UNUSABLE", f"{_NAME} / validators[2]", _in_field("fullName", validators=[regex("."), regex("[")])),
    Mistake("UISPEC-PATTERN-LONG", f"{_NAME} / validators[1]", _in_field("fullName", validators=[regex("a" * 1_001)])),
    Mistake("UISPEC-PATTERNS-LARGE", "NEW / Consent / f20 / validators[1]", _in_process(_many_patterns), ("200000",)),
    Mistake("UISPEC-ACTION-UNKNOWN", f"{_NAME} / changeAction", _in_field("fullName", changeAction="moveto:a"), ("copyto",)),
    Mistake("UISPEC-ACTION-ARGUMENTS", f"{_NAME} / changeAction", _in_field("fullName", changeAction="copyto:a:b")),
    Mistake("UISPEC-ACTION-ARGUMENTS", f"{_NAME} / changeAction", _in_field("fullName", changeAction="copyto:phone")),
    Mistake("UISPEC-ACTION-ARGUMENTS", f"{_NAME} / changeAction", _in_field("fullName", changeAction="disable")),
    Mistake(
        "UISPEC-ACTION-FIELD-UNKNOWN",
        f"{_NAME} / changeAction",
        _in_field("fullName", changeAction="copyto:fullName=nickname"),
        ("nickname",),
    ),
)

BIOMETRIC_MISTAKES: tuple[Mistake, ...] = (
    Mistake("UISPEC-BIO-ATTRIBUTES-MISSING", f"{_BIO} / bioAttributes", _bio(bioAttributes=None)),
    Mistake("UISPEC-BIO-ATTRIBUTES-MISSING", f"{_BIO} / bioAttributes", _bio(bioAttributes=[])),
    Mistake("UISPEC-BIO-ATTRIBUTE-UNKNOWN", f"{_BIO} / bioAttributes", _bio(bioAttributes=["leftToe"]), ("'leftToe'",)),
    Mistake("UISPEC-BIO-ATTRIBUTE-PHOTO", f"{_BIO} / bioAttributes", _bio(bioAttributes=["face", "unknown"])),
    Mistake("UISPEC-BIO-ATTRIBUTE-TWICE", f"{_BIO} / bioAttributes", _bio(bioAttributes=["face", "face"]), ("face",)),
    Mistake("UISPEC-BIO-CONDITION", f"{_BIO} / conditionalBioAttributes[1]", _conditional(ageGroup=None), ("ageGroup",)),
    Mistake("UISPEC-BIO-CONDITION", f"{_BIO} / conditionalBioAttributes[1]", _conditional(process=""), ("process",)),
    Mistake(
        "UISPEC-BIO-CONDITION", f"{_BIO} / conditionalBioAttributes[1]", _conditional(bioAttributes=[]), ("bioAttributes",)
    ),
    Mistake("UISPEC-VALUE-TYPE", f"{_BIO} / conditionalBioAttributes[1]", _bio(conditionalBioAttributes=[5]), ("5",)),
    Mistake(
        "UISPEC-BIO-RULE-UNREADABLE",
        f"{_BIO} / conditionalBioAttributes[1].validationExpr",
        _conditional(validationExpr="face &&"),
        ("'face &&'",),
    ),
    Mistake(
        "UISPEC-BIO-RULE-ATTRIBUTE",
        f"{_BIO} / conditionalBioAttributes[1].validationExpr",
        _conditional(validationExpr="face || leftEye"),
        ("leftEye",),
    ),
)

DATA_MISTAKES: tuple[Mistake, ...] = (
    Mistake("UISPEC-CHOICES-MISSING", f"{_DEMO} / bloodType / subType", _in_field("bloodType", subType="shoes"), ("'shoes'",)),
    Mistake("UISPEC-CHOICES-MISSING", f"{_DEMO} / region / subType", _in_field("region", subType="Village"), ("'Village'",)),
    Mistake("UISPEC-CHOICES-MISSING", f"{_DEMO} / gender / subType", _in_field("gender", subType="sex")),
    Mistake(
        "UISPEC-DOCUMENTS-MISSING",
        "NEW / Documents / proofOfIdentity / subType",
        _in_field("proofOfIdentity", subType="PASS"),
        ("'PASS'",),
    ),
    Mistake(
        "UISPEC-TEMPLATE-UNKNOWN",
        "NEW / Consent / consentText / templateName",
        _in_field("consentText", templateName="Nothing"),
        ("'Nothing'",),
    ),
)

MISTAKES: tuple[Mistake, ...] = (
    *PUBLICATION_MISTAKES,
    *VALUE_MISTAKES,
    *SCREEN_MISTAKES,
    *FIELD_MISTAKES,
    *GROUP_MISTAKES,
    *RULE_MISTAKES,
    *BIOMETRIC_MISTAKES,
    *DATA_MISTAKES,
)


def full_of_mistakes() -> Document:
    """One form with a mistake in almost everything; all of them must be named at once."""
    document = every_control()
    mistakes: tuple[tuple[str, Document], ...] = (
        ("consentText", {"templateName": None}),
        ("consent", {"type": "simpleType"}),
        ("preferredLang", {"subType": None}),
        ("fullName", {"controlType": "slider", "validators": [regex("["), {"type": "script"}], "label": None}),
        ("dateOfBirth", {"minimum": 10, "maximum": -10}),
        ("gender", {"visible": mvel("identity.x ="), "requiredOn": [{"engine": "JS", "expr": "1"}]}),
        ("phone", {"changeAction": "moveto:x", "required": "perhaps"}),
        ("email", {"changeAction": "copyto:email=nowhere", "type": "text"}),
        ("proofOfIdentity", {"subType": None}),
        ("individualBiometrics", {"bioAttributes": ["leftToe", "unknown"]}),
        ("introducerBiometrics", {"conditionalBioAttributes": [{"ageGroup": "ALL"}]}),
    )
    for name, keys in mistakes:
        field_of(document, name).update(keys)
    screens_of(document)[0]["fields"] = [*fields_of({"screens": [screens_of(document)[0]]}), field("phone", "textbox"), {}]
    return publication(document) | {"effectiveFrom": "soon"}
