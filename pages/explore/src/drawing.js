// Drawings of graphs.

/**
 * A picture made by `drawn` in figures/explorables/graph.py, or by layout.js: node i has the class
 * n-i, the arrow to its k-th operand e-i-k, the one from its operation to its box e-i.
 */
export class Drawing {
  constructor(svg) {
    this.svg = svg;
  }

  node(i) {
    return this.svg.querySelector(`.n-${i}`);
  }
  edge(i, k) {
    return this.svg.querySelector(k === undefined ? `.e-${i}` : `.e-${i}-${k}`);
  }

  /** Write a number into a box: row 0 is the first under its name. */
  write(i, row, text) {
    const texts = this.node(i).querySelectorAll('text');
    const cell = texts[(texts.length % 2) + 2 * row + 1];
    if (cell.getAttribute('text-anchor') !== 'end') {
      // from now on numbers grow to the left
      const width = 6 * cell.textContent.length;
      cell.setAttribute('x', Number(cell.getAttribute('x')) + width);
      cell.setAttribute('text-anchor', 'end');
    }
    cell.textContent = text;
  }

  /** Write along an arrow. */
  label(i, k, text) {
    const place = this.edge(i, k)?.querySelector('text');
    if (place) place.textContent = text;
  }

  /** Tell those who can't see it what the boxes say now: {name} for each. */
  tell(nodes) {
    const words = nodes.map(({ name }, i) => {
      const texts = [...this.node(i).querySelectorAll('text')].map((each) =>
        each.textContent.trim(),
      );
      const rows = texts.slice(texts.length % 2).map((text, at) => (at % 2 ? `${text},` : text));
      return `${name}: ${rows.join(' ').replace(/,$/, '')}`;
    });
    this.svg.setAttribute('aria-label', `The graph now. ${words.join('; ')}.`);
  }

  /** Put a class on some elements, and take it from all others. */
  mark(name, elements) {
    for (const element of this.svg.querySelectorAll(`.${name}`)) element.classList.remove(name);
    for (const element of elements) element?.classList.add(name);
  }
}
