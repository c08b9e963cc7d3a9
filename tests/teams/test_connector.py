"""The Connector as a bot calls it: what it does, whom it turns away, and how it fails by order of a test."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.teams.conftest import ACME, Class
from tests.teams.faults import SAYS, Fault
from tests.teams.small_bot import APP_ID, attached, poll

Thing = dict[str, Any]


async def test_a_token_is_given_to_the_bot_alone_and_ends(room: Class) -> None:
    wrong = {
        "tenant": "elsewhere",
        "grant_type": "password",
        "client_id": "other",
        "client_secret": "guess",
        "scope": "https://graph.microsoft.com/.default",
    }
    refused = [(await room.bot.sign_in(**{name: value}))[1]["error"] for name, value in wrong.items()]
    status, given = await room.bot.sign_in()
    sent = await room.bot.send(room.chat.id, {"type": "message", "text": "Hi"})
    room.clock.move(3600)
    late = await room.bot.send(room.chat.id, {"type": "message", "text": "Hi"})

    assert refused == [
        "invalid_request",
        "unsupported_grant_type",
        "unauthorized_client",
        "invalid_client",
        "invalid_scope",
    ]
    assert (status, given["expires_in"], given["token_type"]) == (200, 3599, "Bearer")
    assert (sent[0], late[0]) == (201, 401)
    assert len(room.teams.called("token")) == 6


async def test_a_personal_chat_is_created_for_whoever_has_the_app(room: Class) -> None:
    asked: Thing = {"members": [{"id": room.ann.id}], "tenantId": ACME, "isGroup": False, "bot": {"id": f"28:{APP_ID}"}}
    made = await room.bot.call("POST", "conversations", asked)
    by_aad = await room.bot.call("POST", "conversations", asked | {"members": [{"id": room.ann.aad_id}]})
    bob = await room.bot.call("POST", "conversations", asked | {"members": [{"id": room.bob.id}]})
    wrong: list[Thing] = [{"tenantId": "other"}, {"members": []}, {"isGroup": True}, {"members": [{"id": "29:no"}]}]
    refused = [(await room.bot.call("POST", "conversations", asked | one))[0] for one in wrong]

    assert made == by_aad == (201, {"id": room.ann.personal.id})
    assert (bob[0], bob[1]["error"]["code"]) == (403, "ForbiddenOperationException")
    assert refused == [400, 400, 400, 400]


async def test_threads_are_begun_and_answered_in_a_channel(room: Class) -> None:
    first = {"type": "message", "text": "Week 1"}
    data = {"channel": {"id": room.channel.id}}
    asked = {"isGroup": True, "channelData": data, "activity": first}
    _, made = await room.bot.call("POST", "conversations", asked)
    _, answered = await room.bot.send(made["id"], {"type": "message", "text": "inside"})
    path = f"conversations/{room.channel.id}/activities/{made['activityId']}"
    _, replied = await room.bot.call("POST", path, {"type": "message", "text": "reply"})
    await room.bot.send(room.channel.id, {"type": "message", "text": "apart"})
    _, event = await room.bot.call(
        "POST", f"conversations/{made['id']}/activities/f:1", {"type": "message", "text": "too"}
    )
    gone = await room.bot.send(f"{room.channel.id};messageid=1", {"type": "message", "text": "x"})

    root = room.channel.find(made["activityId"])
    assert made["id"] == f"{room.channel.id};messageid={made['activityId']}"
    assert root
    assert [read.words for read in room.bob.reads(room.channel, thread=root)] == ["Week 1", "inside", "reply", "too"]
    assert len({made["activityId"], answered["id"], replied["id"], event["id"]}) == 4
    assert gone[1]["error"]["code"] == "ConversationNotFound"


async def test_members_teams_and_channels_are_listed_in_pages(room: Class) -> None:
    for number in range(60):
        room.chat.people.append(room.acme.user(f"P{number}"))
    path = f"conversations/{room.chat.id}"
    _, page = await room.bot.call("GET", f"{path}/pagedmembers", pageSize="50")
    _, rest = await room.bot.call(
        "GET", f"{path}/pagedmembers", pageSize="50", continuationToken=page["continuationToken"]
    )
    _, everybody = await room.bot.call("GET", f"{path}/members")
    _, ann = await room.bot.call("GET", f"{path}/members/{room.ann.aad_id}")
    nobody = await room.bot.call("GET", f"{path}/members/29:nobody")
    _, team = await room.bot.call("GET", f"teams/{room.team.id}")
    _, channels = await room.bot.call("GET", f"teams/{room.team.id}/conversations")

    assert (len(page["members"]), len(rest["members"]), len(everybody)) == (50, 12, 62)
    assert "continuationToken" not in rest
    assert (page["members"][0]["aadObjectId"], everybody[0]["objectId"]) == (room.ann.aad_id, room.ann.aad_id)
    assert (ann["id"], ann["email"], ann["tenantId"], ann["userRole"]) == (
        room.ann.id,
        "ann@acme.example",
        ACME,
        "user",
    )
    assert nobody[0] == 404
    assert (team["name"], team["aadGroupId"]) == ("Training", room.team.group_id)
    assert [one["name"] for one in channels["conversations"]] == [None, "Week 1"]


async def test_a_targeted_message_is_for_one_person_and_a_day(room: Class) -> None:
    said = {"type": "message", "text": "Only you", "recipient": {"id": room.ann.id}}
    bare = {"type": "message", "text": "Changed"}
    query = {"isTargetedActivity": "true"}
    status, made = await room.bot.send(room.chat.id, said, **query)
    refused = [
        await room.bot.send(room.chat.id, bare, **query),
        await room.bot.send(room.ann.personal.id, said, **query),
        await room.bot.send(room.chat.id, said | {"recipient": {"id": "29:no"}}, **query),
        await room.bot.update(room.chat.id, made["id"], said, **query),
        await room.bot.update(room.chat.id, made["id"], bare),
    ]
    changed = await room.bot.update(room.chat.id, made["id"], bare, **query)
    seen = room.ann.reads(room.chat)
    room.clock.move(24 * 3600)
    await room.bot.sign_in()
    late = await room.bot.update(room.chat.id, made["id"], bare, **query)

    assert (status, changed[0]) == (201, 200)
    assert [(read.words, read.private) for read in seen] == [("Changed", True)]
    assert room.bob.reads(room.chat) == []
    assert [status for status, _ in refused] == [400, 400, 403, 400, 404]
    assert (late[0], late[1]["error"]["code"]) == (404, "ActivityNotFoundInConversation")


async def test_what_cannot_be_reached_says_why(room: Class) -> None:
    hi = {"type": "message", "text": "Hi"}
    codes = [await room.bot.send("19:nowhere@thread.v2", hi), await room.bot.send(room.bob.personal.id, hi)]
    room.ann.blocks_bot()
    codes.append(await room.bot.send(room.ann.personal.id, hi))
    codes.append(await room.bot.update(room.chat.id, "1", hi))
    codes.append(await room.bot.send(room.chat.id, hi | {"text": "x" * 60_000}))
    await room.chat.removes_bot()
    codes.append(await room.bot.send(room.chat.id, hi))
    room.acme.disabled = True
    codes.append(await room.bot.send(room.meeting.id, hi))
    room.teams.revokes_tokens()
    unknown = await room.bot.send(room.meeting.id, hi)

    assert [(status, said["error"]["code"]) for status, said in codes] == [
        (404, "ConversationNotFound"),
        (403, "BotNotInConversationRoster"),
        (403, "ConversationBlockedByUser"),
        (404, "ActivityNotFoundInConversation"),
        (413, "MessageSizeTooBig"),
        (403, "BotNotInConversationRoster"),
        (403, "BotDisabledByAdmin"),
    ]
    assert unknown[0] == 401


async def test_a_card_that_teams_would_not_show_is_refused_with_reasons(room: Class) -> None:
    status, said = await room.bot.send(room.chat.id, attached(poll("Ready?") | {"version": "1.6"}))

    assert (status, said["error"]["code"]) == (400, "BadSyntax")
    assert room.teams.troubles == ["send: version '1.6' instead of '1.5'"]


async def test_a_deleted_message_is_gone(room: Class) -> None:
    _, made = await room.bot.send(room.chat.id, {"type": "message", "text": "Hi"})
    path = f"conversations/{room.chat.id}/activities/{made['id']}"
    codes = [(await room.bot.call("DELETE", path))[0] for _ in range(2)]

    assert codes == [200, 404]
    assert room.ann.reads(room.chat) == []


@pytest.mark.parametrize("code", sorted(SAYS))
async def test_each_code_can_be_had_by_order(room: Class, code: str) -> None:
    room.teams.next("send", Fault.error(code))
    refused = await room.bot.send(room.chat.id, {"type": "message", "text": "Hi"})
    taken = await room.bot.send(room.chat.id, {"type": "message", "text": "Hi"})

    assert (refused[0], refused[1]["error"]["code"]) == (SAYS[code][0], code)
    assert taken[0] == 201


async def test_two_writes_at_once_in_one_conversation_meet(room: Class) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()
    room.teams.next("send", Fault.slow(gate, begun))
    hi = {"type": "message", "text": "Hi"}
    await room.bot.sign_in()
    slow = asyncio.create_task(room.bot.send(room.chat.id, hi))
    await begun.wait()
    second = await room.bot.send(room.chat.id, hi)
    elsewhere = await room.bot.send(room.meeting.id, hi)
    gate.set()
    first = await slow
    third = await room.bot.send(room.chat.id, hi)

    assert (second[0], second[1]["error"]["code"]) == (412, "PreconditionFailed")
    assert [elsewhere[0], first[0], third[0]] == [201, 201, 201]
    assert len(room.ann.reads(room.chat)) == 2


async def test_a_bot_that_writes_in_one_conversation_without_waiting_is_seen(room: Class) -> None:
    room.teams.takes = 0.2
    hi = {"type": "message", "text": "Hi"}
    await room.bot.sign_in()
    told = await asyncio.gather(
        *(room.bot.send(room.chat.id, hi) for _ in range(3)), room.bot.send(room.meeting.id, hi)
    )

    assert sorted(status for status, _ in told[:3]) == [201, 412, 412]
    assert told[3][0] == 201


async def test_a_button_of_a_bot_that_has_gone_leads_nowhere(room: Class) -> None:
    await room.ann.mentions_bot(room.chat, "poll")
    await room.chat.removes_bot()
    told = await room.ann.presses(room.ann.last(room.chat), "Yes")

    assert told.words == "Unable to reach app. Please try again."
    assert room.bot.votes == 0


async def test_a_slow_answer_is_measured(room: Class) -> None:
    await room.ann.mentions_bot(room.chat, "poll")
    room.teams.patience = 0.2
    await room.ann.presses(room.ann.last(room.chat), "Slow")

    assert [answer.reason for answer in room.teams.answers] == ["", "timeout"]
    assert room.teams.answers[1].seconds >= 0.2


async def test_a_conversation_takes_so_many_messages_and_then_asks_to_wait(room: Class) -> None:
    hi = {"type": "message", "text": "Hi"}
    taken = [(await room.bot.send(room.chat.id, hi))[0] for _ in range(7)]
    refused = await room.bot.send(room.chat.id, hi)
    elsewhere = await room.bot.send(room.meeting.id, hi)
    room.clock.move(1)
    again = await room.bot.send(room.chat.id, hi)
    room.teams.limits = False
    waited = room.bot.waits
    free = {(await room.bot.send(room.chat.id, hi))[0] for _ in range(20)}

    assert taken == [201] * 7
    assert (refused[0], refused[1]["error"]["code"]) == (429, "Throttled")
    assert waited == ["1"]
    assert (elsewhere[0], again[0], free) == (201, 201, {201})


async def test_calls_are_lost_dropped_and_fail_by_order(room: Class) -> None:
    lost = (Fault.refused(), Fault.performed_but_lost(), Fault.performed_but_failed(504), Fault.http(503))
    room.teams.next("send", *lost, Fault.throttled(7))
    await room.bot.sign_in()
    hi, said = {"type": "message", "text": "Hi"}, []
    for _ in range(5):
        try:
            said.append((await room.bot.send(room.chat.id, hi))[0])
        except aiohttp.ClientError:
            said.append(0)

    assert said == [0, 0, 504, 503, 429]
    assert len(room.ann.reads(room.chat)) == 2
    assert [call.status for call in room.teams.called("send")] == [0, 201, 201, 503, 429]


async def test_what_proves_identity_can_fail_too(room: Class) -> None:
    room.teams.next("token", Fault.http(503))
    room.teams.next("keys", Fault.http(500))
    room.teams.next("send", Fault.error("BotNotRegistered"))
    async with aiohttp.ClientSession() as session:
        url = f"{room.teams.login_url}/{ACME}/oauth2/v2.0/token"
        token = (await session.post(url, data={})).status
        document = await (await session.get(room.teams.openid_url)).json()
        keys = [(await session.get(document["jwks_uri"])).status for _ in range(2)]
        bare = (await session.post(f"{room.teams.service_url}v3/conversations", json={})).status
    refused = await room.bot.send(room.chat.id, {"type": "message", "text": "Hi"})

    assert (token, keys, bare) == (503, [500, 200], 401)
    assert (refused[0], refused[1]["error"]["code"]) == (401, "BotNotRegistered")


async def test_an_address_that_does_not_exist_is_noted(room: Class) -> None:
    status, _ = await room.bot.call("GET", "conversation/x")

    assert status == 404
    assert room.teams.troubles == ["GET /amer/v3/conversation/x is no address of the Connector"]
