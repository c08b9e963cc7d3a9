"""The manners of every answer: headers, limits, one sentence for what went wrong, and the files that pages need."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from adapters.web.draw import Draw
from adapters.web.read import LONGEST_BODY, BadForm, Form, parse

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FILES = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
BODY_SECONDS = 20.0  # a form of 64 KB that takes longer is not a form

POLICY = {
    # Without inline script or style, text that slipped through every other defence would still do nothing.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "Referrer-Policy": "no-referrer",  # the address of a page is the key to it
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# No page is stored anywhere; also, going back must not bring a form whose id was used already.
HEADERS = POLICY | {"Cache-Control": "no-store"}


class Refuse(Exception):
    """The caller gets this status, this sentence, and what to do now."""

    def __init__(self, status: int, sentence: str, hint: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.hint = status, sentence, hint


class Files:
    """The style sheet, the script and the icon, each under a name that changes with its content."""

    def __init__(self, prefix: str) -> None:
        self._content: dict[str, tuple[bytes, str]] = {}
        self.addresses: dict[str, str] = {}
        for path in sorted(FILES.iterdir()):
            if path.suffix in TYPES:
                content = path.read_bytes()
                name = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
                self._content[name] = (content, TYPES[path.suffix])
                self.addresses[path.name] = f"{prefix}/room/static/{name}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One file."""
        try:
            content, content_type = self._content[request.match_info["name"]]
        except KeyError:
            raise Refuse(404, "There is no such file.", "Load the page again.") from None
        forever = {"Cache-Control": "public, max-age=31536000, immutable"}
        return web.Response(body=content, content_type=content_type, charset="utf-8", headers=POLICY | forever)


def guard(draw: Draw, handler: Handler) -> Handler:
    """The same handler, which never fails at a caller: whatever goes wrong is one sentence and what to do."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refuse as no:
            return refusal(draw, request, no)
        except BadForm as bad:
            return refusal(draw, request, Refuse(400, str(bad), "Nothing was changed."))
        except web.HTTPException:
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.match_info.route.resource)  # never the address: a key
            busy = Refuse(503, "The room is busy for a moment.", "Nothing is lost: please try again in a few seconds.")
            return refusal(draw, request, busy)

    return guarded


def refusal(draw: Draw, request: web.Request, no: Refuse) -> web.Response:
    """What went wrong, for a person or for a script."""
    headers = HEADERS | ({"Retry-After": "1"} if no.status == 503 else {})
    if wants_json(request):
        return web.json_response({"error": no.sentence, "hint": no.hint}, status=no.status, headers=headers)
    # Where a form was sent from its own page, that page is the way back; a dead link leads nowhere.
    back = request.path.removesuffix("/act") if no.status not in (404, 405) else ""
    html = draw.page("error", sentence=no.sentence, hint=no.hint, back=back.removesuffix("/people"))
    return page(html, no.status, headers)


def page(html: str, status: int = 200, headers: Mapping[str, str] = HEADERS) -> web.Response:
    """A page. Half a character, which another platform may have let in, becomes a "?" and keeps nobody out."""
    body = html.encode(errors="replace")
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8", headers=headers)


def see_other(address: str) -> web.Response:
    """Look there: the answer to a form, so that loading the page again does not send it again."""
    return web.Response(status=303, headers=HEADERS | {"Location": address})


def wants_json(request: web.Request) -> bool:
    """Whether a script asks, rather than a browser that shows what it gets."""
    return "application/json" in request.headers.get("Accept", "")


async def form(request: web.Request) -> Form:
    """The form in the body. Not aiohttp's own reader: its limit is the whole server's, and it takes uploads."""
    too_large = Refuse(413, "That is too much at once.", "Please shorten it and send it again.")
    if (request.content_length or 0) > LONGEST_BODY:
        raise too_large
    if request.content_type != "application/x-www-form-urlencoded":
        raise BadForm("The page sent something that is not a form. Load it again and repeat.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > LONGEST_BODY:
                    raise too_large
    except TimeoutError:
        raise Refuse(408, "The form took too long to arrive.", "Check your connection and send it again.") from None
    return parse(bytes(body))
