"""response_url: five answers in thirty minutes to something that a person did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.slack.checks import Thing
from tests.slack.limits import refused_message
from tests.slack.messages import Message, filled
from tests.slack.rooms import Room

if TYPE_CHECKING:
    from tests.slack.people import User
    from tests.slack.workspace import Install, Slack

USES, LIVES = 5, timedelta(minutes=30)
KNOWN = {"text", "blocks", "attachments", "response_type", "replace_original", "delete_original", "thread_ts"} | {
    *("mrkdwn", "parse", "link_names", "unfurl_links", "unfurl_media", "metadata"),
}


@dataclass
class Response:
    """One address, and what it is about."""

    room: Room
    user: User
    install: Install
    source: Message | None
    made: datetime
    uses: int = 0


class Responses:
    """Every address that Slack has given out."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.given: dict[str, Response] = {}

    def url(self, room: Room, user: User, install: Install, source: Message | None = None) -> str:
        key = self.slack.made_id("response")
        self.given[key] = Response(room, user, install, source, self.slack.now())
        return f"{self.slack.web.url}/actions/{key}"

    def used(self, key: str, given: Any) -> tuple[int, str]:
        """Do what is asked at an address; the status, and what is wrong."""
        response = self.given.get(key)
        if not response or not isinstance(given, dict):
            return 404, "no_such_url" if not response else "invalid_payload"
        if self.slack.now() - response.made > LIVES:
            return 404, "expired_url"
        if response.uses >= USES:
            return 404, "used_url"
        response.uses += 1
        source = response.source
        if given.keys() - KNOWN:
            return 400, "invalid_arguments"
        if given.get("delete_original"):
            if source:
                self.slack.later(self.slack.deletes(source))
                source.deleted = True
            return 200, ""
        if refusal := refused_message(given):
            return 400, refusal.error
        if given.get("replace_original") and source:
            self._replaced(source, given)
        else:
            self.shown(response.room, response.user, response.install, given)
        return 200, ""

    def shown(self, room: Room, user: User, install: Install, given: Thing) -> Message:
        """A new message, which only this person sees unless it is said to be for the channel."""
        public = given.get("response_type") == "in_channel"
        how = {name: given[name] for name in ("mrkdwn", "parse", "link_names") if name in given}
        message = self.slack.add(
            room,
            install.bot,
            given.get("text") or "",
            blocks=given.get("blocks"),
            attachments=given.get("attachments") or [],
            install=install,
            thread_ts=given.get("thread_ts"),
            only=None if public else user.id,
            how=how,
        )
        if public:
            self.slack.later(self.slack.tell(message))
        return message

    def _replaced(self, message: Message, given: Thing) -> None:
        before = message.payload()
        message.rewrite(given.get("text") or "", filled(given.get("blocks") or [], self.slack))
        message.attachments = given.get("attachments") or []
        if not message.only:
            self.slack.later(self.slack.changes(message, before))
