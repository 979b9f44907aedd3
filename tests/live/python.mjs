// The page's Python under node: chapters' cells run as a browser runs them.
//
//   node python.mjs FOLDER ZIP CELLS
//
// with the folder _static/live of a built site, a zip in it, and numbers of cells or code.
//
// Prints what came of it: [{n, ok, error, outputs: [{name, text} | {kind, text}], ms}, …]

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { freeStack, limitMemory, limitStack } from '../../pages/live/src/limits.js';

const [folder, zip, numbers] = process.argv.slice(2);
const runtime = join(
  folder,
  readdirSync(folder).find((name) => name.startsWith('pyodide-')),
);
const { loadPyodide } = await import(pathToFileURL(join(runtime, 'pyodide.mjs')));
const { instance } = await import(pathToFileURL(join(folder, 'viz.js')));
const viz = await instance();

limitMemory();

let outputs = [];
let bring, page;
async function start() {
  const env = { HOME: '/home/page', PYTHONHASHSEED: '0' };
  const python = await loadPyodide({
    indexURL: runtime,
    stdLibURL: join(folder, 'library.zip'),
    env,
  });
  for (const file of [zip, 'graphviz.zip']) {
    python.unpackArchive(new Uint8Array(readFileSync(join(folder, file))), 'zip', {
      extractDir: '/home/page',
    });
  }
  for (const [name, set] of [
    ['stdout', 'setStdout'],
    ['stderr', 'setStderr'],
  ]) {
    const decoder = new TextDecoder();
    python[set]({
      write: (some) => {
        const last = outputs.at(-1),
          text = decoder.decode(some, { stream: true });
        if (last?.name === name) last.text += text;
        else outputs.push({ name, text });
        return some.length;
      },
    });
  }
  python.runPython("import sys; sys.path.append('/home/page/lib')");
  const inside = python.pyimport('live.page');
  bring = (source, name) => {
    freeStack(python);
    page.prepare(source, name);
    limitStack(python);
  };
  inside.give_layout((dot, engine, format) => {
    const made = viz.render(dot, { engine, format });
    return [
      made.status === 'success',
      made.output ?? made.errors.map((error) => error.message).join('\n'),
    ];
  });
  const display = (kind, text) => {
    outputs.push({ kind, text });
  };
  const clear = () => {
    outputs = [];
  };
  const made = inside.Page(
    '/home/page',
    display,
    python.pyimport('pyodide.code').CodeRunner,
    clear,
  );
  limitStack(python);
  return made;
}

try {
  page = await start();
  const found = [];
  for (const n of JSON.parse(numbers)) {
    outputs = [];
    const began = performance.now();
    const [code, name, cell] =
      typeof n === 'string' ? [n, '<code>'] : [undefined, `<cell ${n + 1}>`, n];
    bring(code ?? page.plan.get('cells').get(n).get('source'), name);
    const told = page.run(code, name, cell);
    const outcome = JSON.parse(await told);
    found.push({
      n,
      ...outcome,
      awaited: typeof told !== 'string',
      outputs,
      ms: Math.round(performance.now() - began),
    });
  }
  await new Promise((done) => {
    process.stdout.write(JSON.stringify(found), done);
  });
  process.exit(0);
} catch (error) {
  // Not the minified line that raised it.
  process.stderr.write(String(error.message ?? error), () => process.exit(1));
}
