"""What Slack tells that is no event of a dialog: about places, people, and whether we are installed at all."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.slack.payload import Payload, User, ident, ids, name, part, text


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Somebody looks at their Home tab."""

    team: str
    user: User


@dataclass(frozen=True, slots=True)
class BotJoined:
    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class BotLeft:
    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class Archived:
    """Nobody can write there any more: archived or deleted."""

    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class Unarchived:
    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class ChannelMoved:
    """The same channel has another id from now on."""

    team: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Renamed:
    team: str
    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class MadePrivate:
    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class UserChanged:
    """What is said of somebody by now; the name stands in `user`. stranger: of another organisation."""

    team: str
    user: User
    guest: bool
    deleted: bool
    stranger: bool


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """Nothing can be said there any more. `team` is empty where the whole organisation uninstalled us."""

    team: str
    enterprise: str | None


@dataclass(frozen=True, slots=True)
class TokensRevoked:
    """These bot users' tokens are dead. Comes before or after `Uninstalled`, or without it."""

    team: str
    bots: tuple[str, ...]


News = (
    HomeOpened
    | BotJoined
    | BotLeft
    | Archived
    | Unarchived
    | ChannelMoved
    | Renamed
    | MadePrivate
    | UserChanged
    | Uninstalled
    | TokensRevoked
)


def news(inner: Payload, team: str, enterprise: str | None) -> News | None:
    """The news in the inner part of an event, if it is one."""
    channel = ident(inner, "channel")
    match inner.get("type"):
        case "app_uninstalled":
            return Uninstalled(team, enterprise)
        case "tokens_revoked":
            bots = part(inner, "tokens").get("bot")
            return TokensRevoked(team, tuple(ids(bots)))  # ids of users, not tokens
        case "app_home_opened" if inner.get("tab") == "home" and (user := ident(inner, "user")):
            return HomeOpened(team, User(team, user))
        case "channel_archive" | "group_archive" | "channel_deleted" | "group_deleted" if channel:
            return Archived(team, channel)
        case "channel_unarchive" | "group_unarchive" if channel:
            return Unarchived(team, channel)
        case "channel_left" | "group_left" if channel:
            # Sent to whoever left: when it is the bot, this comes instead of member_left_channel.
            return BotLeft(team, channel)
        case "channel_rename" | "group_rename" if renamed := ident(part(inner, "channel"), "id"):
            return Renamed(team, renamed, text(part(inner, "channel"), "name"))
        case "channel_id_changed" if (old := ident(inner, "old_channel_id")) and (
            new := ident(inner, "new_channel_id")
        ):
            return ChannelMoved(team, old, new)
        case "message" if inner.get("subtype") == "channel_convert_to_private" and channel:
            return MadePrivate(team, channel)
        case "user_change":
            return _changed(part(inner, "user"), team, enterprise)
    return None


def _changed(user: Payload, team: str, enterprise: str | None) -> UserChanged | None:
    who = ident(user, "id")
    if not who or user.get("is_bot") is True or who == "USLACKBOT":
        return None
    home = ident(user, "team_id") or team
    # In an organisation of many workspaces a colleague's own one may be another than ours.
    colleague = home == team or (enterprise and ident(part(user, "enterprise_user"), "enterprise_id") == enterprise)
    return UserChanged(
        team,
        User(home, who, name(user)),
        guest=user.get("is_restricted") is True or user.get("is_ultra_restricted") is True,
        deleted=user.get("deleted") is True,
        stranger=user.get("is_stranger") is True or not colleague,
    )
