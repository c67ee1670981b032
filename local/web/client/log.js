/** @import { Frame } from './types.js' */

/**
 * Room events into their order: each once, none before its time.
 *
 * Per epoch `seq` rises by exactly 1. What comes too early waits; so does what is of an epoch not
 * begun, for a snapshot may be overtaken by the events after it.
 */
export class RoomLog {
  /** Empty before the first `begin`. */
  epoch = '';
  /** Everything up to here was delivered. */
  seq = 0;
  /** @type {Map<string, Frame>} */
  #early = new Map();

  /**
   * The room is known as it is at `seq`. An older snapshot than that changes nothing.
   *
   * @param {string} epoch
   * @param {number} seq
   * @returns {Frame[]} What follows on it, if it is here already.
   */
  begin(epoch, seq) {
    if (epoch !== this.epoch || seq > this.seq) [this.epoch, this.seq] = [epoch, seq];
    for (const [place, frame] of this.#early) {
      if (frame.epoch !== epoch || Number(frame.seq) <= this.seq) this.#early.delete(place);
    }
    return this.#next();
  }

  /**
   * @param {Frame} frame
   * @returns {Frame[]} What can be delivered now: nothing, it, or it and what waited for it.
   */
  take(frame) {
    if (frame.epoch === undefined || frame.seq === undefined) return [frame];
    if (frame.epoch !== this.epoch || frame.seq > this.seq) {
      this.#early.set(`${frame.epoch} ${frame.seq}`, frame);
    }
    return this.#next();
  }

  /** Whether an event is here that cannot be delivered: something before it is missing. */
  get waits() {
    return this.epoch !== '' && this.#early.size > 0;
  }

  #next() {
    const ready = [];
    for (;;) {
      const place = `${this.epoch} ${this.seq + 1}`;
      const frame = this.#early.get(place);
      if (!frame) return ready;
      this.#early.delete(place);
      this.seq += 1;
      ready.push(frame);
    }
  }
}
