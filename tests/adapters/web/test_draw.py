from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import Answer, Seen
from adapters.web.draw import Draw, Reader, Slip, Told, clock, has_link, plain
from adapters.web.links import Links, local
from adapters.web.live import Line
from dialogs.base import Brief
from dialogs.card import Bar, Button, Card, Fact, Field, Item, Link, Option, Text, Typed, When, Who, quote, t, tn

AT = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
LINKS = Links("secret", "https://example.org")
DRAW = Draw(
    LINKS,
    {
        "page.css": "/page.css",
        "room.css": "/room.css",
        "room.js": "/room.js",
        "page.js": "/page.js",
        "icon.svg": "/icon.svg",
    },
)
READER = Reader("t1", "ana", {"ana": "Ana Lima", "tal": "טל לוי", "bad": "<script>alert(1)</script>"}, "Europe/Zurich")


def entry(card: Card, **more: Told | tuple[Line, ...]) -> str:
    """The HTML of a card, with the fresh ids masked."""
    html = DRAW.entry(Seen("d1", "main", card, private=False, at=AT, revision=7), READER, **more)  # type: ignore[arg-type]
    return re.sub(r'value="[0-9a-f-]{36}"', 'value="ID"', html)


def only(html: str, start: str, end: str) -> str:
    """From `start` to `end`, both included."""
    return html[html.index(start) : html.index(end) + len(end)]


# -- exactly this ------------------------------------------------------------------------------------------------------


def test_the_smallest_card() -> None:
    assert entry(Card(title=t("Hello"), tone="done")) == (
        '<div class="entry" data-order="1795525200000">\n'
        '<article class="card" id="card-d1-main" data-dialog="d1" data-slot="main" data-tone="done" data-revision="7"'
        ' data-answers="false" aria-labelledby="title-d1-main" tabindex="-1">\n'
        '<h3 id="title-d1-main" dir="auto">Hello</h3>\n'
        "</article>\n\n"
        '<div class="receipt" role="status"></div>\n'
        '<div class="replies"></div>\n'
        "</div>"
    )


def test_a_button_is_a_form_of_its_own() -> None:
    card = Card(title=t("Hello"), buttons=(Button("here", t("I'm here"), "1", style="primary"),))
    assert only(entry(card), "<form", "</form>") == (
        '<form class="press" method="post"><input type="hidden" name="kind" value="press">'
        '<input type="hidden" name="dialog" value="d1"><input type="hidden" name="slot" value="main">'
        '<input type="hidden" name="action" value="here"><input type="hidden" name="value" value="1">'
        '<input type="hidden" name="id" value="ID">\n'
        '<button class="primary" dir="auto">I&#39;m here</button></form>'
    )


def test_a_bar_has_its_number_in_words_and_its_button_says_whether_it_is_pressed() -> None:
    card = Card(title=t("Lunch"), bars=(Bar(quote("Soup"), 3, 12, Button("vote", quote("Soup"), "s", pressed=True)),))
    html = only(entry(card), '<li class="bar"', "</li>")
    assert html.startswith('<li class="bar" data-count="3" data-total="12">')
    assert '<button class="plain" aria-pressed="true" dir="auto">Soup</button>' in html
    assert '<span class="count">3 of 12</span>\n<progress max="12" value="3" aria-hidden="true"></progress>' in html
    assert html.count("Soup") == 1  # the button is the label


def test_a_bar_whose_button_says_something_else_names_both() -> None:
    card = Card(title=t("Lunch"), bars=(Bar(quote("Soup"), 0, 0, Button("vote", t("Vote"), "s")),))
    html = only(entry(card), '<li class="bar"', "</li>")
    assert '<span class="label" id="bar-d1-main-1" dir="auto">Soup</span>' in html
    assert (
        '<button class="plain" aria-pressed="false" aria-describedby="bar-d1-main-1" dir="auto">Vote</button>' in html
    )
    assert '<span class="count">0</span>\n<progress max="1" value="0" aria-hidden="true"></progress>' in html


def test_an_item_says_its_state_in_words() -> None:
    items = tuple(Item(quote(mark), mark) for mark in ("open", "done", "help"))
    html = entry(Card(title=t("List"), items=items))
    assert re.findall(r'<li class="item" data-mark="(\w+)">', html) == ["open", "done", "help"]
    assert re.findall(r'<span class="mark">(.+?)</span>', html) == ["To do", "Done", "Help asked"]


def test_fields_are_named_and_say_what_is_optional() -> None:
    fields = (
        Field(
            "use",
            t("Useful?"),
            "choice",
            (Option("1", quote("No")), Option("2", quote("Yes"))),
            required=True,
            value="2",
        ),
        Field("more", t("More of?"), "many", (Option("a", quote("A")), Option("b", quote("B"))), value="a\nb"),
        Field("words", t("Words"), limit=120, value="<so far>"),
    )
    html = entry(Card(title=t("Survey"), fields=fields, submit=Button("send", t("Send"))))
    assert re.findall(r"<input type=\"(?:radio|checkbox)\"[^>]*>", html) == [
        '<input type="radio" name="field.use" value="1" required>',
        '<input type="radio" name="field.use" value="2" checked required>',
        '<input type="checkbox" name="field.more" value="a" checked>',
        '<input type="checkbox" name="field.more" value="b" checked>',
    ]
    assert only(html, "<textarea", "</textarea>") == (
        '<textarea id="field-d1-main-3" name="field.words" rows="3" maxlength="120" dir="auto">\n'
        "&lt;so far&gt;</textarea>"
    )
    assert html.count("(optional)") == 2
    assert '<input type="hidden" name="kind" value="submit">' in html
    assert '<input type="hidden" name="action" value="send">' in html


def test_what_cannot_be_undone_asks_first_and_works_without_a_script() -> None:
    close = Button("close", t("Close"), style="danger", confirm=t("Really?"))
    html = only(entry(Card(title=t("Poll"), buttons=(close,))), "<details", "</details>")
    assert '<summary class="button danger"><span class="ask" dir="auto">Close</span>' in html
    assert html.index("Really?") < html.index('<form class="press"') < html.index('<button class="danger"')


def test_people_times_and_links_within_words() -> None:
    words = t(
        "{who}, {other}, {bad} at {at}: {link}",
        who=Who("ana"),
        other=Who("nobody we know"),
        bad=Who("bad"),
        at=When(AT, "time", "Europe/Zurich"),
        link=Link("people", "s1", t("{n} people", n=3)),
    )
    assert DRAW.text(words, READER) == (
        '<b class="who" dir="auto">Ana Lima</b>, <b class="who" dir="auto">somebody</b>, '
        '<b class="who" dir="auto">&lt;script&gt;alert(1)&lt;/script&gt;</b> at '
        '<time datetime="2026-11-24T13:00:00Z" data-style="time">14:00 CET</time>: '
        f'<a href="{local(LINKS.people("t1", "s1", "ana"))}">3 people</a>'
    )
    assert plain(words, READER) == "Ana Lima, somebody, <script>alert(1)</script> at 14:00 CET: 3 people"


def test_a_command_is_written_as_it_is_typed_here() -> None:
    said = t("Open it with {start}. Write {prefix} before all of them.", start=Typed('start "A"'), prefix=Typed())
    words = 'Open it with /ilt start "A". Write /ilt before all of them.'
    assert plain(said, READER) == words
    assert DRAW.text(said, READER) == words.replace('"', "&#34;")


@pytest.mark.parametrize(
    ("style", "zone", "says"),
    [
        ("time", "Europe/Zurich", "14:00 CET"),
        ("date", "Europe/Zurich", "Tue 24 Nov"),
        ("both", "Asia/Kathmandu", "Tue 24 Nov, 18:45 +0545"),
        ("both", "No/Such", "Tue 24 Nov, 13:00 UTC"),
        ("time", "../../etc/passwd", "13:00 UTC"),
    ],
)
def test_a_moment_is_readable_without_a_script(style: str, zone: str, says: str) -> None:
    assert clock(AT, style, zone) == f'<time datetime="2026-11-24T13:00:00Z" data-style="{style}">{says}</time>'


@pytest.mark.parametrize(
    ("slip", "line"),
    [
        (Slip(Answer(t("Your vote: {x}", x="<b>"))), "Your vote: &lt;b&gt;"),
        (Slip(Answer()), "Received."),
        (Slip(Answer(again=True)), "Already received."),
        (Slip(Answer(), quiet=True), ""),
    ],
)
def test_what_somebody_is_told(slip: Slip, line: str) -> None:
    assert DRAW.told(slip, READER) == Told(line=line)  # type: ignore[arg-type]


def test_a_card_that_answers_can_be_closed_and_is_not_taken_for_a_message() -> None:
    told = DRAW.told(Slip(Answer(Card(title=t("Help"))), "d1", "main"), READER)
    assert told.line == ""
    assert "data-revision" not in told.card
    assert '<a class="button plain small close" href="?">Close<span class="sr"> Help</span></a>' in told.card


def test_answers_stand_beneath_their_question() -> None:
    line = Line("l1", AT, "ana", "Ana", host=False, words="I <3 it", dialog="d1")
    html = entry(Card(title=t("Why?"), answers=True), thread=(line,))
    assert '<p class="words" dir="auto">I &lt;3 it</p>' in html
    assert '<input type="hidden" name="kind" value="answer">' in html
    assert '<form class="answer"' not in entry(Card(title=t("Why?")), thread=(line,))  # closed: to read, not to write


def test_only_cards_with_links_differ_between_readers() -> None:
    assert has_link(Card(title=t("A"), footer=t("{x}", x=Link("room", "s1", t("room")))))
    assert not has_link(Card(title=t("A"), footer=t("{x}", x=Who("ana"))))


# -- whatever people write ---------------------------------------------------------------------------------------------

PATIENT = settings(deadline=None)  # machines that test are busy machines
HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "<script>alert(1)</script>", "</textarea><img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "' x='",
            "{{ 7 * 7 }}", "{% raw %}", "{who}", "&lt;b&gt;", "&amp;", "--></article>", "</title>", "javascript:x()",
            "\u202egnp.exe", "<a href=//evil.example>", "]]>", "<!--", "a\nb\n\nc", "\x00", "\ud83d\ude00", "x" * 3000,
        ]
    ),
)  # fmt: skip


class Shape(HTMLParser):
    """What a page consists of: its elements with the names of their attributes, and the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.targets: list[str | None] = []
        self.values: list[str | None] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.targets += [value for name, value in attrs if name in {"href", "src", "action", "formaction"}]
        self.values += [value for name, value in attrs if name in {"value", "aria-label"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def everywhere(words: str) -> Card:
    """A card that says this in every place where a card can say something."""
    said = quote(words)
    button = Button("act", said, words, pressed=True, confirm=t("Sure about {x}?", x=words))
    return Card(
        title=said,
        text=(said, t("He said {x}.", x=said)),
        facts=(Fact(said, said),),
        bars=(Bar(said, 1, 2, button), Bar(t("Other {x}", x=words), 1, 2)),
        items=(Item(said, "open", (button,)),),
        fields=(
            Field("a", said, "text", hint=said, value=words),
            Field("b", said, "choice", (Option(f"id {words}", said),), hint=said),
        ),
        submit=button,
        buttons=(button,),
        footer=tn("{n} vote for {x}", "{n} votes for {x}", 2, x=words),
        answers=True,
    )


def drawn(words: str) -> str:
    """The card, an answer beneath it, and a receipt, all of them saying this."""
    reader = Reader("t1", "ana", {"ana": words})
    told = DRAW.told(Slip(Answer(t("{who} said {x}", who=Who("ana"), x=words))), reader)
    thread = (Line("l1", AT, "ana", words, host=True, words=words, dialog="d1"),)
    seen = Seen("d1", "main", everywhere(words), private=True, at=AT, revision=1)
    return DRAW.entry(seen, reader, thread, told) + DRAW.line(thread[0])


@PATIENT
@given(HOSTILE)
def test_no_words_of_people_become_markup(words: str) -> None:
    hostile, harmless = Shape(drawn(words)), Shape(drawn("harmless"))
    assert hostile.elements == harmless.elements
    assert hostile.targets == harmless.targets


@PATIENT
@given(HOSTILE)
def test_all_words_of_people_arrive_as_they_were(words: str) -> None:
    hostile, harmless = Shape(drawn(words)), Shape(drawn("harmless"))
    assert hostile.words == harmless.words.replace("harmless", words)
    assert hostile.values.count(words) >= harmless.values.count("harmless") > 0


PAGES: list[Callable[[str], str]] = [
    lambda words: DRAW.page("error", sentence=words, hint=words, back=""),
    lambda words: DRAW.page(
        "join", title=words, brief=Brief(title=words), known=words, known_path="/x", error=words, name=words
    ),
]


@PATIENT
@given(HOSTILE.filter(bool), st.sampled_from(PAGES))
def test_no_words_of_people_become_markup_on_a_page(words: str, page: Callable[[str], str]) -> None:
    hostile, harmless = Shape(page(words)), Shape(page("harmless"))
    assert hostile.elements == harmless.elements
    assert hostile.targets == harmless.targets


def test_the_template_of_a_text_is_ours_and_its_arguments_are_not() -> None:
    assert DRAW.text(Text("{a}", (("a", "{b} {{c}}"),)), READER) == "{b} {{c}}"
