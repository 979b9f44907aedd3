// What came of a cell, shown below it.

import { make } from '../../look/src/elements.js';
import { load } from './load.js';
import { isDump } from './told.js';

/** @typedef {import('./kernel.js').Message} Message */
/** @typedef {Pick<HTMLElement, 'append'>} Place */

const PICTURES = ['image/svg+xml', 'image/png'];

/** @param {Message} message */
export const isPicture = (message) => message.type === 'display' && PICTURES.includes(message.kind);

/** @param {HTMLElement} box */
const tellOf = (box) =>
  box.dispatchEvent(new CustomEvent('live:output', { bubbles: true, detail: { element: box } }));

/** @param {Partial<HTMLPreElement>} [options] */
const pre = (options) => make('div', { className: 'highlight' }, make('pre', options));

/**
 * Append a message of the kernel to an element.
 * @param {Message} message
 * @param {Place | HTMLElement} area
 * @param {string} [alt]  what the book says of a picture
 */
export async function show(message, area, alt) {
  if (message.type === 'clear') return;
  if (message.type === 'stream') {
    print(message, /** @type {HTMLElement} */ (area));
    return;
  }
  const box = make('div', { className: 'output' });
  area.append(box);
  if (message.kind === 'text/html' || isPicture(message)) {
    const { rich } = await load('show');
    rich(message, box, alt);
  } else box.append(pre({ textContent: message.text }));
  tellOf(box);
}

/**
 * @param {{name: string, text: string}} message
 * @param {HTMLElement} area
 */
function print({ name, text }, area) {
  let last = /** @type {HTMLElement | null} */ (area.lastElementChild);
  if (last?.dataset.stream !== name) {
    last = make('div', { className: `output stream ${name === 'stderr' ? name : ''}` }, pre());
    last.dataset.stream = name;
    area.append(last);
    tellOf(last);
  }
  last.querySelector('pre').append(text);
}

/** @param {string} text */
export const complaint = (text) =>
  make('div', { className: 'output traceback' }, pre({ textContent: text, role: 'alert' }));

/** @param {HTMLElement} area */
export const dropDumps = (area) => {
  for (const printed of area.querySelectorAll('.stream'))
    if (isDump(printed.textContent)) printed.remove();
};
