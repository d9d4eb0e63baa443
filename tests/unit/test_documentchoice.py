"""Which documents a field takes of an applicant."""

from __future__ import annotations

import pytest

from app.core.documentchoice import allowed_documents
from app.core.masterdata.model import Choice, MasterData

CARD, PASSPORT = Choice("D1", {"eng": "Card"}), Choice("D2", {"eng": "Passport"})
DATA = MasterData(
    document_types={"D1": CARD, "D2": PASSPORT},
    valid_documents={("004", "POI"): ("D2", "D9", "D1"), ("002", "POI"): ("D2",), ("004", "POA"): ("D9",)},
)


@pytest.mark.parametrize(
    ("applicant", "category", "expected"),
    [
        ("004", "POI", (PASSPORT, CARD)),
        ("002", "POI", (PASSPORT,)),
        ("004", "POA", ()),
        ("004", "POE", ()),
        ("000", "POI", ()),
    ],
)
def test_by_applicant_and_category_in_published_order_and_known_types_only(
    applicant: str, category: str, expected: tuple[Choice, ...]
) -> None:
    assert allowed_documents(DATA, applicant, category) == expected
