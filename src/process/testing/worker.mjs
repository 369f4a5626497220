/**
 * A process for the tests of this folder, on the code of the last build: only such can be forked. Nothing but tests may run
 * this.
 */
import { KsdError } from '../../../dist/errors.js';
import { serveGenerator } from '../../../dist/process/serveGenerator.js';

/** What tasks before this one did after their last event. */
const ends = [];

const tasks = {
  async *count({ to }) {
    let made = 0;
    try {
      while (made < to) yield ++made;
    } finally {
      ends.push(`made ${made}`);
    }
  },
  async *ends() {
    yield ends.splice(0);
  },
  async *echo({ value }) {
    yield value;
  },
  async *refuse() {
    yield 'begun';
    throw new KsdError('INPUT', 'That cannot be done.', 'Ask for something else.');
  },
  async *fail() {
    yield* [];
    throw new TypeError('This is a defect.');
  },
  async *exit({ status }) {
    yield 'begun';
    process.exit(status);
  },
  /** Until it is told to stop. */
  async *wait(_, signal) {
    yield 'begun';
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ends.push('aborted');
    signal.throwIfAborted();
  },
};

serveGenerator((task, signal) => tasks[task.kind](task, signal));
