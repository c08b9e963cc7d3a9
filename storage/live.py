"""What a batch holds in memory while it lasts: dialogs, notes, and which sessions are at which place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, select

from dialogs.base import Brief, Frozen
from storage.records import Dialog
from storage.tables import AT

KNOWN = 20_000  # dialogs that are kept in mind
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to answer it.
AT_THESE = select(AT).where(AT.c.tenant == bindparam("of"), AT.c.place.in_(bindparam("places", expanding=True)))


@dataclass(slots=True)
class Live:
    """A dialog in memory, while the batch lasts."""

    id: str
    tenant: str
    scope: str
    key: str
    kind: str
    session: str | None
    parent: str | None
    place: str | None
    cohort: str
    state: Frozen
    done: bool
    begun: datetime
    new: bool = False
    changed: bool = False

    def frozen(self) -> Dialog:
        """As dialogs and facts know it."""
        return Dialog(self.id, self.tenant, self.kind, self.state, self.session, self.cohort, self.done)


@dataclass(slots=True)
class Known:
    """What a process keeps in mind of the database: only what, once it is committed, never changes.

    keys: the session of a dialog, or the dialog itself where it has none. rooms: (dialog, slot) of messages that are
    known to exist for the room; each vote says again that its board must.
    """

    keys: dict[str, str] = field(default_factory=dict)
    rooms: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, keys: Mapping[str, str], rooms: Iterable[tuple[str, str]] = ()) -> None:
        """Keep this in mind, too."""
        if len(self.keys) + len(keys) > KNOWN:
            self.keys.clear()
        if len(self.rooms) > KNOWN:
            self.rooms.clear()
        self.keys |= keys
        self.rooms |= {*rooms}


@dataclass(slots=True)
class Kept:
    """A note in memory."""

    value: str | None
    at: datetime
    event: str
    first: str | None
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A session at a place. at: when it starts, opened or closed, by its phase."""

    session: str
    phase: str
    at: datetime | None


class Places:
    """The sessions at each place: a channel has one after the other, and next week's may be planned in it already."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._held: dict[tuple[str, str], dict[str, Held]] = {}
        self.changed: set[tuple[str, str, str]] = set()  # (tenant, place, session) not written yet
        self.got: set[str] = set()  # sessions that have got a place, not written yet

    def load(self, tenant: str, places: Iterable[str]) -> None:
        """Read several places at once."""
        missing = [place for place in places if (tenant, place) not in self._held]
        if not missing:
            return
        found: dict[str, dict[str, Held]] = defaultdict(dict)
        for row in self.db.execute(AT_THESE, {"of": tenant, "places": missing}):
            found[row.place][row.session] = Held(row.session, row.phase, row.at)
        self._held |= {(tenant, place): found[place] for place in missing}

    def put(self, tenant: str, place: str, session: str, brief: Brief) -> None:
        """The session is at this place, and this far."""
        self.load(tenant, [place])
        held = Held(
            session, brief.phase, {"planned": brief.starts, "open": brief.opened}.get(brief.phase, brief.closed)
        )
        before = self._held[tenant, place].get(session)
        if before is None:
            self.got.add(session)
        if before != held:
            self._held[tenant, place][session] = held
            self.changed.add((tenant, place, session))

    def holds(self, tenant: str, place: str, session: str) -> bool:
        """Whether this session is at this place, however far it is."""
        self.load(tenant, [place])
        return session in self._held[tenant, place]

    def get(self, tenant: str, place: str, session: str) -> Held:
        """One session at one place."""
        return self._held[tenant, place][session]

    def now(self, tenant: str, place: str) -> Held | None:
        """The session that a place leads to: the live one, else the next, else the last."""
        return next(iter(self.all(tenant, place)), None)

    def all(self, tenant: str, place: str) -> list[Held]:
        """Every session at a place, the one that is meant most likely first."""
        self.load(tenant, [place])
        return sorted(self._held[tenant, place].values(), key=_order)


def _order(held: Held) -> tuple[int, bool, float, str]:
    at = (held.at or EPOCH).timestamp()
    match held.phase:
        case "open":
            return 0, False, -at, held.session
        case "planned":
            return 1, held.at is None, at, held.session
        case "closed":
            return 2, False, -at, held.session
    return 3, False, -at, held.session
