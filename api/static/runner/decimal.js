// Decimal numbers as they were typed: exact comparison, no binary float takes part in a verdict.

const LEXEME = /^[+-]?(\d{1,7}(\.\d*)?|\.\d+)$/;

/** The number as a fraction {n, d} of big integers; null where the text is no decimal number of a reading. */
export function exact(text) {
  const trimmed = String(text ?? "").trim().replace(",", ".");
  if (trimmed.length > 40 || !LEXEME.test(trimmed)) return null;
  const negative = trimmed.startsWith("-");
  const [whole, places = ""] = trimmed.replace(/^[+-]/, "").split(".");
  const n = BigInt((whole + places) || "0");
  return { n: negative ? -n : n, d: 10n ** BigInt(places.length) };
}

/** What is sent: the text as it was read, with a point for the comma of some keyboards. */
export function asSent(text) {
  return String(text).trim().replace(",", ".");
}

/** Below zero, zero or above: a against b. */
export function compare(a, b) {
  const left = a.n * b.d;
  const right = b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
}

export function add(a, b) {
  return { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

export function subtract(a, b) {
  return { n: a.n * b.d - b.n * a.d, d: a.d * b.d };
}

/** a times b; the signs stay in the numerator. */
export function times(a, b) {
  return { n: a.n * b.n, d: a.d * b.d };
}

/** a by b, which is above zero. */
export function by(a, b) {
  return { n: a.n * b.d, d: a.d * b.n };
}

export function mean(all) {
  return by(all.reduce(add), { n: BigInt(all.length), d: 1n });
}

/** For reading: at most three places, rounded half up, without trailing zeros. */
export function shown(value, places = 3) {
  const scale = 10n ** BigInt(places);
  const size = (value.n < 0n ? -value.n : value.n) * scale;
  const rounded = (2n * size + value.d) / (2n * value.d);
  const digits = rounded.toString().padStart(places + 1, "0");
  const whole = digits.slice(0, -places);
  const rest = digits.slice(-places).replace(/0+$/, "");
  return `${value.n < 0n && rounded !== 0n ? "-" : ""}${whole}${rest ? "." + rest : ""}`;
}
