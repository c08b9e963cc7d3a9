"""Moments: when people say a time, which time it is. Nothing is guessed that could be read in two ways."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dialogs.card import Text, When, t
from dialogs.words import nearest, plain, tidy

UNITS = {"s": 1, "m": 60, "h": 3600}
LENGTH = re.compile(
    r"(\d{1,6})\s*(s|m|h)(?:ec|ecs|econds?|in|ins|inutes?|rs?|ours?)?(?![a-z])", re.ASCII | re.IGNORECASE
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?"
YEAR = r"(?:\s+(?P<year>\d{4}))?"
DATES = tuple(
    re.compile(rf"(?<![\w/.-]){pattern}(?![\w/-])", re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        DAY + r"\s*" + MONTH + YEAR,
        MONTH + r"\s*" + DAY + YEAR,
    )
)
NAMED = re.compile(r"(?<![\w/])(today|tomorrow)(?![\w/])", re.ASCII | re.IGNORECASE)
WEEKDAY = re.compile(
    r"(?<![\w/])(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?\.?(?![\w/])",
    re.ASCII | re.IGNORECASE,
)
TIME = re.compile(
    r"(?<![\w:./+-])(?:(?P<hour>\d{1,2}):(?P<minute>\d\d)\s*(?P<half>[ap]\.?m\b\.?)?|(?P<only>\d{1,2})\s*(?P<part>[ap]\.?m\b\.?))(?![\d:])",
    re.ASCII | re.IGNORECASE,
)
AHEAD = timedelta(days=2 * 366)  # a session further away than this is a mistyped year


def seconds(words: str) -> int | None:
    """A length of time: `60s`, `8m`, `1h`, `1m30s`, `2 minutes`; a bare number is seconds. None if it is not one."""
    words = words.strip()
    if re.fullmatch(r"\d{1,6}", words, re.ASCII):
        return int(words) or None
    parts = LENGTH.findall(words)
    if not parts or LENGTH.sub("", words).strip():
        return None
    return sum(int(number) * UNITS[unit.lower()] for number, unit in parts) or None


@cache
def _zones() -> Mapping[str, str]:
    # Only names that follow a place's clock: EST and its like stay in winter time all year, which nobody means.
    places = (name for name in available_timezones() if "/" in name)
    return {name.casefold(): name for name in (*places, "UTC", "GMT", "CET", "EET", "WET")} | {"z": "UTC"}


def zone_named(words: str) -> str | None:
    """The IANA name of a time zone, however its letters are typed. None if there is no such zone."""
    return _zones().get("_".join(words.split()).casefold())


def no_such_zone(words: str) -> Text:
    """The sentence for a time zone that does not exist. A city alone is often what people type."""
    places = {zone: zone.rpartition("/")[2] for zone in sorted(_zones().values()) if "/" in zone}
    name = plain("_".join(words.split()))
    city = next((zone for zone, city in places.items() if plain(city) == name), None)
    if guess := city or nearest(words, places):
        return t("“{words}” is not a time zone: did you mean {guess}?", words=words, guess=guess)
    return t("“{words}” is not a time zone: write one such as Europe/Zurich, America/New_York or UTC.", words=words)


def moment(words: Sequence[str], zone: str, now: datetime) -> datetime | Text:
    """The moment in UTC that `DATE TIME [ZONE]` means, or the sentence that says why it is none.

    `zone` (an IANA name) holds where the words name none. Of two equal hours in autumn the first is taken.
    """
    typed = tidy(" ".join(words))
    clock, rest = _take(_without_joints(typed), TIME)
    dated, rest = _take(rest, *DATES)
    named, rest = _take(rest, NAMED)
    weekday, rest = _take(rest, WEEKDAY)
    if not (dated or named or weekday):
        return t(
            "I cannot find the day in “{words}”: write it as 2027-03-24, 24 Mar, tomorrow or a weekday.", words=typed
        )
    at = _time(clock) if clock else None
    if at is None:
        return t("I cannot find the time in “{words}”: write it as 14:00 or 2pm.", words=typed)
    name = zone_named(rest or zone)
    if name is None:
        return no_such_zone(rest or zone)
    place = ZoneInfo(name)
    here = now.astimezone(place)

    day: date | Text
    if dated:
        day = _date(dated, here.date())
    elif named:
        day = here.date() + timedelta(days=named[1].lower() == "tomorrow")
    else:
        day = here.date() + timedelta(days=(_number(weekday) - here.weekday()) % 7)
        if day == here.date() and at <= here.time():
            day += timedelta(days=7)
    if isinstance(day, Text):
        return day
    if weekday and _number(weekday) != day.weekday():
        return t("{date} is a {weekday}: check the day.", date=day.isoformat(), weekday=FULL_DAYS[day.weekday()])
    return _checked(datetime.combine(day, at, place), now)


def _without_joints(typed: str) -> str:
    """Without the small words and signs that join day and time."""
    rest = re.sub(r"(?<![\w/-])(?:on|at|to)(?![\w/-])", " ", typed.replace(",", " "), flags=re.IGNORECASE)
    return re.sub(r"(\d{4}-\d\d-\d\d)T(?=\d)", r"\1 ", rest, flags=re.IGNORECASE)


def _take(text: str, *patterns: re.Pattern[str]) -> tuple[re.Match[str] | None, str]:
    """The first pattern's place in the text, and the text without it."""
    for pattern in patterns:
        if found := pattern.search(text):
            return found, tidy(f"{text[: found.start()]} {text[found.end() :]}")
    return None, tidy(text)


def _number(weekday: re.Match[str] | None) -> int:
    return WEEKDAYS.index(weekday[1].lower()) if weekday else 0


def _time(found: re.Match[str]) -> time | None:
    hour, minute = int(found["hour"] or found["only"]), int(found["minute"] or 0)
    half = (found["half"] or found["part"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _date(found: re.Match[str], today: date) -> date | Text:
    month = found["month"].lower()
    number = int(month) if month.isdigit() else MONTHS.index(month[:3]) + 1
    # In December "10 Jan" is the next one; in November "20 Nov" is yesterday's slip, and a year later helps nobody.
    for year in (int(found["year"]),) if found["year"] else (today.year, today.year + 1):
        try:
            day = date(year, number, int(found["day"]))
        except ValueError:
            continue
        if found["year"] or day >= today - timedelta(days=183):
            return day
    return t("There is no {date} in the calendar: check the day.", date=found[0])


def _checked(at: datetime, now: datetime) -> datetime | Text:
    zone = str(at.tzinfo)
    if abs(at.year - now.year) > 3:  # before any arithmetic, which fails at the ends of the calendar
        return t("{year} is too far away: a session can be planned for the next two years.", year=str(at.year))
    utc = at.astimezone(UTC)
    if utc.astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
        return t(
            "{time} does not exist on {date} in {zone}, where the clocks go forward: choose another time.",
            time=f"{at:%H:%M}",
            date=at.date().isoformat(),
            zone=zone,
        )
    if utc <= now:
        return t("{when} has passed: choose a time that is still to come.", when=When(utc, zone=zone))
    if utc > now + AHEAD:
        return t("{when} is too far away: a session can be planned for the next two years.", when=When(utc, zone=zone))
    return utc
