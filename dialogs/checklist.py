"""Checklist: what each person has to have ready before the session, ticked off by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field, field_validator

from dialogs.base import (
    FACILITATOR,
    LEARNER,
    Effect,
    Event,
    Frozen,
    Kind,
    Look,
    Member,
    Need,
    Note,
    Pressed,
    Rang,
    Result,
)
from dialogs.base import Role, Scene, Show, Started, Step, Tally, Told, Wake
from dialogs.card import Button, Card, Fact, Text, When, Who, quote, t, tn
from dialogs.card import Item as Line
from dialogs.privacy import MANY, listed
from dialogs.words import short

APART = timedelta(minutes=10)  # whoever was sent the list or a reminder is not reminded sooner than this


class Item(Frozen):
    """One thing to have ready, and how, for those who ask."""

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    help: str = ""


class State(Frozen):
    """A checklist as it stands. What is ticked is notes: done, help, or nothing yet."""

    audience: Literal["learner", "facilitator"]
    items: tuple[Item, ...] = Field(min_length=1, max_length=20)
    remind_at: AwareDatetime | None = None
    title: str = ""
    closed: bool = False  # nobody is reminded any more: the session has begun, or is called off
    sent_at: AwareDatetime | None = None  # the list, or the latest reminder
    reminders: int = 0  # how often there was one; each is a message of its own
    reminded: tuple[str, ...] = ()  # who got the latest
    helping: tuple[str, ...] = ()  # who has ever asked for help: each is a card to the facilitators

    @field_validator("items")
    @classmethod
    def _different(cls, items: tuple[Item, ...]) -> tuple[Item, ...]:
        if len({item.id for item in items}) < len(items):
            raise ValueError("two items have the same id")
        return items

    @property
    def role(self) -> Role:
        """Whose list it is."""
        return Role(self.audience)

    def item(self, id_: str) -> Item | None:
        """An item by its id."""
        return next((item for item in self.items if item.id == id_), None)

    def left(self, values: Mapping[str, str]) -> int:
        """How many items somebody with these notes has open. Help asked is open."""
        return sum(values.get(key(item)) != "done" for item in self.items)

    def reminder(self) -> str:
        """The slot of the latest reminder."""
        return "reminder" if self.reminders <= 1 else f"reminder:{self.reminders}"


def key(item: Item) -> str:
    """The note of an item."""
    return f"item:{item.id}"


def decide(checklist: State, event: Event, scene: Scene) -> Step[State]:
    """Everybody ticks their own; those with open items are reminded once; whoever asks for help gets it."""
    match event:
        case Started():
            sent = checklist.model_copy(update={"sent_at": scene.now})
            shows = (Show("list", checklist.role), *board(checklist))
            return Step(sent, (*shows, waking(checklist, scene.now)) if coming(checklist, scene.now) else shows)
        case Pressed(action="helped") if scene.role is not FACILITATOR:
            return Step(checklist, reply=t("Only a facilitator can mark this as helped."))
        case Pressed(action="helped", value=learner, by=str(helper)) if learner in checklist.helping:
            shows = (Show(f"help:{learner}", FACILITATOR), Show("list", learner), *board(checklist))
            return Step(checklist, (Note(f"helped:{learner}", helper, "yes"), *shows), reply=t("Marked as helped."))
        case Pressed(action="tick" | "untick" | "help") if scene.role is not checklist.role:
            return Step(checklist, reply=t("This checklist belongs to somebody else."))
        case Pressed(action="tick", value=value, by=str(person)) if item := checklist.item(value):
            left = checklist.left({**scene.mine, key(item): "done"})
            reply = (
                tn("Ticked. {n} item to go.", "Ticked. {n} items to go.", n=left)
                if left
                else t("Ticked. You are ready.")
            )
            ready = () if left else (Note("ready", person, "yes"),)
            return Step(checklist, (Note(key(item), person, "done"), *ready, *drawn(checklist, person)), reply=reply)
        case Pressed(action="untick", value=value, by=str(person)) if item := checklist.item(value):
            notes = (Note(key(item), person, None), Note("ready", person, None))
            reply = t("“{item}” is open again.", item=item.text)
            return Step(checklist, (*notes, *drawn(checklist, person)), reply=reply)
        case Pressed(action="help", value=value, by=str(person)) if checklist.role is LEARNER and (
            item := checklist.item(value)
        ):
            helping = tuple(dict.fromkeys((*checklist.helping, person)))
            asking = checklist.model_copy(update={"helping": helping})
            notes = (Note(key(item), person, "help"), Note("ready", person, None))
            reply = t("A facilitator has been told. Until then, try this: {help}", help=item.help)
            return Step(
                asking,
                (*notes, *drawn(asking, person)),
                reply=reply if item.help else t("A facilitator has been told."),
            )
        case Rang("remind") | Told("remind") if not checklist.closed:
            return remind(checklist, scene)
        case Told("moved", data=data) if not checklist.closed:
            moved = State.model_validate(checklist.model_dump() | {"remind_at": data.get("remind_at")})
            return Step(moved, (waking(moved, scene.now), Show("list", checklist.role)))
        case Told("show"):
            return Step(checklist, board(checklist))
        case Told("start" | "end" | "cancel" as what):
            closed = checklist.model_copy(update={"closed": True})
            return Step(closed, (Wake("remind", None),), done=what != "start")
    return Step(checklist)


def board(checklist: State) -> tuple[Show, ...]:
    """Facilitators see who is ready; of their own lists nobody keeps a board."""
    return (Show("ready", FACILITATOR),) if checklist.role is LEARNER else ()


def drawn(checklist: State, person: str) -> tuple[Show, ...]:
    """Every card that shows what this person ticked."""
    shows = [Show("list", person)]
    shows += [Show(checklist.reminder(), person)] if person in checklist.reminded else []
    shows += [Show(f"help:{person}", FACILITATOR)] if person in checklist.helping else []
    return (*shows, *board(checklist))


def coming(checklist: State, now: datetime) -> bool:
    """Whether there will be a reminder."""
    return checklist.remind_at is not None and checklist.remind_at > now


def waking(checklist: State, now: datetime) -> Wake:
    """The reminder's timer, off if its time has passed."""
    return Wake("remind", checklist.remind_at if coming(checklist, now) else None)


def remind(checklist: State, scene: Scene) -> Step[State]:
    """Those with open items, and nobody else."""
    if checklist.sent_at and scene.now - checklist.sent_at < APART:
        return Step(checklist)
    done = by_person(scene.tally)
    people = [one.person for one in scene.roster if one.role is checklist.role]
    waiting = tuple(person for person in people if checklist.left(done.get(person, {})))
    if not waiting:
        return Step(checklist)
    changes = {"reminders": checklist.reminders + 1, "reminded": waiting, "sent_at": scene.now}
    reminding = checklist.model_copy(update=changes)
    return Step(reminding, tuple(Show(reminding.reminder(), person) for person in waiting))


def by_person(tally: Tally) -> dict[str, dict[str, str]]:
    """Everybody's notes."""
    found: dict[str, dict[str, str]] = {}
    for note in tally.notes:
        found.setdefault(note.person, {})[note.key] = note.value
    return found


def asked(checklist: State, tally: Tally, person: str) -> tuple[Item, ...]:
    """The items with which this person still waits for help."""
    helped = [note.at for note in tally.latest(f"helped:{person}", 1)]
    mine = {note.key: note.at for note in tally.notes if note.person == person and note.value == "help"}
    return tuple(item for item in checklist.items if key(item) in mine and (not helped or mine[key(item)] > helped[0]))


# -- the cards ---------------------------------------------------------------------------------------------------------


def view(checklist: State, look: Look) -> Card:
    """A person's own list, the reminder, the facilitators' board, and a card for each who asks for help."""
    slot, _, of = look.slot.partition(":")
    match slot:
        case "ready":
            return readiness(checklist, look)
        case "help":
            return help_wanted(checklist, look, of)
    return own(checklist, look, reminder=slot == "reminder")


def own(checklist: State, look: Look, *, reminder: bool) -> Card:
    """Each item with its state in words and its buttons; a reminder has the open ones only."""
    left = checklist.left(look.mine)
    helped = look.viewer is not None and not asked(checklist, look.tally, look.viewer)
    items = [item for item in checklist.items if not reminder or look.mine.get(key(item)) != "done"]
    title = named(checklist, look)
    return Card(
        title=t("Reminder: {title}", title=title) if reminder and left else title,
        text=(*starting(look), *private(checklist)),
        items=tuple(line(checklist, item, look.mine.get(key(item)), helped=helped) for item in items),
        footer=tn("{n} item is open.", "{n} items are open.", n=left) if left else t("You are ready."),
        tone="plain" if left else "done",
    )


def named(checklist: State, look: Look) -> Text:
    """The title of a list."""
    if checklist.title or look.session is None:
        return quote(checklist.title) if checklist.title else t("Checklist")
    if checklist.role is FACILITATOR:
        return t("Before you lead “{title}”", title=look.session.title)
    return t("Get ready for “{title}”", title=look.session.title)


def starting(look: Look) -> tuple[Text, ...]:
    """When the session is, while that lies ahead."""
    brief = look.session
    if brief is None or brief.phase != "planned" or brief.starts is None:
        return ()
    return (t("It starts {when}.", when=When(brief.starts, "both", brief.zone)),)


def private(checklist: State) -> tuple[Text, ...]:
    """Who sees what one ticks."""
    return (t("Facilitators see what you tick. Nobody else does."),) if checklist.role is LEARNER else ()


def line(checklist: State, item: Item, value: str | None, *, helped: bool) -> Line:
    """One item."""
    tick = Button("tick", t("Tick"), item.id, style="primary")
    ask = (Button("help", t("I need help"), item.id),) if checklist.role is LEARNER else ()
    hinted = t("{item} Tip: {help}", item=t("“{item}”", item=item.text), help=item.help)
    match value:
        case "done":
            return Line(quote(item.text), "done", (Button("untick", t("Undo"), item.id),))
        case "help" if helped:
            text = t("“{item}”: a facilitator has dealt with it. Tick it when it works.", item=item.text)
            return Line(text, "open", (tick, *ask))
        case "help":
            return Line(
                hinted if item.help else quote(item.text),
                "help",
                (tick, Button("untick", t("No help needed"), item.id)),
            )
    return Line(hinted if item.help and checklist.role is FACILITATOR else quote(item.text), "open", (tick, *ask))


def help_wanted(checklist: State, look: Look, person: str) -> Card:
    """To the facilitators only: who needs help with what."""
    waiting = asked(checklist, look.tally, person)
    if not waiting:
        return Card(title=t("{who} needs no help any more", who=Who(person)), tone="done")
    return Card(
        title=t("{who} needs help before the session", who=Who(person)),
        text=(*(quote(item.text) for item in waiting), t("Write to them or call them. Only facilitators see this.")),
        buttons=(Button("helped", t("Helped"), person, style="primary"),),
        tone="flag",
    )


def readiness(checklist: State, look: Look) -> Card:
    """Who is ready, who is not and why. Of more than 40 people, only those who are not."""
    notes = by_person(look.tally)
    people = [one for one in look.roster if one.role is checklist.role]
    ready = [one for one in people if not checklist.left(notes.get(one.person, {}))]
    silent = [one for one in people if not any(key(item) in notes.get(one.person, {}) for item in checklist.items)]
    begun = [one for one in people if one not in ready and one not in silent]
    rows = [row(checklist, look.tally, one, notes[one.person]) for one in begun]
    rows.sort(key=lambda found: not found[0])  # those who asked for help first
    room = MANY if len(people) > MANY else len(people)
    facts = [fact for _, fact in rows[:room]]
    if len(rows) > room:
        facts.append(Fact(t("More with open items"), tn("{n} person", "{n} people", n=len(rows) - room)))
    if silent:
        facts.append(Fact(t("No answer yet"), listed([quote(one.name) for one in silent], max(0, room - len(rows)))))
    if ready and len(people) <= MANY:
        facts.append(Fact(t("Ready"), listed([quote(one.name) for one in ready])))
    return Card(
        title=t("Ready: {ready} of {all}", ready=len(ready), all=len(people)),
        text=(summed(len(ready), len(begun), len(silent)),),
        facts=tuple(facts),
        footer=t("Only facilitators see this."),
        tone="done" if people and len(ready) == len(people) else "plain",
    )


def summed(ready: int, begun: int, silent: int) -> Text:
    """The board in one line."""
    if not ready + begun + silent:
        return t("Nobody is on the roster yet.")
    if not begun + silent:
        return t("Everybody is ready.")
    return t("{begun} with open items, {silent} without an answer yet.", begun=begun, silent=silent)


def row(checklist: State, tally: Tally, one: Member, values: Mapping[str, str]) -> tuple[bool, Fact]:
    """Somebody who is not ready, and whether they wait for help."""
    waiting = asked(checklist, tally, one.person)
    others = [item for item in checklist.items if values.get(key(item)) != "done" and item not in waiting]
    helps, opens = (listed([quote(short(item.text, 40)) for item in some]) for some in (waiting, others))
    if waiting and others:
        return True, Fact(quote(one.name), t("needs help: {helps}. Open: {opens}", helps=helps, opens=opens))
    return bool(waiting), Fact(
        quote(one.name), t("needs help: {helps}", helps=helps) if waiting else t("open: {opens}", opens=opens)
    )


def sum_up(checklist: State, tally: Tally) -> Result:
    """How many are ready, of those who ticked anything."""
    answered = max(tally.total(key(item)) for item in checklist.items)
    title = checklist.title or f"checklist:{checklist.audience}"
    return Result("checklist", title, (("ready", tally.total("ready")),), answered)


NOTES_AND_ROSTER: frozenset[Need] = frozenset({"notes", "roster"})
NEEDS: dict[type[Event] | type[Look], frozenset[Need]] = dict.fromkeys((Rang, Told, Look), NOTES_AND_ROSTER)
KIND = Kind("checklist", State, decide, view, needs=NEEDS, sum_up=sum_up)
