// Python for one page, in a thread of its own: what a cell does here, the page survives.
// Messages in: boot, run, attempt, reset.  Messages out: progress, stream, display, clear, done, failed.

import { explained, freeStack, limitMemory, limitStack, reason } from './limits.js';

let python, page, attempts, home, addresses, bring, layout;
let current = 0; // the message being answered
const post = (type, more) => self.postMessage({ type, id: current, ...more });

// ---- what is printed: sent in batches, and only so much of it ----
const MOST = 100_000; // characters of one run
const MOST_PICTURES = 200;
const MOST_CLEARED = 2000; // as often may a run begin its output anew
const EVERY = 50; // milliseconds
let waiting = '',
  stream = '',
  sent = 0,
  shown = 0,
  cleared = 0,
  flushed = 0;

function flush() {
  if (waiting) post('stream', { name: stream, text: waiting });
  waiting = '';
  flushed = performance.now();
}

function print(name, text) {
  if (sent >= MOST || !text) return;
  if (name !== stream) flush();
  stream = name;
  waiting += text.slice(0, MOST - sent);
  sent += text.length;
  if (sent >= MOST)
    waiting += `\n… more was printed than this page shows (${MOST.toLocaleString('en')} characters)\n`;
  if (sent >= MOST || waiting.length > 8192 || performance.now() - flushed > EVERY) flush();
}

function display(kind, text) {
  flush();
  if (text.length > 20 * MOST)
    [kind, text] = ['text/plain', '… too large to be shown on this page'];
  shown += 1;
  if (shown <= MOST_PICTURES) post('display', { kind, text });
  else if (shown === MOST_PICTURES + 1)
    print('stdout', `… more was shown than this page has room for (${MOST_PICTURES} outputs)\n`);
}

/** What has been shown is to go: now, or when something else is shown. */
function clear(wait) {
  if (cleared === MOST_CLEARED) return;
  cleared += 1;
  if (!wait) waiting = '';
  flush();
  shown = 0;
  post('clear', { wait });
}

// ---- starting ----
/** Count the bytes that arrive. Only for the first time: what is counted, a browser does not keep compiled. */
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

/** What fails while Python is put together: it would say so on the console only, and never be ready. */
function watchLoading() {
  const held = [
    [self, 'fetch'],
    [WebAssembly, 'instantiate'],
    [WebAssembly, 'instantiateStreaming'],
  ].map(([where, name]) => [where, name, where[name]]);
  const failed = new Promise((_, fail) => {
    for (const [where, name, own] of held) {
      where[name] = (...what) => {
        const made = own.apply(where, what);
        made.catch((error) => fail(new Error(`it could not be loaded (${error.message})`)));
        return made;
      };
    }
  });
  return {
    failed,
    done() {
      for (const [where, name, own] of held) where[name] = own;
    },
  };
}

async function bytes(address) {
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(`${address.split('/').pop()} could not be loaded (${response.status})`);
  return response.arrayBuffer();
}

async function boot(told) {
  addresses = told.addresses;
  limitMemory();
  const loading = watchLoading();
  const stopCounting = told.count ? countBytes() : () => {};
  const chapter = bytes(addresses.chapter);
  chapter.catch(() => {});
  const { loadPyodide } = await import(addresses.pyodide + 'pyodide.mjs');
  const env = { HOME: '/home/page', PYTHONHASHSEED: '0' };
  const made = loadPyodide({ indexURL: addresses.pyodide, stdLibURL: addresses.library, env });
  python = await Promise.race([made, loading.failed]);
  // The interpreter itself has failed; whoever waits for it would wait for ever.
  python._api.on_fatal = (error) => post('failed', { message: reason(python, error) });
  home = '/home/page';
  python.unpackArchive(await chapter, 'zip', { extractDir: home });
  stopCounting();
  loading.done();
  for (const [name, set] of [
    ['stdout', 'setStdout'],
    ['stderr', 'setStderr'],
  ]) {
    const decoder = new TextDecoder();
    python[set]({
      write: (some) => (print(name, decoder.decode(some, { stream: true })), some.length),
    });
  }
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
    inside.give_layout((dot, engine, format) => {
      const made = viz.render(dot, { engine, format });
      return [
        made.status === 'success',
        made.status === 'success' ? made.output : made.errors.map((e) => e.message).join('\n'),
      ];
    });
    layout = null;
  };
}

// ---- answering ----
/** Load what some code is going to need. */
async function prepare(source, name) {
  await layout?.(source);
  bring(source, name);
}

async function run({ code, name, cell }) {
  await prepare(code ?? page.plan.get('cells').get(cell).get('source'), name);
  const started = performance.now();
  let told = page.run(code, name, cell);
  if (typeof told !== 'string') told = await told; // code that awaits
  const outcome = JSON.parse(told);
  flush();
  return { ...explained(outcome), ms: performance.now() - started };
}

async function attempt({ job }) {
  await prepare([job.given, job.answer, ...(job.checks ?? [])].join('\n'));
  const outcome = JSON.parse(attempts.attempt(JSON.stringify(job)));
  flush();
  return outcome;
}

const reset = async () => page.reset();

const answers = { boot, run, attempt, reset };
let busy = Promise.resolve(); // one thing after the other

self.onmessage = ({ data }) => {
  busy = busy.then(async () => {
    current = data.id;
    sent = shown = cleared = 0;
    try {
      const outcome = await answers[data.type](data);
      post('done', { outcome });
    } catch (error) {
      flush();
      post('failed', {
        message: page || attempts ? reason(python, error) : String(error?.message ?? error),
      });
    }
  });
};
