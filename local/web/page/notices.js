import { h } from './dom.js';

const SHOWN_MS = 6000;

/**
 * A word in passing, read out by screen readers.
 *
 * @param {string} text
 * @param {{ action?: { label: string, do: () => void }, bad?: boolean, stays?: boolean }} [more]
 */
export function notice(text, { action, bad = false, stays = false } = {}) {
  const list = /** @type {HTMLElement} */ (document.getElementById('notices'));
  const gone = () => note.remove();
  const note = h(
    'div',
    { class: bad ? 'notice bad' : 'notice' },
    h('span', {}, text),
    action &&
      h(
        'button',
        {
          type: 'button',
          onclick: () => {
            gone();
            action.do();
          },
        },
        action.label,
      ),
  );
  list.append(note);
  while (list.children.length > 4) list.firstElementChild?.remove();
  if (!stays) setTimeout(gone, action ? SHOWN_MS * 3 : SHOWN_MS);
  return gone;
}
