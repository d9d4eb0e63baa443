"""Suggestions in other scripts, and words that need a second look."""

from __future__ import annotations

from app.core.forms import messages as m
from app.core.forms.changes import Changes
from app.core.forms.form import Form
from packet.models import BlockListedWords
from tests.support.formmaking import Desk, messages, spec_of
from tests.support.uispecs import field

SPEC = spec_of(
    field("name", "textbox", "simpleType", transliterate=True),
    field("plain", "textbox", "simpleType"),
    field("note", "textbox"),
)


def texts(form: Form, name: str = "name") -> dict[str, str]:
    return dict(form.field(name).texts)


def test_an_untouched_box_follows_what_is_typed() -> None:
    form = Desk().form(SPEC)
    form.set_text("name", "a", "eng")
    form.set_text("name", "ab", "eng")
    assert texts(form) == {"eng": "ab", "fra": "AB ef"}
    assert form.field("name").follows == {"fra"}
    form.set_text("name", "", "eng")
    assert texts(form) == {}


def test_nothing_follows_where_the_country_did_not_ask_for_it() -> None:
    form = Desk().form(SPEC)
    form.set_text("plain", "a", "eng")
    assert texts(form, "plain") == {"eng": "a"}


def test_what_was_typed_is_never_overwritten_only_offered_beside() -> None:
    form = Desk(languages=("eng", "fra", "ara")).form(SPEC)
    form.set_text("name", "a", "eng")
    form.set_text("name", "mine", "fra")
    changes = form.set_text("name", "ab", "eng")
    assert texts(form) == {"eng": "ab", "fra": "mine", "ara": "AB ea"}
    assert form.field("name").suggestions == {"fra": "AB ef"}
    assert changes.suggestions == {"name"}
    form.set_text("name", "b", "fra")
    assert texts(form)["ara"] == "AB ea"
    assert texts(form)["eng"] == "ab"


def test_a_suggestion_can_be_taken_and_follows_again() -> None:
    form = Desk().form(SPEC)
    form.set_text("name", "a", "eng")
    form.set_text("name", "mine", "fra")
    form.set_text("name", "ab", "eng")
    form.take_suggestion("name", "fra")
    assert texts(form)["fra"] == "AB ef"
    assert form.take_suggestion("name", "fra") == Changes()
    form.set_text("name", "abc", "eng")
    assert texts(form)["fra"] == "ABC ef"


def test_an_emptied_box_stays_empty_until_its_source_changes() -> None:
    form = Desk().form(SPEC)
    form.set_text("name", "a", "eng")
    form.set_text("name", "mine", "fra")
    form.set_text("name", "", "fra")
    assert texts(form) == {"eng": "a"}
    assert form.field("name").suggestions == {"fra": "A ef"}
    form.set_text("name", "ab", "eng")
    assert texts(form)["fra"] == "AB ef"


def test_what_follows_still_follows_after_the_draft() -> None:
    desk = Desk()
    form = desk.form(SPEC)
    form.set_text("name", "a", "eng")
    again = desk.again(form)
    again.set_text("name", "ab", "eng")
    assert texts(again)["fra"] == "AB ef"


def test_reading_asks_the_transliterator_nothing() -> None:
    desk = Desk()
    form = desk.form(SPEC)
    form.set_text("name", "a", "eng")
    asked = desk.transliterator.asked
    form.field("name")
    form.findings()
    assert desk.transliterator.asked == asked == 1


def test_listed_words_wait_for_the_operator() -> None:
    form = Desk().form(SPEC)
    form.set_text("plain", "well damn it", "eng")
    assert messages(form, "plain") == [m.WORDS_FOUND]
    assert form.field("plain").words == {"eng": ("damn",)}
    assert not form.words_accepted
    assert form.accept_words("plain", "eng").findings == {"plain"}
    assert form.accept_words("plain", "eng") == Changes()
    assert form.findings() == ()
    assert form.block_listed_words() == {
        "plain": BlockListedWords(screen_name="Page", words=("damn",), operator_consent=True, operator_id="110001")
    }


def test_words_of_all_languages_are_told_together() -> None:
    form = Desk().form(SPEC)
    form.set_text("plain", "damn", "eng")
    form.set_text("plain", "zut", "fra")
    form.accept_words("plain", "eng")
    form.accept_words("plain", "fra")
    assert form.block_listed_words()["plain"].words == ("damn", "zut")


def test_accepted_words_are_only_those_that_were_seen() -> None:
    form = Desk().form(SPEC)
    form.set_text("note", "damn")
    form.accept_words("note")
    form.set_text("note", "damn hell")
    assert form.field("note").words == {"": ("hell",)}
    assert messages(form, "note") == [m.WORDS_FOUND]
    form.set_text("note", "fine")
    assert form.block_listed_words() == {}
    form.set_text("note", "damn")
    assert messages(form, "note") == [m.WORDS_FOUND]


def test_a_rejected_text_has_to_change() -> None:
    desk = Desk()
    form = desk.form(SPEC)
    form.set_text("note", "damn")
    form.accept_words("note")
    form.reject_words("note")
    assert messages(form, "note") == [m.WORDS_REJECTED]
    assert form.reject_words("note") == Changes()
    assert messages(desk.again(form), "note") == [m.WORDS_REJECTED]
    form.set_text("note", "darn")
    assert messages(form, "note") == []
