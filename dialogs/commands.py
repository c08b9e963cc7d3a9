"""Commands: the one grammar for `/ilt ...`, the same words in Slack, in Teams and in the web room.

The commands stand in `verbs.py`; here is how each is read. Reading never guesses where a guess could do harm: what is
left over or might mean two things is asked back in one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from dialogs.card import Text, Who, t
from dialogs.moments import moment, seconds
from dialogs.verbs import VERBS, for_everybody, help_card, resolve
from dialogs.words import (
    CHOICE,
    CHOICES,
    NAME,
    PERSON,
    QUESTION,
    TITLE,
    Word,
    blank,
    nearest,
    plain,
    quoted,
    short,
    split,
    tidy,
    too_long,
)

if TYPE_CHECKING:  # base imports Command from here
    from dialogs.base import Member

__all__ = ["Command", "find", "for_everybody", "help_card", "moment", "parse", "seconds"]

LONGEST = 4000  # characters of a command
GREETINGS = {"hello", "hi", "hey", "hallo", "bonjour", "hola"}  # answered with the help
POLL_SECONDS = range(5, 24 * 3600 + 1)
SILENCE_SECONDS = range(10, 3600 + 1)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as we understand it. Synonyms, quotation marks and left-out words are settled."""

    verb: str
    words: tuple[str, ...] = ()
    flags: tuple[tuple[str, str], ...] = ()

    def flag(self, name: str) -> str | None:
        """What stands after `--name`."""
        return dict(self.flags).get(name)

    @property
    def desk(self) -> bool:
        """Whether it is about a person's sessions, rather than said in one of them."""
        return self.verb in {"new", "sessions"}

    def fits(self, phase: str) -> bool:
        """Whether it can be meant for a session that is this far, in a room that is not that session's alone."""
        match phase:
            case "open":
                return True
            case "planned":  # a poll is for now, and with a title something else begins
                return self.verb != "poll" and not (self.verb == "start" and self.words)
            case "closed":  # what is over goes nowhere else
                return self.verb in {"survey", "digest", "roster"}
        return False

    def typed(self) -> str:
        """The command as a person can type it: `parse` reads it back."""
        flags = (f"--{name} {quoted(value)}" for name, value in self.flags)
        return " ".join((self.verb, *map(quoted, self.words), *flags))


def parse(text: str) -> Command | Text:
    """The command, or the one sentence that says what is wrong with it and what to write instead."""
    if len(text) > LONGEST:
        return t("This command has {n} characters, and {most} is the most: shorten it.", n=len(text), most=LONGEST)
    text = re.sub(r"^\s*/ilt(?!\w)", "", text, flags=re.IGNORECASE).strip()
    if not text:
        return Command("help")
    typed = re.split(r"[\s\"“”„«»]", text, maxsplit=1)[0]
    if typed.casefold().rstrip(".,!?") in GREETINGS:
        return Command("help")
    verb = resolve(typed.removeprefix("/"))
    if isinstance(verb, Text):
        return verb
    rest = text[len(typed) :]
    words = split(rest)
    if isinstance(words, Text):
        return words
    if verb == "poll":
        return _poll(words)
    option = next((word.text for word in words if not word.quoted and re.match(r"--\w", word.text)), None)
    if option:
        option = short(option)
        return t(
            "“{verb}” has no options: leave out “{option}”, or put it in quotation marks.", verb=verb, option=option
        )
    found = READERS[VERBS[verb].takes](verb, rest, words)
    return found if isinstance(found, Text) else Command(verb, found)


def find(name: str, roster: Sequence[Member]) -> Member | Text:
    """The one person who was meant: by the whole name, else by the beginning of it or of a part of it."""
    wanted = tidy(name).lstrip("@").strip()
    mentioned = PERSON.fullmatch(wanted)
    if mentioned:
        met = next((member for member in roster if member.person == mentioned[1]), None)
        return met or t("{who} is not in this session.", who=Who(mentioned[1]))
    start = plain(wanted)
    if blank(start):
        return t("Write a name, as it stands in the roster.")
    exact = [member for member in roster if member.name.casefold() == wanted.casefold()]
    same = exact or [member for member in roster if plain(member.name) == start]
    found = same or [
        member for member in roster if any(part.startswith(start) for part in _beginnings(plain(member.name)))
    ]
    names = [member.name for member in found]
    if not found:
        guess = nearest(wanted, (member.name for member in roster))
        if guess:
            return t("Nobody here is called “{name}”: did you mean {guess}?", name=short(wanted), guess=guess)
        return t("Nobody here is called “{name}”: write the name as it stands in the roster.", name=short(wanted))
    if len(found) == 1:
        return found[0]
    if exact:
        return t("{n} people here are called “{name}”, and a name cannot tell them apart.", n=len(found), name=names[0])
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return t("“{name}” could be {names}: write more of the name.", name=short(wanted), names=listed)


def _beginnings(name: str) -> tuple[str, ...]:
    return (name, *(name[found.end() :] for found in re.finditer(r"[\s\-]+", name)))


# -- what may follow a verb: its words, or the sentence about them -----------------------------------------------------


def _nothing(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    typed = tuple(word.text.casefold() for word in words)
    if len(typed) == 1 and typed[0] in VERBS[verb].parts:
        return typed
    # Never overlooked: "end poll" must not end the session.
    return t("“{verb}” stands alone: leave out “{extra}”.", verb=verb, extra=short(rest)) if words else ()


def _verb(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    if not words:
        return ()
    name = resolve(words[0].text)
    return name if isinstance(name, Text) else (name,)


def _text(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    # Without quotation marks around all of it, it is taken word for word, with those inside it.
    text = words[0].text if len(words) == 1 else tidy(rest)
    most = {"start": TITLE, "heard": NAME}.get(verb, QUESTION)
    if len(text) > most:
        return too_long(text, most)
    if not blank(text):
        return (text,)
    return () if verb in {"start", "heard"} else _incomplete(verb)


def _part(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    parts = VERBS[verb].parts
    typed = words[0].text if words else parts[0]
    if typed.casefold() in parts:
        return (typed.casefold(),) if len(words) < 2 or verb == "roster" else _incomplete(verb)
    guess = nearest(typed, parts) or parts[0]
    return t("There is no “{verb} {typed}”: did you mean “{verb} {guess}”?", verb=verb, typed=short(typed), guess=guess)


def _roster(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    part = _part(verb, rest, words)
    if isinstance(part, Text):
        return part
    words = words[1:]
    if part == ("list",):
        return _incomplete(verb) if words else part
    names = _listed(words, together=True)
    if part == ("manager",):
        middle = [n for n, word in enumerate(words) if not word.quoted and word.text.casefold() == "for"]
        if middle:
            names = (*_listed(words[: middle[0]], together=True), *_listed(words[middle[0] + 1 :], together=True))
        told_apart = len(middle) == 1 or (not middle and all(word.quoted for word in words))
        if len(names) != 2 or middle in ([0], [len(words) - 1]) or not told_apart:
            return _incomplete(verb)
    names = tuple(name.lstrip("@").strip() for name in names)
    if not names or any(blank(name) for name in names):
        return _incomplete(verb)
    long = next((name for name in names if len(name) > NAME), None)
    return too_long(long, NAME) if long else (*part, *names)


def _when(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    return tuple(word.text for word in words if word.text) or _incomplete(verb)


def _new(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    on = next((n for n, word in enumerate(words) if word.text.casefold() == "on"), len(words))
    template = tidy(" ".join(word.text for word in words[:on]))
    when = tuple(word.text for word in words[on + 1 :] if word.text)
    if on < len(words) and not when:
        return t("Write the day and the time after “on”, for example: {example}", example=VERBS[verb].example)
    if len(template) > TITLE:
        return too_long(template, TITLE)
    return (*((template,) if template else ()), *(("on", *when) if when else ()))


def _silence(verb: str, rest: str, words: tuple[Word, ...]) -> tuple[str, ...] | Text:
    typed = " ".join(word.text for word in words).casefold()
    if typed in {"on", "off"}:
        return (typed,)
    limit = seconds(typed)
    if limit is None:
        return _incomplete(verb)
    if limit not in SILENCE_SECONDS:
        return t("“silence” waits from 10 seconds to 1 hour: write a time between them, as in “silence 90s”.")
    return (typed,)


READERS: Mapping[str, Callable[[str, str, tuple[Word, ...]], tuple[str, ...] | Text]] = {
    "nothing": _nothing,
    "verb": _verb,
    "text": _text,
    "part": _part,
    "roster": _roster,
    "when": _when,
    "new": _new,
    "silence": _silence,
}


def _poll(words: tuple[Word, ...]) -> Command | Text:
    flags = _flags(words)
    if isinstance(flags, Text):
        return flags
    found, words = flags
    # poll Ready to go on? yes no, and poll Lunch "Pizza" "Pasta": where the question ends is plain without its marks.
    mark = next((n for n, word in enumerate(words) if word.quoted), None)
    asked = next((n for n, word in enumerate(words[:mark], 1) if word.text.endswith("?")), None)
    end = 1 if mark == 0 else asked or mark
    if words and not end:
        return t("Put the question in quotation marks, for example: {example}", example=VERBS["poll"].example)
    question = tidy(" ".join(word.text for word in words[:end]))
    choices = _listed(words[end:], together=False)
    if blank(question):
        return _incomplete("poll")
    if len(question) > QUESTION:
        return too_long(question, QUESTION)
    if len(choices) not in CHOICES:
        n, example = len(choices), VERBS["poll"].example
        return t("A poll needs 2 to 10 choices and this has {n}, for example: {example}", n=n, example=example)
    seen: set[str] = set()
    for choice in choices:
        if blank(choice):
            return t("A choice of this poll is empty: write something between its quotation marks.")
        if len(choice) > CHOICE:
            return too_long(choice, CHOICE)
        if choice.casefold() in seen:
            return t("The choice “{choice}” is there twice: give each choice once.", choice=choice)
        seen.add(choice.casefold())
    return Command("poll", (question, *choices), found)


def _flags(words: tuple[Word, ...]) -> tuple[tuple[tuple[str, str], ...], tuple[Word, ...]] | Text:
    """The options of a poll, and the words without them."""
    left, rest = list(words), list[Word]()
    flags: dict[str, str] = {}
    while left:
        word = left.pop(0)
        # Phones make a dash of two hyphens.
        option = None if word.quoted else re.match(r"(?:--|[–—])([^\W\d][\w-]*)(?:=(.*))?$", word.text)
        if not option:
            rest.append(word)
            continue
        if option[1].casefold() != "for":
            return t("“poll” has no option “--{name}”: its only one is --for, as in --for 60s.", name=short(option[1]))
        if flags:
            return t("“--for” is there twice: give it once.")
        value = option[2] or (left.pop(0).text if left and option[2] is None else "")
        unit = left[0].text if left and not left[0].quoted else ""
        # --for 8 minutes; but in --for 60 S M L the sizes are choices.
        if value.isdecimal() and unit.isalpha() and seconds(value + unit) and (len(unit) > 2 or len(left) == 1):
            value = f"{value} {left.pop(0).text}"
        if seconds(value) not in POLL_SECONDS:
            return t("“--for” needs a time from 5 seconds to 1 day, as in --for 60s or --for 8m.")
        flags["for"] = value
    return tuple(flags.items()), tuple(rest)


def _listed(words: tuple[Word, ...], *, together: bool) -> tuple[str, ...]:
    """The names or choices. Without quotation marks they end at commas; else all `together` are one, or each is one."""
    found: list[str] = []
    for is_quoted, group in groupby(words, key=lambda word: word.quoted):
        texts = [word.text for word in group]
        if is_quoted or any(map(PERSON.fullmatch, texts)):
            found += texts
        elif any(text.endswith((",", ";")) for text in texts):
            found += [part for part in re.split(r"[,;](?:\s|$)", " ".join(texts)) if part.strip()]
        else:
            found += [" ".join(texts)] if together else texts
    return tuple(tidy(text) for text in found)


def _incomplete(verb: str) -> Text:
    row = VERBS[verb]
    return t("“{verb}” is written as {usage}, for example: {example}", verb=verb, usage=row.usage, example=row.example)
