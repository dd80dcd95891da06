/** Owns the camera, the microphone and the screen of this page: every track here has this one owner, who stops it. */
import type { CallError } from "./errors.ts";
import type { Store } from "./store.ts";

/** What to capture. */
export interface LocalMediaOptions {
  /** Microphone: `true` (default), `false` for never, or constraints. */
  audio?: boolean | MediaTrackConstraints;
  /** Camera: `true` (default), `false` for never, or constraints. */
  video?: boolean | MediaTrackConstraints;
  /** Ask as soon as somebody holds the media (a hook mounts). Default `true`; `false` waits for `start()`. */
  autoStart?: boolean;
}

/** The media of this page at one moment, and the verbs that change it. An immutable snapshot. */
export interface LocalMedia {
  readonly status: "idle" | "prompting" | "live" | "failed";
  /** Camera and microphone; one identity while it lives. */
  readonly stream: MediaStream | undefined;
  /** The shared screen, while there is one. */
  readonly screen: MediaStream | undefined;
  readonly error: CallError | undefined;
  readonly microphone: MediaControl;
  readonly camera: MediaControl;
  /** Asks for what the options name. One prompt, however often it is called. */
  start(): Promise<void>;
  /** Stops every track. */
  stop(): void;
  /** Asks for a screen, window or tab. Rejects with `permission-dismissed` when the person cancels. */
  startScreenShare(options?: DisplayMediaStreamOptions): Promise<void>;
  stopScreenShare(): void;
}

/** The microphone or the camera: what it is doing, what there is to choose, and its switch. */
export interface MediaControl {
  readonly status: "off" | "starting" | "on" | "interrupted" | "blocked" | "missing" | "busy";
  /** What the person wants; survives device switches, interruptions and reconnects. */
  readonly enabled: boolean;
  readonly track: MediaStreamTrack | undefined;
  readonly deviceId: string | undefined;
  /** The devices of this kind, kept up to date while the media is watched. Labels are empty before permission. */
  readonly devices: readonly MediaDeviceInfo[];
  readonly error: CallError | undefined;
  toggle(): Promise<void>;
  setEnabled(enabled: boolean): Promise<void>;
  /** Changes to another device without renegotiation. On failure the former one goes on. */
  select(deviceId: string): Promise<void>;
}

/** Live media outside React: a store of {@link LocalMedia} that starts when held. */
export interface LocalMediaStore extends Store<LocalMedia> {
  /** Keeps the media alive; returns the way to let go. After the last one everything stops. */
  hold(): () => void;
}
