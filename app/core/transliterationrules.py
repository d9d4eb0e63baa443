"""How names are carried from one script to another: chains in the rule language of ICU, for suggestions only.

ICU's own tables are made to be reversible: they write ``Amina`` in Arabic as marks without a letter to stand on, ``Sophie`` in
Devanagari with a vowel that Hindi does not have, and ``Щукин`` in Latin with signs that no keyboard of a registration desk has.
People write names by ear. The rules here are put in front of ICU's tables or behind them, or replace them (Latin and Arabic),
to come near to that. They know letters and not names: ``Ali`` begins with another letter in Arabic than it sounds like from
here, and an unvowelled Arabic name has lost vowels that nothing can bring back. What comes out is a start for the operator's
hand.

Sources of the conventions: spelling of names in passports (the Latin to Arabic direction follows how Arabic newspapers write
foreign names: vowels as long vowels, an unstressed e of a last syllable left out), and the orthographies concerned.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LATIN: Final = "Latn"
INDIC: Final = frozenset({"Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym"})
"""Scripts of one family, between which ICU's own tables lead letter by letter."""

_DIGITS_STAY: Final = ":: [:^Nd:] ;"
_UNMARKED: Final = ":: NFD; :: [[:Mn:][:Lm:]] Remove; :: NFC;"

_ARABIC_BASE: Final = r"""
:: NFC; :: Lower;
[éèêë] > ē; ç > s; ñ > ny; ß > s; æ > e; œ > e; ø > o; ł > l; ð > d; þ > th; ı > i; đ > d;
bb > b; cc > c; dd > d; ff > f; gg > g; kk > k; ll > l; mm > m; nn > n; pp > p; rr > r; ss > s; tt > t; vv > v; zz > z;
:: Null;
:: NFD; [:L:] { [[:Mn:]-[\u0304]] > ; :: NFC;
$no = [^[:L:]\u0027\u2019];
$c = [bcdfghjklmnpqrstvwxz];
"""

_ARABIC_LETTERS: Final = r"""
$no { oo > او; $no { ou > او; $no { ee > اي; $no { ei > اي; $no { ai > اي; $no { ay > اي; $no { au > او;
$no { aa > ا; $no { eu > او; $no { ē > اي; $no { y } [aeiouē] > ي; $no { y > اي; $no { a > ا;
$no { e } $c $c > ا; $no { i } $c $c > ا; $no { e > اي; $no { i > اي; $no { o > او; $no { u > او;
eau > و; ea } n $no > ا; ou > و; oo > و; eu > و; ēe > ي; ee > ي; ie > ي; ei > ي; ey > ي; oi > وا; oy > وي; ai > اي; ay > اي;
aw > او; au > او; aa > ا; ae > اي; iya > يا; ia > يا; ya > يا;
shch > ش; sch > ش; tch > %tch; sh > ش; ch > %ch; kh > خ; th > ث; dh > ذ; gh > غ; ph > ف; qu > ك; ck > ك;
e } $no > ; e } $c $no > ; e > ي; ē > ي; a > ا; i > ي; o > و; u > و; y > ي;
b > ب; c } [eiyē] > س; c > ك; d > د; f > ف; g > %g; h > ه; j > ج; k > ك; l > ل; m > م; n > ن; p > %p; q > ق; r > ر; s > س;
t > ت; v > %v; w > و; x > كس; z > ز;
[:L:] { [\u0027\u2019] } [:L:] > ;
"""


def _arabic_letters(*, tch: str, ch: str, g: str, p: str, v: str) -> str:
    rules = _ARABIC_LETTERS
    for sound, letter in (("tch", tch), ("ch", ch), ("g", g), ("p", p), ("v", v)):
        rules = rules.replace(f"%{sound};", f"{letter};")
    return rules


_PERSIAN_SHAPES: Final = r"""
:: Null; ي > ی; ك > ک;
"""

_ARABIC_TO_LATIN: Final = r"""
:: NFC; [\u0640\u0652] > ;
$no = [^[:L:][:Mn:]];
$c = [بتثجحخدذرزسشصضطظعغفقكلمنهپچژگڤ];
$no { عبدالله } $no > abdullah; $no { عبدال } $c > abdul; $no { الله } $no > allah; $no { ال } $c > al\-;
ة > a; ى > a; آ > aa; $no { اي > i; $no { او > ou; $no { عي > i; $no { عو > ou; $no { عا > a;
$no { و > w; و } [اأآةىي] > w; ا { و > w; و > ou;
$no { ي > y; ي } [اأآةىو] > y; ا { ي > y; ي > i; ی > i;
إ > i; أ > a; ا > a; ئ > i; ؤ > o; ء > ; ع > a;
ب > b; ت > t; ث > th; ج > j; ح > h; خ > kh; د > d; ذ > dh; ر > r; ز > z; س > s; ش > sh; ص > s; ض > d; ط > t; ظ > z;
غ > gh; ف > f; ق > q; ك > k; ک > k; ل > l; م > m; ن > n; ه > h; پ > p; چ > ch; ژ > zh; گ > g; ڤ > v;
\u064E > a; \u064F > u; \u0650 > i; \u064B > an; \u064C > un; \u064D > in; \u0670 > a;
:: Null; :: Any-Latin;
"""

_BY_EAR: Final = r"""
:: NFC; :: Lower; ç > s; ñ > ny; ß > ss; æ > e; œ > e; ø > o; ł > l; ð > d; þ > th; ı > i; đ > d;
:: Null; :: NFD; [:L:] { [:Mn:] > ; :: NFC;
"""

_FOR_INDIC: Final = r"""
$no = [^[:L:][:Mn:]];
sh > ś; ch > c; c } [eiy] > s; ck > k; c > k; ph > f; oo > ū; ou > ū; ee > ī; ie } $no > ī; y } $no > ī; x > ks; w > v; ss > s;
a } $no > ā; i } $no > ī; e } $no > ē;
"""

_PH_FOR_F: Final = r"""
:: Null; f > ph;
"""

_FOR_CYRILLIC: Final = r"""
$no = [^[:L:]];
shch > ŝ; sh > š; ch > č; c } [eiy] > s; ck > k; c > k; kh > h; zh > ž; ph > f; th > t; qu > kv; q > k; x > ks; w > v; j > dž;
ou > u; oo > u; ee > i; ie } $no > i; yu > û; ya > â; y } [aeiou] > j; y > i;
"""

_INITIAL_E: Final = r"""
:: Null; [^[:L:]] { е > э; :: NFC;
"""

_FOR_GREEK: Final = r"""
sh > s; kh > ch; ph > f; ck > k; ch > ts; c } [eiy] > s; c > k; th > th; j > tz; y > i; w > v; q > k; ou > ou; oo > ou; ee > i;
h > ch;
"""

_FOR_SYLLABLES: Final = r"""
$no = [^[:L:]];
ph > f; kh > k; th > t; ck > k; x > ks; ou > u; oo > u; ee > i; ie } $no > i;
"""

_FOR_ETHIOPIC: Final = r"""
tch > c; sh > x; ch > c; c } [eiy] > s; ee > i; e > E; ck > k; c > k; kh > h; ph > f; th > t; x > ks; ou > u; oo > u;
y } [^[:L:]] > i;
"""

_FOR_GEORGIAN: Final = r"""
c } [eiy] > s; ck > k; ph > p; f > p; th > t; x > ks; w > v; y > i; ou > u; oo > u; ee > i;
"""

_HINDI_VOWELS: Final = r"""
:: Null; ऎ > ए; ऒ > ओ; ॆ > े; ॊ > ो; ् } [^[:L:][:Mn:][:Mc:]] > ;
"""

_INDIC_TO_LATIN: Final = r"""
:: Any-Latin; :: NFD;
r\u0325 > ri; s\u0301 > sh; s\u0323 > sh; ch > chh; c > ch;
:: Null;
"""

_LAST_SHORT_A_IS_SILENT: Final = r"""
[aeiou] [:Mn:]* [bcdfghjklmnpqrstvwxyz] [:Mn:]* { a } [^[:L:][:Mn:]] > ;
:: Null;
"""

INTO: Final[Mapping[str, str]] = MappingProxyType({
    "Arab": _DIGITS_STAY + _ARABIC_BASE + _arabic_letters(tch="تش", ch="ش", g="ج", p="ب", v="ف"),
    "Cyrl": _DIGITS_STAY + _BY_EAR + _FOR_CYRILLIC + ":: Latin-Cyrillic;" + _INITIAL_E + ":: Title;",
    "Grek": _DIGITS_STAY + _BY_EAR + _FOR_GREEK + ":: Latin-Greek;" + _UNMARKED + ":: Title;",
    "Deva": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Devanagari;" + _HINDI_VOWELS,
    "Beng": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Bengali;",
    "Guru": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Gurmukhi;",
    "Gujr": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Gujarati;",
    "Orya": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Oriya;",
    "Taml": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Tamil;",
    "Telu": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Telugu;",
    "Knda": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + _PH_FOR_F + ":: Latin-Kannada;",
    "Mlym": _DIGITS_STAY + _BY_EAR + _FOR_INDIC + ":: Latin-Malayalam;",
    "Ethi": _DIGITS_STAY + _BY_EAR + _FOR_ETHIOPIC + ":: Latin-Ethiopic/SERA;",
    "Geor": _DIGITS_STAY + _BY_EAR + _FOR_GEORGIAN + ":: Latin-Georgian;",
    "Jpan": _DIGITS_STAY + _BY_EAR + _FOR_SYLLABLES + ":: Latin-Katakana;",
    "Kore": _DIGITS_STAY + _BY_EAR + _FOR_SYLLABLES + ":: Latin-Hangul;",
})  # fmt: skip
"""Script to the rules that lead into it from Latin letters."""

INTO_LANGUAGE: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(
        ("fas", "urd"),
        _DIGITS_STAY + _ARABIC_BASE + _arabic_letters(tch="چ", ch="چ", g="گ", p="پ", v="و") + _PERSIAN_SHAPES,
    )
)
"""Languages (ISO 639-2) that use more letters of their script than others."""

_INDIC_FROM: Final = _DIGITS_STAY + _INDIC_TO_LATIN
_ENDING: Final = _UNMARKED + ":: Title;"

OUT_OF: Final[Mapping[str, str]] = MappingProxyType({
    "Arab": _DIGITS_STAY + _ARABIC_TO_LATIN + _ENDING,
    **dict.fromkeys(("Deva", "Beng", "Guru", "Gujr"), _INDIC_FROM + _LAST_SHORT_A_IS_SILENT + _ENDING),
    **dict.fromkeys(("Orya", "Taml", "Telu", "Knda", "Mlym"), _INDIC_FROM + _ENDING),
})  # fmt: skip
"""Script to the rules that lead out of it into Latin letters."""

OUT_OF_OTHERS: Final = ":: Any-Latin;" + _ENDING
"""The same for scripts that are not in the table."""

_CYRILLIC_TABLES: Final = {
    "rus": "Russian", "ukr": "Ukrainian", "bel": "Belarusian", "bul": "Bulgarian", "mkd": "Macedonian", "srp": "Serbian",
    "kaz": "Kazakh", "kir": "Kirghiz", "mon": "Mongolian",
}  # fmt: skip

OUT_OF_LANGUAGE: Final[Mapping[str, str]] = MappingProxyType(
    {language: f":: {name}-Latin/BGN; :: Any-Latin;" + _UNMARKED for language, name in _CYRILLIC_TABLES.items()}
)
"""Languages (ISO 639-2) whose names in passports follow a table of their own (BGN/PCGN romanisation)."""
