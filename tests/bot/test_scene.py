"""What a dialog may know: who is here, since when and for how long; and nothing that it did not ask for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.scene import Scenes, minutes, roster
from dialogs.base import (
    FACILITATOR,
    LEARNER,
    Brief,
    Event,
    Frozen,
    Kind,
    Look,
    Need,
    Note,
    Pressed,
    Report,
    Result,
    Said,
    Scene,
    Show,
    Step,
    Tally,
)
from dialogs.card import Card, t
from dialogs.rotation import Turned
from dialogs.sent import Sent, Stuck
from storage.records import Attended, Dialog, Listing, Wanted
from tests.storage.contract import NOON, World, said

OPEN = Brief(title="Feedback", phase="open", opened=NOON)
ANN = Attended("ann", "Ann", LEARNER)
BEN = Attended("ben", "Ben", LEARNER)
HANA = Attended("hana", "Hana", FACILITATOR)


def at(minute: float) -> Any:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minute)


# -- who is here ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ann", "now", "here", "since"),
    [
        (replace(ANN), 60, False, None),
        (replace(ANN, joined=(at(5),)), 60, True, at(5)),
        (replace(ANN, joined=(at(5),), left=(at(9),)), 60, False, None),
        (replace(ANN, joined=(at(5), at(12)), left=(at(9),)), 60, True, at(12)),
        (replace(ANN, joined=(at(5), at(10.5)), left=(at(9),)), 60, True, at(5)),
        (replace(ANN, joined=(at(5), at(10.5), at(21)), left=(at(9), at(19.5))), 60, True, at(5)),
        (replace(ANN, joined=(at(5), at(11)), left=(at(9),)), 60, True, at(11)),
        (replace(ANN, joined=(at(5),), left=(at(59.5),)), 60, False, None),
        (replace(ANN, joined=(at(5), at(9)), left=(at(9),)), 60, False, None),
        (replace(ANN, joined=(at(5), at(6)), left=()), 60, True, at(5)),
        (replace(ANN, last=at(41)), 60, True, at(0)),
        (replace(ANN, last=at(40)), 60, True, at(0)),
        (replace(ANN, last=at(39.9)), 60, False, None),
        (replace(ANN, last=at(50), left=(at(55),)), 60, False, None),
        (replace(ANN, last=at(57), left=(at(55),)), 60, True, at(0)),
        (replace(ANN, here="yes", here_at=at(3)), 60, True, at(3)),
        (replace(ANN, here="yes", here_at=at(3), left=(at(30),)), 60, False, None),
        (replace(ANN, here="yes", here_at=at(31), left=(at(30),)), 60, True, at(31)),
        (replace(ANN, here="no", here_at=at(30), joined=(at(5),)), 60, False, None),
        (replace(ANN, here="no", here_at=at(30), joined=(at(5), at(40))), 60, True, at(5)),
        (replace(ANN, here="no", here_at=at(30), joined=(at(5),), last=at(31)), 60, True, at(5)),
    ],
    ids=[
        "nothing is known",
        "joined",
        "left",
        "came back",
        "lost the network for a moment",
        "lost it twice",
        "was gone for two minutes",
        "has left a moment ago",
        "left the moment she came",
        "joined twice, as two pages",
        "active lately",
        "active twenty minutes ago",
        "active longer ago",
        "left after being active",
        "active after leaving: the phone, say",
        "checked in",
        "checked in and left",
        "checked in after leaving",
        "the facilitator does not see her",
        "the facilitator did not see her, then she came",
        "the facilitator did not see her, then she wrote",
    ],
)
def test_somebody_is_here_who_joined_checked_in_or_acted_lately(
    ann: Attended, now: float, here: bool, since: Any
) -> None:
    somebody = replace(BEN, joined=(at(0),))

    member = roster([ann, somebody], OPEN, at(now))[0]

    assert (member.here, member.since) == (here, since)


def test_before_anybody_has_acted_the_roster_is_who_is_here() -> None:
    everybody = [ANN, BEN, replace(HANA, joined=(at(0),))]

    before = roster(everybody, OPEN, at(5))
    after = roster([ANN, replace(BEN, last=at(6)), HANA], OPEN, at(7))

    assert [one.here for one in before] == [True, True, True]
    assert [one.here for one in after] == [False, True, False]
    assert [one.presumed for one in (*before, *after)] == [True, True, False, False, False, False]


def test_whom_the_facilitator_does_not_see_is_away_and_nobody_else_by_that() -> None:
    assert [one.here for one in roster([replace(ANN, here="no", here_at=at(1)), BEN], OPEN, at(2))] == [False, True]


@given(st.lists(st.tuples(st.integers(1, 1800), st.integers(1, 300)), max_size=8))
def test_only_a_gap_of_two_minutes_is_a_break(stays: list[tuple[int, int]]) -> None:
    joined, left, since, second = [0], [], 0, 0
    for stay, gap in stays:
        left.append(second + stay)
        second += stay + gap
        joined.append(second)
        since = second if gap >= 120 else since

    ann = replace(ANN, joined=tuple(at(x / 60) for x in joined), left=tuple(at(x / 60) for x in left))

    assert roster([ann], OPEN, at(10_000))[0].since == at(since / 60)


def test_a_member_is_what_is_known_of_them() -> None:
    ann = replace(ANN, manager="mia", calls=False, acts=7, last=at(9), posts=((at(0), 4), (at(10), 1)), joined=(at(1),))

    member = roster([ann], OPEN, at(20))[0]

    assert (member.person, member.name, member.role, member.manager, member.calls) == (
        "ann",
        "Ann",
        LEARNER,
        "mia",
        False,
    )
    assert (member.acts, member.last_active, member.minutes) == (7, at(9), 19)
    assert member.contributions == pytest.approx(4 / 4 + 1 / 2)  # halved every ten minutes


@pytest.mark.parametrize(
    ("joined", "left", "told", "whole"),
    [
        ((), (), OPEN, 0),
        ((10,), (), OPEN, 50),
        ((10,), (25.5,), OPEN, 15),
        ((-30,), (20,), OPEN, 20),
        ((10, 40), (20, 45), OPEN, 15),
        ((10, 15), (20,), OPEN, 10),
        ((), (20,), OPEN, 0),
        ((10,), (), Brief(title="Feedback"), 0),
        ((10,), (100,), Brief(title="Feedback", opened=NOON, closed=at(30)), 20),
    ],
)
def test_minutes_are_those_between_opening_and_closing(
    joined: Sequence[float], left: Sequence[float], told: Brief, whole: int
) -> None:
    ann = replace(ANN, joined=tuple(map(at, joined)), left=tuple(map(at, left)))
    until = told.closed or at(60)

    assert minutes(ann, told, until) == whole
    assert roster([ann], told, at(60))[0].minutes == whole


# -- what is asked for ---------------------------------------------------------------------------------------------


class State(Frozen):
    brief: Brief = OPEN


class Facts:
    """Facts that write down what they were asked."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.session = Dialog("s1", "acme", "kind", State(), "s1", "s1")

    def dialog(self, id: str) -> Dialog | None:  # noqa: A002 - as the protocol has it
        return self.session

    def role(self, session: str, person: str) -> Any:
        return FACILITATOR

    def mine(self, dialog: str, person: str) -> dict[str, str]:
        return {"vote": "a"}

    def host(self, person: str) -> bool:
        return True

    def tally(self, dialog: str, *, notes: bool) -> Tally:
        self.asked.add("notes" if notes else "tally")
        return Tally({"vote": {"a": 1}})

    def attendance(self, session: str) -> list[Attended]:
        self.asked.add("roster")
        return [ANN]

    def turns(self, cohort: str) -> list[Turned]:
        self.asked.add("turns")
        return [Turned("ann", "called", NOON, 1, "d1")]

    def delivery(self, dialog: str) -> list[Sent]:
        self.asked.add("delivery")
        return [Sent(dialog, "list", "learner", shown=1)]

    def aside(self, session: str) -> list[Stuck]:
        self.asked.add("aside")
        return [Stuck("timer", "kind", "close", "d1", session, NOON, 5)]

    def siblings(self, session: str) -> list[Dialog]:
        self.asked.add("siblings")
        return [self.session, replace(self.session, id="d1")]

    def sessions(self, person: str) -> list[Listing]:
        self.asked.add("sessions")
        return [Listing("s1", FACILITATOR, OPEN)]


def scene_of(
    *needs: Need, dialog: Dialog | None = None, by: str | None = "hana", id_: str = "e1"
) -> tuple[Scene, Facts]:
    """What a dialog with these needs is given, and what was asked for it."""
    facts, given = Facts(), []

    def decide(state: State, event: Event, scene: Scene) -> Step[State]:
        given.append(scene)
        return Step(state)

    def sum_up(state: State, tally: Tally) -> Result:
        return Result("kind", state.brief.title, total=tally.total("vote"))

    kind = Kind("kind", State, decide, lambda *_: Card(t("x")), needs={Pressed: frozenset(needs)}, sum_up=sum_up)
    event = Pressed(id=id_, at=NOON, tenant="acme", by=by, action="x")
    Scenes({"kind": kind}).decide(dialog or facts.session, event, facts, NOON)
    return given[0], facts


@pytest.mark.parametrize(
    ("needs", "asked"),
    [
        ([], set()),
        (["tally"], {"tally"}),
        (["notes"], {"notes"}),
        (["roster"], {"roster"}),
        (["turns"], {"turns"}),
        (["sessions"], {"sessions"}),
        (["delivery"], {"delivery"}),
        (["report"], {"siblings", "tally", "roster"}),
    ],
)
def test_only_what_was_asked_for_is_looked_up(needs: list[Need], asked: set[str]) -> None:
    scene, facts = scene_of(*needs)

    filled = {name: bool(getattr(scene, name)) for name in ("roster", "turns", "sessions", "delivery")}
    assert facts.asked == asked
    assert filled == {name: name in asked for name in filled}
    assert bool(scene.tally.by_key) is bool({"tally", "notes"} & {*needs})


def test_a_scene_says_who_acts_where_and_when() -> None:
    scene, _ = scene_of()
    desk, _ = scene_of(dialog=Dialog("d", "acme", "kind", State(), None, "d"))
    nobody, _ = scene_of(by=None)

    assert (scene.now, scene.dialog, scene.session, scene.session_id) == (NOON, "s1", OPEN, "s1")
    assert [(one.role, one.host, one.mine) for one in (scene, desk, nobody)] == [
        (FACILITATOR, False, {"vote": "a"}),
        (None, True, {"vote": "a"}),
        (None, False, {}),
    ]


def test_the_seed_is_the_same_for_the_same_event_and_another_for_another() -> None:
    assert scene_of()[0].seed == scene_of()[0].seed
    assert len({scene_of(id_=f"e{n}")[0].seed for n in range(50)}) == 50


def test_a_report_is_what_the_sessions_dialogs_found_and_who_was_there() -> None:
    scene, _ = scene_of("report")

    found = Result("kind", "Feedback", total=1)
    assert scene.report == Report(roster([ANN], OPEN, NOON), (found, found))


def test_a_view_knows_its_viewer_and_what_is_counted() -> None:
    facts, given = Facts(), []

    def view(state: State, look: Look) -> Card:
        given.append(look)
        return Card(t("x"))

    scenes = Scenes(
        {"kind": Kind("kind", State, lambda state, *_: Step(state), view, needs={Look: frozenset({"roster"})})}
    )
    for viewer in ("ann", None):
        scenes.view(facts.session, Wanted("s1", "board", viewer), facts, NOON)

    assert [(look.slot, look.viewer, look.role, look.mine, look.tally.total("vote")) for look in given] == [
        ("board", "ann", FACILITATOR, {"vote": "a"}, 1),
        ("board", None, None, {}, 1),
    ]
    assert facts.asked == {"tally", "roster"}


@pytest.mark.parametrize("need", ["delivery", "aside"])
def test_a_view_knows_how_far_messages_have_come_and_what_failed_if_it_asks(need: Need) -> None:
    facts, given = Facts(), []

    def view(state: State, look: Look) -> Card:
        given.append(look)
        return Card(t("x"))

    kind = Kind("kind", State, lambda state, *_: Step(state), view, needs={Look: frozenset({need})})
    Scenes({"kind": kind}).view(facts.session, Wanted("s1", "board", "ann"), facts, NOON)

    known = {"delivery": len(given[0].delivery), "aside": len(given[0].aside)}
    assert (known, facts.asked) == ({"delivery": 0, "aside": 0} | {need: 1}, {"tally", need})


async def test_a_batch_tells_what_it_has_done_itself(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")
    asked = world.event(Said, "ann", place=f"web:{session}", words=5)

    await world.hear(world.press("ann", session, Note("vote", "ann", "a"), Show("board")), asked)
    told = await world.ask(session, "ann")

    assert (told["roster"]["ann"], told["mine"]["vote"]) == (["learner", 1, 1], "a")
    assert said((await world.hear(world.event(Pressed, "ann", dialog=session, action="say", value="x")))[0]) == "x"


class Class(Facts):
    def __init__(self) -> None:
        super().__init__()
        self.everybody = [ANN, BEN]

    def attendance(self, session: str) -> list[Attended]:
        return self.everybody


def test_who_is_there_is_worked_out_once_for_all_who_look_at_the_same_moment() -> None:
    """A list to 2,000 is drawn 2,000 times: each time with 2,000 people, that took seconds of each transaction."""
    facts, given = Class(), []

    def view(state: State, look: Look) -> Card:
        given.append(look.roster)
        return Card(t("x"))

    scenes = Scenes(
        {"kind": Kind("kind", State, lambda state, *_: Step(state), view, needs={Look: frozenset({"roster"})})}
    )
    for moment in (NOON, NOON, at(50)):
        scenes.view(facts.session, Wanted("s1", "list", "ann"), facts, moment)
    facts.everybody = [replace(ANN, last=at(50)), BEN]
    scenes.view(facts.session, Wanted("s1", "list", "ann"), facts, at(50))
    facts.session = replace(facts.session, state=State(brief=replace_brief(closed=at(51))))
    scenes.view(facts.session, Wanted("s1", "list", "ann"), facts, at(50))

    assert [a is b for a, b in pairwise(given)] == [True, False, False, False]
    assert [one.here for one in given[3]] == [True, False]


def replace_brief(**changes: object) -> Brief:
    return OPEN.model_copy(update=changes)
