"""Survey: a few questions to each who was there, in confidence; what was found is published once, when it closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import AwareDatetime
from pydantic import Field as Limit

from dialogs.base import (
    FACILITATOR,
    PARENT,
    Event,
    Frozen,
    Kind,
    Look,
    Needs,
    Note,
    Pressed,
    Rang,
    Result,
    Scene,
    Show,
    Started,
    Step,
    Submitted,
    Tally,
    Tell,
    Told,
    Wake,
)
from dialogs.card import Button, Card, Text, When, Wrong, t, tn
from dialogs.privacy import COMMENTS, K, came, learners
from dialogs.sending import Sending, Way, far, followed, looks, news, not_reached
from dialogs.sent import Sent, sent_out
from dialogs.survey_questions import Question, counted, field, found, read


class State(Frozen):
    """A survey as it stands. The answers are notes, not state."""

    questions: tuple[Question, ...] = Limit(min_length=1, max_length=10)
    title: str = ""
    closes_at: AwareDatetime | None = None
    closed: bool = False
    asked: tuple[str, ...] = ()  # who has the form; nobody else may answer
    sending: Sending | None = None  # the form is on its way, and facilitators are told how far it is
    few: int | None = None  # so many could have been asked: too few for any answer to be shown, so nobody was


def decide(survey: State, event: Event, scene: Scene) -> Step[State]:
    """Whoever was there is asked, and may change what they said until it closes."""
    match event:
        case Started():
            return ask(survey, scene)
        case Submitted(action="send", by=by) if by not in survey.asked:
            return Step(
                survey, reply=t("This survey was sent to the learners who were there, and you are not among them.")
            )
        case Submitted(action="send") if survey.closed:
            return Step(survey, reply=t("This survey has closed. Nothing was changed."))
        case Submitted(action="send", by=str(person), values=values):
            return answer(survey, person, values)
        case Pressed(action="close") if scene.role is not FACILITATOR:
            return Step(survey, reply=t("Only a facilitator can close this survey."))
        case Pressed(action="close") if survey.closed:
            return Step(survey, reply=t("This survey has closed already."))
        case Pressed(action="close") | Rang("close") | Told("close") if not survey.closed:
            closed = survey.model_copy(update={"closed": True, "sending": None})
            shows = (Show("results", FACILITATOR), *(Show("form", person) for person in survey.asked))
            followed_no_more = (Wake("sending", None),) if survey.sending else ()
            off = (Wake("close", None), *followed_no_more, Tell(PARENT, "survey closed"))
            return Step(closed, (*shows, *off), reply=t("The survey is closed."), done=True)
        case Rang("sending") if not survey.closed:
            after, look = followed(survey.sending, (way(survey, scene.delivery),), scene.now)
            told = (Show("results", FACILITATOR),) if news(survey.sending, after) else ()
            return Step(survey.model_copy(update={"sending": after}), (*told, look))
        case Told("show"):
            return Step(survey, (Show("results", FACILITATOR),))
    return Step(survey)


def ask(survey: State, scene: Scene) -> Step[State]:
    """Ask everybody who came; if nobody is known to have come, all learners. Nobody is asked in vain."""
    people = learners(scene.roster)
    there = tuple(one for one in people if came(one, scene.session)) or people
    if len(there) < K:
        off = survey.model_copy(update={"few": len(there), "closed": True})
        told = (Tell(PARENT, "survey not sent"), Tell(PARENT, "survey closed"))
        return Step(off, (Show("results", FACILITATOR), *told), done=True)
    sending = Sending(at=scene.now)
    asking = survey.model_copy(update={"asked": tuple(one.person for one in there), "sending": sending})
    timers = (*((Wake("close", survey.closes_at),) if survey.closes_at else ()), looks(sending))
    forms = (Show("form", person) for person in asking.asked)
    return Step(asking, (*forms, Show("results", FACILITATOR), *timers))


def way(survey: State, delivery: Sequence[Sent]) -> Way:
    """How far the form has come."""
    return Way(sent_out(delivery, "form"), len(survey.asked))


def answer(survey: State, person: str, values: Mapping[str, str]) -> Step[State]:
    """Store all answers, or none and say why."""
    given = [(question, read(question, values.get(question.id, ""))) for question in survey.questions]
    wrong = tuple((question.id, value) for question, value in given if isinstance(value, Text))
    if wrong:
        return Step(survey, reply=Wrong(wrong))
    notes = [Note("sent", person, "yes")]
    notes += [Note(question.key, person, value) for question, value in given if not isinstance(value, Text)]
    reply = t("Your answers are stored.")
    return Step(survey, (*notes, Show("form", person), Show("results", FACILITATOR)), reply=reply)


# -- the cards ---------------------------------------------------------------------------------------------------------


def view(survey: State, look: Look) -> Card:
    """A learner's form; to facilitators, how many answered and, once it has closed, what."""
    if look.slot == "form":
        return form(survey, look)
    if look.role is not FACILITATOR:
        return Card(title=t("Only facilitators see this."))
    return results(survey, look)


def form(survey: State, look: Look) -> Card:
    """The questions, after a word on who will see what."""
    sent = look.mine.get("sent") == "yes"
    if survey.closed:
        said = t("Thank you for your answers. This survey has closed.") if sent else t("This survey has closed.")
        return Card(title=titled(survey), text=(said,), tone="done" if sent else "closed")
    private = t("Confidential: your answers are stored with your name, so that you are not asked twice.")
    shared = t(
        "Once the survey has closed, others see results only if at least {k} people answered (of fewer than {clear}, "
        "only what more than two in three people said), and comments only if at least {comments} people wrote one: "
        "shuffled, without names.",
        k=K,
        clear=2 * K,
        comments=COMMENTS,
    )
    thanks = t("Thank you. You can change your answers until the survey closes.")
    zone = look.session.zone if look.session else "UTC"
    return Card(
        title=titled(survey),
        text=(thanks, private, shared) if sent else (private, shared),
        fields=tuple(field(question, look.mine.get(question.key, "")) for question in survey.questions),
        submit=Button("send", t("Change my answers") if sent else t("Send my answers"), style="primary"),
        footer=t("It closes {when}.", when=When(survey.closes_at, "both", zone)) if survey.closes_at else None,
        tone="done" if sent else "plain",
    )


def titled(survey: State) -> Text:
    """The title of the form and of the results."""
    return t("How was “{title}”?", title=survey.title) if survey.title else t("How was it?")


def results(survey: State, look: Look) -> Card:
    """How many answered. No number but that before it closes: two of them would tell what came in between."""
    if survey.few is not None:
        return unasked(survey, survey.few)
    sent = look.tally.total("sent")
    lines: list[Text]
    everybody = len(survey.asked)
    answered = t("{n} of {all} answered.", n=sent, all=everybody)
    if sent == everybody:
        answered = t("All {all} answered.", all=everybody)
    if not survey.closed:
        zone = look.session.zone if look.session else "UTC"
        waits = t(
            "The answers appear here when the survey closes, if at least {k} people have answered; of fewer than "
            "{clear} answers, only what more than two in three people said.",
            k=K,
            clear=2 * K,
        )
        closes = (t("It closes {when}.", when=When(survey.closes_at, "both", zone)),) if survey.closes_at else ()
        confirm = t("Close the survey? Nobody can answer after that.")
        close = Button("close", t("Close the survey"), confirm=confirm)
        out = way(survey, look.delivery)
        known = survey.sending or out.sent.dialog
        on_its_way = (far(out, survey.sending, look.now, look.session),) if known else ()
        return Card(
            t("Survey: {title}", title=titled(survey)),
            (answered, *on_its_way, *closes, waits),
            facts=not_reached(out),
            buttons=(close,),
            footer=t("Only facilitators see this."),
        )
    if sent < K:
        lines = [t("Fewer than {k} people answered, so their answers are not shown.", k=K)]
    else:
        names = [one.name for one in look.roster]
        lines = []
        for number, question in enumerate(survey.questions, 1):
            lines.append(t("{number}. {question}", number=number, question=question.text))
            lines += found(question, look.tally, sent, names)
    return Card(
        t("Survey: {title}", title=titled(survey)),
        (answered, *lines),
        footer=t("This survey has closed. Only facilitators see this."),
        tone="closed",
    )


def unasked(survey: State, n: int) -> Card:
    """Why nobody got the form."""
    few = tn(
        "It was not sent: {n} person could be asked, and answers of fewer than {k} people are never shown.",
        "It was not sent: {n} people could be asked, and answers of fewer than {k} people are never shown.",
        n=n,
        k=K,
    )
    return Card(
        t("Survey: {title}", title=titled(survey)),
        (few if n else t("Nobody was asked: there is no learner on the roster."),),
        footer=t("This survey is closed. Only facilitators see this."),
        tone="closed",
    )


def sum_up(survey: State, tally: Tally) -> tuple[Result, ...]:
    """What may be told of it beyond the facilitators: exact numbers of what was chosen, once it has closed."""
    if survey.few is not None:
        return ()
    sent = tally.total("sent")
    summed = []
    for question in (one for one in survey.questions if one.kind != "text"):
        cells = zip(question.options, counted(question, tally, sent), strict=True)
        exact = tuple((one.text, cell[0]) for one, cell in cells if survey.closed and cell and cell[0] == cell[1])
        summed.append(Result("survey", question.text, exact, sent, hidden=not exact, unfinished=not survey.closed))
    return tuple(summed)


NEEDS: Needs = {
    Started: frozenset({"roster"}),
    Rang: frozenset({"delivery"}),
    Look: frozenset({"roster", "delivery"}),
}
KIND = Kind("survey", State, decide, view, needs=NEEDS, sum_up=sum_up)
