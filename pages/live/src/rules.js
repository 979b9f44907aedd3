// What may stand in something that a cell shows, and what is said of it.

const INNER = /^(#|data:image\/(png|jpeg|gif|webp))/;

/** @param {string} type  of a script: data may pass, as explorable figures carry it */
export const isData = (type) => type === 'application/json';

/** @param {string} address  of a picture: nothing is asked of another host */
export const isInline = (address) => address.startsWith('data:image/');

/**
 * Whether an address in an element makes the browser fetch something.
 * @param {string} tag
 * @param {string} address
 */
export const reachesOut = (tag, address) => ['use', 'image'].includes(tag) && !INNER.test(address);

/** @param {string} style */
export const styleReachesOut = (style) => /url\(\s*["']?(?!#|["']#)/i.test(style);

/**
 * A picture's data, without what could end them early.
 * @param {string} text
 */
export const base64 = (text) => text.replace(/[^A-Za-z0-9+/=]/g, '');

const LONGEST = 400; // characters of a description

/**
 * What is true of a drawing: what it says of itself, else what is written in it.
 * @param {string | null} own
 * @param {string[]} written
 */
export function description(own, written) {
  if (own) return own;
  const words = written.filter(Boolean).join(' ');
  if (!words) return 'A picture that this code has drawn.';
  const some = words.length > LONGEST ? `${words.slice(0, LONGEST)} …` : words;
  return `A picture that this code has drawn. In it is written: ${some}`;
}
