from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.links import DAY, DAYS, Links, Pass, local

SECRET = "a secret that only this test knows"
LINKS = Links(SECRET, "https://example.org/cohost/", now=lambda: 20_000 * DAY)


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_each_link_is_read_back_as_what_it_was_made_for() -> None:
    assert LINKS.read_room(token(LINKS.room("t1", "s1", "ana"))) == Pass("t1", "s1", "ana")
    assert LINKS.read_join(token(LINKS.join("t1", "s1"))) == Pass("t1", "s1", "")
    assert LINKS.read_desk(token(LINKS.desk("t1", "fay"))) == Pass("t1", "", "fay")
    assert LINKS.read_report(token(LINKS.report("t1", "s1", "mia"))) == Pass("t1", "s1", "mia")


def test_links_stand_under_the_public_address_and_its_folder() -> None:
    assert LINKS.room("t1", "s1", "ana").startswith("https://example.org/cohost/room/")
    assert LINKS.join("t1", "s1").startswith("https://example.org/cohost/room/join/")
    assert LINKS.desk("t1", "fay").startswith("https://example.org/cohost/console/")
    assert LINKS.report("t1", "s1", "mia").startswith("https://example.org/cohost/report/")
    assert LINKS.people("t1", "s1", "fay") == LINKS.room("t1", "s1", "fay") + "/people"
    assert local(LINKS.desk("t1", "fay")) == "/cohost/console/" + token(LINKS.desk("t1", "fay"))


def test_a_link_made_twice_on_a_day_is_the_same_link() -> None:
    evening = Links(SECRET, "https://example.org/cohost", now=lambda: 20_000.9 * DAY)
    assert evening.room("t1", "s1", "ana") == LINKS.room("t1", "s1", "ana")


def test_a_token_of_one_purpose_opens_nothing_else() -> None:
    made = {
        "room": token(LINKS.room("t1", "s1", "ana")),
        "join": token(LINKS.join("t1", "s1")),
        "desk": token(LINKS.desk("t1", "s1")),
        "report": token(LINKS.report("t1", "s1", "ana")),
    }
    readers = {"room": LINKS.read_room, "join": LINKS.read_join, "desk": LINKS.read_desk, "report": LINKS.read_report}
    opened = {(purpose, reader) for purpose in made for reader in readers if readers[reader](made[purpose])}
    assert opened == {("room", "room"), ("join", "join"), ("desk", "desk"), ("report", "report")}


def test_a_token_of_another_secret_opens_nothing() -> None:
    other = Links("another secret", "https://example.org", now=lambda: 20_000 * DAY)
    assert LINKS.read_room(token(other.room("t1", "s1", "ana"))) is None


@pytest.mark.parametrize(("age", "opens"), [(0, True), (DAYS - 1, True), (DAYS, True), (DAYS + 1, False)])
def test_a_link_opens_for_400_days(age: int, *, opens: bool) -> None:
    later = Links(SECRET, "https://example.org", now=lambda: (20_000 + age) * DAY)
    assert (later.read_room(token(LINKS.room("t1", "s1", "ana"))) is not None) is opens


@settings(deadline=None)
@given(st.text())
def test_no_text_at_all_is_a_token_or_an_error(text: str) -> None:
    assert [LINKS.read_room(text), LINKS.read_join(text), LINKS.read_desk(text), LINKS.read_report(text)] == [None] * 4


@settings(deadline=None)
@given(st.integers(0, 200), st.characters())
def test_a_token_with_any_character_changed_opens_nothing(position: int, character: str) -> None:
    good = token(LINKS.room("t1", "s1", "ana"))
    position %= len(good)
    forged = good[:position] + character + good[position + 1 :]
    # The last character of base64 carries bits that count for nothing: another spelling of the same signature.
    assert forged == good or LINKS.read_room(forged) is None or position == len(good) - 1
