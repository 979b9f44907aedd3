// What exercises and questions say, and how they read what is written to them: no page is needed.

/** @typedef {import('../../live/src/kernel.js').Attempt} Attempt */

/**
 * The pieces of a message: every second one stood between backticks, and is code.
 * @param {string} text
 */
export const pieces = (text) => text.split(/`([^`]+)`/);

/**
 * Why the checks have not passed.
 * @param {Attempt} outcome
 * @param {string} answer
 */
export function complaint({ result, message, part, row }, answer) {
  switch (result) {
    case 'failed':
      return message || 'A check says no.';
    case 'raised':
      return raised(message, row);
    case 'broken':
      return broken(message, part, answer);
    case 'stopped':
      return 'Stopped.';
    default:
      return message;
  }
}

/**
 * @param {string} message
 * @param {number} row
 */
function raised(message, row) {
  const line = row ? ` in line ${row}` : '';
  if (/^(Indentation|Syntax)Error/.test(message))
    return `Python cannot read your answer${line}: ${message}`;
  return `Your code stopped${line}. ${message}`;
}

/**
 * @param {string} message
 * @param {string} part
 * @param {string} answer
 */
function broken(message, part, answer) {
  const missing = /^NameError: name '(\w+)' is not defined/.exec(message ?? '')?.[1];
  if (missing && !answer.includes(missing))
    return `The checks look for \`${missing}\`, and there is none: is it called something else?`;
  if (part?.startsWith('<check')) return `The checks could not use your answer. ${message}`;
  return `This exercise is broken, not your answer: ${message}`;
}

/**
 * A number as a reader or the book may write it, for JavaScript.
 * @param {string} text
 */
export const plain = (text) => text.trim().replace('−', '-');

/**
 * Are the answers of a question all numbers, so that one can be asked for?
 * @param {string[]} answers
 */
export const areNumbers = (answers) =>
  answers.length > 0 && answers.every((text) => /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text));

/**
 * Which of the answers a number is, as exactly as that answer is written; -1 if it is none.
 * @param {string[]} answers
 * @param {number} number
 */
export const nearest = (answers, number) =>
  answers.findIndex((text) => {
    const digits = (/\.(\d+)/.exec(text)?.[1] ?? '').length;
    const room = 0.5 * 10 ** -digits * (digits ? 1 : 1e-6);
    return Math.abs(Number(text) - number) <= room;
  });
