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
/** Ends whatever goes on here. */
let giveUp = () => {};
/** The how-manieth address this is: what was begun at another one shows nothing here. */
let place = 0;

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
  // Whoever goes back has left: nobody is filmed, or stands in a meeting, without seeing it.
  giveUp();
  giveUp = () => {};
  place += 1;
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
  const here = place;
  const bookmark = takeBookmark(code);
  if (bookmark && (await comeBack(code, bookmark))) return;
  if (here !== place) return;
  let meetingId;
  try {
    meetingId = await api.resolveCode(code);
  } catch (error) {
    if (here !== place) return;
    const words = wordsFor(error);
    const again = { label: 'Try again', do: route };
    return display(outcome(words, [again, { label: 'To the start', do: () => go('/') }]), words.title);
  }
  if (here !== place) return;
  const devices = new Devices();
  giveUp = () => devices.stop();
  const join = async (/** @type {string | undefined} */ displayName) => {
    const visit = new Visit(api, { displayName });
    const forget = follow(visit, devices, code);
    giveUp = () => {
      forget();
      devices.stop();
    };
    const device = /** @type {const} */ ({
      mic: devices.micOn ? 'on' : 'off',
      cam: devices.camOn ? 'on' : 'off',
    });
    await visit.join(meetingId, device).catch((error) => {
      forget();
      throw error;
    });
  };
  display(preview(api, code, devices, join), `Join ${code}`);
}

/** @param {string} code @param {Bookmark} bookmark @returns {Promise<boolean>} */
async function comeBack(code, bookmark) {
  const visit = new Visit(api, { displayName: bookmark.displayName });
  const devices = new Devices();
  const forget = follow(visit, devices, code);
  giveUp = () => {
    forget();
    devices.stop();
  };
  const back = await visit.return(bookmark).catch(() => false);
  if (!back) forget();
  return back;
}

/** Show whatever becomes of a visit, until the returned function ends it unseen. @param {Visit} visit @param {Devices} devices @param {string} code */
function follow(visit, devices, code) {
  const frames = new Frames(visit);
  /** @type {Meeting | null} */
  let meeting = null;
  const over = new AbortController();
  visit.on('waiting', (queue) => {
    if (over.signal.aborted) return;
    const leave = () => visit.leave();
    display(waiting(code, queue, { api, devices, leave }), 'Waiting to be let in');
  });
  visit.on('inside', ({ anew }) => {
    if (over.signal.aborted) return;
    if (meeting) return meeting.again(anew);
    meeting = new Meeting(visit, devices, { api, code, frames });
    const shown = meeting;
    display(shown.element, visit.meeting?.title ?? code, () => shown.close());
    shown.start();
  });
  visit.on('over', (ending) => {
    sessionStorage.removeItem(BOOKMARK);
    if (over.signal.aborted) return;
    over.abort();
    devices.stop();
    farewell(ending, code);
  });
  const keep = () => {
    const bookmark = visit.bookmark;
    if (bookmark) sessionStorage.setItem(BOOKMARK, JSON.stringify({ code, bookmark }));
  };
  visit.on('inside', keep);
  addEventListener('pagehide', keep, { signal: over.signal });
  Object.assign(window, { hub: { api, visit, devices, frames, mesh: () => meeting?.mesh } });
  return () => {
    over.abort();
    visit.leave();
  };
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
