// The page's Python: starts it at first need, runs code in it, stops it.
//
//   const k = await live.kernel()
//   await k.run(code, {name, cell, onOutput})   → an Outcome
//   await k.attempt({given, answer, checks}, {seconds, onOutput})   → an Attempt
//   k.stop(), k.stopAttempt(), k.restart(), k.state, k.addEventListener('status', ({detail}) => …)
//
// `stopped` and `broken` outcomes are no outcomes of the code: the interpreter is gone, and all
// that it held.

import { keep, kept } from '../../look/src/shelf.js';

/**
 * @typedef {{kind: string, text: string, line: number | null}} Complaint
 * @typedef {{ok: boolean, ms: number, error?: Complaint, stopped?: boolean,
 *   broken?: boolean}} Outcome
 * @typedef {{given: string, answer: string, checks: string[] | null}} Job
 * @typedef {{result: string, message?: string, part?: string, row?: number}} Attempt
 *   (the Outcome of exercises/attempt.py; or `stopped`)
 * @typedef {{type: 'stream', name: string, text: string}
 *   | {type: 'display', kind: string, text: string} | {type: 'clear', wait?: boolean}} Message
 * @typedef {(message: Message) => void} OnOutput
 * @typedef {{state: string, text: string, part?: number}} Status
 */

const here = new URL('.', import.meta.url);
/** @param {string} name */
const versioned = (name) => new URL(`${name}?v=${__VERSION__}`, here).href;
const SECONDS = 20; // for an attempt
const SLOW = 15_000; // without a byte arriving, before the page says so
const SEEN = `live:python:${__PYODIDE__}`;

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Python in a worker: `ask` is answered when the worker has answered all that was asked before. */
class Thread {
  /** @type {Error | undefined} */ ended;
  /** @type {Map<number, {resolve: Function, reject: Function, onOutput: OnOutput}>} */
  waiting = new Map();

  /**
   * @param {string} chapter
   * @param {boolean} attempts
   * @param {(loaded: number) => void} onProgress
   */
  constructor(chapter, attempts, onProgress) {
    this.last = 0;
    // A worker from a blob obeys the page's content-security policy; one from an address would
    // have none.
    const text = `import ${JSON.stringify(versioned('worker.js'))};`;
    const blob = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    this.worker = new Worker(blob, { type: 'module' });
    this.worker.onmessage = ({ data }) => this.hear(data, onProgress);
    this.worker.onerror = (event) => {
      event.preventDefault?.();
      this.end(new Error(event.message || 'its script could not be loaded'));
    };
    this.ready = this.ask('boot', {
      attempts,
      count: !kept(SEEN),
      addresses: {
        chapter: new URL(chapter, document.baseURI).href,
        pyodide: new URL(`pyodide-${__PYODIDE__}/`, here).href,
        library: versioned('library.zip'),
        viz: versioned('viz.js'),
        graphviz: versioned('graphviz.zip'),
      },
    });
    this.ready.then(
      () => keep(SEEN, 1),
      () => {},
    );
    this.ready.finally(() => URL.revokeObjectURL(blob)).catch(() => {});
  }

  /**
   * @param {'boot' | 'run' | 'attempt' | 'reset'} type
   * @param {object} [message]
   * @param {OnOutput} [onOutput]
   * @returns {Promise<any>}
   */
  ask(type, message, onOutput = () => {}) {
    if (this.ended) return Promise.reject(this.ended);
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onOutput });
      this.worker.postMessage({ type, id, ...message });
    });
  }

  /**
   * @param {any} data
   * @param {(loaded: number) => void} onProgress
   */
  hear(data, onProgress) {
    if (data.type === 'progress') return onProgress(data.loaded);
    const asked = this.waiting.get(data.id);
    if (!asked) return undefined;
    if (['stream', 'display', 'clear'].includes(data.type)) return asked.onOutput(data);
    this.waiting.delete(data.id);
    if (data.type === 'done') asked.resolve(data.outcome);
    else asked.reject(new Error(data.message));
    return undefined;
  }

  /** @param {Error} reason */
  end(reason) {
    this.worker.terminate();
    this.ended = reason;
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }
}

class Stopped extends Error {}

export class Kernel extends EventTarget {
  /** @type {Thread | null} */ cells = null;
  /** @type {Thread | null} */ trying = null;

  /** @param {string} chapter  the address of the zip that holds what the page's Python holds */
  constructor(chapter) {
    super();
    this.chapter = chapter;
    this.state = 'off';
    this.generation = 0; // of the cells' thread: what an earlier one knew, the present one does not
    this.running = 0;
  }

  /**
   * @param {string} state
   * @param {string} text
   * @param {number} [part]
   */
  say(state, text, part) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('status', { detail: { state, text, part } }));
  }

  /** Start Python if it is not running; resolves when it is ready. */
  async start() {
    if (typeof WebAssembly !== 'object' || typeof Worker !== 'function') {
      this.say('failed', 'This browser cannot run Python (it has no WebAssembly).');
      throw new Error('This browser cannot run Python: it has no WebAssembly.');
    }
    if (!this.cells) {
      this.say(
        'loading',
        kept(SEEN) ? 'Starting Python …' : `Loading Python, ${megabytes(__BYTES__)} …`,
      );
      this.cells = this.thread(false);
      const { cells } = this;
      cells.ready.then(
        () => this.cells === cells && !this.running && this.say('ready', 'Python is ready.'),
        (error) => this.cells === cells && this.fail(error),
      );
    }
    await this.cells.ready.catch((error) => {
      throw error instanceof Stopped
        ? error
        : new Error(`Python could not start: ${error.message}`);
    });
  }

  /** @param {boolean} attempts */
  thread(attempts) {
    /** @type {ReturnType<typeof setTimeout>} */
    let quiet;
    const hush = () => {
      clearTimeout(quiet);
      if (made && !made.ended && this.state === 'loading') {
        quiet = setTimeout(
          () =>
            this.state === 'loading' &&
            this.say('loading', 'Still loading Python; the connection is slow …'),
          SLOW,
        );
      }
    };
    const made = new Thread(this.chapter, attempts, (loaded) => {
      hush();
      const part = Math.min(0.99, loaded / __BYTES__);
      this.say(
        'loading',
        `Loading Python: ${Math.round(100 * part)} % of ${megabytes(__BYTES__)}`,
        part,
      );
    });
    hush();
    made.ready.catch(() => {}).finally(() => clearTimeout(quiet));
    return made;
  }

  /** @param {Error} error */
  fail(error) {
    this.cells?.end(error);
    this.cells = null;
    this.generation += 1;
    this.say('failed', `Python could not start: ${error.message}`);
  }

  /**
   * Run code in the page's namespace; `cell` says which cell of the chapter it is, if it is one.
   * @param {string | null} code  null for what the book says in that cell
   * @param {{name?: string, cell?: number, onOutput?: OnOutput}} [options]
   * @returns {Promise<Outcome>}
   */
  async run(code, { name = '<code>', cell, onOutput } = {}) {
    const { generation } = this;
    this.running += 1;
    try {
      await this.start();
      this.say('busy', 'Python is running.');
      return await this.cells.ask(
        'run',
        { code: code ?? undefined, name, cell: cell ?? undefined },
        onOutput,
      );
    } catch (error) {
      if (error instanceof Stopped) return { ok: false, stopped: true, ms: 0 };
      if (this.generation === generation && this.state === 'busy') this.crash(error);
      return {
        ok: false,
        broken: true,
        error: { kind: 'Crash', text: error.message, line: null },
        ms: 0,
      };
    } finally {
      this.running -= 1;
      if (!this.running && this.state === 'busy') this.say('ready', 'Python is ready.');
    }
  }

  /**
   * The interpreter itself has failed, as it does when wasm runs out of stack: nothing in it can
   * be trusted.
   * @param {Error} error
   */
  crash(error) {
    this.cells?.end(error);
    this.cells = null;
    this.generation += 1;
    this.say('off', 'Python broke down and will start anew.');
  }

  /**
   * Try an answer in a thread of its own, where an endless loop costs the page's cells nothing.
   * @param {Job} job
   * @param {{seconds?: number, onOutput?: OnOutput}} [options]
   * @returns {Promise<Attempt>}
   */
  async attempt(job, { seconds = SECONDS, onOutput } = {}) {
    this.trying ??= this.thread(true);
    const { trying } = this;
    let timer, ready;
    try {
      const first = this.state === 'off' || this.state === 'failed';
      if (first) this.say('loading', 'Starting Python …');
      await trying.ready;
      ready = true;
      if (first && this.state === 'loading' && !this.cells) this.say('off', '');
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, seconds * 1000, {
          result: 'endless',
          part: '',
          row: 0,
          message: `not done after ${seconds} seconds; is there an endless loop?`,
        });
      });
      const outcome = await Promise.race([trying.ask('attempt', { job }, onOutput), late]);
      if (outcome.result === 'endless') this.stopAttempt();
      return outcome;
    } catch (error) {
      if (this.trying === trying) {
        trying.end(error);
        this.trying = null;
      }
      if (this.state === 'loading' && !this.cells) {
        if (error instanceof Stopped) this.say('off', '');
        else this.say('failed', `Python could not start: ${error.message}`);
      }
      if (error instanceof Stopped)
        return { result: 'stopped', message: 'stopped', part: '', row: 0 };
      return {
        result: 'died',
        message: `${ready ? '' : 'Python could not start: '}${error.message}`,
        part: '',
        row: 0,
      };
    } finally {
      clearTimeout(timer);
    }
  }

  stopAttempt() {
    this.trying?.end(new Stopped());
    this.trying = null;
  }

  /** End what is running, and with it all that the cells had made. */
  stop() {
    this.cells?.end(new Stopped());
    this.cells = null;
    this.generation += 1;
    this.say('off', 'Stopped. The cells start afresh.');
  }

  /** The cells' Python as it was before any of them ran; quicker than a restart. */
  async reset() {
    if (!this.cells || this.running) return this.restart();
    await this.cells.ask('reset');
    this.generation += 1;
    return undefined;
  }

  async restart() {
    this.stop();
    await this.start();
  }
}
