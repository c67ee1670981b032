/** @import { Bookmark, Ending } from '../client/types.js' */
import { HubApi, Visit } from '../hub-client.js';
import { Devices } from './devices.js';
import { Frames } from './frames.js';
import { Meeting } from './meeting.js';
import { preview } from './preview.js';
import { home, outcome, waiting } from './start.js';
import { endingWords, wordsFor } from './words.js';

const CODE = /^\/([a-z]{3}-[a-z]{4}-[a-z]{3})$/i;
const BOOKMARK = 'hub.visit';

// One tab is one person: two windows of one browser can be two people in a call.
const api = new HubApi('', sessionStorage);
const app = /** @type {HTMLElement} */ (document.getElementById('app'));
/** @type {(() => void) | null} */
let cleanUp = null;

/**
 * Show a screen, and begin at its top.
 *
 * @param {HTMLElement} screen
 * @param {string} title
 * @param {() => void} [goneAgain] Called when another is shown.
 */
function display(screen, title, goneAgain) {
  cleanUp?.();
  cleanUp = goneAgain ?? null;
  document.title = title ? `${title} · Hub` : 'Hub';
  app.replaceChildren(screen);
  const first = /** @type {HTMLElement | null} */ (screen.querySelector('[data-first]') ?? screen.querySelector('h1'));
  first?.focus({ preventScroll: true });
}

/** @param {string} path */
function go(path) {
  history.pushState(null, '', path);
  route();
}

function route() {
  const code = CODE.exec(location.pathname)?.[1];
  if (code) return arrive(code.toLowerCase());
  if (location.pathname !== '/') {
    const words = { title: 'There is nothing here', text: 'A meeting has an address such as /abc-defg-hij.' };
    return display(outcome(words, [{ label: 'To the start', do: () => go('/') }]), words.title);
  }
  display(home(api, { open: (meetingCode) => go(`/${meetingCode}`) }), '');
}

/** Somebody comes to a meeting's address: for the first time, or after a reload. @param {string} code */
async function arrive(code) {
  const bookmark = takeBookmark(code);
  if (bookmark && (await comeBack(code, bookmark))) return;
  let meetingId;
  try {
    meetingId = await api.resolveCode(code);
  } catch (error) {
    const words = wordsFor(error);
    const again = { label: 'Try again', do: route };
    return display(outcome(words, [again, { label: 'To the start', do: () => go('/') }]), words.title);
  }
  const devices = new Devices();
  const join = async (/** @type {string | undefined} */ displayName) => {
    const visit = new Visit(api, { displayName });
    follow(visit, devices, code);
    await visit.join(meetingId, {
      mic: devices.micOn ? 'on' : 'off',
      cam: devices.camOn ? 'on' : 'off',
    });
  };
  display(preview(api, code, devices, join), `Join ${code}`);
}

/** @param {string} code @param {Bookmark} bookmark @returns {Promise<boolean>} */
async function comeBack(code, bookmark) {
  const visit = new Visit(api, { displayName: bookmark.displayName });
  const devices = new Devices();
  follow(visit, devices, code);
  try {
    return await visit.return(bookmark);
  } catch {
    return false;
  }
}

/** Show whatever becomes of a visit. @param {Visit} visit @param {Devices} devices @param {string} code */
function follow(visit, devices, code) {
  const frames = new Frames(visit);
  /** @type {Meeting | null} */
  let meeting = null;
  visit.on('waiting', (place) => {
    const leave = () => visit.leave();
    display(waiting(code, place, { api, devices, leave }), 'Waiting to be let in');
  });
  visit.on('inside', ({ anew }) => {
    if (meeting) return meeting.again(anew);
    meeting = new Meeting(visit, devices, { api, code, frames });
    const shown = meeting;
    display(shown.element, visit.meeting?.title ?? code, () => shown.close());
    shown.start();
  });
  visit.on('over', (ending) => {
    devices.stop();
    sessionStorage.removeItem(BOOKMARK);
    farewell(ending, code);
  });
  const keep = () => {
    const bookmark = visit.bookmark;
    if (bookmark) sessionStorage.setItem(BOOKMARK, JSON.stringify({ code, bookmark }));
  };
  visit.on('inside', keep);
  addEventListener('pagehide', keep);
  Object.assign(window, { hub: { api, visit, devices, frames, mesh: () => meeting?.mesh } });
}

/** @param {Ending} ending @param {string} code */
function farewell(ending, code) {
  const { again, ...words } = endingWords(ending);
  const toStart = { label: 'To the start', do: () => go('/') };
  const rejoin = { label: ending.why === 'rejected' ? 'Knock again' : 'Join again', do: () => arrive(code) };
  display(outcome(words, again ? [rejoin, toStart] : [toStart]), words.title);
}

/** @param {string} code @returns {Bookmark | null} */
function takeBookmark(code) {
  const kept = JSON.parse(sessionStorage.getItem(BOOKMARK) ?? 'null');
  sessionStorage.removeItem(BOOKMARK);
  return kept?.code === code ? kept.bookmark : null;
}

addEventListener('popstate', route);
route();
