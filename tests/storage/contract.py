"""What every store is tried with: kinds that do as they are told, and a world of stores that share one database.

The tests of the contract ask a store only through `storage.base.Store`, so that they hold for every implementation: a
new one joins by one class in `databases.py` and one fixture that makes empty ones.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import count
from typing import Any, Protocol, Self, TypeVar

from hypothesis import Phase, settings

from bot.clock import HandClock
from bot.scene import Scenes
from dialogs.base import (
    CHILDREN,
    FACILITATOR,
    LEARNER,
    AnyKind,
    Begin,
    Brief,
    Commanded,
    Effect,
    Event,
    Frozen,
    Joined,
    Kind,
    Left,
    Look,
    Meet,
    Need,
    Note,
    Pressed,
    Rang,
    Reacted,
    Said,
    Scene,
    Show,
    Started,
    Step,
    Submitted,
    Tell,
    Told,
    Turn,
    Wake,
)
from dialogs.card import Card, Text, Who, quote, t
from dialogs.commands import Command
from storage.base import Decide, Outcome, Store, View
from storage.effects import identify
from storage.records import Post

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OWNER = "one worker"
# Every example makes a database, so a failing one is shown as it was found: making it smaller would take minutes.
EXAMPLES = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
E = TypeVar("E", bound=Event)


# -- kinds that do as they are told ------------------------------------------------------------------------------------

WORDS: Mapping[str, type[Effect]] = {word.__name__: word for word in (Show, Wake, Note, Begin, Tell, Turn, Meet)}


def written(*effects: Effect) -> str:
    """Effects as the value of a press."""
    rows = [[type(one).__name__, {x.name: getattr(one, x.name) for x in fields(one)}] for one in effects]
    return json.dumps(rows, default=lambda moment: {"moment": moment.isoformat()})


def effects(value: str) -> tuple[Effect, ...]:
    """The press's value as effects again."""
    rows = json.loads(value, object_hook=lambda x: datetime.fromisoformat(x["moment"]) if x.keys() == {"moment"} else x)
    return tuple(WORDS[name](**words) for name, words in rows)


class Puppet(Frozen):
    """What it was told to do when it begins, and all that it has heard."""

    brief: Brief = Brief(title="A session")
    at_start: str = "[]"
    heard: tuple[str, ...] = ()


def decide(puppet: Puppet, event: Event, scene: Scene) -> Step[Puppet]:
    """Does as it is told, and remembers what it heard beside that."""
    root = scene.session_id == scene.dialog
    heard = puppet.model_copy(update={"heard": (*puppet.heard, _words(event))})
    match event:
        case Started(by=by) if root:
            home = (*puppet.brief.places, f"web:{scene.dialog}")
            settled = puppet.model_copy(update={"brief": puppet.brief.model_copy(update={"places": home})})
            return Step(settled, (*([Note("role", by, FACILITATOR)] if by else []), *effects(puppet.at_start)))
        case Started():
            return Step(puppet, effects(puppet.at_start))
        case Joined(by=str(by)) if root and scene.role is None:
            return Step(puppet, (Note("role", by, LEARNER),))
        case Pressed(action="do", value=value):
            return Step(puppet, effects(value), reply=t("done"))
        case Pressed(action="say", value=value):
            return Step(puppet, reply=quote(value))
        case Pressed(action="name", value=value):
            return Step(puppet, reply=t("It is {who}.", who=Who(value)))
        case Pressed(action="remember", value=value):
            return Step(puppet.model_copy(update={"heard": (*puppet.heard, value)}), reply=t("remembered"))
        case Pressed(action="change", value=value):
            changed = puppet.brief.model_copy(update=Brief.model_validate_json(value).model_dump(exclude_unset=True))
            return Step(puppet.model_copy(update={"brief": changed}))
        case Pressed(action="finish"):
            return Step(puppet, done=True)
        case Pressed(action="fail") | Rang("fail"):
            raise ZeroDivisionError(event.id)
        case Submitted(action="ask"):
            return Step(puppet, reply=quote(json.dumps(_told(puppet, scene))))
        case Told("do", data=data):
            return Step(heard, effects(str(data["effects"])), reply=t("told"))
        case Told("pass on", data={"left": int(left)}):
            return Step(heard, (Tell(CHILDREN, "pass on", {"left": left - 1}),) if left else ())
        case Rang("refuse"):
            return Step(heard, (Begin("bad", "puppet", {"nonsense": 1}),))
        case Rang("again"):
            return Step(heard, (Wake("again", event.due),))
        case Told() | Rang() | Said() | Joined() | Left() | Reacted() | Commanded():
            return Step(heard)
    return Step(puppet)


def _words(event: Event) -> str:
    """What is remembered of an event: its name, and what it says."""
    said = {Told: "what", Rang: "timer", Said: "words"}.get(type(event))
    return f"{type(event).__name__} {getattr(event, said)}" if said else type(event).__name__


def _told(puppet: Puppet, scene: Scene) -> dict[str, Any]:
    """All that the scene tells."""
    return {
        "heard": list(puppet.heard),
        "role": scene.role,
        "host": scene.host,
        "mine": dict(scene.mine),
        "counts": {key: dict(values) for key, values in scene.tally.by_key.items()},
        "notes": {f"{x.key} {x.person}": [x.value, x.first] for x in scene.tally.notes},
        "turns": [[x.person, x.what, x.used] for x in scene.turns],
        "roster": {x.person: [x.role, x.acts, round(x.contributions)] for x in scene.roster},
        "sessions": [x.brief.title for x in scene.sessions],
        "title": scene.session.title if scene.session else None,
    }


def view(puppet: Puppet, look: Look) -> Card:
    """The slot, who looks, and what is counted. The slot `broken` cannot be drawn until it is noted as mended."""
    if look.slot == "broken" and not look.tally.counts("mended"):
        raise ZeroDivisionError
    looks = t("{viewer} as {role}", viewer=look.viewer or "everybody", role=str(look.role or "nobody"))
    named = (t("{who}", who=Who(look.slot.removeprefix("who:"))),) if look.slot.startswith("who:") else ()
    return Card(quote(look.slot), (looks, quote(json.dumps(dict(look.tally.counts("vote")))), *named))


ALL: frozenset[Need] = frozenset({"tally", "notes", "roster", "turns", "sessions"})
NEEDS: dict[type[Event | Look], frozenset[Need]] = {Submitted: ALL}
KINDS: Mapping[str, AnyKind] = {
    kind.name: kind
    for kind in (
        Kind("hall", Puppet, decide, view, hears=frozenset({Joined}), needs=NEEDS, root=True),
        Kind("puppet", Puppet, decide, view, needs=NEEDS),
        Kind("listener", Puppet, decide, view, hears=frozenset({Said, Reacted, Left}), needs=NEEDS),
        Kind("desk", Puppet, decide, view, needs=NEEDS),
    )
}


# -- a world of stores -------------------------------------------------------------------------------------------------


class Database(Protocol):
    """An implementation, for the tests: one empty database with the newest schema."""

    def open(self, kinds: Mapping[str, AnyKind], decide: Decide, view: View) -> Store:
        """One more store on it, as another process would have."""
        ...


class World:
    """One database, the stores that share it, and people who act. Its time stands until a test moves it."""

    def __init__(self, database: Database, kinds: Mapping[str, AnyKind] = KINDS) -> None:
        scenes = Scenes(kinds)
        self._open: Callable[[], Store] = lambda: database.open(kinds, scenes.decide, scenes.view)
        self.stores: list[Store] = []
        self.store = self.another()
        self.clock = HandClock(NOON)
        self._number = count(1)

    def another(self) -> Store:
        """One more store on the same database."""
        self.stores.append(self._open())
        return self.stores[-1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for store in self.stores:
            await store.close()

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.clock.now()

    def move(self, seconds: float) -> None:
        """Time goes on."""
        self.clock.move(seconds)

    # -- events --------------------------------------------------------------------------------------------------------

    def event(self, sort: type[E], by: str | None, **words: Any) -> E:
        """An event with an id of its own, now, in this tenant, unless said otherwise."""
        usual: dict[str, Any] = {"id": f"e{next(self._number)}", "at": self.now, "tenant": "acme", "by": by}
        return sort(**usual | words)

    def press(self, by: str | None, dialog: str, *what: Effect, **words: Any) -> Pressed:
        """The dialog is told to do this."""
        return self.event(Pressed, by, **{"dialog": dialog, "action": "do", "value": written(*what)} | words)

    async def hear(self, *events: Event, store: Store | None = None) -> list[Outcome]:
        """One batch."""
        return await (store or self.store).turns(events, self.now)

    async def does(self, by: str | None, dialog: str, *what: Effect, **words: Any) -> Outcome:
        """One press, alone."""
        return (await self.hear(self.press(by, dialog, *what, **words)))[0]

    async def ask(self, dialog: str, by: str, **words: Any) -> dict[str, Any]:
        """All that this dialog may know when this person acts."""
        asked = self.event(Submitted, by, **{"dialog": dialog, "action": "ask"} | words)
        outcome = (await self.hear(asked))[0]
        told: dict[str, Any] = json.loads(said(outcome) or "{}")
        return told

    # -- people and sessions -------------------------------------------------------------------------------------------

    async def host(self, name: str = "Hana", tenant: str = "acme") -> str:
        """Somebody who may create sessions, and has a desk."""
        person = await self.store.admit(tenant, "web", name, name, host=True)
        await self.hear(self.event(Commanded, person, tenant=tenant, text="sessions", command=Command("sessions")))
        return person

    async def session(self, host: str, *at_start: Effect, tenant: str = "acme", key: str = "s1", **brief: Any) -> str:
        """A session of this host, which does this when it begins."""
        usual: dict[str, Any] = {"title": key, "phase": "open", "opened": NOON}
        told = Brief(**usual | brief).model_dump(mode="json")
        begin = Begin(key, "hall", {"brief": told, "at_start": written(*at_start)}, of="person")
        await self.does(host, desk_of(host, tenant), begin, tenant=tenant)
        return identify(tenant, f"person:{host}", key)

    async def joins(self, session: str, *people: str, tenant: str = "acme") -> None:
        """These people come in as learners."""
        place = f"web:{session}"
        await self.hear(*(self.event(Joined, person, place=place, tenant=tenant) for person in people))

    async def dialog(
        self, session: str, key: str, *at_start: Effect, by: str | None = None, kind: str = "puppet"
    ) -> str:
        """A dialog of this session, which does this when it begins."""
        await self.does(by, session, Begin(key, kind, {"at_start": written(*at_start)}))
        return identify("acme", f"session:{session}", key)

    # -- what is to be done --------------------------------------------------------------------------------------------

    async def rings(self, owner: str = OWNER) -> list[str]:
        """Ring what is due. Returns the names of the timers, as they were taken."""
        due = await self.store.due_timers(self.now, owner, 100)
        if due:
            await self.hear(*due)
        return [rang.timer for rang in due]

    async def fold(self) -> None:
        """Fold until nothing is left to fold."""
        while (await self.store.look(self.now, 1)).folded:
            pass

    async def due(self, owner: str = OWNER, limit: int = 1000) -> list[Post]:
        """Fold, and take what is due."""
        await self.fold()
        return await take_due(self.store, self.now, owner, limit)

    async def shown(self, post: Post, owner: str, ref: str) -> bool:
        """The platform shows this one."""
        (settled,) = await self.store.shown([(post, ref)], owner, self.now)
        return settled

    async def deliver(self, shown: Callable[[Post], Awaitable[str]] | None = None) -> list[Post]:
        """Show everything that is due: the platform calls each message by its post."""
        posts = await self.due()
        for post in posts:
            await self.shown(post, OWNER, await shown(post) if shown else f"ref of {post.id}")
        return posts


async def take_due(store: Store, now: datetime, owner: str = OWNER, limit: int = 1000) -> list[Post]:
    """Fold once, and take what is due by then."""
    look = await store.look(now, limit)
    return await store.take([post.id for post in look.due], {}, now, owner)


def desk_of(person: str, tenant: str = "acme") -> str:
    """The id of a person's desk."""
    return identify(tenant, f"person:{person}", "desk")


def said(outcome: Outcome) -> str | None:
    """A reply in words."""
    return plain(outcome.reply) if isinstance(outcome.reply, Text) else None


def plain(text: Text) -> str:
    """A text as words."""
    return "".join(str(piece) for piece in text.pieces())


def lines(card: Card) -> list[str]:
    """What a card says, line by line."""
    return [plain(text) for text in (card.title, *card.text)]


def targets(posts: Sequence[Post]) -> list[tuple[str, str]]:
    """Which message goes to whom."""
    return [(post.slot, post.place or post.person or "") for post in posts]


async def board(world: World, *shows: Show) -> tuple[str, str, str]:
    """The host, their session, and a dialog in it that shows this."""
    host = await world.host()
    session = await world.session(host)
    return host, session, await world.dialog(session, "poll", *(shows or [Show("board")]), by=host)
