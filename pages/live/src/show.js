// What cells show that is more than text: cleaned, so that nothing in it runs in the page.

import DOMPurify from 'dompurify';

const OPTIONS = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true, svg: true, svgFilters: true, mathMl: true },
  ADD_TAGS: ['script', 'use'],
  FORBID_TAGS: ['style', 'form', 'base', 'meta', 'link', 'audio', 'video'],
};

// Data may pass, as explorable figures carry it; scripts may not.
DOMPurify.addHook('uponSanitizeElement', (node, { tagName }) => {
  if (tagName === 'script' && node.getAttribute?.('type') !== 'application/json') node.remove();
});
// Nothing is asked of another host.
DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  for (const name of ['src', 'srcset', 'poster', 'background']) {
    const value = node.getAttribute?.(name);
    if (value && !/^data:image\//.test(value)) node.removeAttribute(name);
  }
  const tag = node.tagName?.toLowerCase();
  for (const name of ['href', 'xlink:href']) {
    const value = node.getAttribute?.(name);
    if (
      value &&
      ['use', 'image'].includes(tag) &&
      !/^(#|data:image\/(png|jpeg|gif|webp))/.test(value)
    )
      node.removeAttribute(name);
  }
  if (/url\(\s*["']?(?!#|["']#)/i.test(node.getAttribute?.('style') ?? ''))
    node.removeAttribute('style');
});

/** A fragment that may stand in the page. */
export const sanitise = (html) => DOMPurify.sanitize(html, OPTIONS);

const LONGEST = 400; // characters of a description

/** What is true of a drawing: what it says of itself, else what is written in it. */
function described(drawing) {
  const own = drawing.getAttribute('aria-label')?.trim() || drawing.getAttribute('alt')?.trim();
  if (own) return own;
  const words = [...drawing.querySelectorAll('text')]
    .map((text) => text.textContent.trim())
    .filter(Boolean)
    .join(' ');
  if (!words) return 'A picture that this code has drawn.';
  return `A picture that this code has drawn. In it is written: ${words.length > LONGEST ? `${words.slice(0, LONGEST)} …` : words}`;
}

/** Put a picture or HTML into a box; `alt` is what the book says of the picture, if it is the book's. */
export function rich({ kind, text }, box, alt) {
  if (kind === 'image/png') {
    const picture = new Image();
    picture.src = `data:image/png;base64,${text.replace(/[^A-Za-z0-9+/=]/g, '')}`;
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
    for (const picture of box.querySelectorAll('img:not([alt])')) picture.alt = described(picture);
  }
}
