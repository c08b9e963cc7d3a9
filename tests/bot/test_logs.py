"""The log: one id from the edge to the delivery, a JSON object a line, and nothing of what people are or say."""

import io
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from adapters.base import TRACE
from adapters.slack.calling import Refused
from bot import logs
from tests.slack.faults import Fault
from tests.slack.workspace import Slack
from tests.stories import teams_class
from tests.stories.slack_class import NOW, Course
from tests.stories.workspace import SIGNING, Story, telling

WORD = "Jo-Smith-said-this"


class Terminal(io.StringIO):
    """Where somebody looks on."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def out(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged; afterwards logging is as it was."""
    root, ours = logging.getLogger(), [logging.getLogger(name) for name in logs.OURS]
    before = root.handlers[:], root.level, [one.level for one in ours]
    root.handlers[:] = []  # or they would be closed, and pytest's are still needed
    stream = getattr(request, "param", io.StringIO)()
    logs.set_up("info", stream)
    yield stream
    root.handlers[:], root.level = before[:2]
    for one, level in zip(ours, before[2], strict=True):
        one.setLevel(level)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


class Whole(BaseModel):
    number: int


def unreadable() -> None:
    Whole.model_validate({"number": WORD})


def broken() -> None:
    raise ValueError(WORD)


def chained() -> None:
    try:
        broken()
    except ValueError as error:
        raise KeyError(WORD) from error


@pytest.mark.parametrize("fails", [unreadable, broken, chained])
def test_an_error_says_where_it_was_and_nothing_that_somebody_wrote(out: io.StringIO, fails: Any) -> None:
    try:
        fails()
    except Exception as error:
        logging.getLogger("bot.somewhere").exception("it failed: %r, %s", error, "and more")  # noqa: TRY401 - it is what is tested

    (line,) = lines(out)
    assert fails.__name__ in line["error"]
    assert WORD not in out.getvalue().replace(f"raise ValueError({WORD!r})", "")
    assert line["says"].endswith(", and more")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (sqlite3.OperationalError("database is locked"), "OperationalError: database is locked"),
        (OSError(28, "No space left"), "OSError: [Errno 28] No space left"),
        (Refused("is_archived"), "Refused: is_archived"),  # a word of Slack's own
        (ValueError(WORD), "ValueError"),
    ],
)
def test_what_is_known_to_be_harmless_is_said(error: Exception, says: str) -> None:
    assert logs.sort(error) == says


def test_a_line_has_its_time_in_utc_its_origin_and_the_id_of_what_it_is_about(out: io.StringIO) -> None:
    TRACE.set("0123456789ab")
    logging.getLogger("adapters.slack.app").warning("100 %% of %s", "it")
    logging.getLogger("elsewhere").info("too much")

    (line,) = lines(out)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("at"))
    assert line == {"level": "warning", "from": "adapters.slack.app", "trace": "0123456789ab", "says": "100 % of it"}


@pytest.mark.parametrize("out", [Terminal], indirect=True)
def test_on_a_terminal_it_is_words(out: io.StringIO) -> None:
    TRACE.set("")
    logging.getLogger("bot").warning("it is late")

    assert out.getvalue() == "WARNING bot: it is late\n"


async def test_a_session_leaves_one_id_from_the_press_to_what_is_shown_and_nothing_of_anybody(
    tmp_path: Path, out: io.StringIO
) -> None:
    async with telling(tmp_path, NOW) as story:
        course = Course(story)
        people = [course.hanna, *course.learners]
        for who in people:
            who.email = f"{who.name.split()[0].lower()}@private.example"
        await course.begins()
        await course.all_check_in()
        await story.passes(3)
        before = len(lines(out))
        await course.votes(course.ida, "Yes")
        await story.passes(3)
        vote = lines(out)[before:]
        await course.types("/ilt open “What is your secret?”")
        await story.passes(3)
        await course.ida.writes(course.room, "an answer that is nobody's business")
        course.slack.next("chat.update", *faults())
        await course.votes(course.ben, "No")
        await story.passes(120)
        await course.types("/ilt end")
        await story.passes(60)
        secrets = forbidden(story, course.slack)

    text = out.getvalue()
    assert [word for word in secrets if word.casefold() in text.casefold()] == []
    pressed = [line for line in vote if line["says"].startswith("pressed: stored")]
    (shown,) = {line["trace"] for line in vote if line["says"].startswith("shown:") and line["says"].endswith("slack")}
    assert [line["trace"] for line in pressed] == [shown]
    assert len(text.splitlines()) > 30  # there was something to be found


def faults() -> list[Fault]:
    return [Fault.http(500), Fault.error("fatal_error"), Fault.ratelimited(1)]


def forbidden(story: Story, slack: Slack) -> list[str]:
    """Names, addresses, what was said and asked, and what opens doors."""
    people = [user for user in slack.users.values() if not user.is_bot]
    words = [part for user in people for part in (user.name, *user.name.split(), user.email) if part]
    said = ["Ready?", "What is your secret", "nobody's business", "Feedback"]
    tokens = [*slack.tokens, SIGNING, "not a secret, a story", "response_url", "/actions/", "/room/", "/console/"]
    return words + said + tokens


async def test_a_class_in_teams_leaves_nothing_of_anybody_either(tmp_path: Path, out: io.StringIO) -> None:
    async with teams_class.course(tmp_path) as told:
        told.fails("update", teams_class.Fault.throttled(3), teams_class.Fault.http(503), room=told.room)
        await told.votes(told.ida, "Yes")
        await told.story.passes(30)
        assert "did you mean" in await told.types("pol")
        await told.types("end")
        await told.story.passes(60)
        names = [part for who in (told.hanna, told.ida, told.ben) for part in (who.name, *who.name.split())]
        secret = [*names, "Ready?", told.teams.app_password, *told.teams.web.tokens, "Bearer", "/room/", "eyJ"]

    text = out.getvalue()
    assert [word for word in secret if word.casefold() in text.casefold()] == []
    assert sum(line["says"].endswith(", teams") for line in lines(out)) > 3
