/** @import { HubApi } from '../hub-client.js' */
/** @import { Devices } from './devices.js' */
/** @import { Words } from './words.js' */
import { field, form } from './forms.js';
import { h, icon } from './dom.js';

export function brand() {
  return h('a', { class: 'brand', href: '/' }, h('img', { src: '/page/icon.svg', alt: '', width: 28, height: 28 }), 'Hub');
}

/**
 * The start: join with a code, or sign in and create a meeting.
 *
 * @param {HubApi} api
 * @param {{ open: (code: string) => void }} to
 */
export function home(api, to) {
  const place = h('div', { class: 'card' });
  const draw = () => place.replaceChildren(...(api.user ? host(api, to.open, draw) : account(api, draw)));
  draw();
  return h(
    'main',
    { class: 'start' },
    h('header', {}, brand()),
    h(
      'section',
      { class: 'intro' },
      h('h1', { tabindex: '-1' }, 'Meet face to face, from anywhere.'),
      h('p', {}, 'Got a code or a link? Come in as a guest. To start a meeting of your own, sign in.'),
      joinForm(api, to.open),
    ),
    place,
    h(
      'footer',
      {},
      h('a', { href: '/docs' }, 'REST'),
      h('a', { href: '/docs/ws' }, 'WebSocket'),
      h('span', {}, 'One tab is one person: open a second window to be two.'),
    ),
  );
}

/** @param {HubApi} api @param {(code: string) => void} open */
function joinForm(api, open) {
  const code = field('Meeting code or link', {
    name: 'code',
    placeholder: 'abc-defg-hij',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    required: true,
    'data-first': true,
  });
  return form('Join', [code.element], async () => {
    const written = code.input.value.trim().split('/').pop()?.split('?')[0] ?? '';
    await api.resolveCode(written);
    const letters = written.replace(/[^a-z]/gi, '').toLowerCase();
    open([letters.slice(0, 3), letters.slice(3, 7), letters.slice(7)].join('-'));
  });
}

/** @param {HubApi} api @param {(code: string) => void} open @param {() => void} redraw */
function host(api, open, redraw) {
  const title = field('What is it about?', { name: 'title', placeholder: 'Tea at four', maxlength: 255 }, 'You can leave this out.');
  return [
    h('h2', {}, `Hello, ${api.user?.displayName ?? ''}`),
    form('New meeting', [title.element], async () => {
      const named = title.input.value.trim() ? { title: title.input.value } : {};
      open((await api.createMeeting(named)).code);
    }),
    h('button', { type: 'button', class: 'quiet', onclick: () => api.logout().catch(() => {}).then(redraw) }, 'Sign out'),
  ];
}

/**
 * Sign in, or sign up.
 *
 * @param {HubApi} api
 * @param {() => void} done
 * @param {boolean} [fresh] Whether to begin with a new account.
 * @returns {HTMLElement[]}
 */
export function account(api, done, fresh = false) {
  const place = h('div', { class: 'account' });
  const draw = (/** @type {boolean} */ anew) => place.replaceChildren(anew ? signUp(api, done) : signIn(api, done), turn(anew, draw));
  draw(fresh);
  return [place];
}

/** @param {boolean} anew @param {(anew: boolean) => void} draw */
function turn(anew, draw) {
  const label = anew ? 'I have an account: sign in' : 'New here? Create an account';
  return h('button', { type: 'button', class: 'quiet', onclick: () => draw(!anew) }, label);
}

/** @param {HubApi} api @param {() => void} done */
function signIn(api, done) {
  const email = field('E-mail', { type: 'email', name: 'email', autocomplete: 'username', required: true });
  const password = field('Password', { type: 'password', name: 'password', autocomplete: 'current-password', required: true });
  return form('Sign in', [h('h2', {}, 'Sign in'), email.element, password.element], async () => {
    await api.login({ email: email.input.value, password: password.input.value });
    done();
  });
}

/** @param {HubApi} api @param {() => void} done */
function signUp(api, done) {
  const name = field('Your name', { name: 'name', autocomplete: 'name', required: true, maxlength: 60 }, 'This is how others see you.');
  const email = field('E-mail', { type: 'email', name: 'email', autocomplete: 'username', required: true });
  const password = field('Password', { type: 'password', name: 'password', autocomplete: 'new-password', required: true, minlength: 8 }, 'At least 8 characters.');
  return form('Create account', [h('h2', {}, 'Create an account'), name.element, email.element, password.element], async () => {
    const who = { email: email.input.value, password: password.input.value, displayName: name.input.value };
    await api.register(who);
    done();
  });
}

/**
 * A sentence, and what can be done now.
 *
 * @param {Words} words
 * @param {{ label: string, do: () => void }[]} ways The first is the likeliest.
 */
export function outcome({ title, text }, ways) {
  return h(
    'main',
    { class: 'outcome' },
    brand(),
    h('h1', { tabindex: '-1' }, title),
    h('p', {}, text),
    h('div', { class: 'ways' }, ...ways.map((way, at) => h('button', { type: 'button', class: at ? 'quiet' : 'primary', onclick: way.do }, way.label))),
  );
}

/**
 * Knocked, and not yet let in.
 *
 * @param {string} code
 * @param {{ position: number, waitingFor?: 'host' | 'approval' }} place
 * @param {{ api: HubApi, devices: Devices, leave: () => void }} more
 */
export function waiting(code, place, { devices, leave }) {
  const alone = place.waitingFor === 'host';
  const before = place.position - 1;
  const video = h('video', { class: 'mirrored', autoplay: true, muted: true, playsinline: true });
  video.muted = true;
  if (devices.cam) video.srcObject = new MediaStream([devices.cam]);
  return h(
    'main',
    { class: 'outcome waiting' },
    brand(),
    devices.cam ? video : h('span', { class: 'knock' }, icon('people')),
    h('h1', { tabindex: '-1' }, alone ? 'The host is not here yet' : 'You will be let in soon'),
    h('p', {}, alone ? 'You come in when a host has arrived and lets you in. Keep this window open.' : 'A host sees that you are waiting. Keep this window open.'),
    h('p', { class: 'place' }, before > 0 ? `${before} before you` : 'You are next', ` · ${code}`),
    h('div', { class: 'ways' }, h('button', { type: 'button', class: 'quiet', onclick: leave }, 'Wait no longer')),
  );
}
