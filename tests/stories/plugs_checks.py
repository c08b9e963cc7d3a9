"""What must hold in the end of `plugs`, worked out from what was sent and answered, not from what the bot says."""

from __future__ import annotations

import json
import re
from collections import Counter

import psycopg

from tests.slack.forms import pressable as slack_button
from tests.stories.plugs import Board, happens
from tests.stories.plugs_votes import Press, Votes

CONVERGES = 90.0  # seconds from the last vote until every board must be right: Slack may ask for a minute


class Checks:
    """Asked when everybody has voted and nothing is broken any more."""

    def __init__(self, votes: Votes) -> None:
        self.votes, self.town = votes, votes.town

    async def hold(self) -> None:
        """Nothing acknowledged is lost, and every board comes to show what is stored, without anybody's help."""
        assert [press for press in self.votes.presses if not press.answered] == []
        assert self.wrong() == []
        await happens(lambda: not (self.stale() or self.timers()), CONVERGES, lambda: [*self.stale(), *self.timers()])
        assert self.wrong() == []

    def due(self) -> dict[tuple[str, str, str], str]:
        """(dialog, platform, user) -> what they pressed last by the platform's time, of what was answered."""
        newest: dict[tuple[str, str, str], Press] = {}
        for press in self.votes.presses:
            key = (press.dialog, press.platform, press.user)
            if press.answered and (key not in newest or press.at > newest[key].at):
                newest[key] = press
        return {key: press.value for key, press in newest.items()}

    def wrong(self) -> list[str]:
        """What the database has other than every answered vote, once, as it was pressed last."""
        with psycopg.connect(self.town.database) as db:
            rows = db.execute(
                """SELECT n.dialog, i.platform, i."user", n.value FROM note n LEFT JOIN identity i
                   ON i.tenant = n.tenant AND i.person = n.person WHERE n.key = 'vote'"""
            ).fetchall()
        stored, due = {(dialog, platform, user): value for dialog, platform, user, value in rows}, self.due()
        found = [f"{len(rows)} votes are of {len(stored)} people"] if len(rows) != len(stored) else []
        found += [f"lost: {key}" for key in due.keys() - stored.keys()]
        found += [f"nobody pressed: {key}" for key in stored.keys() - due.keys()]
        off = [key for key in due.keys() & stored.keys() if due[key] != stored[key]]
        return found + [f"not the newest: {key} {stored[key]}, pressed {due[key]}" for key in off]

    def stale(self) -> list[str]:
        """Boards that show something other than what was pressed."""
        tally = Counter((dialog, value) for (dialog, _, _), value in self.due().items())
        found = [f"{board.question} is not closed on both" for board in self.town.timed if not self.closed(board)]
        for board in self.town.boards:
            wanted = [tally[board.dialog, value] for value in self.values(board)]
            slack, teams = self.town.found(board.question)  # as they stand now: one may have been posted once more
            for name, words in (
                ("Slack", slack.read_by(self.town.hanna).words if slack else ""),
                ("Teams", teams.read_by(self.town.hanna_t).words if teams else ""),
            ):
                if (shown := counted(words)) != wanted:
                    found.append(f"{board.question} in {name} shows {shown}, not {wanted}")
        return found

    def closed(self, board: Board) -> bool:
        """Whether both say that the poll is over."""
        slack, teams = board.slack.read_by(self.town.hanna), board.teams.read_by(self.town.hanna_t)
        return not any("Yes" in read.buttons for read in (slack, teams))

    def values(self, board: Board) -> list[str]:
        """What each choice is stored as, in the order in which they stand."""
        return [json.loads(slack_button(board.slack.blocks, label)[1]["value"])[3] for label in board.choices]

    def timers(self) -> list[str]:
        """What is wrong with the timers: each has rung once, none early, none is left."""
        timed = {board.dialog for board in self.town.timed}
        with psycopg.connect(self.town.database) as db:
            seen = db.execute("SELECT what, dialog, at < due - interval '1 second' FROM witness").fetchall()
        early = [f"{dialog} rang early" for _, dialog, early in seen if early and dialog in timed]
        happened = Counter((what, dialog) for what, dialog, _ in seen)
        wanted = [(what, dialog) for what in ("timer", "ended") for dialog in sorted(timed)]
        return early + [f"{which} {happened[which]} times" for which in wanted if happened[which] != 1]


def counted(words: str) -> list[int]:
    """The votes of each choice on a board."""
    return [int(found) for found in re.findall(r"(\d+) of \d+ ·", words)]
