/** @import { HubApi } from '../hub-client.js' */
/** @import { Devices } from './devices.js' */
import { field, form } from './forms.js';
import { h, iconButton, say, set } from './dom.js';
import { deviceChoice } from './device-choice.js';
import { account, brand } from './start.js';

/**
 * Before joining: how one will be seen and called.
 *
 * @param {HubApi} api
 * @param {string} code
 * @param {Devices} devices
 * @param {(displayName: string | undefined) => Promise<void>} join
 */
export function preview(api, code, devices, join) {
  const trouble = h('p', { class: 'trouble', role: 'alert' });
  devices.on('trouble', ({ title, text }) => say(trouble, `${title}. ${text}`));
  const who = h('div', { class: 'card' });
  const draw = () => who.replaceChildren(...entrance(api, code, join, draw));
  draw();
  return h(
    'main',
    { class: 'preview' },
    h('header', {}, brand()),
    h('h1', { tabindex: '-1' }, 'Ready to join?'),
    h('section', { 'aria-label': 'Camera and microphone' }, mirror(devices), trouble, deviceChoice(devices)),
    who,
  );
}

/** @param {Devices} devices */
function mirror(devices) {
  const video = h('video', { class: 'mirrored', autoplay: true, playsinline: true, 'aria-label': 'How others will see you' });
  video.muted = true;
  const off = h('p', {}, 'Your camera is off');
  const mic = iconButton('Turn microphone on', 'mic-off', () => devices.setMic(!devices.micOn), { class: 'round' });
  const cam = iconButton('Turn camera on', 'cam-off', () => devices.setCam(!devices.camOn), { class: 'round' });
  devices.on('changed', () => {
    off.hidden = devices.camOn;
    video.hidden = !devices.camOn;
    const shown = /** @type {MediaStream | null} */ (video.srcObject)?.getTracks()[0] ?? null;
    if (shown !== devices.cam) video.srcObject = devices.cam ? new MediaStream([devices.cam]) : null;
    turned(mic, devices.micOn, 'microphone', 'mic');
    turned(cam, devices.camOn, 'camera', 'cam');
  });
  video.hidden = true;
  // Asked for at once: whoever comes here wants to be seen. It can be turned off before joining.
  devices.begin();
  return h('div', { class: 'mirror' }, video, off, h('div', { class: 'buttons' }, mic, cam));
}

/** @param {HTMLButtonElement} button @param {boolean} on @param {string} what @param {string} drawing */
function turned(button, on, what, drawing) {
  const label = `Turn ${what} ${on ? 'off' : 'on'}`;
  set(button, { 'aria-label': label, title: label, 'data-on': String(on) });
  const fresh = iconButton('', on ? drawing : `${drawing}-off`, () => {});
  button.replaceChildren(...fresh.childNodes);
}

/** @param {HubApi} api @param {string} code @param {(displayName: string | undefined) => Promise<void>} join @param {() => void} redraw */
function entrance(api, code, join, redraw) {
  if (api.user) {
    return [
      form('Join now', [h('h2', {}, `As ${api.user.displayName}`), h('p', { class: 'code' }, code)], () => join(undefined)),
      h('button', { type: 'button', class: 'quiet', onclick: () => api.logout().catch(() => {}).then(redraw) }, 'Join as somebody else'),
    ];
  }
  const name = field('Your name', { name: 'name', autocomplete: 'name', required: true, maxlength: 60, value: sessionStorage.getItem('hub.name') ?? '' }, 'This is how others see you.');
  const signedIn = h('details', {}, h('summary', {}, 'Sign in instead'), ...account(api, redraw));
  return [
    form('Join as a guest', [h('h2', {}, 'As a guest'), h('p', { class: 'code' }, code), name.element], async () => {
      sessionStorage.setItem('hub.name', name.input.value);
      await join(name.input.value);
    }),
    signedIn,
  ];
}
