"""What each page has to show, and how those that are open are kept to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from adapters.base import Pages, RoomView, Seen
from adapters.web.draw import Draw, Reader, card_id, has_link, millis
from adapters.web.live import Hub, Line, Page, Viewer, pack
from adapters.web.serving import Refuse
from dialogs.card import people_in

NO_DOOR = "The link may be cut off or too old. Ask whoever sent it to you for a new one."


class Truth:
    """The pages of one worker: what is stored, as each of them shows it."""

    def __init__(self, bot: Pages, draw: Draw, hub: Hub) -> None:
        self._bot, self._draw, self._hub = bot, draw, hub

    async def shown(
        self, session: str, person: str | None, dialog: str, slot: str, told: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """This message has changed, for the whole session or for this person. `told`: names that may be on it."""
        if person is None:
            viewers = self._hub.viewers(session, "room")
        else:
            viewers = self._hub.viewers(session, "room", "report", person=person)
            # A desk may list this message, the session, or both: it is small, so it is sent whole.
            await self.desk(person)
        if viewers:
            names = self._hub.room(session).names
            names.update(told)
            await self._push(dialog, slot, viewers, names)

    async def _push(self, dialog: str, slot: str, viewers: list[Viewer], names: Mapping[str, str]) -> None:
        seen = await self._bot.looks(dialog, slot, sorted({viewer.page.person for viewer in viewers}))
        if not named(seen.values(), names):  # it has changed since the message was made, and names somebody else
            names = {**names, **(await self.view(viewers[0].page)).names}
        gone = pack("gone", {"id": card_id(dialog, slot)})
        drawn: dict[Seen, bytes] = {}  # most people see the same card: it is drawn once for all of them
        for viewer in viewers:
            page = viewer.page
            look = seen.get(page.person)
            if look is None or (page.sort == "report" and not look.private):
                viewer.send(gone)
                viewer.known.pop(card_id(dialog, slot), None)
                continue
            if (data := drawn.get(look)) is None:
                data = pack("card", self.card(look, Reader(page.tenant, page.person, names)))
                if not has_link(look.card):
                    drawn[look] = data
            viewer.send(data)
            viewer.known[card_id(dialog, slot)] = hash(look)

    async def desk(self, person: str) -> None:
        """Everything on the desks that this person has open, anew."""
        for viewer in self._hub.viewers(person, "desk"):
            try:
                viewer.send(await self.whole(viewer))
            except Refuse:  # the person is gone; so is their page
                viewer.send(None)

    async def again(self, viewer: Viewer) -> None:
        """Whatever was missed. As cards one by one: they have revisions, so that none overtakes a newer one."""
        page = viewer.page
        if page.sort == "desk":
            return await self.desk(page.person)
        before = set(viewer.known)  # what is sent while we look is newer than what we see
        try:
            view = await self.view(page)
        except Refuse:  # the person is gone; so is their page
            return viewer.send(None)
        reader, seen = self.reader(page, view.names, view), _on(page, view)
        for id_, look in seen.items():
            if viewer.known.get(id_) != hash(look):
                viewer.known[id_] = hash(look)
                viewer.send(pack("card", self.card(look, reader)))
        for id_ in before - seen.keys():
            viewer.known.pop(id_, None)
            viewer.send(pack("gone", {"id": id_}))
        return None

    async def whole(self, viewer: Viewer) -> bytes:
        """Everything on a page that has just been opened."""
        page = viewer.page
        view = await self.view(page)
        chat = self._hub.room(page.session).chat if page.sort == "room" else ()
        reader = self.reader(page, view.names, view)
        desk = self._draw.page("sessions", view=view, reader=reader) if page.sort == "desk" else None
        seen = _on(page, view)
        for id_, look in seen.items():
            viewer.known.setdefault(id_, hash(look))  # what was sent meanwhile comes after it
        return pack(
            "sync",
            {
                "cards": [self.card(look, reader) for look in seen.values()],
                "chat": [self.said(line, page.person) for line in chat],
                "sessions": desk,
            },
            lines=True,
        )

    def spread(self, session: str, line: Line) -> None:
        """Somebody said this to the room: once, however often it is told."""
        if self._hub.room(session).say(line):
            theirs, own = pack("chat", self.said(line, "")), pack("chat", self.said(line, line.person))
            for viewer in self._hub.viewers(session, "room"):
                viewer.send(own if viewer.page.person == line.person else theirs)

    def card(self, seen: Seen, reader: Reader) -> dict[str, Any]:
        """One card, as pages take it."""
        return {
            "id": card_id(seen.dialog, seen.slot),
            "region": "you" if seen.private else "room",
            "order": millis(seen.at),
            "html": self._draw.entry(seen, reader),
        }

    def said(self, line: Line, reader: str) -> dict[str, Any]:
        """What somebody said, as the page of this reader takes it."""
        return {
            "id": f"said-{line.id}",
            "dialog": line.dialog,
            "order": millis(line.at),
            "mine": line.person == reader,
            "html": self._draw.line(line),
        }

    async def view(self, page: Page) -> RoomView:
        """All that the person of this page sees. Raises Refuse if they are not in the session any more."""
        view = await (self._bot.desk(page.person) if page.sort == "desk" else self._bot.room(page.session, page.person))
        if view is None or view.tenant != page.tenant or (page.sort != "desk" and view.brief is None):
            raise Refuse(404, "You are not in this session any more, or it is gone.", NO_DOOR)
        if page.sort != "desk":
            self._hub.room(page.session).names.update(view.names)
        return view

    def reader(self, page: Page, names: Mapping[str, str], view: RoomView) -> Reader:
        """The one who looks at this page, for whoever draws."""
        zone = view.brief.zone if view.brief else next((one.brief.zone for one in view.sessions), "UTC")
        return Reader(page.tenant, page.person, names, zone)


def _on(page: Page, view: RoomView) -> Mapping[str, Seen]:
    """What this page shows: outside of the room only what is for this person alone."""
    return {card_id(seen.dialog, seen.slot): seen for seen in view.seen if page.sort == "room" or seen.private}


def named(seen: Iterable[Seen], names: Mapping[str, str]) -> bool:
    """Whether everybody on these cards is known by name."""
    return names.keys() >= set(people_in(one.card for one in seen))
