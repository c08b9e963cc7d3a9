"""Whether it adds up: what the people see in the end, against what they themselves did and were told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.rehearsal import phrases
from bot.rehearsal.people import Act
from bot.rehearsal.phrases import called
from bot.rehearsal.reading import Card
from bot.rehearsal.register import Call, Register, Sums

K = 5  # below this many, no result is shown
GRACE = timedelta(seconds=120)  # after coming in, nobody is called on for so long


def check(of: Register) -> Sums:
    """Add everything up."""
    sums = Sums()
    done = [act for one in of.people for act in one.acts]
    again, twice = sum(act.told.tries > 1 for act in done), sum(one.page.twice for one in of.people)
    sums.right.append(f"{len(done)} things were done and acknowledged: {again} sent again, {twice} delivered twice")
    for what in (
        converged,
        named,
        polls,
        begun,
        answers,
        checked_in,
        once_each,
        fair,
        ready,
        survey,
        recap,
        digest,
        no_card_twice,
    ):
        what(of, sums)
    return sums


def converged(of: Register, sums: Sums) -> None:
    """What stands on everybody's open page is what a new page shows."""
    stale = []
    for one in of.people:
        now = {card.id: card.words() for card in of.fresh.get(one.name, ())}
        live = {card.id: card.words() for card in one.page.cards.values()}
        stale += [
            f"{one.name} sees {live.get(id_)!r}, not {now.get(id_)!r}"
            for id_ in now | live
            if one.came and now.get(id_) != live.get(id_)
        ]
    sums.hold(not stale, f"{len(of.fresh)} open pages show what freshly loaded ones do", "; ".join(stale[:3]))


def named(of: Register, sums: Sums) -> None:
    """Nobody is ever "somebody": who is meant, is named."""
    nameless = {sight.card.title for sight in of.story.sights if phrases.SOMEBODY in sight.card.who}
    sums.hold(
        not nameless, "everybody was called by their name", f"“{phrases.SOMEBODY}” stood on “{'”, “'.join(nameless)}”"
    )


def polls(of: Register, sums: Sums) -> None:
    """Each board counts what was pressed last."""
    last: dict[str, dict[str, str]] = {}
    for one, act in of.acts("learner", action="vote"):
        if act.told.line.startswith(phrases.VOTED):
            last.setdefault(act.dialog, {})[one.name] = act.label
    boards: dict[str, list[tuple[str, Card]]] = {}
    for name, cards in of.fresh.items():
        for card in cards:
            if card.bars:
                boards.setdefault(card.dialog, []).append((name, card))
    for dialog, seen in boards.items():
        pressed = Counter(last.get(dialog, {}).values())
        wrong = [
            name for name, card in seen if {bar.label: bar.count for bar in card.bars if bar.count} != dict(pressed)
        ]
        says = f"“{seen[0][1].title}”: {pressed.total()} votes, each choice as pressed last"
        sums.hold(not wrong, says, f"pressed {dict(pressed)}, but the board of {wrong[:1]} reads {seen[0][1].words()}")
    lost = set(last) - set(boards)
    sums.hold(boards and not lost, f"the boards of all {len(boards)} polls are there", f"{len(lost)} are missing")


def begun(of: Register, sums: Sums) -> None:
    """Whatever the facilitators began is there, and once only."""
    asked = [act for _, act in of.acts("facilitator") if act.told.line == phrases.BEGUN]
    asked += [act for _, act in of.acts("facilitator", action="poll") if act.told.line]
    there = {card.dialog for cards in of.fresh.values() for card in cards if card.slot == "board" and not card.private}
    says = f"{len(asked)} polls and questions were begun, each once"
    sums.hold(len(there) == len(asked), says, f"{len(there)} are in the room")


def answers(of: Register, sums: Sums) -> None:
    """Every answer that arrived before its question was closed is counted, and nothing else."""
    wrong, total = [], 0
    cards = {card.dialog: card for cards in of.fresh.values() for card in cards if not card.private}
    closed = {act.dialog: act.began for _, act in of.acts("facilitator", action="close")}
    for dialog in {act.dialog for _, act in of.acts("learner", what="answer")}:
        given = [(one.name, act.at) for one, act in of.acts("learner", what="answer") if act.dialog == dialog]
        given += [(one.name, act.at) for one, act in of.acts("learner", action="answered") if act.dialog == dialog]
        aloud = [act for _, act in of.acts("facilitator", action="aloud") if act.dialog == dialog]
        most = len({name for name, _ in given}) + len(aloud)
        least = len({name for name, at in given if dialog not in closed or at < closed[dialog]})
        footer = cards[dialog].footer if dialog in cards else ""
        counted = int(footer.split()[0]) if footer[:1].isdigit() else 0
        total += counted
        if not least <= counted <= most:
            wrong.append(f"“{cards[dialog].title}” counts {counted}, and {least} to {most} answered")
    sums.hold(not wrong, f"{total} answers are counted", "; ".join(wrong))


def checked_in(of: Register, sums: Sums) -> None:
    """The opening card counted everybody who said that they were there."""
    pressed = {one.name for one, act in of.acts(action="here") if phrases.CHECKED_IN in act.told.line}
    footers = (sight.card.footer for sight in of.story.sights if sight.card.slot == "opening")
    most = max((int(footer.split()[0]) for footer in footers if footer[:1].isdigit()), default=0)
    sums.hold(most == len(pressed), f"{len(pressed)} people checked in", f"the opening card counted {most}")


def once_each(of: Register, sums: Sums) -> None:
    """For one question, nobody is called twice."""
    twice, path = [], dict[tuple[str, str], list[str]]()
    for sight in of.story.sights:
        name = called(sight.card)
        seen = path.setdefault((sight.who.name, sight.card.dialog), [])
        if name and (not seen or seen[-1] != name):
            if name in seen:
                twice.append(f"{name} for “{sight.card.title}”")
            seen.append(name)
    calls = of.calls()
    sums.hold(calls and not twice, f"{len(calls)} calls by name, nobody twice for a question", ", ".join(set(twice)))


def fair(of: Register, sums: Sums) -> None:
    """Nobody has a second turn while somebody else who could be called has had fewer."""
    used: dict[str, int] = {}
    absent = {(act.dialog, name): act.at for act, name in marked_absent(of)}
    away: dict[str, datetime] = {name: at for (_, name), at in absent.items()}
    asked: dict[str, set[str]] = {}
    unfair = []
    for call in of.calls():
        there = [one.name for one in of.attended() if one.came and one.came <= call.at]
        settled = [used[name] for name in there if name in used]
        for name in there:
            used.setdefault(name, min(settled, default=0))
        before = asked.setdefault(call.dialog, set())
        could = [one.name for one in of.attended() if one.came and one.came <= call.at - GRACE]
        could = [name for name in could if name not in before and not (name in away and away[name] < call.at)]
        fewer = [name for name in could if used[name] < used.get(call.name, 0)]
        unfair += [f"{call.name} before {fewer[0]}"] if fewer else []
        before.add(call.name)
        if (call.dialog, call.name) not in absent and not kept(of, call):
            used[call.name] = used.get(call.name, 0) + 1
    order = "; ".join(f"{call.at:%H:%M:%S} {call.name} for {call.dialog}" for call in of.calls())
    sums.hold(not unfair, "nobody had another turn before all others had one", f"{', '.join(unfair)} in {order}")


def kept(of: Register, call: Call) -> bool:
    """Whether the question was closed while it was their turn: then they keep their place, and have used no turn."""
    after = (one.card for one in of.story.sights if one.card.dialog == call.dialog and one.at >= call.at)
    ended = next((card for card in after if called(card) != call.name), None)
    did = [act for one, act in of.acts("learner", dialog=call.dialog) if one.name == call.name]
    heard = list(of.acts("facilitator", dialog=call.dialog, action="aloud"))
    return bool(ended and ended.over and not did and not heard)


def marked_absent(of: Register) -> Iterator[tuple[Act, str]]:
    """Each "Not here", and who had been called just before."""
    for _, act in of.acts("facilitator", action="absent"):
        before = [call for call in of.calls() if call.dialog == act.dialog and call.at <= act.at]
        names = [call.name for call in before if call.at <= act.began]
        if names:
            yield act, names[-1]


def ready(of: Register, sums: Sums) -> None:
    """The readiness board counts who ticked everything."""
    boards = [card for one in of.part("facilitator") for card in of.fresh.get(one.name, ()) if card.slot == "ready"]
    count = 0
    for one in of.learners:
        items: dict[str, str] = {}
        for _, act in Register([one], {}, of.story).acts("learner", what="press"):
            if act.action in ("tick", "untick", "help"):
                items[act.value] = act.action
        count += Counter(items.values())["tick"] == of.items(one.name) > 0
    if boards or count:
        title = f"Ready: {count} of {len(of.learners)}"
        read = {card.title for card in boards}
        sums.hold(read == {title}, f"the readiness board says “{title}”, as ticked", f"it reads {read}")


def survey(of: Register, sums: Sums) -> None:
    """The results count the forms that were sent, and show nothing of fewer than five."""
    sent: dict[str, dict[str, Act]] = {act.dialog: {} for _, act in of.acts(what="submit")}
    for one, act in of.acts("learner", what="submit"):
        if act.told.line.startswith(phrases.SENT):
            sent[act.dialog][one.name] = act
    forms = max((len(found) for found in sent.values()), default=0)
    cards = [card for one in of.part("facilitator") for card in of.fresh.get(one.name, ()) if card.slot == "results"]
    says = f"the survey counts {forms} of {len(of.attended())} forms"
    everybody = len(of.attended())
    line = f"All {forms} answered." if forms == everybody else f"{forms} of {everybody} answered."
    sums.hold(
        cards and all(card.texts[:1] == (line,) for card in cards),
        says,
        f"it reads {[card.texts[:1] for card in cards]}",
    )
    small = [
        text
        for card in cards
        for text in card.texts[1:]
        for n in re.findall(r": (\d+) of \d+ \(", text)
        if 0 < int(n) < K
    ]
    sums.hold(not small, "no number of fewer than five people is shown", "; ".join(small))
    hidden = all(any(phrases.KEPT_BACK in text for text in card.texts) for card in cards)
    sums.hold(
        hidden == (forms < K),
        f"with {forms} forms, results are {'shown' if forms >= K else 'kept back'}",
        "it is the other way round",
    )


def recap(of: Register, sums: Sums) -> None:
    """The recap counts who was there."""
    cards = [card for cards in of.fresh.values() for card in cards if card.slot == "recap"]
    there = f"{len(of.attended())} learners"
    read = {value for card in cards for label, value in card.facts if label == phrases.TOOK_PART}
    sums.hold(
        len(read) == 1 and min(read).startswith(there), f"the recap says that {there} took part", f"it reads {read}"
    )


def digest(of: Register, sums: Sums) -> None:
    """Each manager is told how many came: of their own people, where those are enough."""
    there = {one.name for one in of.attended()}
    for one in of.part("manager"):
        own = [learner for learner in of.learners if learner.listed.manager == one.name]
        came = sum(learner.name in there for learner in own)
        if of.names and came in (0, len(own)):
            says = f"{'All' if came else 'None'} of your people attended"
        elif of.names or len(own) >= K:
            says = f"{came} of your {len(own)} people attended."
        else:
            says = f"{len(there)} of all {len(of.learners)} people attended."
        cards = [card for card in of.fresh.get(one.name, ()) if card.slot == "digest"]
        read = [dict(card.facts).get(phrases.ATTENDANCE, "") for card in cards]
        sums.hold(len(read) == 1 and read[0].startswith(says), f"{one.name} is told: {says}", f"it reads {read}")


def no_card_twice(of: Register, sums: Sums) -> None:
    """Nobody is told the same thing privately a second time. Closed lists all read the same, and ask for nothing."""
    private = (one for one in of.story.sights if one.what == "new" and one.card.private and not one.card.over)
    got = Counter((one.who.name, one.card.title, one.card.texts) for one in private)
    twice = [f"{name} got “{title}” {n} times" for (name, title, _), n in got.items() if n > 1]
    sums.hold(not twice, f"{got.total()} private messages, none of them twice", "; ".join(twice[:3]))
