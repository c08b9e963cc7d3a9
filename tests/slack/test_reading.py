"""What a person reads of a message, and that whatever works on people or links in it is told."""

from typing import Any

import pytest

from tests.slack.checks import Thing
from tests.slack.conftest import Class
from tests.slack.reading import Read
from tests.slack.small_bot import section

HOSTILE = (
    "@here",
    "@channel",
    "#general",
    "https://evil.example",
    "<!here>",
    "<@U1>",
    "*b*",
    "_i_",
    "~s~",
    "`c`",
    "> q",
)
PLAIN = {"type": "plain_text"}


def read(acme: Class, text: str = "", blocks: list[Thing] | None = None, **how: Any) -> Read:
    """What Ann reads of a message of the bot."""
    install = acme.team.installed()
    message = acme.slack.add(acme.room, acme.team.bot, text, blocks=blocks, install=install, how=how)
    return message.read_by(acme.ann)


def rich(*elements: Thing) -> list[Thing]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}]


@pytest.mark.parametrize("words", HOSTILE)
def test_words_in_marked_text_are_live(acme: Class, words: str) -> None:
    marked = read(acme, "x", [section(words)])

    assert any(words.strip("<>") in live for live in marked.live)
    assert read(acme, words).live != ()


@pytest.mark.parametrize("words", HOSTILE)
def test_words_in_plain_and_rich_text_are_not(acme: Class, words: str) -> None:
    plain = read(acme, "x", [section(words, "plain_text")])
    written = read(acme, "x", rich({"type": "text", "text": words}))

    assert (plain.words, plain.live) == (words, ())
    assert (written.words, written.live) == (words, ())


def test_verbatim_text_finds_no_names_but_keeps_its_marks_and_tags(acme: Class) -> None:
    verbatim = section("x")
    verbatim["text"] |= {"text": "@here #general https://x.example", "verbatim": True}
    tagged = section("x")
    tagged["text"] |= {"text": "<!channel> *loud*", "verbatim": True}

    assert read(acme, "x", [verbatim]).live == ()
    assert set(read(acme, "x", [tagged]).live) == {"<!channel>", "*loud*"}


def test_escaped_text_is_read_as_it_was_meant_and_is_dead_where_it_can_be(acme: Class) -> None:
    escaped = read(acme, "x", [section("a &lt;!here&gt; &amp; b 2*3*4 snake_case_name")])

    assert (escaped.words, escaped.live) == ("a <!here> & b 2*3*4 snake_case_name", ())


def test_tags_are_read_as_names(acme: Class) -> None:
    words = f"<@{acme.bob.id}> in <#{acme.room.id}>, <!here>: <https://x.example|see *here*>"

    assert read(acme, words).words == "@Bob in #class, @here: see *here*"
    written = rich(
        {"type": "user", "user_id": acme.bob.id},
        {"type": "text", "text": " and "},
        {"type": "broadcast", "range": "here"},
        {"type": "link", "url": "https://x.example", "text": "x"},
    )
    assert read(acme, "x", written) == Read("@Bob and @herex", live=(acme.bob.id, "here", "https://x.example"))


def test_a_moment_is_shown_in_the_readers_zone(acme: Class) -> None:
    words = "at <!date^1795611600^{time} on {date_num}|noon UTC> or <!date^1795611600^{ago}|noon UTC>"

    assert (read(acme, words).words, read(acme, words).live) == ("at 2:00 PM on 2026-11-25 or noon UTC", ())


def test_the_text_beside_blocks_is_not_read_but_its_tags_are_told(acme: Class) -> None:
    shown = read(acme, "All <!channel> @here", [section("Seen", "plain_text")])

    assert (shown.words, shown.live) == ("Seen", ("<!channel>",))


def test_text_may_be_sent_to_be_taken_as_it_is(acme: Class) -> None:
    assert read(acme, "*a* @here", mrkdwn=False).live == ("@here",)
    assert read(acme, "a @here", parse="none").live == ()


def test_everything_that_says_something_is_read(acme: Class) -> None:
    point = {"label": "Yes", "value": 3}
    blocks: list[Thing] = [
        {"type": "header", "text": PLAIN | {"text": "Title"}},
        {"type": "context", "elements": [PLAIN | {"text": "small"}, {"type": "mrkdwn", "text": "print"}]},
        {"type": "divider"},
        {"type": "image", "image_url": "https://x", "alt_text": "A cat"},
        {"type": "markdown", "text": "**Bold** words"},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]},
        {"type": "data_visualization", "title": "Votes", "chart": {"type": "pie", "segments": [point]}},
        {"type": "actions", "elements": [{"type": "button", "text": PLAIN | {"text": "Go"}}]},
        section(
            "More",
            "plain_text",
            accessory={"type": "overflow", "options": [{"text": PLAIN | {"text": "Close"}, "value": "c"}]},
        ),
    ]
    shown = read(acme, "x", blocks)

    assert shown.words == "Title\nsmall print\nA cat\nBold words\na | b\nVotes\nYes 3\nMore"
    assert (shown.buttons, shown.live) == (("Go", "Close"), ("**Bold**",))


def test_nothing_read_is_nothing(acme: Class) -> None:
    assert not Read()
    assert "x" in Read("xy")
