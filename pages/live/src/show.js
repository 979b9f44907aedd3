// What cells show that is more than text: cleaned, so that nothing in it runs in the page.

import DOMPurify from 'dompurify';
import { base64, description, isData, isInline, reachesOut, styleReachesOut } from './rules.js';

/** @type {import('dompurify').Config & {RETURN_DOM_FRAGMENT: true}} */
const OPTIONS = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true, svg: true, svgFilters: true, mathMl: true },
  ADD_TAGS: ['script', 'use'],
  FORBID_TAGS: ['style', 'form', 'base', 'meta', 'link', 'audio', 'video'],
};

DOMPurify.addHook('uponSanitizeElement', (/** @type {any} */ node, { tagName }) => {
  if (tagName === 'script' && !isData(node.getAttribute?.('type'))) node.remove();
});
DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  for (const name of ['src', 'srcset', 'poster', 'background']) {
    const value = node.getAttribute?.(name);
    if (value && !isInline(value)) node.removeAttribute(name);
  }
  const tag = node.tagName?.toLowerCase();
  for (const name of ['href', 'xlink:href']) {
    const value = node.getAttribute?.(name);
    if (value && reachesOut(tag, value)) node.removeAttribute(name);
  }
  if (styleReachesOut(node.getAttribute?.('style') ?? '')) node.removeAttribute('style');
});

/**
 * A fragment that may stand in the page.
 * @param {string} html
 */
export const sanitise = (html) => DOMPurify.sanitize(html, OPTIONS);

/** @param {Element} drawing */
function described(drawing) {
  const own = drawing.getAttribute('aria-label')?.trim() || drawing.getAttribute('alt')?.trim();
  const texts = [...drawing.querySelectorAll('text')];
  return description(
    own,
    texts.map((text) => text.textContent.trim()),
  );
}

/**
 * Put a picture or HTML into a box.
 * @param {{kind: string, text: string}} message
 * @param {HTMLElement} box
 * @param {string} [alt]  what the book says of the picture, if it is the book's
 */
export function rich({ kind, text }, box, alt) {
  if (kind === 'image/png') {
    const picture = new Image();
    picture.src = `data:image/png;base64,${base64(text)}`;
    picture.alt = alt || described(picture);
    box.append(picture);
  } else if (kind === 'image/svg+xml') {
    const frame = document.createElement('div');
    frame.className = 'picture';
    frame.append(sanitise(text));
    const drawing = frame.querySelector('svg');
    if (drawing) {
      const said = alt || described(drawing);
      for (const one of [drawing, frame]) one.setAttribute('aria-label', said);
      drawing.setAttribute('role', 'img');
      frame.setAttribute('role', 'group');
    }
    box.append(frame);
  } else {
    box.classList.add('text_html');
    box.append(sanitise(text));
    for (const drawing of box.querySelectorAll('svg[role="img"]'))
      drawing.setAttribute('aria-label', described(drawing));
    for (const picture of box.querySelectorAll('img:not([alt])'))
      picture.setAttribute('alt', described(picture));
  }
}
