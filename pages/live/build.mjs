// Bundle the page's scripts, and take from npm what the page's Python consists of.
//
//   node build.mjs NODE_MODULES TARGET VERSION

import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { mended } from './frees.mjs';

const [modules, target, version] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const { build } = createRequire(join(modules, 'here.js'))('esbuild');

// Node would quote the line that failed, and a line of Python's script is a megabyte long.
process.on('uncaughtException', ({ stack }) => {
  console.error(stack);
  process.exitCode = 1;
});

// Python: no package is served, so its lock file lists none, and says so without a request.
const pyodide = JSON.parse(readFileSync(join(modules, 'pyodide/package.json'), 'utf8')).version;
const files = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm'];
const folder = join(target, `pyodide-${pyodide}`);
mkdirSync(folder, { recursive: true });
for (const file of files) copyFileSync(join(modules, 'pyodide', file), join(folder, file));
const wasm = join(folder, 'pyodide.asm.wasm');
writeFileSync(wasm, mended(readFileSync(wasm)));
const { info } = JSON.parse(readFileSync(join(modules, 'pyodide/pyodide-lock.json'), 'utf8'));
writeFileSync(join(folder, 'pyodide-lock.json'), JSON.stringify({ info, packages: {} }));
// Its library: what is there of the standard one, trimmed, and what runs beside the cells,
// which tracebacks in a page have to leave out, and so bears the path that is the worker's home.
const { loadPyodide } = await import(pathToFileURL(join(folder, 'pyodide.mjs')));
const env = { HOME: '/', PYTHONHASHSEED: '0', PYTHONNODEBUGRANGES: '1' };
const python = await loadPyodide({
  indexURL: folder,
  stdLibURL: join(target, 'standard.zip'),
  env,
});
python.unpackArchive(new Uint8Array(readFileSync(join(target, 'beside.zip'))), 'zip', {
  extractDir: '/home/page/lib',
});
python.FS.writeFile('/precompile.py', readFileSync(join(here, 'inside/precompile.py')));
python.runPython("import sys; sys.path.append('/')");
const library = python.pyimport('precompile').library('/home/page/lib', 'live.page').toJs();
writeFileSync(join(target, 'library.zip'), library);
for (const name of ['standard.zip', 'beside.zip']) rmSync(join(target, name));
// What `fetch` brings; the scripts are imported.
const bytes = statSync(wasm).size + library.length;

const common = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'linked',
  logLevel: 'warning',
  nodePaths: [modules],
  outdir: target,
  charset: 'utf8',
  define: {
    __VERSION__: JSON.stringify(version),
    __PYODIDE__: JSON.stringify(pyodide),
    __BYTES__: String(bytes),
  },
};
const own = (...names) => names.map((name) => join(here, 'src', `${name}.js`));
await build({ ...common, entryPoints: own('live'), format: 'iife' });
await build({ ...common, entryPoints: own('kernel', 'worker', 'editor', 'show', 'viz') });
