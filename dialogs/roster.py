"""Roster: who takes part in a session, as the facilitator changes it. Pure; used by the session.

Who is what in a session is a note of the session's own dialog: "role", and "manager" for who hears about whom.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from dialogs.base import FACILITATOR, LEARNER, MANAGER, Effect, Meet, Member, Note
from dialogs.card import Card, Fact, Link, Text, Typed, Who, quote, t, tn
from dialogs.commands import find
from dialogs.privacy import listed
from dialogs.words import PERSON, plain

SHOWN = 60  # names in one card; the people page has them all


def person_named(session: str, name: str) -> str:
    """The id of somebody whom only a name makes known: the same for the same name in this session."""
    return "p" + hashlib.blake2s(f"{session}\n{name.casefold()}".encode(), digest_size=10).hexdigest()


def changed(
    words: Sequence[str], roster: Sequence[Member], session: str, phase: str = "open"
) -> tuple[tuple[Effect, ...], Text | Card]:
    """What `/ilt roster ...` does, and what it answers. phase: of the session."""
    match words:
        case ("add", *names):
            return _add(names, roster, session)
        case ("remove", *names):
            return _remove(names, roster)
        case ("facilitator", *names):
            return _leads(names, roster)
        case ("manager", manager, learner):
            return _manager(manager, learner, roster, session, phase)
    return (), card(roster, session, phase)


def _add(names: Sequence[str], roster: Sequence[Member], session: str) -> tuple[tuple[Effect, ...], Text]:
    here = [one for one in roster if one.role is not MANAGER]
    known, ids = {one.name.casefold() for one in here}, {one.person for one in here}
    mentioned: dict[str, str | None] = dict.fromkeys(
        found[1] for name in names if (found := PERSON.fullmatch(name)) and found[1] not in ids
    )
    named = {name for name in names if not PERSON.fullmatch(name) and name.casefold() not in known}
    managers = {one.name.casefold(): one.person for one in roster if one.role is MANAGER}
    unknown = (name for name in names if name in named)
    new = {managers.get(name.casefold()) or person_named(session, name): name for name in unknown} | mentioned
    if not new:
        return (), t("Everybody you named is on the roster already.")
    effects: list[Effect] = []
    for person, name in new.items():
        effects += [Meet(person, name)] if name and person not in managers.values() else []  # others are known
        effects.append(Note("role", person, LEARNER))
    people = Link("people", session, t("the people page"))
    added = tn("{n} person added.", "{n} people added.", n=len(new))
    return tuple(effects), t("{added} Links for everybody are on {people}.", added=added, people=people)


def _remove(names: Sequence[str], roster: Sequence[Member]) -> tuple[tuple[Effect, ...], Text]:
    removed: dict[str, Member] = {}
    for name in names:
        member = find(name, roster)
        if isinstance(member, Text):
            return (), member
        removed[member.person] = member
        if not any(one.role is FACILITATOR for one in roster if one.person not in removed):
            return (), t("{name} stays: a session needs a facilitator.", name=member.name)
    gone = tn("{n} person is no longer on the roster.", "{n} people are no longer on the roster.", n=len(removed))
    return tuple(Note("role", person, None) for person in removed), gone


def _leads(names: Sequence[str], roster: Sequence[Member]) -> tuple[tuple[Effect, ...], Text]:
    """Who leads from now on, beside those who do already."""
    new: dict[str, Text] = {}
    for name in names:
        mentioned, member = PERSON.fullmatch(name), find(name, roster)
        if mentioned:
            new[mentioned[1]] = t("{who}", who=Who(mentioned[1]))
        elif isinstance(member, Text):
            return (), member
        else:
            new[member.person] = quote(member.name)
    who = listed(tuple(new.values()))
    leads = tn("{who} leads with you now.", "{who} lead with you now.", n=len(new), who=who)
    return tuple(Note("role", person, FACILITATOR) for person in new), leads


def _manager(
    manager: str, learner: str, roster: Sequence[Member], session: str, phase: str
) -> tuple[tuple[Effect, ...], Text]:
    member = find(learner, [one for one in roster if one.role is LEARNER])
    if isinstance(member, Text):
        return (), member
    mentioned = PERSON.fullmatch(manager)
    if mentioned and mentioned[1] != member.person:
        known = next((one for one in roster if one.person == mentioned[1]), None)
        if known and _sits_in(known, roster, phase):
            return _leaves_the_learners(known, member)
        role = () if known else (Note("role", mentioned[1], MANAGER),)
        heard = t("{manager} will get the digest about {learner}.", manager=Who(mentioned[1]), learner=member.name)
        return (*role, Note("manager", member.person, mentioned[1])), heard
    if mentioned or plain(manager) == plain(member.name):
        return (), t("{name} cannot get the digest about themselves: write another name.", name=member.name)
    alike = [one for one in roster if plain(one.name).startswith(plain(manager)) and one.person != member.person]
    found = find(manager, alike) if alike else None
    if isinstance(found, Text):
        return (), found  # it could be several people: better asked than guessed
    if found and _sits_in(found, roster, phase):
        return _leaves_the_learners(found, member)
    if found:
        return (Note("manager", member.person, found.person),), _will_hear(found.name, member)
    person = person_named(session, manager)
    effects = (Meet(person, manager), Note("role", person, MANAGER), Note("manager", member.person, person))
    # A name is no account: nothing can be sent to it, on whatever platform.
    return effects, t(
        "{manager} reads the digest about {learner} by a link, which stands on the page of people and links. In Slack "
        "and Teams, name them with @ to have it sent to them.",
        manager=manager,
        learner=member.name,
    )


def _sits_in(manager: Member, roster: Sequence[Member], phase: str) -> bool:
    """Whether they count as a learner only because they are in the chat: named for the first time, before it opens."""
    return phase == "planned" and manager.role is LEARNER and all(one.manager != manager.person for one in roster)


def _leaves_the_learners(manager: Member, learner: Member) -> tuple[tuple[Effect, ...], Text]:
    """Nobody sends a manager the checklist of their people, nor calls on them."""
    effects = (Note("role", manager.person, MANAGER), Note("manager", learner.person, manager.person))
    return effects, t(
        "{manager} will get the digest about {learner}, and is no learner here any more. If they learn, too, type "
        "{add}.",
        manager=manager.name,
        learner=learner.name,
        add=Typed(f"roster add {manager.name}"),
    )


def _will_hear(manager: str, member: Member) -> Text:
    return t("{manager} will get the digest about {learner}.", manager=manager, learner=member.name)


def card(roster: Sequence[Member], session: str, phase: str) -> Card:
    """Who takes part, and while the session is open, who is here."""
    names = {one.person: one.name for one in roster}
    learners = [one for one in roster if one.role is LEARNER]
    rows = [Fact(quote(one.name), t("facilitator")) for one in roster if one.role is FACILITATOR]
    for one in learners[:SHOWN]:
        state = t("learner")
        if phase == "open":
            state = t("here") if one.here else t("not here yet")
        if one.manager in names:
            state = t("{state}, manager: {manager}", state=state, manager=names[one.manager])
        rows.append(Fact(quote(one.name), state))
    more = (t("The first {n} are listed here.", n=SHOWN),) if len(learners) > SHOWN else ()
    people = Link("people", session, t("the people page"))
    return Card(
        title=tn("{n} learner on the roster", "{n} learners on the roster", n=len(learners)),
        text=more,
        facts=tuple(rows),
        footer=t("Everybody and their links are on {people}.", people=people),
    )
