// How far one has come, beside the contents.

import { make } from '../../look/src/elements.js';
import { button, toolbar } from './item.js';
import { doneOnPages, ours, packed, unpacked, work } from './work.js';

const FILE = 'micrograd-progress.json';

export class Progress {
  /** @param {HTMLElement} nav */
  constructor(nav) {
    this.lines = [...nav.querySelectorAll('li')].filter((line) => line.dataset.tasks);
    this.total = this.lines.reduce((sum, line) => sum + Number(line.dataset.tasks), 0);
    if (!this.total) return;
    this.summary = make('summary');
    this.note = make('span', { className: 'progress-note', role: 'status' });
    this.eraser = button('Erase', () => this.erase());
    nav.append(make('details', { className: 'progress' }, this.summary, this.body()));
    work.onchange = () => this.show();
    addEventListener('storage', () => this.show());
    this.show();
  }

  body() {
    const file = make('input', { type: 'file', accept: '.json,application/json', hidden: true });
    file.addEventListener('change', () => {
      this.load(file.files[0]);
      file.value = '';
    });
    const tools = [
      button('Save to a file', () => this.save()),
      button('Load from a file', () => file.click()),
      this.eraser,
      file,
    ];
    return make(
      'div',
      { className: 'progress-body' },
      'Your answers and edits are kept in this browser. Nothing is sent anywhere.',
      toolbar(...tools),
      this.note,
    );
  }

  show() {
    const done = doneOnPages(work.read());
    let sum = 0;
    for (const line of this.lines) {
      const tasks = Number(line.dataset.tasks);
      const count = Math.min(done[line.dataset.page] ?? 0, tasks);
      sum += count;
      mark(line, count, tasks);
    }
    this.summary.textContent = `Your progress: ${sum} of ${this.total}`;
  }

  save() {
    const blob = new Blob([packed({ ...localStorage })], { type: 'application/json' });
    const link = make('a', { href: URL.createObjectURL(blob), download: FILE });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    this.note.textContent = `Saved as ${FILE}.`;
  }

  /** @param {File | undefined} chosen */
  async load(chosen) {
    if (!chosen) return;
    let entries;
    try {
      entries = unpacked(await chosen.text());
    } catch {
      const what = `${chosen.name} is not a file that this book has saved.`;
      this.note.textContent = `${what} Nothing was changed.`;
      return;
    }
    try {
      for (const [key, value] of entries) localStorage.setItem(key, value);
    } catch {
      this.note.textContent =
        'This browser’s storage is full or closed: not everything could be kept.';
      return;
    }
    this.note.textContent =
      'Loaded. Cells and answers on this page show it when the page is opened again.';
    this.show();
  }

  /** What cannot be had back is asked twice. */
  erase() {
    if (this.eraser.textContent === 'Erase') {
      this.eraser.textContent = 'Really erase everything';
      this.note.textContent = 'This takes away all answers, edits and ticks in this browser.';
      setTimeout(() => {
        this.eraser.textContent = 'Erase';
      }, 8000);
      return;
    }
    for (const key of ours()) localStorage.removeItem(key);
    this.eraser.textContent = 'Erase';
    this.note.textContent = 'Erased. What is open on this page stays until it is closed.';
    /** @type {NodeListOf<HTMLElement>} */
    const ticks = document.querySelectorAll('.exercise-done');
    for (const tick of ticks) tick.hidden = true;
    this.show();
  }
}

/**
 * Say beside a chapter how many of its tasks are done.
 * @param {HTMLElement} line
 * @param {number} count
 * @param {number} tasks
 */
function mark(line, count, tasks) {
  const old = line.querySelector(':scope > a > .contents-done');
  if (!count) return void old?.remove();
  const made = old ?? make('span', { className: 'contents-done' });
  if (!old) line.querySelector('a').append(made);
  made.replaceChildren(
    make('span', {
      ariaHidden: 'true',
      textContent: count === tasks ? ' ✓' : ` ${count}/${tasks}`,
    }),
    make('span', { className: 'said', textContent: ` (${count} of ${tasks} done)` }),
  );
}
