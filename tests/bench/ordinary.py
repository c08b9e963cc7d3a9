"""The poll bot that an ordinary developer would write: Bolt and SQLModel; insert, count again, update the message.

It is here to be measured against, so it is written as its libraries' own guides show it, and no worse.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Engine, MetaData
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, create_engine, func, select


class Ordinary(SQLModel):
    metadata = MetaData()  # in the tests' process, Cohost's own tables are in the one that all share


class Vote(Ordinary, table=True):
    """What somebody chose in a poll, which is named by its message."""

    __table_args__ = (UniqueConstraint("poll", "user"),)
    id: int | None = Field(default=None, primary_key=True)
    poll: str = Field(index=True)
    user: str
    choice: str


def save(session: Session, poll: str, user: str, choice: str) -> None:
    """Keep the vote; whoever has voted changes theirs."""
    vote = session.exec(select(Vote).where(Vote.poll == poll, Vote.user == user)).first()
    if vote:
        vote.choice = choice
    else:
        vote = Vote(poll=poll, user=user, choice=choice)
    session.add(vote)
    session.commit()


def board(session: Session, poll: str) -> list[dict[str, Any]]:
    """The message with the votes of now."""
    counted = select(Vote.choice, func.count()).where(Vote.poll == poll).group_by(Vote.choice)
    lines = [f"{choice}: {count}" for choice, count in session.exec(counted)]
    return [{"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)}}]


def build(signing_secret: str, api_url: str, engine: Engine) -> AsyncApp:
    """The bot."""
    bolt = AsyncApp(signing_secret=signing_secret, client=AsyncWebClient("xoxb-1", base_url=api_url))

    @bolt.action(re.compile("^vote"))
    async def voted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        poll, user, choice = body["message"]["ts"], body["user"]["id"], body["actions"][0]["value"]
        with Session(engine) as session:
            save(session, poll, user, choice)
            blocks = board(session, poll)
        await client.chat_update(channel=body["channel"]["id"], ts=poll, text="Poll", blocks=blocks)

    return bolt


def main() -> None:
    """Listen on the port that is given, with the secret, the address of the Web API and the database that are given."""
    engine = create_engine(sys.argv[4])
    Ordinary.metadata.create_all(engine)
    bolt = build(sys.argv[2], sys.argv[3], engine)

    async def events(request: web.Request) -> web.Response:
        answer: web.Response = await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))
        return answer

    app = web.Application()
    app.router.add_post("/slack/events", events)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
