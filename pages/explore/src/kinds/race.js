// Six drivers of one walk back, delivery by delivery: who is right, and after how many?
import { panel, steps } from '../controls.js';
import { h } from '../dom.js';
import { Drawing } from '../drawing.js';
import { backward, forward, slopes } from '../engine.js';
import { said, short, verify } from '../numbers.js';

let races = 0;

/**
 * For each driver a function that notes every gradient as it is written: [node, gradient, sender].
 */
function drivers(nodes, data) {
  const root = nodes.length - 1;
  const local = nodes.map((node, i) => slopes(node, data[i], data));

  const run = (walk) => {
    const grads = nodes.map(() => 0),
      writes = [];
    const write = (to, grad, sender = -1) => {
      grads[to] = grad;
      writes.push([to, grad, sender]);
    };
    const send = (i, keep = true) => {
      const arrived = grads[i];
      nodes[i].args.forEach((to, k) =>
        write(to, (keep ? grads[to] : 0) + arrived * local[i][k], i),
      );
    };
    walk({ grads, write, send });
    return writes;
  };
  const each = (visit) =>
    run(({ write, send }) => {
      write(root, 1);
      visit(root, send);
    });
  const usersFirst = (keep) =>
    run(({ write, send }) => {
      write(root, 1);
      for (let i = root; i >= 0; i--) send(i, keep);
    });

  return {
    depth: () => {
      const seen = new Set();
      const visit = (i, send) => {
        if (!seen.has(i)) {
          seen.add(i);
          send(i);
          nodes[i].args.forEach((a) => visit(a, send));
        }
      };
      return each(visit);
    },
    breadth: () =>
      each((start, send) => {
        const queue = [start];
        for (const i of queue) {
          send(i);
          for (const a of nodes[i].args) if (!queue.includes(a)) queue.push(a);
        }
      }),
    again: () => {
      const visit = (i, send) => {
        send(i);
        nodes[i].args.forEach((a) => visit(a, send));
      };
      return each(visit);
    },
    overwrite: () => usersFirst(false),
    users: () => usersFirst(true),
    paths: () =>
      run(({ grads, write }) => {
        const visit = (i, parcel, sender) => {
          write(i, grads[i] + parcel, sender);
          nodes[i].args.forEach((a, k) => visit(a, parcel * local[i][k], i));
        };
        visit(root, 1, -1);
      }),
  };
}

export default function mount(figure, { nodes, runs, watch }) {
  const data = forward(nodes);
  verify(
    data,
    nodes.map((node) => node.data),
    'the numbers',
  );
  verify(
    backward(nodes, data, nodes.length - 1).grads,
    nodes.map((node) => node.grad),
    'the gradients',
  );
  const walks = drivers(nodes, data);
  const made = runs.map(({ key }) => walks[key]());
  runs.forEach(({ name, writes }, r) =>
    verify(
      made[r].map(([to, grad]) => [to, grad]),
      writes,
      name,
    ),
  );

  const right = nodes[watch].grad;
  const drawing = new Drawing(figure.querySelector('svg'));
  const { controls, say } = panel(figure);
  const group = `explorable-race-${++races}`;
  let chosen = 0;
  const cells = runs.map(() => [
    h('td', { class: 'number' }),
    h('td', { class: 'number' }),
    h('td', { class: 'verdict' }),
  ]);
  const rows = runs.map(({ name }, r) => {
    const input = h('input', {
      type: 'radio',
      name: group,
      change: () => {
        chosen = r;
        show(timeline.at);
      },
    });
    input.checked = r === chosen;
    return h(
      'tr',
      {},
      h(
        'th',
        { scope: 'row' },
        h('label', { class: 'explorable-toggle' }, input, h('span', {}, name)),
      ),
      ...cells[r],
    );
  });
  const watched = nodes[watch].name;
  const head = (text, kind = '') => h('th', { scope: 'col', class: kind }, text);
  const table = h(
    'table',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        head('driver'),
        head('writes', 'number'),
        head(`${watched}.grad`, 'number'),
        head('verdict'),
      ),
    ),
    h('tbody', {}, ...rows),
  );
  const timeline = steps({
    last: Math.max(...made.map((writes) => writes.length)),
    at: 0,
    pace: 900,
    label: 'Gradients written so far',
    on: show,
  });
  controls.append(timeline.element, h('div', { class: 'explorable-table' }, table));

  const after = (writes, count) => {
    const grads = nodes.map(() => 0);
    for (const [to, grad] of writes.slice(0, count)) grads[to] = grad;
    return grads;
  };

  function show(time) {
    made.forEach((writes, r) => {
      const grad = after(writes, time)[watch],
        done = time >= writes.length;
      cells[r][0].textContent = `${Math.min(time, writes.length)}/${writes.length}`;
      cells[r][1].textContent = said(grad);
      cells[r][2].replaceChildren(
        !done
          ? 'on its way'
          : h(
              'span',
              { class: grad === right ? 'right' : 'wrong' },
              grad === right ? 'right' : 'wrong',
            ),
      );
      rows[r].classList.toggle('chosen', r === chosen);
    });
    const writes = made[chosen],
      grads = after(writes, time),
      [to, grad, sender] = writes[Math.min(time, writes.length) - 1] ?? [];
    nodes.forEach(({ args }, i) => {
      drawing.write(i, 0, short(data[i]));
      drawing.write(i, 1, short(grads[i]));
      args.forEach((_, k) => drawing.label(i, k, ''));
    });
    drawing.tell(nodes);
    const finished = time >= writes.length;
    drawing.mark(
      'flow',
      time && !finished
        ? [
            drawing.node(to),
            ...(sender < 0
              ? []
              : [
                  drawing.edge(sender),
                  drawing.svg.querySelector(`.o-${sender}`),
                  drawing.edge(sender, nodes[sender].args.indexOf(to)),
                ]),
          ]
        : [],
    );
    drawing.mark('on', time && !finished && sender >= 0 ? [drawing.node(sender)] : []);
    if (!time)
      return say(`Nothing is written yet. Which of the six will arrive at ${said(right)}?`);
    const old = after(writes, Math.min(time, writes.length) - 1)[to];
    say(
      h(
        'div',
        {},
        `${runs[chosen].name}: `,
        finished
          ? `done after ${writes.length} writes; ${watched} holds ${said(grads[watch])}${grads[watch] === right ? ', as nudging says.' : `, and ${said(right)} is right.`}`
          : sender < 0
            ? `${nodes[to].name} starts with 1.`
            : `${nodes[sender].name} writes to ${nodes[to].name}, which held ${said(old)} and now holds ${said(grad)}.`,
      ),
    );
  }

  timeline.go(0);
}
