/**
 * The client of Hub API for browsers: a module without dependencies.
 *
 *     const api = new HubApi('https://api.example.com', sessionStorage);
 *     await api.login({ email, password });
 *     const visit = new Visit(api);
 *     visit.on('room', (room) => draw(room));
 *     await visit.join(await api.resolveCode('abc-defg-hij'), { mic: 'on', cam: 'on' });
 *     await visit.request('chat.send', { text: 'Hello!' });
 *
 * `Visit` keeps room events in order, fills gaps, comes back when the connection is lost and moves
 * on before it expires. `Mesh` is the media: who is in the room is connected with everyone else.
 */
export { HubApi } from './client/api.js';
export { backoff } from './client/backoff.js';
export { Emitter } from './client/emitter.js';
export { RoomLog } from './client/log.js';
export { Mesh } from './client/mesh.js';
export { Peer, SLOTS } from './client/peer.js';
export { HubProblem, Unreachable } from './client/problem.js';
export { random } from './client/random.js';
export { apply, begin, hands, joined } from './client/room.js';
export { Visit } from './client/visit.js';
