"""What a platform must be told about the app, with the administrator's own address filled in."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile, ZipInfo

import yaml

from bot.addresses import encrypted, host_of
from bot.settings import WrongError
from bot.settings_teams import GUID

FOLDER = Path(__file__).parent.parent / "manifest"
PLACEHOLDER = "https://cohost.example.com"
NO_APP = "00000000-0000-0000-0000-000000000000"
OLDEST, SLASHES = "1.25", "1.30"  # of the schemas of Teams: the one we keep to, and one that knows slash commands
PICTURES = ("color.png", "outline.png")


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


@dataclass(frozen=True, slots=True)
class Linked:
    """The pages that Teams links to, where they are not Cohost's own."""

    website: str | None = None
    privacy: str | None = None
    terms: str | None = None


def teams(url: str | None, app_id: str | None, linked: Linked | None = None, *, slash: bool = False) -> bytes:
    """The package of the Teams app: a zip file, which is the same, byte by byte, for the same words."""
    url, linked = _checked(url), linked or Linked()
    if not app_id or not GUID.fullmatch(app_id) or app_id == NO_APP:
        given = f"--app-id {app_id}: this is not" if app_id else "--app-id is needed:"
        raise WrongError(f"{given} the “Application (client) ID” of the app, 36 characters with four hyphens")
    pages = {
        "--url": url,
        "--website": linked.website or url,
        "--privacy": linked.privacy or f"{url}/privacy",
        "--terms": linked.terms or f"{url}/terms",
    }
    for option, page in pages.items():
        if not page.startswith("https://") or not host_of(page):
            raise WrongError(f"{option} {page}: must be https://, because Teams takes nothing else")
    read = json.loads(_bytes("teams/manifest.json"))
    manifest = _filled(read, {PLACEHOLDER: url, host_of(PLACEHOLDER): host_of(url), NO_APP: app_id.lower()})
    manifest["developer"] |= {
        "websiteUrl": pages["--website"],
        "privacyUrl": pages["--privacy"],
        "termsOfUseUrl": pages["--terms"],
    }
    if slash:
        [bot] = manifest["bots"]
        manifest |= {"$schema": manifest["$schema"].replace(OLDEST, SLASHES), "manifestVersion": SLASHES}
        bot["supportsTargetedMessages"] = True
        for commands in bot["commandLists"]:
            commands["triggers"] = ["mention", "slash"]
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    return _zipped({"manifest.json": text.encode()} | {name: _bytes(f"teams/{name}") for name in PICTURES})


def write(content: str | bytes, folder: Path, name: str, *, force: bool) -> Path:
    """Put it into a folder. Another file of that name stays as it is, unless forced: somebody may have changed it."""
    file, new = folder / name, content.encode() if isinstance(content, str) else content
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not force and file.exists() and file.read_bytes() != new:
            raise WrongError(
                f"{file}: is there already and says otherwise; add --force to replace it, or choose "
                "another folder with --out"
            )
        file.write_bytes(new)
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


def _filled(part: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON may be anything
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    return values.get(part, part) if isinstance(part, str) else part


def _zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as package:  # not compressed: libraries that compress differ from machine to machine
        for name, content in files.items():
            entry = ZipInfo(name)  # of 1980, as a zip file's time begins
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            package.writestr(entry, content)
    return packed.getvalue()


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_bytes(name).decode())
    return found


def _bytes(name: str) -> bytes:
    try:
        return (FOLDER / name).read_bytes()
    except OSError as error:
        missing = "it comes with Cohost's source and not with the installed package; run this command there"
        raise WrongError(f"{FOLDER / name} cannot be read: {missing}") from error
