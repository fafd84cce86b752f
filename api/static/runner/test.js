// One test a screen: the field first, limit and baseline above it, the verdict in words as one types.

import { sha256 } from "./bundle.js";
import { badge, h, verdictBadge } from "./elements.js";
import { fieldsOf, measuredOf, readOut } from "./fields.js";
import { get, keepActs, keepCapture, keepResult, put } from "./store.js";
import { certificateOn, inWords, limits, rulesInForce, verdict } from "./verdict.js";
import { kindOf, kindOfAct, nextOf, placeOf } from "./walk.js";

/** The screen of one test. `context`: walk, row, draft, captures, day, keep(draft), again(), done(). */
export function testScreen(context) {
  const { row, walk, draft } = context;
  const { instance } = row;
  const texts = (name) => walk.parts.texts[instance[name]];
  const next = nextOf(walk, instance.instance_id);
  return h("div", { class: "run-test", "data-test": instance.instance_id },
    h("p", { class: "run-way" }, h("a", { href: "#/" }, "All tests"),
      next && next !== instance ? h("a", { href: `#/test/${next.instance_id}` }, "Next to do →") : null),
    h("p", { class: "eyebrow" }, `${instance.stair_name ?? ""}, ${kindOf(instance).toLowerCase()}`),
    h("h1", {}, placeOf(instance) || instance.scoped_identifier),
    row.isDone ? done(context) : null,
    row.isFailed ? notCarriedOut(context) : null,
    !row.isDone && !row.isFailed ? notTaken(row.act) : null,
    limitLine(context),
    ...((row.isDone && !draft.again) || row.isFailed ? [] : entry(context, texts)),
    guide(texts("safety_warnings") ?? [], texts("descriptive_instructions") ?? []));
}

function entry(context, texts) {
  const { draft } = context;
  return [
    h("div", { class: "run-fields" }, fieldsOf(context)),
    h("div", { class: "run-verdict advice", "aria-live": "polite" }, saidOf(context)),
    timer(context, texts("audible_cues")),
    instruments(context),
    captures(context, texts("evidence_prompts") ?? []),
    h("label", { class: "run-label", for: "notes" }, "Notes"),
    h("textarea", { id: "notes", rows: "2", maxlength: "2000", value: draft.notes ?? "",
      oninput: (event) => context.keep({ notes: event.target.value }) }),
    h("div", { class: "run-acts" },
      h("button", { type: "button", class: "run-big", disabled: !!missing(context), onclick: () => context.guarded(() => save(context)) }, "Save and go on"),
      h("p", { class: "hint" }, missing(context) ?? ""),
      cannot(context)),
  ];
}

const STATES = { sent: "it has reached the server", saved: "it waits to be sent", conflict: "another result stands; a reviewer decides", invalid: "the server did not take it", locked: "the session is closed" };
const FILES = { sent: ["ok", "on the server"], saved: ["unknown", "on this phone"] };

// What was saved stands there as it was entered, each photo with how far it has come.
function done(context) {
  const { row, kept } = context;
  const isLeftOut = !row.result && row.status === "skipped";
  const own = row.result ?? (isLeftOut ? row.act : null);
  const told = own?.outcome?.detail ?? null;
  const words = own ? `Saved on this phone; ${STATES[own.state]}.` : `This test is ${isLeftOut ? "left out" : row.instance.status}.`;
  return h("section", { class: "run-done" },
    h("p", { class: "notice" }, words, told ? ` ${told}` : ""),
    row.result ? h("p", {}, verdictBadge(row.result.verdict), " ", h("strong", {}, readOut(row.instance, row.result.body))) : null,
    row.result?.body.notes ? h("p", { class: "muted" }, row.result.body.notes) : null,
    isLeftOut && row.act?.reason ? h("p", {}, `Left out: ${row.act.reason}`) : null,
    kept.length ? h("ul", { class: "run-kept" }, kept.map((one) => h("li", {}, preview(one), h("span", {}, one.told.description, " ", badge(...(FILES[one.state] ?? ["watch", "not taken"])))))) : null,
    isLeftOut || context.draft.again ? null
      : h("div", {},
          h("button", { type: "button", onclick: () => context.keep({ again: true }, true) }, "Measure it again"),
          h("p", { class: "hint" }, "Both results are kept; a reviewer decides which counts.")));
}

function limitLine({ walk, row: { instance }, day }) {
  if (!["Pa", "N", "m/s"].includes(instance.unit ?? "")) return null;
  const held = limits(walk.parts, rulesInForce(walk.parts.rules, instance.measurement_type, day), instance, day);
  const baseline = instance.baseline_value === null ? "none" : `${Number(instance.baseline_value)} ${instance.unit}`;
  return h("p", { class: "run-limits" }, h("span", {}, "Limit ", h("strong", {}, inWords(held, instance.unit))), h("span", {}, "Baseline ", h("strong", {}, baseline)));
}

function saidOf({ walk, row, draft, day }) {
  const found = verdict(walk.parts, row.instance, draft.reading, day);
  if (found.verdict === null) return h("p", { class: "muted" }, "The verdict stands here as you enter the reading.");
  return [h("p", { class: "advice-mark" }, "Suggested, not reviewed"), h("p", {}, verdictBadge(found.verdict), " ", found.said)];
}

function timer(context, cues) {
  const seconds = cues?.countdown_duration_s ?? 0;
  if (!seconds) return null;
  // The end is kept as an instant, so that a locked screen loses nothing of it.
  const left = context.draft.timer_ends ? Math.ceil((context.draft.timer_ends - Date.now()) / 1000) : null;
  const words = left === null ? `Wait ${seconds} s until it has settled` : left > 0 ? `${left} s left` : "Settled: read now";
  return h("p", { class: "run-timer" },
    h("button", { type: "button", onclick: () => context.keep({ timer_ends: Date.now() + seconds * 1000 }, true) }, left === null ? `Start ${seconds} s` : "Start again"),
    h("span", { "data-timer": context.draft.timer_ends ?? "" }, words));
}

function instruments(context) {
  const { walk, row: { instance }, draft, day } = context;
  if (!instance.required_instrument_type) return null;
  const fit = walk.parts.instruments.filter((one) => one.instrument_type === instance.required_instrument_type);
  const chosen = draft.instrument ?? "";
  const certificate = chosen ? certificateOn(walk.parts, chosen, day) : null;
  const words = !chosen ? "Choose what you measure with." : certificate ? `Calibrated until ${certificate.expiry_date}.` : "No certificate is valid today: a pass cannot be given with it.";
  return h("div", { class: "field" },
    h("label", { for: "instrument" }, "Instrument"),
    h("select", { id: "instrument", onchange: (event) => context.keep({ instrument: event.target.value || null }, true) },
      h("option", { value: "" }, "Choose …"),
      fit.map((one) => h("option", { value: one.id, selected: one.id === chosen }, `${one.serial_number}, ${one.manufacturer} ${one.model}`))),
    h("p", { class: chosen && !certificate ? "error" : "hint" }, words));
}

function captures(context, prompts) {
  return prompts.map((prompt, place) => {
    const number = place + 1;
    const taken = context.captures.find((one) => one.told.prompt === number);
    if (prompt.type === "structured_data" && context.row.instance.sequence_snapshot)
      return h("p", { class: "hint" }, `${prompt.description}: the stopwatch's record is kept with the result.`);
    const accept = { photo: "image/*", video: "video/*" }[prompt.type] ?? "";
    return h("div", { class: "run-capture" },
      h("p", {}, prompt.description, " ", prompt.mandatory ? h("span", { class: "muted" }, "needed") : h("span", { class: "muted" }, "if you can")),
      taken ? preview(taken) : null,
      h("label", { class: "button quiet run-file" }, taken ? "Take again" : prompt.type === "video" ? "Take a video" : "Take a photo",
        h("input", { type: "file", accept, capture: "environment", class: "sr", onchange: (event) => context.guarded(() => take(context, prompt, number, event.target.files[0], taken)) })));
  });
}

function preview(taken) {
  const { told } = taken;
  if (!told.mime_type.startsWith("image/")) return h("p", { class: "muted" }, `Kept, ${Math.ceil(told.file_size_bytes / 1024)} KiB`);
  const image = h("img", { class: "run-photo", alt: told.description, width: "240", height: "180" });
  image.onload = () => URL.revokeObjectURL(image.src);
  get("blobs", taken.evidence_id).then(({ blob }) => {
    image.src = URL.createObjectURL(blob);
  });
  return image;
}

async function take(context, prompt, number, file, former) {
  if (!file) return;
  await capture(context, file, { evidence_type: prompt.type, description: prompt.description, prompt: number }, former);
  context.again();
}

async function capture({ row, walk }, blob, told, former = null) {
  const evidence_id = crypto.randomUUID();
  const kept = {
    evidence_id, state: "saved", is_kept: false,
    session_id: walk.session.session_id,
    instance_id: row.instance.instance_id,
    told: { ...told, evidence_id, captured_at: new Date().toISOString(), mime_type: blob.type || "application/octet-stream",
      file_size_bytes: blob.size, file_hash_sha256: await sha256(await blob.arrayBuffer()) },
  };
  await keepCapture(kept, blob, former);
}

/** What keeps the test from being saved, in words; null where it can be. */
export function missing({ walk, row: { instance }, draft, captures, day }) {
  if (verdict(walk.parts, instance, draft.reading, day).verdict === null) return "Enter the reading.";
  if (instance.required_instrument_type && !draft.instrument) return "Choose the instrument.";
  const prompts = walk.parts.texts[instance.evidence_prompts] ?? [];
  const open = prompts.findIndex((one, place) => one.mandatory && !(one.type === "structured_data" && instance.sequence_snapshot) && !captures.some((kept) => kept.told.prompt === place + 1));
  return open < 0 ? null : `Still needed: ${prompts[open].description}.`;
}

async function save(context) {
  const { walk, row: { instance }, draft, day } = context;
  const now = new Date().toISOString();
  const record = (walk.parts.texts[instance.evidence_prompts] ?? []).findIndex((one) => one.type === "structured_data");
  if (instance.sequence_snapshot && record >= 0) {
    const log = { test: instance.scoped_identifier, trigger_time: draft.reading.triggered, marks: draft.reading.marks };
    await capture(context, new Blob([JSON.stringify(log)], { type: "application/json" }), { evidence_type: "structured_data", description: "Record of the stopwatch", prompt: record + 1 });
  }
  for (const one of await context.capturesNow()) await put("captures", { ...one, is_kept: true });
  const submission_id = draft.submission_id;
  await keepResult({
    submission_id, session_id: walk.session.session_id, instance_id: instance.instance_id, saved_at: now, state: "saved",
    verdict: verdict(walk.parts, instance, draft.reading, day).verdict,
    body: {
      submission_id, instance_id: instance.instance_id, ...timesOf(draft, now),
      ...measuredOf(instance, draft.reading),
      ...(draft.instrument ? { used_instrument_id: draft.instrument } : {}),
      ...(draft.notes?.trim() ? { notes: draft.notes.trim() } : {}),
    },
  });
  context.done();
}

// Begin, reading, end: in this order also where the phone's clock was set back meanwhile.
function timesOf(draft, now) {
  const started_at = draft.started_at;
  const tested_at = [started_at, draft.reading.read_at ?? now].sort().at(-1);
  return { started_at, tested_at, completed_at: [tested_at, now].sort().at(-1) };
}

// What could not be carried out waits for another try; why it could not, and what was taken on that try, stays.
function notCarriedOut(context) {
  const { row, aside } = context;
  const own = row.act && !row.act.is_known ? row.act : null;
  const reason = own?.reason ?? row.instance.notes;
  return h("section", { class: "run-done" },
    h("p", { class: "stale" }, "It could not be carried out and waits for another try.", own ? ` Saved on this phone; ${STATES[own.state]}.` : ""),
    reason ? h("p", {}, `Why: ${reason}`) : null,
    notTaken(row.act),
    aside.length ? h("p", { class: "hint" }, "Taken on that try; it stays on this phone and proves nothing of the next.") : null,
    aside.length ? h("ul", { class: "run-kept" }, aside.map((one) => h("li", {}, preview(one), h("span", {}, one.told.description)))) : null,
    h("div", { class: "run-acts" },
      h("button", { type: "button", class: "run-big", onclick: () => context.guarded(() => takeUp(context)) }, "Take it up again"),
      h("details", {}, h("summary", {}, "It cannot be tested on this visit"), reasoned(context, { skip: "Leave it out for good" }))));
}

// What the server refused of what was said: it changed nothing, and the person reads why.
function notTaken(act) {
  if (act?.state !== "invalid") return null;
  const words = { skip: "That it is left out", fail: "That it could not be carried out", retry: "That it is taken up again" };
  return h("p", { class: "stale" }, `${words[kindOfAct(act)]} was not taken by the server. ${act.outcome?.detail ?? ""}`);
}

async function takeUp(context) {
  await keepActs(...said(context, ["retry"], null));
  await context.anew();
}

/** What is said of a test, for the store: session, test, each act in order. */
function said({ walk, row }, kinds, reason) {
  const of = { session_id: walk.session.session_id, instance_id: row.instance.instance_id, reason, state: "saved" };
  const saved_at = new Date().toISOString();
  return [of.session_id, of.instance_id, kinds.map((kind) => ({ ...of, act_id: crypto.randomUUID(), kind, saved_at }))];
}

function cannot(context) {
  return h("details", {}, h("summary", {}, "It cannot be tested"),
    reasoned(context, { fail: "It could not be carried out: try again later", skip: "Leave it out for good" }));
}

// A reason, and a button for each thing that can be said with it.
function reasoned(context, buttons) {
  const reason = h("input", { id: "reason", type: "text", maxlength: "400", autocomplete: "off", "aria-describedby": "reason-hint" });
  const hint = h("p", { class: "hint", id: "reason-hint" }, "The report shows it of a test that is left out.");
  const say = async (kind) => {
    const words = reason.value.trim();
    if (words.length < 3) {
      hint.className = "error";
      hint.textContent = "Say why first, in three letters or more.";
      return reason.focus();
    }
    // What is left out after a failed try is put back first: the server takes no other way.
    const kinds = context.row.isFailed ? ["retry", kind] : [kind];
    await keepActs(...said(context, kinds, words), { aside: true });
    await context.done();
  };
  return h("div", { class: "run-why" }, h("label", { class: "run-label", for: "reason" }, "Why?"), reason, hint,
    Object.entries(buttons).map(([kind, words]) => h("button", { type: "button", onclick: () => context.guarded(() => say(kind)) }, words)));
}

function guide(warnings, steps) {
  return h("section", {}, h("h2", {}, "How it is tested"),
    warnings.length ? h("ul", { class: "run-warnings" }, warnings.map((one) => h("li", {}, one))) : null,
    h("ol", {}, steps.map((one) => h("li", {}, one.instruction))));
}
