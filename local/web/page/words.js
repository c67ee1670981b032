/** @import { Ending } from '../client/types.js' */
import { HubProblem, Unreachable } from '../hub-client.js';

/**
 * What happened, and what to do next, in words for people.
 *
 * @typedef {{ title: string, text: string }} Words
 */

/** @type {Record<string, Words>} */
const PROBLEMS = {
  'auth/invalid-credentials': { title: 'That did not match', text: 'E-mail and password do not belong together. Try again, or create an account.' },
  'auth/user-exists': { title: 'There is an account already', text: 'Somebody has signed up with this e-mail. Sign in instead.' },
  'auth/unauthorized': { title: 'Please sign in', text: 'This needs an account.' },
  'auth/invalid-token': { title: 'You were signed out', text: 'Sign in again to go on.' },
  'auth/token-expired': { title: 'You were signed out', text: 'It was a while ago. Sign in again to go on.' },
  'meeting/not-found': { title: 'No such meeting', text: 'Check the code with whoever gave it to you: it looks like abc-defg-hij. A meeting that is over has none any more.' },
  'meeting/forbidden': { title: 'You cannot do this here', text: 'The host has not allowed it.' },
  'meeting/ended': { title: 'This meeting is over', text: 'Ask for a new link, or start a meeting of your own.' },
  'meeting/full': { title: 'The meeting is full', text: 'Try again when somebody has left.' },
  'meeting/locked': { title: 'The meeting is locked', text: 'Nobody new can come in. Ask the host to unlock it, then try again.' },
  'room/already-joined': { title: 'You are here already', text: 'You are in this meeting in another window. Leave it there first.' },
  'room/screen-busy': { title: 'Somebody is presenting', text: 'Only one screen at a time. Try again when it is free.' },
  'room/peer-gone': { title: 'Just gone', text: 'That person is not in the meeting any more.' },
  'lobby/rejected': { title: 'Not now', text: 'The host has not let you in. You can knock again in a minute.' },
  'lobby/already-decided': { title: 'Already decided', text: 'Somebody else has let them in or turned them away.' },
  'request/too-large': { title: 'Too long', text: 'Make it shorter, then try again.' },
  'request/rate-limited': { title: 'Too fast', text: 'Wait a moment, then try again.' },
  'settings/version-conflict': { title: 'Somebody else was faster', text: 'The settings have changed meanwhile. Try again.' },
  'server/unavailable': { title: 'The server is busy', text: 'Wait a moment, then try again.' },
};

/** @param {unknown} error @returns {Words} */
export function wordsFor(error) {
  if (error instanceof Unreachable) {
    return { title: 'No connection', text: 'The server cannot be reached. Check the network; it may also be starting anew. Then try again.' };
  }
  if (error instanceof HubProblem) return problemWords(error);
  if (error instanceof DOMException) return deviceWords(error);
  console.error(error);
  return { title: 'Something went wrong', text: 'Load the page again; if that does not help, the console says more.' };
}

/** @param {HubProblem} error @returns {Words} */
function problemWords({ type, status, problem }) {
  if (type === 'validation/invalid') {
    const faults = problem.errors?.map(({ pointer, detail }) => `${pointer.split('/').pop()}: ${detail}`);
    return { title: 'Something is not right', text: faults?.join('; ') ?? problem.detail ?? 'Check what you wrote.' };
  }
  const known = PROBLEMS[type];
  // The server's own sentence is about this very case.
  if (known && type === 'meeting/forbidden' && problem.detail) return { ...known, text: problem.detail };
  if (known) return known;
  return { title: problem.title ?? `Error ${status}`, text: problem.detail ?? 'Try again in a moment.' };
}

/** @param {DOMException} error @returns {Words} */
export function deviceWords(error) {
  switch (error.name) {
    case 'NotAllowedError':
      return { title: 'The browser does not allow it', text: 'Allow camera and microphone for this page (the icon beside the address), then try again. You can join without.' };
    case 'SecurityError':
      return { title: 'No camera or microphone here', text: 'Browsers allow them only on pages of https:// and of localhost. Open the meeting at such an address, or join without: you will see and hear the others.' };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { title: 'No camera or microphone', text: 'None was found. Plug one in and try again, or join without: you will see and hear the others.' };
    case 'NotReadableError':
      return { title: 'The device is in use', text: 'Another program has it. Close that, then try again, or join without.' };
    default:
      return { title: 'No camera or microphone', text: `${error.message}. You can join without.` };
  }
}

/**
 * @param {Ending} ending
 * @returns {Words & { again: boolean }} `again`: whether joining again makes sense.
 */
export function endingWords({ why, problem, said }) {
  switch (why) {
    case 'left':
      return { title: 'You have left', text: 'The others are still there.', again: true };
    case 'removed':
      return {
        title: 'You were removed',
        text: said?.reason ? `A host has removed you: ${said.reason}` : 'A host has removed you from the meeting. You can ask to come back: you will wait in the lobby.',
        again: true,
      };
    case 'replaced':
      return { title: 'You are here elsewhere', text: 'You have joined in another window or on another device. This one is out.', again: true };
    case 'ended':
      return { title: 'The meeting is over', text: said?.reason === 'host-lost' ? 'It ended because its host was gone.' : 'The host has ended it for everyone.', again: false };
    case 'rejected':
      return { ...need('lobby/rejected'), again: true };
    case 'refused':
      return { ...(problem ? wordsFor(new HubProblem(problem)) : need('meeting/forbidden')), again: problem?.type !== 'meeting/forbidden' };
  }
}

/** @param {string} type */
function need(type) {
  return PROBLEMS[type] ?? { title: 'Something went wrong', text: '' };
}
