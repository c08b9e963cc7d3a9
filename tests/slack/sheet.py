"""Contact sheet: the very blocks that are sent, drawn about as Slack draws them on a phone, in light and dark.

It knows what cards, forms and the Home tab are made of, and says so of anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape, unescape
from typing import Any

Json = Mapping[str, Any]

SHOWN = 30  # letters of a button, after which Slack cuts it
NAMES = {"U": "@someone"}
STYLE = """
:root { --paper: #fff; --ink: #1d1c1d; --soft: #616061; --line: #ddd; --blue: #1264a3; --go: #007a5a; --stop: #e01e5a;
  --mention: #e8f5fa; --desk: #eee }
.dark { --paper: #1a1d21; --ink: #d1d2d3; --soft: #ababad; --line: #414448; --blue: #1d9bd1; --go: #148567;
  --mention: #1d3a47; --desk: #0b0c0d }
body { margin: 0; padding: 16px; background: var(--desk); color: var(--ink); font: 15px/1.46 Lato, sans-serif;
  columns: 5 360px; column-gap: 16px }
figure { margin: 0 0 16px; break-inside: avoid }
figcaption { color: gray; font-size: 11px }
.phone { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px;
  max-height: 800px; overflow: hidden }
.by { font-weight: 900 } .by small { color: var(--soft); font-weight: 400 }
.app { background: var(--line); font-size: 10px; padding: 0 3px; border-radius: 2px }
.bar { display: flex; justify-content: space-between; gap: 8px; font-weight: 900; border-bottom: 1px solid var(--line);
  margin-bottom: 8px; padding-bottom: 8px } .bar span { font-weight: 400 } .bar .go { color: var(--go) }
.block { margin: 6px 0; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: plaintext }
.header { font-size: 18px; font-weight: 900; line-height: 1.3 }
.section { display: flex; gap: 8px; align-items: flex-start; justify-content: space-between }
.context { color: var(--soft); font-size: 13px } .context span { margin-right: 8px }
.actions { display: flex; flex-wrap: wrap; gap: 8px }
.divider { border-top: 1px solid var(--line) }
button { font: 700 13px Lato, sans-serif; color: inherit; background: var(--paper); border: 1px solid var(--soft);
  border-radius: 4px; padding: 6px 11px; white-space: nowrap }
button.primary { background: var(--go); border-color: var(--go); color: #fff }
button.danger { background: var(--stop); border-color: var(--stop); color: #fff }
.user { background: var(--mention); color: var(--blue); border-radius: 3px; padding: 0 2px }
code { color: var(--stop); font-size: 13px; border: 1px solid var(--line); padding: 0 3px }
a { color: var(--blue); text-decoration: none }
.label { font-weight: 900 } .hint { color: var(--soft); font-size: 13px }
.box { border: 1px solid var(--soft); border-radius: 4px; padding: 6px 8px; min-height: 22px; white-space: pre-wrap }
.many { min-height: 66px }
.note { color: var(--soft); font-size: 11px; border-left: 3px solid var(--line); padding-left: 6px }
"""


def page(figures: Iterable[tuple[str, str]], *, dark: bool) -> str:
    """A sheet of figures, each with its caption."""
    shown = "".join(f"<figure><figcaption>{escape(said)}</figcaption>{html}</figure>" for said, html in figures)
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body class={'dark' if dark else 'light'}>{shown}"


def message(sent: Json, names: Mapping[str, str] = NAMES) -> str:
    """A message, and below it what its notification says."""
    by = "<div class=by>Cohost <span class=app>APP</span> <small>14:02</small></div>"
    return f"<div class=phone>{by}{blocks(sent['blocks'], names)}{note(unescape(sent['text']))}</div>"


def view(shown: Json, names: Mapping[str, str] = NAMES) -> str:
    """A modal or the Home tab."""
    if shown["type"] == "home":
        return f"<div class=phone><div class=bar>Home</div>{blocks(shown['blocks'], names)}</div>"
    close, title, submit = (escape(shown[name]["text"]) for name in ("close", "title", "submit"))
    bar = f"<div class=bar><span>{close}</span>{title}<span class=go>{submit}</span></div>"
    return f"<div class=phone>{bar}{blocks(shown['blocks'], names)}</div>"


def blocks(found: Iterable[Json], names: Mapping[str, str]) -> str:
    return "".join(f'<div class="block {one["type"]}">{block(one, names)}</div>' for one in found)


def block(one: Json, names: Mapping[str, str]) -> str:
    match one["type"]:
        case "header":
            return text(one["text"], names)
        case "section":
            beside = element(one["accessory"]) if "accessory" in one else ""
            return f"<div>{text(one['text'], names)}{asks(one.get('accessory', {}))}</div>{beside}"
        case "context":
            return "".join(f"<span>{text(part, names)}</span>" for part in one["elements"])
        case "actions":
            return "".join(map(element, one["elements"])) + "".join(map(asks, one["elements"]))
        case "divider":
            return ""
        case "rich_text":
            return "".join(rich(part, names) for inner in one["elements"] for part in inner["elements"])
        case "input":
            optional = " <span class=hint>(optional)</span>" if one["optional"] else ""
            hint = f"<div class=hint>{escape(one['hint']['text'])}</div>" if "hint" in one else ""
            return f"<div class=label>{escape(one['label']['text'])}{optional}</div>{element(one['element'])}{hint}"
    raise ValueError(one["type"])


def text(one: Json, names: Mapping[str, str]) -> str:
    return escape(one["text"]) if one["type"] == "plain_text" else mrkdwn(one["text"], names)


def mrkdwn(said: str, names: Mapping[str, str]) -> str:
    """What is ours in it comes alive: mentions, dates, links, and bold."""
    said = re.sub(r"<@(\w+)>", lambda found: mention(found[1], names), said)
    said = re.sub(r"<!date\^[^|]*\|([^>]*)>", r"\1", said)
    said = re.sub(r"<(https?:[^|>]*)\|([^>]*)>", r"<a>\2</a>", said)
    return re.sub(r"(?<!\w)\*(\S[^*\n]*)\*(?!\w)", r"<b>\1</b>", said)


def rich(part: Json, names: Mapping[str, str]) -> str:
    match part["type"]:
        case "user":
            shown = mention(part["user_id"], names)
        case "date":
            shown = escape(part["fallback"])
        case "link":
            shown = f"<a>{escape(part['text'])}</a>"
        case "text":
            shown = escape(part["text"])
        case _:
            raise ValueError(part["type"])
    for style, tag in (("bold", "b"), ("code", "code")):
        shown = f"<{tag}>{shown}</{tag}>" if part.get("style", {}).get(style) else shown
    return shown


def mention(user: str, names: Mapping[str, str]) -> str:
    return f"<span class=user>@{escape(names.get(user, user))}</span>"


def element(one: Json) -> str:
    match one["type"]:
        case "button":
            label = one["text"]["text"]
            cut = label if len(label) <= SHOWN else f"{label[: SHOWN - 1]}…"
            return f'<button class="{one.get("style", "plain")}">{escape(cut)}</button>'
        case "overflow":
            return "<button>⋯</button>"
        case "plain_text_input":
            kind = "box many" if one.get("multiline") else "box"
            return f'<div class="{kind}">{escape(one.get("initial_value", ""))}</div>'
        case "radio_buttons" | "checkboxes":
            before = [*one.get("initial_options", ()), one.get("initial_option")]
            full, empty = ("◉", "○") if one["type"] == "radio_buttons" else ("☑", "☐")
            rows = (f"{full if each in before else empty} {escape(each['text']['text'])}" for each in one["options"])
            return "<br>".join(rows)
        case "static_select" | "multi_static_select":
            return f"<div class=box>Choose ▾ ({len(one['options'])})</div>"
    raise ValueError(one["type"])


def asks(one: Json) -> str:
    """What is behind a button: the menu, and the question that is asked first."""
    options = (
        ", ".join(each["text"]["text"] for each in one.get("options", ())) if one.get("type") == "overflow" else ""
    )
    question = one["confirm"]["text"]["text"] if "confirm" in one else ""
    return (note(f"⋯ {options}") if options else "") + (note(f"? {question}") if question else "")


def note(said: str) -> str:
    return f"<div class=note>{escape(said)}</div>"
