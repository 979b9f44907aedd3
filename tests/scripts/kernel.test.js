// The page's Python from outside: what is asked of its threads, and what becomes of the answers.
// The threads here are none: what they would say, the tests say.
import assert from 'node:assert/strict';
import test, { afterEach, beforeEach, mock } from 'node:test';
import { storage } from './storage.js';

const BYTES = 10_000_000;
Object.assign(globalThis, {
  __VERSION__: 'v',
  __PYODIDE__: '1.2.3',
  __BYTES__: BYTES,
  document: { baseURI: 'https://book.test/page.html' },
});
const { Kernel } = await import('../../pages/live/src/kernel.js');

let threads;
class Thread {
  constructor() {
    this.asked = [];
    this.ended = false;
    threads.push(this);
  }
  postMessage(message) {
    this.asked.push(message);
  }
  terminate() {
    this.ended = true;
  }
  /** The answer to what was asked last, or to something asked before. */
  say(type, more, { id } = this.asked.at(-1)) {
    this.onmessage({ data: { type, id, ...more } });
  }
}

/** Let all go on that can. */
const settle = () => new Promise((done) => setImmediate(done));

beforeEach(() => {
  threads = [];
  globalThis.Worker = Thread;
  globalThis.localStorage = storage();
  mock.timers.enable({ apis: ['setTimeout'] });
});
afterEach(() => mock.timers.reset());

function made() {
  const kernel = new Kernel('live/page.zip');
  const states = [];
  kernel.addEventListener('status', ({ detail }) => states.push(detail));
  return { kernel, states, names: () => states.map(({ state }) => state) };
}

/** A kernel whose Python has started. */
async function started() {
  const all = made();
  const start = all.kernel.start();
  threads[0].say('done');
  await start;
  return { ...all, thread: threads[0] };
}

/** Begin to run something: what will come of it, once the thread has been asked. */
async function running(kernel, ...what) {
  const outcome = kernel.run(...what);
  await settle();
  return { outcome };
}

test('Python starts once, however often it is asked to', async () => {
  const { kernel, names } = made();
  const starts = [kernel.start(), kernel.start()];
  threads[0].say('done');
  await Promise.all([...starts, kernel.start()]);
  assert.equal(threads.length, 1);
  assert.deepEqual(names(), ['loading', 'ready']);
  const [{ type, attempts, addresses }] = threads[0].asked;
  assert.deepEqual([type, attempts], ['boot', false]);
  assert.equal(addresses.chapter, 'https://book.test/live/page.zip');
  assert.match(addresses.pyodide, /\/pyodide-1\.2\.3\/$/);
  assert.match(addresses.library, /library\.zip\?v=v$/);
});

test('bytes are counted the first time, and not once Python has been here', async () => {
  await started();
  assert.equal(threads[0].asked[0].count, true);
  await settle();
  made().kernel.start();
  assert.equal(threads[1].asked[0].count, false);
});

test('the bytes that have arrived are a part of all, and never all', async () => {
  const { kernel, states } = made();
  kernel.start();
  threads[0].say('progress', { loaded: BYTES / 2 });
  threads[0].say('progress', { loaded: 2 * BYTES });
  const [first, half, most] = states;
  assert.match(first.text, /10 MB/);
  assert.deepEqual([half.part, most.part], [0.5, 0.99]);
  assert.match(half.text, /50 % of 10 MB/);
});

test('a connection without a byte for long is said to be slow', async () => {
  const { kernel, states } = made();
  kernel.start();
  mock.timers.tick(14_999);
  threads[0].say('progress', { loaded: 1 });
  mock.timers.tick(14_999);
  assert.equal(
    states.some(({ text }) => /slow/.test(text)),
    false,
  );
  mock.timers.tick(1);
  assert.match(states.at(-1).text, /slow/);
});

test('what cannot start says why, and is tried again', async () => {
  const { kernel, states } = made();
  const start = kernel.start();
  threads[0].say('failed', { message: 'no library' });
  await assert.rejects(start, /Python could not start: no library/);
  assert.deepEqual([states.at(-1).state, threads[0].ended], ['failed', true]);
  const again = kernel.start();
  threads[1].say('done');
  await again;
  assert.equal(kernel.state, 'ready');
});

test('a browser without threads is told so', async () => {
  globalThis.Worker = undefined;
  const { kernel } = made();
  await assert.rejects(kernel.start(), /cannot run Python/);
  assert.equal(kernel.state, 'failed');
});

test('a cell is run: what it prints is heard before its outcome', async () => {
  const { kernel, thread, names } = await started();
  const heard = [];
  const onOutput = (message) => heard.push(message.text);
  const { outcome } = await running(kernel, null, { name: '<cell 3>', cell: 2, onOutput });
  const { type, code, name, cell } = thread.asked.at(-1);
  assert.deepEqual([type, code, name, cell], ['run', undefined, '<cell 3>', 2]);
  thread.say('stream', { name: 'stdout', text: 'a' });
  thread.say('display', { kind: 'text/plain', text: 'b' });
  thread.say('done', { outcome: { ok: true, ms: 1 } });
  assert.deepEqual(await outcome, { ok: true, ms: 1 });
  assert.deepEqual(heard, ['a', 'b']);
  assert.deepEqual(names(), ['loading', 'ready', 'busy', 'ready']);
});

test('an answer finds what asked for it, and what comes after it is not heard', async () => {
  const { kernel, thread } = await started();
  const heard = [];
  const onOutput = (message) => heard.push(message.text);
  const { outcome: first } = await running(kernel, 'a', { onOutput });
  const { outcome: second } = await running(kernel, 'b');
  const [, a, b] = thread.asked;
  thread.say('done', { outcome: { ok: true, ms: 2 } }, b);
  thread.say('done', { outcome: { ok: true, ms: 1 } }, a);
  thread.say('stream', { name: 'stdout', text: 'late' }, a);
  assert.deepEqual([(await first).ms, (await second).ms, heard], [1, 2, []]);
});

test('to stop ends the thread, and what all cells had made', async () => {
  const { kernel, thread, states } = await started();
  const { outcome } = await running(kernel, 'while True: pass');
  kernel.stop();
  assert.deepEqual(await outcome, { ok: false, stopped: true, ms: 0 });
  assert.deepEqual([thread.ended, kernel.generation, states.at(-1).state], [true, 1, 'off']);
});

test('an interpreter that breaks is gone, and the next cell gets another', async () => {
  const { kernel, thread } = await started();
  const { outcome } = await running(kernel, 'x');
  thread.say('failed', { message: 'Python broke down.' });
  const { ok, broken, error } = await outcome;
  assert.deepEqual([ok, broken, error.text], [false, true, 'Python broke down.']);
  assert.deepEqual([thread.ended, kernel.generation, kernel.state], [true, 1, 'off']);
  const { outcome: next } = await running(kernel, 'x');
  threads[1].say('done');
  await settle();
  threads[1].say('done', { outcome: { ok: true, ms: 1 } });
  assert.equal((await next).ok, true);
});

test('a reset keeps the thread; while something runs it takes another', async () => {
  const { kernel, thread } = await started();
  const reset = kernel.reset();
  assert.equal(thread.asked.at(-1).type, 'reset');
  thread.say('done');
  await reset;
  assert.deepEqual([kernel.generation, thread.ended], [1, false]);

  const { outcome } = await running(kernel, 'x');
  const restart = kernel.reset();
  threads[1].say('done');
  await restart;
  assert.deepEqual([(await outcome).stopped, thread.ended], [true, true]);
});

const JOB = { given: '', answer: 'x = 1', checks: ['assert x'] };

/** Begin an attempt: what will come of it, and the thread that has been asked. */
async function attempting(kernel, options) {
  const outcome = kernel.attempt(JOB, options);
  const thread = threads.at(-1);
  if (thread.asked.at(-1).type === 'boot') thread.say('done');
  await settle();
  return { outcome, thread };
}

test('an answer is tried in a thread of its own, which the next one finds', async () => {
  const { kernel, thread: cells } = await started();
  const first = await attempting(kernel);
  assert.deepEqual([first.thread === cells, first.thread.asked[0].attempts], [false, true]);
  assert.deepEqual(first.thread.asked.at(-1).job, JOB);
  first.thread.say('done', { outcome: { result: 'passed' } });
  assert.deepEqual(await first.outcome, { result: 'passed' });
  const second = await attempting(kernel);
  assert.equal(second.thread, first.thread);
});

test('an endless answer is given up, and costs the cells nothing', async () => {
  const { kernel, thread: cells } = await started();
  const { outcome, thread } = await attempting(kernel, { seconds: 3 });
  mock.timers.tick(3000);
  const { result, message } = await outcome;
  assert.equal(result, 'endless');
  assert.match(message, /not done after 3 seconds/);
  assert.deepEqual([thread.ended, cells.ended, kernel.generation], [true, false, 0]);
});

test('time begins when Python is there', async () => {
  const { kernel } = made();
  const outcome = kernel.attempt(JOB, { seconds: 3 });
  mock.timers.tick(60_000);
  threads[0].say('done');
  await settle();
  threads[0].say('done', { outcome: { result: 'passed' } });
  assert.equal((await outcome).result, 'passed');
});

test('an attempt can be stopped', async () => {
  const { kernel } = made();
  const { outcome, thread } = await attempting(kernel);
  kernel.stopAttempt();
  assert.equal((await outcome).result, 'stopped');
  assert.equal(thread.ended, true);
});

test('an attempt whose Python is gone says so, and whether it ever was there', async () => {
  const { kernel } = made();
  const { outcome, thread } = await attempting(kernel);
  thread.say('failed', { message: 'full' });
  assert.deepEqual(await outcome, { result: 'died', message: 'full', part: '', row: 0 });

  const unborn = kernel.attempt(JOB);
  threads[1].say('failed', { message: 'no library' });
  assert.equal((await unborn).message, 'Python could not start: no library');
});
