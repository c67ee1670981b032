/**
 * How long to wait before the next attempt: full jitter, so that a crowd does not come back as one.
 *
 * Anything from nothing up to a bound that doubles with each attempt and stays well under the 30 s
 * for which a lost session is kept.
 *
 * @param {number} attempt Counted from 0.
 * @param {{ first?: number, most?: number, chance?: () => number }} [how] In milliseconds.
 * @returns {number} Milliseconds.
 */
export function backoff(attempt, { first = 500, most = 5000, chance = Math.random } = {}) {
  return chance() * Math.min(most, first * 2 ** Math.min(attempt, 16));
}

/** A wait that can be cut short: by `hurry`, and by a network that is there again. */
export class Pause {
  hurry = () => {};

  /** @param {number} ms @returns {Promise<void>} */
  wait(ms) {
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        globalThis.removeEventListener?.('online', over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      globalThis.addEventListener?.('online', over);
      this.hurry = over;
    });
  }
}
