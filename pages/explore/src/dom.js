// Elements of the page.

/** An element; functions among its properties are listeners, the rest are attributes. */
export const h = (tag, properties = {}, ...children) =>
  dress(document.createElement(tag), properties, children);
export const s = (tag, properties = {}, ...children) =>
  dress(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);

function dress(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}
