/** @import { RoomState } from '../client/room.js' */
/** @import { Devices } from './devices.js' */
import { h, icon, say, set } from './dom.js';

/**
 * @typedef {object} Deeds
 * @property {() => void} mic
 * @property {() => void} cam
 * @property {() => void} screen
 * @property {() => void} hand
 * @property {() => void} react
 * @property {(name: string) => void} panel
 * @property {() => void} leave
 */

/** The row of buttons at the bottom. */
export class Toolbar {
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();

  /** @param {Deeds} deeds */
  constructor(deeds) {
    const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ deed, more = {}) => {
      const element = h('button', { type: 'button', onclick: deed, 'data-does': name, ...more });
      this.#buttons.set(name, element);
      this.#label(name, label, name);
      return element;
    };
    const panel = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ drawing) => {
      const element = button(name, label, () => deeds.panel(name), { 'aria-expanded': 'false' });
      this.#label(name, label, drawing);
      return element;
    };
    this.element = h(
      'footer',
      { class: 'toolbar', role: 'toolbar', 'aria-label': 'Meeting' },
      h('div', {}, button('mic', 'Microphone', deeds.mic), button('cam', 'Camera', deeds.cam), button('screen', 'Share screen', deeds.screen)),
      h('div', {}, button('hand', 'Raise hand', deeds.hand), button('react', 'React', deeds.react, { 'aria-haspopup': 'menu' })),
      h('div', {}, panel('chat', 'Chat', 'chat'), panel('people', 'People', 'people'), panel('settings', 'Settings', 'settings'), panel('inspector', 'Frames', 'inspect')),
      h('div', {}, button('leave', 'Leave', deeds.leave, { class: 'leave' })),
    );
  }

  /** @param {string} name */
  button(name) {
    return this.#buttons.get(name);
  }

  /** @param {RoomState} room @param {Devices} devices @param {{ waiting: number }} more */
  draw(room, devices, { waiting }) {
    const me = room.people[room.me];
    this.#turned('mic', devices.micOn, `Turn microphone ${devices.micOn ? 'off' : 'on'} (Ctrl+D)`, devices.micOn ? 'mic' : 'mic-off');
    this.#turned('cam', devices.camOn, `Turn camera ${devices.camOn ? 'off' : 'on'} (Ctrl+E)`, devices.camOn ? 'cam' : 'cam-off');
    const shares = Boolean(devices.screen);
    this.#turned('screen', shares, shares ? 'Stop sharing' : 'Share screen', 'screen', true);
    const raised = me?.handRaised ?? false;
    this.#turned('hand', raised, raised ? 'Lower hand' : 'Raise hand', 'hand', true);
    const count = Object.keys(room.people).length;
    const people = this.#buttons.get('people');
    people?.setAttribute('data-count', String(count));
    people?.classList.toggle('dot', waiting > 0);
    const lobby = waiting > 0 ? `, ${waiting} waiting` : '';
    set(/** @type {Element} */ (people), { 'aria-label': `People: ${count}${lobby}` });
  }

  /** @param {string | null} name */
  opened(name) {
    for (const [each, button] of this.#buttons) {
      if (button.hasAttribute('aria-expanded')) set(button, { 'aria-expanded': String(each === name) });
    }
  }

  /** @param {boolean} there */
  unread(there) {
    const chat = this.#buttons.get('chat');
    chat?.classList.toggle('dot', there);
    if (chat) set(chat, { 'aria-label': there ? 'Chat: new messages' : 'Chat' });
  }

  /** @param {string} name @param {boolean} on @param {string} label @param {string} drawing @param {boolean} [shown] Whether the label is written, too. */
  #turned(name, on, label, drawing, shown = false) {
    const button = this.#buttons.get(name);
    if (!button) return;
    const state = `${on} ${label}`;
    if (button.getAttribute('data-state') === state) return;
    set(button, { 'data-state': state, 'aria-label': label, title: label, 'data-on': String(on) });
    button.querySelector('svg')?.replaceWith(icon(drawing));
    // What is seen is part of what is heard (WCAG 2.5.3).
    if (shown) say(/** @type {Element} */ (button.querySelector('.label')), label);
  }

  /** @param {string} name @param {string} label @param {string} drawing */
  #label(name, label, drawing) {
    const button = this.#buttons.get(name);
    button?.replaceChildren(icon(drawing), h('span', { class: 'label', 'aria-hidden': 'true' }, label));
    if (button) set(button, { 'aria-label': label, title: label });
  }
}
