/**
 * The wire's shapes, as types alone.
 *
 * @typedef {{ type: string, title?: string, detail?: string, status: number, instance?: string,
 *   errors?: { pointer: string, detail: string }[], retryAfterMs?: number }} Problem
 *   An RFC 9457 problem; `type` is one of the catalogue, `meeting/full`.
 * @typedef {{ id: string, email: string, displayName: string, avatarUrl: string | null, createdAt: string }} User
 * @typedef {{ user: User, accessToken: string, refreshToken: string, tokenType: 'Bearer', expiresIn: number }} Tokens
 * @typedef {'host' | 'cohost' | 'guest'} Role
 * @typedef {'on' | 'off'} OnOff
 * @typedef {{ mic: OnOff, cam: OnOff, screen: OnOff }} MediaState
 * @typedef {{ version: number, accessType: 'open' | 'trusted' | 'restricted', lobby: boolean,
 *   allowGuests: boolean, locked: boolean, maxParticipants: number, chat: 'everyone' | 'hosts',
 *   reactions: 'everyone' | 'hosts', screenShare: 'everyone' | 'hosts', unmute: 'open' | 'by-request',
 *   duplicateJoin: 'replace' | 'reject', onHostLoss: 'continue' | 'lock' | 'end' }} Settings
 * @typedef {{ id: string, code: string, title: string, hostId?: string, endedAt?: string | null }} Meeting
 * @typedef {{ roomToken: string, expiresIn: number, participantId: string, role: Role,
 *   admission: 'admitted' | 'lobby', wsUrl: string, iceServers: RTCIceServer[] }} RoomTicket
 * @typedef {{ participantId: string, sessionId: string, displayName: string, avatarUrl: string | null,
 *   role: Role, mediaState: MediaState, handRaised: boolean, handRaisedAt: string | null,
 *   connection: 'online' | 'lost', joinedAt: string, joinSeq: number, mayUnmute?: boolean }} Participant
 * @typedef {{ participantId: string, displayName: string, avatarUrl: string | null,
 *   hasAccount?: boolean, connection?: string, knockedAt?: string }} Waiting
 * @typedef {{ id: string, participantId: string, text: string, ts: string, clientMsgId?: string,
 *   to?: string, sender: { participantId: string, displayName: string, avatarUrl: string | null, role: Role } }} ChatMessage
 * @typedef {{ type: string, requestId?: string, payload?: any, epoch?: string, seq?: number }} Frame
 * @typedef {{ epoch: string, seq: number, participants: Participant[], settings: Settings, chat: ChatMessage[], parts?: number }} Snapshot
 * @typedef {{ at: number, way: 'in' | 'out', connection: number, frame: Frame, bytes: number }} Seen
 *   A frame on its way; `at` is `performance.now()`.
 * @typedef {'outside' | 'waiting' | 'inside' | 'reconnecting' | 'over'} Status
 * @typedef {{ why: 'left' | 'removed' | 'replaced' | 'ended' | 'rejected' | 'refused', problem?: Problem, said?: any }} Ending
 * @typedef {{ meeting: Meeting, participantId: string, resumeToken: string, guestToken: string | null,
 *   displayName: string | undefined }} Bookmark All that it takes to come back after a reload.
 *
 * @typedef {object} VisitEvents
 * @property {Status} status
 * @property {import('./room.js').RoomState} room The room has changed, or is known for the first time.
 * @property {Frame} frame What came and is no reply: room events in order, and notices.
 * @property {Seen} seen Every frame as it was, in both directions.
 * @property {{ position: number, waitingFor?: 'host' | 'approval' }} waiting
 * @property {{ anew: boolean }} inside In, for the first time or again; `anew`: in a new session.
 * @property {Ending} over
 */
export {};
