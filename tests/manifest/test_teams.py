"""The package of the Teams app: valid by the schemas, filled in, with pictures, and asking for exactly what is used."""

import io
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import pytest
from jsonschema import Draft4Validator

from bot.__main__ import main
from bot.manifests import NO_APP, Linked, teams
from dialogs.verbs import VERBS

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "manifest" / "teams"
SCHEMAS = ROOT.parent / "shared" / "schemas" / "teams-manifest"
ADAPTER = ROOT / "adapters" / "teams"
URL = "https://cohost.example.org/folder"
APP = "A1B2C3D4-1111-2222-3333-0123456789ab"

# What the adapter reads, by the word in its code, and the permissions without which Teams does not send it.
READ = {
    "Said(": {"ChannelMessage.Read.Group", "ChatMessage.Read.Chat"},
    "meetingstart": {"OnlineMeeting.ReadBasic.Chat", "ChannelMeeting.ReadBasic.Group"},
    "meetingend": {"OnlineMeeting.ReadBasic.Chat", "ChannelMeeting.ReadBasic.Group"},
    "meetingparticipantjoin": {"OnlineMeetingParticipant.Read.Chat"},
    "meetingparticipantleave": {"OnlineMeetingParticipant.Read.Chat"},
}


def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text())
    return found


def made(**options: Any) -> dict[str, Any]:
    with ZipFile(io.BytesIO(teams(URL, APP, **options))) as package:
        found: dict[str, Any] = json.loads(package.read("manifest.json"))
        return found


def by(version: str, manifest: dict[str, Any]) -> list[str]:
    """What this version of the schema finds wrong, were the manifest of this version."""
    file = SCHEMAS / f"MicrosoftTeams-v{version}.schema.json"
    if not file.exists():
        pytest.skip("the schemas of Teams lie outside of this repository")
    url = f"https://developer.microsoft.com/en-us/json-schemas/teams/v{version}/MicrosoftTeams.schema.json"
    validator = Draft4Validator(json.loads(file.read_text()))
    return [error.message for error in validator.iter_errors(manifest | {"$schema": url, "manifestVersion": version})]


def permissions() -> list[str]:
    return [one["name"] for one in kept()["authorization"]["permissions"]["resourceSpecific"]]


def picture(name: str) -> tuple[int, int, list[tuple[int, ...]]]:
    """Width, height and pixels of a PNG of 8 bits a colour."""
    raw = (FOLDER / name).read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    chunks = list(_chunks(raw[8:]))
    width, height, depth, colour, *_, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, interlaced) == (8, 0)
    size = {2: 3, 6: 4}[colour]
    data = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    pixels, above = [], bytes(width * size)
    for start in range(0, len(data), width * size + 1):
        above = _line(data[start], bytearray(data[start + 1 : start + 1 + width * size]), above, size)
        pixels += [tuple(above[at : at + size]) for at in range(0, len(above), size)]
    return width, height, pixels


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    while raw:
        (length,) = struct.unpack(">I", raw[:4])
        yield raw[4:8], raw[8 : 8 + length]
        assert zlib.crc32(raw[4 : 8 + length]) == struct.unpack(">I", raw[8 + length : 12 + length])[0]
        raw = raw[12 + length :]


def _line(how: int, line: bytearray, above: bytes, size: int) -> bytes:
    """A line of pixels, from how much it differs from its neighbours."""
    for at in range(len(line)):
        left, up = line[at - size] if at >= size else 0, above[at]
        corner = above[at - size] if at >= size else 0
        nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
        line[at] = (line[at] + (0, left, up, (left + up) // 2, nearest)[how]) % 256
    return bytes(line)


@pytest.mark.parametrize("version", ["1.25", "1.29", "1.30"])
def test_it_is_what_the_schemas_ask_for(version: str) -> None:
    assert by(version, kept()) == []
    assert by(version, made()) == []


def test_slash_commands_come_only_with_a_schema_that_knows_them() -> None:
    plain, slash = made(), made(slash=True)

    assert (plain["manifestVersion"], slash["manifestVersion"]) == ("1.25", "1.30")
    assert "/v1.30/" in slash["$schema"]
    assert [one["triggers"] for one in slash["bots"][0]["commandLists"]] == [["mention", "slash"]]
    assert not {"triggers", "supportsTargetedMessages"} & {*plain["bots"][0], *plain["bots"][0]["commandLists"][0]}
    assert by("1.30", slash) == []
    assert by("1.25", slash) != []


def test_permissions_are_exactly_those_of_what_is_read() -> None:
    code = "\n".join(file.read_text() for file in sorted(ADAPTER.glob("*.py")))
    used = set().union(*(needed for word, needed in READ.items() if word in code))

    assert set(permissions()) == used
    assert {one["type"] for one in kept()["authorization"]["permissions"]["resourceSpecific"]} == {"Application"}


def test_nothing_of_graph_is_called_which_would_need_more_permissions() -> None:
    assert not any("graph.microsoft" in file.read_text() for file in ADAPTER.glob("*.py"))


def test_it_says_what_the_messages_that_it_reads_are_for() -> None:
    full = kept()["description"]["full"]

    assert "What it reads, and what for" in full
    assert "does not store what people write to each other" in full


def test_its_commands_are_ours_and_each_can_be_sent_as_it_stands() -> None:
    [bot] = kept()["bots"]
    [listed] = bot["commandLists"]

    assert {one["title"] for one in listed["commands"]} <= VERBS.keys()
    assert listed["scopes"] == bot["scopes"] == ["personal", "team", "groupChat"]
    assert not bot["supportsFiles"]


def test_app_and_address_are_filled_in_everywhere() -> None:
    manifest = made()

    assert manifest["id"] == manifest["bots"][0]["botId"] == manifest["webApplicationInfo"]["id"] == APP.lower()
    assert manifest["validDomains"] == ["cohost.example.org"]
    pages = [manifest["developer"][one] for one in ("websiteUrl", "privacyUrl", "termsOfUseUrl")]
    assert pages == [URL, f"{URL}/privacy", f"{URL}/terms"]
    assert not any(one in json.dumps(manifest) for one in ("example.com", NO_APP))


def test_pages_of_the_company_s_own_can_be_named() -> None:
    developer = made(linked=Linked("https://example.org", "https://example.org/privacy", "https://x.org/terms"))[
        "developer"
    ]

    assert developer["privacyUrl"] == "https://example.org/privacy"
    assert developer["termsOfUseUrl"] == "https://x.org/terms"
    assert developer["websiteUrl"] == "https://example.org"


def test_the_icon_is_in_colour_and_fills_its_square() -> None:
    width, height, pixels = picture("color.png")

    assert (width, height) == (192, 192)
    assert pixels[0][:3] == pixels[-1][:3] == tuple(bytes.fromhex(kept()["accentColor"].removeprefix("#")))
    assert all(one[3:] in {(), (255,)} for one in pixels)


def test_the_outline_is_white_on_nothing() -> None:
    width, height, pixels = picture("outline.png")

    assert (width, height) == (32, 32)
    assert {one[:3] for one in pixels if one[3]} == {(255, 255, 255)}
    assert pixels[0][3] == 0
    assert 0.1 < sum(one[3] for one in pixels) / (255 * width * height) < 0.6


def test_the_drawing_is_kept_beside_the_pictures() -> None:
    assert kept()["accentColor"] in (FOLDER / "icon.svg").read_text()


def test_the_package_is_the_same_whenever_and_wherever_it_is_made(tmp_path: Path) -> None:
    with ZipFile(io.BytesIO(teams(URL, APP))) as package:
        entries = package.infolist()
        pictures = {name: package.read(name) for name in package.namelist()[1:]}

    assert teams(URL, APP) == teams(f"{URL}/", APP.lower())
    assert [one.filename for one in entries] == ["manifest.json", "color.png", "outline.png"]
    assert {(one.date_time, one.compress_type) for one in entries} == {((1980, 1, 1, 0, 0, 0), ZIP_STORED)}
    assert pictures == {name: (FOLDER / name).read_bytes() for name in pictures}


def test_it_is_written_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "teams", "--url", URL, "--app-id", APP, "--out", str(tmp_path / "new")]) == 0

    file = tmp_path / "new" / "cohost-teams.zip"
    assert capsys.readouterr().out == f"{file}\n"
    assert file.read_bytes() == teams(URL, APP)


def test_another_package_is_replaced_only_if_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["manifest", "teams", "--url", URL, "--app-id", APP, "--out", str(tmp_path)]
    file = tmp_path / "cohost-teams.zip"

    assert [main(command), main(command)] == [0, 0]  # the same again harms nobody
    assert main([*command, "--slash"]) == 2
    assert capsys.readouterr().err == (
        f"{file}: is there already and says otherwise; add --force to replace it, or choose another folder with --out\n"
    )
    assert file.read_bytes() == teams(URL, APP)
    assert main([*command, "--slash", "--force"]) == 0
    assert file.read_bytes() == teams(URL, APP, slash=True)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ([], "--url is needed: the public address of Cohost"),
        (["--url", URL], "--app-id is needed: the “Application (client) ID” of the app"),
        (["--url", URL, "--app-id", "cohost"], "--app-id cohost: this is not the “Application (client) ID”"),
        (["--url", URL, "--app-id", NO_APP], f"--app-id {NO_APP}: this is not the “Application (client) ID”"),
        (["--url", "http://cohost.example.org", "--app-id", APP], "--url http://cohost.example.org: must be https://"),
        (["--url", "http://localhost:3978", "--app-id", APP], "--url http://localhost:3978: must be https://, because"),
        (["--url", "https://x.example?y", "--app-id", APP], "--url https://x.example?y: must be https://"),
        (["--url", URL, "--app-id", APP, "--terms", "terms.html"], "--terms terms.html: must be https://, because"),
        (["--url", URL, "--app-id", APP, "--privacy", "https://"], "--privacy https://: must be https://, because"),
        (["--url", URL, "--app-id", APP, "--out", __file__], f"{__file__}/cohost-teams.zip: cannot be written"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], given: list[str], line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["manifest", "teams", *given]) == 2

    printed = capsys.readouterr()
    assert printed.err.startswith(line)
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


def test_an_installed_package_says_where_the_manifest_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.manifests.FOLDER", tmp_path)

    assert main(["manifest", "teams", "--url", URL, "--app-id", APP]) == 2
    assert "comes with Cohost's source and not with the installed package" in capsys.readouterr().err
