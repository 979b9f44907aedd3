// What a run prints and shows: sent in batches, and only so much of it.

const MOST = 100_000; // characters of one run
const MOST_PICTURES = 200;
const MOST_CLEARED = 2000; // as often may a run begin its output anew
export const EVERY = 50; // milliseconds
const BATCH = 8192; // characters

/**
 * @param {(type: 'stream' | 'display' | 'clear', more: object) => void} post
 * @param {() => number} now  in milliseconds
 */
export function printing(post, now) {
  let waiting = '';
  let stream = '';
  let sent = 0;
  let shown = 0;
  let cleared = 0;
  let flushed = 0;

  function flush() {
    if (waiting) post('stream', { name: stream, text: waiting });
    waiting = '';
    flushed = now();
  }

  /** @type {(name: string, text: string) => void} */
  function print(name, text) {
    if (sent >= MOST || !text) return;
    if (name !== stream) flush();
    stream = name;
    waiting += text.slice(0, MOST - sent);
    sent += text.length;
    if (sent >= MOST) {
      const characters = MOST.toLocaleString('en');
      waiting += `\n… more was printed than this page shows (${characters} characters)\n`;
    }
    if (sent >= MOST || waiting.length > BATCH || now() - flushed > EVERY) flush();
  }

  /** @type {(kind: string, text: string) => void} */
  function display(kind, text) {
    flush();
    if (text.length > 20 * MOST)
      [kind, text] = ['text/plain', '… too large to be shown on this page'];
    shown += 1;
    if (shown <= MOST_PICTURES) post('display', { kind, text });
    else if (shown === MOST_PICTURES + 1) {
      const room = `${MOST_PICTURES} outputs`;
      print('stdout', `… more was shown than this page has room for (${room})\n`);
    }
  }

  /**
   * What has been shown is to go: now, or when something else is shown.
   * @param {boolean} wait
   */
  function clear(wait) {
    if (cleared === MOST_CLEARED) return;
    cleared += 1;
    if (!wait) waiting = '';
    flush();
    shown = 0;
    post('clear', { wait });
  }

  /** A run begins: it has all of its room before it. */
  function begin() {
    sent = 0;
    shown = 0;
    cleared = 0;
  }

  return { begin, print, display, clear, flush };
}
