// Keeps a page true while it is open. Everything also works without this file: it only saves loading the page again.
"use strict";

const path = document.body.dataset.path; // of this page; live pages have one
const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
// randomUUID exists on https and localhost only, and a rehearsal may run on a plain address of the office network.
const uuid = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
const element = (html) => Object.assign(document.createElement("template"), { innerHTML: html.trim() }).content.firstElementChild;
document.documentElement.classList.add("js");

// -- times: in the reader's own zone -----------------------------------------------------------------------------------

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DATE = { weekday: "short", day: "numeric", month: "short" };
const CLOCKS = { time: TIME, date: DATE, both: { ...DATE, ...TIME } };

function localise(root) {
  for (const time of all("time", root)) {
    time.textContent = new Intl.DateTimeFormat("en-GB", CLOCKS[time.dataset.style]).format(new Date(time.dateTime));
  }
  return root;
}

// -- saying what is new, without chatter -------------------------------------------------------------------------------

let unsaid = [];
function announce(words) {
  // Together after a moment: a message a second would talk over whoever listens to their screen.
  if (unsaid.push(words) === 1) {
    setTimeout(() => {
      find("#news").textContent = unsaid.length > 2 ? `${unsaid.length} new messages. ${unsaid.at(-1)}` : unsaid.join(". ");
      unsaid = [];
    }, 1500);
  }
}

const newest = find("#newest"); // a link to what is new where the reader is not looking, else to the end of the room
let unseen = null;
const inView = (node, box = node.getBoundingClientRect()) => box.height > 0 && box.top < innerHeight - 80 && box.bottom > 60;

function point(node, words = "Newest") {
  unseen = node;
  newest.textContent = words;
  newest.href = `#${node?.id ?? "composer"}`;
  newest.classList.toggle("fresh", node !== null);
}
function arrived(node, words) {
  announce(words);
  if (newest && !inView(node)) point(node, words);
}
addEventListener("scroll", () => { if (unseen && (!unseen.isConnected || inView(unseen))) point(null); }, { passive: true });

// -- cards and lines ---------------------------------------------------------------------------------------------------

const entryOf = (card) => card.closest(".entry");
let composing = false; // with an input method, a half-made character must not lose the box it is in
addEventListener("compositionstart", () => { composing = true; });
addEventListener("compositionend", () => { composing = false; });

// What tells one control of a card from another, before and after the card is replaced.
function nameOf(node) {
  if (node.name) return node.name + (node.type === "radio" || node.type === "checkbox" ? `=${node.value}` : "");
  const hidden = node.form ? [...new FormData(node.form)].filter(([name]) => name !== "id") : [node.textContent];
  return `${node.tagName} ${hidden}`;
}

// Put the new card in the old one's place, with all that the reader had typed, opened or focused in it.
function replace(old, fresh) {
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  if (composing && focus) return addEventListener("compositionend", () => replace(old, fresh), { once: true });
  const controls = new Map(all(".fields :is(input, textarea)", fresh).map((node) => [nameOf(node), node]));
  for (const node of all(".fields :is(input, textarea)", old)) {
    const same = controls.get(nameOf(node));
    if (!same || node.type === "hidden") continue;
    if (node.checked !== node.defaultChecked) same.checked = node.checked;
    if (node.type === "textarea" && node.value !== node.defaultValue) same.value = node.value;
  }
  const folds = all("details", fresh);
  all("details", old).forEach((fold, n) => { if (folds[n]) folds[n].open = fold.open; });
  const caret = focus?.type === "textarea" ? [focus.selectionStart, focus.selectionEnd] : null;
  const name = focus && focus !== old ? nameOf(focus) : null;
  old.replaceWith(fresh);
  if (!focus) return;
  const again = all("button, input, textarea, summary, a", fresh).find((node) => nameOf(node) === name) ?? fresh;
  again.focus({ preventScroll: true });
  if (caret && again !== fresh) again.setSelectionRange(...caret);
}

function insert(feed, node) {
  const next = [...feed.children].find((other) => +other.dataset.order > +node.dataset.order);
  const atEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 120;
  feed.insertBefore(node, next ?? null);
  if (find("#number-you")) find("#number-you").textContent = find("#feed-you").children.length;
  // Follow the room, but never move a button from under a finger.
  if (!next && atEnd && feed.id === "feed-room" && !all(".card button").some((button) => inView(button))) node.scrollIntoView({ block: "nearest" });
}

function put({ id, region, html }, silent) {
  const entry = localise(element(html));
  const fresh = find(".card", entry);
  const old = document.getElementById(id);
  if (!old) {
    insert(find(`#feed-${region}`) ?? find("#feed-you"), entry);
    if (!silent) arrived(fresh, `${region === "you" ? "For you" : "New"}: ${find("h3", fresh).textContent}`);
    return;
  }
  if (+fresh.dataset.revision < +old.dataset.revision) return; // overtaken on its way
  replace(old, fresh);
  const [thread, here] = [find(".thread", entry), find(".thread", entryOf(fresh))];
  if (thread && !here) entryOf(fresh).append(thread);
  const answer = here && find("form", here);
  if (!thread && answer && !find("[name=text]", answer).value) answer.remove(); // closed; what is half typed stays
}

function hear({ id, dialog, html, mine }, silent) {
  if (document.getElementById(id)) return;
  const line = localise(element(html));
  const card = dialog && all(".card").find((card) => card.dataset.dialog === dialog && find(".thread", entryOf(card)));
  if (dialog && !card) return;
  insert(card ? find(".answers", entryOf(card)) : find("#feed-room"), line);
  if (mine && !silent) line.scrollIntoView({ block: "nearest" });
  else if (!silent) arrived(line, `${find(".who", line).textContent}: ${find(".words", line).textContent}`);
}

// -- the live stream ---------------------------------------------------------------------------------------------------

let delay = 1000;
function listen() {
  const live = new EventSource(`${path}/live`);
  const on = (name, act) => live.addEventListener(name, (event) => act(JSON.parse(event.data)));
  live.onerror = () => {
    find("#lost").textContent = "Reconnecting… What you see may be old.";
    // The browser tries again by itself after a broken line, but not after an error page, as while the server restarts.
    if (live.readyState === EventSource.CLOSED) setTimeout(listen, (delay = Math.min(delay * 1.6, 20000)));
  };
  on("sync", ({ cards, chat, sessions }) => {
    const first = find("#lost").textContent === "";
    find("#lost").textContent = "";
    delay = 1000;
    const ids = new Set(cards.map((card) => card.id));
    for (const card of all(".feed .card[data-revision]")) if (!ids.has(card.id)) entryOf(card).remove();
    for (const card of cards) put(card, first);
    for (const line of chat) hear(line, first);
    if (sessions !== null && find("#listed")) find("#listed").replaceChildren(...localise(element(`<div>${sessions}</div>`)).children);
  });
  on("card", (card) => put(card));
  on("chat", (line) => hear(line));
  on("gone", ({ id }) => { const card = document.getElementById(id); if (card) entryOf(card).remove(); });
}

// -- sending -----------------------------------------------------------------------------------------------------------

const PAUSES = [400, 800, 1500, 3000, 6000, 10000, 15000, 20000]; // together with the tries: about a minute

// The same id every time: a press whose answer was lost is not heard twice.
async function deliver(body, told) {
  for (const pause of [...PAUSES, null]) {
    try {
      const answer = await fetch(`${path}/act`, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
      if (answer.status < 500) return await answer.json();
    } catch { /* no network, or no answer in time: try again */ }
    if (pause === null) return { lost: true, error: "This could not be sent. Check your connection, then try again." };
    told("Sending… Still trying.");
    await wait(pause);
  }
}

const lanes = new Map(); // one press after the other for each dialog: the last one pressed must arrive last
async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const box = find("input[name=text]:not([type=hidden])", form);
  const words = box?.value;
  if (!box && form.dataset.sending) return; // a double tap must not tick and untick
  form.dataset.sending = "yes";
  const beside = form.closest(".entry") ?? form.closest(".composer") ?? form.closest("main");
  const receipt = find(".receipt", beside);
  const told = (html, bad) => { receipt.innerHTML = html; receipt.classList.toggle("bad", !!bad); localise(receipt); };
  body.set("id", form.dataset.unsent ?? uuid());
  if (box) { box.value = ""; look(box); }
  const slow = setTimeout(() => told("Sending…"), 300);
  const lane = body.get("dialog") || body.get("kind");
  const before = lanes.get(lane);
  const sent = (async () => { await before; return deliver(body, told); })();
  lanes.set(lane, sent);
  const answer = await sent;
  clearTimeout(slow);
  delete form.dataset.sending;
  if (answer.error) {
    if (answer.lost) form.dataset.unsent = body.get("id");
    if (box && !box.value) { box.value = words; look(box); }
    told("", true);
    receipt.textContent = answer.error;
    return;
  }
  delete form.dataset.unsent;
  if (box && words.startsWith("/")) typed.push(words);
  told(answer.receipt ?? "");
  if (answer.look) put(answer.look, true);
  if (answer.chat) hear(answer.chat);
  if (answer.card) find(".replies", beside).replaceChildren(localise(element(answer.card)));
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (!path || !find("[name=kind]", form)) return;
  event.preventDefault();
  send(form, event.submitter);
});
addEventListener("input", (event) => { delete event.target.form?.dataset.unsent; }); // changed words are a new message

addEventListener("click", (event) => {
  const close = event.target.closest(".close");
  if (!close) return;
  event.preventDefault();
  const back = find(".card button, form input:not([type=hidden])", close.closest(".replies").parentElement);
  close.closest(".card").remove();
  back?.focus();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") find(".close", event.target.closest(".composer, .entry") ?? undefined)?.click();
});

// -- the composer ------------------------------------------------------------------------------------------------------

const typed = []; // commands of this page, oldest first: ArrowUp brings them back to be mended
const words = find("#words");
const verbs = words?.getAttribute("list");
function look(box) {
  if (box !== words) return;
  const command = box.value.startsWith("/");
  box.form.classList.toggle("command", command);
  if (verbs) command ? box.setAttribute("list", verbs) : box.removeAttribute("list"); // else it drops down over chat too
}
words?.addEventListener("input", () => look(words));
words?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowUp" || words.value || !typed.length) return;
  event.preventDefault();
  words.value = typed.at(-1);
  look(words);
});

// -- the people page ---------------------------------------------------------------------------------------------------

for (const button of all(".copy")) {
  if (!navigator.clipboard) continue; // the address can be selected by hand
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(find("input", button.parentElement).value);
    find("#copied").textContent = `Copied${find(".sr", button)?.textContent ?? ""}`;
  });
}

localise(document);
const zone = find("#zone");
if (zone) zone.textContent = `Times are in your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
if (words) look(words);
if (path) listen();
