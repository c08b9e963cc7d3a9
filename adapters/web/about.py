"""Three pages without a key: what this is, what it keeps of people, and under which terms. Platforms link to them."""

from __future__ import annotations

from aiohttp import web

from adapters.web.draw import Draw
from adapters.web.links import Links
from adapters.web.serving import HEADERS, Files, Handler, guard, page

KINDS = ("privacy", "terms")


class About:
    """The pages, or the way to an organisation's own ones."""

    def __init__(self, links: Links, elsewhere: tuple[str, str] = ("", "")) -> None:
        """`elsewhere`: the organisation's own pages about privacy and terms; empty: Cohost's."""
        self._prefix, self._elsewhere = links.prefix, dict(zip(KINDS, elsewhere, strict=True))
        self._draw = Draw(links, Files(links.prefix).addresses)

    def add_to(self, app: web.Application) -> None:
        """Serve `/`, `/privacy` and `/terms` from this application."""
        paths = {"/": "about"} | {f"/{kind}": kind for kind in KINDS}
        app.add_routes([web.get(path, guard(self._draw, self._serve(kind))) for path, kind in paths.items()])

    def _serve(self, kind: str) -> Handler:
        async def serve(_: web.Request) -> web.StreamResponse:
            if there := self._elsewhere.get(kind):
                return web.Response(status=302, headers=HEADERS | {"Location": there})
            ways = {one: self._elsewhere[one] or f"{self._prefix}/{one}" for one in KINDS}
            return page(self._draw.page(kind, ways=ways, home=f"{self._prefix}/"))

        return serve
