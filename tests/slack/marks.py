"""The marks of Slack's texts: tags, names and addresses that become live, formatting, and moments."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

ENTITY = re.compile(r"<([^<>]+)>")
# What Slack makes live of bare text: everybody, a channel or a person by name, an address.
BARE = re.compile(
    r"(?<![\w/@])@[\w.-]+|(?<![\w&/#])#[\w-]+|\b(?:https?://|mailto:|www\.)[^\s<>|]+|\b[\w.+-]+@[\w-]+\.\w+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|io|dev|app|example)\b"
)
MARKS = (
    re.compile(r"```.+?```", re.DOTALL),
    re.compile(r"`[^`\n]+`"),
    re.compile(r"(?<![\w*])\*(?=[^\s*])[^*\n]*(?<=[^\s*])\*(?![\w*])"),
    re.compile(r"(?<![\w_])_(?=[^\s_])[^_\n]*(?<=[^\s_])_(?![\w_])"),
    re.compile(r"(?<![\w~])~(?=[^\s~])[^~\n]*(?<=[^\s~])~(?![\w~])"),
    re.compile(r"^(?:&gt;|>)+.*$", re.MULTILINE),
)
MARKDOWN_MARKS = (
    *MARKS[:2],
    re.compile(r"(\*\*|__|~~)(?=\S).+?(?<=\S)\1"),
    re.compile(r"(?<![\w*])\*(?=[^\s*])[^*\n]*(?<=[^\s*])\*(?![\w*])"),
    re.compile(r"(?<![\w_])_(?=[^\s_])[^_\n]*(?<=[^\s_])_(?![\w_])"),
    re.compile(r"!?\[[^\]\n]*\]\([^)\n]*\)"),
    re.compile(r"^\s*(?:#{1,6} |[-*+] |\d+[.)] |(?:&gt;|>)).*$", re.MULTILINE),
)
TOKENS = {
    "date_num": "%Y-%m-%d",
    "date_slash": "%m/%d/%Y",
    "date_long": "%A, %B %-d, %Y",
    "date_long_full": "%A, %B %-d, %Y",
    "date_long_pretty": "%A, %B %-d, %Y",
    "date_short": "%b %-d, %Y",
    "date_short_pretty": "%b %-d, %Y",
    "date_pretty": "%B %-d, %Y",
    "date": "%B %-d, %Y",
    "time": "%-I:%M %p",
    "time_secs": "%-I:%M:%S %p",
    "day_divider_pretty": "%A, %B %-d",
}


def when(stamp: int, form: str, zone: str, fallback: str) -> str:
    """A moment as a device in this zone shows it, or the fallback where it says that only Slack could."""
    try:
        moment = datetime.fromtimestamp(stamp, ZoneInfo(zone))
        return re.sub(r"\{(\w+)\}", lambda token: moment.strftime(TOKENS[token.group(1)]), form)
    except KeyError:
        return fallback


def unmarked(raw: str) -> str:
    """Without the marks that only change how the words look."""
    raw = re.sub(r"^(?:&gt;|>)+ ?", "", raw, flags=re.MULTILINE)
    for mark in (*MARKS[1:5], MARKDOWN_MARKS[2]):
        raw = mark.sub(lambda found: found.group().strip("*_~`"), raw)
    return raw
