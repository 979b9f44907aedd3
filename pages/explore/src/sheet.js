// A plot that Python has drawn (`Sheet` in figures/explorables/sheet.py): its frame stays, what is
// in it is drawn anew.
import { s } from './dom.js';

const [LEFT, RIGHT, TOP, BOTTOM] = [46, 12, 12, 40];

/** X and Y turn numbers into places; `draw(...elements)` replaces what is in the frame. */
export function sheet(figure, { x, y, width, height }) {
  const svg = figure.querySelector('svg'),
    area = svg.querySelector('.area');
  const X = (value) => LEFT + ((value - x[0]) / (x[1] - x[0])) * (width - LEFT - RIGHT);
  const Y = (value) => height - BOTTOM - ((value - y[0]) / (y[1] - y[0])) * (height - TOP - BOTTOM);
  const inside = ([a, b]) => a >= x[0] && a <= x[1] && b >= y[0] && b <= y[1];
  const put = (value) => Math.max(-1e4, Math.min(1e4, value)).toFixed(1);
  const way = (points) => `M${points.map(([a, b]) => `${put(X(a))} ${put(Y(b))}`).join('L')}`;
  return {
    svg,
    X,
    Y,
    x,
    y,
    inside,
    way,
    draw: (...elements) => area.replaceChildren(...elements.flat().filter(Boolean)),
    /** What those are told who can't see what has been drawn. */
    tell: (alt) => svg.setAttribute('aria-label', alt),
    /** Through points; where they leave the frame it breaks off. */
    line(points, color, width = 1.8, dash) {
      const parts = [];
      let part = [];
      for (const point of points) {
        if (inside(point)) part.push(point);
        else if (part.length) {
          parts.push(part);
          part = [];
        }
      }
      if (part.length) parts.push(part);
      return s('path', {
        d: parts.map(way).join(''),
        fill: 'none',
        stroke: `var(--${color})`,
        'stroke-width': width,
        'stroke-dasharray': dash,
      });
    },
    /** A straight line through a point, from edge to edge. */
    straight(a, b, slope, color, width = 1.8, dash) {
      const at = (value) => [value, b + slope * (value - a)];
      const ends = slope ? y.map((value) => a + (value - b) / slope).sort((p, q) => p - q) : x;
      const [from, to] = [Math.max(x[0], ends[0]), Math.min(x[1], ends[1])];
      return (
        from < to &&
        s('path', {
          d: way([at(from), at(to)]),
          stroke: `var(--${color})`,
          'stroke-width': width,
          'stroke-dasharray': dash,
        })
      );
    },
    dot: (a, b, color, r = 4, full = true) =>
      inside([a, b]) &&
      s('circle', {
        cx: X(a).toFixed(1),
        cy: Y(b).toFixed(1),
        r,
        fill: full ? `var(--${color})` : 'none',
        stroke: `var(--${color})`,
        'stroke-width': 1.4,
      }),
    words: (a, b, text, color, anchor = 'start') =>
      inside([a, b]) &&
      s(
        'text',
        {
          x: X(a).toFixed(1),
          y: Y(b).toFixed(1),
          fill: `var(--${color})`,
          'text-anchor': anchor,
          'font-size': 13,
        },
        text,
      ),
    bar: (a, b, color, width) =>
      s('path', {
        d: `M${X(a).toFixed(1)} ${Y(0).toFixed(1)}V${Y(b).toFixed(1)}`,
        stroke: `var(--${color})`,
        'stroke-width': width,
      }),
    /** A bar that lies on its side, from a to b, at the height c. */
    lying: (a, b, c, color, height) =>
      s('path', {
        d: way([
          [a, c],
          [b, c],
        ]),
        stroke: `var(--${color})`,
        'stroke-width': Math.abs(Y(height) - Y(0)).toFixed(1),
        'stroke-opacity': 0.6,
      }),
    /** Where `height(x, y)` is above the level: shaded, with its edge. */
    region(height, level = 0, count = 41) {
      const at = (span, i) => span[0] + ((span[1] - span[0]) * i) / (count - 1);
      const grid = Array.from({ length: count }, (_, j) =>
        Array.from({ length: count }, (_, i) => [
          at(x, i),
          at(y, j),
          height(at(x, i), at(y, j)) - level,
        ]),
      );
      let filled = '',
        edge = '';
      for (let j = 1; j < count; j++) {
        for (let i = 1; i < count; i++) {
          const corners = [grid[j - 1][i - 1], grid[j - 1][i], grid[j][i], grid[j][i - 1]];
          const polygon = [],
            crossings = [];
          corners.forEach((one, k) => {
            const next = corners[(k + 1) % 4];
            if (one[2] > 0) polygon.push(one);
            if (one[2] > 0 !== next[2] > 0) {
              const t = one[2] / (one[2] - next[2]);
              const cut = [one[0] + t * (next[0] - one[0]), one[1] + t * (next[1] - one[1])];
              polygon.push(cut);
              crossings.push(cut);
            }
          });
          if (polygon.length) filled += `${way(polygon)}Z`;
          for (let k = 0; k + 1 < crossings.length; k += 2) edge += way(crossings.slice(k, k + 2));
        }
      }
      return [
        s('path', { d: filled, fill: 'var(--accent)', 'fill-opacity': 0.16, stroke: 'none' }),
        s('path', { d: edge, fill: 'none', stroke: 'var(--accent)', 'stroke-width': 1.8 }),
      ];
    },
    /** Pointing at a place in it, by mouse or finger: `on(x, y)`. */
    point(on) {
      let held = false;
      const told = ({ clientX, clientY }) => {
        const box = svg.getBoundingClientRect();
        const [px, py] = [
          ((clientX - box.left) / box.width) * width,
          ((clientY - box.top) / box.height) * height,
        ];
        on(
          x[0] + ((px - LEFT) / (width - LEFT - RIGHT)) * (x[1] - x[0]),
          y[0] + ((height - BOTTOM - py) / (height - TOP - BOTTOM)) * (y[1] - y[0]),
        );
      };
      svg.style.touchAction = 'pan-y';
      svg.style.cursor = 'crosshair';
      svg.addEventListener('pointerdown', (event) => {
        if (event.button) return;
        held = true;
        svg.setPointerCapture(event.pointerId);
        told(event);
      });
      svg.addEventListener('pointermove', (event) => held && told(event));
      for (const kind of ['pointerup', 'pointercancel'])
        svg.addEventListener(kind, () => {
          held = false;
        });
    },
  };
}

export const between = (low, high, count) =>
  Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
export const clamp = (value, [low, high]) => Math.max(low, Math.min(high, value));
