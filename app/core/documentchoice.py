"""Which documents a field takes of an applicant."""

from __future__ import annotations

from app.core.masterdata.model import Choice, MasterData


def allowed_documents(data: MasterData, applicant_type: str, category: str) -> tuple[Choice, ...]:
    """Document types that the country accepts of this type of applicant for a category, in published order.

    Types that the country has not published, or has switched off, are left out.

    Args:
        applicant_type: for example ``004``.
        category: the sub-type of a document field, for example ``POI``.
    """
    codes = data.valid_documents.get((applicant_type, category), ())
    return tuple(data.document_types[code] for code in codes if code in data.document_types)
