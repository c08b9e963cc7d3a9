"""HTML -> cards, as somebody who looks at the page reads them. The contract is in `card.html`'s own comment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
BLOCKS = {"p", "div", "li", "dt", "dd", "h1", "h2", "h3", "section", "article", "form", "button", "span", "time"}


@dataclass(eq=False, slots=True)
class Node:
    """An element, and what is in it in order."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    def all(self, tag: str, css: str = "") -> Iterator[Node]:
        """Every element in here of this tag (any: "") and class, in the order of the page."""
        for one in self.inside:
            if isinstance(one, Node):
                if tag in ("", one.tag) and (not css or css in one.attrs.get("class", "").split()):
                    yield one
                yield from one.all(tag, css)

    def one(self, tag: str, css: str = "") -> Node | None:
        """The first of them."""
        return next(self.all(tag, css), None)

    def text(self) -> str:
        """The words in here, as they are read."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        for one in self.inside:
            if isinstance(one, str):
                yield one
            else:
                apart = " " if one.tag in BLOCKS - {"span", "time"} else ""
                yield apart
                yield from one._words()  # noqa: SLF001 - its own kind
                yield apart


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Node("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].tag == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def parse(html: str) -> Node:
    """A page or a part of one."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.open[0]


# -- what stands on a card ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """One control of a form to fill in."""

    name: str
    label: str
    kind: str  # text, radio, checkbox
    options: tuple[tuple[str, str], ...] = ()  # value, words
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Something that can be sent: a button with what it sends, or fields to fill in first."""

    label: str
    sends: tuple[tuple[str, str], ...]  # the hidden inputs, without the id
    style: str = ""
    pressed: bool = False
    questions: tuple[Question, ...] = ()

    def get(self, name: str) -> str:
        """What the form says of itself."""
        return dict(self.sends).get(name, "")


@dataclass(frozen=True, slots=True)
class Bar:
    """An answer of a poll and how many gave it."""

    label: str
    count: int
    total: int
    vote: Form | None


@dataclass(frozen=True, slots=True)
class Item:
    """A line to tick."""

    text: str
    mark: str
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A card as its reader sees it."""

    id: str
    dialog: str
    slot: str
    tone: str
    title: str
    texts: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    items: tuple[Item, ...]
    fields: Form | None
    forms: tuple[Form, ...]  # every button, wherever it stands
    footer: str
    answer: Form | None = None  # where an answer is written beneath it
    who: tuple[str, ...] = ()  # the people who are named in its texts
    times: tuple[datetime, ...] = ()
    order: int = 0
    private: bool = False
    revision: int = field(default=0, compare=False)  # two cards are the same if they read the same

    @property
    def over(self) -> bool:
        """Whether nothing is asked of anybody here any more."""
        return self.tone in {"done", "closed"}

    def form(self, action: str) -> Form | None:
        """The button that does this."""
        return next((one for one in self.forms if one.get("action") == action), None)

    def words(self) -> str:
        """All of it in one line, without the buttons."""
        parts = [self.title, *self.texts, *(f"{label}: {value}" for label, value in self.facts)]
        parts += [f"{bar.label} {bar.count}/{bar.total}" for bar in self.bars]
        parts += [f"[{item.mark}] {item.text}" for item in self.items]
        parts += [question.label for question in (self.fields.questions if self.fields else ())]
        return " | ".join(part for part in (*parts, self.footer) if part)


def cards(page: Node) -> list[Card]:
    """The cards of a page, each with the side of the page it stands on."""
    found: list[Card | None] = []
    for region in ("you", "room"):
        feed = next((node for node in page.all("div", "feed") if node.attrs.get("id") == f"feed-{region}"), None)
        entries = feed.all("div", "entry") if feed else ()
        found += [of_entry(entry, private=region == "you") for entry in entries]
    return [card for card in found if card]


def of_entry(entry: Node, *, private: bool) -> Card | None:
    """The card of an entry, with where one answers it."""
    article = entry.one("article", "card")
    if article is None:
        return None
    answer = entry.one("form", "answer")
    return _card(article, _form(answer) if answer else None, int(entry.attrs.get("data-order", "0")), private=private)


def reply(html: str) -> Card | None:
    """A card that answers something its reader did."""
    article = parse(html).one("article", "card")
    return _card(article, None, 0, private=True) if article else None


def _card(article: Node, answer: Form | None, order: int, *, private: bool) -> Card:
    data = article.attrs
    title, footer, fields = article.one("h3"), article.one("p", "footer"), article.one("form", "fields")
    facts = article.one("dl", "facts")
    rows = [(row.one("dt"), row.one("dd")) for row in facts.all("div")] if facts else []
    texts = list(article.all("p", "text"))
    return Card(
        id=data.get("id", ""),
        dialog=data.get("data-dialog", ""),
        slot=data.get("data-slot", ""),
        tone=data.get("data-tone", ""),
        revision=int(data.get("data-revision", "0")),
        title=title.text() if title else "",
        texts=tuple(node.text() for node in texts),
        facts=tuple((label.text(), value.text()) for label, value in rows if label and value),
        bars=tuple(_bar(node) for node in article.all("li", "bar")),
        items=tuple(_item(node) for node in article.all("li", "item")),
        fields=_form(fields) if fields else None,
        forms=tuple(_form(node) for node in article.all("form", "press")),
        footer=footer.text() if footer else "",
        answer=answer,
        who=tuple(node.text() for text in texts for node in text.all("b", "who")),
        times=tuple(datetime.fromisoformat(node.attrs["datetime"]) for node in article.all("time")),
        order=order,
        private=private,
    )


def _bar(node: Node) -> Bar:
    form, label, count = node.one("form", "press"), node.one("span", "label"), node.one("span", "count")
    vote = _form(form) if form else None
    given, _, total = (count.text() if count else "0 of 0").partition(" of ")
    return Bar(label.text() if label else vote.label if vote else "", int(given), int(total or 0), vote)


def _item(node: Node) -> Item:
    what = node.one("p", "what")
    forms = tuple(_form(form) for form in node.all("form", "press"))
    return Item(what.text() if what else "", node.attrs.get("data-mark", ""), forms)


def _form(node: Node) -> Form:
    button = node.one("button")
    hidden = [one.attrs for one in node.all("input") if one.attrs.get("type") == "hidden"]
    return Form(
        label=button.text() if button else "",
        sends=tuple((one["name"], one.get("value", "")) for one in hidden if one.get("name") != "id"),
        style=button.attrs.get("class", "") if button else "",
        pressed=button is not None and button.attrs.get("aria-pressed") == "true",
        questions=tuple(_questions(node)),
    )


def _questions(node: Node) -> Iterator[Question]:
    for one in (child for child in node.all("") if "field" in child.attrs.get("class", "").split()):
        label = one.one("legend") or one.one("label")
        words = label.text() if label else ""
        if area := one.one("textarea"):
            yield Question(area.attrs.get("name", ""), words, "text", (), "required" in area.attrs)
        else:
            inputs = [(choice.one("input"), choice.text()) for choice in one.all("label")]
            boxes = [(box.attrs, text) for box, text in inputs if box]
            options = tuple((box.get("value", ""), text) for box, text in boxes)
            box = boxes[0][0] if boxes else {}
            yield Question(box.get("name", ""), words, box.get("type", ""), options, "required" in box)
