"""What people type is understood as they meant it, or answered in one sentence that says what to write instead."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialogs.base import Member, Role
from dialogs.card import Card, Text, Typed
from dialogs.commands import Command, find, for_everybody, help_card, moment, parse, seconds
from dialogs.moments import zone_named
from dialogs.verbs import MEANT, SYNONYMS, VERBS
from dialogs.words import nearest, quoted, split

POLL = Command("poll", ("Ready?", "Yes", "Not yet"))
EXAMPLE = 'for example: poll "Ready to go on?" "Yes" "Not yet" --for 60s'
USAGE = f'“poll” is written as poll "QUESTION" "CHOICE" "CHOICE" ... [--for 60s], {EXAMPLE}'
ROSTER = (
    "“roster” is written as roster [list | add NAME | remove NAME | facilitator NAME | manager NAME for NAME], "
    'for example: roster manager "Dana Roth" for "Jo Smith"'
)


def said(text: object) -> str:
    assert isinstance(text, Text)
    pieces = (f"/ilt {piece.words}" if isinstance(piece, Typed) else piece for piece in text.pieces())
    return "".join(piece if isinstance(piece, str) else "…" for piece in pieces)


# -- polls: quotation marks of every keyboard --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        'poll "Ready?" "Yes" "Not yet"',
        "poll \u201cReady?\u201d \u201cYes\u201d \u201cNot yet\u201d",  # phones
        "poll \u201eReady?\u201c \u201eYes\u201c \u201eNot yet\u201c",  # German
        "poll \u00abReady?\u00bb \u00abYes\u00bb \u00abNot yet\u00bb",  # Russian
        "poll \u00ab\u00a0Ready?\u00a0\u00bb \u00ab\u00a0Yes\u00a0\u00bb \u00ab\u00a0Not yet\u00a0\u00bb",  # French
        "poll \u00bbReady?\u00ab \u00bbYes\u00ab \u00bbNot yet\u00ab",  # German books
        "poll \u201dReady?\u201d \u201dYes\u201d \u201dNot yet\u201d",  # Swedish
        "poll \u300cReady?\u300d \u300cYes\u300d \u300cNot yet\u300d",  # Japanese
        "poll \u2018Ready?\u2019 \u2018Yes\u2019 \u2018Not yet\u2019",
        "poll 'Ready?' 'Yes' 'Not yet'",
        'poll \u201cReady?" "Yes" "Not yet"',  # edited by hand, half of it curly
        'poll \u201cReady?" \u201cYes\u201d \u201cNot yet\u201d',
        'poll "Ready?\u201d "Yes" "Not yet"',
        'poll "Ready?" Yes "Not yet"',
        'poll "Ready?" "Yes", "Not yet"',
        'poll "Ready?","Yes","Not yet"',
        "poll Ready? Yes, Not yet",
        'poll Ready? "Yes" "Not yet"',
        'poll  "  Ready? "  " Yes"\t"Not\nyet"',
        'poll"Ready?" "Yes" "Not yet"',
        '/ilt poll "Ready?" "Yes" "Not yet"',
        ' /ILT  /POLL "Ready?" "Yes" "Not yet"',
        'vote "Ready?" "Yes" "Not yet"',
    ],
)
def test_a_poll_is_understood_with_any_quotation_marks(typed: str) -> None:
    assert parse(typed) == POLL


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("poll Lunch? pizza pasta", ("Lunch?", "pizza", "pasta")),
        ("poll Ready to go on? yes no", ("Ready to go on?", "yes", "no")),
        ('poll Lunch "Pizza" "Pasta"', ("Lunch", "Pizza", "Pasta")),
        ('poll Lunch "Pizza?" "Pasta?"', ("Lunch", "Pizza?", "Pasta?")),
        ('poll "Lunch" pizza pasta', ("Lunch", "pizza", "pasta")),
        ("poll Lunch? pizza, ice cream, cake", ("Lunch?", "pizza", "ice cream", "cake")),
        ('poll "Is it 5,5 or 6,5?" 5,5 6,5', ("Is it 5,5 or 6,5?", "5,5", "6,5")),
        ("poll \"Why don't we?\" don't can't", ("Why don't we?", "don't", "can't")),
        (
            "poll \u201cWhy don\u2019t we?\u201d don\u2019t can\u2019t",
            ("Why don\u2019t we?", "don\u2019t", "can\u2019t"),
        ),
        ("poll \u2018I don\u2019t?\u2019 \u2018so\u2019 no", ("I don\u2019t?", "so", "no")),
        ("poll Q? 'tis 'twas", ("Q?", "'tis", "'twas")),
        ('poll "A 27"" screen?" yes no', ('A 27" screen?', "yes", "no")),
        ('poll "Is \u201cfirm\u201d firm?" yes no', ("Is \u201cfirm\u201d firm?", "yes", "no")),
        ("poll \u201cIs \u201cfirm\u201d firm?\u201d yes no", ("Is \u201cfirm\u201d firm?", "yes", "no")),
        ('poll "Q?" "a--b" "--for"', ("Q?", "a--b", "--for")),
        ('poll "Q?" <!channel> *bold*', ("Q?", "<!channel>", "*bold*")),
    ],
)
def test_the_words_of_a_poll_are_taken_as_they_are(typed: str, words: tuple[str, ...]) -> None:
    assert parse(typed) == Command("poll", words)


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--for 60s", "60s"),
        ("--for=60s", "60s"),
        ("--FOR 60s", "60s"),
        ("\u2014for 60s", "60s"),  # phones make one dash of two hyphens
        ("\u2013for 60s", "60s"),
        ("--for 8m", "8m"),
        ("--for 90", "90"),
        ('--for "2 minutes"', "2 minutes"),
        ("--for 2 minutes", "2 minutes"),
        ("--for 60 s", "60 s"),
    ],
)
def test_a_poll_may_say_how_long_it_is_open(flag: str, value: str) -> None:
    expected = Command("poll", ("Ready?", "Yes", "Not yet"), (("for", value),))
    assert parse(f'poll "Ready?" "Yes" "Not yet" {flag}') == expected
    assert expected.flag("for") == value
    assert expected.flag("multi") is None


def test_a_flag_may_stand_anywhere_and_sizes_stay_choices() -> None:
    assert parse('poll --for 60 "Size?" S M L') == Command("poll", ("Size?", "S", "M", "L"), (("for", "60"),))
    assert parse('poll "Size?" --for 60 S M L') == Command("poll", ("Size?", "S", "M", "L"), (("for", "60"),))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("poll", USAGE),
        ('poll ""', USAGE),
        ('poll "\u200b" A B', USAGE),
        ("poll Lunch pizza pasta", f"Put the question in quotation marks, {EXAMPLE}"),
        ('poll "Q?"', f"A poll needs 2 to 10 choices and this has 0, {EXAMPLE}"),
        ('poll "Q?" A', f"A poll needs 2 to 10 choices and this has 1, {EXAMPLE}"),
        ('poll "Q?" 1 2 3 4 5 6 7 8 9 10 11', f"A poll needs 2 to 10 choices and this has 11, {EXAMPLE}"),
        ('poll "Q?" Yes "yes "', "The choice “yes” is there twice: give each choice once."),
        ('poll "Q?" Yes ""', "A choice of this poll is empty: write something between its quotation marks."),
        ('poll "Q?" Yes "No', "The quotation mark before “No” is never closed: add one at the end."),
        (
            "poll \u201cWhat does everybody here think of it? Yes No",
            "The quotation mark before “What does everybody here thin…” is never closed: add one at the end.",
        ),
        (f'poll "{"q" * 301}" A B', f"“{'q' * 29}…” has 301 characters, and 300 is the most: shorten it."),
        (f'poll "Q?" A "{"b" * 76}"', f"“{'b' * 29}…” has 76 characters, and 75 is the most: shorten it."),
        ('poll "Q?" A B --multi', "“poll” has no option “--multi”: its only one is --for, as in --for 60s."),
        ('poll "Q?" A B --for', "“--for” needs a time from 5 seconds to 1 day, as in --for 60s or --for 8m."),
        ('poll "Q?" A B --for=', "“--for” needs a time from 5 seconds to 1 day, as in --for 60s or --for 8m."),
        ('poll "Q?" A B --for soon', "“--for” needs a time from 5 seconds to 1 day, as in --for 60s or --for 8m."),
        ('poll "Q?" A B --for 4s', "“--for” needs a time from 5 seconds to 1 day, as in --for 60s or --for 8m."),
        ('poll "Q?" A B --for 25h', "“--for” needs a time from 5 seconds to 1 day, as in --for 60s or --for 8m."),
        ('poll "Q?" A B --for 60s --for 90s', "“--for” is there twice: give it once."),
        ("x" * 4001, "This command has 4001 characters, and 4000 is the most: shorten it."),
    ],
)
def test_a_poll_that_cannot_be_is_answered_with_one_sentence(typed: str, sentence: str) -> None:
    assert said(parse(typed)) == sentence


# -- all other commands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", Command("help")),
        ("/ilt", Command("help")),
        ("?", Command("help")),
        ("hello there", Command("help")),
        ("Hi!", Command("help")),
        ("Hello, who are you?", Command("help")),
        ("help", Command("help")),
        ("help?", Command("help")),
        ("help poll", Command("help", ("poll",))),
        ("help vote", Command("help", ("poll",))),
        ("new", Command("new")),
        ("new giving-feedback", Command("new", ("giving-feedback",))),
        ("new Giving feedback", Command("new", ("Giving feedback",))),
        (
            "new giving-feedback on 24 Nov 14:00 Europe/Zurich",
            Command("new", ("giving-feedback", "on", "24", "Nov", "14:00", "Europe/Zurich")),
        ),
        ("new on tomorrow 2pm", Command("new", ("on", "tomorrow", "2pm"))),
        ('new "Carry on" on tomorrow 2pm', Command("new", ("Carry on", "on", "tomorrow", "2pm"))),
        ("sessions", Command("sessions")),
        ("session", Command("sessions")),
        ("start", Command("start")),
        ("START.", Command("start")),
        ("begin", Command("start")),
        ('start "Team retrospective"', Command("start", ("Team retrospective",))),
        ("start Team retrospective", Command("start", ("Team retrospective",))),
        ("next", Command("next")),
        ("end", Command("end")),
        ("cancel", Command("cancel")),
        ("digest", Command("digest")),
        ('ask "Who is firm?"', Command("ask", ("Who is firm?",))),
        ("ask Who is firm?", Command("ask", ("Who is firm?",))),
        ('ask Who has "firm" ideas?', Command("ask", ('Who has "firm" ideas?',))),
        ('ask "Firm" means what?', Command("ask", ('"Firm" means what?',))),
        ("ask don't you -- really -- think?", Command("ask", ("don't you -- really -- think?",))),
        ('open "What\nnow?"', Command("open", ("What now?",))),
        ("heard", Command("heard")),
        ("heard @Jo Smith", Command("heard", ("@Jo Smith",))),
        ("silence on", Command("silence", ("on",))),
        ("silence OFF", Command("silence", ("off",))),
        ("silence 90s", Command("silence", ("90s",))),
        ("silence 2 minutes", Command("silence", ("2 minutes",))),
        ("roster", Command("roster", ("list",))),
        ("roster list", Command("roster", ("list",))),
        ("roster add Jo Smith", Command("roster", ("add", "Jo Smith"))),
        ("roster add @Jo", Command("roster", ("add", "Jo"))),
        ("roster ADD Jo Smith, Al Brown", Command("roster", ("add", "Jo Smith", "Al Brown"))),
        ('roster add "Jo Smith" "Al Brown"', Command("roster", ("add", "Jo Smith", "Al Brown"))),
        ("roster remove Jo", Command("roster", ("remove", "Jo"))),
        ("roster manager Dana Roth for Jo Smith", Command("roster", ("manager", "Dana Roth", "Jo Smith"))),
        ('roster manager "Dana Roth" FOR "Jo"', Command("roster", ("manager", "Dana Roth", "Jo"))),
        ('roster manager "Dana Roth" "Jo"', Command("roster", ("manager", "Dana Roth", "Jo"))),
        ("checklist", Command("checklist", ("status",))),
        ("checklist send", Command("checklist", ("send",))),
        ("survey", Command("survey", ("results",))),
        ("survey close", Command("survey", ("close",))),
        ("move tomorrow 15:00", Command("move", ("tomorrow", "15:00"))),
    ],
)
def test_a_command_is_understood(typed: str, command: Command) -> None:
    assert parse(typed) == command


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("pol", "There is no command “pol”: did you mean “poll”?"),
        ("strat", "There is no command “strat”: did you mean “start”?"),
        ("stop", "There is no command “stop”: did you mean “end”?"),
        ("help stop", "There is no command “stop”: did you mean “end”?"),
        ("xyzzy", "There is no command “xyzzy”: “help” lists them all."),
        ("x" * 100, f"There is no command “{'x' * 29}…”: “help” lists them all."),
        ('"Q?" A B', "Begin with a command, such as poll or ask: “help” lists them all."),
        ("/", "Begin with a command, such as poll or ask: “help” lists them all."),
        ("end poll", "“end” stands alone: leave out “poll”."),
        ("next please", "“next” stands alone: leave out “please”."),
        ("next --now", "“next” has no options: leave out “--now”, or put it in quotation marks."),
        ("ask", '“ask” is written as ask "QUESTION", for example: ask "What would you check first?"'),
        ("open", '“open” is written as open "QUESTION", for example: open "What surprised you?"'),
        ('ask ""', '“ask” is written as ask "QUESTION", for example: ask "What would you check first?"'),
        ('ask "Who?', "The quotation mark before “Who?” is never closed: add one at the end."),
        ("ask Who? --for 60s", "“ask” has no options: leave out “--for”, or put it in quotation marks."),
        (f"ask {'q' * 301}", f"“{'q' * 29}…” has 301 characters, and 300 is the most: shorten it."),
        (f"start {'q' * 151}", f"“{'q' * 29}…” has 151 characters, and 150 is the most: shorten it."),
        ("roster ad Jo", "There is no “roster ad”: did you mean “roster add”?"),
        ("roster list all", ROSTER),
        ("roster add", ROSTER),
        ('roster add ""', ROSTER),
        ("roster add @", ROSTER),
        ("roster manager", ROSTER),
        ("roster manager Dana Jo", ROSTER),
        ("roster manager for Jo", ROSTER),
        ("roster manager Dana for", ROSTER),
        ("roster manager Dana, Jo", ROSTER),
        ("roster manager Dana for Jo for Al", ROSTER),
        (f"roster add {'n' * 81}", f"“{'n' * 29}…” has 81 characters, and 80 is the most: shorten it."),
        ("checklist sned", "There is no “checklist sned”: did you mean “checklist send”?"),
        ("checklist send now", "“checklist” is written as checklist [status | send], for example: checklist send"),
        ("silence", "“silence” is written as silence on | off | 90s, for example: silence 90s"),
        ("silence please", "“silence” is written as silence on | off | 90s, for example: silence 90s"),
        ("silence 5s", "“silence” waits from 10 seconds to 1 hour: write a time between them, as in “silence 90s”."),
        ("move", "“move” is written as move DATE TIME [ZONE], for example: move tomorrow 15:00"),
        (
            "new feedback on",
            "Write the day and the time after “on”, for example: new giving-feedback on 24 Nov 14:00 Europe/Zurich",
        ),
    ],
)
def test_a_command_that_is_not_understood_is_answered_with_one_sentence(typed: str, sentence: str) -> None:
    assert said(parse(typed)) == sentence


LETTERS = st.sampled_from(
    list("ab ?,;-'\"\n\t\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u2014\ud800\x00\u200b\u00a0@1")
)
TYPED = st.builds(
    lambda verb, rest: f"{verb} {rest}",
    st.sampled_from(
        [*VERBS, *SYNONYMS, "roster add", "roster manager a for b", "checklist send", "poll --for 60", 'poll "Q"']
    ),
    st.text(LETTERS, max_size=40),
)


@given(st.text() | TYPED)
@example('poll ""')
@example("roster manager for for for")
@example("silence ²")
@example("poll Q? a b --for ²")
@example('poll "a" " "x" b')
def test_any_text_is_a_command_or_a_sentence_and_a_command_can_be_typed_again(text: str) -> None:
    found = parse(text)
    if isinstance(found, Text):
        assert said(found)
        return
    assert found.verb in VERBS
    assert parse(found.typed()) == found
    assert parse(f"/ilt {found.typed()}") == found


@given(st.lists(st.text()))
def test_a_word_in_quotation_marks_is_read_back(words: list[str]) -> None:
    tidied = [" ".join(word.split()) for word in words if word.isprintable()]
    found = split(" ".join(map(quoted, tidied)))
    assert isinstance(found, tuple)
    assert [word.text for word in found] == tidied


@pytest.mark.parametrize("mark", "'\u2018\u2019\u201a\"\u201c\u201e\u00ab\u300c")
def test_a_text_full_of_quotation_marks_is_read_quickly(mark: str) -> None:
    split(f"{mark}a " * 2000)  # the test's own time limit holds; read mark by mark it would take minutes


# -- the table and the help --------------------------------------------------------------------------------------------


def test_every_example_is_a_command() -> None:
    for name, verb in VERBS.items():
        found = parse(verb.example)
        assert isinstance(found, Command), said(found)
        assert found.verb == name
        assert verb.usage.split()[0] == name


def test_synonyms_and_suggestions_lead_to_commands() -> None:
    assert {*SYNONYMS.values(), *MEANT.values()} <= set(VERBS)
    assert not {*SYNONYMS, *MEANT} & set(VERBS)


def test_who_may_use_what() -> None:
    assert for_everybody == {"help", "here", "poll", "sessions", "new", "start"}
    assert {verb for verb in VERBS if Command(verb).desk} == {"new", "sessions"}


def labels(card: Card) -> list[str]:
    return [said(fact.label) for fact in card.facts]


def test_the_help_lists_what_one_may_use() -> None:
    usages = [verb.usage for verb in VERBS.values()]
    assert labels(help_card(None, Role.FACILITATOR)) == usages
    assert labels(help_card(None, None)) == usages
    learner = help_card(None, Role.LEARNER)
    own = ("help", "new", "sessions")  # a poll in a session is for who leads it
    assert labels(learner) == [VERBS[verb].usage for verb in own]
    assert "The facilitator of a session has more commands." in map(said, learner.text)


def test_the_help_explains_one_command() -> None:
    card = help_card("poll", None)
    assert said(card.title) == VERBS["poll"].usage
    assert [said(fact.value) for fact in card.facts] == ["/ilt " + VERBS["poll"].example, "anybody"]
    assert said(help_card("next", None).facts[1].value) == "facilitators"


# -- lengths and moments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "length"),
    [
        ("60s", 60),
        ("8m", 480),
        ("1h", 3600),
        ("90", 90),
        ("1m30s", 90),
        ("1h 30 min", 5400),
        ("2 minutes", 120),
        ("8 Secs", 8),
        ("10 hours", 36000),
        ("0", None),
        ("0s", None),
        ("", None),
        ("m", None),
        ("-5", None),
        ("1.5h", None),
        ("8x", None),
        ("8 mm", None),
        ("1:30", None),
        ("9" * 5000, None),
        ("٣", None),
    ],
)
def test_a_length_of_time_is_read(typed: str, length: int | None) -> None:
    assert seconds(typed) == length


NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)  # a Tuesday, 14:05 in Zurich


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-11-25 14:00", datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        ("2026-11-25T14:00", datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        ("2026-11-25T14:00Z", datetime(2026, 11, 25, 14, 0, tzinfo=UTC)),
        ("25 Nov 2pm", datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        ("25 November 2026, at 2:30 pm", datetime(2026, 11, 25, 13, 30, tzinfo=UTC)),
        ("Nov 25th 12pm", datetime(2026, 11, 25, 11, 0, tzinfo=UTC)),
        ("1st dec 12 a.m.", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ("tomorrow 9:30", datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
        ("9:30 tomorrow", datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
        ("today 14:06", datetime(2026, 11, 24, 13, 6, tzinfo=UTC)),
        ("to wednesday at 14:00", datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        ("tue 15:00", datetime(2026, 11, 24, 14, 0, tzinfo=UTC)),
        ("Tuesday 14:00", datetime(2026, 12, 1, 13, 0, tzinfo=UTC)),
        ("Wed 25 Nov 14:00", datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        ("10 Jan 10:00", datetime(2027, 1, 10, 9, 0, tzinfo=UTC)),
        ("25 Nov 14:00 UTC", datetime(2026, 11, 25, 14, 0, tzinfo=UTC)),
        ("25 Nov 14:00 America/New_York", datetime(2026, 11, 25, 19, 0, tzinfo=UTC)),
        ("25 Nov 14:00 america/new york", datetime(2026, 11, 25, 19, 0, tzinfo=UTC)),
        ("24 Nov 22:30 Pacific/Auckland", "… has passed: choose a time that is still to come."),
        ("today 3am Asia/Tokyo", "… has passed: choose a time that is still to come."),
        ("tomorrow 3am Asia/Tokyo", datetime(2026, 11, 24, 18, 0, tzinfo=UTC)),
        # The clocks: forward on 28 March 2027, back on 31 October 2027.
        (
            "2027-03-28 02:30",
            "02:30 does not exist on 2027-03-28 in Europe/Zurich, where the clocks go forward: choose another time.",
        ),
        ("2027-03-28 02:30 UTC", datetime(2027, 3, 28, 2, 30, tzinfo=UTC)),
        ("2027-03-28 03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31 02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        # What is no moment.
        ("today 14:05", "… has passed: choose a time that is still to come."),
        ("20 Nov 10:00", "… has passed: choose a time that is still to come."),
        ("2026-11-23 10:00", "… has passed: choose a time that is still to come."),
        ("2028-12-31 10:00", "… is too far away: a session can be planned for the next two years."),
        ("2062-01-01 10:00", "2062 is too far away: a session can be planned for the next two years."),
        ("0001-01-01 00:00", "1 is too far away: a session can be planned for the next two years."),
        ("9999-12-31 23:59", "9999 is too far away: a session can be planned for the next two years."),
        ("30 Feb 10:00", "There is no 30 Feb in the calendar: check the day."),
        ("2027-13-01 10:00", "There is no 2027-13-01 in the calendar: check the day."),
        ("Thu 25 Nov 14:00", "2026-11-25 is a Wednesday: check the day."),
        ("25 Nov", "I cannot find the time in “25 Nov”: write it as 14:00 or 2pm."),
        ("25 Nov 25:00", "I cannot find the time in “25 Nov 25:00”: write it as 14:00 or 2pm."),
        ("tomorrow 13pm", "I cannot find the time in “tomorrow 13pm”: write it as 14:00 or 2pm."),
        (
            "14:00",
            "I cannot find the day in “14:00”: write it as 2027-03-24, 24 Mar, tomorrow or a weekday.",
        ),
        (
            "24/11/2026 14:00",  # 11 May in some countries, so it is asked back
            "I cannot find the day in “24/11/2026 14:00”: write it as 2027-03-24, 24 Mar, tomorrow or a weekday.",
        ),
        ("", "I cannot find the day in “”: write it as 2027-03-24, 24 Mar, tomorrow or a weekday."),
        ("25 Nov 14:00 Zürich", "“Zürich” is not a time zone: did you mean Europe/Zurich?"),
        ("25 Nov 14:00 New York", "“New York” is not a time zone: did you mean America/New_York?"),
        ("25 Nov 14:00 Europe/Zurch", "“Europe/Zurch” is not a time zone: did you mean Europe/Zurich?"),
        (
            "25 Nov 14:00 EST",
            "“EST” is not a time zone: write one such as Europe/Zurich, America/New_York or UTC.",
        ),
        (
            "25 Nov 14:00 +02:00",
            "“+02:00” is not a time zone: write one such as Europe/Zurich, America/New_York or UTC.",
        ),
    ],
)
def test_a_moment_is_found_or_the_sentence_says_what_is_missing(typed: str, expected: datetime | str) -> None:
    found = moment(typed.split(), "Europe/Zurich", NOW)
    assert (said(found) if isinstance(found, Text) else found) == expected


@pytest.mark.parametrize(
    ("now", "typed", "expected"),
    [
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "1 Jan 10:00", datetime(2027, 1, 1, 10, tzinfo=UTC)),
        (datetime(2027, 11, 1, 12, tzinfo=UTC), "29 Feb 10:00", datetime(2028, 2, 29, 10, tzinfo=UTC)),
        (datetime(2028, 1, 1, 12, tzinfo=UTC), "29 Feb 10:00", datetime(2028, 2, 29, 10, tzinfo=UTC)),
    ],
)
def test_a_day_without_a_year_is_the_one_that_comes(now: datetime, typed: str, expected: datetime) -> None:
    assert moment(typed.split(), "UTC", now) == expected


TIMES = (
    "today tomorrow mon Tuesday 24 29 31 Feb nov. 2027 2027-03-28 0000-00-00 14:00 2:30 2 pm 12am at on , T10:00 99:99"
)
ZONES = "UTC Europe/Zurich Asia/Kathmandu z - ٣:٣٣"
MOMENTS = st.lists(st.sampled_from([*TIMES.split(), *ZONES.split()]))


@given(
    MOMENTS | st.lists(st.text()),
    st.sampled_from(["UTC", "Europe/Zurich", "Pacific/Kiritimati", "Pacific/Pago_Pago", "nowhere"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  (Hypothesis adds the zone below)
)
def test_a_moment_is_always_ahead_and_within_two_years(words: list[str], zone: str, at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    found = moment(words, zone, now)
    if isinstance(found, Text):
        assert said(found)
    else:
        assert found.tzinfo is UTC
        assert now < found <= now + timedelta(days=732)


def test_time_zones_are_found_however_their_letters_are_typed() -> None:
    assert [
        zone_named(zone) for zone in ("europe/zurich", "utc", "Z", "America/New York", "est", "../etc/passwd", "")
    ] == [
        "Europe/Zurich",
        "UTC",
        "UTC",
        "America/New_York",
        None,
        None,
        None,
    ]


# -- names -------------------------------------------------------------------------------------------------------------


def roster(*names: str) -> tuple[Member, ...]:
    return tuple(Member(f"p{n}", name, Role.LEARNER) for n, name in enumerate(names))


PEOPLE = roster("Jo Smith", "Joanna Smithers", "Zoë Meier-Lang", "Al", "Albert Brown", "Sam Lee", "Sam Lee")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Jo Smith", "p0"),
        ("  @jo   SMITH ", "p0"),
        ("joanna", "p1"),
        ("smithe", "p1"),
        ("zoe", "p2"),
        ("ZOË", "p2"),
        ("meier", "p2"),
        ("lang", "p2"),
        ("Zoe\u0308 meier-l", "p2"),
        ("Al", "p3"),
        ("alb", "p4"),
        ("Brown", "p4"),
        ("jo", "“jo” could be Jo Smith, Joanna Smithers: write more of the name."),
        ("sm", "“sm” could be Jo Smith, Joanna Smithers: write more of the name."),
        ("Sam Lee", "2 people here are called “Sam Lee”, and a name cannot tell them apart."),
        ("Joana", "Nobody here is called “Joana”: write the name as it stands in the roster."),
        ("Jo Smit", "p0"),
        ("Jo Smth", "Nobody here is called “Jo Smth”: did you mean Jo Smith?"),
        ("mith", "Nobody here is called “mith”: did you mean Jo Smith?"),
        ("@", "Write a name, as it stands in the roster."),
        ("", "Write a name, as it stands in the roster."),
        ("\u0308", "Write a name, as it stands in the roster."),
    ],
)
def test_a_person_is_found_by_any_clear_part_of_the_name(typed: str, found: str) -> None:
    member = find(typed, PEOPLE)
    assert (said(member) if isinstance(member, Text) else member.person) == found


def test_many_who_fit_are_not_all_listed() -> None:
    assert said(find("A", roster("A1", "A2", "A3", "A4", "A5", "A6"))) == (
        "“A” could be A1, A2, A3, A4, A5, …: write more of the name."
    )


@given(st.text(), st.lists(st.text()))
def test_finding_somebody_never_fails(name: str, names: list[str]) -> None:
    found = find(name, roster(*names))
    if isinstance(found, Text):
        assert said(found)
    else:
        assert found.name in names


# -- which session is meant, where several share a room ----------------------------------------------------------------


def command(text: str) -> Command:
    parsed = parse(text)
    assert isinstance(parsed, Command)
    return parsed


EVERY = {row.example for row in VERBS.values()} | {"start"}
FITTING = {
    "planned": EVERY - {VERBS["poll"].example, VERBS["start"].example},  # both are for now, and begin something else
    "open": EVERY,
    "closed": {VERBS["survey"].example, VERBS["digest"].example, VERBS["roster"].example},
    "archived": set(),
}


@pytest.mark.parametrize("phase", ["planned", "open", "closed", "archived"])
def test_a_command_is_meant_for_a_session_that_is_far_enough_for_it(phase: str) -> None:
    fitting = {text for text in [*(row.example for row in VERBS.values()), "start"] if command(text).fits(phase)}
    assert fitting == FITTING[phase]


def test_what_is_said_at_ones_desk() -> None:
    assert {verb for verb in VERBS if Command(verb).desk} == {"new", "sessions"}


def test_a_guess_is_close() -> None:
    assert nearest("opne", VERBS) == "open"
    assert nearest("zzz", VERBS) is None
