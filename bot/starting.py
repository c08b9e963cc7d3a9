"""What `cohost serve` says before it is silent: which settings nobody reads, and which platforms are on, and where."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Sequence

from pydantic_settings import DotEnvSettingsSource

from bot.addresses import listening, loopback, public
from bot.settings import Secrets, Settings, Slack, WrongError
from bot.settings_teams import Teams
from dialogs.words import nearest

OURS = ("cohost_", "slack_", "teams_", "microsoftapp")


def known() -> list[str]:
    """The names of all settings, as the README has them."""
    own = [name for name in Settings.model_fields if name not in {"slack", "teams"}]
    names = [f"COHOST_{name}".upper() for name in own] + [f"SLACK_{name}".upper() for name in Slack.model_fields]
    return names + [str(field.validation_alias) for field in Teams.model_fields.values()]


def given() -> list[str]:
    """The names that stand in the environment or in `.env`."""
    return [*os.environ, *DotEnvSettingsSource(Secrets, case_sensitive=True).env_vars]


def ignored(given: Iterable[str]) -> str | None:
    """One line that names the settings which look like ours and are none, with what was probably meant."""
    names = known()
    read = {name.casefold() for name in names}
    unread = sorted({name for name in given if name.casefold().startswith(OURS)} - {*names})
    told = [_meant(name, names) for name in unread if name.casefold() not in read]
    return f"These settings do not exist and are ignored: {', '.join(told)}." if told else None


def _meant(name: str, names: Sequence[str]) -> str:
    before = next(one for one in OURS if name.casefold().startswith(one))
    rest = name[len(before) :]  # what all names begin with says nothing
    own = {one[len(before) :]: one for one in names if one.casefold().startswith(before)}
    guess = own.get(nearest(rest, own) or "") or nearest(rest, names)
    return f"{name} (did you mean {guess}?)" if guess else name


def ready(settings: Settings) -> str:
    """The public address, and the one where it listens if that is another."""
    address, listens = settings.address(), f"{listening(settings.host)}:{settings.port}"
    return f"Cohost is ready at {address}" + ("" if address == listens else f", and listens on {listens}")


def platforms(settings: Settings) -> list[str]:
    """A line for each platform: whether it is on, for whom, and where it is reached."""
    address, here = settings.address(), "" if settings.base_url else "; links open on this machine only"
    hint = f" (COHOST_BASE_URL is not set{here})" if loopback(address) else ""
    return [
        f"Web room: on, at {address}{hint}",
        f"Slack: {_slack(settings.slack, address)}",
        f"Teams: {_teams(settings.teams, address)}",
    ]


def _slack(slack: Slack, address: str) -> str:
    if not slack.on:
        return "off (neither SLACK_BOT_TOKEN nor SLACK_CLIENT_ID is set)"
    whose = f"for workspaces that install it at {address}/slack/install" if slack.many else "for one workspace"
    if slack.socket:
        return f"on, {whose}, by Socket Mode"
    return f"on, {whose}; Slack must reach {address}/slack/events{_unreachable(address)}"


def _teams(teams: Teams, address: str) -> str:
    if not teams.on:
        return "off (MicrosoftAppId is not set)"
    if teams.auth_disabled:
        return f"on, for an emulator on this machine at {address}/api/messages: nobody proves who they are"
    count = len(teams.tenants)
    whose = {0: "every organisation", 1: f"the organisation {min(teams.tenants, default='')}"}
    who = whose.get(count, f"{count} organisations")
    return f"on, for {who}; Microsoft must reach {address}/api/messages{_unreachable(address)}"


def _unreachable(address: str) -> str:
    return "" if public(address) else ", which is no public address with TLS: set COHOST_BASE_URL"


REASONS: Mapping[int, str] = {
    errno.EADDRINUSE: "COHOST_PORT: another program listens on {at} already; stop it, or set another number",
    errno.EACCES: "COHOST_PORT: this user may not listen on {at}; set a number from 1024 on",
}


def cannot_listen(settings: Settings, error: OSError) -> WrongError:
    """Why nothing can be served at this host and port, and what to do."""
    at = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
    elsewhere = "COHOST_HOST: {at} is no address of this machine; set 127.0.0.1, or 0.0.0.0 for all that it has"
    return WrongError(REASONS.get(error.errno or 0, elsewhere).format(at=at))
