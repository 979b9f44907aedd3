// What a page does when it may run scripts: choose its colours, copy code, show where one is.
// Nothing here is needed for reading.

const root = document.documentElement;

// ---- light, dark, or as the system has it ----
const MODES = ['auto', 'light', 'dark'];
/** @type {Record<string, string>} */
const NAMES = { auto: 'as the system', light: 'light', dark: 'dark' };
/** @type {HTMLElement | null} */
const button = document.querySelector('.bar-scheme');

const mode = () => root.dataset.theme ?? 'auto';
const say = () => {
  button.querySelector('.bar-scheme-name').textContent = NAMES[mode()];
  button.title = `Colours: ${NAMES[mode()]}`;
};
button?.addEventListener('click', () => {
  const next = MODES[(MODES.indexOf(mode()) + 1) % MODES.length];
  if (next === 'auto') delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    localStorage.setItem('mode', next);
  } catch {} // the choice lasts for this page
  say();
});
if (button) {
  button.hidden = false;
  say();
}

// ---- a button to copy each piece of code that is there to be used ----
const CODE = '.cell_input > div[class*="highlight-"], .exercise div[class*="highlight-"]';
for (const block of document.querySelectorAll(CODE)) {
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.className = 'copy';
  copy.textContent = 'Copy';
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.querySelector('pre').textContent);
    copy.textContent = 'Copied';
    setTimeout(() => {
      copy.textContent = 'Copy';
    }, 1500);
  });
  block.append(copy);
}

// ---- what scrolls sideways can be reached by keyboard; what doesn't is no stop on the way ----
const scrolling = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0');
    else target.removeAttribute('tabindex');
  }
});
const SCROLLERS = 'pre, .picture, div.math';
const watch = (place) => {
  for (const box of place.querySelectorAll(SCROLLERS)) scrolling.observe(box);
};
watch(document);
document.addEventListener('live:output', ({ detail }) => watch(detail.element));

// ---- the section being read, in the contents ----
/** @type {Map<Element, HTMLElement>} */
const lines = new Map();
/** @type {NodeListOf<HTMLAnchorElement>} */
const links = document.querySelectorAll('.contents-sections a');
for (const link of links) {
  const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (section) lines.set(section, link.parentElement);
}
const seen = new Set();
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      isIntersecting ? seen.add(target) : seen.delete(target);
    const reading = [...lines.keys()].find((section) => seen.has(section));
    for (const [section, line] of lines) line.classList.toggle('reading', section === reading);
  },
  { rootMargin: '-15% 0px -60% 0px' },
);
for (const section of lines.keys()) watcher.observe(section);

// The drawer closes when one has chosen from it, or presses Escape.
const menu = /** @type {HTMLInputElement | null} */ (document.getElementById('menu'));
const closeMenu = () => {
  if (menu) menu.checked = false;
};
document.getElementById('contents')?.addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('a')) closeMenu();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeMenu();
});
