// A net that learns while one looks on: Python, in the page, takes the steps; here its boundary is drawn.
import { button, h, panel, said, slider, still, verify } from './lib.js';
import { sheet } from './sheet.js';

/** The score of a net of ReLU layers, the last one straight; parameters neuron by neuron, the bias last. */
function score(sizes, parameters, x, y) {
  let [says, at] = [[x, y], 0];
  sizes.forEach((size, layer) => {
    const next = [];
    for (let j = 0; j < size; j++) {
      let z = 0;
      for (const input of says) z += parameters[at++] * input;
      z += parameters[at++];
      next.push(layer < sizes.length - 1 ? Math.max(0, z) : z);
    }
    says = next;
  });
  return says[0];
}

const PROGRAM = `import json
from figures.explore_numbers import trained
print(json.dumps(trained(json.loads(STATE))))`;

export default function mount(figure, { frame, sizes, parameters: first, points, signs, rate, steps, end }) {
  const scores = points.map(([x, y]) => score(sizes, end.parameters, x, y));
  verify(scores, end.scores, 'the scores');
  verify(scores.filter((found, i) => found > 0 === signs[i] > 0).length, end.right, 'the number of dots that are right');
  // Without Python there is nothing to press: the picture stays.
  if (window.live) enliven();
  else document.addEventListener('live:ready', enliven, { once: true });

  function enliven() {
    const plot = sheet(figure, frame);
    const { controls, say } = panel(figure);
    let [begun, now, step, loss, right, chosen, running] = [first, end.parameters, steps, end.losses.at(-1), end.right, rate, false];
    let asBook = true;
    const go = button('Train', () => (running ? pause() : train()));
    controls.append(h('div', { class: 'explorable-buttons' }, go,
      button('From the start', () => again(first)), button('Other first weights', () => again(drawn()))),
    slider({ name: 'rate', label: 'The learning rate', min: 0.1, max: 5, step: 0.1, value: rate, on: (x) => { chosen = x; asBook = false; } }).element);

    const drawn = () => {
      const count = [2, ...sizes].slice(0, -1);
      return sizes.flatMap((size, layer) => Array.from({ length: size }, () => [...Array.from({ length: count[layer] }, () => 2 * Math.random() - 1), 0]).flat());
    };

    function again(weights) {
      [begun, now, step, loss, right] = [weights, weights, 0, null, null];
      asBook = weights === first && chosen === rate;
      show();
    }

    function pause(...why) {
      running = false;
      go.textContent = 'Train';
      if (why.length) say(...why);
    }

    async function train() {
      if (step === steps && now === end.parameters) again(begun);
      running = true;
      go.textContent = 'Pause';
      say('Python is on its way. The first time that takes a while.');
      try {
        const kernel = await window.live.kernel();
        // With little motion wanted, one picture for every ten steps.
        while (running && figure.isConnected) {
          const told = await ask(kernel, still() ? 10 : 1);
          if (!told) return;
          await new Promise((resolve) => { setTimeout(resolve, 20); });
        }
      } catch (problem) {
        pause(`Python cannot run here: ${problem.message}`);
      }
    }

    async function ask(kernel, count) {
      const before = now;
      const state = JSON.stringify({ sizes, parameters: now, points, signs, rate: chosen, steps: count });
      let text = '';
      const { ok, stopped, error } = await kernel.run(PROGRAM.replace('STATE', () => JSON.stringify(state)), {
        name: '<training>', onOutput: (message) => { if (message.type === 'stream') text += message.text; },
      });
      if (!ok) {
        pause(stopped ? `Stopped after ${step} steps. Train goes on from here.` : `Python stopped: ${error.text.trim().split('\n').at(-1)}`);
        return false;
      }
      if (now !== before) return true;   // meanwhile somebody began anew
      const told = JSON.parse(text);
      [now, step, loss, right] = [told.parameters, step + count, told.losses.at(-1), told.right];
      show();
      if (loss === null || !Number.isFinite(loss) || step >= 500) pause();
      return running;
    }

    function show() {
      plot.draw(plot.region((x, y) => score(sizes, now, x, y)), ...points.map(([x, y], i) => plot.dot(x, y, signs[i] < 0 ? 'third' : 'accent', 3.5, signs[i] > 0)));
      if (!step) return say('Step 0: the first weights, as they were drawn. Nothing has been learned.');
      const same = asBook && step <= steps && end.losses[step - 1] !== undefined;
      say(h('div', { class: 'now' }, `step ${step}: loss ${said(loss)}, right ${right} of ${points.length}`),
        same && h('div', {}, end.losses[step - 1] === loss ? "To the last digit the loss of the book's own run." : `The book's own run had ${said(end.losses[step - 1])} here.`));
    }

    show();
  }
}
