import { h, say } from './dom.js';
import { wordsFor } from './words.js';

let count = 0;

/**
 * A labelled field.
 *
 * @param {string} label
 * @param {Record<string, any>} props Of the input.
 * @param {string} [hint]
 */
export function field(label, props, hint) {
  count += 1;
  const [id, about] = [`field-${count}`, `hint-${count}`];
  const input = h('input', { id, 'aria-describedby': hint ? about : null, ...props });
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    input,
    hint ? h('small', { id: about }, hint) : null,
  );
  return { element, input };
}

/**
 * A form that tells what went wrong, and cannot be sent twice at once.
 *
 * @param {string} label Of its button.
 * @param {(Node | null)[]} content
 * @param {() => Promise<unknown>} submit
 * @param {Record<string, any>} [button]
 */
export function form(label, content, submit, button = { class: 'primary' }) {
  const trouble = h('p', { class: 'trouble', role: 'alert' });
  const send = h('button', { type: 'submit', ...button }, label);
  const element = h(
    'form',
    {
      novalidate: false,
      onsubmit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        if (send.getAttribute('aria-busy')) return;
        send.setAttribute('aria-busy', 'true');
        trouble.textContent = '';
        try {
          await submit();
        } catch (error) {
          const { title, text } = wordsFor(error);
          say(trouble, `${title}. ${text}`);
        } finally {
          send.removeAttribute('aria-busy');
        }
      },
    },
    ...content,
    trouble,
    send,
  );
  return element;
}
