// A net that learns while one looks on: Python, in the page, takes the steps; here its boundary is
// drawn.
import { button, panel, slider, still } from '../controls.js';
import { h } from '../dom.js';
import { said, verify } from '../numbers.js';
import { sheet } from '../sheet.js';

/**
 * The score of a net of ReLU layers, the last one straight; parameters neuron by neuron, the bias
 * last.
 */
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

const SLICE = 10; // steps that Python takes at a time; other cells run between two slices
const PROGRAM = (state) =>
  `__import__('figures.explorables.training').explorables.training.aloud(${JSON.stringify(JSON.stringify(state))}, ${SLICE})`;

export default function mount(
  figure,
  { frame, sizes, parameters: first, points, signs, rate, steps, end },
) {
  const scores = points.map(([x, y]) => score(sizes, end.parameters, x, y));
  verify(scores, end.scores, 'the scores');
  verify(
    scores.filter((found, i) => found > 0 === signs[i] > 0).length,
    end.right,
    'the number of dots that are right',
  );
  // Without Python there is nothing to press: the picture stays.
  if (window.live) enliven();
  else document.addEventListener('live:ready', enliven, { once: true });

  function enliven() {
    const plot = sheet(figure, frame);
    const { controls, say } = panel(figure);
    let [begun, now, step, loss, right, chosen, turn] = [
      first,
      end.parameters,
      steps,
      end.losses.at(-1),
      end.right,
      rate,
      0,
    ];
    let running = false,
      asBook = true,
      atFirst = end.losses[0];
    const go = button('Train', () => (running ? pause() : train()));
    controls.append(
      h(
        'div',
        { class: 'explorable-buttons' },
        go,
        button('From the start', () => again(first)),
        button('Other first weights', () => again(drawn())),
      ),
      slider({
        name: 'rate',
        label: 'The learning rate',
        min: 0.1,
        max: 10,
        step: 0.1,
        value: rate,
        on: (x) => {
          chosen = x;
          asBook = false;
        },
      }).element,
    );

    const drawn = () => {
      const count = [2, ...sizes].slice(0, -1);
      return sizes.flatMap((size, layer) =>
        Array.from({ length: size }, () => [
          ...Array.from({ length: count[layer] }, () => 2 * Math.random() - 1),
          0,
        ]).flat(),
      );
    };

    function again(weights) {
      [begun, now, step, loss, right, atFirst] = [weights, weights, 0, null, null, null];
      asBook = weights === first && chosen === rate;
      show();
      if (running) train();
    }

    function pause(...why) {
      running = false;
      turn += 1;
      go.textContent = 'Train';
      figure.removeAttribute('aria-busy');
      if (why.length) say(...why);
    }

    async function train() {
      if (step === steps && now === end.parameters) again(begun);
      const mine = ++turn;
      running = true;
      go.textContent = 'Pause';
      if (!step) say('Python is on its way. The first time that takes a while.');
      figure.setAttribute('aria-busy', 'true'); // not every step is to be read aloud
      try {
        const kernel = await window.live.kernel();
        while (mine === turn && figure.isConnected) await slice(kernel, mine);
      } catch (problem) {
        if (mine === turn) pause(`Python cannot run here: ${problem.message}`);
      }
    }

    /**
     * Let Python take some steps, and follow it; what comes after a pause, or for earlier weights,
     * is nobody's.
     */
    async function slice(kernel, mine) {
      let text = '';
      const { ok, stopped, error } = await kernel.run(
        PROGRAM({ sizes, parameters: now, points, signs, rate: chosen }),
        {
          name: '<training>',
          onOutput: (message) => {
            if (mine !== turn || message.type !== 'stream' || message.name !== 'stdout') return;
            text += message.text;
            const lines = text.split('\n');
            text = lines.pop();
            if (!still()) follow(lines);
            else held.push(...lines);
          },
        },
      );
      if (mine !== turn) return;
      follow(held.splice(0));
      if (mine !== turn) return;
      if (!ok)
        pause(
          stopped
            ? `Stopped after ${step} steps. Train goes on from here.`
            : `Python stopped: ${error.text.trim().split('\n').at(-1)}`,
        );
      else if (step >= 500) pause();
    }

    const held = []; // with little motion wanted, one picture for a slice

    function follow(lines) {
      for (const told of lines.map((line) => JSON.parse(line))) {
        if (!told) {
          pause(
            `After ${step} steps a number grew too large for a float. The rate is too large: take a smaller one, and begin from the start.`,
          );
          return;
        }
        [now, step, loss, right] = [told.parameters, step + 1, told.losses[0], told.right];
        atFirst ??= loss;
        if (!loss) break;
      }
      if (lines.length) show();
      if (loss === 0) pause();
    }

    function show() {
      plot.draw(
        plot.region((x, y) => score(sizes, now, x, y)),
        ...points.map(([x, y], i) =>
          plot.dot(x, y, signs[i] < 0 ? 'third' : 'accent', 3.5, signs[i] > 0),
        ),
      );
      if (!step) {
        plot.tell('The dots of the two moons, and where the net says yes with its first weights.');
        return say('Step 0: the first weights, as they were drawn. Nothing has been learned.');
      }
      plot.tell(
        `The dots of the two moons, and where the net says yes after ${step} steps: ${right} of ${points.length} dots are on their side.`,
      );
      const same = asBook && end.losses[step - 1] !== undefined;
      const says = points.map(([x, y]) => score(sizes, now, x, y));
      const mute = Math.max(...says) - Math.min(...says) < 1e-12;
      say(
        h(
          'div',
          { class: 'now' },
          `step ${step}: loss ${said(loss)}, right ${right} of ${points.length}`,
        ),
        same &&
          h(
            'div',
            {},
            end.losses[step - 1] === loss
              ? "To the last digit the loss of the book's own run."
              : `The book's own run had ${said(end.losses[step - 1])} here.`,
          ),
        loss === 0 &&
          h(
            'div',
            {},
            'Nothing is left to learn: each dot is right by the margin, the loss is 0, and so are all gradients.',
          ),
        mute
          ? h(
              'div',
              { class: 'wrong' },
              'The net says the same about every dot: a whole layer is silent, and no gradient gets past it. The rate was too large.',
            )
          : loss > atFirst &&
              h(
                'div',
                { class: 'wrong' },
                `Worse than the first weights, which had ${said(atFirst)}: such a step was too large.`,
              ),
      );
    }

    show();
  }
}
