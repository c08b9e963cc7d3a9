"""Store and Hot: what the bot needs from storage. One contract suite runs for every implementation.

The unit of work is a function handed to the store, not a session handed to a dialog: `turns` loads, calls `decide`,
saves, in one transaction and one thread hop. So a dialog cannot save half, and each store chooses its own locks.
What it hands out stands in `records`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from dialogs.base import Brief, Event, Rang, Role, Step, Tally
from dialogs.card import Card, Reply
from dialogs.rotation import Turned
from dialogs.sent import Sent, Stuck
from storage.records import Attended, Counts, Dialog, Glimpse, Listing, Look, Page, Post, Wanted


class Facts(Protocol):
    """What the store can tell while it decides or looks. Read-only, in the same transaction."""

    def dialog(self, id: str) -> Dialog | None:  # noqa: A002 - it is the id
        """A dialog by id: a session's own state carries its `brief`."""
        ...

    def role(self, session: str, person: str) -> Role | None:
        """What this person is in the session."""
        ...

    def mine(self, dialog: str, person: str) -> Mapping[str, str]:
        """This person's own notes in the dialog."""
        ...

    def host(self, person: str) -> bool:
        """Whether this person may create sessions."""
        ...

    def tally(self, dialog: str, *, notes: bool) -> Tally:
        """What is counted of the dialog's notes; with `notes`, the rows too."""
        ...

    def attendance(self, session: str) -> Sequence[Attended]:
        """Everybody of the session, by name."""
        ...

    def turns(self, cohort: str) -> Sequence[Turned]:
        """The rotation of the cohort, oldest first."""
        ...

    def delivery(self, dialog: str) -> Sequence[Sent]:
        """How far the dialog's messages have come, by slot and role."""
        ...

    def aside(self, session: str) -> Sequence[Stuck]:
        """The session's timers that were set aside."""
        ...

    def siblings(self, session: str) -> Sequence[Dialog]:
        """Every dialog of the session, in the order in which they began."""
        ...

    def sessions(self, person: str) -> Sequence[Listing]:
        """The sessions of this person, the newest first."""
        ...


Heard = Callable[[str | None], None]
Turn = tuple[str, float, int]  # a key, how many seconds lie between two turns under it, and how many are saved up
Decide = Callable[[Dialog, Event, Facts, datetime], Step[Any]]
View = Callable[[Dialog, Wanted, Facts, datetime], Card]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event."""

    reply: Reply | None = None
    again: bool = False  # it had been heard before
    error: str | None = None  # it could not be decided: nothing of it is stored
    woke: bool = False  # a timer was set, moved or switched off
    hurried: bool = False  # more is to be shown of it than new numbers in what a room has already
    dialogs: tuple[str, ...] = field(default=(), compare=False)  # which decided on it, for the log


class Store(Protocol):
    """What must not be lost. Every method is one transaction in a thread of its own."""

    async def turns(self, events: Sequence[Event], now: datetime) -> list[Outcome]:
        """Decide these events in order and save every consequence. Outcomes stand in the order of the events."""
        ...

    async def due_timers(self, now: datetime, owner: str, limit: int) -> list[Rang]:
        """Timers that are due, taken under a lease of `owner`: to be heard as events."""
        ...

    async def next_timer(self) -> datetime | None:
        """When the next timer rings."""
        ...

    async def poisoned(self, timer: Rang, why: str, now: datetime) -> None:
        """This timer's event failed: tried again later, and set aside after five times."""
        ...

    async def look(self, now: datetime, limit: int) -> Look:
        """Turn what was marked to be drawn into due posts, and tell the most urgent ones, at most so many."""
        ...

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
        """These due posts in this order, under a lease, each with its card as of one moment.

        Those that somebody else has taken meanwhile are left out, and unless `patient` those that others have locked,
        too. `held`: others, which may not go out before then. `undrawn`: those of which nobody reads the card.
        """
        ...

    async def next_post(self) -> datetime | None:
        """When the next post is due."""
        ...

    async def shown(self, shows: Sequence[tuple[Post, str]], owner: str, now: datetime) -> list[bool]:
        """The platforms show these revisions, by these references.

        False, in the same order: the lease was lost meanwhile, and the post is due again.
        """
        ...

    async def postpone(
        self, post: Post, owner: str, until: datetime, *, lost: bool = False, failed: str | None = None
    ) -> None:
        """Not now. `lost`: its message is gone and will be posted anew; `failed`: an error, kept for those who look."""
        ...

    async def gone(self, post: Post, owner: str, why: str) -> None:
        """The person or place cannot be reached: the post ends here."""
        ...

    async def reroute(self, post: Post, owner: str, via: str, now: datetime) -> None:
        """This person cannot be reached as before: the post goes out by another platform."""
        ...

    async def page(self, person: str, session: str | None, now: datetime) -> Page | None:
        """What one person sees of a session, or (session None) on their own desk."""
        ...

    async def looks(self, dialog: str, slot: str, viewers: Sequence[str], now: datetime) -> dict[str, Glimpse]:
        """One message as each of these people sees it; those it is not for are left out."""
        ...

    async def admit(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        """The person behind a platform's user, made known if new. Returns the person's id.

        email: verified by the platform; whoever has it on another platform of the tenant is the same person.
        """
        ...

    async def session(self, session: str) -> tuple[str, Brief] | None:
        """The tenant of a session and what it says of itself."""
        ...

    async def learn(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None = None
    ) -> str | None:
        """What a platform says of its user by now. Returns the person: another one, if the e-mail address is theirs."""
        ...

    async def users(self, platform: str, people: Sequence[str]) -> dict[str, str]:
        """The platform's own ids of these people; those whom it does not have are left out."""
        ...

    async def remember(self, tenant: str, platform: str, whose: str, known: Mapping[str, str]) -> None:
        """How a user or a place is reached, as the platform said last. Replaces what was known before."""
        ...

    async def recall(self, tenant: str, platform: str, whose: Sequence[str]) -> dict[str, dict[str, str]]:
        """How these users and places are reached; those of whom it is not known are left out."""
        ...

    async def leading(self, session: str) -> list[str]:
        """Who leads a session."""
        ...

    async def posted(self, tenant: str, ref: str) -> tuple[str, str] | None:
        """The dialog and slot of the message with this reference."""
        ...

    async def at(self, tenant: str, place: str) -> tuple[str, Brief] | None:
        """The session that a place leads to now: the live one, else the next, else the last."""
        ...

    async def planned(self, tenant: str, place: str) -> Sequence[str]:
        """The sessions that are still to come at this place."""
        ...

    async def move(self, tenant: str, old: str, new: str) -> None:
        """The same place has another address from now on."""
        ...

    async def revive(self, tenant: str, place: str, now: datetime) -> int:
        """This place can be reached again: what had ended there goes out after all. Returns how many messages."""
        ...

    async def named(self, people: Sequence[str]) -> dict[str, str]:
        """Names of people."""
        ...

    async def delivery(self, session: str) -> Sequence[Sent]:
        """How far each message of a session has come, by dialog, slot and role."""
        ...

    async def stuck(self) -> Sequence[Stuck]:
        """What has failed five times or more: timers that were set aside, then messages, which are tried on."""
        ...

    async def retry(self, now: datetime) -> int:
        """All that is stuck is due now, as if it had never failed. Returns how much it was."""
        ...

    async def counts(self) -> Counts:
        """What waits."""
        ...

    async def tidy(self, now: datetime) -> None:
        """Forget what needs no keeping: heard ids older than 26 hours."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...


class Hot(Protocol):
    """What may be lost at any moment: pace, wake-ups, and what workers call out to each other. Never raises."""

    @property
    def health(self) -> str:
        """For those who look: "ok", "off: no settings", or what is wrong.

        "ailing": it calls out, but each worker keeps its own pace. "away": each worker is on its own until it is back.
        """
        ...

    def start(self) -> None:
        """Begin to share with the other workers."""
        ...

    async def wait(self, key: str, seconds: float, now: datetime, burst: int = 1) -> float:
        """Take the next turn under this key: 0 = now, else the seconds until it may be tried again.

        A turn comes free every so many `seconds`; while nobody takes them, up to `burst` are saved up.
        """
        ...

    async def waits(self, asked: Sequence[Sequence[Turn]], now: datetime) -> list[float]:
        """The same for many at once, in order. Each may need several turns: it is given all of them or none."""
        ...

    async def spend(self, key: str, seconds: float, now: datetime, burst: int = 1, after: float | None = None) -> None:
        """There is no turn left under this key, whatever was counted: the next one comes free in `after` seconds.

        Without `after` it is a whole turn's `seconds`.
        """
        ...

    async def nudge(self, what: str, *, here: bool = False) -> None:
        """Wake whoever waits for `what` ("outbox", "numbers", "timers") in any worker, or only `here`, in this one."""
        ...

    async def nudged(self, what: str) -> None:
        """Return when somebody nudges; nudges while nobody waited count once."""
        ...

    async def publish(self, channel: str, payload: str) -> None:
        """Let every subscriber in any worker hear this, the caller's own too. It may come late, twice or shuffled."""
        ...

    def subscribe(self, channel: str, heard: Heard) -> None:
        """Call `heard` with whatever is published; with None where something may have been missed."""
        ...

    async def close(self) -> None:
        """Share no more."""
        ...


LEASE = timedelta(seconds=30)  # longer than any platform call may take
