"""Every card: Teams takes it whole, and nothing in it is alive but what is ours."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.blocks import length
from adapters.teams.draw import CARD, message, said, text_message, wrong
from adapters.teams.text import Reader
from dialogs.card import Card, Reply, Wrong
from tests.adapters.slack import hostile
from tests.adapters.slack.hostile import PAGE
from tests.adapters.teams.looking import MANY, READER, ROOM, WHOLE, check, check_content, fields_of
from tests.dialogs.examples import EXAMPLES, few
from tests.teams import schema
from tests.teams.cards import actions
from tests.teams.limits import check_activity, check_card

# A card of the worst is long, and a failure tells of it.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
# The published schema takes its time over so large a card.
SOME = settings(deadline=None, max_examples=max(10, settings().max_examples // 4))


@SOME
@given(hostile.cards, st.booleans(), st.sampled_from([READER, ROOM]), st.sampled_from([[], MANY]))
def test_whatever_is_on_a_card_teams_takes_it_and_nothing_in_it_is_alive(
    given_: Card, private: bool, reader: Reader, refresh: list[str]
) -> None:
    check(message(given_, "d" * 21, "board", reader, private=private, refresh=refresh))


wrongs = hostile.some(st.tuples(hostile.keys, hostile.texts), 20).map(Wrong)


@SOME
@given(st.one_of(hostile.texts, hostile.cards, wrongs))
def test_whatever_is_told_teams_takes_it(reply: Reply) -> None:
    check(text_message(reply, READER, dialog="d", slot="s"))
    told = said(reply, "d" * 21, "board", READER)
    if told["type"] == CARD:
        check_content(told["value"])
    else:
        assert told["value"].strip()


@SOME
@given(hostile.cards, wrongs, st.dictionaries(hostile.keys, hostile.words, max_size=3))
def test_whatever_is_wrong_with_a_form_it_can_be_shown(given_: Card, amiss: Wrong, values: dict[str, str]) -> None:
    check_content(wrong(given_, amiss, values, "d" * 21, "board", READER))


@pytest.mark.skipif(not schema.AT_HAND, reason="the published schema of Adaptive Cards is not beside this checkout")
@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_example_of_every_kind_fits_in_full(kind: str) -> None:
    for example in EXAMPLES[kind]:
        stage = example()
        reader = Reader({one: f"29:{one}" for one in stage.names}, stage.names, lambda _: PAGE)
        for viewer in (None, *few(stage)):
            for dialog, slot, one in stage.cards(viewer):
                sent = message(one, dialog, slot, reader, private=viewer is not None, refresh=MANY)
                content = sent["attachments"][0]["content"]
                assert check_activity(sent, lambda _: True) == []
                assert check_card(content, lambda _: True) == []
                assert 2 * length(sent) <= WHOLE
                pressed = [found.action["data"] for found in actions(content) if "verb" in found.action]
                wanted = [(button.action, button.value) for button in one.all_buttons()]
                assert sorted((data["a"], data["v"]) for data in pressed) == sorted(wanted), "a button is missing"
                assert len(fields_of(content)) == len(one.fields)
