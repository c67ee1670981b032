/** @import { Frame, Seen } from './types.js' */
import { Emitter } from './emitter.js';
import { Unreachable } from './problem.js';
import { Requests } from './requests.js';
import { Wire } from './wire.js';

const PING_MS = 25_000;
const PONG_MS = 10_000;

/**
 * A line that lasts, over connections that do not: one is in use, and kept alive; another may be
 * tried beside it.
 *
 * @extends {Emitter<{
 *   seen: Seen,
 *   frame: Frame,
 *   lost: number,
 *   head: { epoch?: string, headSeq?: number },
 * }>}
 */
export class Line extends Emitter {
  /** @type {Wire | null} The connection in use. */
  wire = null;
  #requests = new Requests();
  #opened = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #heartbeat;

  /** A connection, not in use yet. @param {string} url @throws {Unreachable} */
  async open(url) {
    this.#opened += 1;
    const wire = await Wire.open(url, this.#opened);
    wire.onframe = (frame, text) => {
      this.#saw('in', wire, frame, text);
      if (!this.#requests.answer(frame)) this.emit('frame', frame);
    };
    wire.onover = (code) => {
      this.#requests.lost(wire);
      if (wire !== this.wire) return;
      clearInterval(this.#heartbeat);
      this.emit('lost', code);
    };
    return wire;
  }

  /** From now on this one; the one before it goes. @param {Wire} wire */
  use(wire) {
    const before = this.wire;
    this.wire = wire;
    if (before !== wire) before?.retire();
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#ping(wire), PING_MS);
  }

  /**
   * Ask on one connection: if that is lost, there is no reply.
   *
   * @param {Wire} wire
   * @param {string} type
   * @param {object} [payload]
   */
  ask(wire, type, payload = {}) {
    return this.#requests.ask(wire, type, payload, this.#send, false);
  }

  /** Ask on whichever connection there is, or will be. @param {string} type @param {object} payload */
  request(type, payload) {
    const wire = this.wire?.open ? this.wire : null;
    return this.#requests.ask(wire, type, payload, this.#send, true);
  }

  /**
   * The session goes on over the connection in use: ask again what was not answered. Or another
   * one has begun (`anew`): ask what nobody was asked yet.
   *
   * @param {boolean} [anew]
   */
  again(anew = false) {
    if (this.wire) this.#requests.again(this.wire, this.#send, anew);
  }

  end() {
    clearInterval(this.#heartbeat);
    this.wire?.retire();
    this.#requests.fail(new Unreachable());
  }

  /** @param {Wire} wire */
  async #ping(wire) {
    const late = setTimeout(() => wire.drop(), PONG_MS);
    try {
      this.emit('head', (await this.ask(wire, 'ping')).payload);
    } catch {
      // If the connection is gone, `onover` tells.
    } finally {
      clearTimeout(late);
    }
  }

  /** @param {Wire} wire @param {Frame} frame */
  #send = (wire, frame) => {
    const text = JSON.stringify(frame);
    wire.send(text);
    this.#saw('out', wire, frame, text);
  };

  /** @param {'in' | 'out'} way @param {Wire} wire @param {Frame} frame @param {string} text */
  #saw(way, wire, frame, text) {
    const at = performance.now();
    this.emit('seen', { at, way, connection: wire.number, frame, bytes: text.length });
  }
}
