"""Outbox: makes messages look as they must, at each platform's pace.

Dialogs only say what must be shown. This loop folds what they said into posts, asks the pace which of the due ones may
go, takes these under a lease, and lets the adapters show them. What may not go yet is put off until it may: so a poll
that waits for its turn costs nothing, however many there are. Whatever fails stays due, so that what people see
converges to what is stored.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from adapters.base import TRACE, Adapter, Bound, Gone, Later, Lost, Message, Turn
from bot.clock import Clock
from bot.stopping import to_the_end
from dialogs.base import Told
from storage.base import LEASE, Hot, Store
from storage.records import Due, Post

log = logging.getLogger(__name__)

LOOKED_AT = 500  # due posts of one look
AT_ONCE = 50  # posts drawn in one transaction, in which nobody else can write
LANES = 100  # conversations that are served at one time
SLOW = 20.0  # seconds after which a platform's call is given up: less than the lease
TOGETHER = 0.1  # seconds between two looks, so that what happens together is folded and shown together
CALMLY = 0.4  # the same where nothing is new but numbers, or what had to wait may go: edits are seconds apart anyway
IDLE = 10.0  # seconds after which the loop looks again without having been nudged: a worker may have died
Report = Callable[[Told], Awaitable[object]]
REMEMBERED = 1000  # posts of which it is known when they were last shown


class Outbox:
    """One loop a process; several processes share the work by leases."""

    def __init__(
        self,
        store: Store,
        hot: Hot,
        clock: Clock,
        adapters: Mapping[str, Adapter],
        report: Report | None = None,
        shown: Callable[[Post], None] = lambda _: None,
        cause: Callable[[str], str] = lambda _: "",
    ) -> None:
        """`shown` is told of each message; `cause` says by which trace a dialog came to show something."""
        self.store, self.hot, self.clock, self.adapters = store, hot, clock, adapters
        self.report, self.shown, self.cause = report, shown, cause
        self.owner = secrets.token_hex(8)
        self._lanes: dict[str, asyncio.Task[None]] = {}  # a conversation is served in order, and keeps no other waiting
        self._served: dict[str, None] = {}  # posts in the order in which they were last shown
        self._looked = 0.0  # when, in seconds of the event loop
        self._next = clock.now()  # when there is more to do, as far as is known
        self._ended: list[tuple[Post, str, asyncio.Future[None]]] = []  # shown, and to be settled together
        self._settling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Deliver for ever."""
        try:
            while True:
                try:
                    before = [*self._lanes.values()]  # what ends during the look has left something unseen
                    await to_the_end(self._take())
                    if len(self._lanes) >= LANES:
                        await asyncio.wait([*self._lanes.values()], return_when=asyncio.FIRST_COMPLETED)
                    elif self._next > self.clock.now():
                        await self._rest(before)
                    await asyncio.sleep(self._looked + TOGETHER - asyncio.get_running_loop().time())
                except Exception:
                    log.exception("the outbox stumbled and goes on")
                    await self.clock.sleep(1)
        finally:
            await asyncio.sleep(0)  # a lane that has not begun could let go of nothing
            for lane in (lanes := [*self._lanes.values()]):
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            if self._settling:
                await asyncio.gather(self._settling, return_exceptions=True)

    async def _rest(self, before: Sequence[asyncio.Task[None]]) -> None:
        """Until somebody nudges, or the next post is due. A lane that has come to its end may have left one that is."""
        lanes = [*before, *self._lanes.values()]
        while True:
            waits = [
                asyncio.ensure_future(self.hot.nudged("outbox")),
                asyncio.ensure_future(self._calmly(lambda: self.hot.nudged("numbers"))),
                asyncio.ensure_future(self._calmly(lambda: self.clock.until(min(self._next, self._after(IDLE))))),
            ]
            try:
                done, _ = await asyncio.wait([*waits, *lanes], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            if not done.isdisjoint(waits):
                return
            lanes = [*self._lanes.values()]
            self._next = await self.store.next_post() or self._after(IDLE)
            if self._next <= self.clock.now():
                return

    async def _calmly(self, call: Callable[[], Awaitable[None]]) -> None:
        """When it comes, but not so soon. It is awaited last: what is cancelled meanwhile must not have used it up."""
        await asyncio.sleep(self._looked + CALMLY - asyncio.get_running_loop().time())
        await call()

    @property
    def busy(self) -> bool:
        """Whether something is being shown at this moment."""
        return bool(self._lanes)

    async def deliver(self) -> int:
        """One round, to its end: fold, ask, take, show. Returns how much there was to do."""
        busy = await self._take()
        await asyncio.gather(*self._lanes.values())
        return busy

    async def _take(self) -> int:
        self._looked = asyncio.get_running_loop().time()
        now = self.clock.now()
        look = await self.store.look(now, LOOKED_AT)
        order = {post: place for place, post in enumerate(self._served, 1)}
        # Of two boards in one room the one not shown for longer, else the busier one would keep the other waiting.
        due = sorted(look.due, key=lambda post: (post.rank, order.get(post.id, 0)))
        free, held = await self._ask(due, now)
        self._next = min([look.next or self._after(IDLE), *held.values()])
        posts, undrawn = list[Post](), {post.id for post in due if self._asks(post)}
        for start in range(0, max(len(free), 1 if held else 0), AT_ONCE):
            some = free[start : start + AT_ONCE]
            posts += await self.store.take(some, {} if start else held, now, self.owner, undrawn=undrawn)
        if missed := [*{*free} - {post.id for post in posts}]:
            # Another worker, which was refused, puts them off at this very moment: the turn must not be lost by that.
            posts += await self.store.take(sorted(missed), {}, now, self.owner, patient=True, undrawn=undrawn)
        if len(posts) < len(free):  # others have taken them, or their cards cannot be made and are tried again
            self._next = min(self._next, self._after(1))
        lanes: dict[str, list[Post]] = defaultdict(list)
        for post in posts:
            lanes[post.place or post.person or ""].append(post)
        for name, lane in lanes.items():
            self._lanes[name] = asyncio.create_task(self._serve(name, lane, now, self._lanes.get(name)))
        return look.folded + len(look.due)

    async def _ask(self, due: Sequence[Due], now: datetime) -> tuple[list[str], dict[str, datetime]]:
        """Which of these may go now, and when each of the others may be asked for again.

        Nobody's turn is kept for them. But each is given a moment of its own behind those before it: a hundred that
        came back together would all be put off again but one. New messages of a place come back together, in order.
        """
        asked = [self._turns(post) for post in due]
        waits = await self.hot.waits(asked, now) if any(asked) else [0.0] * len(due)
        free, held, ahead = list[str](), dict[str, datetime](), dict[str, int]()
        for post, turns, wait in zip(due, asked, waits, strict=True):
            if not wait:
                free.append(post.id)
                continue
            behind = max(ahead.get(turn.key, 0) * turn.seconds for turn in turns)
            held[post.id] = now + timedelta(seconds=wait if post.place and not post.ref else wait + behind)
            for turn in turns:
                ahead[turn.key] = ahead.get(turn.key, 0) + 1
        return free, held

    def _asks(self, post: Due) -> bool:
        adapter = self.adapters.get(self._platform(post))
        return adapter is not None and adapter.asks

    def _turns(self, post: Due) -> Sequence[Turn]:
        adapter = self.adapters.get(self._platform(post))
        return adapter.pace(_bound(post)) if adapter else ()

    async def _serve(self, name: str, lane: list[Post], taken: datetime, before: asyncio.Task[None] | None) -> None:
        shown: Post | None = None
        try:
            if before:
                await asyncio.wait([before])
            for number, post in enumerate(lane):
                waited = before or number
                if waited and self.clock.now() - taken > LEASE - timedelta(seconds=SLOW):
                    # The lease could end while it is being shown: let go, to be taken anew with the card of then.
                    await self.store.postpone(post, self.owner, self.clock.now())
                else:
                    shown = post
                    await self._show(post)
        except asyncio.CancelledError:
            # The process stops: whoever comes next need not wait until the leases end. What was settled is not touched.
            for post in lane:
                failed = "the process was stopped meanwhile" if post is shown else None
                await self.store.postpone(post, self.owner, self.clock.now(), failed=failed)
            raise
        except Exception:
            log.exception("the outbox stumbled; what it has taken is due again when its lease ends")
        finally:
            if self._lanes.get(name) is asyncio.current_task():
                del self._lanes[name]

    async def _show(self, post: Post) -> None:
        TRACE.set(self.cause(post.dialog))
        platform = self._platform(post)
        adapter = self.adapters.get(platform)
        if adapter is None:
            await self._end(post, f"{platform} is not set up")
            return
        message = Message(
            post=post.id, tenant=post.tenant, dialog=post.dialog, slot=post.slot, session=post.session,
            place=post.place, person=post.person, card=post.card, names=post.names, ref=post.ref,
            user=post.reach.get(platform), attempted=post.attempted,
        )  # fmt: skip
        try:
            async with asyncio.timeout(SLOW):
                ref = await adapter.show(message)
        except Later as later:
            await self.store.postpone(post, self.owner, self._after(later.seconds))
        except Lost:
            await self.store.postpone(post, self.owner, self.clock.now(), lost=True)
            await self.hot.nudge("timers")  # those who lead are told of it
        except Gone as gone:
            rest = self._rest_of(post, platform)
            if rest:
                await self.store.reroute(post, self.owner, rest[0], self.clock.now())
                await self.hot.nudge("timers")
            else:
                await self._end(post, gone.why)
        except Exception as error:  # noqa: BLE001 - whatever a platform does, the message stays due
            log.warning("message %s could not be shown: %r", post.id, error)
            again = self._after(min(300.0, 2.0 ** min(post.tries, 10)))
            await self.store.postpone(post, self.owner, again, failed=repr(error))
        else:
            await self._settle(post, ref)
            self.shown(post)
            log.info("shown: message %s of dialog %s, revision %d, %s", post.id, post.dialog, post.revision, platform)
            if post.person and platform != "web":
                await self._refresh(message)
            self._served.pop(post.id, None)
            self._served[post.id] = None
            if len(self._served) > REMEMBERED:
                del self._served[next(iter(self._served))]

    async def _settle(self, post: Post, ref: str) -> None:
        """It is shown. What is shown while another settlement is under way is settled in one, after it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended.append((post, ref, done))
        if not self._settling:
            self._settling = asyncio.create_task(self._settle_all())
        await done

    async def _settle_all(self) -> None:
        try:
            while self._ended:
                ended, self._ended = self._ended, []
                error: Exception | None = None
                try:
                    await self.store.shown([(post, ref) for post, ref, _ in ended], self.owner, self.clock.now())
                except Exception as failed:  # noqa: BLE001 - whoever waits for it is told
                    error = failed
                for _, _, done in ended:
                    if done.done():  # whoever waited has been stopped
                        continue
                    if error:
                        done.set_exception(error)
                    else:
                        done.set_result(None)
        finally:
            self._settling = None

    async def _refresh(self, message: Message) -> None:
        """Whoever reads it elsewhere may have their page open, too. A page asks for the truth when it is opened."""
        try:
            await self.adapters["web"].show(message)
        except Exception:
            log.exception("the pages could not be brought up to date")

    def _platform(self, post: Post | Due) -> str:
        """Where a message is, or else goes: a person is written to on one platform, in a page only for want of any."""
        if post.place:
            return post.place.partition(":")[0]
        if post.via or post.ref:
            return post.via or (post.ref or "").partition(":")[0]
        return next(iter(self._ways(post)), "web")

    def _ways(self, post: Post | Due) -> list[str]:
        """The platforms that have this person, in the order in which they are tried."""
        return [platform for platform in self.adapters if platform != "web" and platform in post.reach]

    def _rest_of(self, post: Post, platform: str) -> list[str]:
        """By which other platforms somebody might still be reached."""
        ways = self._ways(post) if post.person else []
        return ways[ways.index(platform) + 1 :] if platform in ways else []

    async def _end(self, post: Post, why: str) -> None:
        """Nobody is left out silently: the session hears whom it cannot reach, and only then the message ends."""
        if self.report and post.session:
            waits = bool(post.card.all_buttons() or post.card.fields)
            where = {"place": post.place, "person": post.person, "via": self._platform(post)}
            data = {**where, "why": why, "waits": waits}
            # With the moment: what went out again and ended again is told again.
            id_ = f"gone:{post.id}:{post.revision}:{self.clock.now().isoformat()}"
            await self.report(
                Told(id=id_, at=self.clock.now(), tenant=post.tenant, dialog=post.session, what="unreached", data=data)
            )
        await self.store.gone(post, self.owner, why)
        await self.hot.nudge("timers")  # those who lead are told of it

    def _after(self, seconds: float) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)


def _bound(post: Due) -> Bound:
    return Bound(post.tenant, post.dialog, post.slot, post.place, post.person, post.ref)
