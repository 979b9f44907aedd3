// A question: first a prediction, then what comes of it.

import { make } from '../../look/src/elements.js';
import { button, code, Item, toolbar } from './item.js';
import { areNumbers, nearest, plain } from './words.js';

/** @typedef {import('../../live/src/kernel.js').Attempt} Attempt */

export class Question extends Item {
  /**
   * @param {HTMLElement} root
   * @param {string} page
   */
  constructor(root, page) {
    super(root, page, '.question-title');
    this.options = [...root.querySelectorAll('details')].filter((fold) =>
      fold.classList.contains('option'),
    );
    this.tools = toolbar();
    root.querySelector('.options').after(this.tools, this.verdict);
    for (const option of this.options)
      option.addEventListener('toggle', () => option.open && this.chosen(option));
    this.numbers = this.options.map((option) =>
      plain(option.querySelector('.option-answer').textContent),
    );
    if (areNumbers(this.numbers)) this.askForNumber();
    const [run] = code(root.querySelector('.question-run'));
    if (run && window.live?.kernel)
      this.runner = button('Run it', () => this.run(run), { hidden: true });
    if (this.runner) this.tools.append(this.runner);
  }

  /** Where every answer is a number, a reader can say one before seeing any. */
  askForNumber() {
    const field = make('input', {
      type: 'text',
      inputMode: 'decimal',
      className: 'question-number-field',
      autocomplete: 'off',
      ariaLabel: 'Your prediction, a number',
    });
    const form = make(
      'form',
      { className: 'exercise-tools question-prediction' },
      make('label', {}, 'Your prediction ', field),
      button('Predict', undefined, { type: 'submit' }),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.predict(plain(field.value).replace(',', '.'));
    });
    this.root.querySelector('.options').before(form);
  }

  /** @param {string} typed */
  predict(typed) {
    const number = Number(typed);
    if (!typed || !Number.isFinite(number))
      return this.say('', 'A number is asked for, such as `1.5`.');
    const near = this.options[nearest(this.numbers, number)];
    if (!near) {
      const none = `${typed} is none of the answers that people give.`;
      return this.say('wrong', `${none} Think again, or look at theirs.`);
    }
    near.open = true;
    near.querySelector('summary').focus();
  }

  /** @param {HTMLDetailsElement} option */
  chosen(option) {
    this.say('', '');
    if (this.runner) this.runner.hidden = false;
    if (option.classList.contains('option-correct')) {
      this.tick.hidden = false;
      this.keep({ done: true });
    } else this.keep({});
  }

  /** @param {string} code */
  async run(code) {
    this.runner.disabled = true;
    this.say('', 'Running …');
    /** @type {Attempt} */
    let outcome;
    try {
      const kernel = await window.live.kernel();
      outcome = await kernel.attempt({ given: '', answer: code, checks: null });
    } catch (error) {
      outcome = { result: 'died', message: error.message };
    }
    this.runner.disabled = false;
    const { result, message } = outcome;
    this.say('', result === 'value' ? `It gives \`${message}\`.` : message);
  }
}
