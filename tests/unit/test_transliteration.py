"""Suggestions in other scripts."""

from __future__ import annotations

import re
import threading
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.transliteration import open_transliterator
from app.core.transliterationrules import INTO, INTO_LANGUAGE, OUT_OF, OUT_OF_LANGUAGE

pytest.importorskip("icu", reason="PyICU is an extra")

LANGUAGES = re.findall(
    r"[a-z]{3}",
    "eng fra ara fas urd hin ben pan guj ori tam tel kan mal amh kat rus ukr bel bul mkd srp kaz kir mon ell jpn kor "
    "zho heb tha khm sin und xyz",
)
ICU = open_transliterator()

IN_ARABIC = {
    "Amina": "امينا",
    "Ibrahim": "ابراهيم",
    "Fatima": "فاتيما",
    "Youssef": "يوسف",
    "Omar": "اومار",
    "Yasmin": "ياسمين",
    "Khadija": "خاديجا",
    "Sophie": "سوفي",
    "Céline": "سيلين",
    "Lefèvre": "ليفيفر",
    "Esther": "اسثر",
    "Kennedy": "كينيدي",
}
"""Readable and not always how the name is spelled: Fatima and Khadija end in another letter, Omar begins with another."""


@pytest.mark.parametrize(("name", "arabic"), IN_ARABIC.items())
def test_names_in_arabic_begin_with_a_letter_and_carry_no_loose_marks(name: str, arabic: str) -> None:
    suggestion = ICU.suggest(name, "eng", "ara")
    assert suggestion == arabic
    assert all(unicodedata.category(sign) == "Lo" for sign in suggestion)


@pytest.mark.parametrize(
    ("text", "source", "target", "suggestion"),
    [
        ("Amina", "eng", "hin", "अमिना"),
        ("Sophie", "fra", "hin", "सोफ़ी"),
        ("Amina", "eng", "tam", "அமிநா"),
        ("Amina", "eng", "kan", "ಅಮಿನಾ"),
        ("Sophie", "eng", "kan", "ಸೊಫೀ"),
        ("Ivan Sokolov", "eng", "rus", "Иван Соколов"),
        ("Esther", "eng", "rus", "Эстер"),
        ("Amina", "eng", "amh", "አሚና"),
        ("Nino", "eng", "kat", "ნინო"),
        ("Maria", "eng", "ell", "Μαρια"),
        ("Amina", "eng", "jpn", "アミナ"),
        ("Amina", "eng", "kor", "아미나"),
        ("Peter", "eng", "fas", "پیتر"),
        ("إبراهيم", "ara", "eng", "Ibrahim"),
        ("مُحَمَّد", "ara", "eng", "Muhamad"),
        ("عبد الله", "ara", "fra", "Abd Allah"),
        ("अमीना शर्मा", "hin", "eng", "Amina Sharma"),
        ("राम", "hin", "eng", "Ram"),
        ("முருகன்", "tam", "eng", "Murukan"),
        ("Щукин", "rus", "eng", "Shchukin"),
        ("Галина", "ukr", "eng", "Halyna"),
        ("李明", "zho", "eng", "Li Ming"),
        ("やまだ", "jpn", "eng", "Yamada"),
        ("अमीना", "hin", "tam", "அமீநா"),
        ("أمينة", "ara", "hin", "अमिना"),
        ("Иван", "rus", "ara", "ايفان"),
    ],
)
def test_names_in_other_scripts(text: str, source: str, target: str, suggestion: str) -> None:
    assert ICU.suggest(text, source, target) == suggestion


def test_digits_and_signs_of_an_address_stay() -> None:
    assert ICU.suggest("12, Main Street", "eng", "hin") == "12, मैन स्त्रीत"
    assert ICU.suggest("12", "eng", "ara") == "12"


def test_languages_of_one_script_suggest_the_text_itself() -> None:
    assert ICU.suggest("Lefe\u0300vre", "fra", "eng") == "Lef\u00e8vre"
    assert ICU.suggest("محمد", "ara", "urd") == "محمد"


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("Amina", "eng", "heb"),
        ("Amina", "eng", "tha"),
        ("Amina", "eng", "khm"),
        ("Amina", "eng", "zho"),
        ("Amina", "eng", "xyz"),
        ("Amina", "xyz", "eng"),
        ("Amina", "und", "ara"),
        ("Amina", "en", "ara"),
        ("Amina", "eng", "../ar"),
        ("山田", "jpn", "eng"),
        ("Ω mega", "eng", "ara"),
        ("", "eng", "ara"),
        ("  ", "eng", "fra"),
        ("a" * 501, "eng", "ara"),
        ("\ud800", "eng", "ara"),
        ("\U0006d5ac\u309e", "kat", "ara"),
    ],
)
def test_there_is_no_suggestion_where_it_would_be_none(text: str, source: str, target: str) -> None:
    assert ICU.suggest(text, source, target) is None


@given(
    st.text(alphabet=st.characters(), max_size=40) | st.text(alphabet="aeiouyhkshct'’ʻéçñ مةوي्ाोीَُِ", max_size=40),
    st.sampled_from(LANGUAGES),
    st.sampled_from(LANGUAGES),
)
def test_no_text_disturbs_and_every_suggestion_is_normal(text: str, source: str, target: str) -> None:
    suggestion = ICU.suggest(text, source, target)
    assert suggestion is None or (unicodedata.is_normalized("NFC", suggestion) and suggestion.strip())


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZéèçñüß -'’", max_size=30))
def test_latin_letters_never_give_arabic_marks(text: str) -> None:
    suggestion = ICU.suggest(text, "eng", "ara") or ""
    assert not any(unicodedata.category(sign) == "Mn" for sign in suggestion)


def test_every_table_can_be_compiled() -> None:
    scripts = {
        "Arab": "ara",
        "Cyrl": "rus",
        "Grek": "ell",
        "Deva": "hin",
        "Beng": "ben",
        "Guru": "pan",
        "Gujr": "guj",
        "Orya": "ori",
    }
    scripts |= {
        "Taml": "tam",
        "Telu": "tel",
        "Knda": "kan",
        "Mlym": "mal",
        "Ethi": "amh",
        "Geor": "kat",
        "Jpan": "jpn",
        "Kore": "kor",
    }
    assert set(scripts) == set(INTO) >= set(OUT_OF)
    for language in [*scripts.values(), *INTO_LANGUAGE, *OUT_OF_LANGUAGE]:
        written = ICU.suggest("Amina", "eng", language)
        assert written is not None
        assert (ICU.suggest(written, language, "eng") or "").isascii()


def test_several_threads_get_the_same_suggestions() -> None:
    shared = open_transliterator()
    found: list[str | None] = []

    def ask() -> None:
        for _ in range(50):
            found.append(shared.suggest("Amina Ibrahim", "eng", "ara"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {"امينا ابراهيم"}
    assert len(found) == 200
