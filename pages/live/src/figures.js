// A cell's figures.

import { make } from '../../look/src/elements.js';

const CHANGED = ' (Drawn by the code as you have changed it.)';

/**
 * @param {HTMLElement} caption
 * @param {HTMLElement} text
 */
const remark = (caption, text) => {
  const last = [...caption.querySelectorAll('p')].at(-1) ?? caption;
  last.insertBefore(text, last.querySelector(':scope > .headerlink'));
};

/**
 * The figures of the book's output. A new drawing takes the place of the old one: its number, its
 * caption and its anchor, which is at the top of the output until then.
 */
export class Figures {
  drawn = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {NodeListOf<HTMLElement>} */
    const olds = root.querySelectorAll('.cell_output figure');
    this.all = [...olds].map((old) => ({
      old,
      id: old.id,
      caption: old.querySelector('figcaption'),
    }));
    this.alts = [...root.querySelectorAll('.cell_output :is(svg, img)')]
      .filter((picture) => !picture.closest('.text_html'))
      .map((picture) => picture.getAttribute('aria-label') || picture.getAttribute('alt'));
  }

  /** @param {HTMLElement} area */
  begin(area) {
    this.drawn = 0;
    for (const { old, id } of this.all) {
      if (!id) continue;
      old.removeAttribute('id');
      area.append(make('span', { id }));
    }
  }

  /**
   * Where the next picture goes, and what the book says of it.
   * @param {HTMLElement} area
   * @param {boolean} changed
   * @returns {[area: Pick<HTMLElement, 'append'>, alt: string | undefined]}
   */
  next(area, changed) {
    const now = this.all[this.drawn];
    const alt = this.alts[this.drawn++];
    if (!now) return [area, alt];
    const { old, id, caption } = now;
    if (id) area.querySelector(`#${CSS.escape(id)}`)?.remove();
    const figure = make('figure', { className: old.className, id });
    area.append(figure);
    if (caption) {
      caption.querySelector('.live-changed')?.remove();
      if (changed) {
        const note = make('span', { className: 'live-changed', textContent: CHANGED });
        remark(caption, note);
      }
      figure.append(caption);
    }
    return [{ append: (box) => figure.prepend(box) }, alt];
  }

  giveBack() {
    for (const { old, id, caption } of this.all) {
      caption?.querySelector('.live-changed')?.remove();
      if (caption) old.append(caption);
      if (id) old.id = id;
    }
  }
}
