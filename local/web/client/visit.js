/** @import { Bookmark, Ending, Frame, Meeting, OnOff, Participant, RoomTicket, Snapshot, Status, VisitEvents, Waiting } from './types.js' */
/** @import { HubApi } from './api.js' */
/** @import { RoomState } from './room.js' */
import { Pause, backoff } from './backoff.js';
import { Emitter } from './emitter.js';
import { Line } from './line.js';
import { RoomLog } from './log.js';
import { HubProblem, Unreachable } from './problem.js';
import { apply, begin } from './room.js';
import { socketUrl } from './wire.js';

/** So long an event that came early may wait for the one before it, unasked. */
const GAP_MS = 250;
/** So long whoever leaves waits for the server's word: a connection may be dead and not know it. */
const LEAVING_MS = 2000;
/** Refusals of a resume after which one can still join anew. */
const SESSION_OVER = ['room/session-expired', 'room/invalid-token', 'room/not-joined'];

/**
 * One person's visit to one meeting: knock, enter, ask, hear, lose the connection and come back.
 *
 * @extends {Emitter<VisitEvents>}
 */
export class Visit extends Emitter {
  /** @type {Status} */
  status = 'outside';
  /** @type {RoomState | null} */
  room = null;
  /** @type {Meeting | null} */
  meeting = null;
  /** @type {RTCIceServer[]} */
  iceServers = [];
  log = new RoomLog();

  #api;
  #line = new Line();
  /** @type {string | null} */
  #resumeToken = null;
  /** @type {RoomTicket | null} */
  #ticket = null;
  /** @type {string | null} */
  #guestToken = null;
  #displayName;
  #meetingId = '';
  /** @type {{ mic: OnOff, cam: OnOff }} */
  #device = { mic: 'off', cam: 'off' };
  /** @type {Map<string, Participant[]>} */
  #parts = new Map();
  /** @type {Waiting[]} What was said of the lobby last: it may overtake the snapshot. */
  #lobby = [];
  #syncing = false;
  #returning = false;
  #moving = false;
  #pause = new Pause();

  /**
   * @param {HubApi} api
   * @param {{ displayName?: string }} [guest] How a guest is called.
   */
  constructor(api, { displayName } = {}) {
    super();
    this.#api = api;
    this.#displayName = displayName;
    this.#line.on('seen', (seen) => this.emit('seen', seen));
    this.#line.on('frame', (frame) => this.#heard(frame));
    this.#line.on('lost', () => this.#lost());
    this.#line.on('head', ({ epoch, headSeq = 0 }) => {
      if (epoch === this.log.epoch && headSeq > this.log.seq) this.#mind(true);
    });
  }

  /** What to keep for `return`; null if there is no session to come back to. */
  get bookmark() {
    if (!this.#resumeToken || !this.meeting || !this.room) return null;
    return /** @type {Bookmark} */ ({
      meeting: this.meeting,
      participantId: this.room.me,
      resumeToken: this.#resumeToken,
      guestToken: this.#guestToken,
      displayName: this.#displayName,
    });
  }

  /**
   * Enter, or knock: the `status` tells.
   *
   * @param {string} meetingId
   * @param {{ mic: OnOff, cam: OnOff }} device What is on when one comes in.
   */
  async join(meetingId, device) {
    this.#meetingId = meetingId;
    this.#device = device;
    await this.#enter();
  }

  /**
   * Come back into a session after the page was loaded anew.
   *
   * @param {Bookmark} bookmark
   * @returns {Promise<boolean>} False if it is over; one can join again.
   */
  async return(bookmark) {
    this.meeting = bookmark.meeting;
    this.#meetingId = bookmark.meeting.id;
    this.#resumeToken = bookmark.resumeToken;
    this.#guestToken = bookmark.guestToken;
    this.#displayName = bookmark.displayName;
    try {
      await this.#resume(bookmark.participantId);
      return true;
    } catch (error) {
      this.#resumeToken = null;
      if (error instanceof HubProblem) return false;
      throw error;
    }
  }

  /**
   * Ask, and wait for the one reply. While the connection is lost it waits for the resume.
   *
   * @param {string} type
   * @param {object} [payload]
   * @returns {Promise<any>} The reply's payload.
   * @throws {HubProblem} The reply is an error.
   * @throws {Unreachable} There was no reply.
   */
  async request(type, payload = {}) {
    if (this.status === 'over') throw new Unreachable();
    return (await this.#line.request(type, payload)).payload;
  }

  /** Leave the room, or the lobby. */
  async leave() {
    const wire = this.#line.wire;
    try {
      if (wire?.open) {
        const leave = this.status === 'waiting' ? 'lobby.cancel' : 'room.leave';
        await Promise.race([this.#line.ask(wire, leave), new Pause().wait(LEAVING_MS)]);
      }
    } catch {
      // Whoever cannot be reached hears of it anyway, when the grace is over.
    } finally {
      this.#end({ why: 'left' });
    }
  }

  /** Drop the connection as a network does; for tests and for the inspector. */
  cut() {
    this.#line.wire?.drop();
  }

  async #enter() {
    const renews = this.#guestToken ?? undefined;
    const guest = { displayName: this.#api.user ? undefined : this.#displayName };
    this.#ticket = await this.#api.roomToken(this.#meetingId, { ...guest, renews }).catch((error) => {
      // A guest's old ticket may be too old to be renewed.
      if (!renews || !(error instanceof HubProblem) || error.status !== 401) throw error;
      return this.#api.roomToken(this.#meetingId, guest);
    });
    this.#guestToken = this.#api.user ? null : this.#ticket.roomToken;
    const accessToken = await this.#api.accessToken();
    const wire = await this.#open();
    try {
      if (accessToken) await this.#line.ask(wire, 'auth.authenticate', { accessToken });
      // Whoever comes in anew after a loss has on what it had on.
      const device = this.room?.people[this.room.me]?.mediaState ?? this.#device;
      const { mic, cam } = device;
      const payload = { roomToken: this.#ticket.roomToken, device: { mic, cam } };
      const reply = await this.#line.ask(wire, 'room.join', payload);
      this.#line.use(wire);
      if (reply.type === 'room.joined') this.#entered(reply.payload);
      else this.#waits(reply.payload);
    } catch (error) {
      wire.retire();
      throw error;
    }
  }

  /** A connection, unless one has left in the time that it took. */
  async #open() {
    const wire = await this.#line.open(this.#ticket?.wsUrl ?? socketUrl(this.#api.base));
    if (this.status !== 'over') return wire;
    wire.retire();
    throw new Unreachable();
  }

  /** @param {any} said The payload of `room.joined`. */
  #entered(said) {
    this.meeting = said.meeting;
    this.#resumeToken = said.resumeToken;
    this.iceServers = said.iceServers;
    const me = said.selfParticipant;
    this.room = null;
    this.#begin(me.participantId, { ...said, participants: [me, ...said.peers] });
    this.#become('inside');
    this.emit('inside', { anew: true });
    this.#line.again(true);
  }

  /** @param {any} said */
  #waits(said) {
    this.#become('waiting');
    this.emit('waiting', said);
  }

  /** @param {string} [participantId] After a reload, when nothing of the room is known. */
  async #resume(participantId) {
    const wire = await this.#open();
    let said;
    try {
      const { epoch, seq } = this.log;
      const payload = { resumeToken: this.#resumeToken, epoch, lastSeq: seq };
      said = (await this.#line.ask(wire, 'session.resume', payload)).payload;
    } catch (error) {
      wire.retire();
      throw error;
    }
    this.#resumeToken = said.resumeToken;
    this.iceServers = said.iceServers;
    this.#line.use(wire);
    if (said.recovered) this.#take(said.events);
    else this.#begin(participantId ?? this.room?.me ?? '', said.snapshot);
    const moved = this.status === 'inside';
    this.#become('inside');
    if (!moved) this.emit('inside', { anew: false });
    this.#line.again();
  }

  /** Until it works, or there is nothing to come back to. */
  async #comeBack() {
    if (this.#returning) return;
    this.#returning = true;
    try {
      for (let attempt = 0; this.status !== 'over'; attempt += 1) {
        await this.#pause.wait(backoff(attempt));
        if (await this.#attempt()) return;
      }
    } finally {
      this.#returning = false;
    }
  }

  /** @returns {Promise<boolean>} Whether it is settled, one way or the other. */
  async #attempt() {
    try {
      if (this.#resumeToken) await this.#resume();
      else await this.#enter();
      return true;
    } catch (error) {
      if (!(error instanceof HubProblem) || error.status >= 500 || error.status === 429) return false;
      if (this.#resumeToken && SESSION_OVER.includes(error.type)) {
        this.#resumeToken = null;
        return false;
      }
      this.#end(ending(error));
      return true;
    }
  }

  /** Another connection before this one ends: nobody else notices. */
  async #moveOver() {
    if (this.#returning) return;
    this.#returning = this.#moving = true;
    try {
      await this.#resume();
    } catch {
      // The connection still works; when it ends, `#comeBack` does what can be done.
    } finally {
      this.#returning = this.#moving = false;
      if (!this.#line.wire?.open) this.#lost();
    }
  }

  /** @param {Frame} frame */
  #heard(frame) {
    const said = frame.payload ?? {};
    switch (frame.type) {
      case 'snapshot.part': {
        const place = `${said.epoch} ${said.seq}`;
        this.#parts.set(place, [...(this.#parts.get(place) ?? []), ...said.participants]);
        return;
      }
      case 'room.joined':
        this.#entered(said);
        return;
      case 'lobby.waiting':
        if (this.status === 'waiting') this.#waits(said);
        return;
      case 'lobby.result':
        if (!said.admitted) this.#end({ why: 'rejected', said });
        return;
      case 'connection.expiring':
        this.#moveOver();
        return;
      case 'connection.replaced':
        // By ourselves, when we move to another connection.
        if (!this.#moving) this.#end({ why: 'replaced', said });
        return;
      case 'room.kicked':
        this.#end({ why: 'removed', said });
        return;
      case 'room.ended':
        this.#end({ why: 'ended', said });
        return;
      case 'session.closed':
        if (said.action === 'rejoin' || said.action === 'reauth') this.#resumeToken = null;
        return;
    }
    this.#take([frame]);
    this.#mind();
  }

  #lost() {
    if (this.#moving || this.status === 'over' || this.status === 'outside') return;
    this.#become('reconnecting');
    this.#comeBack();
  }

  /** @param {Ending} ending */
  #end(ending) {
    if (this.status === 'over') return;
    this.#resumeToken = null;
    this.#become('over');
    this.#line.end();
    this.#pause.hurry();
    this.emit('over', ending);
  }

  /** @param {Status} status */
  #become(status) {
    if (status === this.status) return;
    this.status = status;
    this.emit('status', status);
  }

  /** @param {string} me @param {Snapshot} snapshot */
  #begin(me, snapshot) {
    const place = `${snapshot.epoch} ${snapshot.seq}`;
    const participants = [...snapshot.participants, ...(this.#parts.get(place) ?? [])];
    this.#parts.delete(place);
    const newer = snapshot.epoch !== this.log.epoch || snapshot.seq >= this.log.seq;
    if (newer) this.room = begin(me, { lobby: this.#lobby, ...snapshot, participants }, this.room);
    this.#deliver(this.log.begin(snapshot.epoch, snapshot.seq));
    if (this.room) this.emit('room', this.room);
  }

  /** @param {Frame[]} frames */
  #take(frames) {
    this.#deliver(frames.flatMap((frame) => this.log.take(frame)));
  }

  /** @param {Frame[]} frames */
  #deliver(frames) {
    for (const frame of frames) {
      const before = this.room;
      if (frame.type === 'lobby.changed') this.#lobby = frame.payload.waiting;
      if (this.room) this.room = apply(this.room, frame);
      this.emit('frame', frame);
      if (this.room && this.room !== before) this.emit('room', this.room);
    }
  }

  /** If something is missing and does not come, ask for it. */
  #mind(behind = false) {
    if (!(this.log.waits || behind) || this.#syncing) return;
    this.#syncing = true;
    setTimeout(async () => {
      try {
        if (this.log.waits || behind) await this.#sync();
      } catch {
        // A lost connection is resumed, and a resume fills the gap.
      } finally {
        this.#syncing = false;
      }
    }, GAP_MS);
  }

  async #sync() {
    const wire = this.#line.wire;
    if (!wire?.open || !this.room) return;
    const { epoch, seq } = this.log;
    const reply = await this.#line.ask(wire, 'room.sync', { epoch, afterSeq: seq });
    if (reply.type === 'room.events') this.#take(reply.payload.events);
    else this.#begin(this.room.me, reply.payload);
  }
}

/** @param {HubProblem} error @returns {Ending} */
function ending(error) {
  const why = error.type === 'meeting/ended' ? 'ended' : 'refused';
  return { why, problem: error.problem };
}
