"""Looking: those who ask for the same message at the same moment are told by one reading of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from adapters.base import Seen

Looks = Callable[[str, str, Sequence[str]], Awaitable[Mapping[str, Seen]]]  # dialog, slot, people
Asked = list[tuple[str, "asyncio.Future[Seen | None]"]]  # by whom, and what they wait for

MOST = 200  # people in one reading


class Looking:
    """Nobody is told what was read before they asked: whoever asks while a reading is under way waits for the next."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._waiting: dict[tuple[str, str], Asked] = {}  # (dialog, slot); there while somebody reads or is about to
        self._reading: set[asyncio.Task[None]] = set()

    async def look(self, dialog: str, slot: str, person: str) -> Seen | None:
        """The message as this person sees it now. None: it is not for them."""
        told: asyncio.Future[Seen | None] = asyncio.get_running_loop().create_future()
        asked = self._waiting.get((dialog, slot))
        if asked is not None:
            asked.append((person, told))
        else:
            self._waiting[dialog, slot] = [(person, told)]
            # It begins in the next turn of the loop: whose votes were stored together ask together.
            task = asyncio.create_task(self._read(dialog, slot))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        return await told

    async def _read(self, dialog: str, slot: str) -> None:
        try:
            while asked := self._waiting[dialog, slot][:MOST]:
                del self._waiting[dialog, slot][:MOST]
                await self._tell(asked, dialog, slot)
        finally:
            for _, told in self._waiting.pop((dialog, slot)):  # none, unless this was broken off
                told.cancel()

    async def _tell(self, asked: Asked, dialog: str, slot: str) -> None:
        try:
            seen = await self._looks(dialog, slot, list(dict.fromkeys(person for person, _ in asked)))
        except Exception as error:  # noqa: BLE001 - each of them gets it, as if they had asked alone
            for _, told in asked:
                if not told.done():
                    told.set_exception(error)
        else:
            for person, told in asked:
                if not told.done():
                    told.set_result(seen.get(person))
