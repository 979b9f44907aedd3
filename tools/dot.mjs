// `dot` for the build: Graphviz compiled to WebAssembly, so that every machine draws the
// same figure.  Understands what the Python package graphviz asks for, and says so when
// asked for something else.
//
//   dot [-Kengine] [-Tformat] [-Gname=value] [-Nname=value] [-Ename=value] [-O | -ofile] [file …]
//   dot -V

import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { instance } from '@viz-js/viz';

function fail(message, code = 1) {
  for (const line of message.trimEnd().split('\n')) writeAll(2, `dot: ${line}\n`);
  process.exit(code);
}

// A pipe may take less than it is given, or nothing for now; process.exit would lose the rest.
function writeAll(descriptor, text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const options = { format: 'dot', engine: 'dot' };
const attributes = { G: {}, N: {}, E: {} };
const files = [];
let output,
  nameOutput = false,
  version = false;

const words = process.argv.slice(2);
for (let i = 0; i < words.length; i++) {
  const word = words[i];
  if (word[0] !== '-' || word === '-') {
    files.push(word === '-' ? 0 : word);
    continue;
  }
  const letter = word[1];
  const value = () => word.slice(2) || words[++i] || fail(`option ${word} needs a value`, 2);
  if (letter === 'T') options.format = value();
  else if (letter === 'K') options.engine = value();
  else if (letter === 'o') output = value();
  else if (letter in attributes) {
    const [name, ...rest] = value().split('=');
    attributes[letter][name] = rest.length ? rest.join('=') : 'true';
  } else if (word === '-O') nameOutput = true;
  else if (word === '-V') version = true;
  else if (/^-q\d?$/.test(word)) continue;
  else fail(`option ${word} is not understood by this stand-in`, 2);
}

const viz = await instance();
if (version) {
  writeAll(2, `dot - graphviz version ${viz.graphvizVersion} (0)\n`);
  process.exit(0);
}
if (!viz.engines.includes(options.engine))
  fail(`there is no layout engine "${options.engine}"; there are: ${viz.engines.join(' ')}`);
if (!viz.formats.includes(options.format))
  fail(`format "${options.format}" is not one of: ${viz.formats.join(' ')}`);

for (const file of files.length ? files : [0]) {
  let source;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    fail(`can't open ${file}: ${error.message}`, 2);
  }
  const result = viz.render(source, {
    ...options,
    graphAttributes: attributes.G,
    nodeAttributes: attributes.N,
    edgeAttributes: attributes.E,
  });
  for (const { level, message } of result.errors)
    writeAll(2, `${level ?? 'error'}: ${message.trimEnd()}\n`);
  if (result.status !== 'success') process.exit(1);
  const target = output ?? (nameOutput && file !== 0 ? `${file}.${options.format}` : undefined);
  if (target === undefined) writeAll(1, result.output);
  else writeFileSync(target, result.output);
}
