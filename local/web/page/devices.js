import { Emitter } from '../hub-client.js';
import { deviceWords } from './words.js';

/** @typedef {import('./words.js').Words} Words */

/**
 * The own camera, microphone and screen: what is on, and as which track.
 *
 * @extends {Emitter<{ changed: void, gone: 'mic' | 'cam', screenover: void, trouble: Words }>}
 */
export class Devices extends Emitter {
  /** @type {MediaStreamTrack | null} */
  mic = null;
  /** @type {MediaStreamTrack | null} */
  cam = null;
  /** @type {MediaStreamTrack | null} */
  screen = null;
  /** @type {{ audioinput: string, videoinput: string }} Chosen devices; empty: the browser's choice. */
  chosen = { audioinput: '', videoinput: '' };
  /** When what was asked for on arrival is there, or is known not to come. */
  settled = Promise.resolve();
  /** What is wanted: a device that is allowed too late for it is let go. */
  #wanted = { audioinput: false, videoinput: false };
  /** @type {Map<'audioinput' | 'videoinput', Promise<MediaStreamTrack | null>>} What the browser was asked for. */
  #asked = new Map();
  #picking = false;
  #stopped = new AbortController();
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;

  constructor() {
    super();
    const { signal } = this.#stopped;
    navigator.mediaDevices?.addEventListener('devicechange', () => this.emit('changed', undefined), { signal });
  }

  /** Whether the microphone sends sound. */
  get micOn() {
    return this.mic?.readyState === 'live' && this.mic.enabled;
  }

  get camOn() {
    return this.cam?.readyState === 'live';
  }

  /** How loud the own microphone is, from 0 to 1. */
  get level() {
    if (!this.#analyser || !this.micOn) return 0;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
  }

  /** Turn on both, as for somebody who arrives. */
  begin() {
    this.settled = (async () => {
      await this.setCam(true);
      await this.setMic(true);
    })();
  }

  /** @param {boolean} on @returns {Promise<boolean>} Whether it is as wished. */
  async setMic(on) {
    this.#wanted.audioinput = on;
    if (on && this.mic?.readyState !== 'live') {
      this.mic = await this.#get('audioinput');
      this.#listen();
    }
    if (this.mic) this.mic.enabled = this.#wanted.audioinput;
    this.emit('changed', undefined);
    return this.micOn === on;
  }

  /** @param {boolean} on @returns {Promise<boolean>} Whether it is as wished. */
  async setCam(on) {
    this.#wanted.videoinput = on;
    if (on && !this.camOn) this.cam = await this.#get('videoinput');
    if (!this.#wanted.videoinput) {
      // The light at the camera goes off, too.
      this.cam?.stop();
      this.cam = null;
    }
    this.emit('changed', undefined);
    return this.camOn === on;
  }

  /** Ask for a screen. @returns {Promise<boolean>} False if nobody chose one. */
  async startScreen() {
    if (this.#picking) return false;
    this.#picking = true;
    let track;
    try {
      const stream = await allowed().getDisplayMedia({ video: { frameRate: 15 } });
      track = stream.getVideoTracks()[0];
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      // Whoever was asked and chose none knows.
      if (error.name !== 'NotAllowedError') this.emit('trouble', deviceWords(error));
    } finally {
      this.#picking = false;
    }
    if (this.#stopped.signal.aborted) track?.stop();
    if (track?.readyState !== 'live') return false;
    this.screen = track;
    // What is on a screen is read: sharp before smooth.
    track.contentHint = 'detail';
    track.onended = () => {
      if (track === this.screen) this.emit('screenover', undefined);
    };
    this.emit('changed', undefined);
    return true;
  }

  stopScreen() {
    this.screen?.stop();
    this.screen = null;
    this.emit('changed', undefined);
  }

  /** Use another device from now on. @param {'audioinput' | 'videoinput'} kind @param {string} id */
  async choose(kind, id) {
    this.chosen[kind] = id;
    if (kind === 'videoinput' && this.camOn) {
      await this.setCam(false);
      if (!(await this.setCam(true))) this.emit('gone', 'cam');
    }
    if (kind === 'audioinput' && this.mic) {
      const on = this.micOn;
      this.mic.stop();
      this.mic = null;
      if (!(await this.setMic(on))) this.emit('gone', 'mic');
    }
  }

  /** @param {'audioinput' | 'videoinput'} kind */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return all.filter((device) => device.kind === kind && device.label);
  }

  /** For good: what is allowed from now on is let go. */
  stop() {
    this.#stopped.abort();
    for (const track of [this.mic, this.cam, this.screen]) track?.stop();
    this.mic = this.cam = this.screen = null;
    this.#audio?.close();
    this.#audio = this.#analyser = this.#source = null;
  }

  /**
   * One device, however often it was asked for meanwhile.
   *
   * @param {'audioinput' | 'videoinput'} kind
   * @returns {Promise<MediaStreamTrack | null>}
   */
  async #get(kind) {
    const asked = this.#asked.get(kind) ?? this.#ask(kind).finally(() => this.#asked.delete(kind));
    this.#asked.set(kind, asked);
    const track = await asked;
    if (this.#wanted[kind] && !this.#stopped.signal.aborted) return track;
    track?.stop();
    return null;
  }

  /** @param {'audioinput' | 'videoinput'} kind @returns {Promise<MediaStreamTrack | null>} */
  async #ask(kind) {
    const id = this.chosen[kind] ? { deviceId: { exact: this.chosen[kind] } } : {};
    const wanted =
      kind === 'audioinput'
        ? { audio: { echoCancellation: true, noiseSuppression: true, ...id } }
        : { video: { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24 }, ...id } };
    try {
      const [track = null] = (await allowed().getUserMedia(wanted)).getTracks();
      track?.addEventListener('ended', () => this.#gone(kind, track));
      return track;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (this.chosen[kind] && error.name === 'OverconstrainedError') {
        // The chosen one is not there any more.
        this.chosen[kind] = '';
        return this.#ask(kind);
      }
      this.emit('trouble', deviceWords(error));
      return null;
    }
  }

  /** Unplugged, or taken away by the browser. @param {'audioinput' | 'videoinput'} kind @param {MediaStreamTrack} track */
  #gone(kind, track) {
    const what = kind === 'audioinput' ? 'mic' : 'cam';
    if (this[what] !== track) return;
    this[what] = null;
    this.emit('changed', undefined);
    this.emit('gone', what);
  }

  #listen() {
    if (!this.mic) return;
    this.#source?.disconnect();
    this.#audio ??= new AudioContext();
    this.#analyser = this.#audio.createAnalyser();
    this.#analyser.fftSize = 512;
    this.#source = this.#audio.createMediaStreamSource(new MediaStream([this.mic]));
    this.#source.connect(this.#analyser);
  }
}

/** @throws {DOMException} A page of `http://`, except of this very machine, may use no devices. */
function allowed() {
  if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError');
  return navigator.mediaDevices;
}
