// An editor for Python, in the book's colours.

import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import {
  defaultKeymap,
  history,
  historyKeymap,
  indentLess,
  indentMore,
} from '@codemirror/commands';
import { python } from '@codemirror/lang-python';
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, drawSelection, EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';

// The classes are those of the static code, so one style sheet colours both.
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.self], class: 'k' },
  { tag: [tags.bool, tags.null], class: 'kc' },
  { tag: [tags.string, tags.special(tags.string)], class: 's1' },
  { tag: tags.comment, class: 'c1' },
  { tag: tags.function(tags.definition(tags.variableName)), class: 'nf' },
  { tag: tags.definition(tags.className), class: 'nc' },
  { tag: tags.meta, class: 'nd' },
]);

/** @type {import('@codemirror/state').StateEffectType<number | null>} */
const mark = StateEffect.define();
/** @type {StateField<import('@codemirror/view').DecorationSet>} */
const marked = StateField.define({
  create: () => Decoration.none,
  update(lines, change) {
    for (const effect of change.effects) {
      if (!effect.is(mark)) continue;
      const { doc } = change.state;
      if (!effect.value || effect.value > doc.lines) return Decoration.none;
      return Decoration.set([
        Decoration.line({ class: 'live-wrong-line' }).range(doc.line(effect.value).from),
      ]);
    }
    return change.docChanged ? Decoration.none : lines;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** @type {import('@codemirror/view').Command} */
const indent = (view) => {
  if (view.state.selection.ranges.some((range) => !range.empty)) return indentMore(view);
  view.dispatch(view.state.replaceSelection('    '));
  return true;
};

/**
 * @typedef {object} Settings
 * @property {string} [doc]  what it says at first
 * @property {string} [label]
 * @property {(text: string) => void} [onChange]
 * @property {() => void} [onRun]
 * @property {() => void} [onRunNext]
 * @property {() => void} [onLeave]
 */

/**
 * An editor at the end of an element.
 * @param {Element} parent
 * @param {Settings} [settings]
 */
export function editor(
  parent,
  { doc = '', label = 'Python code', onChange, onRun, onRunNext, onLeave } = {},
) {
  const box = document.createElement('div');
  box.className = 'live-editor highlight';
  parent.append(box);
  /** @param {(() => void) | undefined} action */
  const act = (action) => () => {
    action?.();
    return Boolean(action);
  };
  const view = new EditorView({
    parent: box,
    state: EditorState.create({
      doc,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: 'Shift-Enter', run: act(onRunNext ?? onRun) },
            { key: 'Mod-Enter', run: act(onRun) },
          ]),
        ),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        indentUnit.of('    '),
        EditorState.tabSize.of(4),
        python(),
        syntaxHighlighting(colours),
        marked,
        keymap.of([
          { key: 'Tab', run: indent, shift: indentLess },
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
        ]),
        // After what Escape means to a selection: it leaves.
        Prec.low(
          keymap.of([
            {
              key: 'Escape',
              run: (v) => {
                if (onLeave) onLeave();
                else v.contentDOM.blur();
                return true;
              },
            },
          ]),
        ),
        EditorView.contentAttributes.of({
          'aria-label': label,
          autocapitalize: 'off',
          autocorrect: 'off',
          spellcheck: 'false',
        }),
        EditorView.updateListener.of(
          (update) => update.docChanged && onChange?.(update.state.doc.toString()),
        ),
      ],
    }),
  });
  return {
    get: () => view.state.doc.toString(),
    /** @param {string} text */
    set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    /** @param {number | null} line  which is wrong */
    error: (line) => view.dispatch({ effects: mark.of(line) }),
    focus: () => view.focus(),
    destroy: () => {
      view.destroy();
      box.remove();
    },
  };
}
