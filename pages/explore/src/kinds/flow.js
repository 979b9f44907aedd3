// A deep net, run here forward and backward: how large the gradients are, layer by layer.
import { choice, panel, slider } from '../controls.js';
import { h } from '../dom.js';
import { said, short, verify } from '../numbers.js';
import { clamp, sheet } from '../sheet.js';

export const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : 1 - 1 / (1 + Math.exp(z)));
/** Each with its slope, told from what it says. */
export const BENDS = {
  tanh: [Math.tanh, (y) => 1 - y * y],
  sigmoid: [sigmoid, (y) => y * (1 - y)],
  relu: [(z) => Math.max(0, z), (y) => (y > 0 ? 1 : 0)],
};
export const rms = (numbers) =>
  Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);

/**
 * The gradients of the score in every hidden layer, for all inputs. `layers`: rows of weights, the
 * bias last.
 */
function gradients(layers, inputs, [bend, slope], reach) {
  const found = layers.slice(1).map(() => []);
  for (const input of inputs) {
    const said = [input];
    layers.forEach((rows, k) =>
      said.push(
        rows.map((row) => {
          const z = said[k].reduce((sum, x, i) => sum + reach * row[i] * x, reach * row.at(-1));
          return k < layers.length - 1 ? bend(z) : z;
        }),
      ),
    );
    let arrived = [1];
    for (let k = layers.length - 1; k > 0; k--) {
      const sent =
        k < layers.length - 1 ? arrived.map((g, j) => g * slope(said[k + 1][j])) : arrived;
      arrived = said[k].map((_, i) =>
        layers[k].reduce((sum, row, j) => sum + sent[j] * reach * row[i], 0),
      );
      found[k - 1].push(...arrived);
    }
  }
  return found;
}

/**
 * For each layer how many of its gradients have which power of ten, as bars that lie on their side;
 * and a line through `sizes`.
 */
export function histograms(plot, { y: [low, high] }, found, sizes) {
  const bars = found.flatMap((all, k) => {
    const counts = new Map();
    for (const g of all) {
      const power = g ? clamp(Math.floor(2 * Math.log10(Math.abs(g))) / 2, [low, high - 0.5]) : low;
      counts.set(power, (counts.get(power) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    return [...counts].map(([power, count]) =>
      plot.lying(k + 1 - 0.4, k + 1 - 0.4 + (0.75 * count) / most, power + 0.25, 'grad', 0.46),
    );
  });
  return [
    ...bars,
    plot.line(
      sizes.map((size, k) => [k + 1, clamp(size ? Math.log10(size) : -Infinity, [low, high])]),
      'ink',
      1.6,
    ),
  ];
}

export default function mount(figure, { frame, layers, inputs, cases }) {
  for (const { bend, reach, sizes } of cases) {
    verify(
      gradients(layers, inputs, BENDS[bend], reach).map((all) => Math.log10(rms(all))),
      sizes,
      `the gradients with ${bend}`,
    );
  }

  let { bend, reach } = cases[0];
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  controls.append(
    choice({
      label: 'Bend',
      options: Object.keys(BENDS).map((name) => [name, name]),
      value: bend,
      on: (name) => {
        bend = name;
        show();
      },
    }).element,
    slider({
      name: 'weights up to',
      label: 'The largest weight',
      min: 0.1,
      max: 4,
      step: 0.05,
      value: reach,
      kind: 'data',
      format: (x) => `±${short(x)}`,
      on: (x) => {
        reach = x;
        show();
      },
    }).element,
  );

  function show() {
    const found = gradients(layers, inputs, BENDS[bend], reach);
    const sizes = found.map(rms);
    plot.draw(histograms(plot, frame, found, sizes));
    plot.tell(
      `For each of ${sizes.length} hidden layers a histogram of its gradients, and a line through their typical sizes, from ${said(sizes[0])} at layer 1 to ${said(sizes.at(-1))} at layer ${sizes.length}.`,
    );
    const silent = found.map((all) => all.filter((g) => g === 0).length / all.length);
    const ratio = sizes[0] / sizes.at(-1);
    say(
      h(
        'div',
        {},
        `Typical gradient at layer 1: `,
        h('span', { class: 'grad' }, said(sizes[0])),
        `, at layer ${sizes.length}: `,
        h('span', { class: 'grad' }, said(sizes.at(-1))),
        '.',
      ),
      h(
        'div',
        {},
        !sizes[0]
          ? 'Nothing at all arrives at the first layer.'
          : ratio > 3
            ? `On its way back it grows ${said(Number(ratio.toPrecision(2)))} times: it explodes.`
            : ratio < 1 / 3
              ? `Of what leaves the last layer, one part in ${said(Number((1 / ratio).toPrecision(2)))} arrives: it vanishes.`
              : `About as much arrives as leaves: ${said(Number(ratio.toPrecision(2)))} times.`,
        silent[0] > 0 && ` Of layer 1's gradients ${(100 * silent[0]).toFixed(0)} % are exactly 0.`,
      ),
    );
  }

  show();
}
