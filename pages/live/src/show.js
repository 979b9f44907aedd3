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
    if (value && ['use', 'image'].includes(tag) && !/^(#|data:image\/(png|jpeg|gif|webp))/.test(value)) node.removeAttribute(name);
  }
  if (/url\(\s*["']?(?!#|["']#)/i.test(node.getAttribute?.('style') ?? '')) node.removeAttribute('style');
});

/** A fragment that may stand in the page. */
export const sanitise = (html) => DOMPurify.sanitize(html, OPTIONS);

/** Put a picture or HTML into a box of a cell. */
export function rich({ kind, text }, box, cell) {
  const said = cell?.querySelector('.cell_output:not(.live-output) :is(svg, img)');
  const alt = said?.getAttribute('aria-label') || said?.getAttribute('alt') || 'the picture that this cell draws';
  if (kind === 'image/png') {
    const picture = new Image();
    picture.src = `data:image/png;base64,${text.replace(/[^A-Za-z0-9+/=]/g, '')}`;
    picture.alt = alt;
    box.append(picture);
  } else if (kind === 'image/svg+xml') {
    const frame = document.createElement('div');
    frame.className = 'picture';
    frame.append(sanitise(text));
    const drawing = frame.querySelector('svg');
    drawing?.setAttribute('role', 'img');
    drawing?.setAttribute('aria-label', alt);
    box.append(frame);
  } else {
    box.classList.add('text_html');
    box.append(sanitise(text));
  }
}
