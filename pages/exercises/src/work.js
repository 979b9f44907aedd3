// The reader's work: for each exercise or question {page, done, draft}.

import { keep, kept } from '../../look/src/shelf.js';

/** @typedef {{page?: string, done?: boolean, draft?: string}} Kept */

const KEY = 'exercises';
const OURS = /^(exercises$|live:)/; // the live cells keep edited cells, page by page
export const UNKEPT =
  ' (It cannot be kept for next time: this browser’s storage is full or closed.)';

export const work = {
  /** Called when something has changed. */
  onchange() {},
  /** @returns {Record<string, Kept>} */
  read: () => kept(KEY) ?? {},
  /**
   * What is kept of one item.
   * @param {string} name
   */
  of: (name) => work.read()[name] ?? {},
  /**
   * Change what is kept of one item; false if it cannot be kept.
   * @param {string} name
   * @param {Kept} news
   */
  change(name, news) {
    const all = work.read(); // another tab may have written
    all[name] = { ...all[name], ...news };
    if (!keep(KEY, all)) return false;
    work.onchange();
    return true;
  },
};

/**
 * How many items are done on each page.
 * @param {Record<string, Kept>} all
 */
export function doneOnPages(all) {
  /** @type {Record<string, number>} */
  const done = {};
  for (const item of Object.values(all))
    if (item.done) done[item.page] = (done[item.page] ?? 0) + 1;
  return done;
}

/** The keys in the reader's storage that are the book's. */
export const ours = () => Object.keys(localStorage).filter((key) => OURS.test(key));

/**
 * The text of a file that keeps what the storage does.
 * @param {Record<string, string>} storage
 */
export function packed(storage) {
  const entries = Object.entries(storage).filter(([key]) => OURS.test(key));
  const saved = { book: 'micrograd', format: 1, kept: Object.fromEntries(entries) };
  return JSON.stringify(saved, null, 1);
}

/**
 * What such a file keeps; throws if it is none.
 * @param {string} text
 * @returns {[key: string, value: string][]}
 */
export function unpacked(text) {
  const read = JSON.parse(text);
  if (read.book !== 'micrograd' || read.format !== 1) throw new Error('not a file of this book');
  return Object.entries(read.kept).filter(
    ([key, value]) => OURS.test(key) && typeof JSON.parse(value) === 'object',
  );
}
