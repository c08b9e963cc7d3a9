"""The contract of Store: what people do is counted by the minute, in live sessions only, and never what they said."""

from datetime import timedelta

import pytest

from dialogs.base import Event, Joined, Left, Note, Reacted, Role, Said
from storage.records import Attended
from tests.storage.contract import NOON, World

SECOND = timedelta(seconds=1)


async def attended(world: World, session: str, host: str, person: str = "ann") -> Attended:
    """What the store knows of this person in the session, as the facilitator's page has it."""
    page = await world.store.page(host, session, world.now)
    assert page is not None
    return next(one for one in page.roster if one.person == person)


def said(world: World, session: str, words: int, second: float = 0, **more: object) -> Event:
    """Ann writes to the room."""
    return world.event(Said, "ann", **{"place": f"web:{session}", "words": words, "at": NOON + second * SECOND} | more)


async def test_posts_of_three_words_or_more_are_contributions_and_all_are_acts(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")

    await world.hear(said(world, session, 2), said(world, session, 3, 20), said(world, session, 9, 59.5))
    await world.hear(
        said(world, session, 3, 60), world.event(Reacted, "ann", place=f"web:{session}", at=NOON + 70 * SECOND)
    )

    ann = await attended(world, session, host)
    assert (ann.posts, ann.acts, ann.last) == (
        ((NOON, 2), (NOON + 60 * SECOND, 1)),
        5,
        NOON + 70 * SECOND,
    )


async def test_an_answer_in_a_thread_is_a_contribution_however_short(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")
    prompt = await world.dialog(session, "prompt", by=host)

    await world.hear(said(world, session, 1, dialog=prompt))

    assert (await attended(world, session, host)).posts == ((NOON, 1),)
    assert (await world.ask(prompt, host))["heard"] == ["Said 1"]


async def test_the_last_act_is_the_latest_by_the_platforms_time_in_whatever_order_they_come(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")

    for second in (5.25, 30.125, 1):
        await world.hear(said(world, session, 1, second))

    ann = await attended(world, session, host)
    assert (ann.acts, ann.last) == (3, NOON + 30.125 * SECOND)


async def test_an_act_delivered_twice_counts_once(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")
    post = said(world, session, 5)

    await world.hear(post, post)
    await world.hear(post, store=world.another())

    ann = await attended(world, session, host)
    assert (ann.acts, ann.posts) == (1, ((NOON, 1),))


async def test_votes_and_answers_in_the_sessions_dialogs_are_acts(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann", "ben")
    poll = await world.dialog(session, "poll", by=host)

    await world.does("ann", poll, Note("vote", "ann", "a"), Note("why", "ann", "so"), at=NOON + 3 * SECOND)
    await world.does("ann", poll, Note("vote", "ann", "b"), at=NOON + 9 * SECOND)
    await world.does("ben", poll, Note("vote", "ben", None))

    people = [await attended(world, session, host, person) for person in ("ann", "ben")]
    assert [(one.acts, one.last, one.posts) for one in people] == [(2, NOON + 9 * SECOND, ()), (0, None, ())]


async def test_coming_and_leaving_are_kept_minute_by_minute(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    came = [(Joined, 1), (Left, 20), (Joined, 50), (Left, 61), (Joined, 125)]
    for sort, second in came:
        await world.hear(world.event(sort, "ann", place=f"web:{session}", at=NOON + second * SECOND))

    ann = await attended(world, session, host)
    assert (ann.joined, ann.left) == (
        (NOON + 50 * SECOND, NOON + 125 * SECOND),
        (NOON + 20 * SECOND, NOON + 61 * SECOND),
    )
    assert (ann.acts, ann.last) == (0, None)


@pytest.mark.parametrize(
    ("phase", "counted"),
    [("planned", (1, 1, 0)), ("open", (1, 1, 2)), ("closed", (0, 0, 0)), ("archived", (0, 0, 0))],
)
async def test_only_a_live_session_counts(world: World, phase: str, counted: tuple[int, int, int]) -> None:
    host = await world.host()
    session = await world.session(host, phase=phase)
    place = f"web:{session}"

    sorts: list[type[Event]] = [Joined, Said, Reacted, Left]
    await world.hear(*(world.event(sort, "ann", place=place) for sort in sorts))

    ann = await attended(world, session, host)
    assert (len(ann.joined), len(ann.left), ann.acts) == counted


async def test_a_place_without_a_session_writes_nothing(world: World) -> None:
    await world.host()
    post = world.event(Said, "ann", place="slack:C9", words=5)

    outcomes = [*await world.hear(post), *await world.hear(post)]

    assert [(one.reply, one.again, one.error) for one in outcomes] == [(None, False, None)] * 2


async def test_the_roster_says_what_each_one_is(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann", "ben")
    notes = [
        Note("manager", "ann", "mia"),
        Note("role", "mia", "manager"),
        Note("here", "ann", "yes"),
        Note("calls", "ann", "off"),
    ]
    await world.does(host, session, *notes)

    people = [await attended(world, session, host, person) for person in ("ann", "ben", "mia", host)]

    assert [(one.name, one.role, one.manager, one.here, one.here_at, one.calls) for one in people] == [
        ("", Role.LEARNER, "mia", "yes", NOON, False),
        ("", Role.LEARNER, None, None, None, True),
        ("", Role.MANAGER, None, None, None, True),
        ("Hana", Role.FACILITATOR, None, None, None, True),
    ]


async def test_heard_ids_are_kept_for_twenty_six_hours(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")
    old = world.press("ann", session, Note("vote", "ann", "a"))
    await world.hear(old)
    world.move(60)
    newer = world.press("ann", session, Note("vote", "ann", "b"))
    await world.hear(newer)

    world.move(26 * 3600 - 30)
    await world.store.tidy(world.now)
    again = [one.again for one in await world.hear(old, newer)]

    assert again == [False, True]
    assert (await world.ask(session, host))["mine"] == {"role": "facilitator"}
    assert (await world.ask(session, "ann"))["mine"] == {"role": "learner", "vote": "b"}  # late, but not newer
