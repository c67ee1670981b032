import { Emitter } from '../hub-client.js';
import { deviceWords } from './words.js';

/** @typedef {import('./words.js').Words} Words */

/**
 * The own camera, microphone and screen: what is on, and as which track.
 *
 * @extends {Emitter<{ changed: void, screenover: void, trouble: Words }>}
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
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;

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
    if (on && this.mic?.readyState !== 'live') {
      this.mic = await this.#get('audioinput');
      this.#listen();
    }
    if (this.mic) this.mic.enabled = on;
    this.emit('changed', undefined);
    return this.micOn === on;
  }

  /** @param {boolean} on @returns {Promise<boolean>} Whether it is as wished. */
  async setCam(on) {
    if (on && !this.camOn) this.cam = await this.#get('videoinput');
    if (!on) {
      // The light at the camera goes off, too.
      this.cam?.stop();
      this.cam = null;
    }
    this.emit('changed', undefined);
    return this.camOn === on;
  }

  /** Ask for a screen. @returns {Promise<boolean>} False if nobody chose one. */
  async startScreen() {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 15 } });
      this.screen = stream.getVideoTracks()[0] ?? null;
    } catch (error) {
      const refused = error instanceof DOMException && error.name === 'NotAllowedError';
      if (!refused && error instanceof DOMException) this.emit('trouble', deviceWords(error));
      return false;
    }
    const track = this.screen;
    if (!track) return false;
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
      await this.setCam(true);
    }
    if (kind === 'audioinput' && this.mic) {
      const on = this.micOn;
      this.mic.stop();
      await this.setMic(true);
      await this.setMic(on);
    }
  }

  /** @param {'audioinput' | 'videoinput'} kind */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return all.filter((device) => device.kind === kind && device.label);
  }

  stop() {
    for (const track of [this.mic, this.cam, this.screen]) track?.stop();
    this.mic = this.cam = this.screen = null;
    this.#audio?.close();
    this.#audio = this.#analyser = null;
  }

  /** @param {'audioinput' | 'videoinput'} kind @returns {Promise<MediaStreamTrack | null>} */
  async #get(kind) {
    const id = this.chosen[kind] ? { deviceId: { exact: this.chosen[kind] } } : {};
    const wanted =
      kind === 'audioinput'
        ? { audio: { echoCancellation: true, noiseSuppression: true, ...id } }
        : { video: { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24 }, ...id } };
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'NotAllowedError');
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      return stream.getTracks()[0] ?? null;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.emit('trouble', deviceWords(error));
      return null;
    }
  }

  #listen() {
    if (!this.mic) return;
    this.#audio ??= new AudioContext();
    this.#analyser = this.#audio.createAnalyser();
    this.#analyser.fftSize = 512;
    this.#audio.createMediaStreamSource(new MediaStream([this.mic])).connect(this.#analyser);
  }
}
