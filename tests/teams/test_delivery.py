"""How activities reach the bot: with good tokens and forged ones, by rotating keys, late, twice and again."""

from typing import Any

import aiohttp

from tests.teams.conftest import Class
from tests.teams.tokens import ISSUER

Thing = dict[str, Any]


async def test_a_forged_token_is_turned_away_and_nothing_is_heard(room: Class) -> None:
    await room.ann.writes(room.ann.personal, "help")
    activity = room.bot.heard.pop()
    answers = {name: await room.teams.sends(activity, header) for name, header in room.teams.bad_headers().items()}

    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(answers, 401)
    assert len(answers) > 20
    assert room.bot.heard == []
    assert (await room.teams.sends(activity, room.teams.good_header())).ok


async def test_the_keys_rotate_and_fail(room: Class) -> None:
    old = room.teams.good_header()
    await room.ann.writes(room.ann.personal, "one")
    await room.ann.writes(room.ann.personal, "two")
    asked = len(room.teams.called("keys"))
    room.teams.rotates_keys()
    await room.ann.writes(room.ann.personal, "three")
    again = await room.teams.sends(room.bot.heard[0], old)
    room.teams.rotates_keys()
    room.teams.serves_no_keys()
    await room.ann.writes(room.ann.personal, "four")
    room.teams.serves_no_keys(nothing=False)
    room.teams.endorses("skype")
    await room.ann.writes(room.ann.personal, "five")

    assert asked == 1
    assert [one["text"] for one in room.bot.heard] == ["one", "two", "three"]
    assert [answer.status for answer in room.teams.answers] == [200, 200, 200, 401, 401, 401]
    assert again.status == 401


async def test_the_metadata_names_the_issuer_and_a_key_with_its_endorsement(room: Class) -> None:
    async with aiohttp.ClientSession() as session:
        document = await (await session.get(room.teams.openid_url)).json()
        key = (await (await session.get(document["jwks_uri"])).json())["keys"][0]

    assert document["issuer"] == ISSUER
    assert (key["kty"], key["kid"], key["endorsements"]) == ("RSA", "key-0", ["msteams"])


async def test_activities_come_late_shuffled_twice_and_again_under_the_same_id(room: Class) -> None:
    room.teams.hold()
    for words in ("one", "two"):
        await room.ann.writes(room.ann.personal, words)
    held = list(room.bot.heard)
    await room.teams.release(reversed, twice=True)
    failed = await room.ann.writes(room.ann.personal, "crash")
    again = await room.teams.redeliver()
    copy = await room.teams.redeliver(room.teams.answers[0])

    assert held == []
    assert [one["text"] for one in room.bot.heard] == ["two", "two", "one", "one", "crash", "crash", "two"]
    assert {one["id"] for one in room.bot.heard[4:6]} == {failed.id}
    assert [(answer.reason, answer.retry) for answer in again] == [("status 500", 1)]
    assert copy[0].ok
