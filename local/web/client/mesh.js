/** @import { Participant } from './types.js' */
/** @import { Signal, Slot } from './peer.js' */
import { Emitter } from './emitter.js';
import { Peer } from './peer.js';

const MOST_EARLY = 64;

/**
 * Everyone connected with everyone: a peer connection for each other person in the room.
 *
 * @extends {Emitter<{
 *   track: { participantId: string, slot: Slot, track: MediaStreamTrack },
 *   state: { participantId: string, state: RTCPeerConnectionState },
 *   gone: { participantId: string },
 * }>}
 */
export class Mesh extends Emitter {
  /** @type {Map<string, { sessionId: string, peer: Peer }>} */
  #peers = new Map();
  /** @type {Record<Slot, MediaStreamTrack | null>} */
  #tracks = { mic: null, cam: null, screen: null };
  /** Our own, of which the others' connections are. */
  #session = '';
  /** @type {Map<string, Signal[]>} Of people whom the room has not told us of yet. */
  #early = new Map();
  #send;
  #configuration;

  /**
   * @param {(to: string, signal: Signal) => Promise<unknown>} send Passes a signal on.
   * @param {() => RTCConfiguration} configuration Asked whenever routes are sought.
   */
  constructor(send, configuration) {
    super();
    this.#send = send;
    this.#configuration = configuration;
  }

  /**
   * Be connected with these people, and with nobody else.
   *
   * Of a pair, the one who came later is polite and makes the first offer. Whoever comes back
   * without its connections (`calls`) offers to everyone; whoever comes back in a new session has
   * come later than everyone, and the others have let go of the connections of the old one.
   *
   * @param {Participant} me
   * @param {readonly Participant[]} others
   * @param {{ calls?: boolean }} [how]
   */
  meet(me, others, { calls = false } = {}) {
    const wanted = new Map(others.map((one) => [one.participantId, one]));
    if (me.sessionId !== this.#session) this.close();
    this.#session = me.sessionId;
    for (const [id, { sessionId }] of this.#peers) {
      if (wanted.get(id)?.sessionId !== sessionId) this.#part(id);
    }
    for (const one of wanted.values()) {
      if (this.#peers.has(one.participantId)) continue;
      const polite = me.joinSeq > one.joinSeq;
      const peer = this.#peer(one, polite);
      const early = this.#early.get(one.participantId) ?? [];
      this.#early.delete(one.participantId);
      if (early.length > 0) for (const signal of early) peer.take(signal);
      else if (polite || calls) peer.call();
    }
  }

  /** What came for us. @param {Signal & { from: string }} signal */
  async take(signal) {
    const known = this.#peers.get(signal.from);
    if (known) return known.peer.take(signal);
    // A signal is no room event: it may overtake the one that says who it is from.
    const early = this.#early.get(signal.from) ?? [];
    if (early.length < MOST_EARLY) this.#early.set(signal.from, [...early, signal]);
  }

  /** Send this to everyone, or nothing. @param {Slot} slot @param {MediaStreamTrack | null} track */
  async setTrack(slot, track) {
    this.#tracks[slot] = track;
    const peers = [...this.#peers.values()];
    await Promise.all(peers.map(({ peer }) => peer.setTrack(slot, track)));
  }

  /** Seek routes anew with everyone. */
  restart() {
    for (const { peer } of this.#peers.values()) peer.restart();
  }

  /** Seek routes anew where media have stopped, for instance because the network is another. */
  mend() {
    for (const { peer } of this.#peers.values()) {
      if (!['connected', 'connecting', 'new'].includes(peer.pc.connectionState)) peer.restart();
    }
  }

  /** How loud somebody is, from 0 to 1. @param {string} participantId */
  level(participantId) {
    return this.#peers.get(participantId)?.peer.level ?? 0;
  }

  /** The connection with somebody, to look at. @param {string} participantId */
  connection(participantId) {
    return this.#peers.get(participantId)?.peer.pc ?? null;
  }

  close() {
    for (const id of [...this.#peers.keys()]) this.#part(id);
  }

  /** @param {Participant} one @param {boolean} polite */
  #peer({ participantId, sessionId }, polite) {
    const peer = new Peer(polite, {
      send: (signal) => this.#send(participantId, signal),
      track: (slot, track) => this.emit('track', { participantId, slot, track }),
      state: (state) => this.emit('state', { participantId, state }),
      configuration: this.#configuration,
      tracks: () => this.#tracks,
    });
    this.#peers.set(participantId, { sessionId, peer });
    return peer;
  }

  /** @param {string} participantId */
  #part(participantId) {
    this.#peers.get(participantId)?.peer.close();
    this.#peers.delete(participantId);
    this.emit('gone', { participantId });
  }
}
