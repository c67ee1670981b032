/** @import { ChatMessage, Frame, Participant, Settings, Waiting } from './types.js' */

/**
 * The room as a client sees it: a value. Events make a new one of it.
 *
 * @typedef {object} RoomState
 * @property {string} me The own participantId.
 * @property {Readonly<Record<string, Participant>>} people By participantId, oneself among them.
 * @property {Settings} settings
 * @property {readonly ChatMessage[]} chat Oldest first.
 * @property {readonly Waiting[]} waiting The lobby's queue; hosts alone are told.
 */

/**
 * @param {string} me
 * @param {{ participants: readonly Participant[], settings: Settings, chat: readonly ChatMessage[], lobby?: readonly Waiting[] }} snapshot
 * @param {RoomState | null} [before] What is only told once is kept from it.
 * @returns {RoomState}
 */
export function begin(me, snapshot, before = null) {
  return {
    me,
    people: Object.fromEntries(snapshot.participants.map((one) => [one.participantId, one])),
    settings: snapshot.settings,
    chat: joined(earlier(before, snapshot), snapshot.chat),
    waiting: snapshot.lobby ?? before?.waiting ?? [],
  };
}

/**
 * Messages from before those of a snapshot: what it leaves out among its own was deleted meanwhile.
 *
 * @param {RoomState | null} before
 * @param {{ chat: readonly ChatMessage[] }} snapshot
 */
function earlier(before, { chat }) {
  const [first, last] = [chat[0]?.id ?? '', chat[chat.length - 1]?.id ?? ''];
  // A private one is no part of the room's log: it may be newer than the snapshot.
  return (before?.chat ?? []).filter(({ id, to }) => id < first || (to && id > last));
}

/**
 * The room after an event. Types that it does not know change nothing.
 *
 * @param {RoomState} room
 * @param {Frame} frame
 * @returns {RoomState}
 */
export function apply(room, frame) {
  const said = frame.payload ?? {};
  switch (frame.type) {
    case 'participant.joined':
      return { ...room, people: { ...room.people, [said.participantId]: said } };
    case 'participant.left': {
      const { [said.participantId]: _, ...people } = room.people;
      return { ...room, people };
    }
    case 'participant.updated':
      return changed(room, said.participantId, () => said.patch);
    case 'participant.connection':
      return changed(room, said.participantId, () => ({
        connection: said.state === 'lost' ? 'lost' : 'online',
      }));
    case 'media.changed':
      return changed(room, said.participantId, (person) => ({
        mediaState: { ...person.mediaState, ...said.patch },
      }));
    case 'hand.changed':
      return changed(room, said.participantId, () => ({
        handRaised: said.raised,
        handRaisedAt: said.raisedAt ?? null,
      }));
    case 'role.changed':
      return changed(room, said.participantId, () => ({ role: said.role }));
    case 'host.changed': {
      const without = changed(room, said.from, () => ({ role: 'cohost' }));
      return changed(without, said.to, () => ({ role: 'host' }));
    }
    case 'settings.changed':
      return { ...room, settings: { ...room.settings, ...said.patch, version: said.version } };
    case 'chat.message':
      return { ...room, chat: joined(room.chat, [said]) };
    case 'chat.deleted':
      return { ...room, chat: room.chat.filter((message) => message.id !== said.id) };
    case 'lobby.changed':
      return { ...room, waiting: said.waiting };
    default:
      return room;
  }
}

/**
 * Messages by their ids, which rise with time: each once.
 *
 * @param {readonly ChatMessage[]} old
 * @param {readonly ChatMessage[]} fresh
 */
export function joined(old, fresh) {
  const all = new Map([...old, ...fresh].map((message) => [message.id, message]));
  return [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Whose hands are up, the first one first.
 *
 * @param {RoomState} room
 */
export function hands(room) {
  return Object.values(room.people)
    .filter((person) => person.handRaised)
    .sort((a, b) => String(a.handRaisedAt).localeCompare(String(b.handRaisedAt)));
}

/**
 * @param {RoomState} room
 * @param {string} id
 * @param {(person: Participant) => Partial<Participant>} patch
 * @returns {RoomState}
 */
function changed(room, id, patch) {
  const person = room.people[id];
  if (!person) return room;
  return { ...room, people: { ...room.people, [id]: { ...person, ...patch(person) } } };
}
