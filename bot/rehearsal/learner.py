"""Learners, and what their habits mean.

quick, slow        how long they think                absent     never comes
late               comes four minutes after the start away       has the page open, and left the chair
silent             reads, and never says a word       passes     passes when called on
changes vote       votes, then thinks better of it    late vote  presses when the poll has just closed
forgot headset     asks for help with it              aloud      answers aloud, not in writing
half ready         does the rest when reminded        no survey  has no time for it
"""

from __future__ import annotations

from datetime import timedelta

from bot.rehearsal import phrases
from bot.rehearsal.people import Person
from bot.rehearsal.reading import Card, Form, Item, Question

LATE = timedelta(minutes=4)
ANSWERS = (
    "She showed me the exact slide, and asked what I had meant",
    "He told me on the same day, when I still knew what I had done",
    "It was about one thing only, and I could change it",
    "My colleague wrote down three examples without a judgement",
    "First what she saw, then what it did to the project",
)
COMMENTS = (
    "Finding a quiet moment for it before the end of the week",
    "That it turns into a talk about everything else",
    "My own nerves, to be honest",
    "We work in different time zones and hardly ever talk",
    "I still mix up what I saw and what I think of it",
)


class Learner(Person):
    """Somebody who came to learn."""

    async def arrive(self) -> None:
        """Come when invited, or late."""
        if self.has("away"):
            self.world.air.empty.add(self.name)
        if self.has("late"):
            await self.world.wall.until(self.world.starts + LATE)
        await super().arrive()

    async def live(self) -> None:
        """Take part, unless they do not come at all."""
        if not self.has("absent"):
            await super().live()

    def takes(self, least: float, most: float) -> tuple[float, float]:
        """How long this one takes where others take so long."""
        factor = 0.5 if self.has("quick") else 1.8 if self.has("slow") else 1
        return least * factor, most * factor

    def notice(self, card: Card) -> None:
        """Tick, check in, vote, answer, fill in."""
        if card.slot == "list" and not self.has("late") and not self.has("away"):
            self.once(("list", card.dialog), self.takes(5, 15), lambda: self.get_ready(card.id, "list"))
        if card.slot.startswith("reminder") and not self.has("late") and not self.has("away"):
            self.once(("reminder", card.id), self.takes(5, 15), lambda: self.get_ready(card.id, "reminder"))
        if self.has("away"):
            if card.form("pass"):
                self.once(("called", card.dialog), (3, 5), self.missed)
            return
        if (here := card.form("here")) and not self.has("silent"):
            self.once(("here", card.dialog), self.takes(4, 14), lambda: self.do(here, card))
        if not self.has("silent"):
            self.polls(card)
            self.questions(card)
        if card.private and card.fields and not self.has("silent") and not self.has("no survey"):
            self.once(("survey", card.dialog), self.takes(8, 25), lambda: self.survey(card.id))

    async def do(self, form: Form, card: Card) -> None:
        """Press a button."""
        await self.press(form, card)

    # -- before --------------------------------------------------------------------------------------------------------

    async def get_ready(self, id_: str, slot: str) -> None:
        """Tick what is ready, one after the other."""
        for item in self.page.cards[id_].items if id_ in self.page.cards else ():
            if item.mark == "done" or (self.has("half ready") and slot == "list" and self._rest(id_, item)):
                continue
            tick = next(form for form in item.forms if form.get("action") == "tick")
            if self.has("forgot headset") and slot == "list" and "headset" in item.text:
                ask = next(form for form in item.forms if form.get("action") == "help")
                await self.press(ask, self.page.cards[id_])
            else:
                await self.press(tick, self.page.cards[id_])
            await self.world.wall.take(self.dice.uniform(*self.takes(1, 3)))

    def _rest(self, id_: str, item: Item) -> bool:
        texts = [one.text for one in self.page.cards[id_].items]
        return texts.index(item.text) >= 3

    # -- during --------------------------------------------------------------------------------------------------------

    def polls(self, card: Card) -> None:
        """Vote once; perhaps change it; perhaps press too late."""
        votes = [bar.vote for bar in card.bars if bar.vote]
        if votes and self.has("late vote"):
            # What was on the screen when the thumb came down: the press arrives after the poll has closed.
            mine = self.dice.choice(votes)
            self.once(("vote", card.dialog), (0, 0), lambda: self.too_late(mine, card))
        elif votes:
            mine, other = self.dice.sample(votes, 2)
            self.once(("vote", card.dialog), self.takes(4, 14), lambda: self.vote(mine, other, card))

    async def vote(self, mine: Form, other: Form, card: Card) -> None:
        """Vote, and perhaps once more."""
        await self.press(mine, card)
        if self.has("changes vote"):
            await self.world.wall.take(self.dice.uniform(2, 5))
            await self.press(other, card)

    async def too_late(self, mine: Form, card: Card) -> None:
        """Press what was there before."""
        await self.see(lambda: card.id not in self.page.cards or self.page.cards[card.id].over)
        await self.world.wall.take(self.dice.uniform(1, 3))
        await self.press(mine, card)

    def questions(self, card: Card) -> None:
        """Answer when called on; answer an open question, unless it is too hard or enough has been said."""
        if skip := card.form("pass"):
            answered = card.form("answered")
            self.once(("called", card.dialog), self.takes(6, 16), lambda: self.called(card.id, skip, answered))
        elif card.answer and phrases.ANYONE in phrases.says(card):
            self.once(("open", card.dialog), self.takes(8, 30), lambda: self.volunteer(card.id))

    async def called(self, id_: str, skip: Form, answered: Form | None) -> None:
        """One's own name is in the room: answer aloud, in writing, or pass."""
        card = self.page.cards[id_]
        if self.has("passes"):
            await self.press(skip, card)
        elif self.has("aloud"):
            self.world.air.aloud.add(card.title)
            self.world.story.in_the_call(f"{self.name} answers “{card.title}” aloud")
        elif answered and self.dice.random() < 0.4:
            await self.press(answered, card)
        else:
            await self.answer(card, self.dice.choice(ANSWERS))

    async def missed(self) -> None:
        """Their name is called, and nobody is there to hear it."""
        self.world.story.in_the_call(f"the chair of {self.name} is empty")

    async def volunteer(self, id_: str) -> None:
        """Answer what is open to all."""
        card = self.page.cards.get(id_)
        if card is None or card.answer is None or card.title in self.world.air.hard or self.has("passes"):
            return
        # After somebody was called in vain, only the quick ones speak up.
        if self.has("quick") or phrases.AGAIN not in phrases.says(card):
            await self.answer(card, self.dice.choice(ANSWERS))

    # -- afterwards ----------------------------------------------------------------------------------------------------

    async def survey(self, id_: str) -> None:
        """Say how it was."""
        card = self.page.cards.get(id_)
        if card and card.fields:
            await self.fill(card.fields, card, [self.chosen(one) for one in card.fields.questions])

    def chosen(self, question: Question) -> tuple[str, str]:
        """What this one answers. Most people are content, and say so in the same words."""
        if question.kind == "text":
            return question.name, self.dice.choice(COMMENTS)
        values = [value for value, _ in question.options]
        liked = values[len(values) // 2]
        return question.name, liked if self.dice.random() < 0.6 else self.dice.choice(values)
