// Fetches, when a reader comes to need it, what not every page has to load.

const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const here = new URL('.', script.src);

/** @param {'kernel' | 'editor' | 'show'} name */
export const load = (name) => import(new URL(`${name}.js?v=${__VERSION__}`, here).href);
