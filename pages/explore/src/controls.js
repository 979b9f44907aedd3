// What a reader takes in hand: buttons, sliders, choices, steps.
import { h } from './dom.js';
import { said } from './numbers.js';

let names = 0;

/** The room under the picture, and what is said there. */
export function panel(figure) {
  // What the frame said was true of the picture as it was printed; the drawing tells what it is
  // now.
  figure.querySelector('.picture[aria-label]')?.setAttribute('aria-label', 'The picture');
  const controls = h('div', { class: 'explorable-controls' });
  const say = h('div', { class: 'explorable-say', role: 'status' });
  (figure.querySelector('.picture, table') ?? figure.querySelector('script')).after(controls, say);
  return {
    controls,
    say: (...parts) => say.replaceChildren(...parts.filter(Boolean)),
  };
}

export const button = (text, click, properties = {}) =>
  h('button', { type: 'button', class: 'explorable-button', click, ...properties }, text);

/** A slider with its name and number; `set(x)` moves it, without calling `on`. */
export function slider({
  name,
  label = name,
  min,
  max,
  step,
  value,
  kind = '',
  format = said,
  on,
}) {
  const output = h('output', { class: kind });
  const input = h('input', { type: 'range', min, max, step, 'aria-label': label });
  // The number may lie between two steps of the slider: what is shown is the number.
  const show = (x) => {
    output.textContent = format(x);
    input.setAttribute('aria-valuetext', output.textContent);
  };
  input.addEventListener('input', () => {
    show(Number(input.value));
    on(Number(input.value));
  });
  const set = (x) => {
    input.value = x;
    show(x);
  };
  set(value);
  return {
    element: h(
      'div',
      { class: 'explorable-slider' },
      h('label', {}, h('span', {}, name), input),
      output,
    ),
    input,
    set,
  };
}

/** A step of 1, 2 or 5 times a power of ten that makes about `count` of a range. */
export function evenly(range, count = 80) {
  const power = 10 ** Math.floor(Math.log10(range / count));
  return Number(
    (power * [1, 2, 5, 10].find((each) => each * power >= range / count - 1e-12)).toPrecision(3),
  );
}

/**
 * One of several: radio buttons. `options` are [value, text]; `set(value)` chooses without calling
 * `on`.
 */
export function choice({ label, options, value, on }) {
  const name = `explorable-choice-${++names}`;
  const inputs = options.map(([each]) =>
    h('input', { type: 'radio', name, value: each, change: () => on(each) }),
  );
  const set = (chosen) =>
    options.forEach(([each], i) => {
      inputs[i].checked = each === chosen;
    });
  set(value);
  const element = h(
    'div',
    { class: 'explorable-choice', role: 'radiogroup', 'aria-label': label },
    h('span', { class: 'explorable-name', 'aria-hidden': 'true' }, label),
    ...options.map(([, text], i) => h('label', {}, inputs[i], h('span', {}, text))),
  );
  return { element, inputs, set };
}

export const toggle = ({ label, value = false, on }) => {
  const input = h('input', { type: 'checkbox', change: () => on(input.checked) });
  input.checked = value;
  return {
    element: h('label', { class: 'explorable-toggle' }, input, h('span', {}, label)),
    input,
  };
};

/**
 * Back, next, play, and a slider over the steps 0 … last. `on(step)` draws one; `go(step)` goes to
 * it.
 */
export function steps({ last, at = last, pace = 1200, label = 'Step', on }) {
  let now = at,
    timer = 0;
  const scrub = h('input', {
    type: 'range',
    min: 0,
    max: last,
    step: 1,
    'aria-label': label,
    input: () => {
      stop();
      go(Number(scrub.value));
    },
  });
  const play = button('Play', () => (timer ? stop() : start()));
  const back = button('Back', () => {
    stop();
    go(now - 1);
  });
  const next = button('Next', () => {
    stop();
    go(now + 1);
  });

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
    element: h(
      'div',
      { class: 'explorable-steps' },
      h('div', { class: 'explorable-buttons' }, back, play, next),
      scrub,
    ),
    go,
    stop,
    scrub,
    get at() {
      return now;
    },
    set last(count) {
      last = count;
      scrub.max = count;
    },
  };
}

/**
 * Pull something sideways with a mouse or a finger: `move(dx, dy, event)` since the start, in CSS
 * pixels.
 */
export function drag(element, { start = (_event) => {}, move, end = (_event) => {} }) {
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
  element.addEventListener(
    'pointermove',
    (event) => from && move(event.clientX - from[0], event.clientY - from[1], event),
  );
  for (const kind of ['pointerup', 'pointercancel']) {
    element.addEventListener(kind, (event) => {
      if (from) end(event);
      from = null;
    });
  }
}

export const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
