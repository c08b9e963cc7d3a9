"""Digest: one message to each manager after the session, about their own people, read in half a minute. No scores."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.base import (
    FACILITATOR,
    Brief,
    Event,
    Frozen,
    Kind,
    Look,
    Member,
    Needs,
    Result,
    Scene,
    Show,
    Started,
    Step,
    Told,
)
from dialogs.card import Card, Fact, Text, Typed, When, Who, quote, t, tn
from dialogs.privacy import MANY, Cell, K, came, chosen, learners, listed, published

BEST = 3  # answers of one poll that are told
NAMES = 10  # learners named beside one manager
ADDING, AGAIN = Typed("roster manager NAME for NAME"), Typed("digest")


class State(Frozen):
    """Who has the digest. What it says is found when it is looked at."""

    title: str
    names: bool = False  # whether managers may see by name who attended
    sent: tuple[str, ...] = ()  # managers who have it


def decide(digest: State, event: Event, scene: Scene) -> Step[State]:
    """Every manager has one. Asked again, new managers get theirs, and those that are out show what is known now."""
    match event:
        case Started() | Told("again"):
            managers = (one.manager for one in learners(scene.roster) if one.manager)
            sent = digest.model_copy(update={"sent": tuple(dict.fromkeys((*digest.sent, *managers)))})
            return Step(sent, (*(Show("digest", manager) for manager in sent.sent), Show("sent", FACILITATOR)))
    return Step(digest)  # and it is never done, for a manager may be added at any time


# -- the cards ---------------------------------------------------------------------------------------------------------


def view(digest: State, look: Look) -> Card:
    """A manager's message; to the facilitators, who got one about whom."""
    if look.slot == "digest":
        return message(digest, look)
    if look.role is not FACILITATOR:
        return Card(title=t("Only facilitators see this."))
    return receipt(digest, look)


def message(digest: State, look: Look) -> Card:
    """When it was, what helps now, who attended, how they took part, and what was found."""
    people = learners(look.roster)
    own = tuple(one for one in people if look.viewer and one.manager == look.viewer)
    title = t("How “{title}” went", title=digest.title)
    if not own:
        return Card(title, (t("Nobody in this session reports to you any more."),), tone="closed")
    few = len(people) < K and not digest.names  # said once, where attendance would be
    nobody = t("Nobody is scored or compared.")
    return Card(
        title=title,
        text=(*held(look.session), support(look.session)),
        facts=(
            Fact(t("Attendance"), attendance(digest, own, people, look.session)),
            *(() if few else (Fact(t("Taking part"), participation(own, people, look.session)),)),
            *(Fact(quote(objective), said) for objective, said in by_objective(look)),
            *(Fact(t("Survey"), said) for said in surveyed(look.report.results)),
        ),
        footer=nobody if few else t("{counted} {nobody}", counted=_what_is_shown(digest), nobody=nobody),
    )


def _what_is_shown(digest: State) -> Text:
    """Which numbers are on the card, and which are left out of it."""
    few = t("Averages and answers are shown only where they stand for at least {k} people.", k=K)
    if digest.names:
        return t("Who attended is shown by name, as the plan of this session says. {few}", few=few)
    return t("How many attended is shown where at least {k} were expected, however many came. {few}", k=K, few=few)


def held(session: Brief | None) -> tuple[Text, ...]:
    """The date of the session."""
    at = session.opened or session.starts if session else None
    return (t("It was held on {date}.", date=When(at, "date", session.zone)),) if session and at else ()


def support(session: Brief | None) -> Text:
    """What a manager can do: what people learned lasts where they are helped to use it."""
    if session is None or not session.objectives:
        return t("You can help it last: in the next two weeks, let your people use it at work, and ask how it went.")
    example = t("“{objective}”", objective=session.objectives[0].text)
    return t(
        "You can help it last: in the next two weeks, let your people use it at work, and ask how it went. "
        "For example: {example}",
        example=example,
    )


def attendance(digest: State, own: Sequence[Member], people: Sequence[Member], session: Brief | None) -> Text:
    """How many of a manager's people came: by name only where the plan says so, and then however few they are."""
    if not any(came(one, session) for one in people):
        return t("Who attended was not recorded.")
    there = [quote(one.name) for one in own if came(one, session)]
    missing = [quote(one.name) for one in own if not came(one, session)]
    counted = t("{n} of your {all} people attended.", n=len(there), all=len(own))
    if digest.names:
        if not missing:
            return t("All of your people attended: {there}.", there=listed(there))
        if not there:
            return t("None of your people attended: {missing}.", missing=listed(missing))
        return t(
            "{counted} Attended: {there}. Did not: {missing}.",
            counted=counted,
            there=listed(there),
            missing=listed(missing),
        )
    if len(own) >= K:
        return counted
    everybody = sum(came(one, session) for one in people)
    if len(people) < K:
        return t("Fewer than {k} people were expected, so how many attended and what they did is not shown.", k=K)
    return t(
        "{n} of all {all} people attended. Yours are fewer than {k}, too few to be counted apart.",
        n=everybody,
        all=len(people),
        k=K,
    )


def participation(own: Sequence[Member], people: Sequence[Member], session: Brief | None) -> Text:
    """How much they took part: a manager's own people if they are a group, else the whole session, and never both."""
    group = [one for one in own if came(one, session)]
    everybody = [one for one in people if came(one, session)]
    if len(group) >= K:
        return t("On average, your people {took_part}.", took_part=averaged(group, session))
    if len(everybody) >= K:
        return t("On average, people in the whole session {took_part}.", took_part=averaged(everybody, session))
    return t("Fewer than {k} people attended, so no average is shown.", k=K)


def averaged(group: Sequence[Member], session: Brief | None) -> Text:
    """What a group did, on average. Right or wrong does not count, nor who did it."""
    acts = tn(
        "voted, answered or wrote {n} time", "voted, answered or wrote {n} times", n=mean([one.acts for one in group])
    )
    minutes = mean([one.minutes for one in group])
    if session is None or not minutes:
        return acts
    length = session.minutes
    if session.opened and session.closed:
        length = max(1, round((session.closed - session.opened).total_seconds() / 60))
    there = tn("{some} of {n} minute", "{some} of {n} minutes", n=length, some=min(minutes, length))
    return t("were there for {there}, and {acts}", there=there, acts=acts)


def mean(numbers: Sequence[int]) -> int:
    """A mean as people say it."""
    return int(sum(numbers) / len(numbers) + 0.5)


def by_objective(look: Look) -> list[tuple[str, Text]]:
    """What the polls about each objective found."""
    found = []
    for objective in look.session.objectives if look.session else ():
        polls = [one for one in look.report.results if one.objective == objective.id and (one.answers or one.hidden)]
        found += [(objective.text, told(one, cells(one))) for one in polls if one.total]
    return found


def surveyed(results: Sequence[Result]) -> list[Text]:
    """What the survey found; it has left out itself what must not be told."""
    surveys = [one for one in results if one.kind == "survey"]
    return [told(one, tuple((count, count) for _, count in one.answers)) for one in surveys]


def cells(result: Result) -> tuple[Cell, ...]:
    """What may be told of each answer to a poll. More answers than people: each could give several."""
    counts = [count for _, count in result.answers]
    return chosen(counts, result.total) if sum(counts) > result.total else published(counts, result.total)


def told(result: Result, shown: Sequence[Cell]) -> Text:
    """A question and the answers that most people gave."""
    pairs = zip(result.answers, shown, strict=True)
    best = sorted(
        ((cell, text) for (text, _), cell in pairs if cell and cell[0]), key=lambda pair: pair[0], reverse=True
    )
    if best:
        answers = listed([answer(text, cell, result.total) for cell, text in best[:BEST]])
        return t("{question} — {answers}", question=result.title, answers=answers)
    if result.unfinished:
        return t("{question} — Not shown yet: the survey is still open.", question=result.title)
    if result.total < K:
        return t("{question} — Not shown: fewer than {k} people answered.", question=result.title, k=K)
    return t("{question} — Not shown: it would tell what a few said.", question=result.title)


def answer(text: str, cell: tuple[int, int], total: int) -> Text:
    """One answer and how many gave it."""
    low, high = cell
    if low < high:
        return t("“{answer}” ({n} or more of {total})", answer=text, n=low, total=total)
    return t("“{answer}” ({n} of {total})", answer=text, n=low, total=total)


def receipt(digest: State, look: Look) -> Card:
    """To the facilitators: who has it about whom, and about whom nobody has."""
    people = learners(look.roster)
    others = [quote(one.name) for one in people if one.manager not in digest.sent]
    rows = []
    for manager in digest.sent:
        names = [quote(one.name) for one in people if one.manager == manager]
        if names:
            rows.append(Fact(t("{who}", who=Who(manager)), t("about {names}", names=listed(names, NAMES))))
    if not rows:
        nobody = t(
            "No digest was sent, because no manager is known. Add one with {manager}, then type {digest}.",
            manager=ADDING,
            digest=AGAIN,
        )
        return Card(title=t("No digest"), text=(nobody,), footer=t("Only facilitators see this."))
    more = (Fact(t("More managers"), t("{n}", n=len(rows) - MANY)),) if len(rows) > MANY else ()
    left = (Fact(t("Nobody yet"), t("about {names}", names=listed(others))),) if others else ()
    add = t("For the others, add a manager with {manager}, then type {digest}.", manager=ADDING, digest=AGAIN)
    return Card(
        title=tn("The digest went to {n} manager", "The digest went to {n} managers", n=len(rows)),
        text=(add,) if others else (),
        facts=(*rows[:MANY], *more, *left),
        footer=t("Only facilitators see this."),
        tone="plain" if others else "done",
    )


NEEDS: Needs = {
    Started: frozenset({"roster"}),
    Told: frozenset({"roster"}),
    Look: frozenset({"roster", "report"}),
}
KIND = Kind("digest", State, decide, view, needs=NEEDS)
