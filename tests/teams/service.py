"""Microsoft Teams made small and strict: organisations behind one Connector, and one bot that they have installed.

    async with Teams(now=clock.now) as teams:
        acme = teams.tenant("5f9a…", name="Acme")
        teams.connect(f"{bot}/api/messages", app_id=APP_ID, app_password=PASSWORD, tenant=acme.id)
        ann = acme.user("Ann Ode", installed=True)
        chat = acme.group_chat("class", members=[ann])
        await chat.adds_bot()
        await ann.mentions_bot(chat, 'poll "Ready?" "Yes" "No"')
        await ann.presses(ann.last(chat), "Yes")

What people do is awaited until the bot has answered the activity that it causes. Which tokens are still good is told by
the machine's clock, as bots tell it; everything else goes by the clock that is given.
"""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from tests.teams.connector import Call, Connector
from tests.teams.delivery import Answer, Delivery
from tests.teams.faults import Fault
from tests.teams.people import User
from tests.teams.rooms import Room
from tests.teams.tenants import Tenant

Thing = dict[str, Any]


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Teams:
    """The service: everything the organisations have in common, and the server that the bot talks to."""

    now: Callable[[], datetime] = wall_clock
    bot_name: str = "Cohost"
    limits: bool = True  # how often the bot may call
    patience: float = 15.0  # real seconds that Teams waits for an answer
    takes: float = 0.0  # real seconds that each write takes, while which no other may happen in its conversation
    token_lives: int = 3599
    page: int = 200  # members in one page, where nothing else is asked for

    def __post_init__(self) -> None:
        self.app_id, self.app_password = "", ""
        self.login_tenants: frozenset[str] = frozenset()
        self.tenants: dict[str, Tenant] = {}
        self.rooms: dict[str, Room] = {}
        self.calls: list[Call] = []  # every call of the Connector, the token endpoint and the metadata
        self.troubles: list[str] = []  # what the bot did or answered that Teams does not understand
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self._ids, self._last = itertools.count(1), 0
        self.delivery = Delivery(self)
        self.web = Connector(self)

    async def __aenter__(self) -> Self:
        await self.web.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.delivery.stop()
        await self.web.stop()

    # ------------------------------------------------------------------------------------------------ what a test sets

    def tenant(self, tenant_id: str, *, name: str) -> Tenant:
        tenant = self.tenants[tenant_id] = Tenant(self, tenant_id, name)
        return tenant

    def connect(self, messages_url: str, *, app_id: str, app_password: str, tenant: str = "botframework.com") -> None:
        """Deliver to this address. The tenant is where the bot gets its tokens: a single-tenant bot in its own."""
        self.delivery.url = messages_url
        self.app_id, self.app_password, self.login_tenants = app_id, app_password, frozenset({tenant})

    def next(self, name: str, *faults: Fault) -> None:
        """Let the next calls of this name go wrong, each in its way; the names are those of connector.ROUTES."""
        assert name in self.web.names, f"no call is named {name!r}, but {sorted(self.web.names)}"
        self.faults[name] += faults

    def hold(self) -> None:
        """Keep activities back until they are released; what somebody waits for is never held."""
        self.delivery.held = []

    async def release(
        self, order: Callable[[list[Thing]], Iterable[Thing]] = list, *, twice: bool = False
    ) -> list[Answer]:
        """Deliver what was held, in this order, and if wanted each of them twice."""
        return await self.delivery.release(order, twice=twice)

    async def redeliver(self, *answers: Answer) -> list[Answer]:
        """Send these once more under the same id, or all whose delivery has failed."""
        return await self.delivery.redeliver(answers or None)

    async def sends(self, activity: Thing, authorization: str | None) -> Answer:
        """Deliver an activity with this very header, or with none."""
        answer = await self.delivery.post(activity, authorization)
        self.answers.append(answer)
        return answer

    def rotates_keys(self) -> None:
        """Sign with a new key; the old one is served no longer."""
        self.delivery.keys.rotate()

    def serves_no_keys(self, *, nothing: bool = True) -> None:
        self.delivery.keys.serves = not nothing

    def endorses(self, *channels: str) -> None:
        """Let the key vouch for these channels only."""
        self.delivery.keys.endorsements = list(channels)

    def revokes_tokens(self) -> None:
        """The tokens that the bot has are dead from here on."""
        self.web.tokens.clear()

    # -------------------------------------------------------------------------------------------- what a test looks at

    @property
    def service_url(self) -> str:
        return f"{self.web.url}/amer/"

    @property
    def openid_url(self) -> str:
        return f"{self.web.url}/v1/.well-known/openidconfiguration"

    @property
    def login_url(self) -> str:
        return f"{self.web.url}/login"

    @property
    def answers(self) -> list[Answer]:
        """Every answer of the bot to a delivery."""
        return self.delivery.answers

    def called(self, name: str, room: Room | None = None) -> list[Call]:
        """The calls of one name, if wanted of one conversation and its threads."""
        return [
            call
            for call in self.calls
            if call.name == name and (room is None or call.conversation.partition(";")[0] == room.id)
        ]

    def bad_headers(self, service_url: str | None = None) -> dict[str, str | None]:
        """Headers that the bot must turn away, each by what is wrong with it."""
        return self.delivery.keys.bad(self.app_id, service_url or self.service_url)

    def good_header(self, **claims: Any) -> str:
        """A header that the bot must take, unless these claims spoil it."""
        keys = self.delivery.keys
        return keys.bearer(keys.claims(self.app_id, self.service_url, **claims))

    # ------------------------------------------------------------------------------------------------- ids and names

    @property
    def bot_id(self) -> str:
        return f"28:{self.app_id}"

    def bot_account(self) -> Thing:
        return {"id": self.bot_id, "name": self.bot_name}

    def is_mentioned(self, said: Thing) -> bool:
        return any(one.get("mentioned", {}).get("id") == self.bot_id for one in said.get("entities") or ())

    def user(self, name: str) -> User | None:
        """Whoever has this 29: id or Entra id."""
        users = (user for tenant in self.tenants.values() for user in tenant.users)
        return next((user for user in users if name in {user.id, user.aad_id}), None)

    def new_id(self) -> str:
        """The id of a message: its moment in milliseconds, later than every one before it."""
        self._last = max(self._last + 1, int(self.now().timestamp() * 1000))
        return str(self._last)

    def made_id(self, prefix: str) -> str:
        return f"{prefix}{uuid.UUID(int=(next(self._ids) << 64) | 0xABCDEF).hex}"

    def made_guid(self) -> str:
        return str(uuid.UUID(int=(next(self._ids) << 96) | (4 << 76) | (8 << 60)))

    def room_id(self, kind: str, prefix: str = "") -> str:
        return f"19:{prefix}{next(self._ids):032x}@thread.{kind}"
