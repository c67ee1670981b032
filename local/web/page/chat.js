/** @import { ChatMessage } from '../client/types.js' */
/** @import { RoomState } from '../client/room.js' */
/** @import { HubApi, Visit } from '../hub-client.js' */
import { joined, random } from '../hub-client.js';
import { h, iconButton, say, show } from './dom.js';
import { wordsFor } from './words.js';

/** What people write, to everybody or to one. */
export class Chat {
  #visit;
  #api;
  #ask;
  #list = h('ol');
  #log = h('div', { class: 'messages', role: 'log', 'aria-label': 'Messages', tabindex: '0' }, this.#list);
  #to = h('select', { 'aria-label': 'To whom' });
  #text = h('textarea', { rows: 2, maxlength: 2000, placeholder: 'Write a message', 'aria-label': 'Message' });
  #trouble = h('p', { class: 'trouble', role: 'alert' });
  #earlier = h('button', { type: 'button', class: 'quiet earlier', onclick: () => this.#older() }, 'Earlier messages');
  /** @type {ChatMessage[]} */
  #history = [];
  /** @type {string | null | undefined} */
  #cursor;

  /**
   * @param {Visit} visit
   * @param {HubApi} api
   * @param {(type: string, payload?: object) => Promise<boolean>} ask
   * @param {() => boolean} isShown
   */
  constructor(visit, api, ask, isShown) {
    this.#visit = visit;
    this.#api = api;
    this.#ask = ask;
    this.isShown = isShown;
    const send = h('button', { type: 'submit', class: 'primary' }, 'Send');
    this.element = h(
      'section',
      { class: 'chat' },
      h('h2', {}, 'Chat'),
      this.#earlier,
      this.#log,
      h(
        'form',
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            this.#send();
          },
        },
        this.#to,
        this.#text,
        this.#trouble,
        send,
      ),
    );
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    visit.on('frame', ({ type, payload }) => {
      if (type === 'chat.deleted') this.#history = this.#history.filter(({ id }) => id !== payload.id);
    });
    // Guests are no members: history is for accounts.
    this.#earlier.hidden = !api.user;
  }

  opened() {
    this.#text.focus();
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {RoomState} room */
  draw(room) {
    const me = room.people[room.me];
    const hostsOnly = room.settings.chat === 'hosts' && me?.role === 'guest';
    this.#text.disabled = hostsOnly;
    this.#text.placeholder = hostsOnly ? 'Only hosts may write here' : 'Write a message';
    const others = Object.values(room.people).filter((one) => one !== me);
    const choices = [{ participantId: '', displayName: 'To everyone' }, ...others];
    // Whoever was chosen stays chosen: a private word must not go to everyone because of a leave.
    const [chosen] = this.#to.selectedOptions;
    const gone = chosen && chosen.value && !room.people[chosen.value];
    if (gone) choices.push({ participantId: chosen.value, displayName: chosen.dataset['name'] ?? '' });
    show(
      this.#to,
      choices,
      (one) => one.participantId,
      (one) => h('option', { value: one.participantId, 'data-name': one.displayName }),
      (element, one) => say(element, one.participantId ? `Only to ${one.displayName}` : one.displayName),
    );
    this.#drawMessages(room);
  }

  /** @param {RoomState} room */
  #drawMessages(room) {
    const at = this.#log;
    const atEnd = at.scrollHeight - at.scrollTop - at.clientHeight < 40;
    const known = new Set(room.chat.map((message) => message.id));
    const all = [...this.#history.filter((message) => !known.has(message.id)), ...room.chat];
    show(this.#list, all, (message) => message.id, (message) => this.#message(message, room));
    if (atEnd) at.scrollTop = at.scrollHeight;
  }

  /** @param {ChatMessage} message @param {RoomState} room */
  #message(message, room) {
    const own = message.participantId === room.me;
    const mayDelete = own || room.people[room.me]?.role !== 'guest';
    const time = new Date(message.ts).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const remove = iconButton('Delete this message', 'bin', () => this.#ask('chat.delete', { id: message.id }));
    return h(
      'li',
      { class: `message${own ? ' own' : ''}${message.to ? ' private' : ''}` },
      h('p', { class: 'by' }, h('b', {}, own ? 'You' : message.sender.displayName), this.#privately(message, room), h('time', { datetime: message.ts }, time)),
      h('p', { class: 'text', dir: 'auto' }, message.text),
      mayDelete && remove,
    );
  }

  /** @param {ChatMessage} message @param {RoomState} room */
  #privately(message, room) {
    if (!message.to) return null;
    const name = message.to === room.me ? 'you' : (room.people[message.to]?.displayName ?? 'one person');
    return h('span', { class: 'badge' }, `only to ${name}`);
  }

  async #send() {
    const text = this.#text.value.trim();
    if (!text) return;
    const [reader] = this.#to.selectedOptions;
    if (reader?.value && !this.#visit.room?.people[reader.value]) {
      say(this.#trouble, `Not sent. ${reader.dataset['name']} is not here any more. Choose who is to read it.`);
      return;
    }
    const to = reader?.value ? { to: reader.value } : {};
    this.#text.value = '';
    this.#trouble.textContent = '';
    try {
      // Sent again after a loss, it is still said once.
      await this.#visit.request('chat.send', { text, clientMsgId: random(), ...to });
    } catch (error) {
      this.#text.value ||= text;
      const words = wordsFor(error);
      say(this.#trouble, `Not sent. ${words.title}. ${words.text}`);
    }
  }

  async #older() {
    const id = this.#visit.meeting?.id;
    if (!id || this.#cursor === null) return;
    try {
      const { messages, nextCursor } = await this.#api.messages(id, this.#cursor);
      this.#cursor = nextCursor;
      this.#history = joined(messages, this.#history);
      this.#earlier.hidden = nextCursor === null;
      if (this.#visit.room) this.#drawMessages(this.#visit.room);
    } catch (error) {
      const words = wordsFor(error);
      say(this.#trouble, `${words.title}. ${words.text}`);
    }
  }
}
