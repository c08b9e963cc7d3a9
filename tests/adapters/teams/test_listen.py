"""Listen: what comes from Teams is told to the bot, and whoever did it is answered, alone where that is possible."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from adapters.base import Answer, Gone, Later, RoomView, Seen
from adapters.teams.addresses import Address
from adapters.teams.connector import Connector, Refused, Unsure
from adapters.teams.draw import CARD, TOAST
from adapters.teams.listen import PRESSED, TRIES, WELCOME, WELCOME_ALL, WHO, Listen, Parts
from adapters.teams.payload import User
from adapters.teams.people import MOST
from dialogs.base import LEARNER, Brief, Commanded, Event, Joined, Pressed, Said, Submitted
from dialogs.card import Button, Card, Field, Reply, Wrong, quote, t
from tests.adapters.teams.looking import fields_of, pressing, titles, words
from tests.adapters.teams.stand_ins import (
    ANN,
    BEN,
    BOT,
    CHANNEL,
    CHAT,
    KIM,
    NAMES,
    NOON,
    TENANT,
    URL,
    VOTE,
    Scene,
    card,
    plain,
    quiet,
)

Json = dict[str, Any]
OWN = "a:ann"
THREAD = f"{CHANNEL};messageid=17"
EVE = User("29:eve", "aad-eve", "Eve Stone", "eve@acme.example")
IDS = {ANN: "aaaaaaaa-0000-4000-8000-000000000001", BEN: "aaaaaaaa-0000-4000-8000-000000000002"}


class Hall(Scene):
    """The whole of listening, in one tenant; what comes later is done when a test lets it."""

    def __init__(self) -> None:
        self.elsewhere = False
        self.tasks: list[asyncio.Task[None]] = []
        self.slept: list[float] = []
        super().__init__()
        for user, aad in IDS.items():  # as Teams writes them
            self.calls.people[self.calls.people.index(user)] = replace(user, aad=aad)
            self.bot.ids[aad] = user.aad.removeprefix("aad-")

    def restarts(self) -> None:
        super().restarts()
        connector, parts = cast("Connector", self.calls), (self.addresses, self.show, lambda _: "t1")
        self.listen = Listen(self.bot, connector, Parts(*parts, self.later, self.sleeps, self.elsewhere))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def sleeps(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def meets(self, *people: User, chat: str = "") -> None:
        """These are known already."""
        for user in people:
            known = replace(user, aad=IDS.get(user, user.aad))
            await self.addresses.met("t1", known, Address(URL, TENANT, BOT, user.id, chat))
            await self.addresses.person("t1", known)

    async def tells(self, raw: Json) -> None:
        """Something happened, and everything that follows has been done."""
        await self.listen.activity(raw)
        await asyncio.gather(*self.tasks)
        self.tasks.clear()

    async def presses(self, **data: Any) -> Json:
        """Ann presses a button; her answer."""
        body = await self.listen.invoke(invoked({"d": "d1", "s": "board", "a": "vote", "v": "a"} | data))
        assert body
        found = json.loads(body)
        assert found["statusCode"] == 200
        assert set(found) == {"statusCode", "type", "value"}
        return dict(found)

    @property
    def event(self) -> Any:
        """The one event of which the bot has heard."""
        (event,) = self.bot.heard
        return event

    @property
    def sent(self) -> list[tuple[str, str]]:
        """What was written, and where."""
        return [(where, activity["text"]) for _, where, activity in self.calls.called("send")]


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall = Hall()
    yield hall
    await asyncio.gather(*hall.tasks)


# -- as Teams sends it -------------------------------------------------------------------------------------------------


def account(user: User) -> Json:
    aad = IDS.get(user, user.aad)
    return {"id": user.id, "name": user.name} | ({"aadObjectId": aad} if aad else {})


def activity(kind: str, conversation: str = CHAT, by: User = ANN, **more: Any) -> Json:
    where = {"id": conversation, "conversationType": "personal" if conversation == OWN else "groupChat"}
    return {
        "type": kind,
        "id": "1",
        "timestamp": NOON.isoformat(),
        "channelId": "msteams",
        "serviceUrl": URL,
        "from": account(by),
        "conversation": where | {"tenantId": TENANT},
        "recipient": {"id": BOT, "name": "Cohost"},
        **more,
    }


def invoked(data: Json, *, verb: str = "press", name: str = PRESSED, by: User = ANN) -> Json:
    value = {"action": {"type": "Action.Execute", "verb": verb, "data": data}, "trigger": "manual"}
    return activity("invoke", name=name, value=value, replyToId="9", by=by)


def mention(user: User) -> Json:
    return {"type": "mention", "text": f"<at>{user.name}</at>", "mentioned": {"id": user.id, "name": user.name}}


def typed(text: str, conversation: str = CHAT, by: User = ANN, named: tuple[User, ...] = ()) -> Json:
    """A command: in a room it mentions the bot."""
    if conversation == OWN:
        return activity("message", conversation, by, text=text)
    entities = [mention(one) for one in (User(BOT, "", "Cohost"), *named)]
    return activity("message", conversation, by, text=f"<at>Cohost</at> {text}", entities=entities)


# -- presses and forms -------------------------------------------------------------------------------------------------

BOARD = Card(quote("Lunch?"), buttons=(VOTE,))
FORM = Card(
    quote("How was it?"), fields=(Field("why", t("Why?")), Field("more", t("More?"))), submit=Button("go", t("Go"))
)


async def test_a_press_is_heard_as_whose_it_is_and_answered_by_the_card_with_the_note(hall: Hall) -> None:
    hall.bot.put("board", BOARD, None)
    hall.bot.answer = Answer(t("Your vote was changed."))
    answer = await hall.presses()

    assert answer["type"] == CARD
    assert (words(answer["value"]), titles(answer["value"])) == ("Lunch?\nYour vote was changed.", ["Vote"])
    event = hall.event
    assert isinstance(event, Pressed)
    assert (event.tenant, event.by, event.place) == ("t1", "ann", f"teams:{CHAT}")
    assert (event.dialog, event.action, event.value) == ("d1", "vote", "a")


async def test_whoever_has_a_card_of_their_own_is_answered_by_that(hall: Hall) -> None:
    hall.bot.put("board", BOARD, None)
    hall.bot.put("board", card("Yours, Ann"), "ann")
    assert words((await hall.presses())["value"]) == "Yours, Ann"


OTHER_ANSWERS: list[tuple[str, Reply | None, str]] = [
    ("nothing", None, "Received."),
    ("a sentence", t("It is over."), "It is over."),
    ("what is wrong", Wrong((("why", t("Too long.")), ("more", t("Missing.")))), "Too long.\nMissing."),
]


@pytest.mark.parametrize(("reply", "said"), [row[1:] for row in OTHER_ANSWERS], ids=[row[0] for row in OTHER_ANSWERS])
async def test_where_nothing_stands_the_answer_is_a_line(hall: Hall, reply: Reply | None, said: str) -> None:
    hall.bot.answer = Answer(reply)
    answer = await hall.presses()
    assert (answer["type"], answer["value"]) == (TOAST, said)


async def test_a_form_that_is_wrong_comes_back_with_its_sentences_and_what_was_filled_in(hall: Hall) -> None:
    hall.bot.put("board", FORM, None)
    hall.bot.answer = Answer(Wrong((("why", t("Please say more.")),)))
    answer = await hall.presses(a="go", v="", f=1, why="So.", more="No.")

    assert (answer["type"], isinstance(hall.event, Submitted)) == (CARD, True)
    assert hall.event.values == {"why": "So.", "more": "No."}
    assert "Please say more." in words(answer["value"])
    assert [one["value"] for one in fields_of(answer["value"])] == ["So.", "No."]


async def test_a_card_in_answer_stands_instead_and_its_buttons_lead_to_the_dialog(hall: Hall) -> None:
    hall.bot.put("board", BOARD, None)
    hall.bot.answer = Answer(Card(quote("Are you sure?"), buttons=(Button("yes", t("Yes")),)))
    answer = await hall.presses()
    assert (answer["type"], words(answer["value"])) == (CARD, "Are you sure?")
    assert pressing(answer["value"])["Yes"]["data"] == {"d": "d1", "s": "board", "a": "yes", "v": ""}


async def test_a_refresh_shows_ones_own_view_and_is_no_event(hall: Hall) -> None:
    hall.bot.put("board", card("Yours, Ann"), "ann")
    asked = [await hall.listen.invoke(invoked({"d": "d1", "s": slot}, verb="refresh")) for slot in ("board", "other")]
    shown = [json.loads(body or b"") for body in asked]
    assert [(one["type"], one["value"]) for one in shown[1:]] == [(TOAST, "Received.")]
    assert words(shown[0]["value"]) == "Yours, Ann"
    assert hall.bot.heard == []


def waiting(*cards: tuple[Card, bool]) -> RoomView:
    seen = tuple(
        Seen(f"d{n}", "hint", one, private, NOON + timedelta(seconds=n), 1) for n, (one, private) in enumerate(cards)
    )
    return RoomView("t1", "s1", None, "ann", "Ann Ode", LEARNER, seen, NAMES)


TICK = Card(quote("Your list"), buttons=(Button("tick", t("Tick")),))


async def test_whoever_asks_for_theirs_gets_the_newest_of_it_that_waits_for_them(hall: Hall) -> None:
    hall.bot.put("board", BOARD, None)
    old = replace(TICK, title=quote("An old list"))
    hall.bot.own = waiting((old, True), (TICK, True), (BOARD, False), (card("Only to read"), True))
    answer = await hall.presses(d="s1", a="mine", v="")

    assert (answer["type"], words(answer["value"])) == (CARD, "Your list")
    assert pressing(answer["value"])["Tick"]["data"] == {"d": "d1", "s": "hint", "a": "tick", "v": ""}
    assert hall.event.action == "mine"


@pytest.mark.parametrize("own", [None, waiting((BOARD, False))], ids=["not in it", "nothing private"])
async def test_whoever_has_nothing_waiting_is_told_so_by_the_bot(hall: Hall, own: RoomView | None) -> None:
    hall.bot.own, hall.bot.answer = own, Answer(t("Nothing waits for you."))
    answer = await hall.presses(d="s1", s="", a="mine", v="")
    assert (answer["type"], answer["value"]) == (TOAST, "Nothing waits for you.")


async def test_only_pressed_cards_are_ours(hall: Hall) -> None:
    for name in ("task/fetch", "task/submit", "composeExtension/query"):
        assert await hall.listen.invoke(invoked({"d": "d1", "s": "board", "a": "vote"}, name=name)) is None
    assert hall.bot.heard == []


# -- an old client -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [{}, {"f": 1, "why": "So."}, {"f": 1}], ids=["press", "form", "an empty form"])
@pytest.mark.parametrize("again", [False, True])
async def test_an_old_client_is_answered_by_a_message_and_once(hall: Hall, form: Json, again: bool) -> None:
    await hall.meets(ANN, chat=OWN)
    hall.bot.answer = Answer(t("Taken."), again=again)
    await hall.tells(activity("message", value={"d": "d1", "s": "board", "a": "vote", "v": ""} | form))
    assert isinstance(hall.event, Submitted if form else Pressed)
    assert hall.sent == ([] if again else [(OWN, "Taken.")])


# -- commands ----------------------------------------------------------------------------------------------------------

SAID = Answer(t("Done."))


@pytest.mark.parametrize("where", [CHAT, THREAD])
@pytest.mark.parametrize(
    ("known", "own"), [(OWN, OWN), ("", "a:1")], ids=["has a chat of their own", "gets a chat of their own"]
)
async def test_a_command_is_answered_in_a_chat_of_ones_own(hall: Hall, where: str, known: str, own: str) -> None:
    await hall.meets(ANN, chat=known)
    hall.bot.answer = SAID
    await hall.tells(typed("status", where))
    event = hall.event
    assert isinstance(event, Commanded)
    assert (event.text, event.by, event.tenant, event.aside) == ("status", "ann", "t1", None)
    assert hall.sent == [(own, "Done.")]


@pytest.mark.parametrize("no", [Gone("not installed"), Later(9), Refused(418, ""), Unsure("")], ids=repr)
@pytest.mark.parametrize("where", [CHAT, THREAD])
async def test_whoever_has_none_is_answered_beneath_what_they_wrote(hall: Hall, where: str, no: Exception) -> None:
    await hall.meets(ANN)
    hall.bot.answer, hall.calls.errors["create"] = SAID, [no]
    await hall.tells(typed("status", where))
    assert hall.sent == [(where, "Done.")]


async def test_what_is_typed_in_a_chat_with_us_alone_is_answered_there(hall: Hall) -> None:
    hall.bot.answer = SAID
    await hall.tells(typed("help", OWN))
    assert (hall.event.place, hall.event.aside) == (None, f"teams:{OWN}")
    assert hall.sent == [(OWN, "Done.")]
    assert await hall.addresses.url("t1", OWN) == URL  # a poll can stand there


@pytest.mark.parametrize("answer", [Answer(), replace(SAID, again=True)], ids=["nothing to say", "heard before"])
async def test_nobody_is_answered_without_need(hall: Hall, answer: Answer) -> None:
    hall.bot.answer = answer
    await hall.tells(typed("status"))
    assert len(hall.bot.heard) == 1
    assert hall.sent == []


ANSWERED: list[tuple[str, list[Exception], list[str], list[float]]] = [
    ("at once", [], [OWN], []),
    ("after a while", [Later(3), Later(4)], [OWN] * 3, [3, 4]),
    ("another way, after four times", [Later(1)] * TRIES, [*[OWN] * TRIES, CHAT], [1] * TRIES),
    ("another way, since this one is closed", [Gone("blocked")], [OWN, CHAT], []),
    ("another way, since this one is refused", [Refused(418, "")], [OWN, CHAT], []),
    ("not twice, since it may have been", [Unsure("504")], [OWN], []),
    ("nowhere", [Gone("blocked"), Gone("closed")], [OWN, CHAT], []),
]


@pytest.mark.parametrize(("errors", "tried", "slept"), [row[1:] for row in ANSWERED], ids=[row[0] for row in ANSWERED])
async def test_an_answer_comes(hall: Hall, errors: list[Exception], tried: list[str], slept: list[float]) -> None:
    await hall.meets(ANN, chat=OWN)
    hall.bot.answer, hall.calls.errors["send"] = SAID, [*errors]
    await hall.tells(typed("status"))
    assert [where for where, _ in hall.sent] == tried
    assert hall.slept == slept


# -- mentions in commands ----------------------------------------------------------------------------------------------

SPELLED = [
    ("a question names people", 'poll "@Ben Lima?" Yes No', (BEN,), 'poll "Ben Lima?" Yes No'),
    ("the roster is about people", "roster facilitator @Ben Lima", (BEN,), "roster facilitator <@ben>"),
    ("several", "Roster add @Ben Lima @Ann Ode", (BEN, ANN), "Roster add <@ben> <@ann>"),
    ("heard", "heard @Ben Lima", (BEN,), "heard <@ben>"),
    ("no account", "heard @Kim (Guest)", (KIM,), "heard <@kim>"),
    ("not there", "roster add @Eve Stone", (EVE,), "roster add <@29:eve>"),
    ("letters are no mention", "roster add @Ben Lima", (), "roster add @Ben Lima"),
]


@pytest.mark.parametrize(("text", "named", "spelled"), [row[1:] for row in SPELLED], ids=[row[0] for row in SPELLED])
async def test_who_is_mentioned_is_spelled_as_the_command_needs_it(
    hall: Hall, text: str, named: tuple[User, ...], spelled: str
) -> None:
    for one in named:
        text = text.replace(f"@{one.name}", f"<at>{one.name}</at>")
    await hall.tells(typed(text, named=named))
    assert hall.event.text == spelled


@pytest.mark.parametrize("no", [Later(1), Unsure("503"), Refused(418, "")], ids=repr)
async def test_a_command_about_somebody_is_not_done_while_teams_does_not_say_who(hall: Hall, no: Exception) -> None:
    await hall.meets(ANN, chat=OWN)
    hall.calls.errors["member"] = [no]
    await hall.tells(typed("roster facilitator <at>Ben Lima</at>", named=(BEN,)))
    assert (hall.bot.heard, hall.sent) == ([], [(OWN, plain(WHO))])


async def test_a_question_is_asked_though_teams_does_not_say_who_is_named_in_it(hall: Hall) -> None:
    await hall.meets(ANN, chat=OWN)
    hall.calls.errors["member"] = [Later(1)]
    await hall.tells(typed('poll "Is <at>Ben Lima</at> right?" Yes No', named=(BEN,)))
    assert hall.event.text.startswith('poll "Is ')


async def test_whoever_is_known_can_be_mentioned_though_teams_does_not_say_who(hall: Hall) -> None:
    await hall.meets(ANN, BEN, chat=OWN)
    hall.calls.errors["member"] = [Later(1)]
    await hall.tells(typed("roster facilitator <at>Ben Lima</at>", named=(BEN,)))
    assert hall.event.text == "roster facilitator <@ben>"


# -- who is in a class -------------------------------------------------------------------------------------------------


def joined(hall: Hall) -> list[tuple[str | None, str | None, bool]]:
    return [(one.by, one.dialog, one.there) for one in hall.bot.heard if isinstance(one, Joined)]


@pytest.mark.parametrize("verb", ["here", "new feedback on 24 Mar 14:00 UTC", "start", "status"])
@pytest.mark.parametrize("phase", ["planned", "open", "closed", None])
async def test_whoever_is_in_the_chat_of_a_planned_session_is_expected(hall: Hall, verb: str, phase: Any) -> None:
    if phase:
        hall.bot.briefs[f"teams:{CHAT}"] = Brief(title="Feedback", phase=phase)
    await hall.tells(typed(verb))
    people = ["ann", "ben", "kim"]
    begun = verb != "status"
    assert joined(hall) == ([(one, "s1", False) for one in people] if begun and phase == "planned" else [])
    known = begun and phase in {"planned", "open"}
    assert len(hall.bot.people) == (3 if known else 1)
    assert (await hall.addresses.find("t1", IDS[BEN]) is not None) == known


async def test_a_whole_company_is_no_class(hall: Hall) -> None:
    hall.bot.briefs[f"teams:{CHAT}"] = Brief(title="Feedback", phase="planned")
    hall.calls.people = [User(f"29:{n}", "", str(n)) for n in range(MOST + 1)]
    await hall.tells(typed("here"))
    assert joined(hall) == []


async def test_a_class_is_asked_for_at_the_pace_of_teams(hall: Hall) -> None:
    hall.bot.briefs[f"teams:{CHAT}"] = Brief(title="Feedback", phase="planned")
    hall.calls.errors["members"] = [Later(5), Unsure("503")]
    await hall.tells(typed("here"))
    assert len(joined(hall)) == 3
    assert hall.slept[0] == 5


# -- what people do where no command is --------------------------------------------------------------------------------


def said(conversation: str, **more: Any) -> Json:
    return activity("message", conversation, text="I think so", **more)


HEARD = [
    ("a chat without a session", CHAT, None, {}, None),
    ("a session that is planned", CHAT, "planned", {}, None),
    ("a session that runs, in a chat", CHAT, "open", {}, (None, True)),
    ("beneath somebody's post in a channel", THREAD, "open", {}, (None, False)),
    ("a post of its own in a channel", f"{CHANNEL};messageid=1", "open", {}, (None, False)),
    ("beneath a message of ours", THREAD, "open", {f"teams:{CHANNEL}|17": ("d7", "ask")}, ("d7", False)),
    ("beneath one whose session is over", THREAD, "closed", {f"teams:{CHANNEL}|17": ("d7", "ask")}, ("d7", False)),
]


@pytest.mark.parametrize(
    ("where", "phase", "refs", "wanted"), [row[1:] for row in HEARD], ids=[row[0] for row in HEARD]
)
async def test_what_people_say_is_heard_where_a_session_is(
    hall: Hall, where: str, phase: Any, refs: dict[str, tuple[str, str]], wanted: Any
) -> None:
    if phase:
        hall.bot.briefs[f"teams:{where.partition(';')[0]}"] = Brief(title="Feedback", phase=phase)
    hall.bot.refs = refs
    await hall.tells(said(where))
    found: list[Event] = hall.bot.heard
    assert [(one.dialog, one.room) for one in found if isinstance(one, Said)] == ([wanted] if wanted else [])
    assert len(hall.bot.people) == (1 if wanted else 0)  # nobody is made known by talking where no session is


@pytest.mark.parametrize(("phase", "there"), [("planned", True), ("open", True), ("closed", False), (None, False)])
async def test_whoever_is_added_is_heard_of_where_a_session_is_to_come(hall: Hall, phase: Any, there: bool) -> None:
    if phase:
        hall.bot.briefs[f"teams:{CHAT}"] = Brief(title="Feedback", phase=phase)
    nameless = {"id": BEN.id, "aadObjectId": IDS[BEN]}
    await hall.tells(activity("conversationUpdate", membersAdded=[nameless]))
    assert joined(hall) == ([("ben", None, False)] if there else [])
    if there:  # the event says nobody's name: Teams is asked for it
        assert hall.bot.people["t1", IDS[BEN]] == ("Ben Lima", True, "ben@acme.example")


# -- who somebody is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_press_waits_for_an_address_only_where_its_owner_may_be_known_from_elsewhere(
    hall: Hall, elsewhere: bool
) -> None:
    hall.elsewhere = elsewhere
    hall.restarts()
    if not elsewhere:
        hall.calls.gate.clear()  # Teams does not answer: who waited for it would wait for ever
    await hall.presses()
    at_once = hall.bot.people["t1", IDS[ANN]][2]
    hall.calls.gate.set()
    await asyncio.gather(*hall.tasks)
    assert at_once == ("ann@acme.example" if elsewhere else None)
    assert hall.bot.people["t1", IDS[ANN]][2] == "ann@acme.example"
    await hall.presses()
    assert len(hall.calls.called("member")) == 1


async def test_a_command_waits_for_an_address_and_goes_on_without_it_and_it_is_asked_for_again(hall: Hall) -> None:
    hall.calls.errors["member"] = [Later(2), Later(3)]
    hall.bot.answer = SAID
    await hall.tells(typed("status", OWN))
    assert (len(hall.bot.heard), hall.sent, hall.slept) == (1, [(OWN, "Done.")], [3])
    assert hall.bot.people["t1", IDS[ANN]][2] == "ann@acme.example"


async def test_a_press_is_heard_though_teams_never_says_who_it_was(hall: Hall) -> None:
    hall.calls.gate.clear()
    await hall.presses()
    await quiet()
    assert (hall.event.by, hall.bot.people["t1", IDS[ANN]][0]) == ("ann", "Ann Ode")
    hall.calls.gate.set()


# -- news --------------------------------------------------------------------------------------------------------------


def installation(action: str, conversation: str = OWN) -> Json:
    by = {"from": {"id": ANN.id, "aadObjectId": IDS[ANN]}}  # no name, as Teams sends it
    return activity("installationUpdate", conversation, action=action) | by


@pytest.mark.parametrize(("action", "greeted"), [("add", True), ("add-upgrade", False)])
async def test_whoever_installs_the_app_can_be_written_to_and_is_greeted_once(
    hall: Hall, action: str, greeted: bool
) -> None:
    await hall.tells(installation(action))
    assert await hall.addresses.chat("t1", IDS[ANN]) == (URL, OWN)
    assert hall.bot.told == [("t1", "ann")]
    assert hall.sent == ([(OWN, plain(WELCOME))] if greeted else [])
    assert hall.bot.people["t1", IDS[ANN]][0] == "Ann Ode"


@pytest.mark.parametrize(("action", "chat"), [("remove", ""), ("remove-upgrade", OWN)])
async def test_whoever_takes_it_off_is_not_written_to_in_that_chat(hall: Hall, action: str, chat: str) -> None:
    await hall.meets(ANN, chat=OWN)
    await hall.tells(installation(action))
    found = await hall.addresses.find("t1", IDS[ANN])
    assert found
    assert (found.chat, found.user) == (chat, ANN.id)
    assert hall.bot.told == []


async def test_a_chat_to_which_it_is_added_can_be_written_to_and_is_greeted(hall: Hall) -> None:
    await hall.tells(activity("conversationUpdate", membersAdded=[{"id": BOT}]))
    assert await hall.addresses.url("t1", CHAT) == URL
    assert hall.bot.told == [("t1", f"teams:{CHAT}")]
    assert hall.sent == [(CHAT, plain(WELCOME_ALL))]
    assert hall.bot.heard == []
