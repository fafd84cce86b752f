// The walk: which tests there are, what the phone holds of them, what comes next.

import { allOf } from "./store.js";

/** Everything that the phone knows of a session, by test. */
export async function walkOf(session) {
  const [results, captures, acts] = await Promise.all(
    ["results", "captures", "acts"].map((store) => allOf(store, session.session_id)),
  );
  const parts = session.bundle.parts;
  const newest = new Map(results.sort(byTime).map((one) => [one.instance_id, one]));
  const said = new Map(acts.sort(byNumber).map((one) => [one.instance_id, one]));
  const rows = parts.instances.map((instance) => {
    const id = instance.instance_id;
    const act = said.get(id) ?? null;
    const status = statusOf(instance, act);
    const isDone = newest.has(id) || ["completed", "skipped"].includes(status);
    return { instance, result: newest.get(id) ?? null, act, status, isDone, isFailed: !isDone && status === "failed" };
  });
  return { session, parts, rows, counts: countsOf(rows, results, captures, acts) };
}

const byTime = (a, b) => (a.saved_at < b.saved_at ? -1 : 1);

const byNumber = (a, b) => (a.number ?? 0) - (b.number ?? 0);

/** What can be said of a test, and the state that it takes by it; what an older page kept was left out. */
export const BECOMES = { skip: "skipped", fail: "failed", retry: "pending" };

export const kindOfAct = (act) => act.kind ?? "skip";

// What was said here last, until a bundle that was fetched after it was sent; what the server refused changes nothing.
function statusOf(instance, act) {
  if (!act || act.is_known || act.state === "invalid") return instance.status;
  return BECOMES[kindOfAct(act)];
}

function countsOf(rows, results, captures, acts) {
  const kept = captures.filter((one) => one.is_kept);
  const all = [...results, ...kept, ...acts];
  const of = (...states) => all.filter((one) => states.includes(one.state)).length;
  return {
    tests: rows.length,
    done: rows.filter((one) => one.isDone).length,
    failed: rows.filter((one) => one.isFailed).length,
    failing: rows.filter((one) => one.result?.verdict === "non_compliant").length,
    saved: all.length,
    results: results.length + acts.length,
    files: kept.length,
    waiting: of("saved"),
    sent: of("sent"),
    refused: of("conflict", "invalid", "locked"),
  };
}

/** The next test in walk order after the given one, that is not done; the first one where none follows.
 * What could not be carried out comes last: its obstacle has most likely not gone. */
export function nextOf(walk, after = null) {
  const from = walk.rows.findIndex((one) => one.instance.instance_id === after) + 1;
  const order = [...walk.rows.slice(from), ...walk.rows.slice(0, from)];
  const open = order.filter((one) => !one.isDone);
  return (open.find((one) => !one.isFailed) ?? open[0])?.instance ?? null;
}

const KINDS = {
  pressure_differential: "Pressure",
  air_velocity: "Air velocity",
  door_opening_force: "Door opening force",
  cause_and_effect_logic: "Cause and effect",
  interface_test: "Interface",
};

export const kindOf = (instance) => KINDS[instance.measurement_type] ?? instance.measurement_type;

/** Where it is and how it stands, in words: Ground, all doors closed. */
export function placeOf(instance) {
  const found = instance.context_snapshot ?? {};
  const where = found.door_identifier ?? found.doorway_identifier ?? found.location_name ?? found.zone_name ?? null;
  const how = instance.door_configuration ?? instance.door_scenario ?? instance.interface_type ?? null;
  const fans = { true: "fans on", false: "fans off" }[String(instance.pressurization_active)] ?? null;
  const scenario = instance.sequence_snapshot?.scenario_name ?? null;
  return [instance.floor_level, where, how?.replaceAll("_", " "), fans, scenario].filter(Boolean).join(", ");
}
