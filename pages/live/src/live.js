// Makes the cells of a page live. This much every page loads; what it takes to run or to edit is
// fetched when a reader does either: kernel.js and Python, editor.js, show.js.

import { buttons, make } from '../../look/src/elements.js';
import { keep, kept } from '../../look/src/shelf.js';
import { Figures } from './figures.js';
import { load } from './load.js';
import { complaint, dropDumps, isPicture, show } from './output.js';
import { rewritten, slotOf, took } from './told.js';

/** @typedef {import('./kernel.js').Kernel} Kernel */
/** @typedef {import('./kernel.js').Message} Message */
/** @typedef {import('./kernel.js').Outcome} Outcome */
/** @typedef {import('./kernel.js').Status} Status */
/**
 * What the build tells of a cell, and of a page.
 * @typedef {{n: number, digest: string, hidden?: boolean, raises?: boolean, defines?: boolean,
 *   needs?: string}} Told
 * @typedef {{name: string, zip: string, cells: Told[]}} Page
 */

const button = buttons('live-button');

// ---- what a reader has edited stays on the reader's device ----
const shelf = {
  key: '',
  /** @returns {Record<string, string>} */
  read: () => kept(shelf.key) ?? {},
  /**
   * Keep the text of a cell, or with null none; true if that could be done.
   * @param {string} name
   * @param {string | null} text
   */
  write: (name, text) => keep(shelf.key, rewritten(shelf.read(), name, text)),
};

// ---- Python ----
/** @type {Kernel | undefined} */
let kernel;
/** @type {Promise<Kernel> | undefined} */
let making;
/** @type {Cell[]} */
const cells = [];

/** @param {string} chapter  the address of its zip */
function getKernel(chapter) {
  making ??= load('kernel').then(
    ({ Kernel }) => {
      kernel = new Kernel(new URL(chapter, document.baseURI).href);
      kernel.addEventListener('status', (/** @type {CustomEvent<Status>} */ event) =>
        bar.say(event.detail),
      );
      return kernel;
    },
    (error) => {
      making = undefined; // another click tries again
      throw new Error(`Python could not be loaded (${error.message}). Is there a connection?`);
    },
  );
  return making;
}

const GONE = 'What the cells had made is gone; Run starts again with those above.';

// ---- one cell ----
const READY = 0;
const RUNNING = 1;

class Cell {
  state = READY;
  ran = -1; // in which generation of Python
  queued = false;
  /** @type {string | undefined} */ saw; // what it said then
  /** @type {Outcome | null | undefined} */ outcome;
  /** @type {ReturnType<import('./editor.js').editor> | undefined} */ editor;

  /**
   * @param {Told} told
   * @param {HTMLElement | null} root  null for a cell that the page does not show
   */
  constructor(told, root) {
    this.n = told.n;
    this.raises = told.raises;
    this.defines = told.defines;
    this.digest = told.digest;
    this.root = root;
    if (!root) return;
    this.slot = slotOf(
      told.digest,
      cells.map((cell) => cell.digest),
    );
    /** @type {HTMLElement} */
    this.input = root.querySelector('.cell_input');
    /** @type {HTMLElement} */
    this.block = this.input.querySelector('div[class*="highlight-"]');
    this.pre = this.block.querySelector('pre');
    this.name = `<cell ${told.n + 1}>`;
    this.highlighted = [...this.pre.childNodes];
    this.source = this.pre.textContent.replace(/\n+$/, '');
    this.text = this.source;
    /** @type {NodeListOf<HTMLElement>} */
    const printed = root.querySelectorAll('.cell_output');
    this.printed = [...printed];
    this.figures = new Figures(root);
    this.area = make('div', { className: 'cell_output live-output', hidden: true });
    this.furnish(told.n + 1);
    const saved = shelf.read()[this.slot];
    if (saved !== undefined && saved !== this.source) this.change(saved, true);
  }

  /**
   * The button says what it would do now.
   * @param {string} text
   */
  offer(text) {
    this.runner.textContent = text;
    this.runner.ariaLabel = `${text}: cell ${this.n + 1}`;
  }

  /** @param {number} number */
  furnish(number) {
    /** @type {(text: string, action: () => void, title: string) => HTMLButtonElement} */
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
    this.note = make('span', { className: 'live-note', role: 'status' });
    const copy = this.block.querySelector(':scope > .copy');
    this.tools = make(
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
      /** @type {typeof import('./editor.js').editor} */
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
      /** @type {HTMLElement} */
      const highlight = this.pre.closest('.highlight');
      highlight.hidden = true;
      this.editing.hidden = true;
    }
    this.editor.focus();
  }

  /**
   * @param {string} text
   * @param {boolean} [fromShelf]
   */
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

  /**
   * The cell itself, or for one that the page does not show the last above it that it does.
   * @returns {Cell}
   */
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
      const above = cells.slice(0, cells.indexOf(this)).filter((cell) => !cell.done);
      if (await runAll(above, this)) await this.run();
    });
  }

  /**
   * Run, and move to the next cell that can be reached: not one that the page hides or has folded.
   */
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
    /** @type {Promise<void>[]} */
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
    /** @param {Message} message */
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

  /**
   * Run a cell that the page does not show. What goes wrong there is said at its place; no error
   * stops what is below.
   * @param {number} generation
   */
  async runUnseen(generation) {
    const outcome = await kernel.run(null, { cell: this.n });
    this.outcome = outcome;
    if (outcome.stopped) return false;
    const { area } = this.place;
    /** @param {string} text */
    const say = (text) => {
      area.hidden = false;
      area.append(complaint(text));
    };
    if (outcome.broken)
      say(`Here, in a step that the page does not show: ${outcome.error.text} ${GONE}`);
    else if (!outcome.ok && !this.raises) {
      const error = outcome.error.text.split('\n').at(-1);
      say(`A step that the page does not show, here, did not work: ${error}`);
    }
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

  /**
   * @param {Outcome} outcome
   * @param {string} text  what has run
   * @param {number} generation
   */
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
    this.note.textContent = current ? `${outcome.ok ? '' : 'error · '}${took(outcome.ms)}` : '';
  }
}

/** @type {Promise<unknown>} */
let last = Promise.resolve();
/**
 * One after the other, however fast a reader presses the keys.
 * @param {() => Promise<void>} action
 */
const inTurn = (action) => {
  last = last.then(action, action);
  return last;
};

/**
 * Run some cells in order; false when one fails that should not.
 * @param {Cell[]} some
 * @param {Cell} [wanted]  is told why it must wait
 */
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

/**
 * Run the cells above an element that have not run.
 * @param {Node} place
 */
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
    this.text = make('span', { className: 'live-state', role: 'status' });
    this.meter = make('progress', { max: 1, hidden: true, ariaLabel: 'Loading Python' });
    this.stop = button('Stop', () => kernel.stop(), { hidden: true });
    this.show = button('Show', () => this.culprit.reveal(), { hidden: true });
    this.all = button('Run all', runWhole);
    this.restart = button('Restart', () => kernel.restart().catch(() => {}));
    this.box = make(
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
  /** @param {Status} status */
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
  /** @param {Cell | null} cell */
  follow(cell) {
    this.cell = cell;
  },
  /**
   * All were to run, and one has put an end to it.
   * @param {Cell} cell
   */
  ended(cell) {
    if (!cell.outcome || cell.outcome.stopped) return;
    this.culprit = cell.place;
    const why = cell.outcome.broken ? 'Python broke down.' : 'an error.';
    this.text.textContent = `Run all ended at cell ${cell.place.n + 1}: ${why}`;
    this.show.hidden = false;
  },
};

// ---- the page ----
/** @type {Page} */
let page;

/** @param {HTMLElement} first */
function invite(first) {
  const all = button('Run all', runWhole);
  const line = make(
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
    box.remove();
  });
  const box = make(
    'details',
    { className: 'live-kept' },
    make('summary', { textContent: 'You have edited cells that the book has changed since' }),
    ...lost.map(([, text]) => make('pre', { textContent: text })),
    forget,
  );
  line.after(box);
}

function start() {
  const data = document.getElementById('live-page');
  // Neither workers nor modules are to be had on file://.
  if (!data || location.protocol === 'file:') return;
  page = JSON.parse(data.textContent);
  shelf.key = `live:${page.name}`;
  for (const told of page.cells) {
    /** @type {HTMLElement | null} */
    const root = document.querySelector(`.live-${told.n}`);
    if (told.needs) {
      const textContent = `runs in the notebook download: needs ${told.needs}`;
      root
        ?.querySelector('.cell_input')
        ?.append(make('div', { className: 'live-needs', textContent }));
    } else if (root || told.hidden) {
      cells.push(new Cell(told, root));
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
