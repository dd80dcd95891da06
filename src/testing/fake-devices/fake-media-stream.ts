import { FakeEventTarget, fire, queueTask, type Handler } from "./fake-events.ts";

/** The source of a fake track, which its creator controls. */
export interface TrackSource {
  /** Returns the id of the track, and of each clone. */
  name(): string;
  readonly kind: "audio" | "video";
  readonly label: string;
  muted?: boolean;
  settings?: MediaTrackSettings;
  /** The application has stopped the track or a clone of it. */
  onStop?(): void;
  /** The track was cloned. */
  onClone?(copy: FakeMediaStreamTrack): void;
  /** Whether the source provides media. Default: while the track is live and not muted. */
  isFlowing?(): boolean;
}

/** A fake `MediaStreamTrack` (Media Capture and Streams, section 4.3). */
export class FakeMediaStreamTrack extends FakeEventTarget implements MediaStreamTrack {
  readonly id: string;
  readonly kind: "audio" | "video";
  readonly label: string;
  contentHint = "";
  onended: Handler = null;
  onmute: Handler = null;
  onunmute: Handler = null;
  readonly #source: TrackSource;
  readonly #watchers = new Set<() => void>();
  #constraints: MediaTrackConstraints = {};
  #enabled = true;
  #muted: boolean;
  #state: MediaStreamTrackState = "live";

  constructor(source: TrackSource) {
    super();
    this.#source = source;
    this.id = source.name();
    this.kind = source.kind;
    this.label = source.label;
    this.#muted = source.muted ?? false;
  }

  get enabled(): boolean {
    return this.#enabled;
  }
  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    this.#notify();
  }
  get muted(): boolean {
    return this.#muted;
  }
  get readyState(): MediaStreamTrackState {
    return this.#state;
  }

  stop(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#source.onStop?.();
    this.#notify();
  }

  clone(): FakeMediaStreamTrack {
    const copy = new FakeMediaStreamTrack({ ...this.#source, muted: this.#muted });
    copy.#state = this.#state;
    copy.#enabled = this.#enabled;
    copy.#constraints = this.#constraints;
    this.#source.onClone?.(copy);
    return copy;
  }

  getSettings(): MediaTrackSettings {
    return { ...this.#source.settings };
  }
  getConstraints(): MediaTrackConstraints {
    return { ...this.#constraints };
  }
  getCapabilities(): MediaTrackCapabilities {
    const { deviceId = "", groupId = "" } = this.#source.settings ?? {};
    return { deviceId, groupId };
  }
  async applyConstraints(constraints: MediaTrackConstraints = {}): Promise<void> {
    this.#constraints = { ...constraints };
  }

  /** For the fake system only: ends the track because its source is gone, and fires `ended`. `stop()` fires nothing. */
  static end(track: FakeMediaStreamTrack, schedule = queueTask): void {
    schedule(() => {
      if (track.#state === "ended") return;
      track.#state = "ended";
      track.#notify();
      fire(track, "ended");
    });
  }

  /** For the fake system only: mutes or unmutes the source, synchronously. */
  static mute(track: FakeMediaStreamTrack, muted: boolean): void {
    if (track.#muted === muted || track.#state === "ended") return;
    track.#muted = muted;
    track.#notify();
    fire(track, muted ? "mute" : "unmute");
  }

  /** For the fake system only: calls `watcher` after each change of the track state. */
  static watch(track: MediaStreamTrack | null, watcher: () => void): () => void {
    if (!(track instanceof FakeMediaStreamTrack)) return () => undefined;
    track.#watchers.add(watcher);
    return () => track.#watchers.delete(watcher);
  }

  /** For the fake system only: whether the track provides media now. */
  static isFlowing(track: MediaStreamTrack): boolean {
    if (track.readyState === "ended" || track.muted) return false;
    return track instanceof FakeMediaStreamTrack ? (track.#source.isFlowing?.() ?? true) : true;
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** A fake `MediaStream` (Media Capture and Streams, section 4.2). */
export class FakeMediaStream extends FakeEventTarget implements MediaStream {
  readonly id: string;
  onaddtrack: Handler = null;
  onremovetrack: Handler = null;
  readonly #name: () => string;
  readonly #tracks = new Set<MediaStreamTrack>();

  constructor(name: () => string, from: MediaStream | readonly MediaStreamTrack[] = []) {
    super();
    this.#name = name;
    this.id = name();
    for (const track of "getTracks" in from ? from.getTracks() : from) this.#tracks.add(track);
  }

  get active(): boolean {
    return this.getTracks().some(({ readyState }) => readyState === "live");
  }
  getTracks(): MediaStreamTrack[] {
    return [...this.#tracks];
  }
  getAudioTracks(): MediaStreamTrack[] {
    return this.getTracks().filter(({ kind }) => kind === "audio");
  }
  getVideoTracks(): MediaStreamTrack[] {
    return this.getTracks().filter(({ kind }) => kind === "video");
  }
  getTrackById(id: string): MediaStreamTrack | null {
    return this.getTracks().find((track) => track.id === id) ?? null;
  }
  addTrack(track: MediaStreamTrack): void {
    this.#tracks.add(track);
  }
  removeTrack(track: MediaStreamTrack): void {
    this.#tracks.delete(track);
  }
  clone(): FakeMediaStream {
    const copies = this.getTracks().map((track) => track.clone());
    return new FakeMediaStream(this.#name, copies);
  }
}
