// Brings exercises and questions to life, and keeps what a reader has done: on this device,
// nowhere else. The page is whole without this script, and checking needs Python
// (`window.live`), which is fetched when asked for.

import { Exercise } from './exercise.js';
import { Progress } from './progress.js';
import { Question } from './question.js';

/**
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
const all = (selector) => document.querySelectorAll(selector);

function start() {
  const nav = document.getElementById('contents');
  /** @type {HTMLElement | null} */
  const here = nav?.querySelector('.here');
  const page = here?.dataset.page ?? '';
  for (const root of all('.exercise[id]')) new Exercise(root, page);
  for (const root of all('.question[id]')) new Question(root, page);
  if (nav) new Progress(nav);
}
if (document.readyState === 'complete') start();
else addEventListener('DOMContentLoaded', start);
