"""Facilitators: one leads by a script with conditions, as a trainer follows a guide; the other helps."""

from __future__ import annotations

from bot.rehearsal import phrases
from bot.rehearsal.people import Listed, Person, StuckError, World
from bot.rehearsal.reading import Card, Form

HARD = "What would make you stop giving feedback altogether?"
ENERGY = "How much energy is left in the room?"
LEVELS = ("Plenty", "Enough for the rest", "I need a break")
MOST = 15  # questions until everybody's habits have been seen
MORE = (
    "Which word in your sentence is a judgement in disguise?",
    "What would you say first if you had one minute?",
    "Who would notice the effect before you do?",
    "What makes a next step small enough?",
    "When is the worst moment for it?",
)


class Facilitator(Person):
    """Somebody who leads or helps to lead."""

    def __init__(self, listed: Listed, world: World) -> None:
        super().__init__(listed, world)
        self.outcomes: set[str] = set()  # how calls have ended so far, as far as this one saw

    def notice(self, card: Card) -> None:
        """Their own checklist, whoever needs help, and what was answered aloud."""
        if card.slot == "list":
            self.once(("list", card.dialog), (5, 20), lambda: self.get_ready(card.id))
        if (helped := card.form("helped")) and self.has("helps"):
            self.once(("help", card.id), (10, 30), lambda: self.help(card, helped))

    async def get_ready(self, id_: str) -> None:
        """Tick one's own list."""
        for item in self.page.cards[id_].items:
            if tick := next((form for form in item.forms if form.get("action") == "tick"), None):
                await self.press(tick, self.page.cards[id_])
                await self.world.wall.take(self.dice.uniform(1, 3))

    async def help(self, card: Card, helped: Form) -> None:
        """See to it, and say that it was seen to."""
        await self.say("Whoever has no headset: take the spare ones at the front desk, or a phone with earphones.")
        await self.press(helped, card)

    # -- the script ----------------------------------------------------------------------------------------------------

    async def lead(self) -> None:
        """The whole session, from the day before to the digest."""
        await self.must_see(self.desk, "the facilitator's own card", 600)
        await self.world.wall.until(self.world.starts)
        await self.open_session()
        await self.run_of_show()
        await self.mistype()
        await self.poll_by_hand()
        await self.ask_until_all_is_seen()
        await self.hard_question()
        await self.end()

    def desk(self) -> Card | None:
        """The facilitators' own card."""
        return next((card for card in self.page.cards.values() if card.private and card.slot == "desk"), None)

    async def step(self, action: str) -> None:
        """Press a button of the own card."""
        card = self.desk()
        if card and (form := card.form(action)):
            await self.press(form, card)

    async def open_session(self) -> None:
        """Open it when it is time, and wait until most people have said that they are here."""
        await self.step("start")
        await self.must_see(lambda: self.showing("opening"), "the opening card")
        await self.see(lambda: self.here() >= 9, 40)
        await self.say("Welcome, everybody! Write and vote here in the room, and speak in the call.")

    def showing(self, slot: str) -> Card | None:
        """The room's card of this sort."""
        return next((card for card in self.page.cards.values() if not card.private and card.slot == slot), None)

    def here(self) -> int:
        """How many the opening card counts."""
        card = self.showing("opening")
        return int(card.footer.split()[0]) if card and card.footer[:1].isdigit() else 0

    async def run_of_show(self) -> None:
        """Step by step through the plan."""
        while (card := self.desk()) and card.form("next"):
            before = set(self.page.cards)
            await self.step("next")
            fresh = await self.fresh(before, 15)
            if fresh is None:
                raise StuckError("the next step of the plan did not come")
            await self.handle(fresh)

    async def fresh(self, before: set[str], seconds: float) -> Card | None:
        """The room's card that was not there before."""

        def new() -> list[Card]:
            return [card for id_, card in self.page.cards.items() if id_ not in before and not card.private]

        return new()[0] if await self.see(new, seconds, sure=True) else None

    async def handle(self, card: Card) -> None:
        """Whatever the card asks for: votes, answers, or just a moment."""
        if card.bars:
            await self.poll(card)
        elif card.answer or card.form("close"):
            await self.question(card)
        else:
            await self.world.wall.take(12)

    # -- polls ---------------------------------------------------------------------------------------------------------

    async def poll(self, card: Card) -> None:
        """Wait until most have voted or 40 s have passed, then close it."""
        await self.see(lambda: self.votes(card.id) >= self.here() - 2 or self.over(card.id), 40)
        await self.world.wall.take(6)
        await self.close(card.id)

    def votes(self, id_: str) -> int:
        """How many votes the board shows."""
        return sum(bar.count for bar in self.page.cards[id_].bars)

    def over(self, id_: str) -> bool:
        """Whether the card is closed."""
        return id_ not in self.page.cards or self.page.cards[id_].over

    async def close(self, id_: str) -> None:
        """Close a poll or a question, unless it has closed by itself."""
        card = self.page.cards.get(id_)
        if card and not card.over and (form := card.form("close")):
            await self.press(form, card)
            await self.see(lambda: self.over(id_), 30)

    async def mistype(self) -> None:
        """A slip of the fingers."""
        told = await self.say('/ilt pol "How much energy is left?" "Plenty" "Little"')
        if "poll" not in told.line:
            self.world.story.missing(f"the mistyped command was answered with “{told.line}”, not with a suggestion")

    async def poll_by_hand(self) -> None:
        """A poll that is not in the plan, and closes by itself."""
        choices = " ".join(f'"{level}"' for level in LEVELS)
        await self.command(f'poll "{ENERGY}" {choices} --for 30s')
        await self.must_see(lambda: self.page.card(ENERGY), "the poll")
        card = self.page.card(ENERGY)
        await self.must_see(lambda: card and self.over(card.id), "the end of the poll")

    async def command(self, words: str) -> None:
        """Type a command."""
        told = await self.say(f"/ilt {words}")
        if told.refused:
            self.world.story.missing(f"“/ilt {words}” was refused: {told.line}")

    # -- questions -----------------------------------------------------------------------------------------------------

    async def question(self, card: Card) -> None:
        """See a question through: whoever is called answers, passes, is not there, or lets the time pass."""
        id_, begun = card.id, self.says(card.id)
        while not self.over(id_):
            said, called = self.says(id_), self.called(id_)
            if called:
                await self.attend(id_, called)
            elif phrases.ANSWERED in said.lower():
                await self.see(lambda: self.answers(id_) >= self.here() - 4, 20 if phrases.ANYONE in begun else 5)
                break
            elif phrases.ANYONE in said:
                answered = await self.see(lambda: phrases.ANSWERED in self.says(id_).lower() or self.over(id_), 45)
                if not answered:
                    break
            await self.see(lambda said=said: self.says(id_) != said or self.over(id_), 30)  # type: ignore[misc]
        await self.close(id_)

    def says(self, id_: str) -> str:
        """What the card of a question says of how it stands."""
        return phrases.says(self.page.cards.get(id_))

    def answers(self, id_: str) -> int:
        """How many have answered, as the card counts."""
        card = self.page.cards.get(id_)
        return int(card.footer.split()[0]) if card and card.footer[:1].isdigit() else 0

    def called(self, id_: str) -> str:
        """Whose turn it is."""
        return phrases.called(self.page.cards.get(id_))

    async def attend(self, id_: str, name: str) -> None:
        """Wait for the one who was called. The chair may be empty; the answer may be heard in the call only."""
        air, title = self.world.air, self.page.cards[id_].title

        def changed() -> bool:
            return self.called(id_) != name or self.over(id_)

        if name in air.empty:
            await self.world.wall.take(10)
            await self.tell(id_, "absent")
            self.outcomes.add("not here")
        elif await self.see(lambda: changed() or title in air.aloud, 120) and title in air.aloud and not changed():
            await self.world.wall.take(2)
            await self.tell(id_, "aloud")
            self.outcomes.add("aloud")
        elif phrases.ANYONE in self.says(id_):
            self.outcomes.add("timeout")
        elif changed():
            self.outcomes.add("passed" if self.called(id_) else "answered")

    async def tell(self, id_: str, action: str) -> None:
        """Tell the bot what it cannot hear."""
        card = self.page.cards.get(id_)
        if card and (form := card.form(action)):
            await self.press(form, card)

    async def ask_until_all_is_seen(self) -> None:
        """Ask on until somebody has answered, passed, been absent and been silent, once each."""
        for number in range(MOST):
            if {"answered", "passed", "not here", "timeout", "aloud"} <= self.outcomes:
                return
            again = f" ({number // len(MORE) + 1})" if number >= len(MORE) else ""
            question = MORE[number % len(MORE)] + again
            await self.command(f'ask "{question}"')
            await self.must_see(lambda question=question: self.page.card(question), "the question")  # type: ignore[misc]
            if card := self.page.card(question):
                await self.question(card)

    async def hard_question(self) -> None:
        """An open question that nobody dares to answer: the bot says so privately, and suggests a move."""
        self.world.air.hard.add(HARD)
        await self.command(f'open "{HARD}"')
        await self.must_see(lambda: self.page.card(HARD), "the open question")
        await self.must_see(self.flag, "the flag that nobody answers", 200)
        flag, card = self.flag(), self.page.card(HARD)
        await self.world.wall.take(6)
        suggested = next((form for form in flag.forms if "primary" in form.style), None) if flag else None
        if flag and suggested:
            await self.press(suggested, flag)
        if card:
            await self.see(lambda: self.called(card.id) or self.over(card.id), 20)
            await self.question(card)

    def flag(self) -> Card | None:
        """The flag about the hard question."""
        flags = (card for card in self.page.cards.values() if card.private and card.tone == "flag")
        return next((card for card in flags if HARD in card.title), None)

    async def end(self) -> None:
        """End it, and wait for what people say of it."""
        await self.command("end")
        await self.must_see(lambda: self.showing("recap"), "the recap")
        await self.see(self.results)  # the survey closes after three days

    def results(self) -> Card | None:
        """What the survey found."""
        cards = self.page.cards.values()
        return next((card for card in cards if card.private and card.slot == "results" and card.over), None)
