// What is said of cells, and what they are kept by: no page is needed.

/**
 * How long a run took, as its cell says it.
 * @param {number} ms
 */
export const took = (ms) =>
  ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;

/** What Python itself writes where it breaks down tells a reader nothing. */
const DUMP =
  /object address|lost sys\.stderr|Internal error occurred|Stack \(most recent call first\)/;

/** @param {string} printed */
export const isDump = (printed) => DUMP.test(printed);

/**
 * The name by which a cell's text is kept: what the book says in it, which may stand there twice.
 * @param {string} digest  of its source
 * @param {string[]} earlier  those of the cells above
 */
export function slotOf(digest, earlier) {
  const count = earlier.filter((other) => other === digest).length;
  return count ? `${digest}.${count}` : digest;
}

/**
 * What is kept of cells, with one more; or with null in its place, one less.
 * @param {Record<string, string>} all
 * @param {string} name
 * @param {string | null} text
 * @returns {Record<string, string> | undefined}  undefined if that leaves nothing
 */
export function rewritten(all, name, text) {
  const { [name]: _, ...others } = all;
  if (text !== null) return { ...all, [name]: text };
  return Object.keys(others).length ? others : undefined;
}
