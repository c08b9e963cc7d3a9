"""The Web API of the fake service, through the real AsyncWebClient: what it does, and in which words it refuses."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.conftest import Class
from tests.slack.faults import Fault
from tests.slack.small_bot import MODAL, button, poll, section
from tests.slack.workspace import Slack


async def error(call: Awaitable[Any]) -> str:
    """The error with which a call is refused."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_a_token_says_who_it_is(acme: Class) -> None:
    said = (await acme.client.auth_test()).data
    assert isinstance(said, dict)

    assert (said["team_id"], said["user_id"], said["bot_id"]) == (
        "T1",
        acme.team.bot.id,
        acme.team.installed().bot_id,
    )
    url = acme.slack.api_url
    assert await error(AsyncWebClient("xoxb-no", base_url=url).auth_test()) == "invalid_auth"
    assert await error(AsyncWebClient(base_url=url).auth_test()) == "not_authed"
    assert await error(acme.client.api_call("chat.nothing")) == "unknown_method"
    await acme.client.auth_revoke()
    assert await error(acme.client.auth_test()) == "token_revoked"
    await acme.team.uninstalls()
    assert await error(acme.client.auth_test()) == "account_inactive"


async def test_a_scope_that_is_missing_is_named(acme: Class) -> None:
    slack = acme.slack
    other = slack.team("T2", name="Small", installed=False)
    other.installs(scopes=["users:read"])
    client = AsyncWebClient(other.token, base_url=slack.api_url)
    room = other.channel("x")
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_info(channel=room.id)

    assert refused.value.response.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": "channels:read",
        "provided": "users:read",
    }


async def test_messages_are_written_changed_and_taken_away(acme: Class) -> None:
    first = await acme.client.chat_postMessage(channel=acme.room.id, text="one", blocks=poll(0))
    ts = first["ts"]
    assert first["message"]["blocks"][0]["block_id"]
    kept = acme.bob.reads(acme.room)
    await acme.client.chat_update(channel=acme.room.id, ts=ts, text="two")
    wiped = acme.bob.reads(acme.room)
    await acme.client.chat_delete(channel=acme.room.id, ts=ts)

    assert [read.words for read in kept + wiped] == ["Ready? 0 so far", "two"]
    assert acme.bob.reads(acme.room) == []
    assert await error(acme.client.chat_update(channel=acme.room.id, ts=ts, text="x")) == "message_not_found"


async def test_what_cannot_be_written_is_refused_in_slacks_words(acme: Class) -> None:
    room, client = acme.room, acme.client
    theirs = await acme.ann.writes(room, "mine")
    elsewhere, closed = acme.team.channel("elsewhere"), acme.team.channel("closed", private=True)
    post, ts = client.chat_postMessage, (await client.chat_postMessage(channel=room.id, text="x"))["ts"]

    assert await error(client.api_call("chat.postMessage", json={"channel": room.id, "text": " "})) == "no_text"
    assert await error(post(channel="C0", text="x")) == "channel_not_found"
    assert await error(post(channel="#class", text="x")) == "channel_not_found"
    assert await error(post(channel=elsewhere.id, text="x")) == "not_in_channel"
    assert await error(post(channel=closed.id, text="x")) == "channel_not_found"
    assert await error(post(channel=acme.team.bot.id, text="x")) == "cannot_dm_bot"
    assert await error(post(channel=room.id, text="x", thread_ts="1.000001")) == "thread_not_found"
    assert await error(client.chat_update(channel=room.id, ts=theirs.ts, text="x")) == "cant_update_message"
    assert await error(client.chat_delete(channel=room.id, ts=theirs.ts)) == "cant_delete_message"
    assert await error(client.chat_update(channel=room.id, ts=ts, text="x" * 4001)) == "msg_too_long"
    assert await error(post(channel=room.id, metadata={"event_type": "x"}, text="x")) == "invalid_metadata_schema"
    room.posting_restricted = True
    assert await error(post(channel=room.id, text="x")) == "restricted_action"
    acme.slack.app.messages_tab = False
    assert await error(post(channel=acme.ann.id, text="x")) == "messages_tab_disabled"
    await room.archive()
    assert await error(post(channel=room.id, text="x")) == "is_archived"


async def test_refused_blocks_are_named_with_their_place(acme: Class) -> None:
    with pytest.raises(SlackApiError) as refused:
        await acme.client.chat_postMessage(channel=acme.room.id, text="x", blocks=[section("x" * 3001)])

    assert refused.value.response["error"] == "invalid_blocks"
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


async def test_a_post_to_a_person_opens_their_direct_message(acme: Class) -> None:
    posted = await acme.client.chat_postMessage(channel=acme.ann.id, text="Hello")
    opened = await acme.client.conversations_open(users=acme.ann.id)

    assert posted["channel"] == opened["channel"]["id"] == acme.ann.dm.id
    assert posted["channel"].startswith("D")
    assert [(read.words, read.private) for read in acme.ann.direct] == [("Hello", True)]
    assert await error(acme.client.conversations_open(users="U0")) == "user_not_found"


async def test_an_ephemeral_message_is_for_one_member_who_is_there(acme: Class) -> None:
    room, post = acme.room, acme.client.chat_postEphemeral
    cyd = acme.team.user("Cyd")
    await post(channel=room.id, user=acme.ann.id, text="psst")
    seen = [read.words for read in acme.ann.reads(room)], acme.bob.reads(room)
    acme.bob.away = True
    idle = await post(channel=room.id, user=acme.bob.id, text="psst")
    acme.ann.reloads()

    assert seen == (["psst"], [])
    assert (idle["ok"], acme.bob.reads(room), acme.ann.reads(room)) == (True, [], [])
    assert await error(post(channel=room.id, user=cyd.id, text="psst")) == "user_not_in_channel"


async def test_history_and_threads_are_read_by_pages_with_metadata(acme: Class) -> None:
    room, client = acme.room, acme.client
    metadata = {"event_type": "poll", "event_payload": {"key": 7}}
    parent = await client.chat_postMessage(channel=room.id, text="0", metadata=metadata)
    for words in "123":
        await client.chat_postMessage(channel=room.id, text=words)
    for words in "ab":
        await client.chat_postMessage(channel=room.id, text=words, thread_ts=parent["ts"])
    first = await client.conversations_history(channel=room.id, limit=3)
    after = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel=room.id, limit=3, cursor=after, include_all_metadata=True)
    replies = await client.conversations_replies(channel=room.id, ts=parent["ts"])

    assert [one["text"] for one in first["messages"]] == ["3", "2", "1"]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert [(one["text"], one["metadata"], one["reply_count"]) for one in second["messages"]] == [("0", metadata, 2)]
    assert [one["text"] for one in replies["messages"]] == ["0", "a", "b"]
    assert "metadata" not in replies["messages"][0]


async def test_members_and_people_are_read_by_pages(acme: Class) -> None:
    client, room = acme.client, acme.room
    first = await client.conversations_members(channel=room.id, limit=2)
    rest = await client.conversations_members(
        channel=room.id, limit=2, cursor=first["response_metadata"]["next_cursor"]
    )
    found = await client.users_lookupByEmail(email="ANN@acme.example")
    ann = (await client.users_info(user=acme.ann.id))["user"]

    assert [*first["members"], *rest["members"]] == room.members
    assert (found["user"]["id"], ann["profile"]["email"], ann["tz_offset"]) == (acme.ann.id, "ann@acme.example", 3600)
    assert (await client.users_info(user=acme.bob.id))["user"]["is_restricted"] is True
    assert len((await client.users_list())["members"]) == 3
    assert [one["name"] for one in (await client.conversations_list())["channels"]] == ["class"]
    assert (await client.team_info())["team"]["name"] == "Acme"
    assert await error(client.users_info(user="U0")) == "user_not_found"
    assert await error(client.users_lookupByEmail(email="x@y.example")) == "users_not_found"


async def test_a_reading_method_does_not_read_json(acme: Class) -> None:
    headers = {"Authorization": f"Bearer {acme.team.token}"}
    async with aiohttp.ClientSession(acme.slack.api_url, headers=headers) as session:
        async with session.post("users.info", json={"user": acme.ann.id}) as got:
            as_json = await got.json()
        async with session.post("users.info", data={"user": acme.ann.id}) as got:
            as_form = await got.json()
        async with session.post("chat.postMessage", data={"channel": acme.room.id, "blocks": "[{]"}) as got:
            broken = await got.json()

    assert (as_json["ok"], as_json["error"], as_form["ok"]) == (False, "invalid_arguments", True)
    assert broken["error"] == "invalid_blocks_format"


async def test_a_trigger_opens_one_view_within_three_seconds(acme: Class) -> None:
    slack, install = acme.slack, acme.team.installed()
    fresh, old = slack.trigger(acme.ann, install), slack.trigger(acme.ann, install)
    opened = await acme.client.views_open(trigger_id=fresh, view=MODAL)

    assert await error(acme.client.views_open(trigger_id=fresh, view=MODAL)) == "exchanged_trigger_id"
    assert await error(acme.client.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"
    acme.clock.move(3.1)
    assert await error(acme.client.views_open(trigger_id=old, view=MODAL)) == "expired_trigger_id"
    assert acme.ann.view
    assert opened["view"]["id"] == acme.ann.view.id


async def test_a_view_is_updated_against_races_and_keeps_what_was_entered(acme: Class) -> None:
    opened = await acme.client.views_open(trigger_id=acme.slack.trigger(acme.ann, acme.team.installed()), view=MODAL)
    view_id, first = opened["view"]["id"], opened["view"]["hash"]
    await acme.ann.fills({"Question": "Why?"})
    await acme.client.views_update(view_id=view_id, hash=first, view=MODAL)
    assert acme.ann.view

    assert acme.ann.view.values["question"]["words"]["value"] == "Why?"
    assert await error(acme.client.views_update(view_id=view_id, hash=first, view=MODAL)) == "hash_conflict"
    assert await error(acme.client.views_update(view_id="V0", view=MODAL)) == "not_found"
    heavy = MODAL | {"private_metadata": "x" * 260_000}
    assert await error(acme.client.views_update(view_id=view_id, view=heavy)) == "view_too_large"
    bad = MODAL | {"title": {"type": "plain_text", "text": "x" * 25}}
    assert await error(acme.client.views_update(view_id=view_id, view=bad)) == "invalid_arguments"


async def test_views_stack_three_high(acme: Class) -> None:
    def trigger() -> str:
        return acme.slack.trigger(acme.ann, acme.team.installed())

    await acme.client.views_open(trigger_id=trigger(), view=MODAL)
    await acme.client.views_push(trigger_id=trigger(), view=MODAL)
    pushed = await acme.client.views_push(trigger_id=trigger(), view=MODAL)

    assert pushed["view"]["root_view_id"] == acme.ann.stack[0].id
    assert await error(acme.client.views_push(trigger_id=trigger(), view=MODAL)) == "push_limit_reached"


async def test_calls_are_counted_per_workspace_and_minute(acme: Class) -> None:
    ts = (await acme.client.chat_postMessage(channel=acme.room.id, text="x"))["ts"]
    for count in range(50):
        await acme.client.chat_update(channel=acme.room.id, ts=ts, text=str(count))
    with pytest.raises(SlackApiError) as refused:
        await acme.client.chat_update(channel=acme.room.id, ts=ts, text="one too many")
    acme.clock.move(60)
    later = await acme.client.chat_update(channel=acme.room.id, ts=ts, text="again")

    response = refused.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "60")
    assert later["ok"]


async def test_a_channel_bears_a_burst_and_then_one_post_a_second(acme: Class) -> None:
    async def posts() -> bool:
        try:
            await acme.client.chat_postMessage(channel=acme.room.id, text="x")
        except SlackApiError as refused:
            return bool(refused.response["error"] != "ratelimited")
        return True

    burst = [await posts() for _ in range(11)]
    acme.clock.move(1)

    assert burst == [True] * 10 + [False]
    assert [await posts(), await posts()] == [True, False]


async def test_faults_happen_as_they_are_ordered(acme: Class) -> None:
    room, slack = acme.room, acme.slack
    client = AsyncWebClient(acme.team.token, base_url=slack.api_url, retry_handlers=[])
    slack.next("chat.postMessage", Fault.ratelimited(after=3), Fault.error("internal_error"), Fault.http(500))
    slack.next("chat.postMessage", Fault.performed_but_lost(), Fault.refused())
    errors = [await error(client.chat_postMessage(channel=room.id, text="x")) for _ in range(3)]
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel=room.id, text="lost")

    assert errors == ["ratelimited", "internal_error", "internal_error"]
    assert [read.words for read in acme.ann.reads(room)] == ["lost"]
    assert [call.status for call in slack.called("chat.postMessage")] == [429, 200, 500, 200, 0]


async def test_an_answer_can_be_held_back_and_a_token_die_at_a_call(acme: Class) -> None:
    gate = asyncio.Event()
    acme.slack.next("chat.postMessage", Fault.slow(gate), Fault.revoked())
    call = asyncio.create_task(acme.client.chat_postMessage(channel=acme.room.id, text="x"))
    await asyncio.wait([call], timeout=0.05)
    waiting = call.done()
    gate.set()

    assert ((await call)["ok"], waiting) == (True, False)
    assert await error(acme.client.chat_postMessage(channel=acme.room.id, text="x")) == "token_revoked"
    assert await error(acme.client.chat_postMessage(channel=acme.room.id, text="x")) == "token_revoked"


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk still uses it
async def test_tokens_are_exchanged_once_and_rotate(acme: Class) -> None:
    slack, app = acme.slack, acme.slack.app
    app.rotates = True
    team = slack.team("T9", name="New", installed=False)
    user, client = team.user("Eve"), AsyncWebClient(base_url=slack.api_url)
    expires = slack.now().replace(hour=13)
    slack.codes["c"] = {"user": user, "scopes": ["chat:write"], "expires": expires, "redirect_uri": "http://x"}
    known = {"client_id": app.client_id, "client_secret": app.client_secret}

    async def refreshes(token: str) -> Any:
        return await client.oauth_v2_access(**known, grant_type="refresh_token", refresh_token=token)

    first = await client.oauth_v2_access(**known, code="c", redirect_uri="http://x")
    assert await error(client.oauth_v2_access(**known, code="c")) == "invalid_code"
    assert await error(client.oauth_v2_access(client_id="0", client_secret="", code="c")) == "invalid_client_id"
    second = await refreshes(first["refresh_token"])
    assert await error(refreshes(first["refresh_token"])) == "invalid_refresh_token"

    def asks(answer: Any) -> AsyncWebClient:
        return AsyncWebClient(answer["access_token"], base_url=slack.api_url)

    assert (first["expires_in"], first["team"]["id"], first["authed_user"]["id"]) == (43_200, "T9", user.id)
    assert [(await asks(one).auth_test())["ok"] for one in (first, second)] == [True, True]
    third = await refreshes(second["refresh_token"])
    assert await error(asks(first).auth_test()) == "token_revoked"
    acme.clock.move(43_200)
    assert await error(asks(third).auth_test()) == "token_expired"


async def test_connections_are_opened_with_the_apps_own_token(acme: Class) -> None:
    opened = await acme.client.apps_connections_open(app_token=acme.slack.app.app_token)

    assert opened["url"].startswith("ws://127.0.0.1:")
    assert await error(acme.client.apps_connections_open(app_token=acme.team.token)) == "not_allowed_token_type"
    app = AsyncWebClient(acme.slack.app.app_token, base_url=acme.slack.api_url)
    assert await error(app.chat_postMessage(channel=acme.room.id, text="x")) == "not_allowed_token_type"


async def test_the_journal_tells_every_call(acme: Class) -> None:
    await acme.client.chat_postMessage(channel=acme.room.id, text="x")
    call = acme.slack.calls[-1]

    assert (call.team, call.method, call.arguments["text"], call.ok) == (acme.team, "chat.postMessage", "x", True)
    assert acme.slack.called("chat.postMessage") == [call]


async def test_a_home_tab_is_published_to_colleagues_only(acme: Class) -> None:
    stranger = acme.slack.team("T2", name="Other").user("Zed")
    view = {"type": "home", "blocks": [{"type": "actions", "elements": [button("Go")]}]}
    await acme.client.views_publish(user_id=acme.ann.id, view=view)
    assert acme.ann.home

    assert acme.ann.home.read.buttons == ("Go",)
    assert await error(acme.client.views_publish(user_id=stranger.id, view=view)) == "invalid_arguments"
    assert await error(acme.client.views_publish(user_id=acme.ann.id, view=MODAL)) == "invalid_arguments"


async def test_stamps_only_grow_whatever_the_clock_does() -> None:
    async with Slack() as slack:
        stamps = [slack.ts() for _ in range(1000)]

    assert stamps == sorted(set(stamps), key=lambda ts: [int(part) for part in ts.split(".")])
    assert len(stamps) == 1000
