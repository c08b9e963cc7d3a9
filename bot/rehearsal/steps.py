"""The steps of a whole session, each with how one can see that it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.rehearsal import phrases
from bot.rehearsal.reading import Card
from bot.rehearsal.register import Register
from bot.rehearsal.story import Sight

NEAR = timedelta(minutes=15)


def steps(of: Register, starts: datetime, *, checklist: bool) -> Iterator[tuple[str, bool]]:
    """Every step, and whether it happened."""

    def saw(part: str, like: Callable[[Card], object], when: datetime | None = None) -> list[Sight]:
        sights = (one for one in of.story.sights if one.who.part == part and like(one.card))
        return [one for one in sights if when is None or abs(one.at - when) < NEAR]

    def did(part: str, action: str, told: str = "") -> list[str]:
        return [one.name for one, act in of.acts(part, action=action) if told in act.told.line]

    if checklist:
        day, hour = starts - timedelta(days=1), starts - timedelta(hours=1)
        yield (
            "checklists reached the learners the day before",
            bool(saw("learner", lambda card: card.slot == "list", day)),
        )
        yield "and the facilitators theirs", bool(saw("facilitator", lambda card: card.slot == "list", day))
        asked = did("learner", "help")
        helping = saw("facilitator", lambda card: asked and card.slot.startswith("help:") and asked[0] in card.title)
        yield "a call for help reached the facilitators by name", bool(helping)
        reminded = {one.who.name for one in saw("learner", lambda card: card.slot == "reminder", hour)}
        yield (
            "an hour before, a reminder went to those with open items, and to nobody else",
            reminded == open_then(of, hour),
        )
        yield "the facilitators saw who is ready", bool(saw("facilitator", lambda card: card.slot == "ready"))
    yield "the session was opened in the room", bool(saw("learner", lambda card: card.slot == "opening", starts))
    yield "people checked in", bool(did("learner", "here", phrases.CHECKED_IN))
    votes = [(one.name, act.dialog) for one, act in of.acts("learner", action="vote") if phrases.VOTED in act.told.line]
    yield "there were votes, and one was changed", len(set(votes)) < len(votes)
    yield "a late vote was refused with a sentence", bool(did("learner", "vote", phrases.LATE_VOTE))
    yield "somebody who was called answered in writing or by button", bool(answered(of))
    yield "somebody who was called passed", bool(did("learner", "pass", phrases.PASSED))
    yield "somebody who was called was not there", bool(did("facilitator", "absent"))
    yield "somebody who was called let the time pass", bool(timed_out(of))
    yield "somebody answered aloud", bool(did("facilitator", "aloud"))
    flags = saw("facilitator", lambda card: card.tone == "flag" and phrases.QUIET in card.title)
    yield (
        "a silence was flagged to the facilitators alone",
        bool(flags) and not saw("learner", lambda card: card.tone == "flag"),
    )
    moves = {"call", "poll", "more", "aloud"}
    yield "and its suggested move was made", any(act.action in moves for _, act in of.acts("facilitator", what="press"))
    yield (
        "a mistyped command was answered with what was meant",
        any(phrases.MEANT in act.told.line for _, act in of.acts("facilitator", what="say")),
    )
    yield "the recap was posted", bool(saw("learner", lambda card: card.slot == "recap"))
    yield "surveys were filled in", any(True for _ in of.acts("learner", what="submit"))
    closed = saw("facilitator", lambda card: card.slot == "results" and card.over)
    yield "the survey closed, and the facilitators saw its results", bool(closed)
    managers = {one.who.name for one in saw("manager", lambda card: card.slot == "digest")}
    yield "every manager read a digest", managers == {one.name for one in of.part("manager")}


def open_then(of: Register, moment: datetime) -> set[str]:
    """Who had open items at that moment, and a page on which to be reminded."""
    behind = set()
    for one in of.learners:
        if one.came is None or one.came > moment:
            continue
        ticked = {act.value: act.action for act in one.acts if act.what == "press" and act.at < moment}
        if list(ticked.values()).count("tick") < of.items(one.name):
            behind.add(one.name)
    return behind


def answered(of: Register) -> list[str]:
    """Who answered when it was their turn, themselves."""
    called = {(call.dialog, call.name): call.at for call in of.calls()}
    return [
        one.name
        for one, act in of.acts("learner")
        if (act.what == "answer" or act.action == "answered") and called.get((act.dialog, one.name), act.at) < act.at
    ]


def timed_out(of: Register) -> list[str]:
    """Whose turn went by: the question was open to all again, and they had neither answered nor passed."""
    found = []
    for call in of.calls():
        after = [
            one
            for one in of.story.sights
            if one.card.dialog == call.dialog and one.at > call.at and phrases.AGAIN in phrases.says(one.card)
        ]
        did = [act for one, act in of.acts("learner") if one.name == call.name and act.dialog == call.dialog]
        if after and not did:
            found.append(call.name)
    return found
