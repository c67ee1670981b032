/** @import { Entry, Frames } from './frames.js' */
/** @import { Visit } from '../hub-client.js' */
import { h } from './dom.js';

const SECRETS = ['resumeToken', 'roomToken', 'accessToken', 'credential'];
const MOST_SHOWN = 500;

/** Every frame in and out, replies matched with their requests, and how long they took. */
export class Inspector {
  #frames;
  #list = h('ol', { class: 'frames', tabindex: '0', 'aria-label': 'Frames' });
  #filter = h('input', { type: 'search', placeholder: 'chat, rtc, error…', 'aria-label': 'Show only' });
  #numbers = h('p', { class: 'numbers' });
  #paused = false;

  /** @param {Frames} frames @param {Visit} visit */
  constructor(frames, visit) {
    this.#frames = frames;
    const pause = h('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false', onclick: () => this.#pause(pause) }, 'Pause');
    this.#filter.addEventListener('input', () => this.#redraw());
    this.element = h(
      'section',
      { class: 'inspector' },
      h('h2', {}, 'Frames'),
      h(
        'div',
        { class: 'ways' },
        this.#filter,
        pause,
        h('button', { type: 'button', class: 'quiet', onclick: () => this.#clear() }, 'Clear'),
        h('button', { type: 'button', class: 'quiet', title: 'Drop the connection as a network does', onclick: () => visit.cut() }, 'Cut'),
      ),
      this.#numbers,
      this.#list,
    );
  }

  opened() {
    this.#frames.onentry = (entry) => this.#take(entry);
    this.#redraw();
  }

  /** @param {Entry} entry */
  #take(entry) {
    if (!this.element.isConnected || this.#paused) return;
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 60;
    if (this.#fits(entry)) this.#list.append(row(entry));
    while (this.#list.childElementCount > MOST_SHOWN) this.#list.firstElementChild?.remove();
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
    this.#count();
  }

  #redraw() {
    this.#list.replaceChildren(...this.#frames.list.filter((entry) => this.#fits(entry)).slice(-MOST_SHOWN).map(row));
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#count();
  }

  #count() {
    const { list } = this.#frames;
    const times = list.flatMap(({ latency }) => latency ?? []).sort((a, b) => a - b);
    const middle = times[Math.floor(times.length / 2)];
    const ninety = times[Math.floor(times.length * 0.95)];
    const latency = middle === undefined ? '' : ` · replies: median ${middle.toFixed(0)} ms, p95 ${(ninety ?? middle).toFixed(0)} ms`;
    this.#numbers.textContent = `${list.length} frames${latency}`;
  }

  /** @param {Entry} entry */
  #fits(entry) {
    const wanted = this.#filter.value.trim().toLowerCase();
    return !wanted || JSON.stringify(entry.frame).toLowerCase().includes(wanted);
  }

  #clear() {
    this.#frames.clear();
    this.#redraw();
  }

  /** @param {HTMLButtonElement} button */
  #pause(button) {
    this.#paused = !this.#paused;
    button.setAttribute('aria-pressed', String(this.#paused));
    if (!this.#paused) this.#redraw();
  }
}

/** @param {Entry} entry */
function row({ number, at, way, connection, frame, bytes, asked, latency }) {
  const { payload, ...envelope } = frame;
  const about = asked ? asked.frame.type : '';
  return h(
    'li',
    { class: `${way}${frame.type === 'error' ? ' bad' : ''}` },
    h(
      'details',
      {},
      h(
        'summary',
        {},
        h('span', { class: 'way' }, way === 'in' ? '←' : '→', h('span', { class: 'hidden' }, way === 'in' ? 'in' : 'out')),
        h('b', {}, frame.type),
        about ? h('span', { class: 'about' }, `to ${about}`) : null,
        frame.seq === undefined ? null : h('span', { class: 'badge' }, `seq ${frame.seq}`),
        h('span', { class: 'time' }, latency === undefined ? `${(at / 1000).toFixed(2)} s` : `${latency.toFixed(0)} ms`),
      ),
      h('pre', {}, JSON.stringify({ ...envelope, payload }, hidden, 2)),
      h('small', {}, `frame ${number}, connection ${connection}, ${bytes} bytes`),
    ),
  );
}

/** What opens doors is not for screenshots. @param {string} key @param {unknown} value */
function hidden(key, value) {
  return SECRETS.includes(key) && typeof value === 'string' ? `${value.slice(0, 6)}…` : value;
}
