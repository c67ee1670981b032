/** @import { Participant, Waiting } from '../client/types.js' */
/** @import { RoomState } from '../client/room.js' */
/** @import { Mesh, Visit } from '../hub-client.js' */
import { hands } from '../hub-client.js';
import { h, icon, initials, say, show } from './dom.js';

const ROLES = { host: 'Host', cohost: 'Cohost', guest: '' };
const RANK = { host: 2, cohost: 1, guest: 0 };

/** Who is here, who waits, and what hosts can do about it. */
export class People {
  #ask;
  #heading = h('h2', {}, 'People');
  #lobby = h('ul', { class: 'people lobby' });
  #knocking = h('section', { 'aria-label': 'Waiting to be let in', hidden: true });
  #list = h('ul', { class: 'people' });
  #muteAll = h('button', { type: 'button', class: 'quiet' }, 'Mute everyone');
  /** @type {readonly Waiting[]} */
  #waiting = [];
  /** @type {RoomState | null} */
  #room = null;

  /**
   * @param {Visit} visit
   * @param {Mesh} mesh
   * @param {(type: string, payload?: object) => Promise<boolean>} ask
   */
  constructor(visit, mesh, ask) {
    this.visit = visit;
    this.mesh = mesh;
    this.#ask = ask;
    this.#muteAll.addEventListener('click', () => ask('moderation.muteAll'));
    const all = () => ask('lobby.admitAll', { participantIds: this.#waiting.map((one) => one.participantId) });
    this.#knocking.append(
      h('h3', {}, 'Waiting to be let in'),
      this.#lobby,
      h('button', { type: 'button', class: 'quiet', onclick: all }, 'Let all in'),
    );
    this.element = h('section', { class: 'people-panel' }, this.#heading, this.#knocking, this.#muteAll, this.#list);
  }

  /** @param {RoomState} room */
  draw(room) {
    this.#room = room;
    this.#waiting = room.waiting;
    const rank = RANK[room.people[room.me]?.role ?? 'guest'];
    this.#knocking.hidden = rank < 1 || room.waiting.length === 0;
    this.#muteAll.hidden = rank < 1 || Object.keys(room.people).length < 2;
    show(this.#lobby, room.waiting, (one) => one.participantId, (one) => this.#knock(one));
    const up = hands(room);
    const rest = Object.values(room.people)
      .filter((one) => !one.handRaised)
      .sort((a, b) => RANK[b.role] - RANK[a.role] || a.joinSeq - b.joinSeq);
    say(this.#heading, `People (${up.length + rest.length})`);
    show(this.#list, [...up, ...rest], (one) => one.participantId, (one) => this.#row(one), (element, one) => this.#update(element, one, up.indexOf(one) + 1));
  }

  /** @param {Waiting} one */
  #knock({ participantId, displayName, hasAccount }) {
    const decide = (/** @type {string} */ type) => () => this.#ask(type, { participantId });
    return h(
      'li',
      {},
      initials(displayName),
      h('span', { class: 'who' }, h('b', {}, displayName), h('small', {}, hasAccount ? 'Signed in' : 'Guest')),
      h('button', { type: 'button', class: 'primary', 'aria-label': `Let in ${displayName}`, onclick: decide('lobby.admit') }, 'Let in'),
      h('button', { type: 'button', class: 'quiet', 'aria-label': `No: turn ${displayName} away`, onclick: decide('lobby.reject') }, 'No'),
    );
  }

  /** @param {Participant} person */
  #row(person) {
    return h(
      'li',
      {},
      initials(person.displayName),
      h('span', { class: 'who' }, h('b', {}), h('small', {})),
      h('span', { class: 'signs' }),
      h('details', { class: 'deeds' }, h('summary', { 'aria-label': `What to do about ${person.displayName}` }, '⋯'), h('div', {})),
    );
  }

  /** @param {HTMLElement} element @param {Participant} person @param {number} hand */
  #update(element, person, hand) {
    const room = this.#room;
    if (!room) return;
    const own = person.participantId === room.me;
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
    say(part('b'), `${person.displayName}${own ? ' (you)' : ''}`);
    say(part('small'), [ROLES[person.role], person.connection === 'lost' ? 'connection lost' : ''].filter(Boolean).join(', '));
    const { mic, cam, screen } = person.mediaState;
    const signs = [hand ? `hand ${hand}` : '', mic === 'on' ? 'mic' : 'mic-off', cam === 'on' ? 'cam' : 'cam-off', screen === 'on' ? 'screen' : ''];
    this.#signs(part('.signs'), signs.filter(Boolean));
    this.#deeds(part('details'), person, own);
  }

  /** @param {HTMLElement} place @param {string[]} signs */
  #signs(place, signs) {
    if (place.getAttribute('data-signs') === signs.join()) return;
    place.setAttribute('data-signs', signs.join());
    /** @type {Record<string, string>} */
    const words = { mic: 'microphone on', 'mic-off': 'muted', cam: 'camera on', 'cam-off': 'camera off', screen: 'presenting' };
    place.replaceChildren(
      ...signs.map((sign) => {
        const [name = '', number] = sign.split(' ');
        return h('span', { class: name === 'hand' ? 'sign raised' : 'sign' }, icon(name), number ?? '', h('span', { class: 'hidden' }, words[name] ?? 'hand up'));
      }),
    );
  }

  /** @param {HTMLElement} details @param {Participant} person @param {boolean} own */
  #deeds(details, person, own) {
    const room = this.#room;
    const me = room?.people[room.me];
    const deeds = me && room && !own ? possible(me, person, room) : [];
    details.hidden = deeds.length === 0;
    const names = deeds.map((deed) => deed.label).join();
    if (details.getAttribute('data-deeds') === names) return;
    details.setAttribute('data-deeds', names);
    details.lastElementChild?.replaceChildren(
      ...deeds.map(({ label, type, more, bad }) =>
        h(
          'button',
          {
            type: 'button',
            class: bad ? 'quiet danger' : 'quiet',
            onclick: () => {
              details.removeAttribute('open');
              this.#ask(type, { participantId: person.participantId, ...more });
            },
          },
          label,
        ),
      ),
    );
  }
}

/**
 * What one may do about another. The server decides; this is what is offered.
 *
 * @param {Participant} me
 * @param {Participant} person
 * @param {RoomState} room
 * @returns {{ label: string, type: string, more?: object, bad?: boolean }[]}
 */
function possible(me, person, room) {
  if (RANK[me.role] < 1) return [];
  const outranks = RANK[me.role] > RANK[person.role];
  const [muted, host] = [person.mediaState.mic === 'off', me.role === 'host'];
  const byRequest = room.settings.unmute === 'by-request' && person.role === 'guest' && !person.mayUnmute;
  /** @type {[boolean, { label: string, type: string, more?: object, bad?: boolean }][]} */
  const deeds = [
    [!muted && outranks, { label: 'Mute', type: 'moderation.mute' }],
    [muted && !byRequest, { label: 'Ask to unmute', type: 'moderation.askUnmute' }],
    [muted && byRequest, { label: 'Let speak', type: 'moderation.allowUnmute' }],
    [person.handRaised, { label: 'Lower hand', type: 'hand.lower' }],
    [host && person.role === 'guest', { label: 'Make cohost', type: 'moderation.setRole', more: { role: 'cohost' } }],
    [host && person.role === 'cohost', { label: 'Make guest again', type: 'moderation.setRole', more: { role: 'guest' } }],
    [host, { label: 'Make host', type: 'host.transfer' }],
    [outranks, { label: 'Remove', type: 'moderation.remove', bad: true }],
    [outranks, { label: 'Remove and ban', type: 'moderation.remove', more: { ban: true }, bad: true }],
  ];
  return deeds.filter(([possibly]) => possibly).map(([, deed]) => deed);
}
