"""Where the app is installed, with tokens that are of no use to whoever reads the database without COHOST_SECRET."""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets as dice
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypedDict, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from storage.base import LEASE
from storage.connecting import Kept, connect, transact
from storage.tables import INSTALLATION, OAUTH_STATE
from storage.threads import Threads

log = logging.getLogger(__name__)
R = TypeVar("R")
Condition: TypeAlias = ColumnElement[bool]

PURPOSE = b"cohost installation tokens 1"
STATE_LASTS = timedelta(minutes=10)
MOST_STATES = 10_000  # nobody needs a name to begin an installation, so a flood of them must end somewhere
CHANGED = (
    "the stored token cannot be read, because COHOST_SECRET is not the one it was stored under: "
    "put the former secret back, or install the app in the workspace again"
)


class Installation(TypedDict):
    """The app in one workspace, or in one organisation (then `team` is empty). Printing it shows no token."""

    team: str
    enterprise: str
    name: str
    app: str
    bot_user: str
    bot: str
    scopes: str
    token: SecretStr | None  # None: there is none any more, and `why` says why
    refresh: SecretStr | None
    expires_at: datetime | None
    installed_by: str
    installed_at: datetime
    revoked_at: datetime | None
    why: str | None
    version: int


class Vault:
    """Encrypts and decrypts. The first secret encrypts, the others are former ones that may still decrypt."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = MultiFernet([Fernet(self._key(secret)) for secret in secrets])

    def _key(self, secret: str) -> bytes:
        # The purpose keeps this key apart from everything else that is derived from the same secret.
        derived = HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(secret.encode())
        return base64.urlsafe_b64encode(derived)

    def seal(self, owner: str, secret: SecretStr | None) -> bytes | None:
        """Encrypt. The owner is sealed in, so that a token moved to another row is a broken one."""
        return self._keys.encrypt(f"{owner}\n{secret.get_secret_value()}".encode()) if secret else None

    def open(self, owner: str, sealed: bytes | None) -> SecretStr | None:
        """Decrypt, or raise InvalidToken."""
        if sealed is None:
            return None
        whose, _, secret = self._keys.decrypt(sealed).decode().partition("\n")
        if whose != owner:
            raise InvalidToken
        return SecretStr(secret)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Installations:
    """The installations of one platform. Its writes are rare, and take their turn with the store's."""

    def __init__(self, url: str, *secrets: str, platform: str = "slack") -> None:
        self.platform = platform
        self._vault = Vault(secrets)
        self._write, self._read = Kept(connect(url, write=True)), Kept(connect(url, write=False))
        self._thread = Threads(1, "installations")

    async def _writing(self, work: Callable[[Connection], R]) -> R:
        return await self._thread.do(transact, self._write, work)

    async def _reading(self, work: Callable[[Connection], R]) -> R:
        return await self._thread.do(transact, self._read, work)

    async def save(self, one: Installation) -> None:
        """Keep a new installation, or the newest one of a workspace that had the app before."""
        tenant = one["team"] or one["enterprise"]
        owner = f"{self.platform}:{tenant}"
        sealed = {name: self._vault.seal(owner, one[name]) for name in ("token", "refresh")}
        values = {**one, **sealed, "renewing": None}

        def keep(db: Connection) -> None:
            had = db.execute(select(INSTALLATION.c.version).where(*self._is(tenant)).with_for_update()).scalar()
            if had is None:
                db.execute(insert(INSTALLATION).values(platform=self.platform, tenant=tenant, **values))
            else:
                db.execute(update(INSTALLATION).where(*self._is(tenant)).values(values | {"version": had + 1}))

        await self._writing(keep)

    async def find(self, team: str, enterprise: str) -> Installation | None:
        """What serves this workspace: its own installation, else its organisation's. A live one goes before a dead."""
        served = (
            and_(INSTALLATION.c.tenant == team, INSTALLATION.c.team == team),
            and_(INSTALLATION.c.tenant == enterprise, INSTALLATION.c.team == ""),
        )
        mine = select(INSTALLATION).where(INSTALLATION.c.platform == self.platform, or_(*served))
        rows = await self._reading(lambda db: db.execute(mine).all())
        found = sorted(rows, key=lambda row: (row.token is None, row.tenant != team))
        return self._installation(found[0]) if found else None

    async def all(self) -> list[Installation]:
        """Every installation there ever was, the oldest first."""
        mine = select(INSTALLATION).where(INSTALLATION.c.platform == self.platform)
        ordered = mine.order_by(INSTALLATION.c.installed_at, INSTALLATION.c.tenant)
        rows = await self._reading(lambda db: db.execute(ordered).all())
        return [self._installation(row) for row in rows]

    async def revoke(self, tenant: str, why: str, at: datetime) -> None:
        """At that moment the app was not welcome any more. Its tokens are dropped; what else is known of it stays."""
        gone = {"token": None, "refresh": None, "expires_at": None, "revoked_at": at, "why": why, "renewing": None}
        # Platforms deliver late and twice: the end of a former installation must not end the one that came after it.
        then = (*self._is(tenant), INSTALLATION.c.token.is_not(None), INSTALLATION.c.installed_at <= at)
        ended = update(INSTALLATION).where(*then).values(version=INSTALLATION.c.version + 1, **gone)
        await self._writing(lambda db: db.execute(ended))

    async def delete(self, tenant: str) -> None:
        """Forget that the app ever was there."""
        await self._writing(lambda db: db.execute(delete(INSTALLATION).where(*self._is(tenant))))

    async def claim(self, one: Installation, now: datetime) -> bool:
        """Whether the caller may use the refresh token now. It works once: nobody else may for the next half minute."""
        free = or_(INSTALLATION.c.renewing.is_(None), INSTALLATION.c.renewing <= now)
        mine = update(INSTALLATION).where(*self._is_version(one), free).values(renewing=now + LEASE)
        return await self._writing(lambda db: db.execute(mine).rowcount == 1)

    async def renew(self, one: Installation, token: SecretStr, refresh: SecretStr, expires_at: datetime) -> bool:
        """Keep what the refresh token was exchanged for. False: the app was installed anew or removed meanwhile."""
        owner = f"{self.platform}:{one['team'] or one['enterprise']}"
        new = {"token": self._vault.seal(owner, token), "refresh": self._vault.seal(owner, refresh)}
        newest = update(INSTALLATION).where(*self._is_version(one))
        grown = newest.values(expires_at=expires_at, version=one["version"] + 1, renewing=None, **new)
        return await self._writing(lambda db: db.execute(grown).rowcount == 1)

    async def begin(self, browser: str, now: datetime) -> str | None:
        """A state to send along with a browser that goes to install. None: too many are under way."""
        state = dice.token_urlsafe(32)
        row = {"state": _hash(state), "browser": _hash(browser), "until": now + STATE_LASTS}

        def keep(db: Connection) -> bool:
            db.execute(delete(OAUTH_STATE).where(OAUTH_STATE.c.until <= now))
            if (db.execute(select(func.count()).select_from(OAUTH_STATE)).scalar() or 0) >= MOST_STATES:
                return False
            db.execute(insert(OAUTH_STATE).values(row))
            return True

        return state if await self._writing(keep) else None

    async def consume(self, state: str, browser: str, now: datetime) -> bool:
        """Whether this browser was sent with this state, lately, and comes back for the first time."""
        # Whoever shows a state uses it up, also with the wrong browser: a state that leaked must not be tried twice.
        used = delete(OAUTH_STATE).where(OAUTH_STATE.c.state == _hash(state))
        returning = used.returning(OAUTH_STATE.c.browser, OAUTH_STATE.c.until)
        row = await self._writing(lambda db: db.execute(returning).one_or_none())
        return bool(row and dice.compare_digest(row.browser, _hash(browser)) and row.until > now)

    async def close(self) -> None:
        """Let go of the database."""
        self._thread.close()
        self._write.close()
        self._read.close()

    def _is(self, tenant: str) -> tuple[Condition, ...]:
        return INSTALLATION.c.platform == self.platform, INSTALLATION.c.tenant == tenant

    def _is_version(self, one: Installation) -> tuple[Condition, ...]:
        return *self._is(one["team"] or one["enterprise"]), INSTALLATION.c.version == one["version"]

    def _installation(self, row: Row[Any]) -> Installation:
        owner, why = f"{self.platform}:{row.tenant}", row.why
        try:
            token, refresh = self._vault.open(owner, row.token), self._vault.open(owner, row.refresh)
        except InvalidToken:
            token = refresh = None
            why = CHANGED
            log.error("%s: %s", owner, CHANGED)  # noqa: TRY400 - the traceback says nothing that the sentence does not
        return {
            "team": row.team,
            "enterprise": row.enterprise,
            "name": row.name,
            "app": row.app,
            "bot_user": row.bot_user,
            "bot": row.bot,
            "scopes": row.scopes,
            "token": token,
            "refresh": refresh,
            "expires_at": row.expires_at,
            "installed_by": row.installed_by,
            "installed_at": row.installed_at,
            "revoked_at": row.revoked_at,
            "why": why,
            "version": row.version,
        }
