"""The register: everybody of the class with what they did and what they saw, for whoever adds it up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.rehearsal.learner import Learner
from bot.rehearsal.people import Act, Person
from bot.rehearsal.phrases import called
from bot.rehearsal.reading import Card
from bot.rehearsal.story import Story


@dataclass(slots=True)
class Sums:
    """What was found: each a line for people."""

    right: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def hold(self, holds: object, says: str, but: str) -> None:
        """Note whether something holds."""
        (self.right if holds else self.wrong).append(says if holds else f"{says}: {but}")


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody was called on, as the room saw it."""

    at: datetime
    dialog: str
    name: str


@dataclass(slots=True)
class Register:
    """Everybody, with what their pages show when they are loaded anew."""

    people: Sequence[Person]
    fresh: Mapping[str, Sequence[Card]]
    story: Story
    names: bool = False  # whether the plan lets managers see by name who came

    @property
    def learners(self) -> list[Learner]:
        """Those who came to learn, or should have."""
        return [one for one in self.people if isinstance(one, Learner)]

    def part(self, part: str) -> list[Person]:
        """Everybody of a part."""
        return [one for one in self.people if one.listed.part == part]

    def acts(self, *parts: str, **like: str) -> Iterator[tuple[Person, Act]]:
        """What was done and acknowledged, in order."""
        for one in self.people:
            for act in one.acts:
                fits = all(getattr(act, name) == value for name, value in like.items())
                if fits and not act.told.refused and (not parts or one.listed.part in parts):
                    yield one, act

    def attended(self) -> list[Learner]:
        """The learners whose page was open while the session was."""
        ended = max(
            (act.at for _, act in self.acts("facilitator", what="say") if act.label == "/ilt end"), default=None
        )
        return [one for one in self.learners if one.came and (ended is None or one.came < ended)]

    def items(self, name: str) -> int:
        """How many items this learner's checklist has."""
        sights = (one for one in self.story.sights if one.who.name == name and one.card.slot == "list")
        return max((len(one.card.items) for one in sights), default=0)

    def calls(self) -> list[Call]:
        """Who was called on, in the order in which the room first saw it."""
        found: dict[tuple[str, str], Call] = {}
        for sight in self.story.sights:
            name = called(sight.card)
            if name and (sight.card.dialog, name) not in found:
                found[sight.card.dialog, name] = Call(sight.at, sight.card.dialog, name)
        return list(found.values())
