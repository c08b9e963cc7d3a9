"""What a refusal of Slack's means, row by row, and how a minute's calls are shared out."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Gone, Later, Lost
from adapters.slack.calling import LOST, OUT, PEOPLE, PLACES, SHORTEST, Budget, Refused, meant
from bot.clock import HandClock
from storage.hot import MemoryHot
from tests.adapters.slack.stand_ins import NOON

AGAIN = "tried again"
GONE = "the message is not there any more"
INVITE = "Cohost is not in this channel: type /invite @Cohost there, and it goes on."
LET_POST = "Posting is restricted in this channel: its managers can let Cohost post."
OFF = "This person's account is switched off."
UNKNOWN = "Slack does not know Cohost's token any more: install it again."
TAKEN_OFF = "Cohost was taken off this workspace: install it again."
RUN_OUT = "Cohost's token has run out: install it again."
MOVING = "The workspace is being moved to an organisation: try again when that is done."
FORBIDDEN = "Cohost may not do this here: an administrator can allow it."
WRONG_SORT = "The token is of the wrong sort: use the “Bot User OAuth Token”."
OLD = "The workspace allows edits for a while only, and this message is older than that."
SCOPE = "Cohost lacks the permission “im:write”: add it in the app's settings and install it again."
ROWS = {  # Slack's word: what it means in a channel, and to one person
    "not_in_channel": (INVITE, AGAIN),
    "channel_not_found": (INVITE, "Slack does not let Cohost write to this person."),
    "is_archived": ("The channel is archived: unarchive it, and Cohost goes on once it is invited again.", AGAIN),
    "restricted_action": (LET_POST, "The workspace does not let Cohost write to this person."),
    "restricted_action_read_only_channel": ("The channel is read-only: its managers can let Cohost post.", AGAIN),
    "restricted_action_thread_only_channel": ("Only replies are allowed in this channel: use another one.", AGAIN),
    "restricted_action_non_threadable_channel": ("Posting is restricted in this channel: use another one.", AGAIN),
    "posting_to_channel_denied": (LET_POST, AGAIN),
    "team_access_not_granted": (
        "The organisation has not let Cohost into this workspace: an administrator can.",
        AGAIN,
    ),
    "ekm_access_denied": ("The organisation's encryption keys keep Cohost out: an administrator can let it in.", AGAIN),
    "user_not_found": (AGAIN, "This person is not in the workspace any more."),
    "user_disabled": (AGAIN, OFF),
    "account_inactive": (AGAIN, OFF),
    "user_not_visible": (AGAIN, "Cohost may not see this person."),
    "cannot_dm_bot": (AGAIN, "This is an app, and nobody who could answer."),
    "messages_tab_disabled": (
        AGAIN,
        "Direct messages to Cohost are switched off in its settings at Slack (App Home).",
    ),
    "token_revoked": (TAKEN_OFF, TAKEN_OFF),
    "token_expired": (RUN_OUT, RUN_OUT),
    "invalid_auth": (UNKNOWN, UNKNOWN),
    "not_authed": (UNKNOWN, UNKNOWN),
    "org_login_required": (MOVING, MOVING),
    "access_denied": (FORBIDDEN, FORBIDDEN),
    "not_allowed_token_type": (WRONG_SORT, WRONG_SORT),
    "edit_window_closed": (OLD, OLD),
    "message_not_found": (GONE, GONE),
    "cant_update_message": (GONE, GONE),
    "no_item_specified": (GONE, GONE),
    "missing_scope": (SCOPE, SCOPE),
    "internal_error": (AGAIN, AGAIN),
    "invalid_blocks": (AGAIN, AGAIN),
    "a_word_of_tomorrow": (AGAIN, AGAIN),
}


def test_every_word_that_means_something_has_its_row() -> None:
    assert {*PLACES, *PEOPLE, *OUT, *LOST} - ROWS.keys() == set()


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("error", ROWS)
def test_a_refusal_means_exactly_this(error: str, private: bool) -> None:
    no = Refused(error, "im:write")
    found, wanted = meant(no, private=private), ROWS[error][private]

    if wanted == AGAIN:
        assert found is no  # what the outbox does not know is tried later and later
    elif wanted == GONE:
        assert type(found) is Lost
    else:
        assert isinstance(found, Gone)
        assert found.why == wanted


MOST = st.integers(1, 60)
STEPS = st.lists(st.tuples(st.floats(0, 40, allow_nan=False), st.integers(0, 70)), min_size=1, max_size=12)


@given(MOST, STEPS)
async def test_no_minute_has_more_calls_than_were_saved_up_and_came_anew(
    most: int, steps: list[tuple[float, int]]
) -> None:
    clock, granted, waits = HandClock(NOON), [], [SHORTEST]
    budget = Budget("edits", most, MemoryHot(), clock.now)
    for wait, asked in steps:
        clock.move(wait)
        for _ in range(asked):
            try:
                await budget.take("t1")
            except Later as later:
                waits.append(later.seconds)
            else:
                granted.append(clock.now())

    assert min(waits) >= SHORTEST > 0
    for first, start in enumerate(granted):
        until = start + timedelta(minutes=1)
        within = sum(1 for moment in granted[first:] if moment < until)
        assert within <= most * 2  # a full budget at first, and in the minute the minute's own
        for number, moment in enumerate(granted[first:], 1):
            assert number <= most + (moment - start).total_seconds() * most / 60 + 0.001


@given(MOST, st.integers(1, 70), st.floats(0, 5, allow_nan=False))
async def test_whoever_is_refused_is_given_a_moment_of_their_own_and_is_served_then(
    most: int, refused: int, before: float
) -> None:
    clock = HandClock(NOON)
    budget, each = Budget("edits", most, MemoryHot(), clock.now), 60 / most
    for _ in range(most):
        await budget.take("t1")
    clock.move(min(before, each * 0.9))
    moments = []
    for _ in range(refused):
        with pytest.raises(Later) as later:
            await budget.take("t1")
        moments.append(clock.now() + timedelta(seconds=later.value.seconds))

    gaps = [(after - one).total_seconds() for one, after in pairwise(moments)]
    assert all(gap >= each - SHORTEST - 0.001 for gap in gaps)
    for moment in moments:
        clock.move((moment - clock.now()).total_seconds())
        await budget.take("t1")


async def test_a_quiet_hour_saves_up_no_more_than_a_minute() -> None:
    clock = HandClock(NOON)
    budget = Budget("edits", 3, MemoryHot(), clock.now)
    await budget.take("t1")
    clock.move(3600)
    for _ in range(3):
        await budget.take("t1")
    with pytest.raises(Later):
        await budget.take("t1")


async def test_workspaces_do_not_share_their_minutes() -> None:
    budget = Budget("edits", 1, MemoryHot(), HandClock(NOON).now)
    for tenant in ("t1", "t2"):
        await budget.take(tenant)
        with pytest.raises(Later):
            await budget.take(tenant)


async def test_slack_knows_better_how_many_are_left() -> None:
    clock = HandClock(NOON)
    budget = Budget("edits", 30, MemoryHot(), clock.now)
    await budget.take("t1")
    await budget.empty("t1")

    with pytest.raises(Later) as later:
        await budget.take("t1")
    assert later.value.seconds == pytest.approx(2)
    await budget.take("t2")
    clock.move(2)
    await budget.take("t1")


async def test_two_workers_share_one_minute_and_what_slack_says_of_it() -> None:
    clock, hot = HandClock(NOON), MemoryHot()
    one, other = (Budget("edits", 4, hot, clock.now) for _ in range(2))
    for budget in (one, other, one, other):
        await budget.take("t1")
    with pytest.raises(Later) as later:
        await one.take("t1")
    assert later.value.seconds == pytest.approx(15)
    clock.move(60)
    await other.empty("t1")
    with pytest.raises(Later):
        await one.take("t1")


async def test_budgets_of_other_names_are_other_budgets() -> None:
    hot = MemoryHot()
    for name in ("edits", "private edits"):
        await Budget(name, 1, hot, HandClock(NOON).now).take("t1")
