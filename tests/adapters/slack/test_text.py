"""Texts in Slack: what is ours lives, what people wrote is dead and otherwise as they typed it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from adapters.slack.text import Reader, clean, guard, mrkdwn, plain, rich, short, size
from dialogs.card import Link, Text, Typed, When, Who, quote, t
from tests.adapters.slack import hostile
from tests.adapters.slack.hostile import NOON, PAGE, READER, ROOM, dead

WHEN = When(NOON, "both", "Europe/Zurich")
HI = t("{who}, come {when}: {link}", who=Who("ann"), when=WHEN, link=Link("room", "s", quote("the <room>")))

# A card of the worst is long, and a failure tells of it.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def test_mrkdwn_mentions_dates_and_links() -> None:
    date = "<!date^1795521600^{date_short_pretty}, {time}|Tue 24 Nov, 13:00 CET>"
    link = f"<{PAGE.replace('&', '&amp;')}|the &lt;room\u2060&gt;>"
    assert mrkdwn(HI, READER) == f"<@U0ANN>, come {date}: {link}"


def test_for_a_whole_channel_a_link_is_its_label() -> None:
    assert mrkdwn(t("{link}", link=Link("room", "s", quote("here"))), ROOM) == "here"
    assert rich(t("{link}", link=Link("room", "s", quote("here"))), ROOM) == [{"type": "text", "text": "here"}]


def test_plain_names_people_and_the_zone() -> None:
    assert plain(HI, READER) == "Ann, come Tue 24 Nov, 13:00 CET: the <room>"
    assert plain(t("{at}", at=When(NOON, "time", "No/Such")), READER) == "12:00 UTC"


def test_a_command_is_written_as_it_is_typed_here() -> None:
    said = t("Open it with {start}. Write {prefix} before all of them.", start=Typed('start "A"'), prefix=Typed())
    words = 'Open it with /ilt start "A". Write /ilt before all of them.'
    assert (plain(said, READER), mrkdwn(said, READER)) == (words, words)
    assert rich(said, ROOM) == [{"type": "text", "text": words}]


def test_rich_text_mentions_dates_and_links() -> None:
    assert rich(HI, READER, bold=True) == [
        {"type": "user", "user_id": "U0ANN", "style": {"bold": True}},
        {"type": "text", "text": ", come ", "style": {"bold": True}},
        {
            "type": "date",
            "timestamp": 1795521600,
            "format": "{date_short_pretty}, {time}",
            "fallback": "Tue 24 Nov, 13:00 CET",
        },
        {"type": "text", "text": ": ", "style": {"bold": True}},
        {"type": "link", "url": PAGE, "text": "the <room>", "style": {"bold": True}},
    ]


@pytest.mark.parametrize("person", ["bob", "cem", "eve", "nobody"])
def test_whoever_has_no_proper_id_is_called_by_name(person: str) -> None:
    names = {"bob": "<!channel> *Bob* :tada:", "cem": "somebody", "eve": "Eve", "nobody": "somebody"}
    assert rich(t("{who}", who=Who(person)), READER) == [{"type": "text", "text": names[person]}]
    assert dead(mrkdwn(t("{who}", who=Who(person)), READER))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("*bold* _i_ ~s~ `c`", "∗bold∗ ˍiˍ ∼s∼ ˋcˋ"),
        ("snake_case, 2*3", "snake_case, 2*3"),
        ("<!here> & > x", "&lt;!here\u2060&gt; &amp; \u2060&gt; x"),
        ("@here #general", "@\u2060here #\u2060general"),
        ("@`", "@\u2060ˋ"),
        (":tada:`code`:tada:", ":\u2060tada:\u2060ˋcodeˋ:\u2060tada:"),
        (":tada: 12:30 a: b", ":\u2060tada: 12:30 a: b"),
        ("https://x.y", "https:\u2060//x.y"),
        ("- a\n1. b\n• c\nx - y", "\u2060- a\n\u20601. b\n\u2060• c\nx - y"),
        ("🎉 é نعم", "🎉 é نعم"),
    ],
)
def test_what_people_write_does_nothing_in_mrkdwn(typed: str, shown: str) -> None:
    assert guard(typed) == shown
    assert dead(shown)
    assert plain(quote(typed), ROOM) == typed, "and where Slack takes it literally, it is as typed"


def test_what_cannot_be_sent_or_turns_the_line_round_is_left_out() -> None:
    assert clean("a\x00b\ud800c\u202ed\te\r\nf\u2028g") == "abcd e\nf\ng"


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "\x00\n"])
def test_a_text_without_a_letter_is_a_dash(typed: str) -> None:
    assert plain(quote(typed), ROOM) == mrkdwn(quote(typed), ROOM) == "–"
    assert rich(quote(typed), ROOM) == [{"type": "text", "text": "–"}]


def test_an_address_that_slack_would_refuse_is_no_link() -> None:
    for address in ("javascript:alert(1)", "https://x.y/ z", "https://x.y/>", "", "https://x.y/" + "a" * 3000):
        reader = Reader(link=lambda _, address=address: address)  # type: ignore[misc]
        assert rich(t("{l}", l=Link("room", "s", quote("here"))), reader) == [{"type": "text", "text": "here"}]


def test_short_words_keep_emoji_and_accents_whole() -> None:
    assert short("abcdef", 6) == "abcdef"
    assert short("abc defg", 6) == "abc d…"
    assert short("👩‍👩‍👧‍👦 family", 8) == "…"
    assert short("xe\u0301e\u0301", 4) == "xe\u0301…"


@settings(deadline=None)
@given(hostile.texts)
def test_no_text_is_alive_or_too_long(text: Text) -> None:
    for reader in (READER, ROOM):
        for most in (20, 75, 3000):
            assert 0 < size(mrkdwn(text, reader, most)) <= most
            assert 0 < size(plain(text, reader, most)) <= most
            assert dead(mrkdwn(text, reader, most))
            mrkdwn(text, reader, most).encode()
