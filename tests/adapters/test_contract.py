"""The platforms, each on a stage of its own. A new one is one stage and one fixture; the contract is the same."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

pytest.register_assert_rewrite("tests.adapters.contract")

from dialogs.card import Card  # noqa: E402
from tests.adapters.contract import HERE, AdapterContract, Read, Stage, handed, plain  # noqa: E402
from tests.adapters.slack_stage import slack_workspace  # noqa: E402
from tests.adapters.small_platform import Recording, SmallPlatform  # noqa: E402
from tests.adapters.teams_stage import teams_chat  # noqa: E402
from tests.adapters.web_stage import web_room as web_pages  # noqa: E402


class SmallStage:
    """The platform that other tests are made with: what stands there is the card itself."""

    place = "web:s1"
    finds_what_was_lost = True

    def __init__(self) -> None:
        self.platform = SmallPlatform("web", 1.5)
        self.adapter = Recording(self.platform)

    async def show(
        self, slot: str, card: Card, *, to: str | None = None, ref: str | None = None, attempted: bool = False
    ) -> str:
        return await self.adapter.show(handed(self.place, slot, card, to, ref=ref, attempted=attempted))

    async def reads(self, person: str) -> list[Read]:
        room = self.platform.stands(self.place) if person in HERE else []
        own = self.platform.stands(person)
        return [_read(card, private=False) for card in room] + [_read(card, private=True) for card in own]

    async def loses_answer_of_next(self) -> bool:
        return False  # it is called as a function is

    async def delete(self, ref: str) -> None:
        for room in self.platform.rooms.values():
            room.pop(ref, None)

    async def close(self) -> None:
        self.platform.closed.add(self.place)


def _read(card: Card, *, private: bool) -> Read:
    counts = [f"{bar.count} of {bar.total}" for bar in card.bars]
    words = " ".join([*(plain(text) for text in card.all_texts()), *counts])
    return Read(" ".join(words.split()), tuple(plain(button.label) for button in card.all_buttons()), private)


@pytest.fixture
async def small() -> Stage:
    return SmallStage()


@pytest.fixture
async def web_room() -> AsyncIterator[Stage]:
    async with web_pages() as stage:
        yield stage


@pytest.fixture
async def slack() -> AsyncIterator[Stage]:
    async with slack_workspace() as stage:
        yield stage


@pytest.fixture
async def teams() -> AsyncIterator[Stage]:
    async with teams_chat() as stage:
        yield stage


@pytest.fixture(params=["small", "web_room", "slack", "teams"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


class TestAdapters(AdapterContract):
    """Every platform keeps the contract."""
