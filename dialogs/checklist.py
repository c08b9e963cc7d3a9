"""Checklist: what each person has to have ready before the session, ticked off by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from dialogs.base import (
    FACILITATOR,
    LEARNER,
    Brief,
    Event,
    Frozen,
    Kind,
    Look,
    Member,
    Needs,
    Note,
    Pressed,
    Rang,
    Result,
    Role,
    Scene,
    Show,
    Started,
    Step,
    Tally,
    Told,
    Wake,
)
from dialogs.card import Button, Card, Fact, Text, When, Who, quote, t, tn
from dialogs.checklist_items import Item, line, opened, standing
from dialogs.privacy import MANY, listed
from dialogs.sending import Sending, Way, begun, far, followed, looks, news, not_reached, number
from dialogs.sent import Sent, sent_to

APART = timedelta(minutes=10)  # whoever was just sent the list or a reminder gets no other reminder

OVER = t("The time to get ready is over. This list is closed.")


class State(Frozen):
    """A checklist as it stands. What people tick is notes, not state."""

    audience: Literal["learner", "facilitator"]
    items: tuple[Item, ...] = Field(min_length=1, max_length=20)
    remind_at: AwareDatetime | None = None
    title: str = ""
    closed: bool = False  # nobody is reminded any more: the session has begun, or is called off
    over: bool = False  # the session has ended, or is called off: nothing is ticked any more
    sent_at: AwareDatetime | None = None  # when the list or the latest reminder went out
    reminders: int = 0  # how many there were; each is a message of its own
    reminded: tuple[str, ...] = ()  # who got the latest
    helping: tuple[str, ...] = ()  # who ever asked for help: each has a card with the facilitators
    sending: Sending | None = None  # the list or a reminder is on its way, and facilitators are told how far it is

    @property
    def role(self) -> Role:
        """Whose list it is."""
        return Role(self.audience)

    @property
    def reminder(self) -> str:
        """The slot of the latest reminder."""
        return "reminder" if self.reminders <= 1 else f"reminder:{self.reminders}"

    def item(self, id_: str) -> Item | None:
        """An item by its id."""
        return next((item for item in self.items if item.id == id_), None)

    def left(self, values: Mapping[str, str]) -> int:
        """How many items somebody with these notes has open. One with which they need help is open too."""
        return sum(values.get(item.key) != "done" for item in self.items)


def decide(checklist: State, event: Event, scene: Scene) -> Step[State]:
    """Everybody ticks their own; whoever asks for help is heard; those with open items are reminded."""
    match event:
        case Started():
            sent = on_its_way(checklist.model_copy(update={"sent_at": scene.now}), scene)
            at = ahead(sent, scene.now)
            timers = (*((Wake("remind", at),) if at else ()), *looking(checklist, sent))
            return Step(sent, (Show("list", sent.role), *board(sent), *timers))
        case Pressed(action="tick" | "untick" | "help" | "helped") if checklist.over:
            return Step(checklist, reply=OVER)
        case Pressed(action="helped") if scene.role is not FACILITATOR:
            return Step(checklist, reply=t("Only a facilitator can mark this as helped."))
        case Pressed(action="helped", value=person, by=str(helper)) if person in checklist.helping:
            note = Note(f"helped:{person}", helper, "yes")
            return Step(checklist, (note, *drawn(checklist, person)), reply=t("Marked as helped."))
        case Pressed(action="tick" | "untick" | "help") if scene.role is not checklist.role:
            return Step(checklist, reply=t("This checklist is not yours to tick."))
        case Pressed(action="tick", value=value, by=str(person)) if item := checklist.item(value):
            left = checklist.left({**scene.mine, item.key: "done"})
            ready = () if left else (Note("ready", person, "yes"),)
            reply = tn("Ticked. {n} item to go.", "Ticked. {n} items to go.", n=left)
            effects = (Note(item.key, person, "done"), *ready, *drawn(checklist, person))
            return Step(checklist, effects, reply=reply if left else t("Ticked. You are ready."))
        case Pressed(action="untick", value=value, by=str(person)) if item := checklist.item(value):
            effects = (Note(item.key, person, None), Note("ready", person, None), *drawn(checklist, person))
            return Step(checklist, effects, reply=t("“{item}” is open again.", item=item.text))
        case Pressed(action="help") if checklist.role is FACILITATOR:  # who else would come?
            return Step(checklist)
        case Pressed(action="help", value=value, by=str(person)) if item := checklist.item(value):
            helping = tuple(dict.fromkeys((*checklist.helping, person)))
            asking = checklist.model_copy(update={"helping": helping})
            effects = (Note(item.key, person, "help"), Note("ready", person, None), *drawn(asking, person))
            tip = t("The facilitators have been told. Meanwhile, try this: {help}", help=item.help)
            return Step(asking, effects, reply=tip if item.help else t("The facilitators have been told."))
        case Rang("remind") if begins_by(scene.session, scene.now):
            return Step(checklist)  # nothing ran at the time: now the session is about to be opened, or was not held
        case Rang("remind") | Told("remind") if not checklist.closed:
            return remind(checklist, scene)
        case Rang("sending") if checklist.role is LEARNER and not checklist.closed:
            before = checklist.sending
            after, look = followed(before, ways(checklist, scene.delivery, scene.roster), scene.now)
            told = board(checklist) if news(before, after) else ()
            return Step(checklist.model_copy(update={"sending": after}), (*told, look))
        case Told("came") if not checklist.closed:
            more = on_its_way(checklist, scene)
            return Step(more, looking(checklist, more))
        case Told("moved", data=data) if not checklist.closed:
            moved = State.model_validate({**checklist.model_dump(), "remind_at": data.get("remind_at")})
            return Step(moved, (Wake("remind", ahead(moved, scene.now)), Show("list", moved.role)))
        case Told("show"):
            return Step(checklist, board(checklist))
        case Told("start" | "end" | "cancel" as what):
            over = what != "start"
            closed = checklist.model_copy(update={"closed": True, "over": over, "sending": None})
            reminders = tuple(Show(closed.reminder, person) for person in closed.reminded)
            asked = tuple(Show(f"help:{person}", FACILITATOR) for person in closed.helping if over)
            shut = Show("list", closed.role, latecomers=False)  # whoever comes now has nothing to get ready for
            off = (Wake("remind", None), *((Wake("sending", None),) if checklist.sending else ()))
            told = () if checklist.closed else board(closed)  # how far it has come is said no more
            return Step(closed, (*off, shut, *told, *reminders, *asked), done=over)
    return Step(checklist)


def ahead(checklist: State, now: datetime) -> datetime | None:
    """When the reminder goes out, if that still lies ahead."""
    return checklist.remind_at if checklist.remind_at and checklist.remind_at > now else None


def board(checklist: State) -> tuple[Show, ...]:
    """Facilitators see which learners are ready; of their own lists there is no board."""
    return (Show("ready", FACILITATOR),) if checklist.role is LEARNER else ()


def begins_by(session: Brief | None, now: datetime) -> bool:
    """Whether the session was to have begun by now."""
    return bool(session and session.starts and session.starts <= now)


def on_its_way(checklist: State, scene: Scene) -> State:
    """What goes out to learners is followed, and facilitators see how far it is."""
    if checklist.sending or checklist.role is not LEARNER:
        return checklist
    sending = begun(ways(checklist, scene.delivery, scene.roster), scene.now)
    return checklist.model_copy(update={"sending": sending})


def looking(before: State, after: State) -> tuple[Wake, ...]:
    """The timer of it, where it is new."""
    return (looks(after.sending),) if after.sending and not before.sending else ()


def ways(checklist: State, delivery: Sequence[Sent], roster: Sequence[Member]) -> tuple[Way, ...]:
    """How far the list has come, and the latest reminder if there is one."""
    people = {one.person for one in roster if one.role is checklist.role}
    found = Way(sent_to(delivery, "list", checklist.role), len(people))
    if not checklist.reminders:
        return (found,)
    return found, Way(sent_to(delivery, checklist.reminder, checklist.role), len(people & {*checklist.reminded}))


def drawn(checklist: State, person: str) -> tuple[Show, ...]:
    """Every card that shows how this person stands."""
    reminder = (Show(checklist.reminder, person),) if person in checklist.reminded else ()
    help_card = (Show(f"help:{person}", FACILITATOR),) if person in checklist.helping else ()
    return (Show("list", person), *reminder, *help_card, *board(checklist))


def remind(checklist: State, scene: Scene) -> Step[State]:
    """Remind those with open items, and nobody else."""
    if checklist.sent_at and scene.now - checklist.sent_at < APART:
        return Step(checklist)
    values = standing(scene.tally)
    people = (one.person for one in scene.roster if one.role is checklist.role)
    waiting = tuple(person for person in people if checklist.left(values.get(person, {})))
    if not waiting:
        return Step(checklist)
    changes = {"reminders": checklist.reminders + 1, "reminded": waiting, "sent_at": scene.now}
    reminding = on_its_way(checklist.model_copy(update=changes), scene)
    shows = tuple(Show(reminding.reminder, person) for person in waiting)
    return Step(reminding, (*shows, *board(reminding), *looking(checklist, reminding)))


# -- the cards ---------------------------------------------------------------------------------------------------------


def view(checklist: State, look: Look) -> Card:
    """A person's own list and reminder; to facilitators, who is ready, and a card for each who asks for help."""
    slot, _, person = look.slot.partition(":")
    if slot in {"ready", "help"} and look.role is not FACILITATOR:
        return Card(title=t("Only facilitators see this."))
    if slot == "ready":
        return readiness(checklist, look)
    if slot == "help":
        return wanted(checklist, standing(look.tally).get(person, {}), person)
    return own(checklist, look, reminder=slot == "reminder")


def own(checklist: State, look: Look, *, reminder: bool) -> Card:
    """Each item, how it stands and what can be done; the reminder has the open ones only."""
    if look.viewer and look.role is not checklist.role:  # taken off the roster, or named as somebody's manager
        return Card(titled(checklist, look), (t("This list is not yours any more: it is closed."),), tone="closed")
    if checklist.closed:  # put away: while the session runs, a phone has room for the session only
        return Card(titled(checklist, look), (OVER,), tone="closed")
    values = {**look.mine, **standing(look.tally).get(look.viewer or "", {})}
    left = checklist.left(values)
    items = [item for item in checklist.items if not reminder or values.get(item.key) != "done"]
    seen = t("Tick what is ready. Only the facilitators see it.")
    return Card(
        title=t("Reminder: {title}", title=titled(checklist, look)) if reminder and left else titled(checklist, look),
        text=(*starting(look), *((seen,) if checklist.role is LEARNER else ())),
        items=tuple(line(item, values.get(item.key), asks=checklist.role is LEARNER) for item in items),
        footer=tn("{n} item is open.", "{n} items are open.", n=left) if left else t("You are ready."),
        tone="plain" if left else "done",
    )


def titled(checklist: State, look: Look) -> Text:
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


def wanted(checklist: State, values: Mapping[str, str], person: str) -> Card:
    """Who needs help with what."""
    items = tuple(quote(item.text) for item in checklist.items if values.get(item.key) == "help")
    if not items:
        return Card(title=t("{who} does not need help any more", who=Who(person)), tone="done")
    title, footer = t("{who} needs help to get ready", who=Who(person)), t("Only facilitators see this.")
    if checklist.over:
        return Card(title, (*items, OVER), footer=footer, tone="closed")
    helped = Button("helped", t("Helped"), person, style="primary")
    return Card(title, items, buttons=(helped,), footer=footer, tone="flag")


def readiness(checklist: State, look: Look) -> Card:
    """Who is ready; who is not, and why. Of more than 40 people, only those who are not."""
    values = standing(look.tally)
    people = [one for one in look.roster if one.role is checklist.role]
    ready = [quote(one.name) for one in people if not checklist.left(values.get(one.person, {}))]
    silent = [quote(one.name) for one in people if not values.get(one.person)]
    started = [one for one in people if values.get(one.person) and checklist.left(values[one.person])]
    started.sort(key=lambda one: "help" not in values[one.person].values())
    facts = [Fact(quote(one.name), opened(checklist.items, values[one.person])) for one in started[:MANY]]
    if len(started) > MANY:
        facts.append(Fact(t("More with open items"), tn("{n} person", "{n} people", n=len(started) - MANY)))
    if silent:
        facts.append(
            Fact(t("No answer yet"), listed(silent, max(0, MANY - len(facts)) if len(people) > MANY else MANY))
        )
    if ready and len(people) <= MANY:
        facts.append(Fact(t("Ready"), listed(ready)))
    some, none = number(len(started)), number(len(silent))
    counts = t("{begun} with open items, {silent} without an answer yet.", begun=some, silent=none)
    said = counts if started or silent else t("Everybody is ready.")
    out, missed = progress(checklist, look)
    return Card(
        title=t("Ready: {ready} of {all}", ready=number(len(ready)), all=number(len(people))),
        text=(said if people else t("Nobody is on the roster yet."), *out),
        facts=(*missed, *facts),
        footer=t("Only facilitators see this."),
        tone="done" if people and len(ready) == len(people) else "plain",
    )


def progress(checklist: State, look: Look) -> tuple[tuple[Text, ...], tuple[Fact, ...]]:
    """How far the list and the latest reminder have come, and who will not get them."""
    if checklist.closed:
        return (), ()
    known = [way for way in ways(checklist, look.delivery, look.roster) if way.all and (way.sent.dialog or way.waiting)]
    said = []
    for way in known if checklist.sending or any(way.sent.dialog for way in known) else []:
        sentence = far(way, checklist.sending, look.now, look.session)
        said.append(sentence if way.sent.slot == "list" else t("Reminder: {sent}", sent=sentence))
    return tuple(said), tuple(fact for way in known[:1] for fact in not_reached(way))


def sum_up(checklist: State, tally: Tally) -> Result:
    """How many are ready, of those who answered at all."""
    answered = max(tally.total(item.key) for item in checklist.items)
    return Result("checklist", checklist.title or "Checklist", (("Ready", tally.total("ready")),), answered)


NEEDS: Needs = dict.fromkeys((Rang, Told, Look), frozenset({"notes", "roster", "delivery"}))
KIND = Kind("checklist", State, decide, view, needs=NEEDS, sum_up=sum_up)
