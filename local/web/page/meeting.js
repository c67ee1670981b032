/** @import { Frame, MediaState, Waiting } from '../client/types.js' */
/** @import { RoomState } from '../client/room.js' */
/** @import { HubApi, Visit } from '../hub-client.js' */
/** @import { Devices } from './devices.js' */
/** @import { Frames } from './frames.js' */
import { HubProblem, Mesh, SLOTS, hands } from '../hub-client.js';
import { Chat } from './chat.js';
import { h, icon, iconButton, say, set } from './dom.js';
import { Grid } from './grid.js';
import { Inspector } from './inspector.js';
import { leaving } from './leaving.js';
import { notice } from './notices.js';
import { catchUp } from './outage.js';
import { People } from './people.js';
import { Reactions } from './reactions.js';
import { SettingsPanel } from './settings.js';
import { Toolbar } from './toolbar.js';
import { wordsFor } from './words.js';

/** The meeting itself: everyone's pictures, and all that can be done. */
export class Meeting {
  #visit;
  #devices;
  #offs = /** @type {(() => void)[]} */ ([]);
  /** What the person has switched since joining: nobody switches it back. */
  #byHand = /** @type {Set<'mic' | 'cam'>} */ (new Set());
  #status = h('p', { class: 'status', role: 'status' });
  #code = h('span', { class: 'code' });
  #title = h('h1', { tabindex: '-1' });
  #locked = h('span', { class: 'badge', hidden: true }, icon('lock'), 'Locked');
  #panelPlace = h('aside', { class: 'panel', hidden: true });
  /** @type {Record<string, { element: HTMLElement, opened?: () => void }>} */
  #panels;
  /** @type {string | null} */
  #shown = null;
  /** @type {Map<string, () => void>} What announces those who wait. */
  #knocks = new Map();
  /** @type {(() => void)[]} What announces messages that were not read. */
  #unreads = [];

  /**
   * @param {Visit} visit
   * @param {Devices} devices
   * @param {{ api: HubApi, code: string, frames: Frames }} more
   */
  constructor(visit, devices, { api, code, frames }) {
    this.#visit = visit;
    this.#devices = devices;
    this.mesh = new Mesh(
      (to, signal) => visit.request('rtc.signal', { to, ...signal }),
      () => ({ iceServers: visit.iceServers, ...relayOnly() }),
    );
    this.#code.textContent = code;
    this.grid = new Grid(this.mesh, devices);
    const ask = this.#ask;
    this.chat = new Chat(visit, api, ask, () => this.#shown === 'chat');
    this.reactions = new Reactions(ask, this.grid);
    const settings = new SettingsPanel(visit, api, devices, ask);
    this.#panels = {
      chat: this.chat,
      people: new People(visit, this.mesh, ask),
      settings,
      inspector: new Inspector(frames, visit),
    };
    this.toolbar = new Toolbar({
      mic: () => this.#toggle('mic'),
      cam: () => this.#toggle('cam'),
      screen: () => this.#toggle('screen'),
      hand: () => this.#hand(),
      react: () => this.reactions.open(this.toolbar.button('react')),
      panel: (name) => this.#open(name),
      leave: () => leaving(visit, ask),
    });
    this.element = h(
      'main',
      { class: 'meeting' },
      h(
        'header',
        {},
        this.#title,
        this.#code,
        iconButton('Copy the link to this meeting', 'link', () => this.#copy()),
        this.#locked,
        this.#status,
      ),
      this.grid.element,
      this.#panelPlace,
      this.toolbar.element,
    );
  }

  /** Take part: send and receive, show and hear. */
  start() {
    const visit = this.#visit;
    this.#offs = [
      visit.on('room', (room) => this.#draw(room)),
      visit.on('frame', (frame) => this.#heard(frame)),
      visit.on('status', () => this.#drawStatus()),
      this.#devices.on('changed', () => this.#send()),
      this.#devices.on('gone', (what) => this.#gone(what)),
      this.#devices.on('screenover', () => this.#setScreen(false)),
      this.#devices.on('trouble', ({ title, text }) => notice(`${title}. ${text}`, { bad: true })),
    ];
    const clock = setInterval(() => this.grid.listen(), 150);
    this.#offs.push(() => clearInterval(clock));
    addEventListener('keydown', this.#key);
    this.#offs.push(() => removeEventListener('keydown', this.#key));
    this.#send();
    const room = visit.room;
    if (!room) return;
    // After a reload the room remembers what was on, and the others have connections to nobody.
    const had = room.people[room.me]?.mediaState;
    this.#draw(room, { calls: true });
    this.#agree(had);
    if (had?.screen === 'on' && !this.#devices.screen) this.#ask('media.update', { screen: 'off' });
  }

  /**
   * What the room thinks is on, is on, and the other way round: devices may have come after one
   * joined, and after a reload they have to be asked for again.
   *
   * @param {MediaState | undefined} had
   */
  async #agree(had) {
    const devices = this.#devices;
    this.#byHand.clear();
    await devices.settled;
    const left = (/** @type {'mic' | 'cam'} */ what) => !this.#byHand.has(what);
    if (left('cam') && had?.cam === 'on' && !devices.camOn) await devices.setCam(true);
    if (left('mic') && had?.mic === 'on' && !devices.micOn) await devices.setMic(true);
    if (left('cam') && devices.camOn !== (had?.cam === 'on')) await this.#set('cam', devices.camOn);
    if (left('mic') && devices.micOn !== (had?.mic === 'on')) await this.#set('mic', devices.micOn);
  }

  /** The session goes on, or a new one has begun. @param {boolean} anew */
  again(anew) {
    const room = this.#visit.room;
    if (room) this.#draw(room);
    this.mesh.mend();
    notice(anew ? 'You are back in the meeting.' : 'The connection is back.');
    catchUp(room?.people[room.me]?.mediaState, this.#devices, this.#ask, anew);
  }

  close() {
    for (const off of [...this.#offs.splice(0), ...this.#knocks.values(), ...this.#unreads]) off();
    this.mesh.close();
    this.#devices.stop();
  }

  /** @param {RoomState} room @param {{ calls?: boolean }} [how] */
  #draw(room, how) {
    const me = room.people[room.me];
    if (!me) return;
    const others = Object.values(room.people).filter((one) => one !== me);
    this.mesh.meet(me, others, how);
    this.grid.draw(room);
    this.toolbar.draw(room, this.#devices, { waiting: room.waiting.length });
    for (const panel of Object.values(this.#panels)) /** @type {any} */ (panel).draw?.(room);
    say(this.#title, this.#visit.meeting?.title ?? 'Meeting');
    this.#locked.hidden = !room.settings.locked;
  }

  #drawStatus() {
    const lost = this.#visit.status === 'reconnecting';
    this.element.classList.toggle('lost', lost);
    say(this.#status, lost ? 'Connection lost. Coming back… Sound and pictures may go on.' : '');
  }

  /** What is on goes to everyone. */
  #send() {
    for (const slot of SLOTS) this.mesh.setTrack(slot, this.#devices[slot]);
    const room = this.#visit.room;
    if (room) {
      this.grid.draw(room);
      this.toolbar.draw(room, this.#devices, { waiting: room.waiting.length });
    }
  }

  /** @param {Frame} frame */
  #heard({ type, payload: said }) {
    const room = this.#visit.room;
    if (!room) return;
    const name = (/** @type {string | null} */ id) => (id && room.people[id]?.displayName) || 'The host';
    switch (type) {
      case 'rtc.signal':
        this.mesh.take(said);
        return;
      case 'reaction.added':
        this.reactions.show(said.participantId, said.type, name(said.participantId));
        return;
      case 'reaction.batch':
        for (const kind of Object.keys(said.counts)) this.reactions.show(room.me, kind, 'Several people');
        return;
      case 'chat.message':
        this.#unread(said);
        return;
      case 'media.changed':
        if (said.participantId === room.me && said.by) this.#turnedOff(said.patch);
        return;
      case 'moderation.muted':
        notice(`${name(said.by)} has muted you. Turn your microphone on when you want to speak.`);
        return;
      case 'moderation.unmuteAsked':
        notice(`${name(said.by)} asks you to speak.`, {
          action: { label: 'Turn microphone on', do: () => this.#set('mic', true) },
        });
        return;
      case 'media.unmuteRequested':
        notice(`${name(said.participantId)} would like to speak.`, {
          action: {
            label: 'Allow',
            do: () => this.#ask('moderation.allowUnmute', { participantId: said.participantId }),
          },
        });
        return;
      case 'participant.joined':
        if (said.participantId !== room.me) notice(`${said.displayName} has joined.`);
        return;
      case 'hand.changed':
        if (said.raised && said.participantId !== room.me) notice(`${name(said.participantId)} raises a hand.`);
        return;
      case 'host.changed':
        notice(said.to === room.me ? 'You are the host now.' : `${name(said.to)} is the host now.`);
        return;
      case 'role.changed':
        if (said.participantId === room.me) notice(said.role === 'cohost' ? 'You are a cohost now.' : 'You are no cohost any more.');
        return;
      case 'lobby.changed':
        this.#knocked(said.waiting);
    }
  }

  /** Whoever knocks is announced, until it is decided. @param {Waiting[]} waiting */
  #knocked(waiting) {
    const ids = new Set(waiting.map((one) => one.participantId));
    for (const [id, gone] of this.#knocks) {
      if (ids.has(id)) continue;
      gone();
      this.#knocks.delete(id);
    }
    for (const { participantId, displayName } of waiting) {
      if (this.#shown === 'people' || this.#knocks.has(participantId)) continue;
      const admit = { label: 'Let in', do: () => this.#ask('lobby.admit', { participantId }) };
      this.#knocks.set(participantId, notice(`${displayName} is waiting to be let in.`, { action: admit, stays: true }));
    }
  }

  /** @param {any} message */
  #unread(message) {
    if (this.#shown === 'chat' || message.participantId === this.#visit.room?.me) return;
    this.toolbar.unread(true);
    const open = { label: 'Open chat', do: () => this.#open('chat') };
    this.#unreads.push(notice(`${message.sender.displayName}: ${message.text.slice(0, 120)}`, { action: open }));
  }

  /** A host has turned something of ours off. @param {Partial<MediaState>} patch */
  #turnedOff(patch) {
    if (patch.mic === 'off') this.#devices.setMic(false);
    if (patch.cam === 'off') this.#devices.setCam(false);
    if (patch.screen === 'off' && this.#devices.screen) {
      this.#devices.stopScreen();
      notice('Somebody else is presenting now.');
    }
  }

  /** @param {'mic' | 'cam' | 'screen'} what */
  #toggle(what) {
    if (what === 'screen') return this.#setScreen(!this.#devices.screen);
    this.#byHand.add(what);
    return this.#set(what, !(what === 'mic' ? this.#devices.micOn : this.#devices.camOn));
  }

  /** @param {'mic' | 'cam'} what @param {boolean} on */
  async #set(what, on) {
    const change = () => (what === 'mic' ? this.#devices.setMic(on) : this.#devices.setCam(on));
    // Off at once, whatever the server says; on only once it has agreed.
    if (!on) await change();
    try {
      await this.#visit.request('media.update', { [what]: on ? 'on' : 'off' });
    } catch (error) {
      const refused = what === 'mic' && on && error instanceof HubProblem && error.type === 'meeting/forbidden';
      if (!refused) return this.#trouble(error);
      await this.#devices.setMic(false);
      notice('In this meeting a host has to let you speak.', {
        action: { label: 'Ask to speak', do: () => this.#ask('media.requestUnmute') },
      });
      return;
    }
    if (on && !(await change())) await this.#ask('media.update', { [what]: 'off' });
  }

  /** A device was unplugged. @param {'mic' | 'cam'} what */
  #gone(what) {
    notice(`Your ${what === 'mic' ? 'microphone' : 'camera'} is gone. Plug it in again, or choose another in the settings, and turn it on.`, { bad: true });
    this.#ask('media.update', { [what]: 'off' });
  }

  /** @param {boolean} on */
  async #setScreen(on) {
    if (!on) {
      this.#devices.stopScreen();
      await this.#ask('media.update', { screen: 'off' });
      return;
    }
    if (!(await this.#devices.startScreen())) return;
    const shared = await this.#ask('media.update', { screen: 'on' });
    if (!shared) this.#devices.stopScreen();
  }

  async #hand() {
    const room = this.#visit.room;
    const up = room?.people[room.me]?.handRaised;
    await this.#ask(up ? 'hand.lower' : 'hand.raise');
    const place = this.#visit.room ? hands(this.#visit.room).findIndex((one) => one.participantId === room?.me) : -1;
    if (!up && place > 0) notice(`Your hand is up: ${place} before you.`);
  }

  /**
   * Ask, and say so if it is refused.
   *
   * @param {string} type
   * @param {object} [payload]
   * @returns {Promise<boolean>}
   */
  #ask = async (type, payload = {}) => {
    try {
      await this.#visit.request(type, payload);
      return true;
    } catch (error) {
      this.#trouble(error);
      return false;
    }
  };

  /** @param {unknown} error */
  #trouble(error) {
    if (this.#visit.status === 'over') return;
    const { title, text } = wordsFor(error);
    notice(`${title}. ${text}`, { bad: true });
  }

  /** Open a panel, or close the one that is open. @param {string | null} name */
  #open(name) {
    const next = name === this.#shown ? null : name;
    const before = this.#shown;
    this.#shown = next;
    const panel = next ? this.#panels[next] : null;
    this.#panelPlace.hidden = !panel;
    this.element.classList.toggle('with-panel', Boolean(panel));
    this.element.classList.toggle('wide-panel', next === 'inspector');
    this.toolbar.opened(next);
    if (next === 'chat') {
      this.toolbar.unread(false);
      for (const gone of this.#unreads.splice(0)) gone();
    }
    if (next === 'people') for (const gone of this.#knocks.values()) gone();
    if (panel && next) {
      const close = iconButton('Close', 'close', () => this.#open(next), { class: 'close' });
      set(this.#panelPlace, { 'aria-label': next });
      this.#panelPlace.replaceChildren(close, panel.element);
      panel.opened?.();
    } else if (before) {
      this.toolbar.button(before)?.focus();
    }
  }

  async #copy() {
    const link = `${location.origin}${location.pathname}`;
    try {
      await navigator.clipboard.writeText(link);
      notice('The link is copied. Whoever opens it can come in.');
    } catch {
      notice(`The link: ${link}`, { stays: false });
    }
  }

  #key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && this.#shown && !document.querySelector('dialog[open]')) this.#open(null);
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (event.key === 'd') this.#toggle('mic');
    else if (event.key === 'e') this.#toggle('cam');
    else return;
    event.preventDefault();
  };
}

/** `?relay` sends all media through TURN: to see whether that works. */
function relayOnly() {
  const only = new URLSearchParams(location.search).has('relay');
  return only ? { iceTransportPolicy: /** @type {const} */ ('relay') } : {};
}
