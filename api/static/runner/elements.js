// Making elements: texts are texts, never markup.

/** h("p", {class: "muted"}, "words", element): attributes by name, listeners by on…, falsy ones left out. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

const ICONS = { ok: "✓", watch: "!", alarm: "▲", unknown: "?" };

/** A state: icon and word, as on every page. */
export function badge(state, word) {
  return h(
    "span",
    { class: `badge badge-${state}` },
    h("span", { class: "badge-icon", "aria-hidden": "true" }, ICONS[state]),
    word,
  );
}

const WORDS = {
  compliant: ["ok", "complies"],
  non_compliant: ["alarm", "does not comply"],
  indeterminate: ["watch", "undecided"],
};

export function verdictBadge(verdict) {
  const [state, word] = WORDS[verdict] ?? ["unknown", "not tested"];
  return badge(state, word);
}
