// What is entered for each kind of test, and how it is sent.

import { asSent } from "./decimal.js";
import { h } from "./elements.js";

/** The fields of a test; each change is kept at once. */
export function fieldsOf(context) {
  switch (context.row.instance.measurement_type) {
    case "air_velocity":
      return grid(context);
    case "cause_and_effect_logic":
      return stopwatch(context);
    case "interface_test":
      return attested(context);
    default:
      return value(context);
  }
}

/** The reading as the server takes it: texts, as they were read. */
export function measuredOf(instance, reading) {
  switch (instance.measurement_type) {
    case "air_velocity":
      return { grid: reading.grid.map((text, place) => ({ point: place + 1, velocity_ms: asSent(text) })) };
    case "cause_and_effect_logic":
      return { events: { source: "manual", trigger_time: reading.triggered, events: eventsOf(instance, reading.marks) } };
    case "interface_test":
      return { interface: { matched: reading.matched, ...(reading.response ? { response_time_s: asSent(reading.response) } : {}) } };
    case "door_opening_force":
      return { value: asSent(reading.value), measurement_position: reading.position ?? "at_handle" };
    default:
      return { value: asSent(reading.value) };
  }
}

function eventsOf(instance, marks) {
  return instance.sequence_snapshot.expected_sequence
    .filter((step) => marks[step.step_order] !== null)
    .map((step) => ({ component_id: step.component_id, action: step.expected_action, t_s: marks[step.step_order] }));
}

/** What a result says, as it was entered. */
export function readOut(instance, body) {
  if (body.grid) return `${body.grid.map((one) => one.velocity_ms).join(", ")} m/s`;
  if (body.events) return body.events.events.map((one) => `${one.component_id} at ${one.t_s} s`).join(", ") || "no step happened";
  if (body.interface) {
    const seen = body.interface.matched ? "seen as expected" : "not seen";
    return body.interface.response_time_s === undefined ? seen : `${seen}, after ${body.interface.response_time_s} s`;
  }
  return `${body.value} ${instance.unit ?? ""}${body.measurement_position === "at_edge" ? ", at the edge of the leaf" : ""}`;
}

const number = (attributes) =>
  h("input", { type: "text", inputmode: "decimal", autocomplete: "off", enterkeyhint: "done", class: "run-number", ...attributes });

// A reading is of the instant at which it was typed last.
const read = (reading) => ({ ...reading, read_at: new Date().toISOString() });

function value(context) {
  const { row: { instance }, draft: { reading } } = context;
  const keep = (more, anew) => context.read(read({ ...context.draft.reading, ...more }), anew);
  const unit = { Pa: "Pa", N: "N" }[instance.unit] ?? instance.unit ?? "";
  return [
    h("label", { class: "run-label", for: "reading" }, `Reading, ${unit}`),
    number({ id: "reading", value: reading.value ?? "", oninput: (event) => keep({ value: event.target.value }) }),
    instance.measurement_type === "door_opening_force" ? position(reading, keep) : null,
  ];
}

function position(reading, keep) {
  const chosen = reading.position ?? "at_handle";
  return h("div", { class: "run-choice", role: "group", "aria-label": "Where it was read" },
    [["at_handle", "At the handle"], ["at_edge", "At the edge of the leaf"]].map(([name, words]) =>
      h("button", { type: "button", class: "run-pick", "aria-pressed": String(chosen === name), onclick: () => keep({ position: name }, true) }, words)));
}

function grid(context) {
  const { row: { instance }, draft: { reading } } = context;
  const points = instance.baseline_snapshot?.measurement_points ?? [];
  const texts = reading.grid ?? Array(9).fill("");
  const keep = (place, text) => {
    const grid = [...(context.draft.reading.grid ?? texts)];
    grid[place] = text;
    context.read(read({ ...context.draft.reading, grid }));
  };
  return [
    h("p", { class: "run-label" }, "Nine readings, m/s: as you face the doorway, top row first"),
    h("div", { class: "run-grid" }, texts.map((text, place) =>
      h("label", {}, h("span", { class: "muted" }, `${place + 1}`, points[place] ? `, was ${points[place].velocity_ms}` : ""),
        number({ value: text, "aria-label": `Point ${place + 1}, m/s`, oninput: (event) => keep(place, event.target.value) })))),
  ];
}

function stopwatch(context) {
  const { row: { instance }, draft: { reading } } = context;
  const snapshot = instance.sequence_snapshot;
  const marks = reading.marks ?? {};
  const mark = (order, at) => context.read({ ...context.draft.reading, marks: { ...context.draft.reading.marks, [order]: at } }, true);
  const since = () => ((Date.now() - Date.parse(reading.triggered)) / 1000).toFixed(1);
  const unmark = (order) => {
    const { [order]: _, ...rest } = context.draft.reading.marks;
    context.read({ ...context.draft.reading, marks: rest }, true);
  };
  if (!reading.triggered)
    return [
      h("p", { class: "run-label" }, `Trigger ${snapshot.trigger_device_id}, and start the clock in the same moment`),
      h("button", { type: "button", class: "run-big", onclick: () => context.read(read({ triggered: new Date().toISOString(), marks: {} }), true) }, "Triggered now"),
    ];
  return [
    h("p", { class: "run-label" }, "Clock ", h("strong", { class: "run-clock", "data-since": reading.triggered }, `${since()} s`)),
    h("ol", { class: "run-steps" }, snapshot.expected_sequence.map((step) => {
      const at = marks[step.step_order];
      const due = `due at ${step.expected_delay_seconds} s ± ${step.tolerance_seconds}`;
      return h("li", {},
        h("span", {}, h("strong", {}, step.component_id), ` ${step.expected_action.replaceAll("_", " ")} `, h("span", { class: "muted" }, due)),
        at === undefined
          ? h("span", { class: "run-marks" },
              h("button", { type: "button", onclick: () => mark(step.step_order, since()) }, "Now"),
              h("button", { type: "button", class: "quiet", onclick: () => mark(step.step_order, null) }, "Did not happen"))
          : h("span", { class: "run-marks" }, at === null ? "did not happen" : `${at} s`,
              h("button", { type: "button", class: "quiet", onclick: () => unmark(step.step_order) }, "Undo")));
    })),
    h("button", { type: "button", class: "quiet", onclick: () => context.read({}, true) }, "Start the test over"),
  ];
}

function attested(context) {
  const { row: { instance }, draft: { reading } } = context;
  const keep = (more, anew) => context.read(read({ ...context.draft.reading, ...more }), anew);
  const asked = instance.definition_snapshot ?? {};
  const started = reading.timed_from;
  return [
    h("p", { class: "run-label" }, asked.test_action ?? ""),
    h("p", {}, "Expected: ", asked.expected_result ?? "", asked.response_time_s ? ` within ${asked.response_time_s}\u00a0s` : ""),
    h("div", { class: "run-choice", role: "group", "aria-label": "What was seen" },
      [[true, "Seen as expected"], [false, "Not seen"]].map(([seen, words]) =>
        h("button", { type: "button", "aria-pressed": String(reading.matched === seen), class: "run-pick", onclick: () => keep({ matched: seen }, true) }, words))),
    h("label", { class: "run-label", for: "response" }, "Response time, s"),
    h("div", { class: "with-unit" },
      number({ id: "response", value: reading.response ?? "", oninput: (event) => keep({ response: event.target.value }) }),
      started
        ? h("button", { type: "button", onclick: () => keep({ response: ((Date.now() - started) / 1000).toFixed(1), timed_from: null }, true) }, "Stop")
        : h("button", { type: "button", class: "quiet", onclick: () => keep({ timed_from: Date.now() }, true) }, "Time it")),
  ];
}
