// What stays on the reader's device. Its storage may be closed, full, or hold what is not ours.

/**
 * What is kept under a key; undefined if nothing is.
 * @param {string} key
 */
export function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keep something under a key, or with undefined nothing any more. True if that could be done.
 * @param {string} key
 * @param {unknown} value
 */
export function keep(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
