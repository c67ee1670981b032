/** @import { Devices } from './devices.js' */
import { h } from './dom.js';

/** Which camera and microphone to use. @param {Devices} devices */
export function deviceChoice(devices) {
  const cam = choice(devices, 'videoinput', 'Camera');
  const mic = choice(devices, 'audioinput', 'Microphone');
  const draw = () => Promise.all([cam.draw(), mic.draw()]);
  // Names are told only once a device was allowed; devices come and go.
  devices.on('changed', draw);
  draw();
  return h('div', { class: 'choices' }, cam.element, mic.element);
}

/** @param {Devices} devices @param {'audioinput' | 'videoinput'} kind @param {string} label */
function choice(devices, kind, label) {
  const select = h('select', { onchange: () => devices.choose(kind, select.value) });
  const element = h('label', { class: 'field' }, h('span', {}, label), select);
  const draw = async () => {
    const list = await devices.list(kind);
    element.hidden = list.length < 1;
    const track = kind === 'videoinput' ? devices.cam : devices.mic;
    const used = devices.chosen[kind] || track?.getSettings().deviceId;
    select.replaceChildren(
      ...list.map(({ deviceId, label: name }) => h('option', { value: deviceId, selected: deviceId === used }, name)),
    );
  };
  return { element, draw };
}
