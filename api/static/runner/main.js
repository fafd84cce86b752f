// The runner: takes the session onto the phone, shows one screen at a time, sends when there is a signal.

import { board, strip } from "./board.js";
import { check, dayIn } from "./bundle.js";
import { h } from "./elements.js";
import { allOf, get, persist, put } from "./store.js";
import { handIn, Refused, send } from "./sync.js";
import { testScreen } from "./test.js";
import { nextOf, walkOf } from "./walk.js";

const place = document.getElementById("runner");
const sessionId = place.dataset.session;
const line = { online: navigator.onLine, sending: false, problem: null };
let filter = "open";
let typing = Promise.resolve();
let turns = 0;
const open = new Map(); // drafts of the screens that were shown, by test

/** Fetch the bundle anew, where the phone's own session still opens it; what was collected stays. */
async function refresh(held) {
  const sent = await sentActs();
  const answer = await fetchBundle(held.token, { "If-None-Match": `"${held.bundle.bundle_hash}"` });
  if (answer.status === 401 || answer.status === 403) return takeOver();
  if (answer.ok) await keepBundle(held.token, held.ends, answer);
  if (answer.ok || answer.status === 304) await known(sent);
}

// What the server had taken before it was asked stands in the bundle that it answers with.
const sentActs = async () => (await allOf("acts", sessionId)).filter((one) => one.state === "sent" && !one.is_known);
const known = (acts) => Promise.all(acts.map((one) => put("acts", { ...one, is_known: true })));

const fetchBundle = (token, headers = {}) =>
  fetch(`/api/v1/tests/sessions/${sessionId}/bundle`, {
    credentials: "omit",
    headers: { Authorization: `Bearer ${token}`, ...headers },
  });

async function keepBundle(token, ends, answer) {
  const bundle = await answer.json();
  await check(bundle);
  await put("sessions", { session_id: sessionId, token, ends, bundle, saved_at: new Date().toISOString() });
}

/** Hand this phone a session of its own and fetch the bundle. */
async function takeOver() {
  const form = new URLSearchParams({ form_token: place.dataset.formToken });
  const handed = await fetch(`${location.pathname}/device`, { method: "POST", body: form });
  if (!handed.ok) throw new Error((await handed.json().catch(() => null))?.detail ?? "Sign in again to go on.");
  const { token, ends } = await handed.json();
  const sent = await sentActs();
  const answer = await fetchBundle(token);
  if (!answer.ok) throw new Error("The session could not be fetched.");
  await keepBundle(token, ends, answer);
  await known(sent);
}

async function begin() {
  const held = await get("sessions", sessionId);
  const nearlyOver = held && Date.parse(held.ends) < Date.now() + 3 * 24 * 3600 * 1000;
  try {
    await (held && !nearlyOver ? refresh(held) : takeOver());
    await persist();
  } catch (error) {
    if (!held) return say("The tests are not on this phone yet.", `${error.message} Open this page once with a signal.`);
  }
  await show();
  sendNow();
}

function say(title, words) {
  place.replaceChildren(h("div", { class: "message" }, h("h1", {}, title), h("p", {}, words)));
}

async function show() {
  const turn = ++turns;
  await typing; // what was typed is read back, not what stood before
  const session = await get("sessions", sessionId);
  if (!session) return;
  const walk = await walkOf(session);
  const wanted = /^#\/test\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];
  const row = wanted && walk.rows.find((one) => one.instance.instance_id === wanted);
  const screen = row ? testScreen(await contextOf(walk, row)) : board(walk, filter, choose, hand);
  // A screen that was overtaken while it was made is not shown.
  if (turn === turns) place.replaceChildren(strip(walk, line, sendNow), screen);
}

function choose(name) {
  filter = name;
  show();
}

async function hand() {
  try {
    await handIn(sessionId);
    line.problem = null;
  } catch (error) {
    line.problem = error.message;
  }
  await show();
}

async function contextOf(walk, row) {
  const id = row.instance.instance_id;
  const now = new Date();
  // One draft for every screen of the test: what is typed while a screen is made anew is not lost.
  const draft = open.get(id) ?? (await get("drafts", id)) ?? {
    instance_id: id, session_id: sessionId, submission_id: crypto.randomUUID(), started_at: now.toISOString(), reading: {},
    instrument: await usualInstrument(walk, row.instance),
  };
  open.set(id, draft);
  const all = async () => (await allOf("captures", sessionId)).filter((one) => one.instance_id === id);
  const capturesNow = async () => (await all()).filter((one) => !one.is_kept && !one.is_aside);
  const own = await all();
  const [kept, aside] = [own.filter((one) => one.is_kept), own.filter((one) => one.is_aside)];
  const context = { walk, row, draft, captures: await capturesNow(), capturesNow, kept, aside, guarded, day: dayIn(walk.parts.session.timezone, now), again: show };
  // Written in order of typing; the screen is drawn anew only where it must, so that the keyboard stays.
  context.keep = (more, anew = false) => {
    Object.assign(draft, more);
    typing = typing.then(() => guarded(() => put("drafts", { ...draft })));
    return anew ? typing.then(show) : redraw(context);
  };
  context.read = (reading, anew) => context.keep({ reading }, anew);
  // Another try begins with nothing entered.
  context.anew = async () => {
    await typing;
    open.delete(id);
    sendNow();
    return show();
  };
  context.done = async () => {
    await typing;
    open.delete(id);
    const next = nextOf(await walkOf(walk.session), id);
    place.querySelector(".run-test")?.remove(); // nobody types into the test that is done
    location.hash = next ? `#/test/${next.instance_id}` : "#/";
    sendNow();
  };
  return context;
}

// What the phone cannot keep is told at once: nobody walks on over a full store.
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    line.problem = `Not kept on this phone: ${error.message ?? error}. Free some space and enter it again.`;
    await freshenStrip();
  }
}

// The verdict and the button follow the typing; the field that is typed in is not touched.
function redraw(context) {
  const fresh = testScreen(context);
  for (const part of [".run-verdict", ".run-acts > button", ".run-acts > .hint"])
    place.querySelector(part)?.replaceWith(fresh.querySelector(part));
}

// What was used for the last test of the kind is most likely used for this one.
async function usualInstrument(walk, instance) {
  const results = (await allOf("results", sessionId)).sort((a, b) => (a.saved_at < b.saved_at ? 1 : -1));
  const fits = new Set(walk.parts.instruments.filter((one) => one.instrument_type === instance.required_instrument_type).map((one) => one.id));
  return results.map((one) => one.body.used_instrument_id).find((id) => fits.has(id)) ?? (fits.size === 1 ? [...fits][0] : null);
}

async function sendNow() {
  line.online = navigator.onLine;
  if (line.sending || !line.online) return freshenStrip();
  line.sending = true;
  try {
    await send(sessionId, () => freshenStrip());
    line.problem = null;
    line.online = true;
  } catch (error) {
    if (error instanceof Refused) line.problem = "Sign in here again to send: the phone's session has ended.";
    else line.online = false;
  }
  line.sending = false;
  await freshenStrip();
}

async function freshenStrip() {
  const session = await get("sessions", sessionId);
  if (session) place.querySelector(".run-strip")?.replaceWith(strip(await walkOf(session), line, sendNow));
}

addEventListener("hashchange", async () => {
  await show();
  scrollTo(0, 0);
});
addEventListener("online", () => { line.online = true; sendNow(); });
addEventListener("offline", () => { line.online = false; freshenStrip(); });
setInterval(() => {
  for (const one of document.querySelectorAll("[data-since]"))
    one.textContent = `${((Date.now() - Date.parse(one.dataset.since)) / 1000).toFixed(1)} s`;
  for (const one of document.querySelectorAll("[data-timer]:not([data-timer=''])")) {
    const left = Math.ceil((one.dataset.timer - Date.now()) / 1000);
    one.textContent = left > 0 ? `${left} s left` : "Settled: read now";
  }
}, 200);
setInterval(() => navigator.onLine && sendNow(), 30000);
navigator.serviceWorker?.register("/stairs/run/worker.js", { scope: "/stairs/run/" });
begin();
