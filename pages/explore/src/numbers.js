// Numbers as the book prints them, and whether two are the same.

const trimmed = (text) => text.replace(/\.?0+$/, '');

/**
 * A number as the book prints it: as `short` in figures/explorables/explorable.py.
 * @param {number} x
 * @returns {string}
 */
export function short(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e5)) {
    const text = x.toFixed(4);
    const least = text.includes('.') ? trimmed(text) : text;
    return least === '-0' ? '0' : least;
  }
  if (size < 1e-3 && size >= 1e-4) return trimmed(x.toPrecision(4));
  const [digits, power] = x.toExponential(3).split('e');
  return `${digits.includes('.') ? trimmed(digits) : digits}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}

/**
 * For sentences: with a minus sign, not a hyphen.
 * @param {number} x
 */
export const said = (x) => short(x).replace('-', '−');
/**
 * With a sign in any case.
 * @param {number} x
 */
export const signed = (x) => (x < 0 ? said(x) : `+${said(x)}`);

/**
 * Numbers, or whatever holds numbers, that agree to 1e-9.
 * @param {unknown} one
 * @param {unknown} other
 * @param {number} tolerance relative, above 1; below it absolute
 * @returns {boolean}
 */
export function agree(one, other, tolerance = 1e-9) {
  if (typeof one === 'number' && typeof other === 'number') {
    return (
      Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(one)) ||
      (Number.isNaN(one) && Number.isNaN(other))
    );
  }
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object')
    return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => agree(one[name], other[name], tolerance))
  );
}

/**
 * The picture stays as it is unless what the script computes is what Python recorded.
 * @param {unknown} mine
 * @param {unknown} recorded
 * @param {string} what
 */
export function verify(mine, recorded, what) {
  if (!agree(mine, recorded)) throw new Error(`${what} came out otherwise than recorded`);
}
