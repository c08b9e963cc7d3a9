"""What those who lead are told of how far a list has come is a little late: that much time passes first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import func, select

from bot.app import App
from dialogs.sent import FOLLOW
from storage.tables import TIMER

LOOKS = 5


async def follows(app: App, passes: Callable[[float], Awaitable[None]]) -> None:
    """Until nothing is followed any more, or for some minutes where something is not reached yet."""
    await passes(0)
    following = select(func.min(TIMER.c.at)).where(TIMER.c.name == FOLLOW)
    for _ in range(LOOKS):
        at = await app.store._reading(lambda db: db.execute(following).scalar())
        if at is None:
            return
        await passes(max(0.0, (at - app.clock.now()).total_seconds()))
