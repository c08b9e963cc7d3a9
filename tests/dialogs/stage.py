"""A stage: one session played on paper. The kinds and their scenes are the real ones; the store is a few dicts.

What `storage/batch.py` does with effects for good, this does for the length of a test, without a database: notes,
timers, messages and turns are dicts, and the clock stands still until somebody waits. People are called by their first
names, which are their ids too, and press buttons by the words on them:

    stage = classroom("ann", "bob")  # Fay leads it
    lunch = stage.begin("poll", poll_setup("Lunch?", ["Soup", "Pizza"]))
    assert stage.press("ann", "Soup") == "Your vote: Soup"
    assert stage.sees("bob", lunch).bars[0].count == 1
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.scene import Scenes
from dialogs import KINDS
from dialogs.base import (
    CHILDREN,
    FACILITATOR,
    LEARNER,
    PARENT,
    ROOM,
    Begin,
    Commanded,
    Event,
    Frozen,
    Joined,
    Meet,
    Note,
    Noted,
    Pressed,
    Rang,
    Role,
    Said,
    Show,
    Started,
    Step,
    Submitted,
    Tally,
    Tell,
    Told,
    Turn,
    Wake,
)
from dialogs.card import Card, Link, Text, Typed, When, Who, Wrong
from dialogs.commands import parse
from dialogs.rotation import Turned
from dialogs.sent import Sent, Stuck
from storage.records import Attended, Dialog, Listing, Wanted

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SCENES = Scenes(KINDS)
ROLES = frozenset(Role)
DEEP = 8

Reply = Text | Card | Wrong | None


@dataclass
class Kept:
    """A note: its value, when that was given, and the first one."""

    value: str | None
    at: datetime
    first: str | None


class Stage:
    """A session that is open, with people in their roles. With nobody in it there is none yet, only their desks."""

    def __init__(self, people: Mapping[str, Role], setup: Mapping[str, Any] | None = None) -> None:
        self.now, self.heard = NOON, 0
        self.session: str | None = None
        self.dialogs: dict[str, Dialog] = {}
        self.parents: dict[str, str] = {}
        self.notes: dict[tuple[str, str, str], Kept] = {}  # (dialog, key, person)
        self.timers: dict[tuple[str, str], datetime] = {}
        self.shown: dict[tuple[str, str, str], int] = {}  # (dialog, slot, to): how often
        self.rows: list[Turned] = []
        self.names = {person: person.capitalize() for person in people}
        self.acts: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self.hosts = frozenset[str]()
        self.delivered: dict[str, tuple[Sent, ...]] = {}  # how far the messages of a dialog have come
        self.failed: tuple[Stuck, ...] = ()  # timers that were set aside
        if people:
            opened = {"brief": {"title": "Feedback", "phase": "open", "opened": NOON.isoformat()}}
            self.put("session", "session", setup or opened, None)
            for person, role in people.items():
                self.note("session", "role", person, role)

    # -- what happens --------------------------------------------------------------------------------------------------

    def begin(self, kind: str, setup: Mapping[str, Any], by: str | None = None) -> str:
        """A dialog begins in the session. Returns its id."""
        key = f"{kind}:x{len(self.dialogs)}"
        self.apply(self.session or "", Begin(key, kind, setup), Told(**self.facts(by), what=""), 0)
        return key

    def start(self, dialog: str, by: str | None = None) -> str:
        """Begin a dialog that has only been put on the stage."""
        return self.act(Started(**self.facts(by, dialog)))

    def note(self, dialog: str, key: str, person: str, value: str) -> None:
        """A note that is there already."""
        self.notes[dialog, key, person] = Kept(value, self.now, value)

    def press(self, person: str, label: str, dialog: str | None = None) -> str:
        """Press the one button that says this, wherever this person sees it. Returns what they are told."""
        found = {
            (id_, button.action, button.value): button
            for id_, _, card in self.cards(person)
            for button in card.all_buttons()
            if spoken(button.label, self.names) == label and dialog in {None, id_}
        }
        assert len(found) == 1, f"{person} sees {len(found)} buttons “{label}”: {self.read(person)}"
        (id_, action, value) = next(iter(found))
        return self.act(Pressed(**self.facts(person, id_), action=action, value=value))

    def tap(self, person: str | None, dialog: str, action: str, value: str = "") -> str:
        """A press as it comes from outside: of any button, whether it is on a card or not."""
        return self.act(Pressed(**self.facts(person, dialog), action=action, value=value))

    def fill(self, person: str, dialog: str, action: str, values: Mapping[str, str]) -> str:
        """Send a form."""
        return self.act(Submitted(**self.facts(person, dialog), action=action, values=values))

    def say(self, person: str, dialog: str | None = None) -> str:
        """Write in the room, or beneath the card of a dialog."""
        return self.act(Said(**self.facts(person, dialog), words=5))

    def join(self, person: str, name: str | None = None) -> str:
        """Come into the room."""
        self.names.setdefault(person, name or person.capitalize())
        return self.act(Joined(**self.facts(person)))

    def type(self, person: str, text: str, plan: Mapping[str, Any] | None = None) -> str:
        """Type a command, without /ilt. On a stage without a session it is typed at one's desk."""
        command = parse(text)
        if isinstance(command, Text):
            return spoken(command, self.names)
        return self.act(Commanded(**self.facts(person), text=text, command=command, plan=plan))

    def tell(self, dialog: str, what: str, /, **data: object) -> str:
        """As another dialog would."""
        return self.act(Told(**self.facts(None, dialog), what=what, data=data))

    def wait(self, seconds: float) -> None:
        """Let time pass; timers ring at their time."""
        until = self.now + timedelta(seconds=seconds)
        while due := min(((at, key) for key, at in self.timers.items() if at <= until), default=None):
            at, (dialog, timer) = due
            self.now = max(self.now, at)
            self.ring(dialog, timer)
        self.now = until

    def ring(self, dialog: str, timer: str) -> str:
        """This timer rings now."""
        at = self.timers.pop((dialog, timer))
        return self.act(Rang(**self.facts(None, dialog), timer=timer, due=at))

    def act(self, event: Event) -> str:
        """Hear an event. Returns what the one who acted is told, in plain words."""
        return spoken(self.hear(event), self.names)

    def facts(self, by: str | None = None, dialog: str | None = None, at: datetime | None = None) -> dict[str, Any]:
        """What every event has."""
        self.heard += 1
        place = f"web:{self.session}" if self.session else None
        return {"id": f"e{self.heard}", "at": at or self.now, "tenant": "t", "by": by, "place": place, "dialog": dialog}

    # -- how it is heard -----------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> Reply:
        """One event, with everything that follows from it."""
        session = self.session
        if session and event.by and not isinstance(event, Joined) and self.role(session, event.by) is None:
            self.decide(session, Joined(**self.facts(event.by)), 0)  # whoever acts comes in by that
        if session and event.by and isinstance(event, Said | Joined):
            self.acts[event.by].append((self.now, type(event).__name__))
        if event.dialog:
            return self.decide(event.dialog, event, 0)
        if isinstance(event, Commanded):
            return self.decide(self.desk(event) if session is None or event.command.desk else session, event, 0)
        hearing = [one for one in self.dialogs.values() if not one.done and type(event) in KINDS[one.kind].hears]
        return next((reply for one in hearing if (reply := self.decide(one.id, event, 0))), None)

    def desk(self, event: Event) -> str:
        """The desk of the one who acts."""
        id_ = f"desk:{event.by}"
        if id_ not in self.dialogs:
            self.put(id_, "desk", {}, None)
            self.decide(id_, Started(**self.facts(event.by, id_)), 0)
        return id_

    def put(self, id_: str, kind: str, setup: Mapping[str, Any], parent: str | None) -> None:
        """A dialog as its setup describes it, not yet begun."""
        state: Frozen = KINDS[kind].State.model_validate(setup)
        session = self.dialogs[parent].session if parent else None
        if KINDS[kind].root:
            self.session = session = id_
        self.dialogs[id_] = Dialog(id_, "t", kind, state, session, cohort=session or "")
        if parent:
            self.parents[id_] = parent

    def step(self, dialog: Dialog, event: Event) -> Step[Any]:
        """What the kind decides. Those who want to look over its shoulder do so here."""
        return SCENES.decide(dialog, event, self, self.now)

    def decide(self, id_: str, event: Event, deep: int) -> Reply:
        """One dialog hears one event; what it wants is done."""
        dialog = self.dialogs[id_]
        if dialog.done and not isinstance(event, Pressed | Submitted | Said | Commanded):
            return None
        step = self.step(dialog, replace(event, dialog=id_))
        self.dialogs[id_] = replace(dialog, state=step.state, done=dialog.done or step.done)
        if step.done:
            self.timers = {key: at for key, at in self.timers.items() if key[0] != id_}
        reply = step.reply
        for effect in step.effects:
            told = self.apply(id_, effect, event, deep)
            reply = reply or told
        return reply

    def apply(self, id_: str, effect: object, event: Event, deep: int) -> Reply:
        """Make one effect true."""
        match effect:
            case Show(slot, to):
                self.shown[id_, slot, str(to)] = self.shown.get((id_, slot, str(to)), 0) + 1
            case Wake(timer, None):
                self.timers.pop((id_, timer), None)
            case Wake(timer, datetime() as at):
                self.timers[id_, timer] = at
            case Note(key, person, value):
                old = self.notes.get((id_, key, person))
                if old is None or event.at >= old.at:
                    self.notes[id_, key, person] = Kept(value, event.at, old.first if old else value)
            case Turn(person, what, used):
                self.rows.append(Turned(person, what, event.at, used, id_))
            case Meet(person, name):
                self.names[person] = name
            case Begin(key, kind, setup):
                assert deep < DEEP
                if key not in self.dialogs:
                    self.put(key, kind, setup, id_)
                    return self.decide(key, Started(**self.facts(event.by, key, at=event.at)), deep + 1)
            case Tell(to, what, data):
                assert deep < DEEP
                told = Told(**self.facts(event.by, at=event.at), what=what, data=data)
                replies = [self.decide(one, told, deep + 1) for one in self.hearing(id_, to)]
                return next((reply for reply in replies if reply), None)
        return None

    def hearing(self, id_: str, to: str) -> list[str]:
        """Whom this dialog tells something."""
        if to == PARENT:
            return [self.parents[id_]] if id_ in self.parents else []
        if to == CHILDREN:
            return [one for one, parent in self.parents.items() if parent == id_ and not self.dialogs[one].done]
        return [to] if to in self.dialogs else []

    # -- what is seen --------------------------------------------------------------------------------------------------

    def card(self, dialog: str, slot: str, viewer: str | None) -> Card:
        """One message as one viewer sees it."""
        return SCENES.view(self.dialogs[dialog], Wanted(dialog, slot, viewer), self, self.now)

    def may_see(self, viewer: str | None, to: str) -> bool:
        """Whether a message is for this viewer. None is a place, where one message serves all."""
        if to != ROOM and to not in ROLES:
            return viewer == to
        role = self.role(self.session or "", viewer) if viewer else None
        if to == ROOM:  # without a session it is a channel, and whoever is in it sees what stands there
            return viewer is None or role is not None or self.session is None
        return role == to

    def cards(self, viewer: str | None) -> Iterator[tuple[str, str, Card]]:
        """Every message that this viewer sees: dialog, slot, card."""
        for dialog, slot in dict.fromkeys((d, slot) for d, slot, to in self.shown if self.may_see(viewer, to)):
            yield dialog, slot, self.card(dialog, slot, viewer)

    def sees(self, viewer: str | None, dialog: str, slot: str = "") -> Card:
        """The one card of this dialog that this viewer sees, or the one in this slot."""
        found = {name: card for id_, name, card in self.cards(viewer) if id_ == dialog and slot in {"", name}}
        assert len(found) == 1, f"{viewer} sees {list(found)} of {dialog}"
        return next(iter(found.values()))

    def read(self, viewer: str | None) -> list[str]:
        """The titles of all that this viewer sees."""
        return [spoken(card.title, self.names) for _, _, card in self.cards(viewer)]

    # -- facts, as `bot.scene` asks for them: see storage.base.Facts ---------------------------------------------------

    def dialog(self, id: str) -> Dialog | None:  # noqa: A002 - it is the id
        return self.dialogs.get(id)

    def role(self, session: str, person: str) -> Role | None:
        kept = self.notes.get((session, "role", person))
        return Role(kept.value) if kept and kept.value else None

    def mine(self, dialog: str, person: str) -> Mapping[str, str]:
        own = ((key, kept.value) for (d, key, p), kept in self.notes.items() if (d, p) == (dialog, person))
        return {key: value for key, value in own if value is not None}

    def host(self, person: str) -> bool:
        return person in self.hosts

    def tally(self, dialog: str, *, notes: bool) -> Tally:
        counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        rows = []
        for (d, key, person), kept in self.notes.items():
            if d == dialog and kept.value is not None:
                counts[key][kept.value] += 1
                rows.append(Noted(key, person, kept.value, kept.at, kept.first or kept.value))
        return Tally({key: dict(values) for key, values in counts.items()}, tuple(rows) if notes else ())

    def attendance(self, session: str) -> Sequence[Attended]:
        found: dict[str, Attended] = {}
        for person, name in self.names.items():
            if (role := self.role(session, person)) is not None:
                said = [at for at, what in self.acts[person] if what == "Said"]
                came = tuple(at for at, what in self.acts[person] if what == "Joined")
                last, posts = max(said, default=None), tuple((at, 1) for at in said)
                found[person] = Attended(person, name, role, joined=came, posts=posts, acts=len(said), last=last)
        for (dialog, key, person), kept in self.notes.items():
            one = found.get(person)
            if one is None or kept.value is None:
                continue
            if dialog != session:
                found[person] = replace(one, acts=one.acts + 1, last=max(one.last or kept.at, kept.at))
            elif key == "here":
                found[person] = replace(one, here=kept.value, here_at=kept.at)
            elif key == "manager":
                found[person] = replace(one, manager=kept.value)
        return list(found.values())

    def turns(self, cohort: str) -> Sequence[Turned]:
        return tuple(self.rows)

    def delivery(self, dialog: str) -> Sequence[Sent]:
        """All that is to be shown is shown at once, unless the test says otherwise."""
        if dialog in self.delivered:
            return self.delivered[dialog]
        found: dict[tuple[str, Role], set[str]] = defaultdict(set)
        for d, slot, to in self.shown:
            for person in self.names if d == dialog else ():
                role = self.role(self.session or "", person)
                if role and to in {role, person}:
                    found[slot, role].add(person)
        return tuple(Sent(dialog, slot, role, shown=len(people)) for (slot, role), people in found.items())

    def aside(self, session: str) -> Sequence[Stuck]:
        return self.failed

    def siblings(self, session: str) -> Sequence[Dialog]:
        return [one for one in self.dialogs.values() if one.session == session]

    def sessions(self, person: str) -> Sequence[Listing]:
        roots = [one for one in self.dialogs.values() if KINDS[one.kind].root]
        found = [(one, self.role(one.id, person)) for one in roots]
        return [Listing(one.id, role, getattr(one.state, "brief")) for one, role in found if role]  # noqa: B009


def spoken(said: Reply, names: Mapping[str, str]) -> str:
    """The words as somebody would read them out; of a card, its title."""
    if said is None:
        return ""
    if isinstance(said, Wrong):
        return " ".join(spoken(text, names) for text in said.all_texts())
    words = []
    for piece in (said.title if isinstance(said, Card) else said).pieces():
        match piece:
            case Who(person):
                words.append(names.get(person, person))
            case When(at, style, _):
                words.append(f"{at:%H:%M}" if style == "time" else f"{at:%d %b %H:%M}")
            case Link(_, _, label):
                words.append(spoken(label, names))
            case Typed(command):
                words.append(f"/ilt {command}".strip())
            case str():
                words.append(piece)
    return "".join(words)


def classroom(*learners: str, setup: Mapping[str, Any] | None = None) -> Stage:
    """A session that Fay leads, open unless the setup says otherwise."""
    return Stage({"fay": FACILITATOR, **dict.fromkeys(learners or ("ann", "bob", "cem"), LEARNER)}, setup)
