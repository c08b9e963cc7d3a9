"""The fake service told as stories, with a bot that checks every token and calls the Connector by hand."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.teams.conftest import ACME, Class
from tests.teams.faults import SAYS, Fault
from tests.teams.small_bot import APP_ID, attached, card, poll, text
from tests.teams.tokens import ISSUER

Thing = dict[str, Any]


# ------------------------------------------------------------------------------------------------- people and the bot


async def test_a_poll_is_asked_for_and_pressed_and_only_the_one_who_pressed_sees_it_changed(room: Class) -> None:
    await room.ann.mentions_bot(room.chat, 'poll "Ready?"')
    asked = room.bob.reads(room.chat)[0]
    await room.bob.fills(asked, {"Note": "Sure, and far more than fits"})
    told = await room.bob.presses(asked, "Yes")

    assert (asked.words, asked.private) == ("Ready? 0 so far\nNote", False)
    assert asked.buttons == ("Yes", "Toast", "Fail", "Nonsense", "Slow", "Edit")
    assert (told.words, told.private) == ("Your vote: Yes Sure, and far more t", True)
    assert room.bob.reads(room.chat)[0].words == "Your vote: Yes Sure, and far more t"
    assert room.ann.reads(room.chat)[0].words == "Ready? 0 so far\nNote"
    sent = room.bot.heard[-1]
    data = {"option": "Yes", "note": "Sure, and far more t"}
    action = {"type": "Action.Execute", "verb": "vote", "data": data}
    assert sent["value"] == {"action": action, "trigger": "manual"}
    assert (sent["type"], sent["name"], sent["replyToId"]) == (
        "invoke",
        "adaptiveCard/action",
        room.bob.last(room.chat).id,
    )
    assert {answer.status for answer in room.teams.answers} == {200}
    assert room.teams.troubles == []


async def test_an_update_is_for_everybody_and_takes_away_what_one_person_saw(room: Class) -> None:
    await room.ann.mentions_bot(room.chat, "poll")
    message = room.ann.last(room.chat)
    await room.ann.presses(message, "Yes")
    done = await room.bot.update(room.chat.id, message.id, attached(card(text("Closed"))))
    late = await room.bob.presses(message, "Toast", late=True)

    assert done == (200, {"id": message.id})
    assert [who.reads(room.chat)[0].words for who in (room.ann, room.bob)] == ["Closed", "Closed"]
    assert late.words == "Thank you."


async def test_a_card_refreshes_by_itself_for_those_whom_it_names(room: Class) -> None:
    await room.ann.mentions_bot(room.chat, "poll")
    seen = [(await who.looks(room.chat))[0] for who in (room.ann, room.bob)]

    assert [(read.words, read.private) for read in seen] == [("For you: 0", True), ("Ready? 0 so far\nNote", False)]
    assert room.bot.heard[-1]["value"]["trigger"] == "automatic"
    assert room.bot.events().count("adaptiveCard/action") == 1


async def test_what_the_bot_answers_is_checked(room: Class) -> None:
    await room.ann.mentions_bot(room.chat, "poll")
    room.teams.patience = 0.2
    message = room.ann.last(room.chat)
    said = [(await room.bob.presses(message, name)).words for name in ("Toast", "Fail", "Nonsense", "Slow")]

    assert said == [
        "Thank you.",
        "The poll is closed.",
        "Something went wrong. Please try again.",
        "Unable to reach app. Please try again.",
    ]
    assert room.bob.troubles == said[1:]
    assert len(room.teams.troubles) == 2
    assert "statusCode 200 does not go with 'application/vnd.microsoft.adaptive.card'" in room.teams.troubles[0]


async def test_an_old_client_sends_a_message_with_a_value(room: Class) -> None:
    room.bob.old_client = True
    await room.ann.mentions_bot(room.chat, "poll")
    await room.bob.presses(room.bob.last(room.chat), "Yes")
    heard = room.bot.heard[-1]

    assert (heard["type"], heard["value"]) == ("message", {"verb": "vote", "option": "Yes"})
    assert "text" not in heard


async def test_a_dialog_opens_wants_its_fields_and_says_thanks(room: Class) -> None:
    await room.ann.mentions_bot(room.chat, "poll")
    opened = await room.ann.presses(room.ann.last(room.chat), "Edit")
    empty = await room.ann.presses(room.ann.dialog, "Save")
    await room.ann.fills(room.ann.dialog, {"Title": "Hello"})
    thanks = await room.ann.presses(room.ann.dialog, "Save")

    assert (opened.words, opened.buttons) == ("Edit the poll\nTitle", ("Save",))
    assert empty.words == "Title: Say one."
    assert thanks.words == "Saved Hello."
    assert room.ann.dialog is None
    assert room.bot.heard[-2]["value"]["data"] == {"poll": "p1", "type": "task/fetch"}
    assert room.bot.heard[-1]["value"] == {"data": {"title": "Hello"}, "context": {"theme": "default"}}


async def test_the_bot_hears_in_groups_only_what_mentions_it_unless_it_may_read_all(room: Class) -> None:
    await room.ann.writes(room.chat, "hello all")
    await room.ann.writes(room.ann.personal, "help")
    await room.bob.mentions_bot(room.chat, "hello @Ann Ode")
    room.chat.rsc = True
    said = await room.ann.writes(room.chat, "hello all")
    await room.ann.edits(said, "hello nobody")
    await room.ann.deletes(said)
    await room.ann.undeletes(said)
    room.team.bot_in = False
    await room.ann.mentions_bot(room.channel, "hello")

    heard = [(one["type"], one.get("text"), one["channelData"].get("eventType")) for one in room.bot.heard]
    assert heard == [
        ("message", "help", None),
        ("message", "<at>Cohost</at>&nbsp;hello <at>Ann Ode</at>", None),
        ("message", "hello all", None),
        ("messageUpdate", "hello nobody", "editMessage"),
        ("messageDelete", "hello nobody", "softDeleteMessage"),
        ("messageUpdate", "hello nobody", "undeleteMessage"),
    ]
    ids = [one["mentioned"]["id"] for one in room.bot.heard[1]["entities"] if one["type"] == "mention"]
    assert ids == [f"28:{APP_ID}", room.ann.id]


async def test_an_activity_says_who_where_and_when_as_teams_says_it(room: Class) -> None:
    await room.ann.writes(room.ann.personal, "help")
    root = await room.ann.mentions_bot(room.channel, "hello")
    await room.bob.mentions_bot(room.channel, "me too", thread=root)
    personal, first, second = room.bot.heard

    assert personal["from"] == {"id": room.ann.id, "name": "Ann Ode", "aadObjectId": room.ann.aad_id}
    assert personal["conversation"] == {"conversationType": "personal", "tenantId": ACME, "id": room.ann.personal.id}
    assert (personal["timestamp"], personal["localTimestamp"]) == (
        "2026-11-24T12:00:00.000Z",
        "2026-11-24T13:00:00.000+01:00",
    )
    assert (personal["locale"], personal["channelId"]) == ("de-DE", "msteams")
    assert personal["recipient"] == {"id": f"28:{APP_ID}", "name": "Cohost"}
    assert personal["entities"][-1]["type"] == "clientInfo"
    assert first["conversation"]["id"] == second["conversation"]["id"] == f"{room.channel.id};messageid={root.id}"
    assert first["text"] == "<at>Cohost</at> hello\n"
    assert first["channelData"]["team"] == {"id": room.team.id}
    assert (second["replyToId"], second["conversation"]["conversationType"]) == (root.id, "channel")


async def test_coming_going_renaming_and_reacting_are_told(room: Class) -> None:
    eve = room.acme.user("Eve")
    await eve.installs()
    await eve.uninstalls()
    await room.chat.removes_bot()
    await room.chat.adds_bot()
    await room.chat.adds(eve)
    await room.team.adds(eve)
    await room.team.removes(eve)
    await room.channel.renames("Week 2")
    await room.team.new_channel("Week 3")
    await room.team.renames("Courses")
    await room.bot.send(room.chat.id, {"type": "message", "text": "Hi"})
    await eve.reacts(room.ann.last(room.chat))
    await eve.takes_back(room.ann.last(room.chat))
    heard = [(one["type"], one.get("action") or one["channelData"].get("eventType")) for one in room.bot.heard]

    assert heard == [
        ("conversationUpdate", None),
        ("installationUpdate", "add"),
        ("installationUpdate", "remove"),
        ("conversationUpdate", None),
        ("installationUpdate", "remove"),
        ("conversationUpdate", None),
        ("installationUpdate", "add"),
        ("conversationUpdate", None),
        ("conversationUpdate", "teamMemberAdded"),
        ("conversationUpdate", "teamMemberRemoved"),
        ("conversationUpdate", "channelRenamed"),
        ("conversationUpdate", "channelCreated"),
        ("conversationUpdate", "teamRenamed"),
        ("messageReaction", None),
        ("messageReaction", None),
    ]
    assert room.bot.heard[0]["membersAdded"] == [{"id": f"28:{APP_ID}"}]
    assert room.bot.heard[0]["from"] == {"id": eve.id, "aadObjectId": eve.aad_id}
    assert room.bot.heard[7]["membersAdded"] == [{"id": eve.id, "aadObjectId": eve.aad_id}]
    assert room.bot.heard[10]["channelData"]["channel"] == {"id": room.channel.id, "name": "Week 2"}
    assert [one.get("reactionsAdded") for one in room.bot.heard[-2:]] == [[{"type": "like"}], None]


async def test_a_meeting_starts_is_joined_left_and_ends(room: Class) -> None:
    await room.meeting.starts()
    await room.ann.joins(room.meeting, role="Organizer")
    await room.ann.leaves(room.meeting)
    await room.meeting.ends()
    room.meeting.reports_attendance = False
    await room.bob.joins(room.meeting)
    start, join, leave, end = room.bot.heard

    assert [one["name"].rpartition(".")[2] for one in room.bot.heard] == [
        "meetingStart",
        "meetingParticipantJoin",
        "meetingParticipantLeave",
        "meetingEnd",
    ]
    assert start["value"].keys() == {"MeetingType", "Title", "Id", "JoinUrl", "StartTime"}
    assert (end["value"]["EndTime"], end["channelData"]["meeting"]) == (
        "2026-11-24T12:00:00Z",
        {"id": room.meeting.meeting_id},
    )
    user = {"id": room.ann.id, "aadObjectId": room.ann.aad_id, "name": "Ann Ode"}
    assert join["value"]["members"] == [{"user": user, "meeting": {"inMeeting": True, "role": "Organizer"}}]
    assert leave["value"]["members"][0]["meeting"]["inMeeting"] is False


# ----------------------------------------------------------------------------------------------- delivery and its keys


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


# ------------------------------------------------------------------------------------------------------- the Connector


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
    gone = await room.bot.send(f"{room.channel.id};messageid=1", {"type": "message", "text": "x"})

    root = room.channel.find(made["activityId"])
    assert made["id"] == f"{room.channel.id};messageid={made['activityId']}"
    assert root
    assert [read.words for read in room.bob.reads(room.channel, thread=root)] == ["Week 1", "inside", "reply"]
    assert len({made["activityId"], answered["id"], replied["id"]}) == 3
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
