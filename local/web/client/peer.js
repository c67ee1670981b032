/**
 * One peer connection, by perfect negotiation.
 *
 * It has three media lines, in this order: microphone, camera, screen. They are there from the first
 * offer; turning something on or off is `replaceTrack` and needs no negotiation. `media.changed`
 * tells others what is on.
 *
 * Every signal carries in `pcId` the sender's own connection and the one it is meant for, as
 * `mine:theirs`. So a page that was loaded anew is told from the one that it was, and what is meant
 * for a connection that is gone is dropped.
 *
 * @typedef {{ type: 'offer' | 'answer' | 'ice', sdp?: string, candidate?: RTCIceCandidateInit | string | null, pcId?: string | number, n?: number }} Signal
 * @typedef {'mic' | 'cam' | 'screen'} Slot
 * @typedef {object} PeerHooks
 * @property {(signal: Signal) => Promise<unknown>} send
 * @property {(slot: Slot, track: MediaStreamTrack) => void} track
 * @property {(state: RTCPeerConnectionState) => void} state
 * @property {() => RTCConfiguration} configuration
 * @property {() => Record<Slot, MediaStreamTrack | null>} tracks What to send now.
 */

import { random } from './random.js';

/** @type {readonly Slot[]} */
export const SLOTS = ['mic', 'cam', 'screen'];
/** So long a connection may be `disconnected` before its routes are sought anew. */
const PATIENCE_MS = 3000;
/** So long an offer may be without an answer before it is sent again. */
const OFFER_MS = 8000;

export class Peer {
  #polite;
  #hooks;
  /** @type {RTCPeerConnection} */
  #pc;
  #mine = '';
  #theirs = '';
  #n = 0;
  #offering = false;
  #ignoring = false;
  /** @type {RTCIceCandidateInit[]} */
  #early = [];
  #work = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} Until an offer is sent again. */
  #unanswered;
  /** @type {ReturnType<typeof setTimeout> | undefined} Until other routes are sought. */
  #silent;
  #closed = false;

  /**
   * @param {boolean} polite Whether its own offer gives way to one that comes at the same time.
   * @param {PeerHooks} hooks
   */
  constructor(polite, hooks) {
    this.#polite = polite;
    this.#hooks = hooks;
    this.#pc = this.#fresh();
  }

  get pc() {
    return this.#pc;
  }

  /** Make the first offer. */
  call() {
    const { mic, cam, screen } = this.#hooks.tracks();
    this.#pc.addTransceiver(mic ?? 'audio', { direction: 'sendrecv' });
    this.#pc.addTransceiver(cam ?? 'video', { direction: 'sendrecv' });
    this.#pc.addTransceiver(screen ?? 'video', { direction: 'sendrecv' });
  }

  /** Offer again, with other routes. */
  restart() {
    this.#pc.setConfiguration(this.#hooks.configuration());
    this.#pc.restartIce();
  }

  /** @param {Slot} slot @param {MediaStreamTrack | null} track */
  async setTrack(slot, track) {
    await this.#line(slot)?.sender.replaceTrack(track);
  }

  /** How loud it is, from 0 to 1. */
  get level() {
    const sources = this.#line('mic')?.receiver.getSynchronizationSources() ?? [];
    return Math.max(0, ...sources.map((source) => source.audioLevel ?? 0));
  }

  /** One signal after the other. @param {Signal} signal */
  take(signal) {
    this.#work = this.#work.then(() => this.#take(signal)).catch((error) => {
      if (!this.#closed) console.warn('A signal could not be used:', error.message);
    });
    return this.#work;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#unanswered);
    clearTimeout(this.#silent);
    this.#pc.close();
  }

  #fresh() {
    const pc = new RTCPeerConnection(this.#hooks.configuration());
    this.#mine = random(4);
    this.#n = 0;
    this.#offering = this.#ignoring = false;
    pc.onnegotiationneeded = () => this.#offer(pc);
    pc.onicecandidate = ({ candidate }) => {
      this.#send(pc, { type: 'ice', candidate: candidate?.toJSON() ?? null });
    };
    pc.ontrack = ({ transceiver, track }) => {
      const slot = SLOTS[pc.getTransceivers().indexOf(transceiver)];
      if (slot) this.#hooks.track(slot, track);
    };
    pc.onconnectionstatechange = () => this.#changed(pc);
    return pc;
  }

  /** @param {Slot} slot */
  #line(slot) {
    return this.#pc.getTransceivers()[SLOTS.indexOf(slot)];
  }

  /** @param {RTCPeerConnection} pc @param {Signal} signal */
  async #send(pc, signal) {
    if (pc !== this.#pc || this.#closed) return;
    this.#n += 1;
    const pcId = `${this.#mine}:${this.#theirs}`;
    try {
      await this.#hooks.send({ ...signal, pcId, n: this.#n });
    } catch {
      // Gone: `participant.left` says so. Merely lost: the offer is made again.
    }
  }

  /** @param {RTCPeerConnection} pc */
  async #offer(pc) {
    this.#offering = true;
    try {
      await pc.setLocalDescription();
      if (pc.localDescription?.type !== 'offer') return;
      this.#watch(pc);
      await this.#send(pc, { type: 'offer', sdp: pc.localDescription.sdp });
    } catch (error) {
      if (pc.signalingState !== 'closed') throw error;
    } finally {
      this.#offering = false;
    }
  }

  /** An offer that nobody answers was lost on its way. @param {RTCPeerConnection} pc */
  #watch(pc) {
    clearTimeout(this.#unanswered);
    this.#unanswered = setTimeout(() => {
      if (pc !== this.#pc || pc.signalingState !== 'have-local-offer') return;
      this.#send(pc, { type: 'offer', sdp: pc.localDescription?.sdp });
      this.#watch(pc);
    }, OFFER_MS);
  }

  /** @param {Signal} signal */
  async #take(signal) {
    if (this.#closed) return;
    const [theirs = '', mine = ''] = String(signal.pcId ?? '').split(':');
    if (mine && mine !== this.#mine) return;
    if (this.#theirs && theirs !== this.#theirs) {
      if (signal.type !== 'offer') return;
      this.#again();
    }
    if (signal.type === 'ice') return this.#candidate(signal.candidate ?? null);
    if (signal.type === 'answer' && this.#pc.signalingState !== 'have-local-offer') return;
    const glare = signal.type === 'offer' && (this.#offering || this.#pc.signalingState !== 'stable');
    this.#ignoring = glare && !this.#polite;
    if (this.#ignoring) return;
    // A first offer has lines of its own, which the browser would not match with theirs.
    if (glare && !this.#pc.remoteDescription) this.#again();
    this.#theirs = theirs;
    const pc = this.#pc;
    await pc.setRemoteDescription({ type: signal.type, sdp: signal.sdp });
    if (signal.type === 'offer') await this.#answer(pc);
    for (const candidate of this.#early.splice(0)) await this.#candidate(candidate);
  }

  /** @param {RTCPeerConnection} pc */
  async #answer(pc) {
    const tracks = this.#hooks.tracks();
    for (const [at, line] of pc.getTransceivers().entries()) {
      const slot = SLOTS[at];
      if (!slot) continue;
      line.direction = 'sendrecv';
      if (line.sender.track !== tracks[slot]) await line.sender.replaceTrack(tracks[slot]);
    }
    await pc.setLocalDescription();
    await this.#send(pc, { type: 'answer', sdp: pc.localDescription?.sdp });
  }

  /** @param {RTCIceCandidateInit | string | null} candidate */
  async #candidate(candidate) {
    const init = typeof candidate === 'string' ? { candidate, sdpMLineIndex: 0 } : candidate;
    if (!this.#pc.remoteDescription) {
      if (init) this.#early.push(init);
      return;
    }
    try {
      await this.#pc.addIceCandidate(init ?? undefined);
    } catch (error) {
      // Of an offer that was ignored, or of one that is still on its way.
      if (!this.#ignoring && init) this.#early.push(init);
    }
  }

  /** The other side has a new connection, or ours is no use: begin again. */
  #again() {
    this.#pc.close();
    this.#early = [];
    this.#theirs = '';
    this.#pc = this.#fresh();
  }

  /** @param {RTCPeerConnection} pc */
  #changed(pc) {
    if (pc !== this.#pc || this.#closed) return;
    const state = pc.connectionState;
    this.#hooks.state(state);
    if (state === 'failed') this.restart();
    if (state === 'disconnected') {
      clearTimeout(this.#silent);
      this.#silent = setTimeout(() => {
        if (pc === this.#pc && pc.connectionState === 'disconnected') this.restart();
      }, PATIENCE_MS);
    }
  }
}
