"""Addresses: what they lead to, and who can read what is sent there."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import parse_qsl, urlsplit

NAMES_AT_HOME = (".localhost", ".local", ".internal", ".lan", ".home.arpa")  # the world's name servers know none


PASTED = "still holds the “…” of the instructions; put the value itself there"


def unfilled(value: str) -> bool:
    """Whether this was pasted from the instructions and not filled in."""
    return "…" in value


def host_of(url: str) -> str:
    """The host in an address, else an empty text."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def loopback(url: str) -> bool:
    """Whether this address stays on the machine."""
    host = host_of(url)
    number = _number(host)
    return number.is_loopback if number else f".{host}".endswith(".localhost")


def encrypted(url: str) -> bool:
    """Whether what is sent to this address can be read by nobody on the way."""
    return bool(host_of(url)) and (url.startswith("https://") or (url.startswith("http://") and loopback(url)))


def public(url: str) -> bool:
    """Whether somebody out there could open this address, by TLS."""
    host = host_of(url)
    number = _number(host)
    known = number.is_global if number else "." in host and not f".{host}".endswith(NAMES_AT_HOME)
    return url.startswith("https://") and known


def plain(url: str) -> bool:
    """Whether a path can be added to this address, and nobody reads what is sent there."""
    return encrypted(url) and not any(sign in url for sign in "?#@\\")


def listening(host: str) -> str:
    """The address of this host, whether it is a name or a number of either sort."""
    return f"http://[{host}]" if ":" in host else f"http://{host}"


def database(url: str) -> bool:
    """Whether this names a host, and after it nothing, a port, the number of a database, or how TLS is to be done."""
    try:
        parts = urlsplit(url)
        port = parts.port
        asked = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:  # a port that is no number: most likely the password ended there
        return False
    path = parts.path.strip("/")
    whole = bool(parts.hostname) and port != 0 and not parts.fragment and not re.search(r"\s", url)
    return whole and (not path or path.isdecimal()) and all(name.startswith("ssl_") for name, _ in asked)
