"""The live stream of a page of the web room, as the page's script reads it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp


async def event(stream: aiohttp.ClientResponse) -> tuple[str, Any]:
    """The name and the data of the next event. Raises ConnectionResetError where the stream ends."""
    found: dict[str, list[str]] = {}
    async for line in stream.content:
        if line == b"\n" and "data" in found:
            return found["event"][0], json.loads("\n".join(found["data"]))
        name, colon, value = line.decode().rstrip("\n").partition(": ")
        if colon:
            found.setdefault(name, []).append(value)
    raise ConnectionResetError


async def events(stream: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    """Every event from here on, to the end of the stream."""
    with suppress(ConnectionResetError):
        while True:
            yield await event(stream)
