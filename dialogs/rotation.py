"""Rotation: whose name is called next, so that everybody's turn comes equally often, and how to tell a person "why me".

Rule 1: how often somebody is called depends on the turns they have used, and on nothing else. Quiet, waiting, luck and
dominance order people inside a round.
Rule 2: the history is rows of the cohort that are only ever appended. Whoever folds the same rows, in any order and
with any of them twice, gets the same seats. So two processes and two sessions share one rotation.
Rule 3: a person's `used` never falls. That is why leaving and coming back gains nothing.

Facilitators are not in the room: the caller leaves them out.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

GRACE = timedelta(seconds=120)  # after coming in, before being called on
TIMEOUTS = 2  # in a row: then the person counts as away
QUIET, WAIT, LUCK, DOMINANT = 0.5, 0.3, 0.2, 0.3

ORDER = {"joined": 0, "returned": 1, "called": 2, "timeout": 3, "passed": 4, "answered": 5, "absent": 6}
OUTCOMES = ("answered", "passed", "timeout", "absent")


@dataclass(frozen=True, slots=True)
class Turned:
    """One row of a cohort's turns."""

    person: str
    what: str  # joined | returned | called | answered | passed | timeout | absent
    at: datetime
    used: int  # turns used by this person after this row
    dialog: str  # the prompt it belongs to


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is in the room now."""

    person: str
    since: datetime  # since when present without a break, as far as known
    contributions: float  # voluntary ones, already halved every ten minutes
    last_active: datetime | None = None
    opted_out: bool = False
    dominant: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """What the rows say about one person."""

    used: int
    seated: datetime  # when they were last given their place: joined or returned
    waited: int | None = None  # calls of others since their own last one; None: never called
    timeouts: int = 0  # in a row
    away_since: datetime | None = None
    acted: datetime | None = None  # when they last answered or passed
    owes: frozenset[str] = frozenset()  # prompts they were called for and have used no turn on yet


@dataclass(frozen=True, slots=True)
class Why:
    """Enough to answer "why her?", and with the seed to check it."""

    used: int  # her turns
    least: int  # the fewest turns of anyone who could be called
    eligible: int  # how many could be called at all
    candidates: int  # how many of those had few enough turns
    waited: int | None  # calls of others since her last one; None: never called
    quiet: float
    wait: float
    luck: float
    dominant: bool
    seed: int

    @property
    def score(self) -> float:
        """Order the candidates. Rounded, so that a tie on paper is a tie here."""
        return round((QUIET * self.quiet + WAIT * self.wait + LUCK * self.luck) * (DOMINANT if self.dominant else 1), 9)


@dataclass(frozen=True, slots=True)
class Call:
    """Who is called, and the rows that make it so."""

    person: str | None  # None: nobody can be called
    turns: tuple[Turned, ...]  # to append, even if nobody is called
    why: Why | None = None


def call(
    rows: Sequence[Turned],
    room: Sequence[Candidate],
    now: datetime,
    seed: int,
    dialog: str,
    *,
    slack: int = 0,
    exclude: frozenset[str] = frozenset(),
) -> Call:
    """Choose whom to call next. `exclude`: already called for this question. Each question has its own seed."""
    here = sorted({one.person: one for one in room}.values(), key=lambda one: one.person)
    held = seats(rows)
    admitted = _admit(held, here, now, dialog, slack)
    if admitted:
        held = seats([*rows, *admitted])
    able = [one for one in here if not (one.opted_out or one.person in exclude or held[one.person].away_since)]
    eligible = [one for one in able if now - one.since >= GRACE] or able
    if not eligible:
        return Call(None, admitted)
    least = min(held[one.person].used for one in eligible)
    candidates = [one for one in eligible if held[one.person].used <= least + slack]
    middle = median(one.contributions for one in eligible)

    def why(one: Candidate) -> Why:
        seat = held[one.person]
        return Why(
            used=seat.used,
            least=least,
            eligible=len(eligible),
            candidates=len(candidates),
            waited=seat.waited,
            quiet=1 - min(1, one.contributions / middle) if middle else float(one.contributions <= 0),
            wait=1 if seat.waited is None else min(1, seat.waited / len(eligible)),
            luck=_luck(seed, one.person),
            dominant=one.dominant,
            seed=seed,
        )

    reasons = {one.person: why(one) for one in candidates}
    person = min(reasons, key=lambda name: (-reasons[name].score, name))
    return Call(person, (*admitted, Turned(person, "called", now, reasons[person].used, dialog)), reasons[person])


def settle(rows: Sequence[Turned], person: str, what: str, now: datetime, dialog: str) -> Turned:
    """Say how a call ended. An answer, a pass and a timeout use the same one turn; "absent" uses none.

    A call uses one turn at most: an answer that comes after the timeout, or a second press, costs nothing more.
    """
    if what not in OUTCOMES:
        raise ValueError(f"A call ends as {', '.join(OUTCOMES)}, not as {what!r}.")
    seat = seats(rows).get(person, Seat(0, now))
    costs = what != "absent" and dialog in seat.owes
    return Turned(person, what, now, seat.used + costs, dialog)


def aloud(
    rows: Sequence[Turned], room: Sequence[Candidate], person: str, now: datetime, dialog: str
) -> tuple[Turned, ...]:
    """Somebody answered aloud whom nobody here had called: that was their turn in this round. The rows to append.

    Only one a round: whoever talks much is called on as often as everybody else, no less.
    """
    here = sorted({one.person: one for one in room}.values(), key=lambda one: one.person)
    if person not in {one.person for one in here}:
        return ()
    admitted = _admit(seats(rows), here, now, dialog, 0)
    held = seats([*rows, *admitted])
    able = [one.person for one in here if one.person == person or not (one.opted_out or held[one.person].away_since)]
    used = held[person].used
    if used > min(held[one].used for one in able):
        return admitted
    called, answered = Turned(person, "called", now, used, dialog), Turned(person, "answered", now, used + 1, dialog)
    return (*admitted, called, answered)


def seats(rows: Iterable[Turned]) -> dict[str, Seat]:
    """Fold the rows of a cohort into what they say about each person."""
    held: dict[str, Seat] = {}
    called: dict[str, int] = {}
    calls = 0
    for row in sorted(set(rows), key=lambda row: (row.at, ORDER.get(row.what, 9), row.person, row.dialog, row.used)):
        if row.what == "called":
            calls += 1
            called[row.person] = calls
        held[row.person] = _after(held.get(row.person, Seat(0, row.at)), row)
    for person, nth in called.items():
        held[person] = replace(held[person], waited=calls - nth)
    return held


def _after(seat: Seat, row: Turned) -> Seat:
    """Count turns here and do not copy `row.used`: two processes may have settled two calls from the same rows.

    `row.used` is still the least that it can be, which matters where older rows were deleted.
    """
    used = max(seat.used, row.used)
    paid = max(seat.used + (row.dialog in seat.owes), row.used)
    owes = seat.owes - {row.dialog}
    match row.what:
        case "joined" | "returned":
            return replace(seat, used=used, seated=row.at, timeouts=0, away_since=None)
        case "called":
            return replace(seat, used=used, owes=seat.owes | {row.dialog})
        case "absent":
            return replace(seat, used=used, away_since=row.at)
        case "answered" | "passed":
            return replace(seat, used=paid, owes=owes, timeouts=0, acted=row.at)
        case "timeout" if paid > seat.used:
            away = row.at if seat.timeouts + 1 >= TIMEOUTS else seat.away_since
            return replace(seat, used=paid, owes=owes, timeouts=seat.timeouts + 1, away_since=away)
    return replace(seat, used=used)


def _admit(
    held: Mapping[str, Seat], here: Sequence[Candidate], now: datetime, dialog: str, slack: int
) -> tuple[Turned, ...]:
    """Give whoever is new, or back, their place: nobody has a backlog, and nobody is exempt.

    This happens at the first pick that they are in the room for, also while they have their grace. Do not put it off
    until they can be called: by then a round may have ended, and they would be passed over in the next one.
    """
    start = _start(held, here, slack)
    admitted = []
    for one in here:
        seat = held.get(one.person)
        if seat is None:
            admitted.append(Turned(one.person, "joined", now, start, dialog))
        elif _back(seat, one) or (one.opted_out and seat.used < start):
            # Whoever opted out keeps pace with the room, or they would have a backlog on the day they opt in again.
            admitted.append(Turned(one.person, "returned", now, max(seat.used, start), dialog))
    return tuple(admitted)


def _start(held: Mapping[str, Seat], here: Sequence[Candidate], slack: int) -> int:
    """Where a newcomer starts: with the fewest turns used of those who stayed and can be called."""
    seated = [(held[one.person], one) for one in here if one.person in held]
    able = [(seat, one) for seat, one in seated if not one.opted_out and (seat.away_since is None or _back(seat, one))]
    stayed = [seat.used for seat, one in able if not _back(seat, one)]
    if stayed:
        return min(stayed)
    # A new session: all come back at once. People who stayed together are at most slack + 1 turns apart, so whoever is
    # further behind has missed a session, and must not be called again and again until they have caught up.
    used = [seat.used for seat, _ in able or seated]
    return max(min(used), max(used) - slack - 1) if used else 0


def _back(seat: Seat, one: Candidate) -> bool:
    """Whether they came in after they were last given their place; or, if away, did anything at all since."""
    if seat.away_since is None:
        return one.since > seat.seated
    acts = (one.since, one.last_active, seat.acted)
    return any(act > seat.away_since for act in acts if act is not None)


def _luck(seed: int, person: str) -> float:
    """Draw a number from seed and person alone; in thousandths, so that it can be shown as it is."""
    digest = hashlib.sha256(f"{seed}:{person}".encode()).digest()
    return int.from_bytes(digest[:8]) % 1000 / 1000
