"""The rotation, held to the eleven invariants of science.md 2a, and to a few cases that were worked out by hand.

The properties watch a small room that lives through questions, people who come, go, write, opt out and fall silent. The
room keeps its own books on everybody, from what it did to them; it never reads them from the rows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.rotation import Call, Candidate, Seat, Turned, Why, aloud, call, seats, settle

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
SHORT = settings(max_examples=settings().max_examples // 3, deadline=None)  # of the profile in force
LONG = settings(max_examples=max(5, settings().max_examples // 12), deadline=None)  # hundreds of calls in each example


# ----------------------------------------------------------------------------------------------------------- the room


@dataclass
class Learner:
    name: str
    since: datetime
    here: bool = False
    seated: bool = False  # was in the room at a pick, ever
    stayed: bool = False  # was in the room at the last pick, and has not left since
    used: int = 0
    streak: int = 0
    away: bool = False
    stirred: bool = False  # away, but did something since
    opted_out: bool = False
    dominant: bool = False
    contributions: int = 0
    active: datetime | None = None
    steady: bool = True  # in the room from the first pick on, and never away or opted out


@dataclass(frozen=True)
class Pick:
    question: str
    call: Call
    admitted: dict[str, tuple[str, int]]  # by the books: who joined or returned, and with how many turns
    eligible: dict[str, int]  # by the books: who could be called, and the turns each had used
    excluded: frozenset[str]
    back: frozenset[str]  # who was away until now


@dataclass
class Room:
    size: int
    slack: int = 0
    seed: int = 0
    share: int = 39  # so many 39ths of the people are here from the start
    scrambled: Random | None = None  # hand rows and people over in any order, some of the rows twice
    now: datetime = START
    rows: list[Turned] = field(default_factory=list)
    picks: list[Pick] = field(default_factory=list)
    spreads: list[int] = field(default_factory=list)  # after each turn: most minus least turns used by the steady
    questions: int = 0

    def __post_init__(self) -> None:
        early, founders = START - timedelta(minutes=10), self.size * self.share // 39
        self.people = [
            Learner(f"p{number:02}", early, here=number < founders, steady=number < founders)
            for number in range(self.size)
        ]
        self.named = {one.name: one for one in self.people}

    def act(self, step: "Step") -> None:
        self.now += timedelta(seconds=step.after)
        one = self.people[step.who % self.size]
        match step.what:
            case "ask":
                self.ask(step.outcomes)
            case "walk" if one.here:
                one.here, one.stayed, one.steady = False, False, False
            case "walk":
                one.here, one.since, one.stirred = True, self.now, True
            case "post" if one.here:
                one.contributions, one.active, one.stirred = one.contributions + 1, self.now, True
            case "opt":
                one.opted_out, one.steady = not one.opted_out, False
            case "dominate":
                one.dominant = not one.dominant

    def ask(self, outcomes: Sequence[str]) -> None:
        """One question: a name is called, and after each that brings nothing another one."""
        self.questions += 1
        asked: set[str] = set()
        for outcome in outcomes:
            person = self.pick(frozenset(asked))
            if person is None:
                return
            asked.add(person)
            self.end(person, outcome)
            if outcome == "never":  # the session broke off
                return

    def pick(self, excluded: frozenset[str] = frozenset()) -> str | None:
        back = frozenset(one.name for one in self.people if one.here and one.away and one.stirred)
        admitted = self.admit()
        eligible = self.eligible(excluded)
        rows, room = list(self.rows), self.candidates()
        if self.scrambled:
            rows += self.scrambled.sample(rows, len(rows) // 3)
            self.scrambled.shuffle(rows)
            self.scrambled.shuffle(room)
        question = f"q{self.questions}"
        called = call(rows, room, self.now, self.seed, question, slack=self.slack, exclude=excluded)
        self.rows += called.turns
        self.picks.append(Pick(question, called, admitted, eligible, excluded, back))
        return called.person

    def candidates(self) -> list[Candidate]:
        return [
            Candidate(one.name, one.since, one.contributions, one.active, one.opted_out, one.dominant)
            for one in self.people
            if one.here
        ]

    def admit(self) -> dict[str, tuple[str, int]]:
        here = [one for one in self.people if one.here]
        able = [one for one in here if one.seated and not one.opted_out and (one.stirred or not one.away)]
        stayed = [one.used for one in able if one.stayed and not one.away]
        anyone = [one.used for one in able] or [one.used for one in here if one.seated] or [0]
        start = min(stayed) if stayed else max(*anyone, 0) - self.slack - 1
        start = start if stayed else max(start, min(anyone))
        admitted = {}
        for one in here:
            back = one.stirred if one.away else not one.stayed
            if not one.seated:
                admitted[one.name] = ("joined", start)
            elif back or (one.opted_out and one.used < start):
                admitted[one.name] = ("returned", max(one.used, start))
            if one.name in admitted:
                one.used, one.away, one.streak = admitted[one.name][1], False, 0
            one.seated = one.stayed = True
        return admitted

    def eligible(self, excluded: frozenset[str]) -> dict[str, int]:
        able = [
            one for one in self.people if one.here and not one.opted_out and not one.away and one.name not in excluded
        ]
        settled = [one for one in able if self.now - one.since >= timedelta(minutes=2)]
        return {one.name: one.used for one in settled or able}

    def end(self, person: str, outcome: str) -> None:
        one = self.named[person]
        presses = {"late": ("timeout", "answered"), "twice": ("answered", "answered"), "never": ()}
        for press in presses.get(outcome, (outcome,)):
            self.now += timedelta(seconds=5)
            self.rows.append(settle(self.rows, person, press, self.now, f"q{self.questions}"))
        if outcome == "absent":
            one.away, one.stirred = True, False
        elif outcome != "never":
            one.used += 1
            one.streak = one.streak + 1 if outcome in {"timeout", "late"} else 0
            if one.streak >= 2:
                one.away, one.stirred = True, outcome == "late"
            if outcome == "late":
                one.streak = 0
        one.steady = one.steady and not one.away
        steady = [each.used for each in self.people if each.steady]
        self.spreads.append(max(steady) - min(steady) if steady else 0)

    @property
    def names(self) -> list[str]:
        return [pick.call.person for pick in self.picks if pick.call.person]


@dataclass(frozen=True)
class Step:
    what: Literal["ask", "walk", "post", "opt", "dominate"]
    who: int = 0
    outcomes: tuple[str, ...] = ("answered",)
    after: int = 60


sizes = st.integers(1, 5) | st.integers(1, 5) | st.integers(1, 40)
slacks = st.integers(0, 2)
seeds = st.integers(0, 2**32)
whos = st.integers(0, 39)
afters = st.sampled_from([1, 30, 121, 600])
endings = st.sampled_from(["answered", "passed", "timeout", "timeout", "absent", "late", "twice"])
questions = st.builds(
    lambda endings, broken: (*endings, *broken),
    st.lists(endings, min_size=1, max_size=3),
    st.sampled_from([(), (), ("never",)]),
)
asks = st.builds(Step, st.just("ask"), outcomes=questions, after=afters)
moves = st.builds(Step, st.sampled_from(["walk", "walk", "post", "post", "opt", "dominate"]), whos, after=afters)
lives = st.lists(asks | moves, min_size=10, max_size=60)


def lived(size: int, slack: int, seed: int, share: int, life: Sequence[Step], scrambled: Random | None = None) -> Room:
    room = Room(size, slack, seed, share, scrambled)
    for step in life:
        room.act(step)
    return room


shares = st.just(39) | st.integers(0, 39)
rooms = st.builds(lived, sizes, slacks, seeds, shares, lives)


def fixed(size: int, slack: int, seed: int, outcomes: Sequence[str], posts: Sequence[int], calls: int) -> Room:
    """A room that nobody enters or leaves, and where nobody is away; they write, though, and some are dominant."""
    room = Room(size, slack, seed)
    for number in range(calls):
        for who in posts[number % 3 :: 3]:
            room.act(Step("post", who, after=1))
        room.act(Step("dominate", posts[number % len(posts)]))
        room.questions += 1
        person = room.pick()
        assert person
        outcome = outcomes[number % len(outcomes)]
        room.end(person, "answered" if room.named[person].streak and outcome == "timeout" else outcome)
    return room


costly = st.lists(st.sampled_from(["answered", "passed", "timeout"]), min_size=1, max_size=7)
posted = st.lists(whos, min_size=1, max_size=12)


# ----------------------------------------------------------------------------------------------- the eleven invariants


@SHORT
@given(rooms)
def test_the_most_called_is_never_more_than_slack_plus_one_turns_ahead_of_the_least_called(room: Room) -> None:
    """1. max e - min e <= S+1 among learners present throughout."""
    assert max(room.spreads, default=0) <= room.slack + 1


@SHORT
@given(rooms)
def test_only_someone_who_can_be_called_and_has_few_enough_turns_is_called(room: Room) -> None:
    """2. Picked only if present, not away, not opted out, e <= m+S."""
    for pick in room.picks:
        if pick.call.person is None:
            assert pick.eligible == {}
            continue
        assert pick.call.why
        assert pick.call.person in pick.eligible
        used, least = pick.eligible[pick.call.person], min(pick.eligible.values())
        assert used <= least + room.slack
        why = pick.call.why
        assert (why.used, why.least, why.eligible) == (used, least, len(pick.eligible))


@LONG
@given(sizes, slacks, seeds, costly, posted)
def test_in_a_fixed_room_everybody_comes_up_in_time_and_again_in_time(
    size: int, slack: int, seed: int, outcomes: list[str], posts: list[int]
) -> None:
    """3. Everyone is picked within (S+1)(n-1)+1 picks, and between two picks of one lie at most 2(S+1)(n-1) others."""
    first, others = (slack + 1) * (size - 1) + 1, 2 * (slack + 1) * (size - 1)
    names = fixed(size, slack, seed, outcomes, posts, calls=first + others + 1).names

    for name in {f"p{number:02}" for number in range(size)}:
        turns = [number for number, called in enumerate(names) if called == name]
        assert turns[0] < first
        assert all(
            later - earlier - 1 <= others for earlier, later in zip(turns, [*turns[1:], len(names)], strict=True)
        )


@LONG
@given(sizes, slacks, seeds, costly, posted)
def test_nobody_is_called_too_often_before_everybody_was_called_once(
    size: int, slack: int, seed: int, outcomes: list[str], posts: list[int]
) -> None:
    """4. No one is picked S+2 times before all were picked once."""
    names = fixed(size, slack, seed, outcomes, posts, calls=(slack + 1) * (size - 1) + 1).names

    until = next(number for number in range(len(names) + 1) if len(set(names[:number])) == size)
    assert max(Counter(names[:until]).values()) <= slack + 1


@SHORT
@given(rooms)
def test_a_joiner_starts_with_the_turns_of_the_least_called_who_stayed(room: Room) -> None:
    """5. A joiner starts at the minimum."""
    for pick in room.picks:
        rows = {row.person: row.used for row in pick.call.turns if row.what == "joined"}
        assert rows == {name: used for name, (what, used) in pick.admitted.items() if what == "joined"}


@LONG
@given(sizes, st.integers(1, 9), slacks, seeds, costly, posted, st.integers(0, 60))
def test_a_joiner_has_neither_a_backlog_nor_an_exemption(
    size: int, joiners: int, slack: int, seed: int, outcomes: list[str], posts: list[int], before: int
) -> None:
    """5. Neither backlog nor exemption: as soon as they are in, newcomers are as close to everyone as everyone is."""
    room = fixed(size, slack, seed, outcomes, posts, calls=before)
    for number in range(joiners):
        newcomer = Learner(f"n{number:02}", room.now, here=True)  # counts as steady from here on
        room.people.append(newcomer)
        room.named[newcomer.name] = newcomer
    room.now += timedelta(minutes=2)
    everybody = size + joiners
    room.spreads.clear()
    for number in range((slack + 1) * (everybody - 1) + 1):
        room.act(Step("ask", outcomes=("passed" if number % 2 else "answered",)))

    assert max(room.spreads) <= slack + 1
    assert {f"n{number:02}" for number in range(joiners)} <= set(room.names[before:])


@SHORT
@given(sizes, slacks, seeds, shares, lives, st.integers())
def test_the_same_seed_and_events_give_the_same_calls(
    size: int, slack: int, seed: int, share: int, life: list[Step], dice: int
) -> None:
    """6. Same seed and events -> same order: also when rows and people come in another order, and rows twice."""
    once = lived(size, slack, seed, share, life)
    again = lived(size, slack, seed, share, life, Random(dice))

    assert [pick.call for pick in again.picks] == [pick.call for pick in once.picks]


@SHORT
@given(st.lists(st.integers(5, 10), min_size=1, max_size=39), st.integers(0, 39), seeds, slacks)
def test_among_equals_the_quietest_comes_first(loud: list[int], place: int, seed: int, slack: int) -> None:
    """7. With equal e, quietest first (by a clear margin: chance may reverse two who are nearly as quiet)."""
    contributions = [*loud[:place], 0, *loud[place:]]
    room = [here(f"p{number:02}", contributions=count) for number, count in enumerate(contributions)]

    assert call([], room, START, seed, "q1", slack=slack).person == f"p{contributions.index(0):02}"


@SHORT
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=12), seeds)
def test_among_equals_the_dominant_come_last(people: list[tuple[bool, int]], seed: int) -> None:
    """7. With equal e, dominant last: in the first round, whatever anybody contributed."""
    room = Room(len(people), seed=seed)
    for one, (dominant, count) in zip(room.people, people, strict=True):
        one.dominant, one.contributions = dominant, count
    for _ in people:
        room.act(Step("ask"))

    order = [room.named[name].dominant for name in room.names]
    assert order == sorted(order)


@LONG
@given(sizes, slacks, seeds, costly, posted, st.integers(1, 80))
def test_a_pass_and_a_timeout_cost_the_same_as_an_answer(
    size: int, slack: int, seed: int, outcomes: list[str], posts: list[int], calls: int
) -> None:
    """8. Pass and timeout cost the same as an answer: whatever people do, the same names follow."""
    mixed = fixed(size, slack, seed, outcomes, posts, calls)
    plain = fixed(size, slack, seed, ["answered"], posts, calls)

    assert mixed.names == plain.names
    assert [row.used for row in mixed.rows] == [row.used for row in plain.rows]


@SHORT
@given(rooms, whos)
def test_an_empty_room_has_nobody_to_call_and_a_single_person_is_called(room: Room, who: int) -> None:
    """9. Empty room -> none, one person -> that person: after any history, and even within their grace."""
    assert call(room.rows, [], room.now, room.seed, "last", slack=room.slack) == Call(None, ())

    name, now = room.people[who % room.size].name, room.now + timedelta(seconds=1)
    assert call(room.rows, [Candidate(name, now, 0)], now, room.seed, "last", slack=room.slack).person == name


@SHORT
@given(rooms)
def test_leaving_and_coming_back_never_lowers_ones_turns(room: Room) -> None:
    """10. Leave and rejoin cannot lower one's own e (no gaming)."""
    for one in room.people:
        used = [row.used for row in room.rows if row.person == one.name]
        assert used == sorted(used)
    for pick in room.picks:
        rows = {row.person: row.used for row in pick.call.turns if row.what == "returned"}
        assert rows == {name: used for name, (what, used) in pick.admitted.items() if what == "returned"}


@LONG
@given(st.integers(2, 12), slacks, seeds, st.sampled_from(["post", "walk"]))
def test_two_timeouts_in_a_row_remove_a_person_until_they_do_anything(
    size: int, slack: int, seed: int, act: Literal["post", "walk"]
) -> None:
    """11. Two timeouts remove a person until any activity."""
    room = Room(size, slack, seed)
    silent = room.people[seed % size]
    for _ in range(3 * (slack + 1) * size):
        room.questions += 1
        person = room.pick()
        assert person
        room.end(person, "timeout" if person == silent.name else "answered")
    assert Counter(room.names)[silent.name] == 2

    if act == "walk":
        room.act(Step("walk", seed % size))
    room.act(Step(act, seed % size))
    room.now += timedelta(minutes=2)
    for _ in range((slack + 1) * (size - 1) + 1):
        room.act(Step("ask"))
    assert Counter(room.names)[silent.name] >= 3


@SHORT
@given(rooms)
def test_whoever_is_away_is_not_called_and_whoever_stirs_has_a_place_again(room: Room) -> None:
    """11. Two timeouts remove a person until any activity: in a room where everything else goes on as well."""
    for pick in room.picks:
        placed = {row.person for row in pick.call.turns if row.what in {"joined", "returned"}}
        assert pick.back <= placed
        assert placed == set(pick.admitted)
    assert {name: seat.used for name, seat in seats(room.rows).items()} == {
        one.name: one.used for one in room.people if one.seated
    }


@SHORT
@given(rooms)
def test_no_name_is_called_twice_for_one_question(room: Room) -> None:
    """Timeouts: never a second public call of the same name for one question."""
    called = [(pick.question, pick.call.person) for pick in room.picks if pick.call.person]
    assert len(called) == len(set(called))
    assert all(pick.call.person not in pick.excluded for pick in room.picks)


# ----------------------------------------------------------------------------------------------------- worked by hand


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def here(person: str, since: float = -10, contributions: float = 1) -> Candidate:
    return Candidate(person, at(since), contributions)


def row(person: str, what: str, minutes: float, used: int, dialog: str = "q1") -> Turned:
    return Turned(person, what, at(minutes), used, dialog)


ANN, BOB, CEM, DIA = (here(name) for name in ("ann", "bob", "cem", "dia"))

# Ann and Bob were each called once; Cem has been there as long and was not called yet.
MONDAY = (
    row("ann", "joined", 0, 0),
    row("bob", "joined", 0, 0),
    row("cem", "joined", 0, 0),
    row("ann", "called", 0, 0),
    row("ann", "answered", 1, 1),
    row("bob", "called", 2, 0, "q2"),
    row("bob", "passed", 3, 1, "q2"),
)


def test_an_empty_room() -> None:
    assert call([], [], START, 7, "q1") == Call(None, ())


def test_one_person_is_called_and_told_why() -> None:
    assert call([], [ANN], START, 7, "q1") == Call(
        "ann",
        (row("ann", "joined", 0, 0), row("ann", "called", 0, 0)),
        Why(
            used=0, least=0, eligible=1, candidates=1, waited=None, quiet=0, wait=1, luck=0.028, dominant=False, seed=7
        ),
    )


def test_why_counts_turns_quiet_waiting_and_luck() -> None:
    room = [here("ann", contributions=1), here("bob", contributions=4), here("cem", contributions=8)]
    rows = [*MONDAY, row("cem", "called", 4, 0, "q3"), row("cem", "timeout", 5, 1, "q3")]

    ann = call(rows, room, at(6), 7, "q4").why

    assert ann
    assert ann == Why(
        used=1, least=1, eligible=3, candidates=3, waited=2, quiet=0.75, wait=2 / 3, luck=0.028, dominant=False, seed=7
    )
    assert ann.score == 0.5806  # 0.5 x 0.75 + 0.3 x 2/3 + 0.2 x 0.028
    assert replace(ann, dominant=True).score == 0.17418  # x 0.3


@pytest.mark.parametrize("room", [[ANN, BOB], [BOB, ANN]])
def test_a_tie_goes_to_the_first_in_order_of_ids(room: list[Candidate]) -> None:
    luck = [why.luck for one in room if (why := call([], [one], START, 427, "q1").why)]
    assert luck == [0.322, 0.322]

    assert call([], room, START, 427, "q1").person == "ann"


def test_chance_decides_among_people_who_are_alike() -> None:
    called = Counter(call([], [ANN, BOB, CEM, DIA], START, seed, "q1").person for seed in range(400))

    assert set(called) == {"ann", "bob", "cem", "dia"}
    assert min(called.values()) > 70


def test_the_quiet_come_first_for_400_of_400_seeds() -> None:
    room = [here("ann", contributions=4), here("bob", contributions=0), here("cem", contributions=6)]

    assert {call([], room, START, seed, "q1").person for seed in range(400)} == {"bob"}


def test_where_most_wrote_nothing_those_who_wrote_come_after_them() -> None:
    room = [here("ann", contributions=0.1), here("bob", contributions=0), here("cem", contributions=0)]

    assert {call([], room, START, seed, "q1").person for seed in range(400)} == {"bob", "cem"}


def test_the_dominant_come_last_for_400_of_400_seeds() -> None:
    dominant = replace(here("ann", contributions=0), dominant=True)
    room = [dominant, here("bob", contributions=9), here("cem", contributions=9)]

    assert {call([], room, START, seed, "q1").person for seed in range(400)} == {"bob", "cem"}


def test_those_in_their_grace_are_not_called_but_have_their_place() -> None:
    fresh = replace(BOB, since=at(3.001))  # 119.94 seconds ago

    assert call(MONDAY[:5], [ANN, fresh], at(5), 7, "q2").turns == (
        row("bob", "returned", 5, 1, "q2"),
        row("ann", "called", 5, 1, "q2"),
    )


def test_the_grace_ends_after_exactly_120_seconds() -> None:
    settled = replace(DIA, since=at(3))
    one_ahead = [*MONDAY[:5], row("dia", "joined", 4, 0, "q1")]

    assert call(one_ahead, [ANN, settled], at(4.999), 7, "q2").person == "ann"
    assert call(one_ahead, [ANN, settled], at(5), 7, "q2").person == "dia"


def test_the_grace_is_dropped_where_it_would_leave_nobody() -> None:
    assert call(MONDAY, [replace(DIA, since=at(4))], at(4), 7, "q3").person == "dia"
    assert call(MONDAY, [ANN, replace(DIA, since=at(4))], at(5), 7, "q3", exclude=frozenset({"ann"})).person == "dia"


def test_a_place_given_in_grace_is_not_worked_out_again_when_the_round_has_ended() -> None:
    dia = replace(DIA, since=at(3.5))
    first = call(MONDAY, [ANN, BOB, CEM, dia], at(4), 7, "q3")
    assert first.turns == (row("dia", "joined", 4, 0, "q3"), row("cem", "called", 4, 0, "q3"))

    rows = [*MONDAY, *first.turns]
    rows.append(settle(rows, "cem", "answered", at(5), "q3"))

    assert call(rows, [ANN, BOB, CEM, dia], at(6), 7, "q4").turns == (row("dia", "called", 6, 0, "q4"),)


def test_two_sessions_share_the_rotation_of_their_cohort() -> None:
    week = 7 * 24 * 60
    wednesday = [replace(one, since=at(week)) for one in (ANN, BOB, CEM)]

    first = call(MONDAY, wednesday, at(week + 5), 7, "w1")

    assert first == Call(
        "cem",
        (
            row("ann", "returned", week + 5, 1, "w1"),
            row("bob", "returned", week + 5, 1, "w1"),
            row("cem", "returned", week + 5, 0, "w1"),
            row("cem", "called", week + 5, 0, "w1"),
        ),
        first.why,
    )


def test_whoever_missed_a_session_is_not_called_until_they_have_caught_up() -> None:
    rows = [row("ann", "joined", 0, 0)]
    rows += [row(name, what, 1, 0) for name in ("bob", "cem") for what in ("joined", "called")]
    rows += [row("bob", "answered", 2, 6), row("cem", "answered", 2, 5)]
    week = 7 * 24 * 60
    wednesday = [replace(one, since=at(week)) for one in (ANN, BOB, CEM, DIA)]

    turns = call(rows, wednesday, at(week + 5), 7, "w1").turns

    assert {turn.person: turn.used for turn in turns} == {"ann": 5, "bob": 6, "cem": 5, "dia": 5}


def test_rows_in_another_order_and_rows_twice_change_nothing() -> None:
    room = [ANN, BOB, CEM, DIA]
    shuffled = [*reversed(MONDAY), *MONDAY]

    assert seats(shuffled) == seats(MONDAY)
    assert seats(MONDAY) == {
        "ann": Seat(used=1, seated=START, waited=1, acted=at(1)),
        "bob": Seat(used=1, seated=START, waited=0, acted=at(3)),
        "cem": Seat(used=0, seated=START),
    }
    assert call(shuffled, room, at(4), 7, "q3") == call(MONDAY, room, at(4), 7, "q3")
    assert settle(shuffled, "ann", "passed", at(4), "q1") == settle(MONDAY, "ann", "passed", at(4), "q1")


def test_rows_of_the_same_moment_count_in_the_order_in_which_they_must_have_happened() -> None:
    names = [f"p{number:02}" for number in range(20)]
    rows = [
        row(name, what, 0, used) for name in names for what, used in (("answered", 1), ("called", 0), ("joined", 0))
    ]

    assert {seat.owes for seat in seats(rows).values()} == {frozenset()}


def test_whoever_was_called_when_the_session_broke_off_has_used_nothing() -> None:
    rows = [*MONDAY, row("cem", "called", 4, 0, "q3")]

    assert seats(rows)["cem"] == Seat(used=0, seated=START, waited=0, owes=frozenset({"q3"}))
    assert call(rows, [ANN, BOB, CEM], at(9), 7, "q4").person == "cem"


@pytest.mark.parametrize(("what", "used"), [("answered", 1), ("passed", 1), ("timeout", 1), ("absent", 0)])
def test_a_call_uses_one_turn_however_it_ends_and_none_if_the_person_was_not_there(what: str, used: int) -> None:
    rows = [*MONDAY, row("cem", "called", 4, 0, "q3")]

    assert settle(rows, "cem", what, at(5), "q3") == row("cem", what, 5, used, "q3")


def test_an_answer_after_the_timeout_uses_no_second_turn() -> None:
    rows = [*MONDAY, row("cem", "called", 4, 0, "q3"), row("cem", "timeout", 5, 1, "q3")]

    assert settle(rows, "cem", "answered", at(6), "q3") == row("cem", "answered", 6, 1, "q3")


def test_whoever_was_not_called_uses_no_turn() -> None:
    assert settle(MONDAY, "cem", "answered", at(5), "q3") == row("cem", "answered", 5, 0, "q3")
    assert settle([], "dia", "answered", at(5), "q3") == row("dia", "answered", 5, 0, "q3")


def test_a_call_cannot_end_in_a_way_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="answered, passed, timeout, absent, not as 'called'"):
        settle(MONDAY, "ann", "called", at(5), "q1")


def test_two_processes_that_settle_from_the_same_rows_still_count_two_turns() -> None:
    rows = [*MONDAY, row("cem", "called", 4, 0, "q3"), row("cem", "called", 4, 0, "q4")]
    both = [settle(rows, "cem", "answered", at(5), "q3"), settle(rows, "cem", "answered", at(6), "q4")]
    assert [one.used for one in both] == [1, 1]

    assert seats([*rows, *both])["cem"].used == 2


def test_turns_outlast_the_rows_that_were_deleted() -> None:
    assert seats([row("ann", "passed", 9, 4)])["ann"].used == 4


@pytest.mark.parametrize(
    ("endings", "who", "away"),
    [
        (("timeout",), "ann", False),
        (("timeout", "timeout"), "ann", True),
        (("timeout", "answered", "timeout"), "ann", False),
        (("timeout", "passed", "timeout"), "ann", False),
        (("absent",), "ann", True),
    ],
)
def test_when_a_person_counts_as_away(endings: tuple[str, ...], who: str, *, away: bool) -> None:
    rows = [row(who, "joined", 0, 0)]
    for number, what in enumerate(endings, start=1):
        rows += [row(who, "called", number, number - 1, f"q{number}")]
        rows += [settle(rows, who, what, at(number + 0.5), f"q{number}")]

    assert seats(rows)[who].away_since == (at(len(endings) + 0.5) if away else None)
    assert call(rows, [ANN], at(20), 7, "q9").person == (None if away else "ann")


@pytest.mark.parametrize(
    ("ann", "called"),
    [
        (ANN, None),
        (replace(ANN, last_active=at(4.9)), None),
        (replace(ANN, last_active=at(5)), None),
        (replace(ANN, last_active=at(5.1)), "ann"),
        (replace(ANN, since=at(6)), "ann"),
    ],
    ids=["did nothing", "wrote before", "wrote at that moment", "wrote after", "came in again"],
)
def test_whoever_was_not_there_is_called_again_once_they_do_anything(ann: Candidate, called: str | None) -> None:
    rows = [row("ann", "joined", 0, 0), row("ann", "called", 4, 0), row("ann", "absent", 5, 0)]

    assert call(rows, [ann], at(9), 7, "q2").person == called


def test_a_late_answer_is_an_activity() -> None:
    rows = [row("ann", "joined", 0, 0)]
    for number in (1, 2):
        rows += [
            row("ann", "called", number, number - 1, f"q{number}"),
            row("ann", "timeout", number, number, f"q{number}"),
        ]
    assert call(rows, [ANN], at(9), 7, "q3") == Call(None, ())

    rows.append(settle(rows, "ann", "answered", at(3), "q2"))

    assert call(rows, [ANN], at(9), 7, "q3").turns == (
        row("ann", "returned", 9, 2, "q3"),
        row("ann", "called", 9, 2, "q3"),
    )


def test_whoever_comes_back_behind_the_others_has_no_backlog() -> None:
    ahead = [*MONDAY, row("cem", "called", 4, 0, "q3"), row("cem", "answered", 5, 1, "q3"), row("dia", "joined", -9, 0)]

    assert call(ahead, [ANN, BOB, CEM, replace(DIA, since=at(6))], at(9), 7, "q4").turns[0] == row(
        "dia", "returned", 9, 1, "q4"
    )


def test_whoever_comes_back_ahead_of_the_others_stays_ahead() -> None:
    back = replace(ANN, since=at(6))

    assert call(MONDAY, [back, BOB, CEM], at(9), 7, "q3").turns == (
        row("ann", "returned", 9, 1, "q3"),
        row("cem", "called", 9, 0, "q3"),
    )


def test_whoever_opted_out_or_is_away_does_not_hold_a_newcomer_back() -> None:
    opted_out, away = replace(CEM, opted_out=True), DIA
    rows = [*MONDAY, row("dia", "joined", 0, 0), row("dia", "absent", 3, 0)]

    turns = call(rows, [ANN, BOB, opted_out, away, here("eva", since=4)], at(9), 7, "q3").turns

    assert turns[:2] == (row("cem", "returned", 9, 1, "q3"), row("eva", "joined", 9, 1, "q3"))
    assert {turn.person for turn in turns[2:]} <= {"ann", "bob", "eva"}


def test_whoever_opts_in_again_has_kept_pace() -> None:
    out = call(MONDAY, [ANN, BOB, replace(CEM, opted_out=True)], at(4), 7, "q3")

    assert seats([*MONDAY, *out.turns])["cem"].used == 1


def test_a_name_that_was_called_for_this_question_is_not_called_again() -> None:
    assert call(MONDAY, [ANN, BOB, CEM], at(4), 7, "q3", exclude=frozenset({"cem"})).person in {"ann", "bob"}
    assert call(MONDAY, [CEM], at(4), 7, "q3", exclude=frozenset({"cem"})) == Call(None, ())


def test_slack_allows_a_second_call_before_the_round_has_ended() -> None:
    room = [replace(ANN, contributions=0), BOB, CEM]

    assert call(MONDAY, room, at(4), 7, "q3", slack=0).person == "cem"
    assert call(MONDAY, room, at(4), 7, "q3", slack=1).person == "ann"


# -- answered aloud ----------------------------------------------------------------------------------------------------


def test_whoever_answered_aloud_has_had_their_turn_in_this_round() -> None:
    heard = aloud(MONDAY, [ANN, BOB, CEM], "cem", at(4), "q3")
    assert heard == (row("cem", "called", 4, 0, "q3"), row("cem", "answered", 4, 1, "q3"))


def test_whoever_had_their_turn_and_answers_aloud_uses_no_other() -> None:
    assert aloud(MONDAY, [ANN, BOB, CEM], "ann", at(4), "q3") == ()


def test_whoever_answers_aloud_first_of_all_has_a_place_and_a_turn() -> None:
    places = (row("ann", "joined", 0, 0), row("bob", "joined", 0, 0))
    assert aloud([], [ANN, BOB], "bob", START, "q1") == (
        *places,
        row("bob", "called", 0, 0),
        row("bob", "answered", 0, 1),
    )


def test_whoever_is_not_in_the_room_has_no_turn() -> None:
    """A facilitator, or somebody who has left."""
    assert aloud(MONDAY, [ANN, BOB], "cem", at(4), "q3") == ()


@SHORT
@given(st.lists(st.sampled_from(["call", "ann", "bob", "cem"]), max_size=40))
def test_in_a_room_where_nobody_comes_or_goes_turns_are_never_more_than_one_apart(story: list[str]) -> None:
    """However much somebody talks: nobody is left out for it, and nobody is called on instead of them."""
    rows: list[Turned] = []
    room, turns = [ANN, BOB, CEM], Counter[str]()
    for nth, what in enumerate(story):
        least = min(turns[name] for name in ("ann", "bob", "cem"))
        if what != "call":
            turns[what] += turns[what] == least
            rows += aloud(rows, room, what, at(nth), f"q{nth}")
            continue
        picked = call(rows, room, at(nth), 7, f"q{nth}")
        assert picked.person
        assert turns[picked.person] == least
        turns[picked.person] += 1
        rows += picked.turns
        rows.append(settle(rows, picked.person, "passed", at(nth + 0.5), f"q{nth}"))
    assert {name: seat.used for name, seat in seats(rows).items() if seat.used} == +turns
