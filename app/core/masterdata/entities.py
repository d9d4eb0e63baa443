"""The kinds of reference data that a server publishes: which columns name a row, and which a row must have.

Columns and names are those of ``GET /v1/syncdata/v2/clientsettings``. Every row also has ``isActive``, ``isDeleted`` and
``langCode``. A kind that is not listed here is ignored when it comes, and so is a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DYNAMIC_FIELD: Final = "DynamicFieldDto"
"""Name under which the rows of all dynamic fields are kept; the server sends each field as an entity of its own."""


@dataclass(frozen=True, slots=True)
class EntityShape:
    """What a row of a kind looks like.

    Attributes:
        key: columns of the primary key besides the language, text or whole numbers.
        is_by_language: there is a row for each language, told apart by ``langCode``.
        texts: further columns that must be text.
        numbers: further columns that must be whole numbers.
        optional_texts: further columns that are looked at and must be text if they are there.
    """

    key: tuple[str, ...]
    is_by_language: bool = False
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    optional_texts: tuple[str, ...] = ()


_CODED: Final = EntityShape(("code",), is_by_language=True, texts=("name",))

SHAPES: Final[Mapping[str, EntityShape]] = MappingProxyType(
    {
        "Machine": EntityShape(("id",)),
        "RegistrationCenter": EntityShape(("id",), is_by_language=True),
        "AppAuthenticationMethod": EntityShape(
            ("appId", "processId", "roleCode", "authMethodCode"), numbers=("methodSequence",)
        ),
        "AppRolePriority": EntityShape(("appId", "processId", "roleCode"), numbers=("priority",)),
        "Template": EntityShape(("id",), is_by_language=True, texts=("templateTypeCode",), optional_texts=("fileText",)),
        "DocumentCategory": _CODED,
        "DocumentType": _CODED,
        "ApplicantValidDocument": EntityShape(("appTypeCode", "docCatCode", "docTypeCode")),
        "Location": EntityShape(
            ("code",), is_by_language=True, texts=("name",), numbers=("hierarchyLevel",), optional_texts=("parentLocCode",)
        ),
        "LocationHierarchy": EntityShape(("hierarchyLevel",), is_by_language=True, texts=("hierarchyLevelName",)),
        "ReasonCategory": _CODED,
        "ReasonList": EntityShape(("rsnCatCode", "code"), is_by_language=True, texts=("name",)),
        "BlocklistedWords": EntityShape(("word",), is_by_language=True),
        "ScreenDetail": EntityShape(("id",), is_by_language=True),
        "ScreenAuthorization": EntityShape(("screenId", "roleCode")),
        "ProcessList": EntityShape(("id",), is_by_language=True),
        "SyncJobDef": EntityShape(("id",), optional_texts=("apiName", "syncFreq")),
        "PermittedLocalConfig": EntityShape(("code",)),
        "Language": EntityShape(("code",), texts=("name",), optional_texts=("nativeName",)),
        DYNAMIC_FIELD: EntityShape(("name",), is_by_language=True),
    }
)

LANGUAGE_OPTIONAL: Final = frozenset({"BlocklistedWords"})
"""Kinds of which a row may be without a language: it then counts for all of them."""
