"""Suggestions where ICU is not installed."""

from __future__ import annotations

import sys

import pytest

from app.core.transliteration import NOT_INSTALLED, NoTransliterator, Transliterator, open_transliterator


def test_without_icu_there_are_none_and_the_reason_is_one_that_a_person_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icu", None)
    without: Transliterator = open_transliterator()
    assert isinstance(without, NoTransliterator)
    assert without.reason == NOT_INSTALLED
    assert without.suggest("Amina", "eng", "ara") is None
