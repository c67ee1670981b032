/** @import { Grid } from './grid.js' */
import { h } from './dom.js';

/** @type {Record<string, string>} */
const KINDS = { '👍': 'Thumbs up', '❤️': 'Heart', '😂': 'Laughing', '👏': 'Applause', '🎉': 'Celebration', '🤔': 'Thinking' };
const SHOWN_MS = 3500;

/** A heart, a laugh, applause. */
export class Reactions {
  #menu;
  #spoken = h('span', { class: 'hidden', role: 'status' });

  /**
   * @param {(type: string, payload: object) => Promise<boolean>} ask
   * @param {Grid} grid
   */
  constructor(ask, grid) {
    this.grid = grid;
    this.#menu = h(
      'div',
      { class: 'reactions', popover: 'auto', role: 'menu', 'aria-label': 'React' },
      ...Object.entries(KINDS).map(([kind, label]) =>
        h(
          'button',
          {
            type: 'button',
            role: 'menuitem',
            'aria-label': label,
            title: label,
            onclick: () => {
              ask('reaction.send', { type: kind });
              this.#menu.hidePopover();
            },
          },
          kind,
        ),
      ),
    );
    this.#menu.addEventListener('keydown', this.#arrows);
    grid.element.append(this.#menu, this.#spoken);
  }

  /** @param {HTMLButtonElement | undefined} button */
  open(button) {
    this.#menu.togglePopover();
    if (button && this.#menu.matches(':popover-open')) {
      const { left, width } = button.getBoundingClientRect();
      const half = this.#menu.offsetWidth / 2;
      const middle = Math.min(Math.max(left + width / 2, half + 8), innerWidth - half - 8);
      this.#menu.style.setProperty('--middle', `${middle}px`);
      /** @type {HTMLElement} */ (this.#menu.firstElementChild).focus();
    }
  }

  /** @param {string} participantId @param {string} kind @param {string} name */
  show(participantId, kind, name) {
    const shown = h('span', { class: 'reaction', 'aria-hidden': 'true' }, kind);
    shown.style.setProperty('--at', `${20 + Math.random() * 60}%`);
    this.grid.tile(participantId).append(shown);
    setTimeout(() => shown.remove(), SHOWN_MS);
    this.#spoken.textContent = `${name}: ${KINDS[kind] ?? kind}`;
  }

  #arrows = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...this.#menu.children];
    const at = all.indexOf(/** @type {Element} */ (document.activeElement));
    /** @type {HTMLElement} */ (all[(at + step + all.length) % all.length]).focus();
  };
}
