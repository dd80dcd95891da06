/** Owns which texts the components show. No component writes a word itself; `en.ts` and `ko.ts` hold the words. */
import type { CallErrorCode } from "../../core/lib/errors.ts";
import type { BrowserFamily } from "../pre-join/permission-help.ts";
import type { HandshakeEventName } from "../../core/stats/handshake-trace.ts";

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

/** The texts of `ConnectionBanner`. `people` is what `Messages.people` made. */
export interface BannerMessages {
  offline: string;
  /** The way to everybody is lost. */
  reconnecting: string;
  reconnectingTo: (people: string) => string;
  /** The call goes on, but nobody can join or change. */
  signaling: string;
  /** The call is not joined yet, because the call service cannot be reached. */
  unreachable: string;
  retry: string;
  dismiss: string;
}

/** The texts of `ConnectionBadge`. */
export interface BadgeMessages {
  /** What the badge is about, before its word. */
  label: string;
  /** Connected, and not measured yet. */
  connected: string;
  quality: Record<"good" | "fair" | "poor", string>;
  route: string;
  routes: Record<"direct" | "stun" | "relay", string>;
  delay: string;
  loss: string;
}

/** The texts of `CallAnnouncer`. `people` is what `Messages.people` made. */
export interface AnnouncerMessages {
  joined: (people: string) => string;
  left: (people: string) => string;
  muted: (people: string) => string;
  unmuted: (people: string) => string;
  sharing: (people: string) => string;
  sharingEnded: (people: string) => string;
  recovered: string;
}

/** The texts of `HandshakeTimeline`. */
export interface TimelineMessages {
  title: string;
  /** Before the choice of whose connection to show. */
  choose: string;
  caller: string;
  callee: string;
  /** Somebody who is not known by name. */
  otherSide: string;
  /** What each step does, to somebody who has never heard of it; and the events outside the thirteen. */
  names: Record<HandshakeEventName, string>;
  /** Counts the offers of a connection. */
  round: (round: number) => string;
  /** What a round of offer and answer is for. */
  rounds: Record<"first" | "change" | "restart" | "rebuilt" | "discarded", string>;
  /** On the arrows. */
  offer: string;
  answer: string;
  candidates: string;
  /** For so long by now; 0 where it has just begun, or nobody counts. */
  waiting: (seconds: number) => string;
  /** It must have happened: a later step proves it. */
  inferred: string;
  pending: string;
  /** `ms` are rounded, and at least 0. */
  duration: (ms: number) => string;
  /** When, since the beginning, as `duration` says it. */
  at: (duration: string) => string;
  /** How long it took since the step before, as `duration` says it. */
  after: (duration: string) => string;
  /** What follows the handshake. */
  result: Record<"connecting" | "connected" | "direct" | "stun" | "relay" | "failed", string>;
}

/** A text, or a function that makes one. */
type Text = string | ((...parts: never[]) => string);

/** Some of the texts of {@link Messages}, at any depth: `{ controlBar: { label: "Buttons" } }`. */
export type PartialMessages<T = Messages> = {
  readonly [Name in keyof T]?:
    | (T[Name] extends Text ? T[Name] : PartialMessages<T[Name]>)
    | undefined;
};

/** Every text of the components. */
export interface Messages {
  /** Somebody who gave no name. */
  nameless: string;
  /** The name on one's own tile. */
  self: (name: string) => string;
  /** The name on a shared screen. */
  screenOf: (name: string) => string;
  /** Joins what is said of a tile to one label: "Mina, microphone off". */
  list: (parts: readonly string[]) => string;
  /** Names several people in a sentence; `others` counts those without a name in it, 0 or at least 2. */
  people: (names: readonly string[], others: number) => string;
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
  screen: {
    label: string;
    start: string;
    stop: string;
    starting: string;
    /** The system or the browser does not allow it. */
    blocked: string;
    /** This page is in a frame whose permissions policy does not allow it. */
    framed: string;
    /** There is no screen, window or tab to choose. */
    missing: string;
    /** The chosen screen, window or tab could not be captured. */
    failed: string;
    unsupported: string;
  };
  leave: string;
  leaving: string;
  videoTile: {
    /** The connection is not good; pictures may stutter. */
    fair: string;
    poor: string;
  };
  videoGrid: {
    /** The buttons that turn the pages of tiles, to a screen reader. */
    pages: string;
    page: (page: number, pages: number) => string;
    previous: string;
    next: string;
  };
  banner: BannerMessages;
  badge: BadgeMessages;
  announcer: AnnouncerMessages;
  timeline: TimelineMessages;
  controlBar: {
    /** The group of buttons, to a screen reader. */
    label: string;
    /** On the button that opens the choice of a microphone. */
    microphone: string;
    camera: string;
    /** While one speaks by holding Space. */
    pushToTalk: string;
    /** On the checkbox that turns the keys off. */
    shortcuts: string;
  };
  deviceSelect: {
    /** A device without a name of its own: "Microphone 2". */
    numbered: (label: string, number: number) => string;
    /** Before access was allowed no browser says which devices there are. */
    unknown: string;
    none: string;
    choose: string;
    /** The device in use was unplugged. */
    gone: (device: string) => string;
  };
  /** `system`: whichever one the system plays on. */
  audioOutputSelect: { label: string; system: string };
  levelMeter: { listening: string; heard: string };
  preJoin: {
    title: string;
    name: string;
    /** Before the browser is made to ask. */
    idle: string;
    /** While the browser asks. */
    prompting: string;
    allow: string;
    again: string;
    voiceOnly: string;
    listenOnly: string;
    join: string;
    joinWithout: string;
    /** What was typed or pasted as a name did not fit. */
    nameCut: string;
  };
  /** Where a browser keeps the permissions of a site. */
  permissionHelp: Record<BrowserFamily, string>;
  speakerLayout: {
    /** The name of the button that keeps a picture large. It stays the same: `aria-pressed` says which. */
    pin: (name: string) => string;
  };
  oneToOneLayout: {
    /** The name of the small picture, which can be moved. */
    small: (name: string) => string;
    help: string;
  };
  callRoom: {
    /** The name of the switch between one large picture and a grid. */
    speakerView: string;
    rejoin: string;
    again: string;
  };
  /** What to do about an error. */
  errors: Record<CallErrorCode, string>;
}
