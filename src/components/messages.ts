/** Owns which texts the components show. No component writes a word itself; `en.ts` and `ko.ts` hold the words. */
import type { CallErrorCode } from "../core/errors.ts";

/** The texts of a switch for one device. */
export interface DeviceMessages {
  /** The name of the switch. It stays the same whether on or off: `aria-pressed` says which. */
  label: string;
  turnOn: string;
  turnOff: string;
  starting: string;
  /** Taken away for a while, by a phone call for instance. */
  interrupted: string;
  /** Refused by the person, the browser or the system; names the remedy. */
  blocked: string;
  missing: string;
  busy: string;
}

/** Every text of the components. To change some, spread a complete one: `{ ...en, leave: "Hang up" }`. */
export interface Messages {
  /** Somebody who gave no name. */
  nameless: string;
  /** The name on one's own tile. */
  self: (name: string) => string;
  /** The name on a shared screen. */
  screenOf: (name: string) => string;
  /** Joins what is said of a tile to one label: "Mina, microphone off". */
  list: (parts: readonly string[]) => string;
  microphoneOff: string;
  cameraOff: string;
  connecting: string;
  reconnecting: string;
  /** The connection to one person could not be made. */
  failed: string;
  joining: string;
  /** Nobody else is there yet. */
  waiting: string;
  left: string;
  /** The list of tiles, to a screen reader. */
  participants: string;
  /** On the button that starts the sound where the browser waits for a click. */
  playSound: string;
  microphone: DeviceMessages;
  camera: DeviceMessages;
  screen: { label: string; start: string; stop: string; starting: string; unsupported: string };
  leave: string;
  leaving: string;
  /** What to do about an error. */
  errors: Record<CallErrorCode, string>;
}
