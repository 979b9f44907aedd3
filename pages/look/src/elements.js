// Elements of the page, for the scripts that are bundled.

/**
 * An element; the options are properties of it.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [options]
 * @param {...(Node | string)} children
 */
export function make(tag, options = {}, ...children) {
  const made = Object.assign(document.createElement(tag), options);
  made.append(...children);
  return made;
}

/**
 * What makes buttons of one class: their text, what a click does, further properties.
 * @param {string} className
 * @returns {(text: string, onclick?: () => unknown, options?: Partial<HTMLButtonElement>) =>
 *   HTMLButtonElement}
 */
export const buttons =
  (className) =>
  (textContent, onclick, options = {}) =>
    make('button', { type: 'button', className, textContent, onclick, ...options });
