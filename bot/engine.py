"""Engine: `hear` is the one path from an event to its consequences.

Events wait while the last batch is being committed and then go together: one transaction for all that arrived
meanwhile. Once `hear` returns, everything is stored; only then may an adapter acknowledge.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.base import TRACE, Answer, RoomView, Seen
from bot.clock import Clock
from bot.company import MOST, Company
from bot.scene import roster
from dialogs import commands
from dialogs.base import Brief, Commanded, Event, Joined, Listed, Told
from dialogs.card import Text, people_in, t
from storage.base import Hot, Outcome, Store
from storage.records import Glimpse

log = logging.getLogger(__name__)

REMEMBERED = 2000  # dialogs of which it is known what they decided on last
BATCH = 200  # events decided in one transaction


class UnheardError(Exception):
    """The event could not be stored. Nothing of it has happened: it may be sent again."""


class Engine:
    """See `adapters.base.Bot`."""

    def __init__(
        self, store: Store, hot: Hot, clock: Clock, plans: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self.store, self.hot, self.clock, self.plans = store, hot, clock, plans or {}
        self._waiting: asyncio.Queue[tuple[Event, str, asyncio.Future[Outcome]]] = asyncio.Queue()
        self._loop: asyncio.Task[None] | None = None
        self._company = Company()
        self._deciding = 0  # events that wait or are being decided
        self._causes: OrderedDict[str, str] = OrderedDict()  # dialog -> the trace of what it decided on last

    @property
    def busy(self) -> bool:
        """Whether something is being decided at this moment."""
        return self._deciding > 0

    def start(self) -> None:
        """Begin to commit what is heard."""
        self._loop = asyncio.create_task(self._commit(), name="engine")

    async def stop(self) -> None:
        """Commit what has been heard, then stop."""
        if self._loop:
            await self._waiting.join()
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    def now(self) -> datetime:
        """The time by the bot's one clock."""
        return self.clock.now()

    async def hear(self, event: Event) -> Answer:
        """Handle one event. Once this returns, every consequence is stored."""
        if isinstance(event, Commanded):
            parsed = commands.parse(event.text)
            if isinstance(parsed, Text):
                return Answer(parsed)
            event = replace(event, command=parsed)
            name = parsed.words[0] if parsed.verb == "new" and parsed.words and parsed.words[0] != "on" else None
            if name and name not in self.plans:
                return Answer(
                    t("There is no template “{name}”. There are: {known}.", name=name, known=", ".join(self.plans))
                )
            event = replace(event, plan=self.plans[name] if name else None)
        outcome = await self._decided(event)
        if outcome.error:
            return Answer(t("That did not work, and nothing was changed. Please try again."))
        people = people_in([outcome.reply])
        return Answer(outcome.reply, await self.store.named(people) if people else {}, outcome.again)

    async def _decided(self, event: Event) -> Outcome:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Outcome] = loop.create_future()
        self._company.came(loop.time())
        self._waiting.put_nowait((event, TRACE.get(), done))
        self._deciding += 1
        try:
            outcome = await done
        finally:
            self._deciding -= 1
        if log.isEnabledFor(logging.INFO):
            became = (outcome.error and "failed") or (outcome.again and "heard before") or "stored"
            log.info("%s: %s, by %s", type(event).__name__.lower(), became, " ".join(outcome.dialogs) or "nobody")
        return outcome

    def cause(self, dialog: str) -> str:
        """The trace of what this dialog has decided on last, in this process; for the log of what it shows."""
        return self._causes.get(dialog, "")

    async def rung(self, event: Event) -> Outcome:
        """A timer's event: as `hear`, but errors are the caller's to keep."""
        return await self._decided(event)

    async def _commit(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            await self._linger()
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                outcomes = await self.store.turns([event for event, _, _ in batch], self.clock.now())
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.exception("a batch of %d events could not be stored", len(batch))
                for _, _, done in batch:
                    if not done.done():
                        done.set_exception(UnheardError(str(error)))
                    self._waiting.task_done()
                continue
            for (_, trace, done), outcome in zip(batch, outcomes, strict=True):
                self._caused(outcome.dialogs, trace)
                if not done.done():
                    done.set_result(outcome)
            for _ in batch:
                self._waiting.task_done()
            try:
                if any(outcome.hurried for outcome in outcomes):
                    await self.hot.nudge("outbox")
                else:  # votes are many, and one worker is enough to count them
                    await self.hot.nudge("numbers", here=True)
                if any(outcome.woke for outcome in outcomes):  # a vote sets none, and there are many of those
                    await self.hot.nudge("timers")
            except Exception:  # nudges may be lost: the loops look by themselves, only later
                log.exception("the outbox and the timers could not be nudged")

    async def _linger(self) -> None:
        """Wait for more to come if any are to be expected, and on as long as they come, but for a blink in all."""
        wait = self._company.wait(here=not self._waiting.empty())
        if not wait:
            return
        until, before = asyncio.get_running_loop().time() + MOST, -1
        while before < self._waiting.qsize() < BATCH and asyncio.get_running_loop().time() < until:
            before = self._waiting.qsize()
            await asyncio.sleep(wait)
        self._company.waited(alone=self._waiting.empty())

    def _caused(self, dialogs: Sequence[str], trace: str) -> None:
        for dialog in dialogs:
            self._causes.pop(dialog, None)  # the newest last: the oldest is forgotten first
            self._causes[dialog] = trace
        while len(self._causes) > REMEMBERED:
            self._causes.popitem(last=False)

    # -- what adapters read --------------------------------------------------------------------------------------------

    async def room(self, session: str, person: str) -> RoomView | None:
        """The room of a session as this person sees it."""
        return await self._page(person, session)

    async def desk(self, person: str) -> RoomView | None:
        """The person's own page outside any session."""
        return await self._page(person, None)

    async def _page(self, person: str, session: str | None) -> RoomView | None:
        now = self.clock.now()
        page = await self.store.page(person, session, now)
        if page is None:
            return None
        return RoomView(
            tenant=page.tenant,
            session=page.session,
            brief=page.brief,
            person=person,
            name=page.name,
            role=page.role,
            seen=tuple(_seen(glimpse) for glimpse in page.seen),
            names=page.names,
            roster=roster(page.roster, page.brief, now),
            sessions=tuple(Listed(one.session, one.role, one.brief) for one in page.sessions),
        )

    async def looks(self, dialog: str, slot: str, viewers: Sequence[str]) -> Mapping[str, Seen]:
        """One message as each of these people sees it now."""
        found = await self.store.looks(dialog, slot, viewers, self.clock.now())
        return {person: _seen(glimpse) for person, glimpse in found.items()}

    async def session(self, session: str) -> Brief | None:
        """What a session says of itself to somebody at its door."""
        known = await self.store.session(session)
        return known[1] if known else None

    async def person(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        """The person behind a platform's user."""
        return await self.store.admit(tenant, platform, user, name, host=host, email=email)

    async def learn(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None = None
    ) -> str | None:
        """What a platform says of its user by now."""
        return await self.store.learn(tenant, platform, user, name, host=host, email=email)

    async def users(self, platform: str, people: Sequence[str]) -> Mapping[str, str]:
        """The platform's own ids of these people."""
        return await self.store.users(platform, people) if people else {}

    async def named(self, people: Sequence[str]) -> Mapping[str, str]:
        """Names of people."""
        return await self.store.named(people) if people else {}

    async def remember(self, tenant: str, platform: str, whose: str, known: Mapping[str, str]) -> None:
        """How a user or a place is reached."""
        await self.store.remember(tenant, platform, whose, known)

    async def recall(self, tenant: str, platform: str, whose: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """How these users and places are reached."""
        return await self.store.recall(tenant, platform, whose) if whose else {}

    async def leading(self, session: str) -> Sequence[str]:
        """Who leads a session."""
        return await self.store.leading(session)

    async def posted(self, tenant: str, ref: str) -> tuple[str, str] | None:
        """The dialog and slot of the message with this reference."""
        return await self.store.posted(tenant, ref)

    async def at(self, tenant: str, place: str) -> tuple[str, Brief] | None:
        """The session that a place leads to now."""
        return await self.store.at(tenant, place)

    async def planned(self, tenant: str, place: str) -> Sequence[str]:
        """The sessions that are still to come at this place."""
        return await self.store.planned(tenant, place)

    async def moved(self, tenant: str, old: str, new: str) -> None:
        """The same place has another address from now on."""
        await self.store.move(tenant, old, new)

    async def reachable(self, tenant: str, place: str) -> None:
        """This place can be reached again."""
        now = self.clock.now()
        if await self.store.revive(tenant, place, now):
            await self.hot.nudge("outbox")
            await self.hot.nudge("timers")  # those who lead are told of it
        if ":" in place and (held := await self.store.at(tenant, place)):
            id_, data = f"reached:{place}:{now.isoformat()}", {"place": place}
            await self.hear(Told(id=id_, at=now, tenant=tenant, dialog=held[0], what="reached", data=data))

    async def admit(self, session: str, name: str) -> str | None:
        """A new learner who came by the open link."""
        known = await self.store.session(session)
        if known is None or known[1].phase in {"closed", "archived"}:
            return None
        tenant, _ = known
        person = await self.store.admit(tenant, "web", f"guest:{secrets.token_hex(8)}", name)
        await self.hear(
            Joined(id=f"admitted:{person}", at=self.now(), tenant=tenant, by=person, place=f"web:{session}")
        )
        return person


def _seen(glimpse: Glimpse) -> Seen:
    return Seen(glimpse.dialog, glimpse.slot, glimpse.card, glimpse.private, glimpse.at, glimpse.revision)
