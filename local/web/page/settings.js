/** @import { Settings } from '../client/types.js' */
/** @import { RoomState } from '../client/room.js' */
/** @import { HubApi, Visit } from '../hub-client.js' */
/** @import { Devices } from './devices.js' */
import { deviceChoice } from './device-choice.js';
import { h, say } from './dom.js';
import { wordsFor } from './words.js';

/** @type {[keyof Settings, string, [any, string][]][]} */
const CHOICES = [
  ['accessType', 'Who joins straight away', [['open', 'Everyone with the link'], ['trusted', 'Whoever is signed in'], ['restricted', 'Whoever is invited']]],
  ['chat', 'Who may write', [['everyone', 'Everyone'], ['hosts', 'Hosts']]],
  ['reactions', 'Who may react', [['everyone', 'Everyone'], ['hosts', 'Hosts']]],
  ['screenShare', 'Who may share a screen', [['everyone', 'Everyone'], ['hosts', 'Hosts']]],
  ['unmute', 'Who may speak', [['open', 'Everyone'], ['by-request', 'Whoever a host lets']]],
  ['onHostLoss', 'If the host is gone', [['continue', 'The meeting goes on'], ['lock', 'Nobody new comes in'], ['end', 'The meeting ends']]],
];
/** @type {[keyof Settings, string][]} */
const SWITCHES = [
  ['lobby', 'Everyone waits in the lobby'],
  ['allowGuests', 'People without an account may come'],
];

/** How the meeting goes, and which devices are used. */
export class SettingsPanel {
  #visit;
  #api;
  #ask;
  #inputs = /** @type {Map<keyof Settings, HTMLSelectElement | HTMLInputElement>} */ (new Map());
  #rules;
  #trouble = h('p', { class: 'trouble', role: 'alert' });
  #lock = h('input', { type: 'checkbox', role: 'switch' });

  /**
   * @param {Visit} visit
   * @param {HubApi} api
   * @param {Devices} devices
   * @param {(type: string) => Promise<boolean>} ask
   */
  constructor(visit, api, devices, ask) {
    this.#visit = visit;
    this.#api = api;
    this.#ask = ask;
    this.#lock.addEventListener('change', () => this.#turnLock());
    this.#rules = h(
      'fieldset',
      {},
      h('legend', {}, 'For everyone'),
      this.#switch(this.#lock, 'Nobody new comes in (locked)'),
      ...SWITCHES.map(([name, label]) => this.#toggle(name, label)),
      ...CHOICES.map(([name, label, options]) => this.#choice(name, label, options)),
      this.#trouble,
    );
    this.element = h(
      'section',
      { class: 'settings' },
      h('h2', {}, 'Settings'),
      h('fieldset', {}, h('legend', {}, 'Yours'), deviceChoice(devices)),
      this.#rules,
    );
  }

  /** @param {RoomState} room */
  draw(room) {
    const role = room.people[room.me]?.role;
    this.#rules.hidden = role === 'guest' || !this.#api.user;
    const host = role === 'host';
    for (const [name, input] of this.#inputs) {
      input.disabled = !host;
      const value = room.settings[name];
      if (input instanceof HTMLInputElement) input.checked = value === true;
      else input.value = String(value);
    }
    this.#lock.checked = room.settings.locked;
  }

  /** @param {HTMLInputElement} input @param {string} label */
  #switch(input, label) {
    return h('label', { class: 'switch' }, input, h('span', {}, label));
  }

  /** @param {keyof Settings} name @param {string} label */
  #toggle(name, label) {
    const input = h('input', { type: 'checkbox', role: 'switch', name, onchange: () => this.#save({ [name]: input.checked }) });
    this.#inputs.set(name, input);
    return this.#switch(input, label);
  }

  /** @param {keyof Settings} name @param {string} label @param {[any, string][]} options */
  #choice(name, label, options) {
    const select = h(
      'select',
      { name, onchange: () => this.#save({ [name]: select.value }) },
      ...options.map(([value, text]) => h('option', { value }, text)),
    );
    this.#inputs.set(name, select);
    return h('label', { class: 'field' }, h('span', {}, label), select);
  }

  /** @param {Partial<Settings>} patch */
  async #save(patch) {
    const id = this.#visit.meeting?.id;
    if (!id) return;
    this.#trouble.textContent = '';
    try {
      await this.#api.changeSettings(id, patch);
    } catch (error) {
      const { title, text } = wordsFor(error);
      say(this.#trouble, `${title}. ${text}`);
      if (this.#visit.room) this.draw(this.#visit.room);
    }
  }

  async #turnLock() {
    const done = await this.#ask(this.#lock.checked ? 'room.lock' : 'room.unlock');
    if (!done && this.#visit.room) this.draw(this.#visit.room);
  }
}
