"""A bot as small as the web room can be tried with: one class, kept in memory, with one card of every sort.

It keeps the contract of `adapters.base.Bot` (the type checker holds it to it) and knows nothing of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.base import Answer, RoomView, Seen
from dialogs.base import Brief, Commanded, Event, Listed, Member, Pressed, Role, Submitted
from dialogs.card import Bar, Button, Card, Fact, Field, Item, Link, Option, When, Who, quote, t, tn

NOON = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
BRIEF = Brief(title="Giving feedback", phase="open", starts=NOON, minutes=90, zone="Europe/Zurich")
FOOD = {"soup": "Soup", "salad": "Salad", "bread": "Bread and cheese, as every day"}
PEOPLE = {
    "fay": Member("fay", "Fay Okafor", Role.FACILITATOR, here=True),
    "ana": Member("ana", "Ana Lima", Role.LEARNER, here=True),
    "ben": Member("ben", "Ben Ode", Role.LEARNER, here=True, manager="mia"),
    "tal": Member("tal", "טל לוי", Role.LEARNER),
    "mia": Member("mia", "Mia Roth", Role.MANAGER),
}
EVERYBODY, ROOM = frozenset(PEOPLE), frozenset(name for name, one in PEOPLE.items() if one.role != Role.MANAGER)

Look = Callable[["SmallBot", str], Card]


@dataclass
class SmallBot:
    """One session, `s1` of tenant `t1`, and the people above. `failing`: so many of the next calls to `hear` raise."""

    votes: dict[str, str] = field(default_factory=dict)
    ticks: dict[str, str] = field(default_factory=dict)
    surveys: dict[str, Mapping[str, str]] = field(default_factory=dict)
    closed: bool = False
    failing: int = 0
    heard: list[Event] = field(default_factory=list)
    people: dict[str, Member] = field(default_factory=lambda: dict(PEOPLE))
    shown: dict[tuple[str, str], tuple[frozenset[str], bool]] = field(default_factory=lambda: dict(SHOWN))
    revision: int = 1
    brief: Brief = BRIEF

    def now(self) -> datetime:
        """Two minutes after noon, and a second later for everything heard."""
        return NOON + timedelta(minutes=2, seconds=len(self.heard))

    async def hear(self, event: Event) -> Answer:
        """Heard once for each id."""
        if self.failing:
            self.failing -= 1
            raise RuntimeError("the database is away")
        if any(known.id == event.id for known in self.heard):
            return Answer(again=True)
        self.heard.append(event)
        self.revision += 1
        match event:
            case Pressed(action="vote", value=value, by=str(by)) if self.closed or value not in FOOD:
                return Answer(t("This poll has closed. Your vote was not counted."))
            case Pressed(action="vote", value=value, by=str(by)):
                self.votes[by] = value
                return Answer(t("Your vote: {choice}", choice=FOOD[value]))
            case Pressed(action="close", by="fay"):
                self.closed = True
                return Answer(t("The poll is closed."))
            case Pressed(action="tick", value=value, by=str(by)):
                self.ticks[f"{by}:{value.partition('=')[0]}"] = value.partition("=")[2]
                return Answer()
            case Submitted(action="send", by=str(by), values=values):
                self.surveys[by] = dict(values)
                return Answer(t("Thank you, {who}.", who=Who(by)), {by: self.people[by].name})
            case Commanded(text="help", by=str(by)):
                return Answer(HELP)
            case Commanded(text=text):
                return Answer(t("There is no command “{text}”: did you mean “help”?", text=text))
        return Answer()

    async def room(self, session: str, person: str) -> RoomView | None:
        """The one room there is."""
        if session != "s1" or person not in self.people:
            return None
        who = self.people[person]
        roster = (*self.people.values(),) if who.role == Role.FACILITATOR else ()
        return RoomView("t1", "s1", self.brief, person, who.name, who.role, self._seen(person), self._names(), roster)

    async def desk(self, person: str) -> RoomView | None:
        """The sessions of a person."""
        if person not in self.people:
            return None
        later = BRIEF.model_copy(update={"title": "Difficult talks", "phase": "planned", "starts": NOON + timedelta(3)})
        who = self.people[person]
        listed = (Listed("s1", who.role, BRIEF), Listed("s2", who.role, later), Listed("s3", Role.MANAGER, BRIEF))
        seen = (Seen("d1", "hello", DESK, private=True, at=NOON, revision=1),) if person == "fay" else ()
        return RoomView("t1", None, None, person, who.name, None, seen, self._names(), sessions=listed)

    async def looks(self, dialog: str, slot: str, viewers: Sequence[str]) -> Mapping[str, Seen]:
        """One message for these people."""
        found = {
            one: [seen for seen in self._seen(one) if (seen.dialog, seen.slot) == (dialog, slot)] for one in viewers
        }
        return {one: seen[0] for one, seen in found.items() if seen}

    async def session(self, session: str) -> Brief | None:
        """What the one session here says of itself."""
        return BRIEF if session == "s1" else None

    async def admit(self, session: str, name: str) -> str | None:
        """Anybody, while the session lasts."""
        if session != "s1" or self.closed:
            return None
        person = f"new{len(self.people)}"
        self.people[person] = Member(person, name, Role.LEARNER, here=True)
        self.shown = {
            key: (viewers | {person} if "ana" in viewers else viewers, private)
            for key, (viewers, private) in self.shown.items()
        }
        return person

    def _names(self) -> dict[str, str]:
        return {person: one.name for person, one in self.people.items()}

    def _seen(self, person: str) -> tuple[Seen, ...]:
        messages = [
            Seen(dialog, slot, CARDS[dialog](self, person), private, NOON + timedelta(seconds=order), self.revision)
            for order, ((dialog, slot), (viewers, private)) in enumerate(self.shown.items())
            if person in viewers
        ]
        return tuple(messages)


def opening(bot: SmallBot, viewer: str) -> Card:
    """What the session says first."""
    return Card(
        title=t("Welcome to {title}", title=BRIEF.title),
        text=(
            t("By the end you can:"),
            quote("• open a talk with what you saw, not what you think\n• ask before you advise"),
        ),
        facts=(
            Fact(t("Facilitator"), t("{who}", who=Who("fay"))),
            Fact(t("Until"), t("{at}", at=When(NOON + timedelta(minutes=90), "time", BRIEF.zone))),
        ),
        buttons=(Button("here", t("I'm here"), style="primary"),),
        footer=t("The bot does not hear voices: what is said aloud, it does not know."),
    )


def poll(bot: SmallBot, viewer: str) -> Card:
    """A vote that can be changed."""
    bars = tuple(
        Bar(
            quote(text),
            sum(vote == id_ for vote in bot.votes.values()),
            len(bot.votes),
            None if bot.closed else Button("vote", quote(text), id_, pressed=bot.votes.get(viewer) == id_),
        )
        for id_, text in FOOD.items()
    )
    close = Button("close", t("Close the poll"), confirm=t("Close it now? Nobody can vote after that."), style="danger")
    votes = tn("{n} vote so far. You can change yours.", "{n} votes so far. You can change yours.", n=len(bot.votes))
    return Card(
        title=quote("What shall we have for lunch?"),
        bars=bars,
        buttons=(close,) if viewer == "fay" and not bot.closed else (),
        footer=tn("Closed. {n} vote.", "Closed. {n} votes.", n=len(bot.votes)) if bot.closed else votes,
        tone="done" if bot.closed else "plain",
    )


def question(bot: SmallBot, viewer: str) -> Card:
    """A question that is answered beneath."""
    buttons = (Button("answered", t("Answered"), style="primary"), Button("pass", t("Pass"))) if viewer == "ana" else ()
    return Card(
        title=quote("What would you say first to somebody who is always late?"),
        text=(t("{who}, what do you think? Answer here or aloud, or pass: both are fine.", who=Who("ana")),),
        buttons=buttons,
        answers=True,
    )


def checklist(bot: SmallBot, viewer: str) -> Card:
    """Things to do before."""

    def item(id_: str, text: str) -> Item:
        state = bot.ticks.get(f"{viewer}:{id_}", "open")
        done = Button("tick", t("Done"), f"{id_}={'open' if state == 'done' else 'done'}", pressed=state == "done")
        stuck = Button(
            "tick", t("I need help"), f"{id_}={'open' if state == 'help' else 'help'}", pressed=state == "help"
        )
        return Item(quote(text), state if state in {"done", "help"} else "open", (done, stuck))  # type: ignore[arg-type]

    return Card(
        title=t("Before we begin"),
        text=(t("Three things, five minutes. Please tick them by {at}.", at=When(NOON, "both", BRIEF.zone)),),
        items=(
            item("head", "A headset that works"),
            item("page", "https://example.org/a-very-long-address-that-has-no-place-to-break/and-goes-on-and-on opens"),
            item("quiet", "A quiet place for ninety minutes"),
        ),
    )


def survey(bot: SmallBot, viewer: str) -> Card:
    """Three questions afterwards."""
    sent = bot.surveys.get(viewer)
    scale = tuple(Option(str(n), quote(str(n))) for n in range(1, 6))
    topics = (
        Option("a", quote("Opening a talk")),
        Option("b", quote("Asking first")),
        Option("c", quote("Ending well")),
    )
    fields = (
        Field("use", t("How useful was it, from 1 (not at all) to 5 (very)?"), "choice", scale, required=True),
        Field("more", t("What do you want more of?"), "many", topics, hint=t("As many as you like.")),
        Field(
            "words",
            t("What shall we change?"),
            hint=t("Only in groups of five or more, and never with your name."),
            limit=400,
        ),
    )
    if sent:
        return Card(title=t("Thank you"), text=(t("Your answers are in."),), tone="done")
    return Card(
        title=t("Three questions"),
        text=(t("Confidential: your facilitator sees results only from five answers on."),),
        fields=fields,
        submit=Button("send", t("Send"), style="primary"),
    )


def flag(bot: SmallBot, viewer: str) -> Card:
    """A word to the facilitator alone."""
    return Card(
        title=t("It has been quiet for 90 seconds"),
        text=(
            t(
                "Nobody has answered “{question}”. You could call on {who}: it is their turn.",
                question="What surprised you?",
                who=Who("tal"),
            ),
        ),
        buttons=(
            Button("call", t("Call on {who}", who=Who("tal")), "1", style="primary"),
            Button("poll", t("Make it a poll"), "1"),
            Button("more", t("More time"), "1"),
            Button("aloud", t("Answered aloud"), "1"),
        ),
        tone="flag",
    )


def board(bot: SmallBot, viewer: str) -> Card:
    """Who is ready."""
    return Card(
        title=t("Readiness"),
        bars=(Bar(t("Ready"), 1, 3), Bar(t("Not yet"), 1, 3), Bar(t("Need help"), 1, 3)),
        facts=(
            Fact(t("Needs help"), t("{who}: headset", who=Who("ben"))),
            Fact(t("Not heard from"), t("{who}", who=Who("tal"))),
        ),
        footer=t("Who is in: {people}", people=Link("people", "s1", t("people and links"))),
    )


def digest(bot: SmallBot, viewer: str) -> Card:
    """What the manager reads."""
    return Card(
        title=t("Giving feedback: your people"),
        text=(t("One of your people took part on {at}.", at=When(NOON, "date", BRIEF.zone)),),
        facts=(
            Fact(t("{who}", who=Who("ben")), t("Present 84 of 90 minutes; answered 3 of 4")),
            Fact(t("Open a talk with what you saw"), t("7 of 9 chose well")),
            Fact(t("Survey"), t("Too few answers to show (under 5)")),
        ),
        footer=t("How these numbers are made is in {link}.", link=Link("report", "s1", t("the report"))),
    )


CARDS: Mapping[str, Look] = {
    "o1": opening, "p1": poll, "q1": question, "c1": checklist, "v1": survey, "f1": flag, "b1": board, "m1": digest,
}  # fmt: skip
LEARNERS = frozenset({"ana", "ben", "tal"})
SHOWN: Mapping[tuple[str, str], tuple[frozenset[str], bool]] = {
    ("c1", "list"): (LEARNERS, True),
    ("b1", "board"): (frozenset({"fay"}), True),
    ("o1", "open"): (ROOM, False),
    ("q1", "question"): (ROOM, False),
    ("p1", "board"): (ROOM, False),
    ("f1", "flag:1"): (frozenset({"fay"}), True),
    ("v1", "form"): (LEARNERS, True),
    ("m1", "digest"): (frozenset({"mia"}), True),
}
DESK = Card(title=t("You have no template of your own yet"), text=(t("Write /ilt new to see what there is."),))
HELP = Card(
    title=t("Cohost's commands"),
    text=(t("Write /ilt before each of these."),),
    facts=(
        Fact(quote("help [COMMAND]"), t("Lists the commands, or explains one of them.")),
        Fact(quote('poll "QUESTION" "CHOICE" "CHOICE" ... [--for 60s]'), t("Asks everybody one question.")),
    ),
)
