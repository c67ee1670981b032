/**
 * Make an element: `h('button', { class: 'quiet', onclick }, 'Leave')`.
 *
 * Properties that begin with `on` are listeners; `true` sets an attribute, `false` and null leave
 * it out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  set(element, props);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, any>} props
 */
export function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Write a text only if it is another: what is read out is not read out again. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Show a list: elements stay for what stays, so that focus and videos do.
 *
 * @template Item
 * @param {Element} list
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} key
 * @param {(item: Item) => Element} create
 * @param {(element: any, item: Item) => void} [update]
 */
export function show(list, items, key, create, update = () => {}) {
  const old = new Map([...list.children].map((child) => [child.getAttribute('data-key'), child]));
  /** @type {Element | null} */
  let before = null;
  for (const item of items) {
    const name = key(item);
    let element = old.get(name);
    if (!element) {
      element = create(item);
      element.setAttribute('data-key', name);
    }
    old.delete(name);
    update(element, item);
    const place = /** @type {Element | null} */ (before ? before.nextElementSibling : list.firstElementChild);
    if (place !== element) list.insertBefore(element, place);
    before = element;
  }
  for (const gone of old.values()) gone.remove();
}

/** @type {Record<string, string>} */
const PATHS = {
  mic: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6',
  'mic-off': 'M4 4l16 16M9 9v2a3 3 0 0 0 4.5 2.6M15 11V6a3 3 0 0 0-5.7-1.3M6 11a6 6 0 0 0 9 5.2M18 11a6 6 0 0 1-.6 2.6M12 17v4M9 21h6',
  cam: 'M4 7h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM15 11l6-3.5v9L15 13',
  'cam-off': 'M4 4l16 16M7 7H4a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h10l.8-.4M11.5 7H14a1 1 0 0 1 1 1v3l6-3.5v9l-2-1.2',
  screen: 'M3 5h18v11H3zM9 20h6M12 16v4M12 13V8M9.5 10.5L12 8l2.5 2.5',
  hand: 'M7 12V6.5a1.5 1.5 0 0 1 3 0V11V4.5a1.5 1.5 0 0 1 3 0V11V5.5a1.5 1.5 0 0 1 3 0V12V8.5a1.5 1.5 0 0 1 3 0V14a7 7 0 0 1-7 7c-3 0-4.6-1.4-6-4l-2.2-4a1.5 1.5 0 0 1 2.6-1.5L7 12',
  react: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01',
  chat: 'M4 5h16v11H9l-5 4z',
  people: 'M9 11a3.5 3.5 0 1 0 0-7a3.5 3.5 0 0 0 0 7M3 20a6 6 0 0 1 12 0M16 4.5a3.5 3.5 0 0 1 0 6.5M17 14.3a6 6 0 0 1 4 5.7',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  inspect: 'M8 8l-4 4l4 4M16 8l4 4l-4 4M13.5 5l-3 14',
  leave: 'M4 14c-1-1-1-3 .5-4.200C6.500 8.300 9 7.500 12 7.500s5.500.8 7.500 2.300C21 11 21 13 20 14l-1 1l-3.500-1.500v-2.300a11 11 0 0 0-7 0v2.300L5 15z',
  close: 'M6 6l12 12M18 6L6 18',
  link: 'M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
};

/** A drawing that says nothing to a screen reader: its button does. @param {string} name */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  set(svg, { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' });
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', PATHS[name] ?? '');
  svg.append(path);
  return svg;
}

/**
 * @param {string} label What it does, for everyone.
 * @param {string} name Its drawing.
 * @param {() => void} onclick
 * @param {Record<string, any>} [props]
 */
export function iconButton(label, name, onclick, props = {}) {
  return h('button', { type: 'button', 'aria-label': label, title: label, onclick, ...props }, icon(name));
}

/** Two letters and a colour for whoever shows no picture. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : '']
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('');
  const hue = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
  const circle = h('span', { class: 'initials', 'aria-hidden': 'true' }, letters.toUpperCase());
  circle.style.setProperty('--hue', String(hue));
  return circle;
}
