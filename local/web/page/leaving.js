/** @import { Visit } from '../hub-client.js' */
import { h } from './dom.js';

/**
 * Leave, or end the meeting for everyone.
 *
 * @param {Visit} visit
 * @param {(type: string) => Promise<boolean>} ask
 */
export function leaving(visit, ask) {
  const room = visit.room;
  const isHost = room?.people[room.me]?.role === 'host';
  if (!isHost) {
    visit.leave();
    return;
  }
  const does = (/** @type {() => unknown} */ deed) => () => {
    dialog.close();
    deed();
  };
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'leaving-title', onclose: () => dialog.remove() },
    h('h2', { id: 'leaving-title' }, 'You are the host'),
    h('p', {}, 'If you leave, the others can go on. If you end the meeting, it is over for everyone.'),
    h(
      'div',
      { class: 'ways' },
      h('button', { type: 'button', class: 'primary', onclick: does(() => visit.leave()) }, 'Just leave'),
      h('button', { type: 'button', class: 'danger', onclick: does(() => ask('room.end')) }, 'End for everyone'),
      h('button', { type: 'button', class: 'quiet', onclick: does(() => {}) }, 'Stay'),
    ),
  );
  // Goes with the meeting, if that is over before this is answered.
  document.querySelector('main')?.append(dialog);
  dialog.showModal();
}
