// Bundle the page's scripts, and take from npm what the page's Python consists of.
//
//   node build.mjs NODE_MODULES TARGET VERSION

import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules, target, version] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const { build } = createRequire(join(modules, 'here.js'))('esbuild');

// Python: no package is served, so its lock file lists none, and says so without a request.
const pyodide = JSON.parse(readFileSync(join(modules, 'pyodide/package.json'), 'utf8')).version;
const files = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm'];
const folder = join(target, `pyodide-${pyodide}`);
mkdirSync(folder, { recursive: true });
for (const file of files) copyFileSync(join(modules, 'pyodide', file), join(folder, file));
// The standard library is there already, trimmed.
renameSync(join(target, 'python_stdlib.zip'), join(folder, 'python_stdlib.zip'));
const { info } = JSON.parse(readFileSync(join(modules, 'pyodide/pyodide-lock.json'), 'utf8'));
writeFileSync(join(folder, 'pyodide-lock.json'), JSON.stringify({ info, packages: {} }));
// What `fetch` brings; the scripts are imported.
const bytes = ['pyodide.asm.wasm', 'python_stdlib.zip'].reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

const common = {
  bundle: true, minify: true, format: 'esm', target: 'es2022', legalComments: 'linked', logLevel: 'warning',
  nodePaths: [modules], outdir: target, charset: 'utf8',
  define: { __VERSION__: JSON.stringify(version), __PYODIDE__: JSON.stringify(pyodide), __BYTES__: String(bytes) },
};
const own = (...names) => names.map((name) => join(here, 'src', `${name}.js`));
await build({ ...common, entryPoints: own('live'), format: 'iife' });
await build({ ...common, entryPoints: own('kernel', 'worker', 'editor', 'show', 'viz') });
