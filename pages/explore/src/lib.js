// What all explorables share: controls, numbers as the book prints them, a scalar engine
// to check Python's record with, drawings of graphs, plots.

// ---- elements ----
/** An element; functions among its properties are listeners, the rest are attributes. */
export const h = (tag, properties = {}, ...children) => dress(document.createElement(tag), properties, children);
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

// ---- numbers ----
const trimmed = (text) => text.replace(/\.?0+$/, '');

/** As `short` in figures/explorable.py. */
export function short(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e5)) {
    const text = x.toFixed(4);
    const least = text.includes('.') ? trimmed(text) : text;
    return least === '-0' ? '0' : least;
  }
  if (size < 1e-3 && size >= 1e-4) return trimmed(x.toPrecision(4));
  const [digits, power] = x.toExponential(3).split('e');
  return `${digits.includes('.') ? trimmed(digits) : digits}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}

/** For sentences: with a minus sign, not a hyphen. */
export const said = (x) => short(x).replace('-', '−');
export const signed = (x) => (x < 0 ? said(x) : `+${said(x)}`);

/** Numbers, or whatever holds numbers, that agree to 1e-9. */
export function agree(one, other, tolerance = 1e-9) {
  if (typeof one === 'number' && typeof other === 'number') {
    return Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(one)) || (one !== one && other !== other);
  }
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => agree(one[name], other[name], tolerance));
}

/** The picture stays as it is unless what the script computes is what Python recorded. */
export function verify(mine, recorded, what) {
  if (!agree(mine, recorded)) throw new Error(`${what} came out otherwise than recorded`);
}

// ---- a scalar engine: nodes are {op, args, data}, operands before results ----
const OPERATIONS = {
  '+': [(a, b) => a + b, () => [1, 1]],
  '-': [(a, b) => a - b, () => [1, -1]],
  '*': [(a, b) => a * b, (y, a, b) => [b, a]],
  '/': [(a, b) => a / b, (y, a, b) => [1 / b, -y / b]],
  '**': [(a, b) => a ** b, (y, a, b) => [b ? b * a ** (b - 1) : 0, a === 0 && b >= 0 ? 0 : y * Math.log(a)]],
  '|-|': [(a, b) => Math.abs(a - b), (y, a, b) => (a > b ? [1, -1] : [-1, 1])],
  neg: [(a) => -a, () => [-1]],
  tanh: [Math.tanh, (y) => [1 - y * y]],
  exp: [Math.exp, (y) => [y]],
  log: [Math.log, (y, a) => [1 / a]],
  sigmoid: [(a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : 1 - 1 / (1 + Math.exp(a))), (y) => [y * (1 - y)]],
  ReLU: [(a) => Math.max(0, a), (y) => [y > 0 ? 1 : 0]],
  abs: [Math.abs, (y, a) => [Math.sign(a)]],
};

function operation(op) {
  if (OPERATIONS[op]) return OPERATIONS[op];
  const n = Number(op.slice(2));
  if (!op.startsWith('**') || Number.isNaN(n)) throw new Error(`no rule for ${op}`);
  return [(a) => a ** n, (y, a) => [n ? n * a ** (n - 1) : 0]];
}

/** All numbers; `given` overrules leaves, `pushed` is added to nodes once they are computed. */
export function forward(nodes, given = {}, pushed = {}) {
  const data = [];
  nodes.forEach(({ op, args, data: stored }, i) => {
    const number = args.length ? operation(op)[0](...args.map((a) => data[a])) : given[i] ?? stored;
    data.push(number + (pushed[i] ?? 0));
  });
  return data;
}

/** The number on each arrow into a node: its local derivatives. */
export const slopes = ({ op, args }, y, data) => (args.length ? operation(op)[1](y, ...args.map((a) => data[a])) : []);

/** Users first. Gives the gradients, and what was sent: [{node, arrived, parcels: [{to, slope, parcel}]}].
    With `keep` false a parcel overwrites what is there; `order` may be any list of nodes. */
export function backward(nodes, data, root, { keep = true, order } = {}) {
  const grads = nodes.map(() => 0);
  grads[root] = 1;
  const sent = [];
  for (const node of order ?? [...nodes.keys()].reverse()) {
    if (!nodes[node].args.length) continue;
    const arrived = grads[node];
    const local = slopes(nodes[node], data[node], data);
    const parcels = nodes[node].args.map((to, k) => ({ to, slope: local[k], parcel: arrived * local[k] }));
    for (const { to, parcel } of parcels) grads[to] = keep ? grads[to] + parcel : parcel;
    sent.push({ node, arrived, parcels });
  }
  return { grads, sent };
}

// ---- controls ----
let names = 0;

/** The room under the picture, and what is said there. */
export function panel(figure) {
  // What the frame said was true of the picture as it was printed; the drawing tells what it is now.
  figure.querySelector('.picture[aria-label]')?.setAttribute('aria-label', 'The picture');
  const controls = h('div', { class: 'explorable-controls' });
  const say = h('div', { class: 'explorable-say', role: 'status' });
  (figure.querySelector('.picture, table') ?? figure.querySelector('script')).after(controls, say);
  return {
    controls,
    say: (...parts) => say.replaceChildren(...parts.filter(Boolean)),
  };
}

export const button = (text, click, properties = {}) => h('button', { type: 'button', class: 'explorable-button', click, ...properties }, text);

/** A slider with its name and number; `set(x)` moves it, without calling `on`. */
export function slider({ name, label = name, min, max, step, value, kind = '', format = said, on }) {
  const output = h('output', { class: kind });
  const input = h('input', { type: 'range', min, max, step, 'aria-label': label });
  // The number may lie between two steps of the slider: what is shown is the number.
  const show = (x) => {
    output.textContent = format(x);
    input.setAttribute('aria-valuetext', output.textContent);
  };
  input.addEventListener('input', () => { show(Number(input.value)); on(Number(input.value)); });
  const set = (x) => { input.value = x; show(x); };
  set(value);
  return { element: h('div', { class: 'explorable-slider' }, h('label', {}, h('span', {}, name), input), output), input, set };
}

/** A step of 1, 2 or 5 times a power of ten that makes about `count` of a range. */
export function evenly(range, count = 80) {
  const power = 10 ** Math.floor(Math.log10(range / count));
  return Number((power * [1, 2, 5, 10].find((each) => each * power >= range / count - 1e-12)).toPrecision(3));
}

/** One of several: radio buttons. `options` are [value, text]; `set(value)` chooses without calling `on`. */
export function choice({ label, options, value, on }) {
  const name = `explorable-choice-${++names}`;
  const inputs = options.map(([each]) => h('input', { type: 'radio', name, value: each, change: () => on(each) }));
  const set = (chosen) => options.forEach(([each], i) => { inputs[i].checked = each === chosen; });
  set(value);
  const element = h('div', { class: 'explorable-choice', role: 'radiogroup', 'aria-label': label },
    h('span', { class: 'explorable-name', 'aria-hidden': 'true' }, label),
    ...options.map(([, text], i) => h('label', {}, inputs[i], h('span', {}, text))));
  return { element, inputs, set };
}

export const toggle = ({ label, value = false, on }) => {
  const input = h('input', { type: 'checkbox', change: () => on(input.checked) });
  input.checked = value;
  return { element: h('label', { class: 'explorable-toggle' }, input, h('span', {}, label)), input };
};

/** Back, next, play, and a slider over the steps 0 … last. `on(step)` draws one; `go(step)` goes to it. */
export function steps({ last, at = last, pace = 1200, label = 'Step', on }) {
  let now = at, timer = 0;
  const scrub = h('input', { type: 'range', min: 0, max: last, step: 1, 'aria-label': label, input: () => { stop(); go(Number(scrub.value)); } });
  const play = button('Play', () => (timer ? stop() : start()));
  const back = button('Back', () => { stop(); go(now - 1); });
  const next = button('Next', () => { stop(); go(now + 1); });

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = 'Play';
  }
  function start() {
    if (now === last) go(0);
    play.textContent = 'Pause';
    timer = setInterval(() => {
      if (!play.isConnected || now >= last) return stop();
      go(now + 1);
      if (now === last) stop();
    }, pace);
  }
  function go(step) {
    now = Math.max(0, Math.min(last, step));
    scrub.value = now;
    scrub.setAttribute('aria-valuetext', `${now} of ${last}`);
    // Not `disabled`, which would take the focus away from whoever steps by keyboard.
    back.setAttribute('aria-disabled', now === 0);
    next.setAttribute('aria-disabled', now === last);
    on(now);
  }
  return {
    element: h('div', { class: 'explorable-steps' }, h('div', { class: 'explorable-buttons' }, back, play, next), scrub),
    go, stop, scrub,
    get at() { return now; },
    set last(count) { last = count; scrub.max = count; },
  };
}

/** Pull something sideways with a mouse or a finger: `move(dx, dy, event)` since the start, in CSS pixels. */
export function drag(element, { start = () => {}, move, end = () => {} }) {
  let from = null;
  element.style.touchAction = 'pan-y';
  element.style.cursor = 'ew-resize';
  element.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    from = [event.clientX, event.clientY];
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
    start(event);
  });
  element.addEventListener('pointermove', (event) => from && move(event.clientX - from[0], event.clientY - from[1], event));
  for (const kind of ['pointerup', 'pointercancel']) {
    element.addEventListener(kind, (event) => { if (from) end(event); from = null; });
  }
}

export const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

// ---- drawings of graphs ----
/** A picture made by `drawn` in figures/explore.py, or by layout.js: node i has the class n-i,
    the arrow to its k-th operand e-i-k, the one from its operation to its box e-i. */
export class Drawing {
  constructor(svg) {
    this.svg = svg;
  }

  node(i) { return this.svg.querySelector(`.n-${i}`); }
  edge(i, k) { return this.svg.querySelector(k === undefined ? `.e-${i}` : `.e-${i}-${k}`); }

  /** Write a number into a box: row 0 is the first under its name. */
  write(i, row, text) {
    const texts = this.node(i).querySelectorAll('text');
    const cell = texts[texts.length % 2 + 2 * row + 1];
    if (cell.getAttribute('text-anchor') !== 'end') {  // from now on numbers grow to the left
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
      const texts = [...this.node(i).querySelectorAll('text')].map((each) => each.textContent.trim());
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

// ---- plots ----
/** An empty plot in the book's style; X and Y turn numbers into places. */
export function plot({ width = 480, height = 300, x, y, xlabel = '', ylabel = '', xticks = [], yticks = [], alt }) {
  const [left, right, top, bottom] = [46, 12, 12, 40];
  const X = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right);
  const Y = (value) => height - bottom - ((value - y[0]) / (y[1] - y[0])) * (height - top - bottom);
  const ink = s('g', { class: 'plot-axes' },
    s('path', { d: `M${left} ${top}V${height - bottom}H${width - right}` }),
    ...xticks.map((t) => s('text', { x: X(t), y: height - bottom + 17, 'text-anchor': 'middle' }, said(t))),
    ...yticks.map((t) => s('text', { x: left - 7, y: Y(t) + 4, 'text-anchor': 'end' }, said(t))),
    s('text', { x: (left + width - right) / 2, y: height - 5, 'text-anchor': 'middle' }, xlabel),
    s('text', { x: left + 4, y: top + 8 }, ylabel));
  const area = s('g');
  const svg = s('svg', { viewBox: `0 0 ${width} ${height}`, width, height, style: `--natural: ${width}px`, role: 'img', 'aria-label': alt }, ink, area);
  const line = (points) => `M${points.map(([a, b]) => `${X(a).toFixed(1)} ${Y(b).toFixed(1)}`).join('L')}`;
  return { svg, area, X, Y, line, back: ([px, py]) => [
    x[0] + ((px - left) / (width - left - right)) * (x[1] - x[0]),
    y[0] + ((height - bottom - py) / (height - top - bottom)) * (y[1] - y[0]),
  ] };
}
