// A browser's storage for tests: what is kept are its own properties, as there.

/** @param {number} [room]  in characters */
export function storage(room = Number.POSITIVE_INFINITY) {
  return Object.create({
    getItem(key) {
      return Object.hasOwn(this, key) ? this[key] : null;
    },
    setItem(key, value) {
      if (value.length > room) throw new Error('QuotaExceededError');
      this[key] = String(value);
    },
    removeItem(key) {
      delete this[key];
    },
  });
}
