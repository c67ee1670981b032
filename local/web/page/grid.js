/** @import { Participant } from '../client/types.js' */
/** @import { RoomState } from '../client/room.js' */
/** @import { Mesh } from '../hub-client.js' */
/** @import { Devices } from './devices.js' */
import { hands } from '../hub-client.js';
import { h, icon, initials, say, show } from './dom.js';
import { notice } from './notices.js';

/** So loud somebody is taken to speak. */
const SPEAKING = 0.02;
/** So long after the last sound. */
const QUIET_MS = 700;

/**
 * @typedef {{ key: string, person: Participant, slot: 'cam' | 'screen', hand: number }} Tile
 */

/** Everyone's pictures, and whatever screen is shared. */
export class Grid {
  element = h('section', { class: 'stage', 'aria-label': 'Pictures' });
  #screens = h('div', { class: 'screens' });
  #list = h('ul', { class: 'grid' });
  #mesh;
  #devices;
  /** @type {Map<string, Map<string, MediaStreamTrack>>} */
  #tracks = new Map();
  /** @type {Map<string, number>} When somebody was heard last. */
  #heard = new Map();
  #me = '';
  #blocked = false;

  /** @param {Mesh} mesh @param {Devices} devices */
  constructor(mesh, devices) {
    this.#mesh = mesh;
    this.#devices = devices;
    this.element.append(this.#screens, this.#list);
    mesh.on('track', ({ participantId, slot, track }) => {
      const tracks = this.#tracks.get(participantId) ?? new Map();
      this.#tracks.set(participantId, tracks.set(slot, track));
      this.#attach(participantId);
    });
    mesh.on('gone', ({ participantId }) => this.#tracks.delete(participantId));
    mesh.on('state', ({ participantId, state }) => {
      const tile = this.#tile(participantId);
      tile?.classList.toggle('connecting', state !== 'connected');
    });
  }

  /** @param {RoomState} room */
  draw(room) {
    this.#me = room.me;
    const order = hands(room).map((one) => one.participantId);
    const people = Object.values(room.people).sort((a, b) => a.joinSeq - b.joinSeq);
    /** @type {(slot: 'cam' | 'screen') => (person: Participant) => Tile} */
    const tile = (slot) => (person) => ({
      key: `${person.participantId} ${slot}`,
      person,
      slot,
      hand: order.indexOf(person.participantId) + 1,
    });
    const presenting = people.filter((one) => one.mediaState.screen === 'on');
    show(this.#list, people.map(tile('cam')), (one) => one.key, this.#create, this.#update);
    show(this.#screens, presenting.map(tile('screen')), (one) => one.key, this.#create, this.#update);
    this.#list.setAttribute('data-count', String(Math.min(people.length, 12)));
    this.element.classList.toggle('presenting', presenting.length > 0);
  }

  /** Who is speaking? */
  listen() {
    const now = performance.now();
    for (const tile of this.#list.children) {
      const id = tile.getAttribute('data-participant') ?? '';
      const level = id === this.#me ? this.#devices.level : this.#mesh.level(id);
      const muted = tile.classList.contains('muted');
      if (level > SPEAKING && !muted) this.#heard.set(id, now);
      tile.classList.toggle('speaking', !muted && now - (this.#heard.get(id) ?? -QUIET_MS) < QUIET_MS);
    }
  }

  /** Where somebody's reaction is to be seen. @param {string} participantId */
  tile(participantId) {
    return this.#tile(participantId) ?? this.element;
  }

  /** @param {string} id */
  #tile(id) {
    return this.#list.querySelector(`[data-participant="${CSS.escape(id)}"]`);
  }

  /** @param {Tile} tile */
  #create = ({ person, slot }) => {
    const video = h('video', { autoplay: true, playsinline: true, 'aria-hidden': 'true' });
    const own = person.participantId === this.#me;
    video.muted = own || slot === 'screen';
    if (own && slot === 'cam') video.classList.add('mirrored');
    const name = h('span', { class: 'name' });
    const tag = slot === 'cam' ? 'li' : 'figure';
    return h(
      tag,
      { class: `tile ${slot}`, 'data-participant': person.participantId },
      slot === 'cam' && initials(person.displayName),
      video,
      h('span', { class: 'caption' }, slot === 'cam' && h('span', { class: 'mic' }), name),
      slot === 'cam' && h('span', { class: 'hand', hidden: true }),
      slot === 'cam' && h('span', { class: 'away', hidden: true }, 'Connection lost'),
    );
  };

  /** @param {HTMLElement} element @param {Tile} tile */
  #update = (element, { person, slot, hand }) => {
    const own = person.participantId === this.#me;
    const name = `${person.displayName}${own ? ' (you)' : ''}`;
    const label = /** @type {Element} */ (element.querySelector('.name'));
    if (slot === 'screen') {
      say(label, own ? 'Your screen' : `${person.displayName}’s screen`);
    } else {
      say(label, name);
      const muted = own ? !this.#devices.micOn : person.mediaState.mic === 'off';
      if (element.classList.contains('muted') !== muted || !element.querySelector('.mic svg')) {
        element.classList.toggle('muted', muted);
        element.querySelector('.mic')?.replaceChildren(icon(muted ? 'mic-off' : 'mic'), h('span', { class: 'hidden' }, muted ? 'Muted:' : ''));
      }
      element.classList.toggle('seen', own ? this.#devices.camOn : person.mediaState.cam === 'on');
      const place = /** @type {HTMLElement} */ (element.querySelector('.hand'));
      place.hidden = hand === 0;
      if (hand && place.getAttribute('data-hand') !== String(hand)) {
        place.setAttribute('data-hand', String(hand));
        place.replaceChildren(icon('hand'), h('span', { class: 'hidden' }, 'Hand up, number '), String(hand));
      }
      /** @type {HTMLElement} */ (element.querySelector('.away')).hidden = person.connection !== 'lost';
    }
    this.#play(element, person.participantId, slot);
  };

  /** @param {string} participantId */
  #attach(participantId) {
    for (const element of this.element.querySelectorAll(`[data-participant="${CSS.escape(participantId)}"]`)) {
      const slot = element.classList.contains('screen') ? 'screen' : 'cam';
      this.#play(/** @type {HTMLElement} */ (element), participantId, slot);
    }
  }

  /** @param {HTMLElement} element @param {string} id @param {'cam' | 'screen'} slot */
  #play(element, id, slot) {
    const video = element.querySelector('video');
    if (!video) return;
    const wanted = this.#wanted(id, slot);
    const stream = /** @type {MediaStream | null} */ (video.srcObject);
    const shown = stream?.getTracks() ?? [];
    if (wanted.length === shown.length && wanted.every((track) => shown.includes(track))) return;
    video.srcObject = wanted.length > 0 ? new MediaStream(wanted) : null;
    if (wanted.length > 0) video.play().catch((error) => this.#silent(error, video));
  }

  /** @param {string} id @param {'cam' | 'screen'} slot @returns {MediaStreamTrack[]} */
  #wanted(id, slot) {
    const own = id === this.#me;
    const tracks = this.#tracks.get(id);
    const picture = own ? this.#devices[slot] : tracks?.get(slot);
    const sound = own || slot === 'screen' ? null : tracks?.get('mic');
    return [picture, sound].filter((track) => track !== null && track !== undefined);
  }

  /** A browser plays no sound before somebody has clicked. @param {unknown} error @param {HTMLVideoElement} video */
  #silent(error, video) {
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || this.#blocked) return;
    this.#blocked = true;
    const play = () => {
      this.#blocked = false;
      for (const each of this.element.querySelectorAll('video')) each.play().catch(() => {});
    };
    notice('The browser holds the sound back until you click.', { action: { label: 'Hear the others', do: play }, stays: true });
    video.muted = video.muted && true;
  }
}
