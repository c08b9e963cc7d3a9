"""Contact sheet: the very cards that are sent, drawn by Microsoft's own renderer about as Teams does on a phone.

The renderer comes from npm (tests/teams/renderer/). Its lock has no addresses: whoever installs uses the registry they
trust. Bring it up to package.json with `npm install --package-lock-only --omit-lockfile-registry-resolved` there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Page

from tests.browser.install import npm

Json = Mapping[str, Any]

HERE = Path(__file__).parent / "renderer"
THERE = Path(__file__).parent.parent.parent / ".venv" / "adaptivecards"
SCRIPTS = ("adaptivecards/dist/adaptivecards.min.js", "markdown-it/dist/browser/markdown-it.umd.min.js")


class Figure(NamedTuple):
    """A card, and what is written above it."""

    caption: str
    card: Json
    wide: bool = False  # as on a desk, else as on a phone


def install() -> Path:
    """The renderer, from its own lock, in a place of its own."""
    lock = (HERE / "package-lock.json").read_text()
    kept = THERE / "package-lock.json"
    if not kept.exists() or kept.read_text() != lock or not (THERE / "node_modules" / SCRIPTS[0]).exists():
        shutil.rmtree(THERE, ignore_errors=True)
        THERE.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, THERE)
        npm(THERE, "ci")
    return THERE / "node_modules"


async def show(page: Page, figures: Iterable[Figure], *, dark: bool = False) -> list[str]:
    """Draw the figures on a page. What the renderer has to say against them."""
    modules = install()
    await page.set_content(f"<!doctype html><html lang=en><meta charset=utf-8><style>{STYLE}</style><body></body>")
    for name in SCRIPTS:
        await page.add_script_tag(path=modules / name)
    await page.evaluate(f"document.body.className = '{'dark' if dark else 'light'}'")
    drawn = [figure._asdict() for figure in figures]
    said: list[str] = await page.evaluate(SCRIPT, [json.dumps(drawn), host(dark=dark)])
    return said


def host(*, dark: bool) -> dict[str, Any]:
    """The looks of a card in Teams."""
    paper, box = ("#292929", "#1f1f1f") if dark else ("#ffffff", "#f5f5f5")
    ink, soft = ("#ffffff", "#adadad") if dark else ("#242424", "#616161")
    bad, good, accent = ("#e37d80", "#92c353", "#a6a7dc") if dark else ("#c4314b", "#237b4b", "#5b5fc7")
    colours = {
        name: {"default": colour, "subtle": colour if name != "default" else soft}
        for name, colour in {
            "default": ink,
            "dark": ink,
            "light": ink,
            "accent": accent,
            "good": good,
            "warning": accent,
            "attention": bad,
        }.items()
    }
    return {
        "fontFamily": "'Segoe UI', sans-serif",
        "supportsInteractivity": True,
        "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
        "fontSizes": {"small": 12, "default": 14, "medium": 14, "large": 18, "extraLarge": 24},
        "fontWeights": {"lighter": 200, "default": 400, "bolder": 600},
        "lineHeights": {"small": 16, "default": 20, "medium": 20, "large": 24, "extraLarge": 32},
        "containerStyles": {
            "default": {"backgroundColor": paper, "foregroundColors": colours},
            "emphasis": {"backgroundColor": box, "foregroundColors": colours},
        },
        "actions": {
            "maxActions": 6,
            "spacing": "default",
            "buttonSpacing": 8,
            "showCard": {"actionMode": "inline", "inlineTopMargin": 8, "style": "emphasis"},
            "actionsOrientation": "horizontal",
            "actionAlignment": "left",
        },
        "inputs": {"label": {"inputSpacing": "small", "requiredInputs": {"weight": "bolder", "suffix": " *"}}},
    }


SCRIPT = """([text, host]) => {
  const said = [], md = window.markdownit({ linkify: true });
  md.linkify.set({ fuzzyLink: true, fuzzyEmail: true });
  for (const { caption, card, wide } of JSON.parse(text)) {
    const known = (card.msteams?.entities ?? []).map(one => md.utils.escapeHtml(one.text));
    AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
      result.outputHtml = md.render(text).replace(/&lt;at&gt;(.*?)&lt;\\/at&gt;/g,
        (tag, name) => known.includes(tag) ? `<span class=mention>${name}</span>` : tag);
      result.didProcess = true;
    };
    const shown = new AdaptiveCards.AdaptiveCard(), context = new AdaptiveCards.SerializationContext();
    shown.hostConfig = new AdaptiveCards.HostConfig(host);
    shown.parse(card, context);
    for (let at = 0; at < context.eventCount; at++) said.push(`${caption}: ${context.getEventAt(at).message}`);
    for (const one of shown.validateProperties().validationEvents) said.push(`${caption}: ${one.message}`);
    const figure = document.createElement("figure");
    figure.className = wide ? "wide" : "phone";
    figure.innerHTML = `<figcaption></figcaption><div class=paper></div>`;
    figure.firstChild.textContent = caption;
    figure.lastChild.append(shown.render());
    document.body.append(figure);
    for (const one of figure.querySelectorAll(".ac-pushButton.expandable, .ac-pushButton[aria-expanded=false]"))
      if (one.getAttribute("aria-expanded") !== "true") one.click();
  }
  return said;
}"""

STYLE = """
:root { --paper: #fff; --ink: #242424; --line: #d1d1d1; --desk: #ebebeb; --button: #fff;
  --go: #5b5fc7; --stop: #c4314b }
.dark { --paper: #292929; --ink: #fff; --line: #666; --desk: #141414; --button: #292929;
  --go: #7f85f5; --stop: #e37d80 }
body { margin: 0; padding: 16px; background: var(--desk); color: var(--ink); font: 14px/20px 'Segoe UI', sans-serif;
  columns: 5 330px; column-gap: 16px }
figure { margin: 0 0 16px; break-inside: avoid }
figure.wide { width: 690px; column-span: all }
figcaption { color: gray; font-size: 11px }
.paper { background: var(--paper); border-radius: 6px; overflow: hidden; max-height: 900px }
.ac-adaptiveCard { outline: none; overflow-wrap: anywhere }
.ac-adaptiveCard p { margin: 0 } .ac-adaptiveCard p + p { margin-top: 8px }
.ac-pushButton { font: 600 14px 'Segoe UI', sans-serif; color: var(--ink); background: var(--button); cursor: pointer;
  border: 1px solid var(--line); border-radius: 4px; padding: 5px 12px; min-height: 32px; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap }
.ac-pushButton.style-positive { background: var(--go); border-color: var(--go); color: #fff }
.ac-pushButton.style-destructive { color: var(--stop); border-color: var(--stop) }
.ac-input, .ac-multichoiceInput { font: inherit; color: inherit; background: transparent; box-sizing: border-box }
.ac-textInput, select.ac-input { border: 1px solid var(--line); border-radius: 4px; padding: 5px 8px; width: 100% }
.ac-textInput.ac-multiline { min-height: 60px } select.ac-input option { color: #242424 }
.ac-choiceSetInput-expanded, .ac-choiceSetInput-multiSelect { display: block }
.mention, a { color: var(--go) }
"""
