"""What a platform must be told about the app, with the administrator's own address filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from bot.settings import WrongError, encrypted

FOLDER = Path(__file__).parent.parent / "manifest"
PLACEHOLDER = "https://cohost.example.com"


def slack(url: str | None, *, socket: bool, many: bool) -> str:
    """The manifest of the Slack app, in YAML."""
    if many or not socket:
        url = _checked(url)
    manifest = _read("slack.yaml")
    settings, [command] = manifest["settings"], manifest["features"]["slash_commands"]
    places = (
        (command, "url"),
        (settings["event_subscriptions"], "request_url"),
        (settings["interactivity"], "request_url"),
    )
    for part, name in places:
        if socket:
            del part[name]  # nothing of ours can be reached, so there is nothing for Slack to verify
        else:
            part[name] = part[name].replace(PLACEHOLDER, url)
    oauth = manifest["oauth_config"]
    if many:
        oauth["redirect_urls"] = [one.replace(PLACEHOLDER, url) for one in oauth["redirect_urls"]]
    else:
        del oauth["redirect_urls"]
    # Rotation needs somewhere to keep the new tokens: with a token from the settings the app would end after 12 hours.
    settings |= {"socket_mode_enabled": socket, "token_rotation_enabled": many, "org_deploy_enabled": many}
    text: str = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=100)
    return text


def write(text: str, folder: Path, name: str) -> Path:
    """Put it into a folder. A file of that name is replaced."""
    file = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongError(f"{file}: cannot be written ({error.strerror or error})") from error
    return file


def _checked(url: str | None) -> str:
    if not url:
        raise WrongError("--url is needed: the public address of Cohost, as in --url https://cohost.example.org")
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        raise WrongError(f"--url {url}: this is not an address") from None
    blank = any(one.isspace() for one in url)
    if not encrypted(url) or not port_is_a_number or blank or parts.query or parts.fragment or parts.username:
        raise WrongError(f"--url {url}: must be https://, a host, and nothing after its folder (http only on loopback)")
    return url.rstrip("/")


def _read(name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    except OSError as error:
        missing = "it comes with Cohost's source and not with the installed package; run this command there"
        raise WrongError(f"{FOLDER / name} cannot be read: {missing}") from error
    return found
