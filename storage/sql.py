"""Store on SQL: SQLite and PostgreSQL, by the same tables and statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, delete, func, select, update

from dialogs.base import FACILITATOR, AnyKind, Brief, Event, Rang
from dialogs.sent import Sent, Stuck
from storage import delivery, folding, moving, pages, people, posts
from storage.base import LEASE, Decide, Outcome, View
from storage.connecting import Kept, connect, transact
from storage.facts import Rows, brief_of
from storage.live import Places
from storage.records import Counts, Glimpse, Look, Page, Post
from storage.tables import ADDRESS, AT, DIALOG, HEARD, IDENTITY, MARK, NOTE, POST, TIMER
from storage.threads import Threads
from storage.turning import Turns

R = TypeVar("R")

FOLDS = 1000  # marks at a time
REMEMBERED = timedelta(hours=26)  # Slack delivers late events for up to a day


def _rang(row: Row[Any]) -> Rang:
    id_ = f"timer:{row.dialog}:{row.name}:{row.at.isoformat()}"
    return Rang(id=id_, at=row.at, tenant=row.tenant, dialog=row.dialog, timer=row.name, due=row.at)


class SqlStore:
    """See `storage.base.Store`. `decide` and `view` are the engine's: they call the kinds with what they may know."""

    def __init__(self, url: str, kinds: Mapping[str, AnyKind], decide: Decide, view: View) -> None:
        self.kinds, self.decide, self.view = kinds, decide, view
        self._write, self._read = connect(url, write=True), connect(url, write=False)
        self._writes, self._reads = Kept(self._write), Kept(self._read)
        self._turns = Turns(self._writes, kinds, decide)
        # One writer: SQLite has one anyway, and a queue of our own is fair where its busy handler is not.
        self._writer = Threads(1, "store-write")
        # On PostgreSQL what is delivered need not wait while a turn waits for the lock of its session.
        own = self._write.dialect.name != "sqlite"
        self._keeper = Threads(2, "store-keep") if own else self._writer
        self._readers = Threads(2, "store-read")

    async def _writing(self, work: Callable[[Connection], R]) -> R:
        return await self._keeper.do(transact, self._writes, work)

    async def _reading(self, work: Callable[[Connection], R]) -> R:
        return await self._readers.do(transact, self._reads, work)

    async def turns(self, events: Sequence[Event], now: datetime) -> list[Outcome]:
        """Decide these events in order and save every consequence."""
        return await self._writer.do(self._turns, events, now)

    async def due_timers(self, now: datetime, owner: str, limit: int) -> list[Rang]:
        """Take the timers that are due."""

        def take(db: Connection) -> list[Rang]:
            due = select(TIMER).where(TIMER.c.due <= now, TIMER.c.aside.is_(None)).order_by(TIMER.c.due, TIMER.c.dialog)
            rows = db.execute(due.limit(limit).with_for_update(skip_locked=True)).all()
            for row in rows:
                mine = update(TIMER).where(TIMER.c.dialog == row.dialog, TIMER.c.name == row.name)
                db.execute(mine.values(owner=owner, due=now + LEASE))
            return [_rang(row) for row in rows]

        return await self._writing(take)

    async def next_timer(self) -> datetime | None:
        """When the next timer rings."""
        soonest = select(TIMER.c.due).where(TIMER.c.aside.is_(None)).order_by(TIMER.c.due).limit(1)
        return await self._reading(lambda db: db.execute(soonest).scalar())

    async def poisoned(self, timer: Rang, why: str, now: datetime) -> None:
        """Try it again later; after five failures set it aside, where `why` tells the rest."""

        def mark(db: Connection) -> None:
            this = (TIMER.c.dialog == timer.dialog, TIMER.c.name == timer.timer, TIMER.c.at == timer.due)
            tries = (db.execute(select(TIMER.c.tries).where(*this).with_for_update()).scalar() or 0) + 1
            aside = why if tries >= delivery.POISON else None
            again = {"tries": tries, "due": now + posts.backoff(tries), "owner": None, "aside": aside}
            stands = db.execute(update(TIMER).where(*this).values(**again)).rowcount
            session = select(DIALOG.c.session).where(DIALOG.c.id == timer.dialog)
            if stands and aside is not None and (its := db.execute(session).scalar()):
                delivery.tell(db, self.kinds, {its})

        await self._writing(mark)

    async def look(self, now: datetime, limit: int) -> Look:
        """Turn marks into due posts, and see what is due."""
        return await self._writing(lambda db: posts.look(db, now, limit, FOLDS))

    async def take(
        self,
        ids: Sequence[str],
        held: Mapping[str, datetime],
        now: datetime,
        owner: str,
        *,
        patient: bool = False,
        undrawn: Collection[str] = (),
    ) -> list[Post]:
        """Take these, and put the held ones off."""
        return await self._writing(
            lambda db: posts.take(db, self.kinds, self.view, ids, held, now, owner, patient=patient, undrawn=undrawn)
        )

    async def next_post(self) -> datetime | None:
        """When the next post is due."""
        return await self._reading(lambda db: db.execute(select(func.min(POST.c.due))).scalar())

    async def shown(self, shows: Sequence[tuple[Post, str]], owner: str, now: datetime) -> list[bool]:
        """These revisions are shown."""
        return await self._writing(lambda db: posts.shown(db, shows, owner, now))

    async def postpone(
        self, post: Post, owner: str, until: datetime, *, lost: bool = False, failed: str | None = None
    ) -> None:
        """Not now."""

        def put_off(db: Connection) -> None:
            posts.postpone(db, post, owner, until, lost=lost, failed=failed)
            if lost:
                delivery.follow(db, self.kinds, [post.dialog], until)

        await self._writing(put_off)

    async def gone(self, post: Post, owner: str, why: str) -> None:
        """Never again."""

        def end(db: Connection) -> None:
            lease = db.execute(select(POST.c.due).where(POST.c.id == post.id)).scalar()
            posts.gone(db, post, owner, why)
            if lease:
                delivery.follow(db, self.kinds, [post.dialog], lease - LEASE)

        await self._writing(end)

    async def reroute(self, post: Post, owner: str, via: str, now: datetime) -> None:
        """By another platform."""

        def turn(db: Connection) -> None:
            posts.reroute(db, post, owner, via, now)
            delivery.follow(db, self.kinds, [post.dialog], now)

        await self._writing(turn)

    async def page(self, person: str, session: str | None, now: datetime) -> Page | None:
        """What one person sees."""
        return await self._reading(lambda db: pages.page(db, self.kinds, self.view, person, session, now))

    async def looks(self, dialog: str, slot: str, viewers: Sequence[str], now: datetime) -> dict[str, Glimpse]:
        """One message as each of these people sees it."""
        return await self._reading(lambda db: pages.looks(db, self.kinds, self.view, dialog, slot, viewers, now))

    async def admit(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        """The person behind a platform's user, made known if new."""
        return await self._writing(lambda db: people.admit(db, tenant, platform, user, name, host=host, email=email))

    async def session(self, session: str) -> tuple[str, Brief] | None:
        """The tenant of a session and what it says of itself."""

        def find(db: Connection) -> tuple[str, Brief] | None:
            root = Rows(db, self.kinds).dialog(session)
            return (root.tenant, brief_of(root)) if root and self.kinds[root.kind].root else None

        return await self._reading(find)

    async def all_sessions(self) -> list[Brief]:
        """What every session says of itself, the newest first."""
        roots = [name for name, kind in self.kinds.items() if kind.root]

        def find(db: Connection) -> list[Brief]:
            rows = db.execute(
                select(DIALOG.c.id).where(DIALOG.c.kind.in_(roots)).order_by(DIALOG.c.begun.desc())
            ).scalars()
            facts = Rows(db, self.kinds)
            return [brief_of(dialog) for root in rows if (dialog := facts.dialog(root))]

        return await self._reading(find)

    async def learn(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None = None
    ) -> str | None:
        """What a platform says of its user by now."""
        row = await self._reading(lambda db: people.known(db, tenant, platform, user))
        # Platforms tell of every change of anybody's status: nothing is written where nothing is new.
        if row is None or (row.name, row.host, row.email) == (name, host, email or row.email):
            return row.id if row else None
        return await self._writing(
            lambda db: people.learn(db, tenant, platform, user, name=name, host=host, email=email)
        )

    async def users(self, platform: str, people: Sequence[str]) -> dict[str, str]:
        """The platform's own ids of these people."""
        theirs = select(IDENTITY.c.person, IDENTITY.c.user).where(
            IDENTITY.c.platform == platform, IDENTITY.c.person.in_(people)
        )
        return await self._reading(lambda db: {row.person: row.user for row in db.execute(theirs)})

    async def remember(self, tenant: str, platform: str, whose: str, known: Mapping[str, str]) -> None:
        """How a user or a place is reached."""
        row = {"tenant": tenant, "platform": platform, "whose": whose, "known": json.dumps(dict(known), sort_keys=True)}
        await self._writing(lambda db: people.remember(db, row))

    async def recall(self, tenant: str, platform: str, whose: Sequence[str]) -> dict[str, dict[str, str]]:
        """How these users and places are reached."""
        mine = (ADDRESS.c.tenant == tenant, ADDRESS.c.platform == platform, ADDRESS.c.whose.in_(whose))
        found = select(ADDRESS.c.whose, ADDRESS.c.known).where(*mine)
        return await self._reading(lambda db: {row.whose: json.loads(row.known) for row in db.execute(found)})

    async def leading(self, session: str) -> list[str]:
        """Who leads a session."""
        role = (NOTE.c.dialog == session, NOTE.c.key == "role", NOTE.c.value == FACILITATOR)
        found = select(NOTE.c.person).where(*role).order_by(NOTE.c.person)
        return await self._reading(lambda db: list(db.execute(found).scalars()))

    async def posted(self, tenant: str, ref: str) -> tuple[str, str] | None:
        """The dialog and slot of the message with this reference."""
        found = select(POST.c.dialog, POST.c.slot).where(POST.c.tenant == tenant, POST.c.ref == ref)
        row = await self._reading(lambda db: db.execute(found).first())
        return (row.dialog, row.slot) if row else None

    async def at(self, tenant: str, place: str) -> tuple[str, Brief] | None:
        """The session that a place leads to now."""

        def find(db: Connection) -> tuple[str, Brief] | None:
            held = Places(db).now(tenant, place)
            root = Rows(db, self.kinds).dialog(held.session) if held else None
            return (root.id, brief_of(root)) if root else None

        return await self._reading(find)

    async def planned(self, tenant: str, place: str) -> Sequence[str]:
        """The sessions that are still to come at this place."""
        there = (AT.c.tenant == tenant, AT.c.place == place, AT.c.phase == "planned")
        return await self._reading(lambda db: db.execute(select(AT.c.session).where(*there)).scalars().all())

    async def move(self, tenant: str, old: str, new: str) -> None:
        """The same place has another address from now on."""
        await self._writing(lambda db: moving.move(db, self.kinds, tenant, old, new))

    async def revive(self, tenant: str, place: str, now: datetime) -> int:
        """This place can be reached again."""

        def again(db: Connection) -> int:
            revived = posts.revive(db, tenant, place, now)
            if revived:
                due = (POST.c.tenant == tenant, POST.c.due == now, POST.c.shown == 0)
                where = (*due, POST.c.target == place) if place else due
                dialogs = db.execute(select(POST.c.dialog).distinct().where(*where)).scalars().all()
                delivery.follow(db, self.kinds, dialogs, now)
            return revived

        return await self._writing(again)

    async def named(self, people: Sequence[str]) -> dict[str, str]:
        """Names of people."""
        return await self._reading(lambda db: Rows(db, self.kinds).names(people))

    async def marks(self) -> int:
        """How many marks have not become posts yet."""
        return await self._reading(lambda db: db.execute(select(func.count()).select_from(MARK)).scalar() or 0)

    async def delivery(self, session: str) -> Sequence[Sent]:
        """How far each message of a session has come."""
        return await self._reading(lambda db: delivery.of_session(db, session))

    async def stuck(self) -> Sequence[Stuck]:
        """What has failed again and again."""
        return await self._reading(delivery.stuck)

    async def retry(self, now: datetime) -> int:
        """Try all of that again."""
        return await self._writing(lambda db: delivery.retry(db, self.kinds, now))

    async def counts(self) -> Counts:
        """What waits: for /readyz and for those who ask whether all has been delivered."""

        def count(db: Connection) -> Counts:
            waiting = db.execute(select(func.count()).where(POST.c.due.is_not(None))).scalar() or 0
            marks = db.execute(select(func.count()).select_from(MARK)).scalar() or 0
            # A broadcast takes as long as the platform says, and what fails for good is told of by itself: neither may
            # take a process out of service that does all it can.
            unseen = (POST.c.state.in_(["waiting", "trying"]), POST.c.tries < delivery.POISON)
            prompt = (*unseen, POST.c.rank != folding.BROADCAST)
            oldest = db.execute(select(func.min(POST.c.begun)).where(*prompt)).scalar()
            failing = db.execute(select(func.count()).where(delivery.FAILS)).scalar() or 0
            aside = db.execute(select(func.count()).where(TIMER.c.aside.is_not(None))).scalar() or 0
            return Counts(waiting + marks, oldest, aside, failing)

        return await self._reading(count)

    async def time(self) -> datetime:
        """What time it is on PostgreSQL."""
        return await self._reading(lambda db: db.execute(select(func.clock_timestamp())).scalar_one())

    async def tidy(self, now: datetime) -> None:
        """Forget heard ids that nobody delivers again."""
        await self._writing(lambda db: db.execute(delete(HEARD).where(HEARD.c.at < now - REMEMBERED)))

    async def close(self) -> None:
        """Let go of the database, after what is under way."""
        self._writer.close()
        self._keeper.close()
        self._readers.close()
        self._writes.close()
        self._reads.close()
