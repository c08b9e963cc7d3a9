"""The tables. A tenant stands on every row; times are stored in UTC.

Notes, turns and activity carry what people did; posts, timers and marks carry what is still to be done about it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Moment(TypeDecorator[datetime]):
    """An aware moment. SQLite knows no zones and hands back what looks local: it is UTC going in and coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """What SQLAlchemy would write for SQLite, letter for letter, at a quarter of its price: a vote has three."""
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _written(value: datetime | None) -> str | None:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if value else None


LONG = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up in an INTEGER only, and that is long already


def moment(**options: Any) -> Any:  # noqa: ANN401 - as sqlmodel's own Field
    """A column for a moment (each table needs a Column of its own)."""
    return Field(sa_column=Column(Moment, **options), default=None)


class TenantRow(SQLModel, table=True):
    """A company's workspace, or the local one."""

    __tablename__ = "tenant"
    id: str = Field(primary_key=True)
    name: str = ""


class PersonRow(SQLModel, table=True):
    """One human."""

    __tablename__ = "person"
    __table_args__ = (Index("person_email", "tenant", "email"),)
    id: str = Field(primary_key=True)
    tenant: str
    name: str
    email: str | None = None
    locale: str = "en"
    zone: str | None = None
    host: bool = False  # may create sessions


class IdentityRow(SQLModel, table=True):
    """A person as one platform knows them."""

    __tablename__ = "identity"
    tenant: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    person: str = Field(index=True)


class AddressRow(SQLModel, table=True):
    """How somebody or something is reached on a platform whose ids do not say it: what the adapter knows, as JSON."""

    __tablename__ = "address"
    tenant: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    whose: str = Field(primary_key=True)  # the platform's own id of a user or a place
    known: str = Field(sa_column=Column(Text, nullable=False))


class SessionPlaceRow(SQLModel, table=True):
    """A session at a place ("platform:address"): an index of `brief.places`, with what decides whose turn it is there.

    at: when it starts, opened or closed, by its phase.
    """

    __tablename__ = "session_place"
    tenant: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    session: str = Field(primary_key=True, index=True)
    phase: str = ""
    at: datetime | None = moment(nullable=True)


class PlaceRow(SQLModel, table=True):
    """Of release 0.1.0, which is not read any more: one session a place. To be dropped in the release after next."""

    __tablename__ = "place"
    tenant: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    platform: str
    session: str | None = Field(default=None, index=True)


class DialogRow(SQLModel, table=True):
    """A running dialog. id is derived from (tenant, scope, key), so beginning it twice is beginning it once."""

    __tablename__ = "dialog"
    __table_args__ = (UniqueConstraint("tenant", "scope", "key"),)
    id: str = Field(primary_key=True)
    tenant: str
    scope: str
    key: str
    kind: str
    session: str | None = Field(default=None, index=True)
    parent: str | None = Field(default=None, index=True)
    place: str | None = None  # of a dialog without a session
    cohort: str = ""
    state: str = Field(sa_column=Column(Text, nullable=False))
    done: bool = False
    begun: datetime = moment(nullable=False)
    salt: bytes | None = Field(sa_column=Column(LargeBinary), default=None)  # of an anonymous one; deleted at closing


class NoteRow(SQLModel, table=True):
    """One person's value. `person` is a pseudonym where the dialog has (or had) a salt. value None = taken back."""

    __tablename__ = "note"
    __table_args__ = (Index("note_by_value", "dialog", "key", "value"), Index("note_of_person", "person", "dialog"))
    dialog: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    tenant: str
    value: str | None = None
    at: datetime = moment(nullable=False)
    event: str = ""  # breaks the tie of two presses in the same moment, alike in every order of arrival
    first: str | None = None
    first_at: datetime = moment(nullable=False)


class TookPartRow(SQLModel, table=True):
    """Who took part in an anonymous dialog, kept apart from what was answered and without times."""

    __tablename__ = "took_part"
    dialog: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    tenant: str


class HeardRow(SQLModel, table=True):
    """An event that has been decided, and what was answered, for whoever delivers it again within 26 hours."""

    __tablename__ = "heard"
    tenant: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    at: datetime = moment(nullable=False, index=True)
    reply: str | None = Field(sa_column=Column(Text), default=None)


class TimerRow(SQLModel, table=True):
    """A timer that stands. Ringing, moving or switching it off takes the row away or changes `at`."""

    __tablename__ = "timer"
    dialog: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    tenant: str
    at: datetime = moment(nullable=False)
    due: datetime = moment(nullable=False, index=True)  # `at`, or later while it is leased or being tried again
    owner: str | None = None
    tries: int = 0
    aside: str | None = None  # why it was set aside, after it failed five times


class ShowRow(SQLModel, table=True):
    """What a dialog wants shown to a room or role: people and places that come later are served from here."""

    __tablename__ = "show"
    dialog: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    to: str = Field(primary_key=True)
    tenant: str
    session: str | None = Field(default=None, index=True)


class MarkRow(SQLModel, table=True):
    """Something is to be drawn (again). Only ever appended, so that a thousand votes wait for no common row."""

    __tablename__ = "mark"
    seq: int | None = Field(sa_column=Column(LONG, primary_key=True, autoincrement=True), default=None)
    tenant: str
    dialog: str
    slot: str
    to: str
    after: str = ""  # a role is served a hundred people at a time: those after this one are still to come


class PostRow(SQLModel, table=True):
    """One message in one place or to one person."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("dialog", "slot", "target"),
        Index("post_due", "due"),
        Index("post_target", "target"),
        Index("post_ref", "tenant", "ref"),
    )
    id: str = Field(primary_key=True)
    tenant: str
    dialog: str
    slot: str
    target: str  # "platform:address" of a place, or a person's id
    private: bool = False
    session: str | None = None
    rank: int = 2
    revision: int = 1
    shown: int = 0
    ref: str | None = None
    via: str | None = None  # the platform by which it goes to a person, once another could not reach them
    begun: datetime = moment(nullable=False)
    due: datetime | None = moment(nullable=True)  # None: nothing to do
    owner: str | None = None
    tries: int = 0
    state: str = "waiting"  # waiting; trying: a first attempt may have been performed; shown; gone
    why: str | None = None
    # How often it was deleted where it stood, and so sent again.
    lost: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ActivityRow(SQLModel, table=True):
    """What a person did in one minute of a session: how often, how many posts of three words or more, and when last."""

    __tablename__ = "activity"
    session: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    minute: datetime = moment(primary_key=True)
    kind: str = Field(primary_key=True)  # said, reacted, joined, left
    tenant: str
    count: int = 0
    posts: int = 0
    last: datetime = moment(nullable=False)


class TurnRow(SQLModel, table=True):
    """One row of a cohort's rotation: see `dialogs.rotation.Turned`."""

    __tablename__ = "turn"
    cohort: str = Field(primary_key=True)
    dialog: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    tenant: str
    at: datetime = moment(nullable=False)
    used: int = 0


class InstallationRow(SQLModel, table=True):
    """A workspace, or an organisation, that a platform's app was installed in. Its tokens are encrypted."""

    __tablename__ = "installation"
    platform: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)  # `team`, or `enterprise` where the whole organisation has the app
    team: str = ""
    enterprise: str = ""
    name: str = ""
    app: str = ""
    bot_user: str = ""
    bot: str = ""
    scopes: str = ""
    token: bytes | None = Field(sa_column=Column(LargeBinary), default=None)  # None from the revocation on
    refresh: bytes | None = Field(sa_column=Column(LargeBinary), default=None)
    expires_at: datetime | None = moment(nullable=True)
    installed_by: str = ""
    installed_at: datetime = moment(nullable=False)
    revoked_at: datetime | None = moment(nullable=True)
    why: str | None = None
    version: int = 1  # grows with every new token: who renews an old one comes too late
    renewing: datetime | None = moment(nullable=True)  # until then one process has the refresh token, which works once


class OauthStateRow(SQLModel, table=True):
    """An installation that was begun and has not come back. Both are hashes: who reads them cannot use them."""

    __tablename__ = "oauth_state"
    state: str = Field(primary_key=True)
    browser: str
    until: datetime = moment(nullable=False, index=True)


def table(row: type[SQLModel]) -> Table:
    """The table of a model. Statements are written on tables: an ORM session per vote costs thirty times as much."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found


TENANT, PERSON, IDENTITY, AT = table(TenantRow), table(PersonRow), table(IdentityRow), table(SessionPlaceRow)
ADDRESS = table(AddressRow)
DIALOG, NOTE, HEARD, TIMER = table(DialogRow), table(NoteRow), table(HeardRow), table(TimerRow)
SHOW, MARK, POST = table(ShowRow), table(MarkRow), table(PostRow)
ACTIVITY, TURN, TOOK_PART = table(ActivityRow), table(TurnRow), table(TookPartRow)
INSTALLATION, OAUTH_STATE = table(InstallationRow), table(OauthStateRow)
