// What exercises and questions have in common: a tick, and a place where something is said.

import { buttons, make } from '../../look/src/elements.js';
import { pieces } from './words.js';
import { work } from './work.js';

export const button = buttons('exercise-button');

/** @param {...(Node | string)} children */
export const toolbar = (...children) => make('div', { className: 'exercise-tools' }, ...children);

/**
 * The code written in an element, block by block.
 * @param {Element | null} root
 */
export const code = (root) =>
  [...(root?.querySelectorAll('pre') ?? [])].map((pre) => pre.textContent);

export class Item {
  /**
   * @param {HTMLElement} root
   * @param {string} page
   * @param {string} title  the selector of its title
   */
  constructor(root, page, title) {
    this.root = root;
    this.page = page;
    this.title = root.querySelector(title);
    this.tick = make('span', {
      className: 'exercise-done',
      textContent: ' ✓ done',
      hidden: !this.kept.done,
    });
    this.title.append(this.tick);
    this.verdict = make('div', { className: 'exercise-verdict', role: 'status' });
  }

  /** What is kept of it. */
  get kept() {
    return work.of(this.root.id);
  }

  /**
   * Keep something of it; false if that cannot be done.
   * @param {import('./work.js').Kept} news
   */
  keep(news) {
    return work.change(this.root.id, { page: this.page, ...news });
  }

  /**
   * @param {'' | 'right' | 'wrong'} kind
   * @param {string} text
   */
  say(kind, text) {
    this.verdict.className = `exercise-verdict ${kind ? `verdict-${kind}` : ''}`;
    this.verdict.replaceChildren(
      ...pieces(text).map((piece, k) => (k % 2 ? make('code', { textContent: piece }) : piece)),
    );
  }
}
