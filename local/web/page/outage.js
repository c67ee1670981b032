/** @import { MediaState } from '../client/types.js' */
/** @import { Devices } from './devices.js' */

/**
 * After an outage: what a host has turned off meanwhile is off; what was switched off here is so for
 * everyone. Of a screen a new session knows nothing.
 *
 * @param {MediaState | undefined} had What the room thinks is on.
 * @param {Devices} devices
 * @param {(type: string, payload?: object) => Promise<boolean>} ask
 * @param {boolean} anew Whether the session is another.
 */
export async function catchUp(had, devices, ask, anew) {
  if (had?.mic === 'off' && devices.micOn) await devices.setMic(false);
  if (had?.cam === 'off' && devices.camOn) await devices.setCam(false);
  if (had?.mic === 'on' && !devices.micOn) await ask('media.update', { mic: 'off' });
  if (had?.cam === 'on' && !devices.camOn) await ask('media.update', { cam: 'off' });
  if (had?.screen !== 'off' || !devices.screen) return;
  if (!anew || !(await ask('media.update', { screen: 'on' }))) devices.stopScreen();
}
