/** @import { Frame } from './types.js' */
/** @import { Wire } from './wire.js' */
import { HubProblem, Unreachable } from './problem.js';
import { random } from './random.js';

const PATIENCE_MS = 30_000;
/** API Gateway ends a connection on which a larger frame is sent. */
const MOST_BYTES = 32 * 1024;

/**
 * @typedef {object} Request
 * @property {Frame} frame
 * @property {Wire | null} wire The connection on which it was asked last.
 * @property {boolean} ofSession Whether it outlives its connection.
 * @property {(frame: Frame) => void} resolve
 * @property {(error: Error) => void} reject
 */

/**
 * What was asked and not answered yet.
 *
 * A request of a session outlives its connection: it is asked again under its `requestId`, which
 * gets the same reply and has no second effect.
 */
export class Requests {
  // A session outlives this page, and no requestId may be used twice in one.
  #name = random(6);
  #count = 0;
  /** @type {Map<string, Request>} */
  #open = new Map();

  /**
   * @param {Wire | null} wire Without one, it waits for `again`.
   * @param {string} type
   * @param {object} payload
   * @param {(wire: Wire, frame: Frame) => void} send
   * @param {boolean} ofSession
   * @returns {Promise<Frame>}
   * @throws {HubProblem} The reply is an error.
   * @throws {Unreachable} The connection went first, or nothing came.
   */
  ask(wire, type, payload, send, ofSession) {
    this.#count += 1;
    const requestId = `${this.#name}-${this.#count}`;
    const frame = { type, requestId, payload };
    const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
    if (bytes > MOST_BYTES) return Promise.reject(new HubProblem(tooLarge(bytes)));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(() => reject(new Unreachable())), PATIENCE_MS);
      const done = (/** @type {() => void} */ settle) => {
        clearTimeout(timer);
        this.#open.delete(requestId);
        settle();
      };
      this.#open.set(requestId, {
        frame,
        wire,
        ofSession,
        resolve: (reply) => done(() => resolve(reply)),
        reject: (error) => done(() => reject(error)),
      });
      if (wire && !wire.open && !ofSession) this.lost(wire);
      else if (wire) send(wire, frame);
    });
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} Whether it was a reply to one of these.
   */
  answer(frame) {
    const request = this.#open.get(frame.requestId ?? '');
    if (!request) return false;
    if (frame.type === 'error') request.reject(new HubProblem(frame.payload));
    else request.resolve(frame);
    return true;
  }

  /** The connection is gone: what was the connection's own fails. @param {Wire} wire */
  lost(wire) {
    for (const request of [...this.#open.values()]) {
      if (request.wire === wire && !request.ofSession) request.reject(new Unreachable());
    }
  }

  /**
   * The session goes on over this connection. Or it is over and another one has begun (`anew`),
   * in which a `requestId` of the old one would have a second effect: what was sent in that, and
   * not answered, fails.
   *
   * @param {Wire} wire
   * @param {(wire: Wire, frame: Frame) => void} send
   * @param {boolean} anew
   */
  again(wire, send, anew) {
    for (const request of [...this.#open.values()]) {
      if (!request.ofSession || request.wire === wire) continue;
      if (anew && request.wire) {
        request.reject(new Unreachable());
        continue;
      }
      request.wire = wire;
      send(wire, request.frame);
    }
  }

  /** Nothing will be answered any more. @param {Error} error */
  fail(error) {
    for (const request of [...this.#open.values()]) request.reject(error);
  }
}

/** @param {number} bytes */
function tooLarge(bytes) {
  const detail = `A frame of ${bytes} bytes: there may be ${MOST_BYTES}.`;
  return { type: 'request/too-large', title: 'Request too large', status: 413, detail };
}
