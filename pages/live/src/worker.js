// Python for one page, in a thread of its own: what a cell does here, the page survives.
// Messages in: boot, run, attempt, reset.
// Messages out: progress, stream, display, clear, done, failed.

import { explained, freeStack, limitMemory, limitStack, message, reason } from './limits.js';
import { EVERY, printing } from './printing.js';

/** @typedef {import('./limits.js').Python} Python */
/** @typedef {Record<'chapter' | 'pyodide' | 'library' | 'viz' | 'graphviz', string>} Addresses */

/** @type {Python} */
let python;
/** @type {Addresses} */
let addresses;
/** @type {any} */
let page;
/** @type {any} */
let attempts;
/** @type {string} */
let home;
/** @type {(source: string, name: string) => void} */
let bring;
/** @type {((source: string) => Promise<void>) | null} */
let layout;
let current = 0; // the message being answered
/** @type {(type: string, more: object) => void} */
const post = (type, more) => self.postMessage({ type, id: current, ...more });
const { begin, print, display, clear, flush } = printing(post, () => performance.now());

// ---- starting ----
/**
 * Count the bytes that arrive. Only for the first time: what is counted, a browser does not keep
 * compiled.
 */
function countBytes() {
  const { fetch } = self;
  let loaded = 0,
    told = 0;
  self.fetch = async (...what) => {
    const response = await fetch(...what);
    if (!response.ok || !response.body) return response;
    const counter = new TransformStream({
      transform(chunk, out) {
        loaded += chunk.byteLength;
        if (performance.now() - told > EVERY) {
          told = performance.now();
          post('progress', { loaded });
        }
        out.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(counter), response);
  };
  return () => {
    self.fetch = fetch;
  };
}

/**
 * What fails while Python is put together: it would say so on the console only, and never be
 * ready.
 */
function watchLoading() {
  /** @type {[where: any, name: string][]} */
  const watched = [
    [self, 'fetch'],
    [WebAssembly, 'instantiate'],
    [WebAssembly, 'instantiateStreaming'],
  ];
  const held = watched.map(([where, name]) => ({ where, name, own: where[name] }));
  /** @type {Promise<never>} */
  const failed = new Promise((_, fail) => {
    for (const { where, name, own } of held) {
      where[name] = (/** @type {unknown[]} */ ...what) => {
        const made = own.apply(where, what);
        made.catch((/** @type {Error} */ error) =>
          fail(new Error(`it could not be loaded (${error.message})`)),
        );
        return made;
      };
    }
  });
  return {
    failed,
    done() {
      for (const { where, name, own } of held) where[name] = own;
    },
  };
}

/** @param {string} address */
async function bytes(address) {
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(`${address.split('/').pop()} could not be loaded (${response.status})`);
  return response.arrayBuffer();
}

/** @param {{addresses: Addresses, attempts: boolean, count: boolean}} told */
async function boot(told) {
  addresses = told.addresses;
  limitMemory();
  const loading = watchLoading();
  const stopCounting = told.count ? countBytes() : () => {};
  const chapter = bytes(addresses.chapter);
  chapter.catch(() => {});
  const { loadPyodide } = await import(`${addresses.pyodide}pyodide.mjs`);
  const env = { HOME: '/home/page', PYTHONHASHSEED: '0' };
  const made = loadPyodide({ indexURL: addresses.pyodide, stdLibURL: addresses.library, env });
  python = await Promise.race([made, loading.failed]);
  // The interpreter itself has failed; whoever waits for it would wait for ever.
  python._api.on_fatal = (error) => post('failed', { message: reason(python, error) });
  home = '/home/page';
  python.unpackArchive(await chapter, 'zip', { extractDir: home });
  stopCounting();
  loading.done();
  python.setStdout(printer('stdout'));
  python.setStderr(printer('stderr'));
  python.setStdin({ error: true });
  const inside = python.pyimport('live.page');
  if (told.attempts) attempts = inside.Attempts(home);
  else page = inside.Page(home, display, python.pyimport('pyodide.code').CodeRunner, clear);
  bring = (source, name) => {
    freeStack(python);
    if (page) page.prepare(source, name);
    else attempts.prepare(source);
    limitStack(python);
  };
  limitStack(python);
  layout = async (source) => {
    if (!inside.draws(source, home)) return;
    const [{ instance }, zip] = await Promise.all([
      import(addresses.viz),
      bytes(addresses.graphviz),
    ]);
    const viz = await instance();
    python.unpackArchive(zip, 'zip', { extractDir: home });
    python.runPython(`import sys; sys.path.append('${home}/lib')`);
    inside.give_layout(laidOut(viz));
    layout = null;
  };
}

/**
 * What Python calls for a drawing: whether it could be made, and it, or why not.
 * @param {import('@viz-js/viz').Viz} viz
 */
const laidOut =
  (viz) =>
  (/** @type {string} */ dot, /** @type {string} */ engine, /** @type {string} */ format) => {
    const made = viz.render(dot, { engine, format });
    if (made.status === 'success') return [true, made.output];
    return [false, made.errors.map((error) => error.message).join('\n')];
  };

/**
 * Takes the bytes that Python writes to a stream.
 * @param {string} name
 */
function printer(name) {
  const decoder = new TextDecoder();
  return {
    write(/** @type {Uint8Array} */ some) {
      print(name, decoder.decode(some, { stream: true }));
      return some.length;
    },
  };
}

// ---- answering ----
/**
 * Load what some code is going to need.
 * @param {string} source
 * @param {string} [name]
 */
async function prepare(source, name) {
  await layout?.(source);
  bring(source, name);
}

/** @param {{code?: string, name: string, cell?: number}} message */
async function run({ code, name, cell }) {
  await prepare(code ?? page.plan.get('cells').get(cell).get('source'), name);
  const started = performance.now();
  let told = page.run(code, name, cell);
  if (typeof told !== 'string') told = await told; // code that awaits
  const outcome = JSON.parse(told);
  flush();
  return { ...explained(outcome), ms: performance.now() - started };
}

/** @param {{job: import('./kernel.js').Job}} message */
async function attempt({ job }) {
  await prepare([job.given, job.answer, ...(job.checks ?? [])].join('\n'));
  const outcome = JSON.parse(attempts.attempt(JSON.stringify(job)));
  flush();
  return outcome;
}

const reset = async () => page.reset();

/** @type {Record<string, (message: any) => Promise<unknown>>} */
const answers = { boot, run, attempt, reset };
let busy = Promise.resolve(); // one thing after the other

self.onmessage = ({ data }) => {
  busy = busy.then(async () => {
    current = data.id;
    begin();
    try {
      const outcome = await answers[data.type](data);
      post('done', { outcome });
    } catch (error) {
      flush();
      post('failed', { message: page || attempts ? reason(python, error) : message(error) });
    }
  });
};
