"""The checklist: state + event -> exactly this step; the cards at zero, one, five and five hundred people."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dialogs import checklist
from dialogs.base import (
    FACILITATOR,
    LEARNER,
    MANAGER,
    Brief,
    Event,
    Look,
    Member,
    Note,
    Noted,
    Pressed,
    Rang,
    Result,
    Role,
    Said,
    Scene,
    Show,
    Started,
    Step,
    Submitted,
    Tally,
    Told,
    Wake,
)
from dialogs.card import Card, Text, When, Who, t, tn
from dialogs.checklist import State, decide, sum_up, view
from dialogs.checklist_items import Item
from dialogs.sending import Sending, looks
from dialogs.sent import Sent

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=23)
BRIEF = Brief(title="Feedback", starts=NOW + timedelta(hours=24), zone="Europe/Zurich")
ITEMS = (
    Item(id="sound", text="Try your headset", help="Join the call today"),
    Item(id="paper", text="Put paper within reach"),
)
LEARNERS = State(audience="learner", items=ITEMS, remind_at=LATER)
SENT = LEARNERS.model_copy(update={"sent_at": NOW})
GOING = SENT.model_copy(update={"sending": Sending(at=NOW)})
LEADS = State(audience="facilitator", items=ITEMS)
REMINDED = SENT.model_copy(update={"sent_at": LATER, "reminders": 1, "reminded": ("ann",)})
ASKED = SENT.model_copy(update={"helping": ("ann",)})
CLOSED = SENT.model_copy(update={"closed": True})
OVER = CLOSED.model_copy(update={"over": True})
IS_OVER = t("The time to get ready is over. This list is closed.")
BOARD = Show("ready", FACILITATOR)
LOOK = Wake("sending", NOW + timedelta(seconds=10))


def press(action: str, value: str = "", by: str = "ann", **more: Any) -> Pressed:
    return Pressed(id="e", at=NOW, tenant="t", by=by, action=action, value=value, **more)


def told(what: str, **data: Any) -> Told:
    return Told(id="e", at=NOW, tenant="t", what=what, data=data)


def rang(timer: str) -> Rang:
    return Rang(id="e", at=LATER, tenant="t", timer=timer, due=LATER)


def noted(key: str, person: str, value: str, at: datetime = NOW) -> Noted:
    return Noted(key, person, value, at, value)


def tally(*notes: Noted) -> Tally:
    by_key: dict[str, dict[str, int]] = {}
    for note in notes:
        values = by_key.setdefault(note.key, {})
        values[note.value] = values.get(note.value, 0) + 1
    return Tally(by_key, notes)


def done(*people: str) -> tuple[Noted, ...]:
    return tuple(noted(item.key, person, "done") for person in people for item in ITEMS)


def scene(role: Role | None = LEARNER, **more: Any) -> Scene:
    return Scene(now=more.pop("now", NOW), dialog="d", seed=1, session=BRIEF, session_id="s", role=role, **more)


def look(slot: str, viewer: str = "ann", role: Role = LEARNER, **more: Any) -> Look:
    return Look(slot=slot, now=NOW, session=BRIEF, session_id="s", viewer=viewer, role=role, **more)


def people(*names: str, role: Role = LEARNER) -> tuple[Member, ...]:
    return tuple(Member(name.lower(), name, role) for name in names)


def plain(text: Text) -> str:
    pieces = (f"@{piece.person}" if isinstance(piece, Who) else piece for piece in text.pieces())
    times = (f"{piece.at:%H:%M}" if isinstance(piece, When) and piece.style == "time" else piece for piece in pieces)
    return "".join(piece if isinstance(piece, str) else "…" for piece in times)


def said(card: Card) -> str:
    """All the words of a card, a line for each text."""
    return "\n".join(plain(text) for text in card.all_texts())


# ---------------------------------------------------------------------------------------------------------------- steps

TICK = (Note("item:sound", "ann", "done"), Show("list", "ann"), BOARD)
HELP = (Note("item:sound", "ann", "help"), Note("ready", "ann", None))
UNTICK = (Note("item:sound", "ann", None), Note("ready", "ann", None), Show("list", "ann"), BOARD)
HELP_CARD = Show("help:ann", FACILITATOR)
NOT_YOURS = t("This checklist is not yours to tick.")
STEPS: dict[str, tuple[State, Event, Scene, Step[State]]] = {
    "begins": (
        LEARNERS,
        Started(id="e", at=NOW, tenant="t"),
        scene(),
        Step(GOING, (Show("list", LEARNER), BOARD, Wake("remind", LATER), LOOK)),
    ),
    "begins too late for a reminder": (
        LEARNERS.model_copy(update={"remind_at": NOW}),
        Started(id="e", at=NOW, tenant="t"),
        scene(),
        Step(GOING.model_copy(update={"remind_at": NOW}), (Show("list", LEARNER), BOARD, LOOK)),
    ),
    "begins for those who lead": (
        LEADS,
        Started(id="e", at=NOW, tenant="t"),
        scene(),
        Step(LEADS.model_copy(update={"sent_at": NOW}), (Show("list", FACILITATOR),)),
    ),
    "ticks one": (
        SENT,
        press("tick", "sound"),
        scene(),
        Step(SENT, TICK, reply=tn("Ticked. {n} item to go.", "Ticked. {n} items to go.", n=1)),
    ),
    "ticks the last": (
        SENT,
        press("tick", "sound"),
        scene(mine={"item:paper": "done"}),
        Step(
            SENT,
            (TICK[0], Note("ready", "ann", "yes"), Show("list", "ann"), BOARD),
            reply=t("Ticked. You are ready."),
        ),
    ),
    "ticks after a reminder": (
        REMINDED,
        press("tick", "sound"),
        scene(),
        Step(
            REMINDED,
            (TICK[0], Show("list", "ann"), Show("reminder", "ann"), BOARD),
            reply=tn("Ticked. {n} item to go.", "Ticked. {n} items to go.", n=1),
        ),
    ),
    "ticks what help was asked for": (
        ASKED,
        press("tick", "sound"),
        scene(mine={"item:sound": "help"}),
        Step(
            ASKED,
            (TICK[0], Show("list", "ann"), HELP_CARD, BOARD),
            reply=tn("Ticked. {n} item to go.", "Ticked. {n} items to go.", n=1),
        ),
    ),
    "ticks on after the start": (
        CLOSED,
        press("tick", "sound"),
        scene(),
        Step(CLOSED, TICK, reply=tn("Ticked. {n} item to go.", "Ticked. {n} items to go.", n=1)),
    ),
    "ticks one's own list as facilitator": (
        LEADS,
        press("tick", "sound", "flo"),
        scene(FACILITATOR),
        Step(
            LEADS,
            (Note("item:sound", "flo", "done"), Show("list", "flo")),
            reply=tn("Ticked. {n} item to go.", "Ticked. {n} items to go.", n=1),
        ),
    ),
    "unticks": (
        SENT,
        press("untick", "sound"),
        scene(),
        Step(SENT, UNTICK, reply=t("“{item}” is open again.", item="Try your headset")),
    ),
    "asks for help": (
        SENT,
        press("help", "sound"),
        scene(),
        Step(
            ASKED,
            (*HELP, Show("list", "ann"), HELP_CARD, BOARD),
            reply=t("The facilitators have been told. Meanwhile, try this: {help}", help="Join the call today"),
        ),
    ),
    "asks for help where there is no tip": (
        ASKED,
        press("help", "paper"),
        scene(),
        Step(
            ASKED,
            (Note("item:paper", "ann", "help"), HELP[1], Show("list", "ann"), HELP_CARD, BOARD),
            reply=t("The facilitators have been told."),
        ),
    ),
    "has helped": (
        ASKED,
        press("helped", "ann", "flo"),
        scene(FACILITATOR),
        Step(
            ASKED,
            (Note("helped:ann", "flo", "yes"), Show("list", "ann"), HELP_CARD, BOARD),
            reply=t("Marked as helped."),
        ),
    ),
    "has helped somebody who never asked": (
        ASKED,
        press("helped", "bo", "flo"),
        scene(FACILITATOR),
        Step(ASKED),
    ),
    "may not say who was helped": (
        ASKED,
        press("helped", "ann"),
        scene(),
        Step(ASKED, reply=t("Only a facilitator can mark this as helped.")),
    ),
    "moves": (
        SENT,
        told("moved", remind_at=(LATER + timedelta(days=1)).isoformat()),
        scene(None),
        Step(
            SENT.model_copy(update={"remind_at": LATER + timedelta(days=1)}),
            (Wake("remind", LATER + timedelta(days=1)), Show("list", LEARNER)),
        ),
    ),
    "moves to a time without a reminder": (
        SENT,
        told("moved", remind_at=None),
        scene(None),
        Step(SENT.model_copy(update={"remind_at": None}), (Wake("remind", None), Show("list", LEARNER))),
    ),
    "moves when it is over": (CLOSED, told("moved", remind_at=None), scene(None), Step(CLOSED)),
    "starts": (
        SENT,
        told("start"),
        scene(None),
        Step(CLOSED, (Wake("remind", None), Show("list", LEARNER, latecomers=False), BOARD)),
    ),
    "ends": (
        CLOSED,
        told("end"),
        scene(None),
        Step(OVER, (Wake("remind", None), Show("list", LEARNER, latecomers=False)), done=True),
    ),
    "takes nothing when it is over": (OVER, press("tick", "sound"), scene(), Step(OVER, reply=IS_OVER)),
    "is called off": (
        SENT,
        told("cancel"),
        scene(None),
        Step(OVER, (Wake("remind", None), Show("list", LEARNER, latecomers=False), BOARD), done=True),
    ),
    "is asked for its board": (SENT, told("show"), scene(None), Step(SENT, (BOARD,))),
    "has no board of those who lead": (LEADS, told("show"), scene(None), Step(LEADS)),
    "does not remind after the start": (CLOSED, told("remind"), scene(None, roster=people("Ann")), Step(CLOSED)),
    "does not ring after the start": (CLOSED, rang("remind"), scene(None, roster=people("Ann")), Step(CLOSED)),
}
for name, event in {
    "an unknown action": press("dance"),
    "an unknown item": press("tick", "nothing"),
    "an unknown item unticked": press("untick"),
    "an unknown item to help with": press("help", "item:sound"),
    "nobody's press": replace(press("tick", "sound"), by=None),
    "a form": Submitted(id="e", at=NOW, tenant="t", by="ann", action="tick", values={"sound": "done"}),
    "another timer": rang("close"),
    "another word": told("call"),
    "a message": Said(id="e", at=NOW, tenant="t", by="ann", words=9),
}.items():
    STEPS[f"ignores {name}"] = (SENT, event, scene(), Step(SENT))
for role in (FACILITATOR, MANAGER, None):
    STEPS[f"is not for {role}"] = (SENT, press("tick", "sound"), scene(role), Step(SENT, reply=NOT_YOURS))
STEPS["of those who lead is not for learners"] = (LEADS, press("tick", "sound"), scene(), Step(LEADS, reply=NOT_YOURS))
STEPS["of those who lead calls nobody for help"] = (LEADS, press("help", "sound"), scene(FACILITATOR), Step(LEADS))


@pytest.mark.parametrize(("state", "event", "at", "step"), STEPS.values(), ids=STEPS)
def test_a_checklist(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


# ------------------------------------------------------------------------------------------------------------ reminders


@pytest.mark.parametrize("event", [rang("remind"), told("remind")])
def test_those_with_open_items_are_reminded_and_nobody_else(event: Event) -> None:
    roster = (*people("Ann", "Bo", "Cy"), *people("Flo", role=FACILITATOR), *people("Dana", role=MANAGER))
    notes = tally(*done("ann"), noted("item:sound", "bo", "done"), noted("item:paper", "bo", "help"))
    changes = {"sent_at": LATER, "reminders": 1, "reminded": ("bo", "cy"), "sending": Sending(at=LATER)}

    step = decide(SENT, event, scene(None, now=LATER, roster=roster, tally=notes))

    reminders = (Show("reminder", "bo"), Show("reminder", "cy"))
    assert step == Step(SENT.model_copy(update=changes), (*reminders, BOARD, looks(Sending(at=LATER))))


def test_a_closed_list_is_put_away_so_that_a_phone_has_room_for_the_session() -> None:
    for slot in ("list", "reminder"):
        card = view(CLOSED, look(slot))
        assert (card.items, card.buttons, card.tone) == ((), (), "closed")


def test_the_next_reminder_is_a_message_of_its_own() -> None:
    again = LATER + timedelta(hours=1)

    step = decide(REMINDED, told("remind"), scene(None, now=again, roster=people("Ann", "Bo")))

    reminders = (Show("reminder:2", "ann"), Show("reminder:2", "bo"))
    assert step.effects == (*reminders, BOARD, looks(Sending(at=again)))
    assert decide(step.state, press("tick", "sound", "bo"), scene()).effects == (
        Note("item:sound", "bo", "done"),
        Show("list", "bo"),
        Show("reminder:2", "bo"),
        BOARD,
    )


def test_nobody_is_reminded_of_what_they_were_just_sent() -> None:
    soon = scene(None, now=NOW + timedelta(minutes=9), roster=people("Ann"))
    assert decide(SENT, told("remind"), soon) == Step(SENT)
    later = NOW + timedelta(minutes=10)
    effects = (Show("reminder", "ann"), BOARD, looks(Sending(at=later)))
    assert decide(SENT, told("remind"), replace(soon, now=later)).effects == effects


def test_nobody_is_reminded_when_all_are_ready() -> None:
    at = scene(None, now=LATER, roster=people("Ann"), tally=tally(*done("ann")))
    assert decide(SENT, rang("remind"), at) == Step(SENT)


def test_those_who_lead_are_reminded_of_their_own_list() -> None:
    roster = (*people("Ann"), *people("Flo", "Gil", role=FACILITATOR))
    step = decide(LEADS, rang("remind"), scene(None, now=LATER, roster=roster, tally=tally(*done("gil"))))
    assert step.effects == (Show("reminder", "flo"),)


VALUES = st.sampled_from(["done", "help", None])
ROSTERS = st.lists(
    st.tuples(st.sampled_from(list(Role)), st.tuples(VALUES, VALUES)),
    max_size=30,
)


@given(ROSTERS, st.booleans())
def test_a_reminder_is_one_message_to_each_with_open_items(rows: list[Any], by_clock: bool) -> None:
    roster = tuple(Member(f"p{at}", f"P{at}", role) for at, (role, _) in enumerate(rows))
    notes = tally(
        *(
            noted(item.key, f"p{at}", value)
            for at, (_, values) in enumerate(rows)
            for item, value in zip(ITEMS, values, strict=True)
            if value
        )
    )
    waiting = [f"p{at}" for at, (role, values) in enumerate(rows) if role is LEARNER and set(values) != {"done"}]

    step = decide(
        SENT, rang("remind") if by_clock else told("remind"), scene(None, now=LATER, roster=roster, tally=notes)
    )

    following = [BOARD, looks(Sending(at=LATER))] if waiting else []
    assert list(step.effects) == [*(Show("reminder", person) for person in waiting), *following]


@pytest.mark.parametrize(
    ("hours", "reminded"),
    [(-23, True), (-0.9, True), (-0.02, True), (0, False), (1, False), (48, False)],
    ids=["in time", "late", "a minute before", "as it starts", "after the start", "two days later"],
)
def test_a_reminder_that_comes_late_is_of_use_until_the_session_was_to_start(hours: float, reminded: bool) -> None:
    assert BRIEF.starts is not None
    at = scene(None, now=BRIEF.starts + timedelta(hours=hours), roster=people("Ann"))

    step = decide(SENT, rang("remind"), at)

    assert [one.to for one in step.effects if isinstance(one, Show) and one.slot == "reminder"] == ["ann"] * reminded
    assert step.state.reminders == reminded
    by_hand = decide(SENT, told("remind"), at)  # whoever types `checklist send` then means it
    assert by_hand.state.reminders == 1


# ----------------------------------------------------------------------------------------------- how far it has come


def seconds(n: float) -> datetime:
    return NOW + timedelta(seconds=n)


def far(shown: int, gone: int = 0, **more: Any) -> tuple[Sent, ...]:
    return (Sent("d", "list", "learner", shown=shown, gone=gone, **more),)


CROWD = tuple(f"P{number}" for number in range(2000))
ON = GOING.model_copy(update={"sending": Sending(at=seconds(10), shown=100, rest_by=seconds(200))})
STALLED = ON.model_copy(update={"sending": Sending(at=seconds(10), shown=100, still=1)})
FROZEN = ON.model_copy(update={"sending": Sending(at=seconds(10), shown=100, still=99)})
# state, what is sent by now -> the state then, what is drawn, when it is looked at again
LOOKS: dict[str, tuple[State, tuple[Sent, ...], dict[str, Any] | None, bool, float | None]] = {
    "goes on": (ON, far(200), {"shown": 200, "rest_by": seconds(20 + 180)}, True, 30),
    "is slow": (ON, far(101), {"shown": 101, "rest_by": seconds(20 + 18990)}, True, 30),
    "has come to a halt": (ON, far(100), {"shown": 100, "still": 1}, True, 40),
    "is still at a halt": (STALLED, far(100), {"shown": 100, "still": 2}, False, 60),
    "is at a halt for long": (FROZEN, far(100), {"shown": 100, "still": 100}, False, 80),
    "goes on after a halt": (FROZEN, far(110), {"shown": 110, "rest_by": seconds(20 + 1890)}, True, 30),
    "waits until later": (STALLED, far(100, until=seconds(300)), {"shown": 100, "still": 2}, False, 300),
    "does not reach somebody": (STALLED, far(100, 1), {"shown": 100, "gone": 1}, True, 30),
    "was never begun": (STALLED, (), {"shown": 0}, True, 30),
    "is there": (ON, far(2000), None, True, None),
    "is there but for some": (ON, far(1990, 10), None, True, None),
}


@pytest.mark.parametrize(("state", "sent", "after", "drawn", "again"), LOOKS.values(), ids=LOOKS)
def test_how_far_it_is_is_drawn_if_there_is_something_new_and_looked_at_until_it_is_there(
    state: State, sent: tuple[Sent, ...], after: dict[str, Any] | None, drawn: bool, again: float | None
) -> None:
    at = scene(None, now=seconds(20), roster=people(*CROWD), delivery=sent)

    step = decide(state, rang("sending"), at)

    sending = Sending(at=seconds(20), **after) if after else None
    assert step.state == state.model_copy(update={"sending": sending})
    assert step.effects == (*([BOARD] if drawn else []), Wake("sending", seconds(again) if again else None))


def test_it_is_not_followed_when_it_is_of_those_who_lead_or_the_list_is_closed() -> None:
    closed = GOING.model_copy(update={"closed": True})
    for state in (LEADS, closed):
        assert decide(state, rang("sending"), scene(None, roster=people("Ann"))) == Step(state)


def test_what_becomes_of_it_later_is_told_too() -> None:
    at = scene(None, now=seconds(900), roster=people("Ann", "Bo"))

    away = decide(SENT, rang("sending"), replace(at, delivery=far(1, waiting=1)))
    gone = decide(SENT, rang("sending"), replace(at, delivery=far(1, 1)))

    assert away.state.sending == Sending(at=seconds(900), shown=1, still=1)
    assert away.effects == (BOARD, Wake("sending", seconds(920)))
    assert (gone.state.sending, gone.effects) == (None, (BOARD, Wake("sending", None)))


@pytest.mark.parametrize("what", ["start", "end", "cancel"])
def test_when_the_list_is_closed_nothing_is_followed_any_more(what: str) -> None:
    step = decide(GOING, told(what), scene(None))

    assert (step.state.sending, Wake("sending", None) in step.effects, BOARD in step.effects) == (None, True, True)


def test_who_comes_later_is_followed_too_and_only_once() -> None:
    at = scene(None, now=seconds(99), roster=people("Ann", "Bo"), delivery=far(1))

    step = decide(SENT, told("came"), at)

    assert step.state.sending == Sending(at=seconds(99), shown=1)
    assert step.effects == (Wake("sending", seconds(109)),)
    for state in (step.state, CLOSED, LEADS):
        assert decide(state, told("came"), at) == Step(state)


def test_a_reminder_is_followed_with_the_list() -> None:
    sent = (*far(3), Sent("d", "reminder", "learner", shown=1))
    reminded = SENT.model_copy(update={"reminders": 1, "reminded": ("ann", "bo"), "sending": Sending(at=NOW)})
    at = scene(None, now=seconds(10), roster=people("Ann", "Bo", "Cy"))

    halfway, there = (
        decide(reminded, rang("sending"), replace(at, delivery=delivery))
        for delivery in (sent, (*far(3), Sent("d", "reminder", "learner", shown=2)))
    )

    assert (halfway.state.sending, there.state.sending) == (
        Sending(at=seconds(10), shown=4, rest_by=seconds(12.5)),
        None,
    )


# state, what is sent -> what facilitators read of it
READ: dict[str, tuple[State, tuple[Sent, ...], list[str]]] = {
    "nothing is known": (SENT, (), []),
    "begins": (GOING, (), ["On its way to 2,000."]),
    "fails from the beginning": (
        GOING,
        far(0, failing=1),
        ["Sent to 0 of 2,000; the rest is on its way. 1 could not be sent yet and is tried again."],
    ),
    "goes on": (
        GOING.model_copy(update={"sending": Sending(at=NOW, shown=1240, rest_by=seconds(1900))}),
        far(1240, until=seconds(1)),
        ["Sent to 1,240 of 2,000; the rest by about 09:32."],
    ),
    "was to be there by now": (
        GOING.model_copy(update={"sending": Sending(at=NOW, shown=9, rest_by=seconds(-60))}),
        far(10),
        ["Sent to 10 of 2,000; the rest is on its way."],
    ),
    "some fail": (
        GOING,
        far(10, failing=12),
        ["Sent to 10 of 2,000; the rest is on its way. 12 could not be sent yet and are tried again."],
    ),
    "is there": (SENT, far(2000), ["Sent to all 2,000."]),
    "is there but for three": (
        SENT,
        far(1997, 3, missed=(("p7", "they have left"), ("p8", "no app"), ("p9", "they have left"))),
        ["Sent to 1,997 of 2,000.", "Not reached: @p7, @p9: they have left", "Not reached: @p8: no app"],
    ),
    "is there but for many": (
        SENT,
        far(1900, 100, missed=tuple((f"p{n}", f"reason {n // 4}") for n in range(16))),
        [
            "Sent to 1,900 of 2,000.",
            *(
                f"Not reached: {', '.join(f'@p{n}' for n in range(at, at + 4))}: reason {at // 4}"
                for at in range(0, 12, 4)
            ),
            "Not reached: 88 more people",
        ],
    ),
    "is closed": (CLOSED, far(1240), []),
}


@pytest.mark.parametrize(("state", "sent", "lines"), READ.values(), ids=READ)
def test_the_board_says_how_far_it_has_come(state: State, sent: tuple[Sent, ...], lines: list[str]) -> None:
    card = view(state, look("ready", "flo", FACILITATOR, roster=people(*CROWD), delivery=sent))

    facts = [f"{plain(fact.label)}: {plain(fact.value)}" for fact in card.facts]
    assert [plain(line) for line in card.text[1:]] + [one for one in facts if one.startswith("Not reached")] == lines


def test_the_board_says_how_far_a_reminder_has_come() -> None:
    reminded = SENT.model_copy(update={"reminders": 2, "reminded": ("ann", "bo", "gone")})
    sent = (*far(3), Sent("d", "reminder", "learner", shown=9), Sent("d", "reminder:2", "learner", shown=1))

    card = view(reminded, look("ready", "flo", FACILITATOR, roster=people("Ann", "Bo", "Cy"), delivery=sent))

    assert [plain(line) for line in card.text[1:]] == [
        "Sent to all 3.",
        "Reminder: Sent to 1 of 2; the rest is on its way.",
    ]


def test_of_one_it_says_one() -> None:
    card = view(SENT, look("ready", "flo", FACILITATOR, roster=people("Ann"), delivery=far(1)))

    assert [plain(line) for line in card.text[1:]] == ["Sent to 1 person."]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5), st.integers(1, 60)), min_size=1, max_size=30))
def test_what_is_told_never_comes_more_often_than_every_ten_seconds_and_ends(rows: list[tuple[int, int, int]]) -> None:
    """However messages go out: it is looked at until all are there or gone, and then never again."""
    state, now, shown, gone = GOING, NOW, 0, 0
    for more, fewer, wait in [*rows, (60, 0, 1)]:
        shown, gone = min(60, shown + more), min(60 - min(60, shown + more), gone + fewer)
        now += timedelta(seconds=10 + wait)
        at = scene(None, now=now, roster=people(*CROWD[:60]), delivery=far(shown, gone))
        step = decide(state, rang("sending"), at)
        (look_,) = [one for one in step.effects if isinstance(one, Wake)]
        assert (look_.at is None) == (shown + gone == 60) == (step.state.sending is None)
        assert look_.at is None or look_.at >= now + timedelta(seconds=10)
        if step.state.sending is None:
            return
        state = step.state
    raise AssertionError


# ---------------------------------------------------------------------------------------------------------------- cards


def test_a_learner_sees_each_item_with_its_buttons() -> None:
    card = view(SENT, look("list"))

    assert said(card).splitlines() == [
        "Get ready for “Feedback”",
        "It starts ….",
        "Tick what is ready. Only the facilitators see it.",
        "Try your headset",
        "Put paper within reach",
        "Tick",
        "I need help",
        "Tick",
        "I need help",
        "2 items are open.",
    ]
    assert [item.mark for item in card.items] == ["open", "open"]


def test_whoever_asked_for_help_sees_the_tip() -> None:
    notes = tally(noted("item:sound", "ann", "help"))
    card = view(ASKED, look("list", mine={"item:sound": "help"}, tally=notes))

    assert [(plain(item.text), item.mark) for item in card.items] == [
        ("Try your headset Tip: Join the call today", "help"),
        ("Put paper within reach", "open"),
    ]
    assert [button.action for button in card.items[0].buttons] == ["tick", "untick"]


def test_whoever_was_helped_can_tick_or_ask_again() -> None:
    helped = (noted("item:sound", "ann", "help"), noted("helped:ann", "flo", "yes", LATER))
    again = noted("item:sound", "ann", "help", LATER + timedelta(minutes=1))
    mine = {"item:sound": "help"}

    first = view(ASKED, look("list", mine=mine, tally=tally(*helped))).items[0]
    second = view(ASKED, look("list", mine=mine, tally=tally(again, helped[1]))).items[0]

    assert (plain(first.text), first.mark) == ("Try your headset A facilitator has seen to it.", "open")
    assert [button.action for button in first.buttons] == ["tick", "help"]
    assert second.mark == "help"


def test_whoever_has_ticked_all_is_ready() -> None:
    mine = {item.key: "done" for item in ITEMS}
    card = view(SENT, look("list", mine=mine, tally=tally(*done("ann"))))

    assert card.footer == t("You are ready.")
    assert card.tone == "done"
    assert [[button.action for button in item.buttons] for item in card.items] == [["untick"], ["untick"]]


def test_a_reminder_has_the_open_items_only() -> None:
    card = view(REMINDED, look("reminder", mine={"item:sound": "done"}))
    assert plain(card.title) == "Reminder: Get ready for “Feedback”"
    assert [plain(item.text) for item in card.items] == ["Put paper within reach"]

    ready = view(REMINDED, look("reminder:2", mine={item.key: "done" for item in ITEMS}))
    assert (plain(ready.title), ready.items) == ("Get ready for “Feedback”", ())


def test_those_who_lead_see_every_tip_and_call_nobody() -> None:
    card = view(LEADS, look("list", "flo", FACILITATOR))
    assert plain(card.title) == "Before you lead “Feedback”"
    assert plain(card.items[0].text) == "Try your headset Tip: Join the call today"
    assert {button.action for button in card.all_buttons()} == {"tick"}


def test_a_list_may_have_a_title_of_its_own_and_no_time() -> None:
    card = view(SENT.model_copy(update={"title": "Before we meet"}), replace(look("list"), session=None))
    assert plain(card.title) == "Before we meet"
    assert plain(view(SENT, replace(look("list"), session=None)).title) == "Checklist"
    assert "starts" not in said(view(SENT, replace(look("list"), session=BRIEF.model_copy(update={"phase": "open"}))))


def test_a_help_card_says_who_needs_help_with_what() -> None:
    notes = tally(noted("item:sound", "ann", "help"), noted("item:paper", "ann", "done"))
    card = view(ASKED, look("help:ann", "flo", FACILITATOR, tally=notes))

    assert said(card).splitlines() == [
        "@ann needs help to get ready",
        "Try your headset",
        "Helped",
        "Only facilitators see this.",
    ]
    assert (card.tone, card.buttons[0].value) == ("flag", "ann")


@pytest.mark.parametrize(
    "notes",
    [
        (),
        (noted("item:sound", "ann", "done"),),
        (noted("item:sound", "ann", "help"), noted("helped:ann", "flo", "yes", LATER)),
        (
            noted("item:sound", "ann", "help", NOW + timedelta(minutes=1)),
            noted("helped:ann", "gil", "yes", LATER),
            noted("helped:ann", "flo", "yes"),
        ),
    ],
)
def test_a_help_card_is_over_when_nobody_waits(notes: tuple[Noted, ...]) -> None:
    card = view(ASKED, look("help:ann", "flo", FACILITATOR, tally=tally(*notes)))
    assert said(card) == "@ann does not need help any more"
    assert card.tone == "done"


@pytest.mark.parametrize("slot", ["ready", "help:ann"])
@pytest.mark.parametrize("role", [LEARNER, MANAGER, None])
def test_who_is_ready_is_for_facilitators_only(slot: str, role: Role) -> None:
    roster, notes = people("Ann"), tally(noted("item:sound", "ann", "help"))
    assert said(view(ASKED, look(slot, role=role, roster=roster, tally=notes))) == "Only facilitators see this."


def board(roster: Iterable[Member], *notes: Noted) -> list[str]:
    card = view(SENT, look("ready", "flo", FACILITATOR, roster=tuple(roster), tally=tally(*notes)))
    return [plain(card.title), *map(plain, card.text), *(f"{plain(f.label)}: {plain(f.value)}" for f in card.facts)]


def test_the_board_of_nobody() -> None:
    assert board(people("Flo", role=FACILITATOR)) == ["Ready: 0 of 0", "Nobody is on the roster yet."]


def test_the_board_of_one() -> None:
    assert board(people("Ann"), *done("ann")) == ["Ready: 1 of 1", "Everybody is ready.", "Ready: Ann"]
    assert board(people("Ann")) == [
        "Ready: 0 of 1",
        "0 with open items, 1 without an answer yet.",
        "No answer yet: Ann",
    ]


def test_the_board_of_five() -> None:
    notes = (
        *done("ann"),
        noted("item:sound", "bo", "done"),
        noted("item:sound", "cy", "help"),
        noted("item:sound", "di", "done"),
        noted("item:paper", "di", "help"),
        noted("item:sound", "gone", "done"),
    )
    assert board(people("Ann", "Bo", "Cy", "Di", "Eve"), *notes) == [
        "Ready: 1 of 5",
        "3 with open items, 1 without an answer yet.",
        "Cy: needs help: Try your headset; open: Put paper within reach",
        "Di: needs help: Put paper within reach",
        "Bo: open: Put paper within reach",
        "No answer yet: Eve",
        "Ready: Ann",
    ]


def test_the_board_of_five_hundred_names_at_most_forty_who_are_not_ready() -> None:
    crowd = people(*(f"P{number}" for number in range(500)))
    ready = done(*(f"p{number}" for number in range(448)))
    begun = tuple(noted("item:sound", f"p{number}", "done") for number in range(448, 478))

    lines = board(crowd, *ready, *begun)

    assert lines[:2] == ["Ready: 448 of 500", "30 with open items, 22 without an answer yet."]
    assert [line.partition(":")[0] for line in lines[2:32]] == [f"P{number}" for number in range(448, 478)]
    assert lines[32:] == ["No answer yet: P478, P479, P480, P481, P482, P483, P484, P485, P486, P487 and 12 more"]


def test_the_board_of_five_hundred_with_open_items_is_forty_and_a_number() -> None:
    crowd = people(*(f"P{number}" for number in range(500)))
    lines = board(crowd, *(noted("item:sound", f"p{number}", "done") for number in range(499)))
    assert len(lines) == 44
    assert lines[-2:] == ["More with open items: 459 people", "No answer yet: 1 in all"]


def test_a_report_counts_those_who_are_ready() -> None:
    notes = (*done("ann"), noted("ready", "ann", "yes"), noted("item:sound", "bo", "help"))
    assert sum_up(SENT, tally(*notes)) == Result("checklist", "Checklist", (("Ready", 1),), 2)
    assert sum_up(SENT, Tally()) == Result("checklist", "Checklist", (("Ready", 0),), 0)


# ------------------------------------------------------------------------------------------------------------ any order

PRESSES = st.lists(
    st.tuples(
        st.sampled_from(["tick", "untick", "help"]), st.sampled_from(["sound", "paper"]), st.sampled_from(["ann", "bo"])
    ),
    max_size=8,
)


def played(events: Iterable[Pressed]) -> tuple[State, Tally]:
    """What the store would keep: of two notes the newer one."""
    state, notes = SENT, dict[tuple[str, str], tuple[datetime, str | None]]()
    for event in events:
        mine = {key: value for (key, person), (_, value) in notes.items() if person == event.by and value}
        step = decide(state, event, scene(mine=mine))
        state = step.state
        for note in step.effects:
            if isinstance(note, Note):
                old = notes.get((note.key, note.person))
                if old is None or event.at > old[0]:
                    notes[note.key, note.person] = (event.at, note.value)
    return state, tally(*(noted(key, person, value, at) for (key, person), (at, value) in notes.items() if value))


@given(PRESSES, st.randoms(use_true_random=False))
def test_the_order_in_which_presses_arrive_does_not_matter(presses: list[Any], random: Random) -> None:
    events = [
        replace(press(action, item, person), at=NOW + timedelta(seconds=second))
        for second, (action, item, person) in enumerate(presses)
    ]
    shuffled = list(events)
    random.shuffle(shuffled)
    roster = people("Ann", "Bo")

    (one, first), (other, second) = played(events), played([*shuffled, *shuffled])

    for slot in ("ready", "help:ann", "help:bo"):
        at = look(slot, "flo", FACILITATOR, roster=roster)
        assert view(one, replace(at, tally=first)) == view(other, replace(at, tally=second))
    assert set(one.helping) == set(other.helping)


# --------------------------------------------------------------------------------------------------------------- set-up


@pytest.mark.parametrize(
    "setup",
    [
        {"audience": "manager", "items": [{"id": "a", "text": "A"}]},
        {"audience": "learner", "items": []},
        {"audience": "learner", "items": [{"id": "", "text": "A"}]},
        {"audience": "learner", "items": [{"id": "a", "text": "A"}], "remind_at": "2026-11-24T09:00:00"},
        {"audience": "learner", "items": [{"id": "a", "text": "A"}], "color": "red"},
    ],
)
def test_a_wrong_set_up_is_refused(setup: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        State.model_validate(setup)


def test_a_state_survives_json() -> None:
    assert State.model_validate_json(REMINDED.model_dump_json()) == REMINDED
    assert checklist.KIND.name == "checklist"
