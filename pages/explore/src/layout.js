// Draws a graph from nothing but its nodes, in layers from top to bottom, as Graphviz draws those
// of the chapters.
import { s } from './dom.js';

const CHARACTER = 6,
  LINE = 12,
  GAP = 14,
  RISE = 30,
  CIRCLE = 11,
  STEM = 14;

/**
 * Fill an SVG with nodes {name, op, args, rows: [[what, number, kind], …]}; parts have the classes
 * of a Drawing.
 */
export function lay(svg, nodes) {
  const units = place(nodes);
  const boxes = nodes.map((node, i) =>
    box(node, units[i], i, !nodes.some(({ args }) => args.includes(i))),
  );
  const arrows = nodes.flatMap((node, i) => {
    // Arrows into a sum or a product don't cross for the sake of which operand was written first.
    const ranks = node.args.map((_, k) => k);
    if (node.op === '+' || node.op === '*')
      ranks.sort(
        (one, other) => before(units, i, node, one) - before(units, i, node, other) || one - other,
      );
    return node.args.map((a, k) =>
      arrow(
        units.ways[i][k],
        units[a],
        units[i],
        `e-${i}-${k}`,
        ranks.indexOf(k) - (ranks.length - 1) / 2,
      ),
    );
  });
  const all = units.concat(units.ways.flat(2));
  const left = Math.min(...all.map((u) => u.x - u.width / 2)) - 4,
    right = Math.max(...all.map((u) => u.x + u.width / 2)) + 4;
  const width = right - left,
    height = Math.max(...units.map((u) => u.bottom)) + 8;
  const natural = (size) => Math.round((size * 4) / 3);
  svg.setAttribute('viewBox', `${left} -4 ${width} ${height}`);
  svg.setAttribute('width', natural(width));
  svg.setAttribute('height', natural(height));
  svg.style.setProperty('--natural', `${natural(width)}px`);
  svg.setAttribute('font-size', 10);
  svg.replaceChildren(...arrows, ...boxes.flat());
}

/** Where an arrow comes from, seen from the operation that it enters. */
const before = (units, i, node, k) => (units.ways[i][k].at(-1) ?? units[node.args[k]]).x;

const wide = ({ name, rows }) =>
  Math.max(
    name.length,
    ...rows.map(([what, number]) => what.length + 1 + Math.max(5, number.length)),
  ) *
    CHARACTER +
  14;
const tall = ({ rows }) => (rows.length + 1) * LINE + 7;

function place(nodes) {
  // Layers: a result below its operands; a leaf as close to its first user as can be.
  const layer = nodes.map(() => 0);
  nodes.forEach(({ args }, i) => {
    if (args.length) layer[i] = 1 + Math.max(...args.map((a) => layer[a]));
  });
  nodes.forEach(({ args }, i) => {
    const users = nodes.flatMap((node, u) => (node.args.includes(i) ? [layer[u]] : []));
    if (!args.length && users.length) layer[i] = Math.min(...users) - 1;
  });
  const units = nodes.map((node, i) => ({
    layer: layer[i],
    width: wide(node),
    height: tall(node) + (node.args.length ? 2 * CIRCLE + STEM : 0),
    above: [],
    below: [],
    x: 0,
  }));
  const rows = Array.from({ length: Math.max(0, ...layer) + 1 }, () => []);
  const met = new Set();
  // A long arrow takes a place in each layer that it crosses.
  units.ways = nodes.map(() => []);
  const visit = (i) => {
    if (met.has(i)) return;
    met.add(i);
    nodes[i].args.forEach(visit);
    rows[layer[i]].push(units[i]);
    nodes[i].args.forEach((a, k) => {
      const way = [];
      for (let l = layer[a] + 1; l < layer[i]; l++) {
        const bend = { layer: l, width: 8, height: 0, above: [], below: [], x: 0 };
        way.push(bend);
        rows[l].push(bend);
      }
      [units[a], ...way].forEach((unit, at) => {
        const next = way[at] ?? units[i];
        unit.below.push(next);
        next.above.push(unit);
      });
      units.ways[i][k] = way;
    });
  };
  for (let i = nodes.length - 1; i >= 0; i--)
    if (!nodes.some(({ args }) => args.includes(i))) visit(i);

  const mean = (list, otherwise) =>
    list.length ? list.reduce((sum, unit) => sum + unit.x, 0) / list.length : otherwise;
  for (const row of rows)
    row.forEach((unit, at) => {
      unit.x = at * 90;
    });
  for (let round = 0; round < 24; round++) {
    const down = round % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const wish = new Map(
        row.map((unit) => [
          unit,
          mean(down ? unit.above : unit.below, mean(down ? unit.below : unit.above, unit.x)),
        ]),
      );
      if (round < 14) row.sort((one, other) => wish.get(one) - wish.get(other));
      spread(
        row,
        row.map((unit) => wish.get(unit)),
      );
    }
  }
  let top = 0;
  for (const row of rows) {
    const height = Math.max(0, ...row.map((unit) => unit.height));
    for (const unit of row) {
      unit.bottom = top + height;
      unit.top = top + height - unit.height;
      if (!unit.height) unit.top = top;
    }
    top += height + RISE;
  }
  return units;
}

/** Put each unit of a row as near as can be to where it wants to be, side by side. */
function spread(row, wishes) {
  const offset = [];
  row.forEach((unit, i) => {
    offset.push(i ? offset[i - 1] + (row[i - 1].width + unit.width) / 2 + GAP : 0);
  });
  const blocks = [];
  wishes.forEach((wish, i) => {
    blocks.push({ sum: wish - offset[i], count: 1 });
    while (
      blocks.length > 1 &&
      blocks.at(-2).sum / blocks.at(-2).count > blocks.at(-1).sum / blocks.at(-1).count
    ) {
      const { sum, count } = blocks.pop();
      blocks.at(-1).sum += sum;
      blocks.at(-1).count += count;
    }
  });
  let at = 0;
  for (const { sum, count } of blocks)
    for (let i = 0; i < count; i++, at++) row[at].x = sum / count + offset[at];
}

const LOOK = { fill: 'var(--code-paper)', stroke: 'var(--faint)' };
const text = (x, y, anchor, kind, words, weight) =>
  s(
    'text',
    { x, y, 'text-anchor': anchor, 'font-weight': weight, fill: kind ? `var(--${kind})` : null },
    words,
  );

function box(node, { x, bottom, width }, i, root) {
  const height = tall(node),
    top = bottom - height;
  const rect = s('path', {
    ...LOOK,
    d: `M${x - width / 2 + 7} ${top}h${width - 14}q7 0 7 7v${height - 14}q0 7 -7 7h${14 - width}q-7 0 -7 -7v${14 - height}q0 -7 7 -7z`,
  });
  const rows = node.rows.flatMap(([what, number, kind], r) => [
    text(x - width / 2 + 6, top + 14 + LINE * (r + 1), 'start', kind, what),
    text(x + width / 2 - 6, top + 14 + LINE * (r + 1), 'end', kind, number),
  ]);
  const parts = [
    s(
      'g',
      { class: `node value n-${i}${node.args.length ? '' : ' leaf'}${root ? ' root' : ''}` },
      rect,
      text(x, top + 13, 'middle', '', node.name, 600),
      ...rows,
    ),
  ];
  if (node.args.length) {
    const middle = top - STEM - CIRCLE;
    parts.push(
      s(
        'g',
        { class: `node op o-${i}` },
        s('ellipse', {
          ...LOOK,
          cx: x,
          cy: middle,
          rx: Math.max(CIRCLE, 3 * node.op.length + 5),
          ry: CIRCLE,
        }),
        text(x, middle + 3.5, 'middle', '', node.op),
      ),
      s('g', { class: `edge e-${i}` }, ...line(`M${x} ${middle + CIRCLE}V${top - 6}`, x, top)),
    );
  }
  return parts;
}

function arrow(way, from, to, name, side) {
  const end = to.x + side * 10,
    stop = to.top + 2;
  const points = [
    [from.x + (end > from.x + 20 ? 10 : end < from.x - 20 ? -10 : side * 10), from.bottom],
  ];
  for (const bend of way) points.push([bend.x, bend.top], [bend.x, bend.bottom]);
  points.push([end, stop - 6]);
  let path = `M${points[0].join(' ')}`;
  points.slice(1).forEach(([x, y], at) => {
    const [px, py] = points[at],
      half = (y - py) / 2;
    path += x === px ? `V${y}` : `C${px} ${py + half} ${x} ${y - half} ${x} ${y}`;
  });
  return s('g', { class: `edge ${name}` }, ...line(path, end, stop));
}

const line = (path, x, y) => [
  s('path', { d: path, fill: 'none', stroke: 'var(--faint)' }),
  s('polygon', {
    points: `${x},${y} ${x - 2.6},${y - 6.5} ${x + 2.6},${y - 6.5}`,
    fill: 'var(--faint)',
    stroke: 'var(--faint)',
  }),
];
