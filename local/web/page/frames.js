/** @import { Frame, Seen } from '../client/types.js' */
/** @import { Visit } from '../hub-client.js' */

const MOST = 2000;

/**
 * @typedef {Seen & { number: number, asked?: Entry, latency?: number }} Entry
 *   `asked` is the request that a reply answers; `latency` the milliseconds between them.
 */

/** The frames of a visit, replies matched with their requests. */
export class Frames {
  /** @type {Entry[]} The newest last. */
  list = [];
  #count = 0;
  /** @type {Map<string, Entry>} */
  #open = new Map();
  /** @type {(entry: Entry) => void} */
  onentry = () => {};

  /** @param {Visit} visit */
  constructor(visit) {
    visit.on('seen', (seen) => this.#take(seen));
  }

  clear() {
    this.list = [];
  }

  /** @param {Seen} seen */
  #take(seen) {
    this.#count += 1;
    /** @type {Entry} */
    const entry = { ...seen, number: this.#count };
    const id = seen.frame.requestId;
    if (id && seen.way === 'out') this.#open.set(id, entry);
    if (id && seen.way === 'in') {
      const asked = this.#open.get(id);
      this.#open.delete(id);
      if (asked) Object.assign(entry, { asked, latency: seen.at - asked.at });
    }
    this.list.push(entry);
    if (this.list.length > MOST) this.list.shift();
    this.onentry(entry);
  }
}
