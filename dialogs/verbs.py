"""Verbs: the table of commands. The help, the roles and the sentences about mistakes are made from it.

A new command is one row here; what may follow it is read in `commands.py`, and what it does is decided by a kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.card import Card, Fact, Text, Typed, quote, t
from dialogs.words import nearest, short

if TYPE_CHECKING:  # base imports Command, and commands imports this
    from dialogs.base import Role


@dataclass(frozen=True, slots=True)
class Verb:
    """A row of the table. `takes` names what may follow; of `parts` the first is meant where none is written."""

    takes: str
    usage: str
    example: str
    says: Text
    parts: tuple[str, ...] = ()
    anybody: bool = False


VERBS: Mapping[str, Verb] = {
    "help": Verb(
        "verb", "help [COMMAND]", "help poll", t("Lists the commands, or explains one of them."), anybody=True
    ),
    "new": Verb(
        "new",
        "new [TEMPLATE] [on DATE TIME [ZONE]]",
        "new giving-feedback on 24 Nov 14:00 Europe/Zurich",
        t("Creates a session with you as its facilitator, from a template or empty."),
        anybody=True,
    ),
    "sessions": Verb("nothing", "sessions", "sessions", t("Lists your sessions."), anybody=True),
    "roster": Verb(
        "roster",
        "roster [list | add NAME | remove NAME | facilitator NAME | manager NAME for NAME]",
        'roster manager "Dana Roth" for "Jo Smith"',
        t("Shows who takes part and who leads, or changes it; a manager receives the digest about their people."),
        parts=("list", "add", "remove", "manager", "facilitator"),
    ),
    "checklist": Verb(
        "part",
        "checklist [status | send]",
        "checklist send",
        t("Shows who is ready, or sends the checklist now."),
        parts=("status", "send"),
    ),
    "move": Verb(
        "when", "move DATE TIME [ZONE]", "move tomorrow 15:00", t("Moves the session; reminders move with it.")
    ),
    "cancel": Verb(
        "nothing",
        "cancel [now]",
        "cancel",
        t("Says which session would be called off; with “now”, calls it off and tells everybody."),
        parts=("now",),
    ),
    "start": Verb(
        "text",
        'start ["TITLE"]',
        'start "Team retrospective"',
        t("Opens the planned session; with a title, a new one without a plan."),
        anybody=True,
    ),
    "here": Verb(
        "nothing",
        "here",
        "here",
        t("Brings the session that you lead into this channel, too: one class in several places."),
        anybody=True,
    ),
    "next": Verb("nothing", "next", "next", t("Does the next step of the plan.")),
    "poll": Verb(
        "poll",
        'poll "QUESTION" "CHOICE" "CHOICE" ... [--for 60s]',
        'poll "Ready to go on?" "Yes" "Not yet" --for 60s',
        t("Asks everybody one question with 2 to 10 choices; votes can be changed until it closes."),
        anybody=True,
    ),
    "ask": Verb(
        "text",
        'ask "QUESTION"',
        'ask "What would you check first?"',
        t("Asks a question, waits, then calls on the next person by name; anybody may pass."),
    ),
    "open": Verb(
        "text",
        'open "QUESTION"',
        'open "What surprised you?"',
        t("Asks everybody; if nobody answers, you are told privately."),
    ),
    "heard": Verb(
        "text",
        "heard [NAME]",
        "heard Jo Smith",
        t("Says that the open question was answered aloud, and by whom."),
    ),
    "silence": Verb(
        "silence",
        "silence on | off | 90s",
        "silence 90s",
        t("Turns the watch for unanswered questions on or off, or sets how long it waits."),
    ),
    "end": Verb("nothing", "end", "end", t("Ends the session: closes what is open and sends the survey.")),
    "survey": Verb(
        "part",
        "survey [results | close]",
        "survey results",
        t("Shows what the survey found so far, or closes it."),
        parts=("results", "close"),
    ),
    "digest": Verb("nothing", "digest", "digest", t("Sends each manager the digest about their people.")),
}

LEADING = {"here", "poll", "start"}  # anybody may, but within a session only who leads it
for_everybody = frozenset(name for name, verb in VERBS.items() if verb.anybody)

# Few, and only where nobody can mean anything else. What might mean two things, or cannot be undone, is asked back.
SYNONYMS = {"vote": "poll", "begin": "start", "session": "sessions", "?": "help"}
MEANT = {"stop": "end", "finish": "end", "quit": "end", "call": "ask", "discuss": "open", "remind": "checklist"}
MEANT |= {"delete": "cancel", "reschedule": "move", "feedback": "survey", "people": "roster", "create": "new"}


def resolve(typed: str) -> str | Text:
    """The verb that was typed, or a sentence with what was probably meant."""
    name = typed.casefold()
    name = name.rstrip(".,:;!?") or name
    name = SYNONYMS.get(name, name)
    if name in VERBS:
        return name
    if not name:
        return t("Begin with a command, such as poll or ask: “help” lists them all.")
    guess = MEANT.get(name) or nearest(name, VERBS)
    if guess:
        return t("There is no command “{typed}”: did you mean “{guess}”?", typed=short(typed), guess=guess)
    return t("There is no command “{typed}”: “help” lists them all.", typed=short(typed))


def help_card(verb: str | None, role: Role | None) -> Card:
    """All commands that this person may use, or one of them explained. A role of None is a person outside a session."""
    row = VERBS.get(verb or "")
    if row:
        whom = t("anybody") if row.anybody else t("facilitators")
        facts = (Fact(t("Example"), t("{typed}", typed=Typed(row.example))), Fact(t("For"), whom))
        return Card(quote(row.usage), (row.says,), facts, footer=t("“help” alone lists every command."))
    guest = role is not None and role.value != "facilitator"
    rows = [row for name, row in VERBS.items() if not guest or (row.anybody and name not in LEADING)]
    hint = t("Write {prefix} before each of these.", prefix=Typed())
    more = (t("The facilitator of a session has more commands."),) if guest else ()
    return Card(
        t("Cohost's commands"),
        (hint, *more),
        tuple(Fact(quote(row.usage), row.says) for row in rows),
        footer=t("“help poll” explains one command, with an example."),
    )
