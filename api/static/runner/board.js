// The first screen: how far the walk is, what is saved on the phone and what has reached the server, every test.

import { badge, h, verdictBadge } from "./elements.js";
import { kindOf, nextOf, placeOf } from "./walk.js";

/** The strip that stands on every screen. */
export function strip(walk, line, send) {
  const { counts } = walk;
  const word = line.online ? "online" : "no signal";
  const waiting = counts.waiting ? `${counts.waiting} wait to be sent` : "all sent";
  return h(
    "div",
    { class: "run-strip", role: "status" },
    badge(line.online ? "ok" : "unknown", word),
    h("span", {}, counts.saved ? `${many(counts.results, "record")} and ${many(counts.files, "file")} saved on this phone` : "0 saved on this phone"),
    h("span", {}, counts.saved ? `${counts.sent} reached the server, ${waiting}` : "nothing to send yet"),
    counts.refused ? badge("watch", `${counts.refused} not taken`) : null,
    line.problem ? h("span", { class: "run-problem" }, line.problem) : null,
    h("button", { type: "button", class: "quiet", onclick: send, disabled: line.sending }, line.sending ? "Sending …" : "Send now"),
  );
}

const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

export function board(walk, filter, go, handIn) {
  const { counts, session } = walk;
  const next = nextOf(walk);
  const shown = walk.rows.filter(FILTERS[filter].keeps);
  return h(
    "div",
    { class: "run-board" },
    h("div", { class: "lead" },
      h("p", { class: "eyebrow" }, `${session.bundle.parts.session.building_name}, ${session.bundle.parts.session.planned_for}`),
      h("h1", {}, finding(counts)),
      h("p", { class: "measure" }, "Verdicts on the phone are provisional: the server judges again, a reviewer countersigns.")),
    session.bundle.parts.warnings.map((one) => h("p", { class: "notice" }, one.text)),
    h("p", {}, next
      ? h("a", { class: "button run-big", href: `#/test/${next.instance_id}` }, `${counts.done ? "Go on" : "Begin"}: ${[next.stair_name, placeOf(next)].filter(Boolean).join(", ")}`)
      : closing(walk, handIn)),
    h("div", { class: "run-filters", role: "group", "aria-label": "Which tests" },
      Object.entries(FILTERS).map(([name, { word }]) =>
        h("button", { type: "button", class: "run-pick", "aria-pressed": String(name === filter), onclick: () => go(name) }, word))),
    groups(shown),
  );
}

function closing({ session, counts }, handIn) {
  if (session.handed_in) return h("strong", {}, "Handed in: another person reviews and countersigns it.");
  if (counts.waiting) return h("strong", {}, "Every test is done. Hand the session in when all has been sent.");
  return h("button", { type: "button", class: "run-big", onclick: handIn }, "Hand in for review");
}

const FILTERS = {
  open: { word: "To do", keeps: (one) => !one.isDone },
  all: { word: "All", keeps: () => true },
  failed: { word: "Not carried out", keeps: (one) => one.isFailed },
  failing: { word: "Does not comply", keeps: (one) => one.result?.verdict === "non_compliant" },
  refused: { word: "Not taken", keeps: (one) => [one.result, one.act].some((own) => ["conflict", "invalid", "locked"].includes(own?.state)) },
};

function finding(counts) {
  if (!counts.done && !counts.failed) return `${counts.tests} tests are on this phone; you can lose the signal now.`;
  const failing = counts.failing ? `, ${counts.failing} ${counts.failing === 1 ? "does" : "do"} not comply` : "";
  const failed = counts.failed ? `, ${counts.failed} could not be carried out` : "";
  return `${counts.done} of ${counts.tests} tests are done${failing}${failed}.`;
}

function groups(rows) {
  if (!rows.length) return h("p", { class: "muted" }, "No test is like this.");
  const byPlace = Map.groupBy?.(rows, placed) ?? grouped(rows);
  return [...byPlace].map(([place, own]) =>
    h("section", { class: "run-group" }, h("h2", {}, place),
      h("ul", { class: "run-list" }, own.map((one) =>
        h("li", {}, h("a", { href: `#/test/${one.instance.instance_id}` },
          h("span", {}, h("strong", {}, kindOf(one.instance)), " ", placeOf(one.instance)), state(one)))))));
}

const placed = (one) => `${one.instance.stair_name ?? "Building"}, ${kindOf(one.instance).toLowerCase()}`;

function grouped(rows) {
  const found = new Map();
  for (const one of rows) found.set(placed(one), [...(found.get(placed(one)) ?? []), one]);
  return found;
}

function state(one) {
  if (one.result) return verdictBadge(one.result.verdict);
  if (one.status === "skipped") return badge("unknown", "left out");
  if (one.isFailed) return badge("watch", "not carried out");
  if (one.isDone) return badge("ok", one.instance.status);
  return badge("unknown", "to do");
}
