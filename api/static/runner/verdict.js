// The provisional verdict on the phone. The server judges again from what was sent; its verdict is the one that counts.
// Pure: an instance of the bundle, the bundle's rules and a reading in, words out.

import { add, by, compare, exact, mean, shown, subtract, times } from "./decimal.js";

const NOTHING = { verdict: null, said: "" };

/** What can be said of a reading. `verdict`: compliant, non_compliant, indeterminate, or null while it is incomplete. */
export function verdict(parts, instance, reading, day) {
  const rules = rulesInForce(parts.rules, instance.measurement_type, day);
  switch (instance.measurement_type) {
    case "cause_and_effect_logic":
      return ofSequence(rules, instance, reading);
    case "interface_test":
      return ofInterface(rules, instance, reading);
    default:
      return ofValue(parts, rules, instance, reading, day);
  }
}

/** The rules for what is measured that are in force on the local day of the test. */
export function rulesInForce(rules, kind, day) {
  return rules.filter(
    (one) =>
      one.measurement_type === kind &&
      one.active &&
      one.effective_date <= day &&
      (one.superseded_date === null || day < one.superseded_date),
  );
}

/** The limits that hold: an exception's where there is one, else the stricter of rule and test. */
export function limits(parts, rules, instance, day) {
  const found = { min: null, max: null };
  for (const rule of rules) {
    const exceptions = (parts.overrides ?? []).filter(
      (one) =>
        one.rule_code === rule.rule_code &&
        (one.stair_id === null || one.stair_id === instance.stair_id) &&
        one.valid_from <= day &&
        day < one.expires_on,
    );
    for (const side of ["min", "max"]) {
      const own = exceptions.map((one) => one[`${side}_threshold`]).filter((one) => one !== null);
      const asked = own.length ? own : [rule[`${side}_threshold`], instance[`${side}_threshold`]];
      for (const text of asked) found[side] = stricter(side, found[side], text === null ? null : exact(text));
    }
  }
  return found;
}

function stricter(side, a, b) {
  if (a === null || b === null) return a ?? b;
  const order = compare(a, b);
  return (side === "min" ? order > 0 : order < 0) ? a : b;
}

function ofValue(parts, rules, instance, reading, day) {
  const value = valueOf(instance, reading);
  if (value === null) return NOTHING;
  if (!rules.length) return { verdict: "indeterminate", said: "No rule for this is in force today." };
  const held = limits(parts, rules, instance, day);
  const unit = instance.unit ?? "";
  const read = `${shown(value.judged[0])} ${unit}`;
  for (const one of value.judged) {
    if (held.min !== null && compare(one, held.min) < 0)
      return { verdict: "non_compliant", said: `${shown(one)} ${unit} is below ${shown(held.min)} ${unit}.` };
    if (held.max !== null && compare(one, held.max) > 0)
      return { verdict: "non_compliant", said: `${shown(one)} ${unit} is above ${shown(held.max)} ${unit}.` };
  }
  if (value.doubt) return { verdict: "indeterminate", said: value.doubt };
  if (held.min === null && held.max === null) return { verdict: "indeterminate", said: `${read}; no limit is set.` };
  return { verdict: "compliant", said: `${read} lies within ${inWords(held, unit)}.` };
}

/** Limits as words, for above the field. */
export function inWords(held, unit) {
  if (held.min !== null && held.max !== null) return `${shown(held.min)} to ${shown(held.max)} ${unit}`;
  if (held.min !== null) return `at least ${shown(held.min)} ${unit}`;
  if (held.max !== null) return `at most ${shown(held.max)} ${unit}`;
  return "no limit";
}

function valueOf(instance, reading) {
  if (instance.measurement_type === "air_velocity") {
    const grid = (reading.grid ?? []).map(exact);
    return grid.length === 9 && grid.every((one) => one !== null) ? { judged: [mean(grid)] } : null;
  }
  const value = exact(reading.value);
  if (value === null) return null;
  if (instance.measurement_type !== "door_opening_force" || reading.position === "at_handle") return { judged: [value] };
  return atEdge(instance, value);
}

// The limit is at the handle; the lever makes the force there the larger one.
function atEdge(instance, value) {
  const door = instance.context_snapshot?.door ?? {};
  const [width, offset] = [exact(door.width_m), exact(door.handle_offset_m)];
  const doubt = "Read at the edge of the leaf: the limit is at the handle. Read it again there.";
  if (width === null || offset === null || compare(offset, width) >= 0) return { judged: [value], doubt };
  return { judged: [value, by(times(value, width), subtract(width, offset))], doubt };
}

function ofSequence(rules, instance, reading) {
  const steps = instance.sequence_snapshot?.expected_sequence ?? [];
  const marks = reading.marks ?? {};
  if (!reading.triggered || !steps.every((one) => one.step_order in marks)) return NOTHING;
  if (!rules.length) return { verdict: "indeterminate", said: "No rule for this is in force today." };
  const times = Object.values(marks).filter((one) => one !== null);
  const absent = times.length < steps.length;
  if (!absent && times.some((one) => exact(one).n < 0n))
    return { verdict: "indeterminate", said: "A step cannot come before its trigger: the clock is in error." };
  const wrong = steps.filter((one) => !isInTime(one, marks[one.step_order])).concat(outOfOrder(steps, marks));
  if (!wrong.length) return { verdict: "compliant", said: `All ${steps.length} steps came within their windows.` };
  const names = [...new Set(wrong.map((one) => one.component_id))].join(", ");
  return { verdict: "non_compliant", said: `Not as expected: ${names}.` };
}

/** Whether a step came within its window, both ends included. */
export function isInTime(step, mark) {
  if (mark === null) return false;
  const at = exact(mark);
  const [delay, tolerance] = [exact(step.expected_delay_seconds), exact(step.tolerance_seconds)];
  return compare(at, subtract(delay, tolerance)) >= 0 && compare(at, add(delay, tolerance)) <= 0;
}

function outOfOrder(steps, marks) {
  const seen = [];
  const wrong = [];
  for (const step of [...steps].sort((a, b) => a.step_order - b.step_order)) {
    if (marks[step.step_order] === null) continue;
    const at = exact(marks[step.step_order]);
    if (seen.some((before) => compare(at, before) < 0)) wrong.push(step);
    seen.push(at);
  }
  return wrong;
}

function ofInterface(rules, instance, reading) {
  if (reading.matched === undefined || reading.matched === null) return NOTHING;
  if (!rules.length) return { verdict: "indeterminate", said: "No rule for this is in force today." };
  if (!reading.matched) return { verdict: "non_compliant", said: "What was expected was not seen." };
  const most = instance.definition_snapshot?.response_time_s ?? null;
  const took = exact(reading.response);
  if (most === null) return { verdict: "compliant", said: "Seen as expected." };
  if (took === null) return { verdict: "indeterminate", said: `Take the time: it is limited to ${most} s.` };
  if (compare(took, exact(most)) > 0)
    return { verdict: "non_compliant", said: `${shown(took)} s is longer than ${most} s.` };
  return { verdict: "compliant", said: `Seen after ${shown(took)} s, within ${most} s.` };
}

/** The certificate of an instrument that is valid on that day, or null; its expiry is the first day without it. */
export function certificateOn(parts, instrumentId, day) {
  const own = parts.certificates.filter(
    (one) =>
      one.instrument_id === instrumentId &&
      one.withdrawn_at === null &&
      one.calibration_date <= day &&
      day < one.expiry_date,
  );
  return own.sort((a, b) => (a.expiry_date < b.expiry_date ? 1 : -1))[0] ?? null;
}
