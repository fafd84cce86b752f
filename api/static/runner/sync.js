// Bringing back what the phone holds: files in pieces, results in batches, each of them harmless to send again.

import { allOf, get, put } from "./store.js";
import { BECOMES, kindOfAct } from "./walk.js";

const PIECE = 256 * 1024;
const BATCH = 40;
const LINES = 3; // files on their way at once
const API = "/api/v1";
let running = null;

/** One run at a time. `told` is called after each step that reached the server. */
export function send(sessionId, told) {
  running ??= all(sessionId, told).finally(() => {
    running = null;
  });
  return running;
}

async function all(sessionId, told) {
  const session = await get("sessions", sessionId);
  const captures = (await allOf("captures", sessionId)).filter((one) => one.state === "saved" && one.is_kept);
  await Promise.all(
    Array.from({ length: LINES }, async () => {
      for (let one = captures.shift(); one; one = captures.shift()) await sent(session, one, told);
    }),
  );
  const acts = (await allOf("acts", sessionId)).filter((one) => one.state === "saved");
  const waiting = (await allOf("results", sessionId)).filter((one) => one.state === "saved");
  // What was said of a test goes before its result, in order of saying; the other results wait for none of it.
  const spokenOf = new Set(acts.map((one) => one.instance_id));
  await inBatches(session, waiting.filter((one) => !spokenOf.has(one.instance_id)), told);
  for (const act of acts.sort((a, b) => (a.number ?? 0) - (b.number ?? 0))) {
    await unlessRefused("acts", act, () => said(session, act));
    told();
  }
  await inBatches(session, waiting.filter((one) => spokenOf.has(one.instance_id)), told);
}

async function inBatches(session, waiting, told) {
  for (let first = 0; first < waiting.length; first += BATCH)
    await results(session, waiting.slice(first, first + BATCH), told);
}

// What the server refuses stays on the phone with the reason and keeps none of the rest back.
async function unlessRefused(store, row, work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 401 || error.status === 403) throw error;
    await put(store, { ...row, state: "invalid", outcome: error.problem });
  }
}

const sent = (session, capture, told) => unlessRefused("captures", capture, () => file(session, capture, told));

async function results(session, batch, told) {
  const answer = await call(session, "POST", `/tests/sessions/${session.session_id}/sync`, {
    bundle_hash: session.bundle.bundle_hash,
    device_clock: new Date().toISOString(),
    submissions: batch.map((one) => one.body),
  });
  const outcomes = new Map(answer.results.map((one) => [one.submission_id, one]));
  for (const one of batch) {
    const outcome = outcomes.get(one.submission_id);
    if (!outcome) continue;
    const state = { accepted: "sent", duplicate: "sent" }[outcome.outcome] ?? outcome.outcome;
    await put("results", { ...one, state, outcome });
    told();
  }
}

async function file(session, capture, told) {
  const { blob } = await get("blobs", capture.evidence_id);
  const { instance_id: instance } = capture;
  const path = `/tests/sessions/${session.session_id}/instances/${instance}/evidence`;
  let at = (await call(session, "POST", path, capture.told)).received_bytes;
  while (at < blob.size) {
    const piece = blob.slice(at, at + PIECE);
    const answer = await call(session, "PUT", `/evidence/${capture.evidence_id}/content`, piece, {
      "Content-Range": `bytes ${at}-${at + piece.size - 1}/${blob.size}`,
    });
    at = answer.uploaded_at ? blob.size : Math.max(answer.received_bytes, at + piece.size);
    told();
  }
  await put("captures", { ...capture, state: "sent" });
  told();
}

async function said(session, act) {
  const path = `/tests/sessions/${session.session_id}/instances/${act.instance_id}`;
  const kind = kindOfAct(act);
  // Whoever found that a test could not be carried out had begun it.
  if (kind === "fail") await unlessSo(session, path, null, () => call(session, "POST", `${path}/start`, {}));
  await unlessSo(session, path, BECOMES[kind], () => call(session, "POST", `${path}/${kind}`, kind === "retry" ? {} : { reason: act.reason }));
  await put("acts", { ...act, state: "sent" });
}

// Sent before, and the answer lost on its way: the test stands as it was to stand, and nothing is said twice.
async function unlessSo(session, path, status, work) {
  try {
    await work();
  } catch (error) {
    if (error.problem?.code !== "INSTANCE_STATE") throw error;
    if (status !== null && (await call(session, "GET", path)).status !== status) throw error;
  }
}

/** Lay the session before a reviewer; nothing is approved by it. */
export async function handIn(sessionId) {
  const session = await get("sessions", sessionId);
  await call(session, "POST", `/tests/sessions/${sessionId}/submit`, {});
  await put("sessions", { ...session, handed_in: new Date().toISOString() });
}

/** The server said no: trying again would not help. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

async function call(session, method, path, body, headers = {}) {
  const isFile = body instanceof Blob;
  const answer = await fetch(API + path, {
    method,
    credentials: "omit",
    headers: {
      Authorization: `Bearer ${session.token}`,
      ...(body === undefined || isFile ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body === undefined || isFile ? body : JSON.stringify(body),
  });
  const found = await answer.json().catch(() => null);
  if (answer.ok) return found;
  if (answer.status >= 500 || answer.status === 429) throw new Error(`The server is busy (${answer.status}).`);
  throw new Refused(answer.status, found);
}
