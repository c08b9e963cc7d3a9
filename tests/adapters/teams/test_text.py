"""Texts in Teams: what is ours lives, what people wrote is dead and otherwise as they typed it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from adapters.teams.saying import worded
from adapters.teams.text import (
    Mentions,
    Reader,
    bare,
    clean,
    from_right,
    function,
    guard,
    harmless,
    line,
    literal,
    marked,
    moment,
    plain,
    short,
    size,
)
from dialogs.card import Link, Text, Typed, When, Who, quote, t
from tests.adapters.slack import hostile
from tests.adapters.slack.hostile import NOON, PAGE
from tests.teams.marks import ADDRESS, AT, MOMENT, OF_A_MESSAGE, live_in

NAMES = {"ann": "Ann", "bob": "**Bob** <at>Ann</at>", "cem": "", "eve": "Eve\u202e", "two": "Ann"}
READER = Reader({"ann": "29:ann", "fay": "29:fay", "eve": "28:bot", "two": "29:two"}, NAMES, lambda _: PAGE)
ROOM = Reader({"ann": "29:ann"}, NAMES)
WHEN = When(NOON, "both", "Europe/Zurich")
HI = t("{who}, come {when}: {link}", who=Who("ann"), when=WHEN, link=Link("room", "s", quote("the *room*")))
MOMENTS = "{{DATE(2026-11-24T12:00:00Z, SHORT)}}, {{TIME(2026-11-24T12:00:00Z)}}"

# A text of the worst is long, and a failure tells of it.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def test_mentions_moments_and_links_are_alive() -> None:
    mentions = Mentions()
    said = marked(HI, READER, mentions)
    assert said == f"<at>Ann</at>, come {MOMENTS}\u2060: \u2060[the ∗room∗]({PAGE})"
    assert mentions.all() == [{"type": "mention", "text": "<at>Ann</at>", "mentioned": {"id": "29:ann", "name": "Ann"}}]


def test_each_kind_of_moment_is_filled_in_by_the_device() -> None:
    assert function(When(NOON, "time")) == "{{TIME(2026-11-24T12:00:00Z)}}"
    assert function(When(NOON, "date")) == "{{DATE(2026-11-24T12:00:00Z, SHORT)}}"
    assert function(WHEN) == MOMENTS


def test_a_moment_far_away_is_written_out() -> None:
    far = When(NOON.replace(year=9000), "date")
    assert function(far) is None
    assert marked(t("{at}", at=far), READER, Mentions()) == "Mon 24 Nov"


def test_plain_names_people_and_the_zone() -> None:
    assert plain(HI, READER) == "Ann, come Tue 24 Nov, 13:00 CET: the *room*"
    assert moment(When(NOON, "time", "No/Such"), READER) == "12:00 UTC"
    assert moment(WHEN, Reader(zone="Asia/Kathmandu")) == "Tue 24 Nov, 17:45 +0545"


def test_a_command_is_written_as_it_is_typed_here_with_others_and_alone() -> None:
    said = t("Open it with {start}. Write {prefix} before all of them.", start=Typed('start "A"'), prefix=Typed())
    room = 'Open it with “@Cohost start "A"”. Write @Cohost before all of them.'
    assert plain(said, ROOM) == room
    assert marked(said, ROOM, Mentions()).replace("\u2060", "") == room
    alone = 'Open it with “start "A"”. Write @Cohost (not needed in this chat) before all of them.'
    assert plain(said, READER) == alone


def test_for_several_readers_a_link_is_its_label() -> None:
    assert marked(t("{l}", l=Link("room", "s", quote("here"))), ROOM, Mentions()) == "here"


def test_no_address_ends_the_link_that_it_stands_in() -> None:
    reader = Reader(link=lambda _: "https://x.y/a(b)[c]<d>*")
    assert marked(t("{l}", l=Link("room", "s", quote("[x](y)"))), reader, Mentions()) == (
        "\u2060[[x]\u2060(y)](https://x.y/a%28b%29%5Bc%5D%3Cd%3E%2A)"
    )
    for address in ("javascript:alert(1)", "https://x.y/ z", "", "https://x.y/é", "https://x.y/" + "a" * 2001):
        reader = Reader(link=lambda _, address=address: address)  # type: ignore[misc]
        assert marked(t("{l}", l=Link("room", "s", quote("here"))), reader, Mentions()) == "here"


def test_two_people_of_one_name_have_each_their_own_mention() -> None:
    mentions = Mentions()
    marked(t("{a} {b} {c}", a=Who("ann"), b=Who("two"), c=Who("ann")), READER, mentions)
    assert [one["mentioned"]["id"] for one in mentions.all()] == ["29:ann", "29:two"]
    assert len({one["text"] for one in mentions.all()}) == 2


def test_a_name_is_no_markup_in_a_mention() -> None:
    tag = Mentions().tag("29:x", "**B** <at>Ann</at> & [x](y)")
    assert tag == "<at>∗∗B∗∗ atAnn/at  [x]\u2060(y)</at>"
    assert Mentions().tag("29:x", "<>") == "<at>somebody</at>"


@pytest.mark.parametrize("person", ["bob", "cem", "eve", "nobody"])
def test_whoever_has_no_id_of_a_person_is_called_by_name(person: str) -> None:
    mentions = Mentions()
    assert marked(t("{who}", who=Who(person)), READER, mentions).strip()
    assert mentions.all() == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("**bold** _i_ ~~s~~ `c`", "∗∗bold∗∗ ˍiˍ ∼∼s∼∼ ˋcˋ"),
        ("a*b*c snake_case", "a∗b∗c snakeˍcase"),
        ("<b>x</b>", "<\u2060b>x<\u2060/b>"),
        ("[x](https://a.b)", "[x]\u2060(https\u2060:\u2060/\u2060/a\u2060.\u2060b)"),
        ("a@b.example www.a.b 3.5", "a\u2060@\u2060b\u2060.\u2060example www\u2060.\u2060a\u2060.\u2060b 3.5"),
        ("- a\n1. b\n# c\n> d\n  + e", "\u2060- a\n\u20601. b\n\u2060# c\n\u2060> d\n  \u2060+ e"),
        ("\\*x &lt; & co", "\\\u2060∗x &\u2060lt; & co"),
        ("{{TIME(x)}}", "{\u2060{TIME(x)}}"),
        ("Why? 12:30, a: b – 50 % (c)!", "Why? 12:30, a: b – 50 % (c)!"),
        ("🎉 é نعم", "🎉 é نعم"),
    ],
)
def test_what_people_write_means_nothing_in_markdown(typed: str, shown: str) -> None:
    assert guard(typed) == shown
    assert live_in(shown, OF_A_MESSAGE) == []
    assert harmless(quote(typed), ROOM) == (typed == shown)


def test_a_mark_may_not_begin_in_one_piece_and_end_in_the_next() -> None:
    said = marked(t("{a}{b} {who}", a="http:", b="//x.y", who=Who("ann")), READER, Mentions())
    assert said == "http\u2060:\u2060/\u2060/x\u2060.\u2060y <at>Ann</at>"
    assert "\u2060[" in marked(t("!{l}", l=Link("room", "s", quote("x"))), READER, Mentions())


def test_lines_stay_lines_and_none_is_code() -> None:
    assert marked(quote("    a\n    b\n\nc"), READER, Mentions()) == "a\n\nb\n\nc"


def test_where_nothing_is_markdown_words_stay_as_typed_but_for_moments_and_mentions() -> None:
    assert literal("**x** {{DATE(x)}} <at>Ann</at> <b>") == "**x** {\u2060{DATE(x)}} <\u2060at>Ann<\u2060/at> <b>"
    assert bare("see https://x.y or *z*") == "see https\u2060:\u2060/\u2060/x\u2060.\u2060y or *z*"


def test_a_sentence_of_plain_text_mentions_people_and_shows_addresses() -> None:
    mentions = Mentions()
    assert worded(HI, READER, mentions) == f"<at>Ann</at>, come Tue 24 Nov, 13:00 CET: the *room* ({PAGE})"
    assert mentions.all()
    assert worded(t("{a}{b}", a="<a", b="t>Ann</at>"), READER, mentions) == "<\u2060at>Ann<\u2060/at>"


def test_what_cannot_be_sent_or_turns_the_line_round_is_left_out() -> None:
    assert clean("a\x00b\ud800c\u202ed\te\r\nf\u2028g") == "abcd e\nf\ng"


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "\x00\n"])
def test_a_text_without_a_letter_is_a_dash(typed: str) -> None:
    assert plain(quote(typed), ROOM) == marked(quote(typed), ROOM, Mentions()) == "–"


def test_short_words_keep_emoji_and_accents_whole() -> None:
    assert short("abcdef", 6) == "abcdef"
    assert short("abc defg", 6) == "abc d…"
    assert short("👩‍👩‍👧‍👦 family", 8) == "…"
    assert short("xe\u0301e\u0301", 4) == "xe\u0301…"


@pytest.mark.parametrize(("words", "right"), [("نعم", True), ("1. שלום", True), ("Hi نعم", False), ("12 –", False)])
def test_which_words_begin_at_the_right(words: str, right: bool) -> None:
    assert from_right(words) is right


def live(said: str, tags: Sequence[str]) -> list[str]:
    """What is alive in it beside what is ours."""
    for one in tags:
        said = said.replace(one, "x")
    said = MOMENT.sub("x", said)
    ours = [found for found in live_in(said, OF_A_MESSAGE) if PAGE in found]
    return [found for found in live_in(said, OF_A_MESSAGE) if found not in ours] + AT.findall(said)


@settings(deadline=None)
@given(hostile.texts)
def test_no_text_is_alive_or_too_long(text: Text) -> None:
    for reader in (READER, ROOM):
        for most in (20, 75, 3000):
            mentions = Mentions()
            said = marked(text, reader, mentions, most)
            assert 0 < size(said.replace("\n\n", "\n")) <= most
            assert 0 < size(plain(text, reader, most)) <= most
            assert 0 < size(line(text, reader, most)) <= most
            assert live(said, [one["text"] for one in mentions.all()]) == []
            said.encode()
        told = worded(text, reader, mentions := Mentions())
        found = [one for one in live_in(told, [ADDRESS]) if not one.startswith(PAGE)]
        assert found == []
        assert set(AT.findall(told)) <= {one["text"][4:-5] for one in mentions.all()}
        assert live_in(plain(text, reader), [MOMENT]) == []
