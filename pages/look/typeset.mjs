// Typesets formulas for the pages: one JSON line in, one JSON line out, until the input ends.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(process.argv[2]);
const mathjax = await require('mathjax/es5/node-main.js').init({
  loader: { load: ['input/tex-full', 'output/svg', 'a11y/assistive-mml'] },
  tex: {
    // An error must reach the build, not the page.
    packages: { '[-]': ['noerrors', 'noundefined'] },
    formatError: (_, error) => {
      throw error;
    },
    macros: { data: ['\\class{data}{#1}', 1], grad: ['\\class{grad}{#1}', 1] },
  },
  // Shapes are drawn where they stand: shared ones would need ids, which could clash.
  svg: { fontCache: 'none' },
});

const typeset = ({ tex, display }) => {
  try {
    const html = mathjax.startup.adaptor.outerHTML(mathjax.tex2svg(tex, { display }));
    return { html };
  } catch (error) {
    return { error: error.message };
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(typeset(JSON.parse(line)))}\n`);
}
