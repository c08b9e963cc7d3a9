"""What is written in rooms and shown in windows: messages and views, as Slack keeps them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.slack.checks import Thing

if TYPE_CHECKING:
    from tests.slack.people import User
    from tests.slack.reading import Read
    from tests.slack.rooms import Room
    from tests.slack.workspace import Install, Slack


def filled(blocks: list[Thing], slack: Slack) -> list[Thing]:
    """These blocks as Slack keeps them: each with a block_id, each element with an action_id."""
    kept = copy.deepcopy(blocks)
    for block in kept:
        if block["type"] == "markdown" or not block.get("block_id"):
            block["block_id"] = slack.made_id("b")
        for element in elements(block):
            if element["type"] not in {"image", "plain_text", "mrkdwn"}:
                element.setdefault("action_id", slack.made_id("a"))
    return kept


def elements(block: Thing) -> list[Thing]:
    """What can be worked in a block."""
    if block["type"] in {"actions", "context_actions"}:
        return list(block["elements"])
    if block["type"] == "input":
        return [block["element"]]
    if block["type"] == "carousel":
        return [element for card in block["elements"] for element in card.get("actions", ())]
    if block["type"] == "card":
        return list(block.get("actions", ()))
    if block["type"] == "container":
        return [element for child in block["child_blocks"] for element in elements(child)]
    return [block["accessory"]] if "accessory" in block else []


@dataclass(eq=False)
class Message:
    """One message, as it stands now."""

    room: Room
    ts: str
    user: str
    team: str
    text: str
    blocks: list[Thing] = field(default_factory=list)
    attachments: list[Thing] = field(default_factory=list)
    install: Install | None = None  # whose bot wrote it
    thread_ts: str | None = None
    metadata: Thing | None = None
    only: str | None = None  # an ephemeral message is for this user
    subtype: str | None = None  # for the grey lines that Slack itself writes
    more: Thing = field(default_factory=dict)  # what such a line says besides
    how: Thing = field(default_factory=dict)  # mrkdwn, parse and link_names as they were sent
    edited: Thing | None = None
    deleted: bool = False
    earlier: list[list[Thing]] = field(default_factory=list)  # the blocks before each change
    reactions: dict[str, list[str]] = field(default_factory=dict)
    states: dict[str, dict[str, dict[str, Thing]]] = field(default_factory=dict)  # user, block_id, action_id

    def payload(self, *, metadata: bool = False) -> Thing:
        """The message as Slack shows it to programs."""
        said: Thing = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": self.team}
        if self.subtype:
            said |= {"subtype": self.subtype} | self.more
        if self.install:
            bot = self.install
            said |= {"bot_id": bot.bot_id, "app_id": bot.slack.app.id, "bot_profile": bot.profile()}
        for name in ("blocks", "attachments", "edited"):
            if value := getattr(self, name):
                said[name] = copy.deepcopy(value)
        if metadata and self.metadata:
            said["metadata"] = copy.deepcopy(self.metadata)
        if self.reactions:
            said["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.thread_ts:
            said |= {"thread_ts": self.thread_ts}
            if self.thread_ts != self.ts and (parent := self.room.find(self.thread_ts)):
                said["parent_user_id"] = parent.user
        if replies := self.room.replies(self):
            users = list(dict.fromkeys(reply.user for reply in replies))
            said |= {
                "thread_ts": self.ts,
                "reply_count": len(replies),
                "reply_users": users,
                "reply_users_count": len(users),
                "latest_reply": replies[-1].ts,
            }
        return said

    def rewrite(self, text: str, blocks: list[Thing]) -> None:
        self.earlier.append(self.blocks)
        self.text, self.blocks = text, blocks

    def state(self, user: User) -> dict[str, dict[str, Thing]]:
        return self.states.setdefault(user.id, {})

    def read_by(self, user: User) -> Read:
        from tests.slack.reading import read_message  # noqa: PLC0415 - reading reads messages, and messages are read

        return read_message(self, user)


@dataclass(eq=False)
class View:
    """A modal or a Home tab, as its owner has it before them."""

    id: str
    owner: User
    install: Install
    given: Thing
    blocks: list[Thing]
    hash: str
    root: str = ""
    previous: str | None = None
    values: dict[str, dict[str, Thing]] = field(default_factory=dict)

    def payload(self) -> Thing:
        """The view as Slack shows it to programs."""
        given = self.given
        return {
            "id": self.id,
            "team_id": self.owner.team.id,
            "type": given["type"],
            "blocks": copy.deepcopy(self.blocks),
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "external_id": given.get("external_id", ""),
            "state": {"values": copy.deepcopy(self.values)},
            "hash": self.hash,
            "title": given.get("title"),
            "clear_on_close": given.get("clear_on_close", False),
            "notify_on_close": given.get("notify_on_close", False),
            "close": given.get("close"),
            "submit": given.get("submit"),
            "previous_view_id": self.previous,
            "root_view_id": self.root or self.id,
            "app_id": self.install.slack.app.id,
            "app_installed_team_id": self.install.team.id,
            "bot_id": self.install.bot_id,
        }

    def state(self, user: User) -> dict[str, dict[str, Thing]]:
        return self.values

    @property
    def read(self) -> Read:
        """What its owner reads."""
        from tests.slack.reading import read_view  # noqa: PLC0415 - reading reads views, and views are read

        return read_view(self)
