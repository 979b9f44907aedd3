// The registers of a layer, cut into tiles, and the lanes in them that no sample sits in.
import { choice, panel, slider } from '../controls.js';
import { h, s } from '../dom.js';
import { said, verify } from '../numbers.js';
import { sheet } from '../sheet.js';

/**
 * How many samples each block has; a row begins and ends with 64 bytes, eight doubles or sixteen
 * floats.
 */
function blocks(samples, lanes) {
  const unit = Math.max(8, lanes),
    count = Math.ceil(samples / 128),
    size = Math.ceil(samples / (count * unit)) * unit;
  return Array.from({ length: Math.ceil(samples / size) }, (_, i) =>
    Math.min(size, samples - i * size),
  );
}

/** How wide the tiles of a row are: as few as will do, of at most four registers. */
function cut(left) {
  const widths = [];
  while (left) {
    const pieces = Math.ceil(left / 4);
    widths.push(Math.ceil(left / pieces));
    left -= widths.at(-1);
  }
  return widths;
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

function told(samples, lanes) {
  const held = blocks(samples, lanes),
    tiles = held.map((some) => cut(Math.ceil(some / lanes)));
  return { samples, lanes, blocks: held, tiles, empty: sum(tiles.flat()) * lanes - samples };
}

/** Many tiles by their widths: 5 × 4 + 3 × 3. */
const listed = (widths) =>
  (widths.length < 6
    ? widths
    : [...new Set(widths)].map(
        (wide) => `${widths.filter((each) => each === wide).length} × ${wide}`,
      )
  ).join(' + ');
const many = (count, thing) => `${count} ${thing}${count === 1 ? '' : 's'}`;

export default function mount(figure, { frame, samples, lanes, rows, cases }) {
  for (const each of cases)
    verify(
      told(each.samples, each.lanes),
      each,
      `${each.samples} samples in registers of ${each.lanes}`,
    );

  const plot = sheet(figure, { ...frame, x: [0, 1] });
  const { controls, say } = panel(figure);
  controls.append(
    slider({
      name: 'samples',
      label: 'How many samples there are',
      min: 1,
      max: 130,
      step: 1,
      value: samples,
      kind: 'data',
      on: (count) => {
        samples = count;
        show();
      },
    }).element,
    choice({
      label: 'Lanes of a register',
      options: [2, 4, 8, 16].map((each) => [each, String(each)]),
      value: lanes,
      on: (each) => {
        lanes = each;
        show();
      },
    }).element,
  );

  function show() {
    const { blocks: held, tiles, empty } = told(samples, lanes),
      count = sum(tiles.flat()),
      gap = 4;
    const span = Math.max(32, count * lanes + gap * (tiles.length - 1)); // few samples do not fill the width
    const X = (lane) => plot.X(lane / span),
      Y = plot.Y;
    const box = (a, b, low, high, inset) =>
      `M${(X(a) + inset).toFixed(1)} ${(Y(low) - inset).toFixed(1)}V${(Y(high) + inset).toFixed(1)}H${(X(b) - inset).toFixed(1)}V${(Y(low) - inset).toFixed(1)}Z`;
    let [grid, shade, frames, at] = ['', '', '', 0];
    tiles.forEach((widths, i) => {
      const end = at + sum(widths) * lanes;
      for (let x = at; x < end; x += lanes) grid += box(x, x + lanes, 0, rows, 0);
      for (let y = 1; y < rows; y += 1)
        grid += `M${X(at).toFixed(1)} ${Y(y).toFixed(1)}H${X(end).toFixed(1)}`;
      if (at + held[i] < end) shade += box(at + held[i], end, 0, rows, 0);
      for (const wide of widths) {
        for (let y = 0; y < rows; y += 4)
          frames += box(at, at + wide * lanes, y, y + 4, Math.min(1.5, X(lanes / 6) - X(0)));
        at += wide * lanes;
      }
      at = end + gap;
    });
    plot.draw(
      s('path', { d: shade, fill: 'var(--faint)', 'fill-opacity': 0.4 }),
      s('path', { d: grid, fill: 'none', stroke: 'var(--faint)', 'stroke-width': 0.6 }),
      s('path', { d: frames, fill: 'none', stroke: 'var(--data)', 'stroke-width': 1.5 }),
    );
    const widths = tiles.map(listed).join('; then ');
    plot.tell(
      `A layer of ${rows} neurons by ${many(samples, 'sample')}: rows of ${many(count, 'register')} with ${lanes} lanes each, in tiles that are so many registers wide: ${widths}. Empty lanes in each row: ${empty}.`,
    );
    say(
      h(
        'div',
        { class: 'now' },
        `${many(samples, 'sample')}: ${many(count, 'register')} a row, ${many((tiles.flat().length * rows) / 4, 'tile')}`,
      ),
      h(
        'div',
        {},
        held.length > 1 && `${held.length} blocks, of ${held.join(' and ')} samples. `,
        `Registers of the tiles, side by side: ${widths}.`,
      ),
      h(
        'div',
        {},
        empty
          ? `${empty} of the ${count * lanes} lanes of a row ${empty === 1 ? 'computes' : 'compute'} for nobody: ${said(Math.round((1000 * empty) / (count * lanes)) / 10)} % of the work.`
          : h('span', { class: 'right' }, 'No lane computes for nobody.'),
      ),
    );
  }

  show();
}
