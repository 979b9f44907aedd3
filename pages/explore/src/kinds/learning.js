// Deep nets that learn the moons, here: how large the gradients of each layer are while they do.
import { choice, panel, slider, steps } from '../controls.js';
import { h } from '../dom.js';
import { said, verify } from '../numbers.js';
import { sheet } from '../sheet.js';
import { BENDS, histograms, rms } from './flow.js';

/**
 * The mean hinge of some dots, and its gradient for each weight. `layers`: rows of weights, the
 * bias last.
 */
function measured(layers, points, signs, [bend, slope]) {
  const grads = layers.map((rows) => rows.map((row) => row.map(() => 0)));
  const last = layers.length - 1;
  let loss = 0;
  points.forEach((point, n) => {
    const seen = [point];
    layers.forEach((rows, k) =>
      seen.push(
        rows.map((row) => {
          const z = row.reduce((sum, w, i) => sum + w * (i < seen[k].length ? seen[k][i] : 1), 0);
          return k < last ? bend(z) : z;
        }),
      ),
    );
    const short = 1 - signs[n] * seen.at(-1)[0];
    if (short <= 0) return;
    loss += short;
    let arrived = [-signs[n] / points.length];
    for (let k = last; k >= 0; k--) {
      const sent = k < last ? arrived.map((g, j) => g * slope(seen[k + 1][j])) : arrived;
      sent.forEach((g, j) =>
        layers[k][j].forEach((_, i) => {
          grads[k][j][i] += g * (i < seen[k].length ? seen[k][i] : 1);
        }),
      );
      arrived = seen[k].map((_, i) => sent.reduce((sum, g, j) => sum + g * layers[k][j][i], 0));
    }
  });
  return { loss: loss / points.length, grads };
}

/** What each step found, and the weights at last. */
function learn(layers, points, signs, bend, rate, count) {
  const told = [];
  for (let step = 0; step <= count; step++) {
    const { loss, grads } = measured(layers, points, signs, BENDS[bend]);
    told.push({ loss, layers, grads: grads.map((rows) => rows.flat()) });
    layers = layers.map((rows, k) =>
      rows.map((row, j) => row.map((w, i) => w - rate * grads[k][j][i])),
    );
  }
  return told;
}

export default function mount(figure, { frame, points, signs, rate, nets }) {
  for (const [bend, { layers, losses, sizes }] of Object.entries(nets)) {
    const told = learn(layers, points, signs, bend, rate, losses.length - 1);
    verify(
      told.map(({ loss }) => loss),
      losses,
      `the losses with ${bend}`,
    );
    verify(
      told.at(-1).grads.map((all) => Math.log10(rms(all))),
      sizes,
      `the gradients with ${bend}`,
    );
  }

  let [bend] = Object.keys(nets),
    power = Math.log10(rate),
    told;
  const at = nets[bend].losses.length - 1,
    count = 100;
  const plot = sheet(figure, frame);
  const { controls, say } = panel(figure);
  const timeline = steps({ last: count, at, pace: 150, label: 'Step of the training', on: show });
  controls.append(
    timeline.element,
    choice({
      label: 'Bend',
      options: Object.keys(nets).map((name) => [name, name]),
      value: bend,
      on: (name) => {
        bend = name;
        again();
      },
    }).element,
    slider({
      name: 'rate',
      label: 'The learning rate',
      min: -2,
      max: 2,
      step: 0.25,
      value: power,
      format: (x) => said(Number((10 ** x).toPrecision(2))),
      on: (x) => {
        power = x;
        again();
      },
    }).element,
  );

  function again() {
    told = learn(
      nets[bend].layers,
      points,
      signs,
      bend,
      Math.abs(power - Math.log10(rate)) < 1e-9 ? rate : 10 ** power,
      count,
    );
    timeline.go(timeline.at);
  }

  function show(step) {
    if (!told) return;
    const { loss, layers, grads } = told[step],
      sizes = grads.map(rms),
      depth = sizes.length;
    plot.draw(histograms(plot, frame, grads, sizes));
    plot.tell(
      `For each of ${depth} layers a histogram of its gradients at step ${step}, and a line through their typical sizes, from ${said(sizes[0])} at layer 1 to ${said(sizes.at(-1))} at layer ${depth}.`,
    );
    const moved = (k) =>
      said(
        Number(
          rms(
            layers[k].flatMap((row, j) => row.map((w, i) => w - nets[bend].layers[k][j][i])),
          ).toPrecision(2),
        ),
      );
    say(
      h('div', { class: 'now' }, `step ${step}: loss ${said(loss)}`),
      h(
        'div',
        {},
        'Typical gradient at layer 1: ',
        h('span', { class: 'grad' }, said(sizes[0])),
        `, at layer ${depth}: `,
        h('span', { class: 'grad' }, said(sizes.at(-1))),
        '.',
      ),
      h(
        'div',
        {},
        step
          ? `So far a weight of layer 1 has moved by ${moved(0)}, one of layer ${depth} by ${moved(depth - 1)}.`
          : 'Nothing has moved yet.',
      ),
    );
  }

  again();
}
