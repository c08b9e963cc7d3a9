"""The fake service told as stories, with the real slack_bolt behind HTTP and behind Socket Mode."""

from tests.slack.conftest import Class
from tests.slack.small_bot import SmallBot


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
    assert (right, acme.ann.view) == ({}, None)
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
