"""Writes the demo country's four forms: resources/country/processes/*.json.

    python build/generate_country_forms.py

The forms share most of their fields. What a field is stands here once; what a process makes of it (required, when shown, update
group) stands in the list of that process. Labels are in English, French and Arabic.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parents[1] / "resources" / "country" / "processes"

Field = dict[str, Any]

INFANT: Final = "identity.get('ageGroup') == 'INFANT'"
FINGERS: Final = [
    "leftThumb", "leftIndex", "leftMiddle", "leftRing", "leftLittle",
    "rightThumb", "rightIndex", "rightMiddle", "rightRing", "rightLittle",
]  # fmt: skip
EVERYTHING: Final = ["leftEye", "rightEye", *FINGERS, "face"]
ANY_ONE: Final = " || ".join(EVERYTHING)

NAME_3_TO_50: Final = "^(?=.{3,50}$).*"
UP_TO_50: Final = "^(?=.{0,50}$).*"
DATE: Final = "^(1869|18[7-9][0-9]|19[0-9]{2}|20[0-9]{2})/(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])$"
EMAIL: Final = "^[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}([.][A-Za-z0-9-]{1,63}){1,4}$"


def _texts(eng: str, fra: str, ara: str) -> dict[str, str]:
    return {"eng": eng, "fra": fra, "ara": ara}


def _condition(expr: str) -> dict[str, str]:
    return {"engine": "MVEL", "expr": expr}


def _ticked(*groups: str) -> str:
    return " || ".join(f"identity.updatableFieldGroups contains '{group}'" for group in groups)


GROUPS: Final = {
    "Consent": _texts("Consent", "Consentement", "الموافقة"),
    "PreferredLanguage": _texts("Language of notices", "Langue des notifications", "لغة الإشعارات"),
    "FullName": _texts("Name", "Nom", "الاسم"),
    "DateOfBirth": _texts("Date of birth", "Date de naissance", "تاريخ الميلاد"),
    "Gender": _texts("Gender", "Genre", "الجنس"),
    "Address": _texts("Address", "Adresse", "العنوان"),
    "ResidenceStatus": _texts("Residence status", "Statut de résidence", "وضع الإقامة"),
    "ReferenceIdentityNumber": _texts("Reference number", "Numéro de référence", "الرقم المرجعي"),
    "Location": _texts("Place of residence", "Lieu de résidence", "مكان الإقامة"),
    "Phone": _texts("Phone", "Téléphone", "الهاتف"),
    "Email": _texts("E-mail", "Courriel", "البريد الإلكتروني"),
    "IntroducerDetails": _texts("Parent or guardian", "Parent ou tuteur", "أحد الوالدين أو الوصي"),
    "Documents": _texts("Documents", "Documents", "الوثائق"),
    "Biometrics": _texts("Biometrics", "Biométrie", "البيانات البيومترية"),
}

LABELS: Final = {
    "consentText": _texts("Consent form", "Formulaire de consentement", "نموذج الموافقة"),
    "consent": _texts(
        "I have read or was read the consent form and agree to it",
        "J’ai lu le formulaire de consentement, ou on me l’a lu, et je l’accepte",
        "قرأتُ نموذج الموافقة أو قُرئ عليّ وأوافق عليه",
    ),
    "preferredLang": _texts("Language of notices", "Langue des notifications", "لغة الإشعارات"),
    "fullName": _texts("Full name", "Nom complet", "الاسم الكامل"),
    "dateOfBirth": _texts("Date of birth", "Date de naissance", "تاريخ الميلاد"),
    "gender": _texts("Gender", "Genre", "الجنس"),
    "addressLine1": _texts("Address line 1", "Adresse, ligne 1", "العنوان، السطر 1"),
    "addressLine2": _texts("Address line 2", "Adresse, ligne 2", "العنوان، السطر 2"),
    "addressLine3": _texts("Address line 3", "Adresse, ligne 3", "العنوان، السطر 3"),
    "residenceStatus": _texts("Residence status", "Statut de résidence", "وضع الإقامة"),
    "referenceIdentityNumber": _texts("Reference identity number", "Numéro d’identité de référence", "رقم الهوية المرجعي"),
    "region": _texts("Region", "Région", "الإقليم"),
    "province": _texts("Province", "Province", "المقاطعة"),
    "city": _texts("City", "Ville", "المدينة"),
    "zone": _texts("Zone", "Zone", "المنطقة"),
    "postalCode": _texts("Postal code", "Code postal", "الرمز البريدي"),
    "phone": _texts("Phone", "Téléphone", "الهاتف"),
    "email": _texts("E-mail", "Courriel", "البريد الإلكتروني"),
    "introducerName": _texts("Name of the parent or guardian", "Nom du parent ou du tuteur", "اسم أحد الوالدين أو الوصي"),
    "introducerRID": _texts(
        "Registration number of the parent or guardian",
        "Numéro d’enregistrement du parent ou du tuteur",
        "رقم تسجيل أحد الوالدين أو الوصي",
    ),
    "introducerUIN": _texts(
        "UIN of the parent or guardian", "UIN du parent ou du tuteur", "رقم الهوية الموحد لأحد الوالدين أو الوصي"
    ),
    "proofOfAddress": _texts("Proof of address", "Justificatif de domicile", "إثبات العنوان"),
    "proofOfIdentity": _texts("Proof of identity", "Justificatif d’identité", "إثبات الهوية"),
    "proofOfRelationship": _texts("Proof of relationship", "Justificatif du lien de parenté", "إثبات صلة القرابة"),
    "proofOfDateOfBirth": _texts("Proof of date of birth", "Justificatif de date de naissance", "إثبات تاريخ الميلاد"),
    "proofOfException": _texts(
        "Proof of biometric exception", "Justificatif d’exception biométrique", "إثبات الاستثناء البيومتري"
    ),
    "individualBiometrics": _texts("Biometrics of the applicant", "Biométrie du demandeur", "البيانات البيومترية لمقدم الطلب"),
    "introducerBiometrics": _texts(
        "Biometrics of the parent or guardian", "Biométrie du parent ou du tuteur", "البيانات البيومترية لأحد الوالدين أو الوصي"
    ),
    "individualAuthBiometrics": _texts(
        "Biometrics to prove who the applicant is",
        "Biométrie pour prouver l’identité du demandeur",
        "بيانات بيومترية للتحقق من هوية مقدم الطلب",
    ),
}


def _validator(pattern: str) -> dict[str, Any]:
    return {"type": "regex", "validator": pattern, "arguments": [], "langCode": None, "errorCode": None}


def _field(
    name: str,
    value_type: str,
    control: str,
    sub_type: str,
    category: str,
    group: str,
    patterns: Iterable[str] = (),
    **more: Any,
) -> Field:
    """A field that every process may show; `more` are keys of MOSIP's UI specification."""
    result: Field = {
        "id": name,
        "inputRequired": True,
        "type": value_type,
        "minimum": 0,
        "maximum": 0,
        "description": LABELS[name]["eng"],
        "label": LABELS[name],
        "controlType": control,
        "fieldType": "default",
        "format": "none",
        "validators": [_validator(pattern) for pattern in patterns],
        "fieldCategory": category,
        "alignmentGroup": None,
        "visible": None,
        "contactType": None,
        "group": group,
        "groupLabel": GROUPS[group],
        "changeAction": None,
        "transliterate": False,
        "templateName": None,
        "fieldLayout": None,
        "locationHierarchy": None,
        "conditionalBioAttributes": None,
        "required": False,
        "bioAttributes": None,
        "requiredOn": [],
        "exceptionPhotoRequired": False,
        "subType": sub_type,
    }
    return result | more


def _infant_face_only() -> list[dict[str, Any]]:
    return [{"ageGroup": "INFANT", "process": "ALL", "validationExpr": "face", "bioAttributes": ["face"]}]


def _any_one() -> list[dict[str, Any]]:
    return [{"ageGroup": "ALL", "process": "ALL", "validationExpr": ANY_ONE, "bioAttributes": EVERYTHING}]


def _biometrics(name: str, sub_type: str, rules: list[dict[str, Any]], *, exception_photo: bool) -> Field:
    return _field(
        name, "biometricsType", "biometrics", sub_type, "pvt", "Biometrics",
        bioAttributes=EVERYTHING, conditionalBioAttributes=rules, exceptionPhotoRequired=exception_photo,
    )  # fmt: skip


def _document(name: str, category: str, sub_packet: str = "pvt") -> Field:
    return _field(name, "documentType", "fileupload", category, sub_packet, "Documents")


def _address(number: int) -> Field:
    name = f"addressLine{number}"
    return _field(
        name, "simpleType", "textbox", name, "kyc", "Address", [UP_TO_50 if number == 1 else NAME_3_TO_50],
        transliterate=True, alignmentGroup="address",
    )  # fmt: skip


def _place(name: str, level: str, value_type: str = "simpleType", patterns: Iterable[str] = ()) -> Field:
    return _field(name, value_type, "dropdown", level, "kyc", "Location", patterns, alignmentGroup="location")


def _introducer(name: str, value_type: str, sub_type: str, pattern: str, **more: Any) -> Field:
    return _field(
        name, value_type, "textbox", sub_type, "evidence", "IntroducerDetails", [pattern], alignmentGroup="introducer", **more
    )


FIELDS: Final[Mapping[str, Field]] = {
    item["id"]: item
    for item in (
        _field(
            "consentText", "simpleType", "html", "consentText", "evidence", "Consent",
            templateName="Registration Consent", required=True,
        ),
        _field("consent", "string", "checkbox", "consent", "pvt", "Consent", ["^[YN]$"], required=True),
        _field(
            "preferredLang", "string", "button", "preferredLang", "pvt", "PreferredLanguage", required=True, fieldType="dynamic"
        ),
        _field("fullName", "simpleType", "textbox", "name", "kyc", "FullName", [NAME_3_TO_50], transliterate=True),
        _field("dateOfBirth", "string", "ageDate", "dateOfBirth", "kyc", "DateOfBirth", [DATE], format="yyyy/MM/dd"),
        _field("gender", "simpleType", "dropdown", "gender", "kyc", "Gender", fieldType="dynamic"),
        _address(1),
        _address(2),
        _address(3),
        _field("residenceStatus", "simpleType", "dropdown", "residenceStatus", "kyc", "ResidenceStatus", fieldType="dynamic"),
        _field(
            "referenceIdentityNumber", "string", "textbox", "none", "pvt", "ReferenceIdentityNumber", ["^[0-9]{10,30}$"]
        ),
        _place("region", "Region"),
        _place("province", "Province"),
        _place("city", "City"),
        _place("zone", "Zone"),
        _place("postalCode", "Postal Code", "string", ["^[A-Z0-9]{5}$"]),
        _field("phone", "string", "textbox", "Phone", "pvt", "Phone", ["^[+]?[0-9]{10}$"], alignmentGroup="contact"),
        _field("email", "string", "textbox", "Email", "pvt", "Email", [EMAIL], alignmentGroup="contact"),
        _introducer("introducerName", "simpleType", "name", NAME_3_TO_50, transliterate=True),
        _introducer("introducerRID", "string", "RID", "^[0-9]{29}$"),
        _introducer("introducerUIN", "string", "UIN", "^[0-9]{10}$"),
        _document("proofOfAddress", "POA"),
        _document("proofOfIdentity", "POI"),
        _document("proofOfRelationship", "POR"),
        _document("proofOfDateOfBirth", "POB"),
        _document("proofOfException", "POE", "evidence"),
        _biometrics("individualBiometrics", "applicant", _infant_face_only(), exception_photo=True),
        _biometrics("introducerBiometrics", "introducer", _any_one(), exception_photo=False),
        _biometrics("individualAuthBiometrics", "applicant-auth", _any_one(), exception_photo=False),
    )
}  # fmt: skip

CONSENT: Final = ("consentText", "consent", "preferredLang")
DEMOGRAPHICS: Final = (
    "fullName", "dateOfBirth", "gender", "addressLine1", "addressLine2", "addressLine3", "residenceStatus",
    "referenceIdentityNumber", "region", "province", "city", "zone", "postalCode", "phone", "email",
    "introducerName", "introducerRID", "introducerUIN",
)  # fmt: skip
DOCUMENTS: Final = ("proofOfAddress", "proofOfIdentity", "proofOfRelationship", "proofOfDateOfBirth", "proofOfException")
OPTIONAL: Final = frozenset(("residenceStatus", "referenceIdentityNumber"))
INTRODUCER: Final = frozenset(("introducerName", "introducerRID", "introducerUIN"))


def _shown(expr: str) -> Field:
    return {"visible": _condition(expr)}


def _shown_and_required(expr: str) -> Field:
    return {"visible": _condition(expr), "requiredOn": [_condition(expr)]}


def _without(number: str, expr: str) -> str:
    """`expr`, while the other number of the parent or guardian is empty."""
    return f"{expr} && identity.get('{number}') == empty" if expr else f"identity.get('{number}') == empty"


def _introducer_rules(expr: str, required: str) -> dict[str, Field]:
    """A name, and one of two numbers; with an empty `expr` they are always shown."""
    return {
        "introducerName": (_shown(expr) if expr else {}) | {"requiredOn": [_condition(required)]},
        "introducerRID": _shown(_without("introducerUIN", expr))
        | {"requiredOn": [_condition(_without("introducerUIN", required))]},
        "introducerUIN": _shown(_without("introducerRID", expr))
        | {"requiredOn": [_condition(_without("introducerRID", required))]},
    }


def _fields(names: Iterable[str], changes: Mapping[str, Field]) -> list[Field]:
    return [FIELDS[name] | changes.get(name, {}) for name in names]


def _screen(order: int, name: str, label: dict[str, str], content: list[Field], **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = {
        "order": order,
        "name": name,
        "label": label,
        "caption": label,
        "fields": content,
        "layoutTemplate": None,
        "preRegFetchRequired": False,
        "additionalInfoRequestIdRequired": False,
        "active": False,
    }
    return result | more


def _process(
    order: int, name: str, flow: str, label: dict[str, str], icon: str, groups: list[str] | None, screens: list[Any]
) -> dict[str, Any]:
    return {
        "id": name,
        "order": order,
        "flow": flow,
        "label": label,
        "caption": label,
        "icon": icon,
        "isActive": True,
        "isSubProcess": False,
        "autoSelectedGroups": groups,
        "screens": screens,
    }


SCREENS: Final = {
    "consent": _texts("Consent", "Consentement", "الموافقة"),
    "demographics": _texts("Personal data", "Données personnelles", "البيانات الشخصية"),
    "documents": _texts("Documents", "Documents", "الوثائق"),
    "biometrics": _texts("Biometrics", "Biométrie", "البيانات البيومترية"),
}


def _consent_screen() -> dict[str, Any]:
    return _screen(1, "Consent", SCREENS["consent"], _fields(CONSENT, {}))


def _new() -> dict[str, Any]:
    required: dict[str, Field] = {name: {"required": True} for name in DEMOGRAPHICS if name not in OPTIONAL | INTRODUCER}
    documents = {
        "proofOfAddress": {"required": True},
        "proofOfIdentity": {"required": True},
        "proofOfRelationship": _shown_and_required(INFANT),
        "proofOfException": _shown("identity.get('isBioException') == true"),
    }
    captures = {"individualBiometrics": {"required": True}, "introducerBiometrics": _shown_and_required(INFANT)}
    return _process(
        1, "NEW", "NEW", _texts("New registration", "Nouvel enregistrement", "تسجيل جديد"), "NewReg.png", None,
        [
            _consent_screen(),
            _screen(
                2, "DemographicDetails", SCREENS["demographics"],
                _fields(DEMOGRAPHICS, required | _introducer_rules(INFANT, INFANT)), preRegFetchRequired=True,
            ),
            _screen(3, "Documents", SCREENS["documents"], _fields(DOCUMENTS, documents)),
            _screen(4, "BiometricDetails", SCREENS["biometrics"], _fields(captures, captures)),
        ],
    )  # fmt: skip


def _update() -> dict[str, Any]:
    child = f"{INFANT} || {_ticked('IntroducerDetails')}"
    required: dict[str, Field] = {name: {"required": True} for name in DEMOGRAPHICS if name not in INTRODUCER}
    documents = {
        "proofOfAddress": {"requiredOn": [_condition(_ticked("Address", "Location"))]},
        "proofOfIdentity": {"requiredOn": [_condition(_ticked("FullName", "DateOfBirth"))]},
        "proofOfRelationship": _shown(child) | {"requiredOn": [_condition(_ticked("IntroducerDetails"))]},
        "proofOfDateOfBirth": {"requiredOn": [_condition(_ticked("DateOfBirth"))]},
        "proofOfException": _shown("identity.get('isBioException') == true"),
    }
    grown_up = f"identity.get('ageGroup') != 'INFANT' && !({_ticked('Biometrics')})"
    captures = {
        "individualBiometrics": _shown_and_required(_ticked("Biometrics")),
        "introducerBiometrics": _shown_and_required(child),
        "individualAuthBiometrics": _shown_and_required(grown_up),
    }
    return _process(
        2, "UPDATE", "UPDATE", _texts("Update of data", "Mise à jour des données", "تحديث البيانات"), "UpdateUIN.png",
        ["Consent", "PreferredLanguage", "Documents", "Biometrics"],
        [
            _consent_screen(),
            _screen(
                2, "DemographicDetails", SCREENS["demographics"],
                _fields(DEMOGRAPHICS, required | _introducer_rules("", _ticked("IntroducerDetails"))), preRegFetchRequired=True,
            ),
            _screen(3, "Documents", SCREENS["documents"], _fields(DOCUMENTS, documents)),
            _screen(4, "BiometricDetails", SCREENS["biometrics"], _fields(captures, captures)),
        ],
    )  # fmt: skip


def _lost() -> dict[str, Any]:
    applicant = {"individualBiometrics": {"required": True}}
    infants = {name: {"visible": rules["visible"]} for name, rules in _introducer_rules(INFANT, INFANT).items()}
    return _process(
        3, "LOST", "LOST", _texts("Lost UIN", "UIN perdu", "رقم هوية موحد مفقود"), "LostUIN.png", None,
        [
            _consent_screen(),
            _screen(2, "DemographicDetails", SCREENS["demographics"], _fields(DEMOGRAPHICS, infants), preRegFetchRequired=True),
            _screen(3, "BiometricDetails", SCREENS["biometrics"], _fields(applicant, applicant)),
        ],
    )  # fmt: skip


def _biometric_correction() -> dict[str, Any]:
    applicant = {"individualBiometrics": {"required": True}}
    return _process(
        4, "BIOMETRIC_CORRECTION", "CORRECTION",
        _texts("Correction of biometrics", "Correction de la biométrie", "تصحيح البيانات البيومترية"),
        "BioCorrection.png", None,
        [
            _consent_screen(),
            _screen(
                2, "BiometricDetails", SCREENS["biometrics"], _fields(applicant, applicant),
                additionalInfoRequestIdRequired=True,
            ),
        ],
    )  # fmt: skip


def files() -> dict[str, str]:
    """File name to content, for all four forms."""
    forms = {
        "newProcess": _new(),
        "updateProcess": _update(),
        "lostProcess": _lost(),
        "bioCorrectionProcess": _biometric_correction(),
    }
    return {f"{key}.json": json.dumps(form, ensure_ascii=False, indent=2) + "\n" for key, form in forms.items()}


def main() -> None:
    """Writes the files."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (TARGET / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
