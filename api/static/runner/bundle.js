// The bundle of a session: fetched while there is a signal, checked part by part, kept on the phone.

/** RFC 8785: keys in order of their UTF-16 units, no blanks, numbers as JavaScript writes them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

export async function sha256(data) {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/** Refuse a bundle of which any part is not what its manifest names. */
export async function check(bundle) {
  if ((await sha256(canonical(bundle.manifest))) !== bundle.bundle_hash) throw new Error("The manifest is damaged.");
  const named = bundle.manifest.parts;
  if (Object.keys(named).sort().join() !== Object.keys(bundle.parts).sort().join())
    throw new Error("The bundle has other parts than its manifest names.");
  for (const [name, part] of Object.entries(bundle.parts))
    if ((await sha256(canonical(part))) !== named[name]) throw new Error(`The part ${name} is damaged.`);
}

/** The local date of the building, as the rules count days. */
export function dayIn(zone, instant) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    instant,
  );
}
