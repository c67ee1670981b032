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
