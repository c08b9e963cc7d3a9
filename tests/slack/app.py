"""The app as it is registered with Slack: its commands, scopes and events, as its manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What the bot's token must be allowed before Slack sends such an event.
EVENTS: dict[str, str | None] = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_id_changed": "channels:read",
    "channel_left": "channels:read",
    "channel_rename": "channels:read",
    "channel_shared": "channels:read",
    "channel_unarchive": "channels:read",
    "channel_unshared": "channels:read",
    "group_archive": "groups:read",
    "group_deleted": "groups:read",
    "group_left": "groups:read",
    "group_rename": "groups:read",
    "group_unarchive": "groups:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "team_join": "users:read",
    "tokens_revoked": None,
    "user_change": "users:read",
    "user_huddle_changed": "users:read",
}
SCOPES = frozenset(
    {
        *(scope for scope in EVENTS.values() if scope),
        *("chat:write", "commands", "im:read", "im:write", "mpim:read", "team:read", "users:read.email"),
    }
)


@dataclass
class App:
    """What Slack knows of the app."""

    id: str = "A0COHOST"
    name: str = "Cohost"
    scopes: frozenset[str] = SCOPES
    app_scopes: frozenset[str] = frozenset({"connections:write"})
    commands: dict[str, bool] = field(default_factory=lambda: {"/ilt": True})  # and whether mentions come escaped
    events: frozenset[str] = frozenset(EVENTS)
    messages_tab: bool = True
    read_only: bool = False  # then people can read the bot's direct messages, but write none
    home_tab: bool = True
    rotates: bool = False
    dms_strangers: bool = False  # whether the bot may write directly to people of other workspaces
    redirect_urls: tuple[str, ...] = ()
    client_id: str = "11.22"
    client_secret: str = "client-secret"
    token: str = "verification-token"
    app_token: str = "xapp-1-A0COHOST-1-abc"

    @classmethod
    def of(cls, manifest: Mapping[str, Any], **more: Any) -> App:
        """The app that this manifest makes."""
        features, settings = manifest.get("features", {}), manifest.get("settings", {})
        home, oauth = features.get("app_home", {}), manifest.get("oauth_config", {})
        return cls(
            name=features.get("bot_user", {}).get("display_name", manifest["display_information"]["name"]),
            scopes=frozenset(oauth.get("scopes", {}).get("bot", ())),
            commands={one["command"]: one.get("should_escape", False) for one in features.get("slash_commands", ())},
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
            messages_tab=home.get("messages_tab_enabled", False),
            read_only=home.get("messages_tab_read_only_enabled", False),
            home_tab=home.get("home_tab_enabled", False),
            rotates=settings.get("token_rotation_enabled", False),
            redirect_urls=tuple(oauth.get("redirect_urls", ())),
            **more,
        )

    def needs(self, event: str, *, private: bool) -> str | None:
        """The scope without which this event is not sent."""
        scope = EVENTS.get(event)
        return scope.replace("channels:", "groups:") if scope and private else scope
