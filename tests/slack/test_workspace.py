"""The fake service told as stories, with the real slack_bolt behind HTTP and behind Socket Mode."""

from pathlib import Path

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.app import App
from tests.slack.conftest import Class
from tests.slack.small_bot import SmallBot, button, section


async def test_a_poll_is_asked_pressed_and_updated(acme: Class, bot: SmallBot) -> None:
    told = await acme.ann.types(acme.room, '/ilt poll "Ready?"')
    asked = acme.bob.reads(acme.room)[0]
    quiet = await acme.bob.presses(asked, "Yes")
    await acme.slack.settles()

    assert (told.words, told.private) == ("Asked.", True)
    assert (asked.words, asked.buttons, asked.private) == ("Ready? 0 so far", ("Yes", "No", "Edit"), False)
    assert not quiet
    assert acme.bob.reads(acme.room)[0].words == "Ready? 1 so far"
    assert [read.words for read in acme.bob.reads(acme.room)] == ["Ready? 1 so far"]
    assert [call.ok for call in acme.slack.called("chat.update")] == [True]
    assert {answer.status for answer in acme.slack.answers} == {200}


async def test_a_modal_opens_refuses_and_takes(acme: Class, bot: SmallBot) -> None:
    await acme.ann.types(acme.room, "/ilt setup")
    assert acme.ann.view
    read = acme.ann.view.read
    empty = await acme.ann.submits()
    await acme.ann.fills({"Question": "Ready", "Kind": "Many"})
    wrong = await acme.ann.submits()
    await acme.ann.fills({"Question": "Ready?"})
    right = await acme.ann.submits()

    assert (read.words, read.buttons) == ("A poll\nQuestion\nKind\nOne answer\nMany", ("Start",))
    assert empty == {"Question": "Please complete this required field."}
    assert wrong == {"Question": "Please end with a question mark."}
    assert right == {}
    assert acme.ann.stack == []
    view = bot.acted[-1]["view"]
    option = {"text": {"type": "plain_text", "text": "Many"}, "value": "n"}
    assert view["state"]["values"] == {
        "question": {"words": {"type": "plain_text_input", "value": "Ready?"}},
        "kind": {"one": {"type": "static_select", "selected_option": option}},
    }
    assert (view["private_metadata"], view["app_installed_team_id"]) == ("kept", "T1")


async def test_a_closed_modal_is_told_to_a_bot_that_asked_for_it(acme: Class, bot: SmallBot) -> None:
    await acme.ann.types(acme.room, "/ilt setup")
    await acme.ann.closes()

    assert [body["type"] for body in bot.acted] == ["view_closed"]
    assert acme.ann.view is None


async def test_the_home_tab_is_shown_and_worked(acme: Class, bot: SmallBot) -> None:
    await acme.ann.opens_home()
    await acme.slack.settles()
    assert acme.ann.home
    await acme.ann.presses(acme.ann.home, "Yes")

    assert acme.ann.home.read.words == "Hello"
    assert bot.acted[0]["view"]["type"] == "home"
    assert bot.acted[0]["container"] == {"type": "view", "view_id": acme.ann.home.id}


async def test_a_modal_shows_its_trouble_when_the_app_answers_nonsense(acme: Class, bot: SmallBot) -> None:
    await acme.ann.types(acme.room, "/ilt setup")
    assert acme.ann.view
    acme.ann.view.given = acme.ann.view.given | {"callback_id": "unknown"}
    await acme.ann.fills({"Question": "Ready?"})
    acme.slack.patience = 0.2

    assert await acme.ann.submits() == {"": "We had some trouble connecting. Try again?"}
    assert len(acme.ann.stack) == 1


async def test_a_command_that_fails_is_seen_to_fail(acme: Class, bot: SmallBot) -> None:
    acme.slack.patience = 0.2
    failed = await acme.ann.types(acme.room, "/ilt fail")
    unknown = await acme.ann.types(acme.room, "/other")

    assert failed.words.startswith("/ilt failed with the error")
    assert unknown.words == "/other is not a valid command."
    assert len(bot.commands) == 1


async def test_people_talk_mention_edit_delete_and_react(acme: Class, bot: SmallBot) -> None:
    said = await acme.ann.writes(acme.room, "Hello @Cohost, #class has <3")
    reply = await acme.bob.writes(acme.room, "me too", thread=said)
    await acme.ann.edits(said, "Hello all")
    await acme.bob.reacts(said, "thumbsup")
    await acme.bob.takes_back(said, "thumbsup")
    await acme.bob.deletes(reply)
    events = [body["event"] for body in bot.heard]

    assert bot.events() == [
        "message",
        "app_mention",
        "message",
        "message.message_changed",
        "reaction_added",
        "reaction_removed",
        "message.message_deleted",
    ]
    assert events[0]["text"] == f"Hello <@{acme.team.bot.id}>, <#{acme.room.id}|> has &lt;3"
    assert (events[2]["thread_ts"], events[2]["parent_user_id"]) == (said.ts, acme.ann.id)
    assert (events[3]["message"]["text"], events[3]["previous_message"]["text"]) == ("Hello all", events[0]["text"])
    assert events[4]["item"] == {"type": "message", "channel": acme.room.id, "ts": said.ts}
    assert [read.words for read in acme.ann.reads(acme.room)] == ["Hello all"]
    assert [read.words for read in acme.ann.reads(acme.room, thread=said)] == []


async def test_people_write_to_the_bot_directly(acme: Class, bot: SmallBot) -> None:
    await acme.ann.writes_to_bot("help")
    told = await acme.ann.types(acme.ann.dm, "/ilt help")

    assert bot.heard[0]["event"]["channel_type"] == "im"
    assert bot.commands[0]["channel_name"] == "directmessage"
    assert (told.words, told.live, told.private) == ("Type poll.", ("*poll*",), True)
    assert [read.words for read in acme.ann.direct] == ["help", "Type poll."]


async def test_several_people_write_to_the_bot_together(acme: Class, bot: SmallBot) -> None:
    group = acme.team.group(acme.ann, acme.bob)
    await acme.bob.writes(group, "Hello both")
    await acme.client.chat_postMessage(channel=group.id, text="Hello")
    info = await acme.client.conversations_info(channel=group.id)

    assert bot.heard[0]["event"]["channel_type"] == "mpim"
    assert [read.words for read in acme.ann.reads(group)] == ["Hello both", "Hello"]
    assert (info["channel"]["is_mpim"], info["channel"]["is_private"]) == (True, True)


async def test_the_bot_hears_what_becomes_of_rooms_and_people(acme: Class, bot: SmallBot) -> None:
    room, cyd = acme.room, acme.team.user("Cyd")
    await cyd.joins(room)
    await cyd.leaves(room)
    await room.rename("lesson")
    old = await room.change_id()
    await room.archive()
    await room.unarchive()
    await room.make_private()
    await room.kick_bot()
    await room.invite_bot(acme.ann)
    await acme.ann.changes(name="Ann Other", tz="Asia/Tokyo")
    await acme.bob.changes(deleted=True)
    lines = [body["event"] for body in bot.heard if body["event"]["type"] == "message"]
    events = [body["event"] for body in bot.heard if body["event"]["type"] != "message"]

    assert [event["type"] for event in events] == [
        "member_joined_channel",
        "member_left_channel",
        "channel_rename",
        "channel_id_changed",
        "channel_archive",
        "channel_unarchive",
        "group_left",
        "member_joined_channel",
        "user_change",
        "user_change",
    ]
    assert [(line["subtype"], line["channel_type"]) for line in lines] == [
        ("channel_join", "channel"),
        ("channel_leave", "channel"),
        ("channel_name", "channel"),
        ("channel_archive", "channel"),
        ("channel_unarchive", "channel"),
        ("channel_convert_to_private", "group"),
    ]
    assert (events[3]["old_channel_id"], events[3]["new_channel_id"]) == (old, room.id)
    assert events[7]["inviter"] == acme.ann.id
    assert (events[8]["user"]["tz"], events[9]["user"]["deleted"]) == ("Asia/Tokyo", True)
    assert acme.ann.reads(room) == []
    assert {answer.status for answer in acme.slack.answers} == {200}


async def test_an_administrator_deletes_what_the_bot_wrote(acme: Class, bot: SmallBot) -> None:
    await acme.ann.types(acme.room, "/ilt poll")
    await acme.slack.settles()
    await acme.room.admin_deletes(acme.ann.last(acme.room).room.messages[0])

    # Bolt keeps the bot's own message from its listeners, and the news of its end too.
    assert [answer.name for answer in acme.slack.answers if answer.kind == "events_api"] == ["message", "message"]
    assert [read.words for read in acme.bob.reads(acme.room)] == []


async def test_a_stranger_presses_but_has_no_commands(acme: Class, bot: SmallBot) -> None:
    other = acme.slack.team("T2", name="Partner", installed=False)
    zed = other.user("Zed", email="zed@partner.example")
    await acme.room.share_with(other)
    await zed.joins(acme.room)
    await acme.ann.types(acme.room, "/ilt poll")
    unknown = await zed.types(acme.room, "/ilt poll")
    await zed.presses(zed.reads(acme.room)[0], "Yes")
    said = await zed.writes(acme.room, "Hello")
    heard, acted = bot.heard[-1], bot.acted[0]
    known = (await acme.client.users_info(user=zed.id))["user"]

    assert unknown.words == "/ilt is not a valid command."
    assert (acted["user"]["team_id"], acted["team"]["id"]) == ("T2", "T1")
    assert (heard["team_id"], heard["context_team_id"], heard["is_ext_shared_channel"]) == ("T1", "T1", True)
    assert heard["authorizations"][0]["team_id"] == "T1"
    assert (heard["event"]["user"], heard["event"]["user_team"], heard["event"]["ts"]) == (zed.id, "T2", said.ts)
    assert (known["is_stranger"], known["team_id"], "email" in known["profile"]) == (True, "T2", False)
    assert (await acme.client.conversations_info(channel=acme.room.id))["channel"]["is_ext_shared"] is True


async def test_a_strangers_modal_tells_where_the_app_lives(acme: Class, bot: SmallBot) -> None:
    other = acme.slack.team("T2", name="Partner", installed=False)
    zed = other.user("Zed")
    await acme.room.share_with(other)
    await zed.joins(acme.room)
    await acme.ann.types(acme.room, "/ilt poll")
    await zed.presses(zed.reads(acme.room)[0], "Edit")
    await zed.fills({"Question": "Why?"})

    assert await zed.submits() == {}
    assert (bot.acted[-1]["team"]["id"], bot.acted[-1]["view"]["app_installed_team_id"]) == ("T2", "T1")


async def test_two_workspaces_have_each_their_own_bot(acme: Class, bot: SmallBot) -> None:
    second = acme.slack.team("T2", name="Second")
    eve = second.user("Eve")
    room = second.channel("lab", members=[eve], bot=True)
    await eve.types(room, "/ilt poll")

    assert [call.team for call in acme.slack.called("chat.postMessage")] == [second]
    assert eve.last(room).user == second.bot.id != acme.team.bot.id
    assert acme.ann.reads(acme.room) == []


async def test_an_app_that_is_taken_out_hears_of_it_with_dead_tokens(acme: Class, bot: SmallBot) -> None:
    acme.slack.hold()
    await acme.team.revokes_token()
    await acme.team.uninstalls()
    kinds = [envelope.name for envelope in acme.slack.delivery.held or ()]
    told = await acme.ann.types(acme.room, "/ilt help")

    assert kinds == ["tokens_revoked", "tokens_revoked", "app_uninstalled"]
    assert told.words == "/ilt is not a valid command."


async def test_a_menus_option_and_a_confirmed_button_are_pressed(acme: Class, bot: SmallBot) -> None:
    asked = {name: {"type": "plain_text", "text": "Sure?"} for name in ("title", "text", "confirm", "deny")}
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("Close", "Again")]
    menu = {"type": "overflow", "action_id": "menu", "options": options}
    await acme.client.chat_postMessage(
        channel=acme.room.id,
        text="x",
        blocks=[
            section("x", accessory=menu),
            {"type": "actions", "elements": [button("No", action_id="no", confirm=asked, url="https://x.example")]},
        ],
    )
    message = acme.ann.last(acme.room)
    await acme.ann.presses(message, "Again")
    again = message.read_by(acme.ann)
    await acme.client.chat_update(
        channel=acme.room.id,
        ts=message.ts,
        text="x",
        blocks=[
            {"type": "actions", "elements": [button("No", action_id="no", confirm=asked, url="https://x.example")]}
        ],
    )
    await acme.ann.presses(message, "No", confirms=False)
    declined = list(acme.ann.opened)
    await acme.ann.presses(message, "No")

    assert [body["actions"][0]["type"] for body in bot.acted] == ["overflow", "button"]
    assert bot.acted[0]["actions"][0]["selected_option"]["value"] == "Again"
    assert bot.acted[0]["message"]["ts"] == bot.acted[0]["container"]["message_ts"] == message.ts
    assert again.words == "Ready? 1 so far"
    assert (declined, acme.ann.opened) == ([], ["https://x.example"])


async def test_nobody_does_what_they_could_not_do_in_slack(acme: Class, http_bot: SmallBot) -> None:
    secret = acme.team.channel("secret", private=True)
    await acme.ann.types(acme.room, "/ilt poll")
    asked = acme.ann.reads(acme.room)[0]
    told = await acme.ann.types(acme.room, "/ilt help")

    with pytest.raises(AssertionError, match="cannot see secret"):
        acme.bob.reads(secret)
    with pytest.raises(AssertionError, match="no button 'Maybe', but"):
        await acme.ann.presses(asked, "Maybe")
    with pytest.raises(AssertionError, match="for somebody else"):
        await acme.bob.presses(told, "Yes")
    with pytest.raises(AssertionError, match="nothing to submit"):
        await acme.ann.submits()


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk still uses it
async def test_somebody_installs_the_app_through_the_browser(acme: Class, tmp_path: Path) -> None:
    app = acme.slack.app
    client = AsyncWebClient(base_url=acme.slack.api_url)
    settings = AsyncOAuthSettings(
        client_id=app.client_id,
        client_secret=app.client_secret,
        scopes=["chat:write", "commands"],
        installation_store=FileInstallationStore(base_dir=str(tmp_path)),
        state_store=FileOAuthStateStore(expiration_seconds=600, base_dir=str(tmp_path)),
        authorization_url=f"{acme.slack.web.url}/oauth/v2/authorize",
    )
    bolt = AsyncApp(signing_secret="x", oauth_settings=settings, client=client)
    runner = web.AppRunner(bolt.web_app("/slack/events"))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    app.redirect_urls = (f"{base}/slack/oauth_redirect",)
    fresh = acme.slack.team("T5", name="Fresh", installed=False)
    visit = await fresh.user("Eve").installs(f"{base}/slack/install")
    bot = await AsyncWebClient(fresh.token, base_url=acme.slack.api_url).auth_test()
    await runner.cleanup()

    assert visit.status == 200
    assert bot["team_id"] == "T5"
    assert fresh.installed().scopes == {"chat:write", "commands"}


def test_an_app_is_made_of_its_manifest() -> None:
    app = App.of(
        {
            "display_information": {"name": "Cohost"},
            "features": {
                "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
                "bot_user": {"display_name": "Helper"},
                "slash_commands": [{"command": "/ilt", "should_escape": True}, {"command": "/other"}],
            },
            "oauth_config": {"scopes": {"bot": ["chat:write"]}, "redirect_urls": ["https://x/"]},
            "settings": {"event_subscriptions": {"bot_events": ["message.im"]}, "token_rotation_enabled": True},
        }
    )

    assert (app.name, app.commands, app.home_tab, app.messages_tab) == (
        "Helper",
        {"/ilt": True, "/other": False},
        True,
        False,
    )
    assert app.scopes == {"chat:write"}
    assert app.events == {"message.im"}
    assert app.rotates


async def test_a_press_may_cross_with_a_change(acme: Class, bot: SmallBot) -> None:
    await acme.ann.types(acme.room, "/ilt poll")
    message = acme.room.messages[0]
    await acme.client.chat_update(channel=acme.room.id, ts=message.ts, text="Closed.")
    with pytest.raises(AssertionError, match="no button"):
        await acme.ann.presses(message, "Yes")
    await acme.ann.presses(message, "Yes", late=True)

    assert [body["actions"][0]["action_id"] for body in bot.acted] == ["yes"]


async def test_what_is_chosen_in_a_message_is_told_at_once(acme: Class, bot: SmallBot) -> None:
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("a", "b")]
    radio = {"type": "radio_buttons", "action_id": "menu", "options": options, "initial_option": options[0]}
    blocks = [section("Which?", block_id="which", accessory=radio)]
    await acme.client.chat_postMessage(channel=acme.room.id, text="x", blocks=blocks)
    message = acme.ann.last(acme.room)
    await acme.bob.fills({"Which?": "b"}, where=message)
    body = bot.acted[0]

    assert body["actions"][0]["selected_option"]["value"] == "b"
    assert body["state"]["values"]["which"]["menu"]["selected_option"]["value"] == "b"
    assert "selected_option" not in message.state(acme.ann).get("which", {}).get("menu", {})


async def test_the_bot_that_comes_back_is_the_one_that_was_here(acme: Class) -> None:
    before, old = acme.team.bot.id, acme.team.token
    await acme.team.uninstalls()
    acme.team.installs()
    client = AsyncWebClient(acme.team.token, base_url=acme.slack.api_url)

    assert acme.team.token != old
    assert (await client.auth_test())["user_id"] == before


async def test_a_room_of_another_workspace_may_hold_our_bot(acme: Class, bot: SmallBot) -> None:
    host = acme.slack.team("T2", name="Host", installed=False)
    eve = host.user("Eve")
    room = host.channel("shared", members=[eve])
    await room.share_with(acme.team)
    await room.invite_bot(of=acme.team)
    await eve.writes(room, "Hello")
    envelope = bot.heard[-1]

    assert (envelope["team_id"], envelope["event"]["text"], envelope["is_ext_shared_channel"]) == ("T1", "Hello", True)
