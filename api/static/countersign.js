// Comfort only: every page and form works without it.
"use strict";

// `/` goes to the search field; j and k walk a list of links, Enter then opens. No key ever decides anything.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const field = document.getElementById("q");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
  if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll(".queue tbody th a")];
    const here = links.indexOf(document.activeElement);
    const next = links[event.key === "j" ? here + 1 : Math.max(here - 1, 0)];
    if (next) next.focus();
  }
});

// A form says that it is being sent, and is sent once.
document.addEventListener("submit", (event) => {
  // A form that answers with a file leaves its page standing, and can be sent again.
  if (event.target.method !== "post" || "download" in event.target.dataset) return;
  for (const button of event.target.querySelectorAll("button")) {
    button.disabled = true;
    button.textContent += " …";
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Nothing moves by itself: a bar says what has come since, and its link shows it.
const news = document.querySelector("[data-news]");
async function ask() {
  if (document.hidden) return;
  const answer = await fetch(news.dataset.news, { headers: { accept: "application/json" } }).catch(() => null);
  const words = answer?.ok ? (await answer.json()).words : answer?.status === 401 ? "Your session is over." : "";
  if (!words || words === news.dataset.told) return;
  news.dataset.told = words;
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = answer.ok ? "Show" : "Sign in";
  news.replaceChildren(`${words} `, link);
  news.hidden = false;
}
if (news) setInterval(ask, 60_000);

// On a phone the pages of a room stand in one line: the one that is open comes into sight.
const shown = document.querySelector(".subnav [aria-current]");
if (shown) shown.parentElement.scrollLeft = shown.offsetLeft - shown.parentElement.offsetLeft - 16;

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "✓";
  });
}
