/** @import { Meeting, Problem, RoomTicket, Settings, Tokens, User, ChatMessage } from './types.js' */
import { Emitter } from './emitter.js';
import { HubProblem, Unreachable } from './problem.js';

/**
 * Where tokens are kept; `sessionStorage` and `localStorage` will do.
 *
 * @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} TokenStore
 * @typedef {{ user: User, accessToken: string, refreshToken: string, expiresAt: number }} Login
 */

const KEY = 'hub.login';
/** An access token is renewed when it has less than this to live. */
const SPARE_MS = 30_000;
/** What a fresh access token may mend. */
const RENEWABLE = ['auth/token-expired', 'auth/invalid-token'];

/**
 * The REST side: calls, and access tokens that renew themselves.
 *
 * @extends {Emitter<{ user: User | null }>}
 */
export class HubApi extends Emitter {
  /** @type {Login | null} */
  #login = null;
  /** @type {Promise<void> | null} */
  #renewal = null;
  #store;

  /**
   * @param {string} [base] `https://api.example.com`; without it, the page's own origin.
   * @param {TokenStore} [store] Without one, a login lasts as long as this object.
   */
  constructor(base = '', store) {
    super();
    this.base = base.replace(/\/$/, '');
    this.#store = store;
    this.#login = this.#kept();
  }

  /** Who is signed in. */
  get user() {
    return this.#login?.user ?? null;
  }

  /**
   * @param {{ email: string, password: string, displayName: string }} who
   * @returns {Promise<User>}
   */
  async register(who) {
    return this.#signedIn(await this.#ask('POST', '/v1/auth/register', { body: who }));
  }

  /**
   * @param {{ email: string, password: string }} who
   * @returns {Promise<User>}
   */
  async login(who) {
    return this.#signedIn(await this.#ask('POST', '/v1/auth/login', { body: who }));
  }

  /** End the login, here and on the server if it can be reached. */
  async logout() {
    if (!this.#login) return;
    try {
      // An access token that has run out ends nothing on the server.
      const bearer = (await this.accessToken()) ?? undefined;
      const body = { refreshToken: this.#login?.refreshToken };
      if (bearer) await this.#ask('POST', '/v1/auth/logout', { body, bearer });
    } finally {
      this.#keep(null);
    }
  }

  /** @param {{ title?: string, scheduledAt?: string, settings?: Partial<Settings> }} [draft] @returns {Promise<Meeting>} */
  createMeeting(draft = {}) {
    return this.call('POST', '/v1/meetings', draft);
  }

  /** @param {string} code @returns {Promise<string>} The meeting's id. */
  async resolveCode(code) {
    return (await this.call('POST', '/v1/meetings/resolve-code', { code })).meetingId;
  }

  /**
   * @param {string} meetingId
   * @param {{ displayName?: string, renews?: string }} [guest] `renews` is the room token of before.
   * @returns {Promise<RoomTicket>}
   */
  async roomToken(meetingId, { displayName, renews } = {}) {
    const path = `/v1/meetings/${meetingId}/room-token`;
    const body = displayName === undefined ? {} : { displayName };
    if (this.user || !renews) return this.call('POST', path, body);
    return (await this.#ask('POST', path, { body, bearer: renews })).json();
  }

  /** @param {string} meetingId @param {string} [cursor] @returns {Promise<{ messages: ChatMessage[], nextCursor: string | null }>} */
  messages(meetingId, cursor) {
    const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : '';
    return this.call('GET', `/v1/meetings/${meetingId}/messages${query}`);
  }

  /**
   * Change settings as they are now; if they change meanwhile, once more.
   *
   * @param {string} meetingId
   * @param {Partial<Settings>} patch
   * @returns {Promise<Settings>}
   */
  async changeSettings(meetingId, patch) {
    const path = `/v1/meetings/${meetingId}/settings`;
    for (let attempt = 0; ; attempt += 1) {
      const etag = (await this.#authorized('GET', path)).headers.get('etag');
      try {
        const headers = etag ? { 'if-match': etag } : undefined;
        const answer = await this.#authorized('PATCH', path, { body: patch, headers });
        return (await answer.json()).settings;
      } catch (error) {
        const stale = error instanceof HubProblem && error.type === 'settings/version-conflict';
        if (!stale || attempt > 1) throw error;
      }
    }
  }

  /** @param {string} meetingId @param {{ email: string, role?: 'cohost' | 'guest' }} who */
  invite(meetingId, who) {
    return this.call('POST', `/v1/meetings/${meetingId}/invites`, who);
  }

  /** An access token with some time to live; null if nobody is signed in. */
  async accessToken() {
    if (this.#login && this.#login.expiresAt - Date.now() < SPARE_MS) await this.renew();
    return this.#login?.accessToken ?? null;
  }

  /**
   * Call a route as whoever is signed in.
   *
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>} The JSON of the answer; null for 204.
   * @throws {HubProblem} The server said no.
   * @throws {Unreachable} Nobody answers.
   */
  async call(method, path, body) {
    const answer = await this.#authorized(method, path, { body });
    return answer.status === 204 ? null : answer.json();
  }

  /** Rotate the tokens; of many who ask at once, the first does it. */
  renew() {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renew() {
    const before = this.#login?.refreshToken;
    if (this.#store) this.#become(this.#kept());
    // In another tab somebody has renewed it, or signed out: an old refresh token would end it all.
    if (!this.#login || this.#login.refreshToken !== before) return;
    try {
      const body = { refreshToken: this.#login.refreshToken };
      await this.#signedIn(await this.#ask('POST', '/v1/auth/refresh', { body }));
    } catch (error) {
      if (error instanceof HubProblem && error.status === 401) this.#keep(null);
      throw error;
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: unknown, headers?: Record<string, string> }} [more]
   */
  async #authorized(method, path, more = {}) {
    const bearer = (await this.accessToken()) ?? undefined;
    try {
      return await this.#ask(method, path, { ...more, bearer });
    } catch (error) {
      if (!(error instanceof HubProblem) || !RENEWABLE.includes(error.type) || !bearer) throw error;
      if (bearer === this.#login?.accessToken) await this.renew();
      return this.#ask(method, path, { ...more, bearer: this.#login?.accessToken });
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: unknown, bearer?: string, headers?: Record<string, string> }} [more]
   */
  async #ask(method, path, { body, bearer, headers } = {}) {
    /** @type {Record<string, string>} */
    const all = { ...headers };
    if (body !== undefined) all['content-type'] = 'application/json';
    if (bearer) all['authorization'] = `Bearer ${bearer}`;
    let answer;
    try {
      answer = await fetch(this.base + path, {
        method,
        headers: all,
        body: body === undefined ? undefined : JSON.stringify(body),
        // The tokens are ours to carry: no cookie decides who somebody is.
        credentials: 'omit',
        cache: 'no-store',
      });
    } catch (error) {
      throw new Unreachable(error);
    }
    if (!answer.ok) throw new HubProblem(await problem(answer));
    return answer;
  }

  /** @param {Response} answer */
  async #signedIn(answer) {
    /** @type {Tokens} */
    const { user, accessToken, refreshToken, expiresIn } = await answer.json();
    this.#keep({ user, accessToken, refreshToken, expiresAt: Date.now() + expiresIn * 1000 });
    return user;
  }

  /** @param {Login | null} login */
  #keep(login) {
    if (login) this.#store?.setItem(KEY, JSON.stringify(login));
    else this.#store?.removeItem(KEY);
    this.#become(login);
  }

  /** @param {Login | null} login */
  #become(login) {
    const other = login?.user.id !== this.#login?.user.id;
    this.#login = login;
    if (other) this.emit('user', this.user);
  }

  /** @returns {Login | null} */
  #kept() {
    try {
      return JSON.parse(this.#store?.getItem(KEY) ?? 'null');
    } catch {
      return null; // of something else
    }
  }
}

/**
 * @param {Response} answer
 * @returns {Promise<Problem>}
 */
async function problem(answer) {
  const said = await answer.json().catch(() => null);
  // What API Gateway itself says has a message and no type.
  if (typeof said?.type === 'string') return { ...said, status: answer.status };
  return { type: '', title: said?.message ?? answer.statusText, status: answer.status };
}
