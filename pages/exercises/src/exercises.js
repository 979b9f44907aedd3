// Brings exercises and questions to life, and keeps what a reader has done: on this device, nowhere else.
// The page is whole without this script, and checking needs Python (`window.live`), which is fetched when asked for.

(() => {
  const make = (tag, options = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), options);
    made.append(...children);
    return made;
  };
  const button = (text, onclick, options = {}) =>
    make('button', {
      type: 'button',
      className: 'exercise-button',
      textContent: text,
      onclick,
      ...options,
    });
  /** A message's words: what stands between backticks is code. */
  const words = (text) =>
    text
      .split(/`([^`]+)`/)
      .map((piece, k) => (k % 2 ? make('code', { textContent: piece }) : piece));
  const code = (root) => [...(root?.querySelectorAll('pre') ?? [])].map((pre) => pre.textContent);

  // ---- the reader's work: for each exercise or question {page, done, draft} ----
  const KEY = 'exercises';
  const OURS = /^(exercises$|live:)/; // the live cells keep edited cells, page by page
  const work = {
    read() {
      try {
        return JSON.parse(localStorage.getItem(KEY)) ?? {};
      } catch {
        return {};
      }
    },
    /** Change what is kept of one item; false if it cannot be kept. */
    change(name, news) {
      const all = this.read(); // another tab may have written
      all[name] = { ...all[name], ...news };
      try {
        localStorage.setItem(KEY, JSON.stringify(all));
      } catch {
        return false;
      }
      contents.show();
      return true;
    },
  };
  const UNKEPT = ' (It cannot be kept for next time: this browser’s storage is full or closed.)';

  // ---- exercises ----
  class Exercise {
    constructor(root, page) {
      Object.assign(this, {
        root,
        page,
        name: root.id,
        title: root.querySelector('.exercise-title'),
      });
      this.given = code(root.querySelector(':scope > .exercise-given'))[0] ?? '';
      this.checks = code(root.querySelector(':scope > .exercise-checks'));
      this.start = (code(root.querySelector(':scope > .exercise-start'))[0] ?? '').replace(
        /\n+$/,
        '',
      );
      this.verdict = make('div', { className: 'exercise-verdict', role: 'status' });
      this.tick = make('span', {
        className: 'exercise-done',
        textContent: ' ✓ done',
        hidden: !work.read()[this.name]?.done,
      });
      this.title.append(this.tick);
      this.oneHintAtATime();
      if (this.checks.length && window.live?.kernel) this.furnish();
      else if (!this.checks.length) this.byHand();
    }

    oneHintAtATime() {
      const hints = [...this.root.querySelectorAll(':scope > .hint')];
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
        const done = !work.read()[this.name]?.done;
        this.finish(done);
        say();
      });
      const say = () => {
        mark.textContent = work.read()[this.name]?.done ? 'Not done after all' : 'Mark as done';
      };
      say();
      const tools = make('div', { className: 'exercise-tools' }, mark, this.verdict);
      (this.root.querySelector(':scope > .hint, :scope > .solution') ?? null)?.before(tools) ??
        this.root.append(tools);
    }

    furnish() {
      const titled = (text, action) => this.named(button('', action), text);
      this.block = this.root.querySelector(':scope > .exercise-start div[class*="highlight-"]');
      if (!this.block) {
        this.block = make('div', { className: 'highlight-python' });
        const place = make('div', { className: 'exercise-start' }, this.block);
        this.root.querySelector(':scope > .hint, :scope > .exercise-checks').before(place);
      }
      this.writer = titled('Write an answer', () => this.write());
      this.checker = titled('Check', () => (this.checking ? this.stop() : this.check()));
      this.resetter = titled('Begin again', () => this.reset());
      this.tools = make(
        'div',
        { className: 'exercise-tools' },
        this.checker,
        this.writer,
        this.resetter,
      );
      this.printed = make('div', { className: 'exercise-printed cell_output', hidden: true });
      this.block.parentElement.after(this.tools, this.verdict, this.printed);
      this.resetter.hidden = this.draft === this.start;
      if (this.draft !== this.start) this.named(this.writer, 'Go on with your answer');
      // What somebody wrote last time stands there when they come back.
      if (this.draft !== this.start && this.block.querySelector('pre'))
        this.block.querySelector('pre').textContent = this.draft;
    }

    /** What a button says, and to whom it belongs. */
    named(made, text) {
      return Object.assign(made, {
        textContent: text,
        ariaLabel: `${text}: ${this.title.querySelector('.exercise-name').textContent}`,
      });
    }

    get draft() {
      return this.editor?.get() ?? work.read()[this.name]?.draft ?? this.start;
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
        const highlight = this.block.querySelector('.highlight');
        if (highlight) highlight.hidden = true;
        this.writer.hidden = true;
      }
      this.editor.focus();
    }

    changed(text) {
      const own = text !== this.start;
      this.resetter.hidden = !own;
      const kept = work.change(this.name, { page: this.page, draft: own ? text : undefined });
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
      let outcome;
      try {
        const kernel = (this.kernel = await window.live.kernel());
        const tell = ({ detail }) => {
          if (detail.state === 'loading') this.say('', detail.text);
        };
        kernel.addEventListener('status', tell);
        this.say('', 'Checking …');
        outcome = await kernel.attempt(
          { given: this.given, answer, checks: this.checks },
          {
            onOutput: (message) => {
              this.printed.hidden = false;
              window.live.show(message, this.printed);
            },
          },
        );
        kernel.removeEventListener('status', tell);
      } catch (error) {
        outcome = { result: 'died', message: error.message };
      }
      this.checking = false;
      this.named(this.checker, 'Check');
      this.tell(outcome, answer);
    }

    stop() {
      this.kernel?.stopAttempt();
    }

    tell({ result, message, part, row }, answer) {
      if (result === 'passed') {
        const kept = this.finish(true);
        const solution = this.root.querySelector(':scope > .solution');
        this.say(
          'right',
          `Solved: every check passes.${solution ? ' How does the book’s solution differ from yours?' : ''}${kept ? '' : UNKEPT}`,
        );
        return;
      }
      if (row && part === '<answer>') this.editor?.error(row);
      const line = row ? ` in line ${row}` : '';
      const missing = /^NameError: name '(\w+)' is not defined/.exec(message ?? '')?.[1];
      this.say(
        'wrong',
        {
          failed: message || 'A check says no.',
          raised: /^(Indentation|Syntax)Error/.test(message)
            ? `Python cannot read your answer${line}: ${message}`
            : `Your code stopped${line}. ${message}`,
          broken:
            missing && !answer.includes(missing)
              ? `The checks look for \`${missing}\`, and there is none: is it called something else?`
              : part?.startsWith('<check')
                ? `The checks could not use your answer. ${message}`
                : `This exercise is broken, not your answer: ${message}`,
          endless: message,
          died: message,
          stopped: 'Stopped.',
        }[result] ?? message,
      );
    }

    finish(done) {
      this.tick.hidden = !done;
      return work.change(this.name, { page: this.page, done });
    }

    say(kind, text) {
      this.verdict.className = `exercise-verdict ${kind ? `verdict-${kind}` : ''}`;
      this.verdict.replaceChildren(...words(text));
    }
  }

  // ---- questions: first a prediction, then what comes of it ----
  class Question {
    constructor(root, page) {
      Object.assign(this, { root, page, name: root.id });
      this.options = [...root.querySelectorAll('.option')].filter((option) =>
        option.matches('details'),
      );
      this.tick = make('span', {
        className: 'exercise-done',
        textContent: ' ✓ done',
        hidden: !work.read()[this.name]?.done,
      });
      root.querySelector('.question-title').append(this.tick);
      this.verdict = make('div', { className: 'exercise-verdict', role: 'status' });
      this.tools = make('div', { className: 'exercise-tools' });
      root.querySelector('.options').after(this.tools, this.verdict);
      for (const option of this.options)
        option.addEventListener('toggle', () => option.open && this.chosen(option));
      this.numbers = this.options.map((option) => this.text(option).replace('−', '-'));
      if (
        this.options.length &&
        this.numbers.every((text) => /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text))
      )
        this.askForNumber();
      const [run] = code(root.querySelector('.question-run'));
      if (run && window.live?.kernel)
        this.runner = button('Run it', () => this.run(run), { hidden: true });
      if (this.runner) this.tools.append(this.runner);
    }

    text(option) {
      return option.querySelector('.option-answer').textContent.trim();
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
        this.predict(field.value.trim().replace(',', '.').replace('−', '-'));
      });
      this.root.querySelector('.options').before(form);
    }

    predict(typed) {
      const number = Number(typed);
      if (!typed || !Number.isFinite(number))
        return this.say('', 'A number is asked for, such as `1.5`.');
      const near = this.numbers.findIndex((text) => {
        const digits = (/\.(\d+)/.exec(text)?.[1] ?? '').length;
        return (
          Math.abs(Number(text) - number) <= 0.5 * 10 ** -Math.max(digits, 0) * (digits ? 1 : 1e-6)
        );
      });
      if (near < 0)
        return this.say(
          'wrong',
          `${typed} is none of the answers that people give. Think again, or look at theirs.`,
        );
      this.options[near].open = true;
      this.options[near].querySelector('summary').focus();
    }

    chosen(option) {
      this.say('', '');
      if (this.runner) this.runner.hidden = false;
      if (option.classList.contains('option-correct')) {
        this.tick.hidden = false;
        work.change(this.name, { page: this.page, done: true });
      } else work.change(this.name, { page: this.page });
    }

    async run(run) {
      this.runner.disabled = true;
      this.say('', 'Running …');
      let outcome;
      try {
        outcome = await (await window.live.kernel()).attempt({
          given: '',
          answer: run,
          checks: null,
        });
      } catch (error) {
        outcome = { result: 'died', message: error.message };
      }
      this.runner.disabled = false;
      this.say(
        '',
        outcome.result === 'value' ? `It gives \`${outcome.message}\`.` : outcome.message,
      );
    }

    say(kind, text) {
      this.verdict.className = `exercise-verdict ${kind ? `verdict-${kind}` : ''}`;
      this.verdict.replaceChildren(...words(text));
    }
  }

  // ---- how far one has come, beside the contents ----
  const contents = {
    prepare(nav) {
      this.lines = [...nav.querySelectorAll('li[data-tasks]')];
      this.total = this.lines.reduce((sum, line) => sum + Number(line.dataset.tasks), 0);
      if (!this.total) return;
      this.summary = make('summary');
      this.note = make('span', { className: 'progress-note', role: 'status' });
      const file = make('input', { type: 'file', accept: '.json,application/json', hidden: true });
      file.addEventListener('change', () => {
        this.load(file.files[0]);
        file.value = '';
      });
      nav.append(
        make(
          'details',
          { className: 'progress' },
          this.summary,
          make(
            'div',
            { className: 'progress-body' },
            'Your answers and edits are kept in this browser. Nothing is sent anywhere.',
            make(
              'div',
              { className: 'exercise-tools' },
              button('Save to a file', () => this.save()),
              button('Load from a file', () => file.click()),
              (this.eraser = button('Erase', () => this.erase())),
              file,
            ),
            this.note,
          ),
        ),
      );
      addEventListener('storage', () => this.show());
      this.show();
    },

    show() {
      if (!this.total) return;
      const done = {};
      for (const { page, done: finished } of Object.values(work.read()))
        if (finished) done[page] = (done[page] ?? 0) + 1;
      let sum = 0;
      for (const line of this.lines) {
        const count = Math.min(done[line.dataset.page] ?? 0, Number(line.dataset.tasks));
        sum += count;
        let mark = line.querySelector(':scope > a > .contents-done');
        if (!count) {
          mark?.remove();
          continue;
        }
        if (!mark)
          line.querySelector('a').append((mark = make('span', { className: 'contents-done' })));
        const all = count === Number(line.dataset.tasks);
        mark.replaceChildren(
          make('span', {
            ariaHidden: 'true',
            textContent: all ? ' ✓' : ` ${count}/${line.dataset.tasks}`,
          }),
          make('span', {
            className: 'said',
            textContent: ` (${count} of ${line.dataset.tasks} done)`,
          }),
        );
      }
      this.summary.textContent = `Your progress: ${sum} of ${this.total}`;
    },

    save() {
      const kept = Object.fromEntries(
        Object.entries(localStorage).filter(([key]) => OURS.test(key)),
      );
      const text = JSON.stringify({ book: 'micrograd', format: 1, kept }, null, 1);
      const link = make('a', {
        href: URL.createObjectURL(new Blob([text], { type: 'application/json' })),
        download: 'micrograd-progress.json',
      });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      this.note.textContent = 'Saved as micrograd-progress.json.';
    },

    async load(chosen) {
      if (!chosen) return;
      let kept;
      try {
        const read = JSON.parse(await chosen.text());
        if (read.book !== 'micrograd' || read.format !== 1) throw 0;
        kept = Object.entries(read.kept).filter(
          ([key, value]) => OURS.test(key) && typeof JSON.parse(value) === 'object',
        );
      } catch {
        this.note.textContent = `${chosen.name} is not a file that this book has saved. Nothing was changed.`;
        return;
      }
      try {
        for (const [key, value] of kept) localStorage.setItem(key, value);
      } catch {
        this.note.textContent =
          'This browser’s storage is full or closed: not everything could be kept.';
        return;
      }
      this.note.textContent =
        'Loaded. Cells and answers on this page show it when the page is opened again.';
      this.show();
    },

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
      for (const key of Object.keys(localStorage)) if (OURS.test(key)) localStorage.removeItem(key);
      this.eraser.textContent = 'Erase';
      this.note.textContent = 'Erased. What is open on this page stays until it is closed.';
      for (const tick of document.querySelectorAll('.exercise-done')) tick.hidden = true;
      this.show();
    },
  };

  function start() {
    const nav = document.getElementById('contents');
    const page = nav?.querySelector('.here')?.dataset.page ?? '';
    for (const root of document.querySelectorAll('.exercise[id]')) new Exercise(root, page);
    for (const root of document.querySelectorAll('.question[id]')) new Question(root, page);
    if (nav) contents.prepare(nav);
  }
  if (document.readyState === 'complete') start();
  else addEventListener('DOMContentLoaded', start);
})();
