"""Facts: what one transaction can tell a dialog. Read-only; the answers of one `Rows` do not change under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, and_, bindparam, false, func, select

from dialogs.base import AnyKind, Brief, Frozen, Noted, Role, Tally
from dialogs.rotation import Turned
from dialogs.sent import Sent, Stuck
from storage import delivery
from storage.records import Attended, Dialog, Listing
from storage.tables import ACTIVITY, DIALOG, NOTE, PERSON, TURN

LISTED = 50  # sessions of one person, the newest
PARSED = 500  # states that are kept in mind: a vote changes none, and reads two


# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to answer it.
ONE: BindParameter[str] = bindparam("one")
WHO: BindParameter[str] = bindparam("who")
THIS_DIALOG = select(DIALOG).where(DIALOG.c.id == ONE)
SIBLINGS = select(DIALOG).where(DIALOG.c.session == ONE).order_by(DIALOG.c.begun, DIALOG.c.id)
MINE = select(NOTE.c.key, NOTE.c.value).where(NOTE.c.dialog == ONE, NOTE.c.person == WHO)
OF_THESE = select(NOTE.c.dialog, NOTE.c.person, NOTE.c.key, NOTE.c.value).where(
    NOTE.c.dialog.in_(bindparam("dialogs", expanding=True)), NOTE.c.person.in_(bindparam("people", expanding=True))
)
HOST = select(PERSON.c.host).where(PERSON.c.id == WHO)
COUNTED = (
    select(NOTE.c.key, NOTE.c.value, func.count())
    .where(NOTE.c.dialog == ONE, NOTE.c.value.is_not(None))
    .group_by(NOTE.c.key, NOTE.c.value)
    .order_by(NOTE.c.key, NOTE.c.value)
)
NOTES = (
    select(NOTE).where(NOTE.c.dialog == ONE, NOTE.c.value.is_not(None)).order_by(NOTE.c.key, NOTE.c.at, NOTE.c.person)
)
KEPT = select(NOTE.c.person, NOTE.c.key, NOTE.c.value, NOTE.c.at).where(NOTE.c.dialog == ONE, NOTE.c.value.is_not(None))
TURNS = select(TURN).where(TURN.c.cohort == ONE).order_by(TURN.c.at, TURN.c.used, TURN.c.person)
NAMES = select(PERSON.c.id, PERSON.c.name).where(PERSON.c.id.in_(bindparam("people", expanding=True)))
ACTS = select(ACTIVITY, ACTIVITY.c.count.label("times")).where(ACTIVITY.c.session == ONE).order_by(ACTIVITY.c.minute)


class Rows:
    """Facts as the database has them."""

    def __init__(self, db: Connection, kinds: Mapping[str, AnyKind]) -> None:
        self.db, self.kinds = db, kinds
        self._dialogs: dict[str, Dialog | None] = {}
        self._mine: dict[tuple[str, str], Mapping[str, str]] = {}  # (dialog, person)
        self._attendance: dict[str, tuple[Attended, ...]] = {}
        self._delivery: dict[str, tuple[Sent, ...]] = {}
        self._aside: dict[str, tuple[Stuck, ...]] = {}
        self._tallies: dict[tuple[str, bool], Tally] = {}  # a room of 250 looks at one poll: it is counted once

    def parse(self, kind: str, state: str) -> Frozen:
        """A stored state, as its kind knows it."""
        return _parsed(self.kinds[kind].State, state)  # type: ignore[arg-type] # mypy sees no hash in a class

    def dialog(self, id: str) -> Dialog | None:  # noqa: A002 - it is the id
        """A dialog by id."""
        if id not in self._dialogs:
            row = self.db.execute(THIS_DIALOG, {"one": id}).one_or_none()
            self._dialogs[id] = self._dialog(row) if row else None
        return self._dialogs[id]

    def _dialog(self, row: Row[Any]) -> Dialog:
        return Dialog(row.id, row.tenant, row.kind, self.parse(row.kind, row.state), row.session, row.cohort, row.done)

    def role(self, session: str, person: str) -> Role | None:
        """What this person is in the session: a note of the session's own dialog."""
        value = self.mine(session, person).get("role")
        return Role(value) if value else None

    def mine(self, dialog: str, person: str) -> Mapping[str, str]:
        """This person's own notes in the dialog."""
        if (dialog, person) not in self._mine:
            rows = self.db.execute(MINE, {"one": dialog, "who": person})
            self._mine[dialog, person] = {key: value for key, value in rows if value is not None}
        return self._mine[dialog, person]

    def meet(self, dialogs: Sequence[str], people: Sequence[str]) -> None:
        """Read at once what `mine` and `role` will be asked of these people in these dialogs."""
        found: dict[tuple[str, str], dict[str, str]] = {(one, who): {} for one in dialogs for who in people}
        for row in self.db.execute(OF_THESE, {"dialogs": [*dialogs], "people": [*people]}):
            if row.value is not None:
                found[row.dialog, row.person][row.key] = row.value
        self._mine |= found

    def host(self, person: str) -> bool:
        """Whether this person may create sessions."""
        return bool(self.db.execute(HOST, {"who": person}).scalar())

    def tally(self, dialog: str, *, notes: bool) -> Tally:
        """Counts by key and value; with `notes`, every row."""
        if (dialog, notes) not in self._tallies:
            self._tallies[dialog, notes] = self._tally(dialog, notes=notes)
        return self._tallies[dialog, notes]

    def _tally(self, dialog: str, *, notes: bool) -> Tally:
        by_key: dict[str, dict[str, int]] = defaultdict(dict)
        for key, value, count in self.db.execute(COUNTED, {"one": dialog}):
            by_key[key][value] = count
        rows: tuple[Noted, ...] = ()
        if notes:
            found = self.db.execute(NOTES, {"one": dialog})
            rows = tuple(Noted(r.key, r.person, r.value, r.at, r.first or r.value) for r in found)
        return Tally(dict(by_key), rows)

    def turns(self, cohort: str) -> Sequence[Turned]:
        """The rotation of the cohort, oldest first."""
        rows = self.db.execute(TURNS, {"one": cohort})
        return tuple(Turned(r.person, r.what, r.at, r.used, r.dialog) for r in rows)

    def delivery(self, dialog: str) -> Sequence[Sent]:
        """How far the dialog's messages have come, by slot and role."""
        if dialog not in self._delivery:
            self._delivery[dialog] = delivery.of_dialog(self.db, dialog)
        return self._delivery[dialog]

    def aside(self, session: str) -> Sequence[Stuck]:
        """The session's timers that were set aside."""
        if session not in self._aside:
            self._aside[session] = delivery.aside(self.db, session)
        return self._aside[session]

    def siblings(self, session: str) -> Sequence[Dialog]:
        """Every dialog of the session, in the order in which they began."""
        rows = self.db.execute(SIBLINGS, {"one": session})
        return tuple(self._dialog(row) for row in rows)

    def sessions(self, person: str) -> Sequence[Listing]:
        """The sessions of this person, the newest first."""
        own = select(PERSON.c.tenant).where(PERSON.c.id == person).scalar_subquery()  # whoever else names this person
        role = and_(NOTE.c.key == "role", NOTE.c.person == person, NOTE.c.value.is_not(None))
        mine = and_(NOTE.c.dialog == DIALOG.c.id, DIALOG.c.tenant == own, role)
        rows = self.db.execute(
            select(DIALOG, NOTE.c.value.label("role"))
            .select_from(DIALOG)
            .join(NOTE, mine)
            .order_by(DIALOG.c.begun.desc())
            .limit(50)
        )
        return tuple(Listing(row.id, Role(row.role), brief_of(self._dialog(row))) for row in rows)

    def names(self, people: Sequence[str]) -> dict[str, str]:
        """Names of people."""
        if not people:
            return {}
        rows = self.db.execute(NAMES, {"people": [*people]})
        return {row.id: row.name for row in rows}

    def attendance(self, session: str) -> Sequence[Attended]:
        """Everybody of the session and what they did in it, by name."""
        if session not in self._attendance:
            self._attendance[session] = self._attended(session)
        return self._attendance[session]

    def _attended(self, session: str) -> tuple[Attended, ...]:
        notes: dict[str, dict[str, tuple[str, datetime]]] = defaultdict(dict)
        for person, key, value, at in self.db.execute(KEPT, {"one": session}):
            notes[person][key] = (value, at)
        people = [person for person, keys in notes.items() if "role" in keys]
        names = self.names(people)
        acts = self._acts(session)
        everybody = (_attended(person, names.get(person, ""), notes[person], acts) for person in people)
        return tuple(sorted(everybody, key=lambda one: (one.name.casefold(), one.person)))

    def _during(self, session: str) -> list[ColumnElement[bool]]:
        """Ticking a checklist the day before, or answering the survey the day after, is not taking part."""
        root = self.dialog(session)
        brief = brief_of(root) if root else None
        opened = NOTE.c.at >= brief.opened if brief and brief.opened else false()
        return [opened, *([NOTE.c.at <= brief.closed] if brief and brief.closed else [])]

    def _acts(self, session: str) -> dict[str, Attended]:
        """What people did, by person: from activity, and from the notes of the session's dialogs."""
        found: dict[str, Attended] = {}
        for row in self.db.execute(ACTS, {"one": session}):
            one = found.get(row.person) or Attended(row.person, "", Role.LEARNER)
            if row.kind == "joined":
                one = replace(one, joined=(*one.joined, row.last))
            elif row.kind == "left":
                one = replace(one, left=(*one.left, row.last))
            else:
                posts = (*one.posts, (row.minute, row.posts)) if row.posts else one.posts
                one = replace(one, posts=posts, acts=one.acts + row.times, last=max(one.last or row.last, row.last))
            found[row.person] = one
        others = select(DIALOG.c.id).where(DIALOG.c.session == session, DIALOG.c.id != session)
        counted = select(NOTE.c.person, func.count(), func.max(NOTE.c.at)).where(
            NOTE.c.dialog.in_(others), NOTE.c.value.is_not(None), *self._during(session)
        )
        for person, count, last in self.db.execute(counted.group_by(NOTE.c.person)):
            one = found.get(person) or Attended(person, "", Role.LEARNER)
            found[person] = replace(one, acts=one.acts + count, last=max(one.last or last, last))
        return found


@lru_cache(PARSED)
def _parsed(of: type[Frozen], state: str) -> Frozen:
    """A state is frozen: whoever reads the same text shares it."""
    return of.model_validate_json(state)


def _attended(
    person: str, name: str, notes: Mapping[str, tuple[str, datetime]], acts: Mapping[str, Attended]
) -> Attended:
    here, here_at = notes.get("here", (None, None))
    return replace(
        acts.get(person, Attended(person, "", Role.LEARNER)),
        name=name,
        role=Role(notes["role"][0]),
        manager=notes["manager"][0] if "manager" in notes else None,
        here=here,
        here_at=here_at,
        calls=notes.get("calls", ("on", None))[0] != "off",
    )


def brief_of(dialog: Dialog) -> Brief:
    """What a session's own state says of it to all its dialogs."""
    brief: Brief = dialog.state.brief  # type: ignore[attr-defined]
    return brief
