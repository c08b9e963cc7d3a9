"""Poll: one question, one answer per person, which can be changed until it closes."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from dialogs.base import (
    FACILITATOR,
    Event,
    Frozen,
    Kind,
    Look,
    Note,
    Pressed,
    Rang,
    Result,
    Scene,
    Show,
    Started,
    Step,
    Tally,
    Told,
    Wake,
)
from dialogs.card import Bar, Button, Card, Text, When, Who, quote, t, tn

SHORT = 600  # seconds for which a poll says how long it is open, beside the time of day at which it closes


class Choice(Frozen):
    """One answer. Votes name the id, so the text can be edited and be as long as it likes."""

    id: str
    text: str


class State(Frozen):
    """A poll as it stands. The votes are notes, not state."""

    question: str
    choices: tuple[Choice, ...] = Field(min_length=2, max_length=10)
    open_for: int | None = None  # seconds; None: until the facilitator closes it
    objective: str | None = None
    closes_at: datetime | None = None
    closed: bool = False
    asker: str | None = None  # whose poll it is, where there is no session and so no facilitator

    @property
    def ids(self) -> frozenset[str]:
        """What a vote may say."""
        return frozenset(one.id for one in self.choices)

    def text(self, choice: str) -> str:
        """The text of a choice by its id."""
        return next(one.text for one in self.choices if one.id == choice)


def decide(poll: State, event: Event, scene: Scene) -> Step[State]:
    """Votes count until it closes; the facilitator, the clock or the end of the session closes it."""
    match event:
        case Started():
            return begin(poll, event, scene)
        case Pressed(action="vote") if poll.closed and (kept := scene.mine.get("vote")) in poll.ids:
            return Step(poll, reply=t("This poll has closed. Your vote stays: {choice}", choice=poll.text(kept)))
        case Pressed(action="vote") if poll.closed:
            return Step(poll, reply=t("This poll has closed, so votes are not counted any more."))
        case Pressed(action="vote", value=choice, by=str(voter)) if choice in poll.ids:
            effects = (Note("vote", voter, choice), Show("board"))
            return Step(poll, effects, reply=t("Your vote: {choice}", choice=poll.text(choice)))
        case Pressed(action="close") if scene.session and scene.role is not FACILITATOR:
            return Step(poll, reply=t("Only a facilitator can close this poll."))
        case Pressed(action="close", by=by) if not scene.session and poll.asker not in {None, by}:
            return Step(poll, reply=t("Only {who} can close this poll.", who=Who(poll.asker or "")))
        case Pressed(action="close") if poll.closed:
            return Step(poll, reply=t("This poll has closed already."))
        case Pressed(action="close") | Rang("close") | Told("end") | Told("cancel") if not poll.closed:
            closed = poll.model_copy(update={"closed": True})
            reply = t("The poll is closed.") if isinstance(event, Pressed) else None  # else it would answer for another
            return Step(closed, (Show("board"), Wake("close", None)), reply=reply, done=True)
    return Step(poll)


def begin(poll: State, event: Started, scene: Scene) -> Step[State]:
    """It is in the room, and in a hurry if it was given a time."""
    if scene.session is None:
        poll = poll.model_copy(update={"asker": event.by})
    if poll.open_for is None:
        return Step(poll, (Show("board"),))
    closes_at = scene.now + timedelta(seconds=poll.open_for)
    return Step(poll.model_copy(update={"closes_at": closes_at}), (Show("board"), Wake("close", closes_at)))


def view(poll: State, look: Look) -> Card:
    """The one message of the poll: each answer with its number and bar, live."""
    counts, total = look.tally.counts("vote"), look.tally.total("vote")
    bars = []
    for choice in poll.choices:
        mine = look.mine.get("vote") == choice.id
        label = quote(choice.text)
        vote = None if poll.closed else Button("vote", label, choice.id, pressed=mine)
        bars.append(Bar(label, counts.get(choice.id, 0), total, vote))
    closing = Button("close", t("Close the poll"), lead=True)
    may_close = look.role is FACILITATOR or look.viewer in {None, poll.asker}
    return Card(
        title=quote(poll.question),
        bars=tuple(bars),
        buttons=(closing,) if may_close and not poll.closed else (),
        footer=_footer(poll, total, look),
        tone="closed" if poll.closed else "plain",
    )


def _footer(poll: State, total: int, look: Look) -> Text:
    if poll.closed:
        return tn("Closed. {n} vote.", "Closed. {n} votes.", n=total)
    votes = tn("{n} vote so far.", "{n} votes so far.", n=total) if total else t("No votes yet.")
    if poll.closes_at is None:
        return t("{votes} A vote can be changed until the poll closes.", votes=votes)
    time = When(poll.closes_at, "time", look.session.zone if look.session else "UTC")
    if not poll.open_for or poll.open_for > SHORT:
        return t("{votes} A vote can be changed until {time}.", votes=votes, time=time)
    # A clock without seconds cannot say when so short a time is over.
    length = _length(poll.open_for)
    return t("{votes} Open for {length}, until {time}. A vote can be changed.", votes=votes, length=length, time=time)


def _length(seconds: int) -> Text:
    if seconds >= 120 and seconds % 60 == 0:
        return t("{n} minutes", n=seconds // 60)
    return t("{n} seconds", n=seconds)


def sum_up(poll: State, tally: Tally) -> Result:
    """What the poll found."""
    counts = tally.counts("vote")
    answers = tuple((choice.text, counts.get(choice.id, 0)) for choice in poll.choices)
    return Result("poll", poll.question, answers, tally.total("vote"), poll.objective)


KIND = Kind("poll", State, decide, view, sum_up=sum_up)
