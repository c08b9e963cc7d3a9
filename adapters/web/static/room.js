// Keeps a live page true while it is open: a room, a desk or a report. (`find`, `all`, `byId` and `localise` are in page.js.)
// Everything works without this file too: it saves loading the page again.
"use strict";

const path = document.body.dataset.path; // of this page
const entryOf = (card) => card.closest(".entry");
function element(html) {
  const template = document.createElement("template"); // what is made in it does not run
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// randomUUID exists on https and localhost only, and a rehearsal may run on a plain address of the office network.
const uuid = () => crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-");

// -- saying what is new, without chatter -------------------------------------------------------------------------------

let unsaid = [];
function announce(words) {
  if (unsaid.push(words) > 1) return;
  setTimeout(() => { // several at once: a message a second would talk over whoever listens to their screen
    const many = unsaid.length > 2;
    find("#news").textContent = many ? `${unsaid.length} new. Last: ${unsaid.at(-1)}` : unsaid.join(". ");
    unsaid = [];
  }, 1500);
}

const newest = find("#newest"); // a link to what is new where the reader is not looking, else to the end of the room
let unseen = null;
const inView = (node, box = node.getBoundingClientRect()) => box.top < innerHeight - 80 && box.bottom > 60;
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
addEventListener("scroll", () => {
  if (unseen && (!unseen.isConnected || inView(unseen))) point(null);
}, { passive: true });

// -- cards and lines ---------------------------------------------------------------------------------------------------

let composing = false; // with an input method, a half-made character must not lose the box it is in
addEventListener("compositionstart", () => { composing = true; });
addEventListener("compositionend", () => { composing = false; });

// What tells one control of a card from the others, before and after the card is replaced.
function nameOf(node) {
  if (node.name) return node.name + (node.type === "radio" || node.type === "checkbox" ? `=${node.value}` : "");
  const sends = node.form ? [...new FormData(node.form)].filter(([name]) => name !== "id") : node.textContent;
  return `${node.tagName} ${sends}`;
}

// Put the new card in the old one's place, with all that the reader had typed, opened or focused in it.
function replace(old, fresh) {
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  if (composing && focus) return addEventListener("compositionend", () => replace(old, fresh), { once: true });
  const controls = new Map(all(".fields :is(input, textarea)", fresh).map((node) => [nameOf(node), node]));
  for (const node of all(".fields :is(input:not([type=hidden]), textarea)", old)) {
    const same = controls.get(nameOf(node));
    if (!same) continue;
    if (node.checked !== node.defaultChecked) same.checked = node.checked;
    if (node.type === "textarea" && node.value !== node.defaultValue) same.value = node.value;
  }
  const folds = all("details", fresh);
  all("details", old).forEach((fold, n) => { if (folds[n]) folds[n].open = fold.open; });
  const caret = focus?.type === "textarea" ? [focus.selectionStart, focus.selectionEnd] : null;
  const name = focus && nameOf(focus);
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
  const pressing = all(".card button").some((button) => inView(button));
  if (!next && feed.id === "feed-you" && !find("#you:is(:hover, :focus-within)")) find("#you").scrollTop = 1e6;
  if (!next && atEnd && !pressing && feed.id === "feed-room") node.scrollIntoView({ block: "nearest" });
}

function put({ id, region, html }, silent) {
  const entry = localise(element(html));
  const [fresh, old] = [find(".card", entry), byId(id)];
  if (!old) {
    insert(find(`#feed-${region}`) ?? find("#feed-you"), entry);
    if (!silent) arrived(fresh, `${region === "you" ? "For you" : "New"}: ${find("h3", fresh).textContent}`);
    return;
  }
  if (+fresh.dataset.revision < +old.dataset.revision) return; // overtaken on its way
  const [thread, here] = [find(".thread", entry), find(".thread", entryOf(old))];
  if (thread && !here) entryOf(old).append(thread);
  const answer = here && find("form", here);
  if (!thread && answer && !find("[name=text]", answer).value) answer.remove(); // closed; what is half typed stays
  replace(old, fresh);
}

function hear({ id, dialog, html, mine }, silent) {
  if (byId(id)) return;
  const line = localise(element(html));
  const card = dialog && all(".card").find((one) => one.dataset.dialog === dialog && find(".thread", entryOf(one)));
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
    const first = document.body.dataset.live !== "yes";
    document.body.dataset.live = "yes"; // for tests, and for whoever wonders
    find("#lost").textContent = "";
    delay = 1000;
    const ids = new Set(cards.map((card) => card.id));
    for (const card of all(".feed .card[data-revision]")) if (!ids.has(card.id)) entryOf(card).remove();
    for (const card of cards) put(card, first);
    for (const line of chat) hear(line, first);
    if (sessions !== null) find("#listed").replaceChildren(localise(element(`<div>${sessions}</div>`)));
  });
  on("card", (card) => put(card));
  on("chat", (line) => hear(line));
  on("gone", ({ id }) => byId(id)?.closest(".entry").remove());
}

// -- sending -----------------------------------------------------------------------------------------------------------

const PAUSES = [400, 800, 1500, 3000, 6000, 10000, 15000, 20000]; // about a minute
const FAILED = { lost: true, error: "This could not be sent. Check your connection, then try again." };

// The same id every time, so that what arrived although its answer was lost is not heard twice.
async function deliver(body, told) {
  const headers = { Accept: "application/json" };
  for (const pause of [...PAUSES, null]) {
    try {
      const signal = AbortSignal.timeout(10000);
      const answer = await fetch(`${path}/act`, { method: "POST", body, headers, signal, keepalive: true });
      if (answer.status < 500) return await answer.json();
    } catch { /* no network, or no answer in time */ }
    if (pause === null) return FAILED;
    told("Sending… Still trying.");
    await new Promise((done) => setTimeout(done, pause));
  }
}

const lanes = new Map(); // of a dialog, one press after the other (the last one must arrive last), and by which form
async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const box = find("input[name=text]:not([type=hidden])", form);
  const lane = body.get("dialog") || body.get("kind");
  const before = lanes.get(lane);
  // A double tap must not tick and untick. But who chose another answer since, and comes back to this one, means it.
  if (!box && form.dataset.sending && before?.form === form) return;
  const id = form.dataset.sending = form.dataset.unsent ?? uuid();
  const written = box?.value;
  const beside = form.closest(".entry, .composer") ?? find("main");
  const receipt = find(".receipt", beside);
  const told = (html, error = "") => {
    receipt.innerHTML = html;
    receipt.append(error);
    receipt.classList.toggle("bad", error !== "");
    localise(receipt);
  };
  body.set("id", id);
  if (box) fill(box, "");
  const slow = setTimeout(() => told("Sending…"), 300);
  const sent = Promise.resolve(before?.sent).then(() => deliver(body, told));
  lanes.set(lane, { sent, form });
  const answer = await sent;
  clearTimeout(slow);
  if (form.dataset.sending === id) delete form.dataset.sending;
  delete form.dataset.unsent;
  if (answer.lost) form.dataset.unsent = id;
  if (answer.error) {
    if (box && !box.value) fill(box, written);
    return told("", answer.error);
  }
  if (written?.startsWith("/")) typed.push(written);
  told(answer.receipt ?? "");
  if (answer.look) put(answer.look, true);
  if (answer.chat) hear(answer.chat);
  if (answer.card) find(".replies", beside).replaceChildren(localise(element(answer.card)));
}

addEventListener("submit", (event) => {
  if (!find("[name=kind]", event.target)) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
addEventListener("input", (event) => { delete event.target.form?.dataset.unsent; }); // changed words are a new message

// -- the composer, and the cards that answer there ---------------------------------------------------------------------

const typed = []; // commands, oldest first: ArrowUp brings the last one back to be mended
const words = find("#words");
const verbs = words?.getAttribute("list");
function fill(box, text) {
  box.value = text;
  if (box === words) look();
}
function look() {
  const command = words.value.startsWith("/");
  words.form.classList.toggle("command", command);
  if (verbs) words.setAttribute("list", command ? verbs : ""); // suggestions must not drop down over mere chat
}
words?.addEventListener("input", look);
words?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowUp" || words.value || !typed.length) return;
  event.preventDefault();
  fill(words, typed.at(-1));
});

addEventListener("click", (event) => {
  const close = event.target.closest(".close");
  if (!close) return;
  event.preventDefault();
  const beside = close.closest(".replies").parentElement;
  close.closest(".card").remove();
  find(":scope > .card button, form input:not([type=hidden])", beside)?.focus();
});
addEventListener("keydown", ({ key, target }) => {
  if (key === "Escape") target.closest(".entry, .composer")?.querySelector(".close")?.click();
});

// Begin where something is to be done: a long session has a long past. On a phone, what is for the reader comes first.
const wide = matchMedia("(min-width: 62rem)").matches; // the same as in room.css
const last = (feed) => all(`#feed-${feed} .entry`).filter((entry) => find("form", entry)).at(-1);
const now = last("room");
if (find("#room") && !location.hash) {
  if (wide || !last("you")) (now ?? find("#composer")).scrollIntoView({ block: "nearest", behavior: "instant" });
  else if (now) point(find(".card", now), `In the room: ${find("h3", now).textContent}`);
}
if (words) look();
listen();
