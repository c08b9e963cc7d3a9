"""What a session shows: its opening, the steps that only say something, the recap, and the facilitators' own card."""

from __future__ import annotations

from dialogs.base import Brief, Look, Member
from dialogs.card import Button, Card, Fact, Link, Text, Typed, When, Who, quote, t, tn
from dialogs.plan import SayStep, Timed
from dialogs.privacy import acted, came, learners
from dialogs.sent import Stuck


def opening(brief: Brief, look: Look) -> Card:
    """What this session is for, and "I'm here"."""
    here = look.tally.counts("here").get("yes", 0)
    open_now = brief.phase == "open"
    button = Button("here", t("I'm here"), style="primary", pressed=look.mine.get("here") == "yes")
    aims = tuple(Fact(t("Objective {n}", n=n), quote(one.text)) for n, one in enumerate(brief.objectives, 1))
    welcome = t("Welcome! Press “I'm here”, so that nobody misses you.")
    over = t("This session was called off.") if called_off(brief) else t("This session is over.")
    return Card(
        title=quote(brief.title),
        text=((t("By the end you can do this:"),) if aims else ()) or ((welcome,) if open_now else ()),
        facts=aims,
        buttons=(button,) if open_now else (),
        footer=_here(here) if open_now else over,
        tone="plain" if open_now else "closed",
    )


def _here(n: int) -> Text:
    return (
        tn("{n} person has checked in.", "{n} people have checked in.", n=n) if n else t("Nobody has checked in yet.")
    )


def said(step: Timed | None) -> Card:
    """A step of the plan that only says something."""
    lines = step.text.splitlines() if isinstance(step, SayStep) else []
    return Card(title=quote(step.title if step else ""), text=tuple(quote(line) for line in lines if line))


def recap(brief: Brief, look: Look, *, surveyed: bool = True) -> Card:
    """What the room did together: no names, no scores."""
    facts = [*_took_part(brief, look.report.roster)]
    for result in look.report.results:
        if result.kind == "poll" and result.total:
            best = max(result.answers, key=lambda answer: answer[1])
            says = t("{answer} ({count} of {total})", answer=best[0], count=best[1], total=result.total)
            facts.append(Fact(quote(result.title), says))
        elif result.kind == "prompt" and result.total:
            facts.append(Fact(quote(result.title), tn("{n} answer", "{n} answers", n=result.total)))
    thanks = t("Thank you for taking part.")
    if surveyed:
        thanks = t("Thank you for taking part. A short survey is waiting for you. It takes a minute.")
    return Card(
        title=t("That was “{title}”", title=brief.title),
        text=(thanks,),
        facts=tuple(facts),
        tone="closed",
    )


def _took_part(brief: Brief, roster: tuple[Member, ...]) -> tuple[Fact, ...]:
    """How many learners were here, and how many of them did something: two numbers, in one sentence."""
    there = [one for one in learners(roster) if came(one, brief)]
    active = sum(acted(one, brief) for one in there)
    here = tn("{n} learner was here", "{n} learners were here", n=len(there))
    if not there:
        return ()
    if active == len(there):
        said = t("{here} and voted, answered or wrote.", here=here)
    elif active:
        said = t("{here}, and {n} of them voted, answered or wrote.", here=here, n=active)
    else:
        said = t("{here}.", here=here)
    return (Fact(t("Took part"), said),)


def cancelled(brief: Brief) -> Card:
    """Called off, told to everybody."""
    nothing = t("You do not have to do anything.")
    return Card(title=t("“{title}” is called off", title=brief.title), text=(nothing,), tone="closed")


TOLD = 5  # people whom messages did not reach, each with the reason
CALLED = 40  # people who are called out in one message
Missed = tuple[str | None, str | None, str]  # person, place, why


UNSENT = t("They were not sent: Cohost did not run between their time and the start.")
FAILED = 3  # things that failed for good, each with what it was


def desk(
    brief: Brief,
    coming: Timed | None,
    look: Look,
    missed: tuple[Missed, ...] = (),
    *,
    surveyed: bool = True,
    unsent: bool = False,
) -> Card:
    """The facilitators' own card: what comes next, one button for it, whom messages did not reach, and what failed."""
    facts = [Fact(t("When"), moment_of(brief))]
    buttons: tuple[Button, ...] = ()
    if brief.phase == "planned":
        buttons = (Button("start", t("Open the session"), style="primary"),)
    elif brief.phase == "open":
        ending = Button("end", t("End the session"), confirm=t("End the session for everybody?"))
        buttons = (Button("next", t("Next step"), style="primary"), ending) if coming else (ending,)
        facts.append(Fact(t("Next"), quote(coming.title) if coming else t("nothing more is planned")))
    elif brief.phase == "closed" and surveyed:
        facts.append(Fact(t("Next"), t("See how the survey is going with {results}.", results=Typed("survey results"))))
    if unsent:
        facts.append(Fact(t("Checklists"), t("{why} Send them now with {send}.", why=UNSENT, send=Typed(SEND))))
    people = Link("people", look.session_id or "", t("people and links"))
    return Card(
        title=t("Your session: {title}", title=brief.title),
        text=(t("Only facilitators see this. Type {help} for every command.", help=Typed("help")),),
        facts=(*facts, Fact(t("People"), t("{people}", people=people)), *_missing(missed), *_failed(look.aside, brief)),
        buttons=buttons,
        tone="closed" if brief.phase in {"closed", "archived"} else "plain",
    )


def _missing(missed: tuple[Missed, ...]) -> tuple[Fact, ...]:
    """The first few, each with what can be done; of the others how many."""
    rest = len(missed) - TOLD
    more = (Fact(t("Not reached"), tn("{n} more person", "{n} more people", n=rest)),) if rest > 0 else ()
    return (*map(_missed, missed[:TOLD]), *more)


def _failed(aside: tuple[Stuck, ...], brief: Brief) -> tuple[Fact, ...]:
    """What was to happen and failed for good, and what can be done in its place."""
    facts = []
    for one in aside[:FAILED]:
        what, instead = FAILURES.get((one.kind, one.name), (t("Something that was due"), ()))
        when = When(one.since, "both", brief.zone)
        said = t("{what} ({when}) failed again and again.", what=what, when=when)
        for words in instead:
            said = t("{said} Do it yourself with {words}.", said=said, words=words)
        mend = t("{said} Whoever runs Cohost here can see why, and have it tried again.", said=said)
        facts.append(Fact(t("Did not happen"), mend))
    rest = len(aside) - FAILED
    more = (Fact(t("Did not happen"), tn("{n} more thing", "{n} more things", n=rest)),) if rest > 0 else ()
    return (*facts, *more)


SEND = "checklist send"
FAILURES: dict[tuple[str, str], tuple[Text, tuple[Typed, ...]]] = {  # by kind and timer
    ("session", "checklists"): (t("Sending the checklists"), (Typed(SEND),)),
    ("checklist", "remind"): (t("Reminding people of the checklist"), (Typed(SEND),)),
    ("checklist", "sending"): (t("Following how far the checklist has come"), ()),
    ("survey", "close"): (t("Closing the survey"), (Typed("survey close"),)),
    ("survey", "sending"): (t("Following how far the survey has come"), ()),
    ("poll", "close"): (t("Closing a poll"), ()),
    ("prompt", "call"): (t("Calling on somebody"), (Typed("ask"),)),
    ("prompt", "timeout"): (t("Going on with a question"), (Typed("next"),)),
    ("prompt", "quiet"): (t("Telling you of an unanswered question"), ()),
    ("silence", "queue"): (t("Telling you of an unanswered question"), ()),
    ("session", "archive"): (t("Putting this session away"), ()),
}


def callout(title: str, people: tuple[str, ...] | None) -> Card:
    """To those in the room whom the bot cannot write to: what waits for each is one press away, and only theirs.

    None: nothing waits for anybody any more.
    """
    if people is None:
        return Card(
            t("Cohost: something was waiting for you in “{title}”", title=title),
            (t("It is over: you do not have to do anything."),),
            tone="closed",
        )
    called: Text | None = None
    for person in reversed(people[:CALLED]):
        called = t("{who}, {others}", who=Who(person), others=called) if called else t("{who}", who=Who(person))
    words = t("{called}: I cannot write to you directly.", called=called) if called else t("Something waits for some.")
    return Card(
        title=t("Cohost: something is waiting for you in “{title}”", title=title),
        text=(words, t("Press the button: what you see then, only you see.")),
        buttons=(Button("mine", t("Show me"), style="primary"),),
    )


def _missed(one: Missed) -> Fact:
    person, _, why = one
    if person:
        return Fact(t("Not reached"), t("{who}: {why}", who=Who(person), why=why))
    return Fact(t("Not shown in the room"), quote(why))


def moment_of(brief: Brief) -> Text:
    """When the session is, or how far it is."""
    if brief.phase == "open":
        return t("open now")
    if called_off(brief):
        return t("called off")
    if brief.phase in {"closed", "archived"}:
        return t("over")
    return t("{when}", when=When(brief.starts, "both", brief.zone)) if brief.starts else t("whenever you open it")


def called_off(brief: Brief) -> bool:
    """Whether it was cancelled: put away without having come to its end."""
    return brief.phase == "archived" and brief.closed is None
