"""The fake service told as stories, with a bot that checks every token and calls the Connector by hand."""

from typing import Any

from tests.teams.conftest import ACME, Class
from tests.teams.small_bot import APP_ID, attached, card, text

Thing = dict[str, Any]


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
