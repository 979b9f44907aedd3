// Makes the cells of a page live. This much every page loads; what it takes to run or to edit is
// fetched when a reader does either: kernel.js and Python, editor.js, show.js.

/* global __VERSION__ */
const here = new URL('.', document.currentScript.src);
const load = (name) => import(new URL(`${name}.js?v=${__VERSION__}`, here).href);

const element = (tag, options = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), options);
  made.append(...children);
  return made;
};
const button = (text, onclick, options = {}) =>
  element('button', {
    type: 'button',
    className: 'live-button',
    textContent: text,
    onclick,
    ...options,
  });

// ---- what a reader has edited stays on the reader's device ----
const shelf = {
  key: '',
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      return {};
    }
  },
  /** True if it could be kept. */
  write(name, text) {
    const all = this.read();
    if (text === null) delete all[name];
    else all[name] = text;
    try {
      if (Object.keys(all).length) localStorage.setItem(this.key, JSON.stringify(all));
      else localStorage.removeItem(this.key);
      return true;
    } catch {
      return false;
    }
  },
};

// ---- Python ----
let kernel, making;
const cells = [];

function getKernel(chapter) {
  making ??= load('kernel').then(
    ({ Kernel }) => {
      kernel = new Kernel(new URL(chapter, document.baseURI).href);
      kernel.addEventListener('status', ({ detail }) => bar.say(detail));
      return kernel;
    },
    (error) => {
      making = undefined; // another click tries again
      throw new Error(`Python could not be loaded (${error.message}). Is there a connection?`);
    },
  );
  return making;
}

// ---- what came of it ----
const isPicture = ({ type, kind }) =>
  type === 'display' && ['image/svg+xml', 'image/png'].includes(kind);
const tellOf = (box) =>
  box.dispatchEvent(new CustomEvent('live:output', { bubbles: true, detail: { element: box } }));

/** Append a message of the kernel to an element; `alt` is what the book says of a picture. */
async function show(message, area, alt) {
  if (message.type === 'clear') return;
  if (message.type === 'stream') {
    let last = area.lastElementChild;
    if (last?.dataset.stream !== message.name) {
      last = element(
        'div',
        { className: `output stream ${message.name === 'stderr' ? 'stderr' : ''}` },
        element('div', { className: 'highlight' }, element('pre')),
      );
      last.dataset.stream = message.name;
      area.append(last);
      tellOf(last);
    }
    last.querySelector('pre').append(message.text);
    return;
  }
  const box = element('div', { className: 'output' });
  area.append(box);
  if (['text/html', 'image/svg+xml', 'image/png'].includes(message.kind)) {
    const { rich } = await load('show');
    rich(message, box, alt);
  } else
    box.append(
      element('div', { className: 'highlight' }, element('pre', { textContent: message.text })),
    );
  tellOf(box);
}

const complaint = (text) =>
  element(
    'div',
    { className: 'output traceback' },
    element(
      'div',
      { className: 'highlight' },
      element('pre', { textContent: text, role: 'alert' }),
    ),
  );

/** What Python itself writes where it breaks down tells a reader nothing. */
const DUMP =
  /object address|lost sys\.stderr|Internal error occurred|Stack \(most recent call first\)/;
const dropDumps = (area) => {
  for (const printed of area.querySelectorAll('.stream'))
    if (DUMP.test(printed.textContent)) printed.remove();
};
const GONE = 'What the cells had made is gone; Run starts again with those above.';

// ---- a cell's figures ----
const remark = (caption, text) => {
  const last = [...caption.querySelectorAll('p')].at(-1) ?? caption;
  last.insertBefore(text, last.querySelector(':scope > .headerlink'));
};
/**
 * The figures of the book's output. A new drawing takes the place of the old one: its number, its caption
 * and its anchor, which is at the top of the output until then.
 */
class Figures {
  constructor(root) {
    this.all = [...root.querySelectorAll('.cell_output figure')].map((old) => ({
      old,
      id: old.id,
      caption: old.querySelector('figcaption'),
    }));
    this.alts = [...root.querySelectorAll('.cell_output :is(svg, img)')]
      .filter((picture) => !picture.closest('.text_html'))
      .map((picture) => picture.getAttribute('aria-label') || picture.getAttribute('alt'));
  }

  begin(area) {
    this.drawn = 0;
    for (const { old, id } of this.all) {
      if (!id) continue;
      old.removeAttribute('id');
      area.append(element('span', { id }));
    }
  }

  /** Where the next picture goes, and what the book says of it. */
  next(area, changed) {
    const { old, id, caption } = this.all[this.drawn] ?? {};
    const alt = this.alts[this.drawn++];
    if (!old) return [area, alt];
    if (id) area.querySelector(`#${CSS.escape(id)}`)?.remove();
    const figure = element('figure', { className: old.className, id });
    area.append(figure);
    if (caption) {
      caption.querySelector('.live-changed')?.remove();
      if (changed)
        remark(
          caption,
          element('span', {
            className: 'live-changed',
            textContent: ' (Drawn by the code as you have changed it.)',
          }),
        );
      figure.append(caption);
    }
    return [{ append: (box) => figure.prepend(box) }, alt];
  }

  giveBack() {
    for (const { old, id, caption } of this.all) {
      caption?.querySelector('.live-changed')?.remove();
      if (caption) old.append(caption);
      if (id) old.id = id;
    }
  }
}

// ---- one cell ----
const READY = 0,
  RUNNING = 1;

class Cell {
  constructor(told, root) {
    Object.assign(this, {
      n: told.n,
      raises: told.raises,
      defines: told.defines,
      root,
      state: READY,
      ran: -1,
    });
    if (!root) return;
    this.input = root.querySelector('.cell_input');
    this.block = this.input.querySelector('div[class*="highlight-"]');
    this.pre = this.block.querySelector('pre');
    this.name = `<cell ${told.n + 1}>`;
    this.highlighted = [...this.pre.childNodes];
    this.source = this.text = this.pre.textContent.replace(/\n+$/, '');
    this.printed = [...root.querySelectorAll('.cell_output')];
    this.figures = new Figures(root);
    this.area = element('div', { className: 'cell_output live-output', hidden: true });
    this.slot = told.slot;
    this.furnish(told.n + 1);
    const saved = shelf.read()[this.slot];
    if (saved !== undefined && saved !== this.source) this.change(saved, true);
  }

  /** The button says what it would do now. */
  offer(text) {
    this.runner.textContent = text;
    this.runner.ariaLabel = `${text}: cell ${this.n + 1}`;
  }

  furnish(number) {
    const labelled = (text, action, title) =>
      button(text, action, { title, ariaLabel: `${text}: cell ${number}` });
    this.runner = labelled(
      'Run',
      () => (this.state === RUNNING ? kernel.stop() : this.go()),
      'Run this cell, and those above that have not run',
    );
    this.runner.addEventListener(
      'pointerenter',
      () =>
        getKernel(page.zip)
          .then((k) => k.start())
          .catch(() => {}),
      { once: true },
    );
    this.runner.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.shiftKey) {
        event.preventDefault();
        this.goOn();
      }
    });
    this.editing = labelled('Edit', () => this.edit(), 'Edit this cell');
    this.resetter = labelled('Reset', () => this.reset(), 'Back to what the book says');
    this.resetter.hidden = true;
    this.note = element('span', { className: 'live-note', role: 'status' });
    const copy = this.block.querySelector(':scope > .copy');
    this.tools = element(
      'div',
      { className: 'live-tools' },
      this.note,
      this.resetter,
      ...(copy ? [copy] : []),
      this.editing,
      this.runner,
    );
    this.block.after(this.tools);
    this.input.classList.add('live');
    (this.printed.at(-1) ?? this.input.closest('details') ?? this.input).after(this.area);
    this.pre.addEventListener('dblclick', () => this.edit());
  }

  // What it says.

  async edit() {
    if (!this.editor) {
      let editor;
      try {
        ({ editor } = await load('editor'));
      } catch {
        this.note.textContent = 'The editor could not be loaded.';
        return;
      }
      if (this.editor) return;
      this.editor = editor(this.block, {
        doc: this.text,
        label: `Code of cell ${this.n + 1}. Escape leaves the editor.`,
        onChange: (text) => this.change(text),
        onRun: () => this.go(),
        onRunNext: () => this.goOn(),
        onLeave: () => this.runner.focus(),
      });
      this.pre.closest('.highlight').hidden = true;
      this.editing.hidden = true;
    }
    this.editor.focus();
  }

  change(text, fromShelf) {
    this.text = text;
    const own = text !== this.source;
    this.resetter.hidden = !own;
    this.pre.replaceChildren(...(own ? [text] : this.highlighted));
    if (!fromShelf && !shelf.write(this.slot, own ? text : null))
      this.note.textContent = 'Your edit cannot be kept: the storage is full or closed.';
    else this.note.textContent = own ? 'edited' : '';
    if (own) this.stale();
  }

  reset() {
    if (this.editor) this.editor.set(this.source);
    this.change(this.source);
    this.area.hidden = true;
    this.area.replaceChildren();
    this.figures.giveBack();
    for (const old of this.printed) old.hidden = false;
    this.ran = -1;
    this.root.classList.remove('live-stale');
    (this.editor ?? this.runner).focus();
  }

  stale() {
    this.ran = -1;
    this.root?.classList.add('live-stale');
  }

  // Running.

  get done() {
    return kernel && this.ran === kernel.generation;
  }

  /** Has nothing been changed that this cell can see? */
  get asInBook() {
    return (
      this.text === this.source &&
      cells.every((cell) => !cell.root || !cell.done || cell.saw === cell.source)
    );
  }

  /** The cell itself, or for one that the page does not show the last above it that it does. */
  get place() {
    return this.root
      ? this
      : (cells.slice(0, cells.indexOf(this)).findLast((cell) => cell.root) ??
          cells.find((cell) => cell.root));
  }

  /** Run this cell, after those above that have not run. */
  async go() {
    if (this.queued) return;
    try {
      await getKernel(page.zip);
    } catch (error) {
      this.note.textContent = error.message;
      return;
    }
    const { generation } = kernel;
    this.queued = true;
    await inTurn(async () => {
      this.queued = false;
      if (kernel.generation !== generation) return; // stopped meanwhile, and so is all that waited
      if (
        await runAll(
          cells.slice(0, cells.indexOf(this)).filter((cell) => !cell.done),
          this,
        )
      )
        await this.run();
    });
  }

  /** Run, and move to the next cell that can be reached: not one that the page hides or has folded. */
  goOn() {
    this.go();
    const next = cells
      .slice(cells.indexOf(this) + 1)
      .find((cell) => cell.root && !cell.input.closest('details:not([open])'));
    if (!next) return;
    (next.editor ?? next.runner).focus();
    next.root.scrollIntoView({ block: 'nearest' });
  }

  /** True if what is below may run. */
  async run() {
    const { generation } = kernel;
    if (!this.root) return this.runUnseen(generation);
    if (this.state === RUNNING) return false;
    const { text } = this;
    this.begin();
    let fresh = true;
    const shown = [];
    const changed = !this.asInBook;
    const clear = () => {
      if (!fresh) return;
      fresh = false;
      this.area.replaceChildren();
      this.figures.begin(this.area);
      this.area.hidden = false;
      for (const old of this.printed) old.hidden = true;
    };
    const take = (message) => {
      if (message.type === 'clear') fresh = true;
      if (message.type === 'clear' && message.wait) return;
      clear();
      const [area, alt] = isPicture(message) ? this.figures.next(this.area, changed) : [this.area];
      shown.push(show(message, area, changed ? undefined : alt));
    };
    const outcome = await kernel.run(text === this.source ? null : text, {
      cell: this.n,
      name: this.name,
      onOutput: take,
    });
    clear();
    await Promise.all(shown).catch((error) =>
      this.area.append(complaint(`This cannot be shown: ${error.message}`)),
    );
    if (outcome.broken) dropDumps(this.area);
    if (outcome.stopped) this.area.append(complaint(`Stopped. ${GONE}`));
    else if (outcome.broken) this.area.append(complaint(`${outcome.error.text} ${GONE}`));
    else if (outcome.error) this.area.append(complaint(outcome.error.text));
    this.end(outcome, text, generation);
    this.outcome = outcome;
    return outcome.ok || (Boolean(this.raises) && !outcome.stopped && !outcome.broken);
  }

  /** Run a cell that the page does not show. What goes wrong there is said at its place; no error stops what is below. */
  async runUnseen(generation) {
    const outcome = await kernel.run(null, { cell: this.n });
    this.outcome = outcome;
    if (outcome.stopped) return false;
    const { area } = this.place;
    const say = (text) => {
      area.hidden = false;
      area.append(complaint(text));
    };
    if (outcome.broken)
      say(`Here, in a step that the page does not show: ${outcome.error.text} ${GONE}`);
    else if (!outcome.ok && !this.raises)
      say(
        `A step that the page does not show, here, did not work: ${outcome.error.text.split('\n').at(-1)}`,
      );
    if (!outcome.broken) this.ran = generation;
    return !outcome.broken;
  }

  /** Bring it before the reader, out of its fold if it is in one. */
  reveal() {
    for (
      let fold = this.input.closest('details');
      fold;
      fold = fold.parentElement.closest('details')
    )
      fold.open = true;
    this.root.scrollIntoView({ block: 'center' });
    this.runner.focus({ preventScroll: true });
  }

  begin() {
    this.state = RUNNING;
    this.outcome = null;
    this.offer('Stop');
    this.note.textContent = '';
    this.editor?.error(null);
    this.root.classList.remove('live-stale', 'live-ran');
    this.root.classList.add('live-running');
    bar.follow(this);
  }

  end(outcome, text, generation) {
    this.state = READY;
    this.offer('Run');
    this.root.classList.remove('live-running');
    bar.follow(null);
    this.editor?.error(outcome.error?.line ?? null);
    const current = generation === kernel.generation && !outcome.stopped && !outcome.broken;
    // Those below have seen what this cell made before.
    if (current && (this.defines || this.saw !== text) && this.saw !== undefined) {
      for (const cell of cells.slice(cells.indexOf(this) + 1)) if (cell.done) cell.stale();
    }
    if (current) {
      this.ran = generation;
      this.saw = text;
    }
    if (text !== this.text) this.stale();
    this.root.classList.toggle('live-ran', current);
    const took =
      outcome.ms < 1000
        ? `${Math.max(1, Math.round(outcome.ms))} ms`
        : `${(outcome.ms / 1000).toFixed(1)} s`;
    this.note.textContent = current ? `${outcome.ok ? '' : 'error · '}${took}` : '';
  }
}

let last = Promise.resolve();
/** One after the other, however fast a reader presses the keys. */
const inTurn = (action) => {
  last = last.then(action, action);
  return last;
};

/** Run some cells in order; false when one fails that should not. `wanted` is told why it must wait. */
async function runAll(some, wanted) {
  for (const cell of some) {
    if (wanted?.root) wanted.note.textContent = `first: cell ${cell.n + 1}`;
    if (!(await cell.run())) {
      if (wanted)
        wanted.note.textContent = `not run: cell ${cell.place.n + 1} above did not finish`;
      else bar.ended(cell);
      return false;
    }
  }
  return true;
}

async function runWhole() {
  try {
    await getKernel(page.zip);
  } catch (error) {
    bar.say({ state: 'failed', text: error.message });
    return;
  }
  if (cells.some((cell) => cell.done)) await kernel.reset();
  last = runAll(cells);
}

/** Run the cells above an element that have not run. */
async function runAbove(place) {
  await getKernel(page.zip);
  const above = cells.filter(
    (cell) =>
      !cell.root || cell.root.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const last = above.findLastIndex((cell) => cell.root);
  return runAll(above.slice(0, last + 1).filter((cell) => !cell.done));
}

// ---- the bar: what Python is doing, once it does something ----
const bar = {
  make() {
    this.text = element('span', { className: 'live-state', role: 'status' });
    this.meter = element('progress', { max: 1, hidden: true, ariaLabel: 'Loading Python' });
    this.stop = button('Stop', () => kernel.stop(), { hidden: true });
    this.show = button('Show', () => this.culprit.reveal(), { hidden: true });
    this.all = button('Run all', runWhole);
    this.restart = button('Restart', () => kernel.restart().catch(() => {}));
    this.box = element(
      'div',
      { className: 'live-bar', role: 'region', ariaLabel: 'Python on this page', hidden: true },
      this.text,
      this.meter,
      this.show,
      this.stop,
      this.all,
      this.restart,
      button(
        '×',
        () => {
          this.box.hidden = true;
        },
        { ariaLabel: 'Close' },
      ),
    );
    document.querySelector('main').append(this.box);
  },
  say({ state, text, part }) {
    this.box.hidden = false;
    this.box.dataset.state = state;
    this.text.textContent = text;
    this.meter.hidden = state !== 'loading';
    if (part === undefined) this.meter.removeAttribute('value');
    else this.meter.value = part;
    this.show.hidden = true;
    this.stop.hidden = state !== 'busy' && state !== 'loading';
    this.all.hidden = !this.stop.hidden || !cells.length;
    this.restart.hidden = !this.stop.hidden || state === 'off';
    if (this.cell)
      this.cell.note.textContent = state === 'loading' || state === 'failed' ? text : '';
    if (state === 'off') for (const cell of cells) if (cell.ran >= 0) cell.stale();
  },
  follow(cell) {
    this.cell = cell;
  },
  /** All were to run, and one has put an end to it. */
  ended(cell) {
    if (!cell.outcome || cell.outcome.stopped) return;
    this.culprit = cell.place;
    this.text.textContent = `Run all ended at cell ${cell.place.n + 1}: ${cell.outcome.broken ? 'Python broke down.' : 'an error.'}`;
    this.show.hidden = false;
  },
};

// ---- the page ----
let page;

function invite(first) {
  const all = button('Run all', runWhole);
  const line = element(
    'div',
    { className: 'live-invitation' },
    'The cells of this page run in your browser: run them, change them. ',
    all,
  );
  const lost = Object.entries(shelf.read()).filter(
    ([slot]) => !cells.some((cell) => cell.slot === slot),
  );
  first.before(line);
  if (!lost.length) return;
  const forget = button('Discard', () => {
    for (const [slot] of lost) shelf.write(slot, null);
    kept.remove();
  });
  const kept = element(
    'details',
    { className: 'live-kept' },
    element('summary', { textContent: 'You have edited cells that the book has changed since' }),
    ...lost.map(([, text]) => element('pre', { textContent: text })),
    forget,
  );
  line.after(kept);
}

function start() {
  const data = document.getElementById('live-page');
  // Neither workers nor modules are to be had on file://.
  if (!data || location.protocol === 'file:') return;
  page = JSON.parse(data.textContent);
  shelf.key = `live:${page.name}`;
  const slots = new Map();
  for (const told of page.cells) {
    const root = document.querySelector(`.live-${told.n}`);
    if (told.needs) {
      root
        ?.querySelector('.cell_input')
        ?.append(
          element('div', {
            className: 'live-needs',
            textContent: `runs in the notebook download: needs ${told.needs}`,
          }),
        );
    } else if (root || told.hidden) {
      const count = slots.get(told.digest) ?? 0; // the same cell may stand on a page twice
      slots.set(told.digest, count + 1);
      cells.push(new Cell({ ...told, slot: `${told.digest}${count ? `.${count}` : ''}` }, root));
    }
  }
  bar.make();
  const first = cells.find((cell) => cell.root);
  if (first) invite(first.root);
  window.live = {
    kernel: () => getKernel(page.zip),
    runAbove,
    show,
    sanitise: async (html) => (await load('show')).sanitise(html),
    edit: async (...what) => (await load('editor')).editor(...what),
    cells,
  };
  document.dispatchEvent(new Event('live:ready'));
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
