"""The simulated people: they read what is drawn, tell it as a story, and notice when it does not add up."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.base import Seen
from adapters.web.draw import Draw, Reader
from adapters.web.links import Links
from bot.clock import FastClock
from bot.rehearsal import checks, reading
from bot.rehearsal.browser import Told
from bot.rehearsal.facilitator import Facilitator
from bot.rehearsal.learner import Learner
from bot.rehearsal.manager import Manager
from bot.rehearsal.people import Act, Listed, Person, World
from bot.rehearsal.reading import Bar, Card, Form
from bot.rehearsal.register import Register, Sums
from bot.rehearsal.story import Sight, Story
from bot.rehearsal.wall import Wall
from dialogs import card as cards
from dialogs.card import quote, t

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


# -- reading -----------------------------------------------------------------------------------------------------------


def test_people_read_every_part_of_a_card_as_it_is_drawn() -> None:
    drawn = cards.Card(
        title=quote("How <b>deep</b>?"),
        text=(t("{who}, it is your turn.", who=cards.Who("p1")), t("At {when}.", when=cards.When(NOON))),
        facts=(cards.Fact(t("Next"), quote("A poll")),),
        bars=(cards.Bar(quote("Very"), 2, 3, cards.Button("vote", quote("Very"), "a", pressed=True)),),
        items=(cards.Item(quote("Pen"), "help", (cards.Button("tick", t("Tick"), "pen"),)),),
        fields=(
            cards.Field("why", t("Why?")),
            cards.Field("how", t("How?"), "choice", (cards.Option("x", t("So")),), True),
        ),
        submit=cards.Button("send", t("Send")),
        buttons=(cards.Button("end", t("End it"), confirm=t("Really?"), style="danger"),),
        footer=t("3 votes."),
        tone="flag",
        answers=True,
    )

    card = read(drawn, private=True)

    assert (card.title, card.tone, card.footer, card.private) == ("How <b>deep</b>?", "flag", "3 votes.", True)
    assert card.texts[0] == "Zoë 🦊, it is your turn."
    assert card.who == ("Zoë 🦊",)
    assert card.times == (NOON,)
    assert card.facts == (("Next", "A poll"),)
    assert [(bar.label, bar.count, bar.total, bar.vote and bar.vote.pressed) for bar in card.bars] == [
        ("Very", 2, 3, True)
    ]
    assert [(item.text, item.mark) for item in card.items] == [("Pen", "help")]
    assert [form.get("action") for form in card.forms] == ["vote", "tick", "end"]
    assert card.form("end") == Form(
        "End it", (("kind", "press"), ("dialog", "d1"), ("slot", "s"), ("action", "end"), ("value", "")), "danger"
    )
    assert card.fields
    assert [(one.name, one.kind, one.options, one.required) for one in card.fields.questions] == [
        ("field.why", "text", (), False),
        ("field.how", "radio", (("x", "So"),), True),
    ]
    assert card.answer
    assert card.answer.get("kind") == "answer"


def read(drawn: cards.Card, *, private: bool) -> Card:
    draw = Draw(Links("a secret that is long enough", "http://room.test"), {})
    html = draw.entry(Seen("d1", "s", drawn, private, NOON, 4), Reader("local", "p2", {"p1": "Zoë 🦊"}))
    entry = reading.parse(str(html)).one("div", "entry")
    card = reading.of_entry(entry, private=private) if entry else None
    assert card
    return card


# -- adding up ---------------------------------------------------------------------------------------------------------


class Room:
    """A class whose pages show what the test says."""

    def __init__(self) -> None:
        self.story = Story(Wall(None, 1))
        world = World(Wall(None, 1), cast("Any", None), self.story, 1, NOON)
        self.ida, self.kwame, self.greta, self.helena = (
            person(Listed(name, "", part, manager="Helena"), world)
            for person, name, part in [
                (Learner, "Ida", "learner"),
                (Learner, "Kwame", "learner"),
                (Facilitator, "Greta", "facilitator"),
                (Manager, "Helena", "manager"),
            ]
        )
        for one in self.people:
            one.came = NOON - timedelta(hours=1)
        self.fresh: dict[str, list[Card]] = {one.name: [] for one in self.people}

    @property
    def people(self) -> list[Person]:
        return [self.ida, self.kwame, self.greta, self.helena]

    def shows(self, card: Card, *people: Person) -> None:
        for one in people or self.people:
            self.fresh[one.name].append(card)
            one.page.cards[card.id] = card

    def sees(self, one: Person, card: Card, what: str = "new", at: datetime = NOON) -> None:
        self.story.sights.append(Sight(at, one.listed, what, card))

    def wrong(self, what: Callable[[Register, Sums], None]) -> list[str]:
        sums = Sums()
        what(Register(self.people, self.fresh, self.story), sums)
        return sums.wrong


def act(told: str, what: str = "press", *, at: datetime = NOON, **like: str) -> Act:
    kept = {"dialog": "d1", "action": "", "value": "", "label": "", "title": ""} | like
    return Act(at, at, what, **kept, told=Told(told))


def card(title: str = "Ready?", **like: Any) -> Card:
    parts = {"texts": (), "facts": (), "bars": (), "items": (), "fields": None, "forms": (), "footer": ""} | like
    return Card(
        id=f"card-d1-{title}",
        dialog="d1",
        slot=parts.pop("slot", "board"),
        tone=parts.pop("tone", "plain"),
        title=title,
        **parts,
    )


def board(yes: int, no: int) -> Card:
    return card(bars=(Bar("Yes", yes, yes + no, None), Bar("No", no, yes + no, None)))


def test_a_board_counts_what_was_pressed_last() -> None:
    room = Room()
    room.ida.acts = [act("Your vote: Yes", action="vote", label="Yes"), act("Your vote: No", action="vote", label="No")]
    room.kwame.acts = [act("Your vote: No", action="vote", label="No")]
    room.shows(board(0, 2))

    assert room.wrong(checks.polls) == []


@pytest.mark.parametrize("shown", [board(1, 2), board(0, 1), board(1, 1)], ids=["twice", "lost", "not changed"])
def test_a_board_that_counts_otherwise_is_noticed(shown: Card) -> None:
    room = Room()
    room.ida.acts = [act("Your vote: Yes", action="vote", label="Yes"), act("Your vote: No", action="vote", label="No")]
    room.kwame.acts = [act("Your vote: No", action="vote", label="No")]
    room.shows(shown)

    assert len(room.wrong(checks.polls)) == 1


def test_a_vote_that_was_refused_does_not_count() -> None:
    room = Room()
    room.ida.acts = [act("Your vote: Yes", action="vote", label="Yes")]
    room.kwame.acts = [act("This poll has closed.", action="vote", label="No")]
    room.shows(board(1, 0))

    assert room.wrong(checks.polls) == []


def test_a_page_that_was_left_behind_is_noticed() -> None:
    room = Room()
    room.shows(board(1, 1))
    room.ida.page.cards[board(1, 1).id] = board(1, 0)

    assert "Ida sees" in room.wrong(checks.converged)[0]


def calls(room: Room, *names: str, dialog: str = "d1", at: datetime = NOON) -> None:
    for number, name in enumerate(names):
        shown = card(texts=(f"{name}, what do you think?",), who=(name,))
        room.sees(room.greta, replace(shown, dialog=dialog), "changed", at + timedelta(minutes=number))


def test_being_called_twice_for_a_question_is_noticed() -> None:
    room = Room()
    calls(room, "Ida", "Kwame", "Ida")

    assert "Ida" in room.wrong(checks.once_each)[0]


def test_a_second_turn_before_everybody_had_one_is_noticed() -> None:
    room = Room()
    calls(room, "Ida")
    calls(room, "Ida", dialog="d2", at=NOON + timedelta(minutes=5))

    assert "Ida before Kwame" in room.wrong(checks.fair)[0]


def test_whoever_is_not_there_is_not_waited_for() -> None:
    room = Room()
    calls(room, "Kwame")
    room.greta.acts = [act("Noted.", action="absent", at=NOON + timedelta(seconds=30))]
    calls(room, "Ida", dialog="d2", at=NOON + timedelta(minutes=5))
    calls(room, "Ida", dialog="d3", at=NOON + timedelta(minutes=9))

    assert room.wrong(checks.fair) == []


def test_the_same_private_message_twice_is_noticed() -> None:
    room = Room()
    room.sees(room.ida, card("How was it?", private=True, slot="form"))
    room.sees(room.kwame, card("How was it?", private=True, slot="form"))
    assert room.wrong(checks.no_card_twice) == []

    room.sees(room.ida, card("How was it?", private=True, slot="form:2"))
    assert "Ida got" in room.wrong(checks.no_card_twice)[0]


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        (("All 2 answered.", "Fewer than 5 people answered, so their answers are not shown."), 0),
        (("1 of 2 answered.", "Fewer than 5 people answered, so their answers are not shown."), 1),
        (("All 2 answered.", "Good: 2 of 2 (100 %)"), 2),
    ],
    ids=["as sent", "one lost", "not kept back"],
)
def test_a_survey_is_compared_with_the_forms_that_were_sent(texts: tuple[str, ...], wrong: int) -> None:
    room = Room()
    for one in (room.ida, room.kwame):
        one.acts = [act("Your answers are stored.", "submit")]
    room.shows(card("Survey", slot="results", tone="closed", texts=texts, private=True), room.greta)

    assert len(room.wrong(checks.survey)) == wrong


def test_a_digest_that_counts_otherwise_is_noticed() -> None:
    room = Room()
    room.kwame.came = None
    room.shows(card("How it went", slot="digest", facts=(("Attendance", "2 of all 2 people attended."),)), room.helena)
    assert "1 of all 2 people attended" in room.wrong(checks.digest)[0]


# -- telling -----------------------------------------------------------------------------------------------------------


def test_a_tally_is_told_once_and_votes_together() -> None:
    room = Room()
    room.story.wall = wall = Wall(None, 1)
    wall.now = lambda: NOON  # type: ignore[method-assign]
    room.story.saw(room.ida.listed, "new", board(0, 0))
    room.story.saw(room.kwame.listed, "new", board(0, 0))
    for one, label in ((room.ida, "Yes"), (room.kwame, "No")):
        room.story.did(one.listed, act(f"Your vote: {label}", action="vote", label=label, title="Ready?"))
        room.story.saw(room.ida.listed, "changed", board(1, label == "No"))
    room.story.saw(room.ida.listed, "changed", replace(board(1, 1), tone="closed", footer="Closed. 2 votes."))

    assert list(room.story.told()) == [
        "Wednesday 25 November (times are UTC)",
        "  12:00  THE ROOM sees: “Ready?” · Yes 0, No 0",
        "  12:00  Ida and Kwame vote on “Ready?” and are told, for example: Your vote: Yes",
        "  12:00  THE ROOM sees: “Ready?” · Yes 1, No 1 · Closed. 2 votes.",
    ]


async def test_the_clock_on_the_wall_leaps_with_the_bots(tmp_path: Path) -> None:
    bots = FastClock(tmp_path / "clock.json", NOON, 60)
    wall = Wall(tmp_path / "clock.json", 60)
    waiting = asyncio.create_task(wall.until(NOON + timedelta(days=1)))

    bots.leap(NOON + timedelta(days=1, minutes=1))

    await asyncio.wait_for(waiting, 5)
    assert abs(wall.now() - bots.now()) < timedelta(seconds=60)
