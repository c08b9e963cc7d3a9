"""What everybody received and did, in order; and the same in so few lines that somebody new can read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.rehearsal import phrases
from bot.rehearsal.reading import Card
from bot.rehearsal.wall import Wall

if TYPE_CHECKING:  # people write into the story
    from bot.rehearsal.people import Act, Listed

TOGETHER = timedelta(minutes=10)  # what several people receive or do within this is one line
SETTLED = timedelta(seconds=60)  # of many edits of one card in a row only the last is told
LONGEST = 230  # characters of one card in a line
VERBS = {  # of one, of several
    "sees": ("sees", "see"),
    "presses": ("presses", "press"),
    "writes": ("writes", "write"),
    "answers": ("answers", "answer"),
    "sends": ("sends", "send"),
    "votes": ("votes", "vote"),
    "ticks": ("ticks", "tick"),
    "is": ("is", "are"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """A card as it reached somebody: new, changed, own (changed by what they did), or gone."""

    at: datetime
    who: Listed
    what: str
    card: Card


@dataclass(slots=True)
class Line:
    """A line of the story that is being told."""

    at: datetime
    says: str  # with {who} in it
    who: list[str] = field(default_factory=list)
    times: int = 1


class Story:
    """The diary of the whole class."""

    def __init__(self, wall: Wall, *, aloud: bool = False) -> None:
        self.wall, self.aloud = wall, aloud
        self.sights: list[Sight] = []
        self.acts: list[tuple[Listed, Act]] = []
        self.lacking: list[str] = []
        self._order: list[Sight | tuple[Listed, Act]] = []
        self._last: dict[str, tuple[object, ...]] = {}  # how each card read when it was last said aloud

    def saw(self, who: Listed, what: str, card: Card) -> None:
        """Somebody's page shows this."""
        sight = Sight(self.wall.now(), who, what, card)
        self.sights.append(sight)
        self._order.append(sight)
        if self.aloud and what != "gone" and card.private is (card.tone == "flag"):
            if self._last.get(card.id) != (card.tone, card.texts):  # tallies change too often to be told
                self._say(
                    sight.at, f"{'Facilitators privately see' if card.private else 'The room sees'}: {brief(card)}"
                )
            self._last[card.id] = (card.tone, card.texts)

    def did(self, who: Listed, act: Act) -> None:
        """Somebody did this and was answered."""
        self.acts.append((who, act))
        self._order.append((who, act))
        if self.aloud and who.part == "facilitator" and act.action != "tick":
            self._say(
                act.at, f"{short(who.name)} {deed(act).format(**{name: one for name, (one, _) in VERBS.items()})}"
            )

    def in_the_call(self, words: str) -> None:
        """What is heard or seen in the call, where the bot is not: told to whoever watches, and may have to lead."""
        if self.aloud:
            self._say(self.wall.now(), f"In the call, {words}.")

    def _say(self, at: datetime, words: str) -> None:
        print(f"  {at:%H:%M}  {words}", flush=True)

    def missing(self, what: str) -> None:
        """Something should have happened and has not."""
        if what not in self.lacking:
            self.lacking.append(what)

    # -- telling -------------------------------------------------------------------------------------------------------

    def told(self) -> Iterator[str]:
        """The story, line by line, with a heading for every day."""
        day = None
        for line in sorted(self._lines(), key=lambda line: line.at):
            if line.at.date() != day:
                day = line.at.date()
                yield f"{line.at:%A %-d %B} (times are UTC)"
            many = len(line.who) > 1
            verbs = {name: (several if many else one) for name, (one, several) in VERBS.items()}
            yield f"  {line.at:%H:%M}  {line.says.format(who=together(line.who), times=line.times, **verbs)}"

    def _lines(self) -> list[Line]:
        lines: list[Line] = []
        last: dict[object, Line] = {}

        def tell(key: object, at: datetime, says: str, who: str) -> None:
            line = last.get(key)
            if line is None or at - line.at > TOGETHER:
                line = last[key] = Line(at, says, [who])
                lines.append(line)
                return
            line.times += 1
            if who not in line.who:
                line.who.append(who)

        shown: dict[str, str] = {}  # room cards by id, as last told
        voted: set[tuple[str, str]] = set()
        for number, one in enumerate(self._order):
            if isinstance(one, Sight):
                if says := self._sight(one, number, shown):
                    tell(says, one.at, says, one.who.name)
            else:
                who, act = one
                again = act.action == "vote" and (who.name, act.dialog) in voted
                voted.add((who.name, act.dialog))
                key, says = telling(act, again=again)
                tell(key, act.at, says, who.name)
        return lines

    def _sight(self, sight: Sight, number: int, shown: dict[str, str]) -> str | None:
        card = sight.card
        if sight.what in ("own", "gone") or (
            sight.what == "changed" and card.slot.startswith(("desk", "list", "form", "reminder"))
        ):
            return None
        says = brief(card)
        if card.private:
            if sight.what == "changed" and self._changes_soon(sight, number):
                return None
            again = "" if sight.what == "new" else " again, as it has changed"
            return f"{{who}} privately {{sees}}{again}: {braces(says)}"
        heading = " ".join(card.texts) if card.answer or "question" in says else says
        if sight.what == "new" and card.id in shown:
            return None  # somebody else has told of it
        if shown.get(card.id) == heading or (not card.answer and self._changes_soon(sight, number)):
            return None
        shown[card.id] = heading
        return f"THE ROOM sees: {braces(says)}"

    def _changes_soon(self, sight: Sight, number: int) -> bool:
        """Whether somebody sees this card change again in a moment."""
        if sight.what == "new":
            return False
        for one in self._order[number + 1 :]:
            if isinstance(one, Sight):
                if one.at - sight.at > SETTLED:
                    return False
                same = one.card.id == sight.card.id and (one.who is sight.who or not sight.card.private)
                if same and one.what != "new" and one.card.words() != sight.card.words():
                    return True
        return False


def brief(card: Card) -> str:
    """A card in a line."""
    parts = [f"“{card.title}”", *card.texts, *(f"{label}: {value}" for label, value in card.facts)]
    parts += [", ".join(f"{bar.label} {bar.count}" for bar in card.bars)]
    if card.items:
        done = sum(item.mark == "done" for item in card.items)
        parts.append(f"{len(card.items)} item{'s' if len(card.items) > 1 else ''}, {done} done")
    if card.fields:
        parts.append(f"a form with {len(card.fields.questions)} questions")
    words = " · ".join(part for part in (*parts, card.footer) if part)
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def deed(act: Act) -> str:
    """What somebody did and what they were told, as a template whose verbs fit one or several."""
    what = {"press": "{presses}", "say": "{writes}", "answer": "{answers}", "submit": "{sends} the form"}[act.what]
    said = "" if act.what == "submit" else f" “{act.label}”"
    answer = act.told.line or (f"“{act.told.card.title}”" if act.told.card else "")
    return what + braces(said) + (f" and {{is}} told: {braces(answer)}" if answer else "")


def telling(act: Act, *, again: bool) -> tuple[object, str]:
    """Under which key an act is told together with others like it, and how."""
    answer, title = braces(act.told.line), braces(act.title)
    match act.what, act.action:
        case "press", "vote" if act.told.line.startswith(phrases.VOTED) and again:
            return act, f"{{who}} {{votes}} once more on “{title}” and {{is}} told: {answer}"
        case "press", "vote" if act.told.line.startswith(phrases.VOTED):
            return ("vote", act.dialog), f"{{who}} {{votes}} on “{title}” and {{is}} told, for example: {answer}"
        case "press", "tick":
            return ("tick", act.dialog), "{who} {ticks} what is ready: {times} ticks"
        case "answer", _:
            return ("answer", act.dialog), f"{{who}} {{answers}} beneath “{title}”, for example: {braces(act.label)}"
    return (act.what, act.label, act.told.line), f"{{who}} {deed(act)}"


def braces(words: str) -> str:
    """Words that are about to be a template."""
    return words.replace("{", "{{").replace("}", "}}")


def short(name: str) -> str:
    """A first name; in marks that keep the order of what stands around it, where it is written from right to left."""
    first = name.split(maxsplit=1)[0]
    return f"\u2068{first}\u2069" if any("\u0590" <= letter <= "\u08ff" for letter in first) else first


def together(names: Sequence[str]) -> str:
    """Names in a row, shortened."""
    first = [short(name) for name in names]
    if len(first) > 4:
        return f"{', '.join(first[:3])} and {len(first) - 3} others"
    return " and ".join([", ".join(first[:-1]), first[-1]]) if len(first) > 1 else first[0]
