// What every page needs: times in the reader's own zone, and buttons that copy. Nothing here is needed to read a page.
"use strict";

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DATE = { weekday: "short", day: "numeric", month: "short" };
const CLOCKS = { time: TIME, date: DATE, both: { ...DATE, ...TIME } };

function localise(root) {
  for (const time of all("time", root)) {
    const clock = new Intl.DateTimeFormat("en-GB", CLOCKS[time.dataset.style]);
    time.textContent = clock.format(new Date(time.dateTime));
  }
  return root;
}

localise(document);
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (find("#zone")) find("#zone").textContent = `Times are in your time zone, ${timeZone}.`;

for (const button of navigator.clipboard ? all(".copy") : []) { // else the address can be selected by hand
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(find("input", button.parentElement).value);
    find("#copied").textContent = `Copied:${find(".sr", button).textContent}`;
  });
}
