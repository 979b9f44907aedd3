// An exercise: an answer is written, and checks say whether it is right.

import { make } from '../../look/src/elements.js';
import { button, code, Item, toolbar } from './item.js';
import { complaint } from './words.js';
import { UNKEPT } from './work.js';

/** @typedef {import('../../live/src/kernel.js').Attempt} Attempt */
/** @typedef {import('../../live/src/kernel.js').Kernel} Kernel */

export class Exercise extends Item {
  /** @type {Kernel | undefined} */ kernel;
  /** @type {ReturnType<import('../../live/src/editor.js').editor> | undefined} */ editor;
  checking = false;

  /**
   * @param {HTMLElement} root
   * @param {string} page
   */
  constructor(root, page) {
    super(root, page, '.exercise-title');
    this.given = code(root.querySelector(':scope > .exercise-given'))[0] ?? '';
    this.checks = code(root.querySelector(':scope > .exercise-checks'));
    const [start = ''] = code(root.querySelector(':scope > .exercise-start'));
    this.start = start.replace(/\n+$/, '');
    this.oneHintAtATime();
    if (this.checks.length && window.live?.kernel) this.furnish();
    else if (!this.checks.length) this.byHand();
  }

  oneHintAtATime() {
    /** @type {NodeListOf<HTMLDetailsElement>} */
    const folds = this.root.querySelectorAll(':scope > .hint');
    const hints = [...folds];
    hints.slice(1).forEach((hint, k) => {
      hint.hidden = !hints[k].open;
      hints[k].addEventListener('toggle', () => {
        if (hints[k].open) hint.hidden = false;
      });
    });
  }

  /** An open end has no checks: its reader says when it is done. */
  byHand() {
    const mark = button('', () => {
      this.finish(!this.kept.done);
      offer();
    });
    const offer = () => {
      mark.textContent = this.kept.done ? 'Not done after all' : 'Mark as done';
    };
    offer();
    const tools = toolbar(mark, this.verdict);
    const below = this.root.querySelector(':scope > .hint, :scope > .solution');
    if (below) below.before(tools);
    else this.root.append(tools);
  }

  furnish() {
    /** @type {(text: string, action: () => unknown) => HTMLButtonElement} */
    const titled = (text, action) => this.named(button('', action), text);
    this.block = this.findBlock();
    this.writer = titled('Write an answer', () => this.write());
    this.checker = titled('Check', () => (this.checking ? this.stop() : this.check()));
    this.resetter = titled('Begin again', () => this.reset());
    this.tools = toolbar(this.checker, this.writer, this.resetter);
    this.printed = make('div', { className: 'exercise-printed cell_output', hidden: true });
    this.block.parentElement.after(this.tools, this.verdict, this.printed);
    this.resetter.hidden = this.draft === this.start;
    if (this.draft === this.start) return;
    this.named(this.writer, 'Go on with your answer');
    // What somebody wrote last time stands there when they come back.
    const pre = this.block.querySelector('pre');
    if (pre) pre.textContent = this.draft;
  }

  /**
   * Where the answer is written: over what the book begins, else in a place of its own.
   * @returns {HTMLElement}
   */
  findBlock() {
    /** @type {HTMLElement | null} */
    const begun = this.root.querySelector(':scope > .exercise-start div[class*="highlight-"]');
    if (begun) return begun;
    const block = make('div', { className: 'highlight-python' });
    const place = make('div', { className: 'exercise-start' }, block);
    this.root.querySelector(':scope > .hint, :scope > .exercise-checks').before(place);
    return block;
  }

  /**
   * What a button says, and to whom it belongs.
   * @param {HTMLButtonElement} made
   * @param {string} text
   */
  named(made, text) {
    const ariaLabel = `${text}: ${this.title.querySelector('.exercise-name').textContent}`;
    return Object.assign(made, { textContent: text, ariaLabel });
  }

  /** @returns {string} */
  get draft() {
    return this.editor?.get() ?? this.kept.draft ?? this.start;
  }

  async write() {
    if (!this.editor) {
      try {
        const editor = await window.live.edit(this.block, {
          doc: this.draft,
          label: `Your answer to ${this.title.textContent}. Escape leaves the editor.`,
          onChange: (text) => this.changed(text),
          onRun: () => this.check(),
          onRunNext: () => this.check(),
          onLeave: () => this.checker.focus(),
        });
        if (this.editor) return void editor.destroy();
        this.editor = editor;
      } catch (error) {
        return this.say('wrong', `The editor could not be loaded: ${error.message}`);
      }
      /** @type {HTMLElement | null} */
      const highlight = this.block.querySelector('.highlight');
      if (highlight) highlight.hidden = true;
      this.writer.hidden = true;
    }
    this.editor.focus();
  }

  /** @param {string} text */
  changed(text) {
    const own = text !== this.start;
    this.resetter.hidden = !own;
    const kept = this.keep({ draft: own ? text : undefined });
    this.say('', kept ? '' : UNKEPT.trim());
  }

  async reset() {
    await this.write();
    this.editor?.set(this.start); // which undo takes back
  }

  async check() {
    if (this.checking) return;
    this.checking = true;
    this.named(this.checker, 'Stop');
    this.editor?.error(null);
    this.printed.replaceChildren();
    this.printed.hidden = true;
    const answer = this.draft;
    /** @type {Attempt} */
    let outcome;
    try {
      outcome = await this.attempt(answer);
    } catch (error) {
      outcome = { result: 'died', message: error.message };
    }
    this.checking = false;
    this.named(this.checker, 'Check');
    this.tell(outcome, answer);
  }

  /**
   * @param {string} answer
   * @returns {Promise<Attempt>}
   */
  async attempt(answer) {
    const kernel = await window.live.kernel();
    this.kernel = kernel;
    /** @param {CustomEvent<import('../../live/src/kernel.js').Status>} event */
    const tell = ({ detail }) => {
      if (detail.state === 'loading') this.say('', detail.text);
    };
    kernel.addEventListener('status', tell);
    this.say('', 'Checking …');
    const job = { given: this.given, answer, checks: this.checks };
    const outcome = await kernel.attempt(job, {
      onOutput: (message) => {
        this.printed.hidden = false;
        window.live.show(message, this.printed);
      },
    });
    kernel.removeEventListener('status', tell);
    return outcome;
  }

  stop() {
    this.kernel?.stopAttempt();
  }

  /**
   * @param {Attempt} outcome
   * @param {string} answer
   */
  tell(outcome, answer) {
    if (outcome.result === 'passed') return this.solved();
    if (outcome.row && outcome.part === '<answer>') this.editor?.error(outcome.row);
    this.say('wrong', complaint(outcome, answer));
  }

  solved() {
    const unkept = this.finish(true) ? '' : UNKEPT;
    const more = this.root.querySelector(':scope > .solution')
      ? ' How does the book’s solution differ from yours?'
      : '';
    this.say('right', `Solved: every check passes.${more}${unkept}`);
  }

  /** @param {boolean} done */
  finish(done) {
    this.tick.hidden = !done;
    return this.keep({ done });
  }
}
