/** @import { Frame } from './types.js' */
import { Unreachable } from './problem.js';

const OPENING_MS = 10_000;

/** One WebSocket connection: frames out, frames in, and the end of it, told once. */
export class Wire {
  #socket;
  #over = false;
  /** @type {(frame: Frame, text: string) => void} */
  onframe = () => {};
  /** @type {(code: number) => void} */
  onover = () => {};

  /**
   * @param {WebSocket} socket Open.
   * @param {number} number The how-manieth of its client.
   */
  constructor(socket, number) {
    this.#socket = socket;
    this.number = number;
    socket.onmessage = ({ data }) => {
      if (!this.#over) this.onframe(JSON.parse(data), data);
    };
    socket.onclose = ({ code }) => this.#end(code);
  }

  /**
   * @param {string} url
   * @param {number} number
   * @returns {Promise<Wire>}
   */
  static open(url, number) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      const timer = setTimeout(() => socket.close(), OPENING_MS);
      socket.onopen = () => {
        clearTimeout(timer);
        resolve(new Wire(socket, number));
      };
      socket.onclose = () => {
        clearTimeout(timer);
        reject(new Unreachable());
      };
    });
  }

  get open() {
    return !this.#over && this.#socket.readyState === WebSocket.OPEN;
  }

  /** @param {string} text */
  send(text) {
    if (this.open) this.#socket.send(text);
  }

  /** Close, and be told of it at once: a browser waits a minute for the other side's goodbye. */
  drop() {
    this.#socket.close();
    this.#end(1006);
  }

  /** Close in silence: another connection has taken over. */
  retire() {
    this.#over = true;
    this.#socket.close(1000);
  }

  /** @param {number} code */
  #end(code) {
    if (this.#over) return;
    this.#over = true;
    this.onover(code);
  }
}

/** Where sockets are, as far as a local API tells by its own address. @param {string} base */
export function socketUrl(base) {
  const url = new URL('/ws', base || location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}
