import type { CallErrorCode } from "../../core/lib/errors.ts";
import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { BrowserFamily } from "../pre-join/permission-help.ts";
import type { HandshakeEventName } from "../../core/stats/handshake-trace.ts";

type Quality = NonNullable<ConnectionStats["quality"]>;
type Route = NonNullable<ConnectionStats["route"]>;

/** Texts about one local device. */
export interface DeviceMessages {
  /** The name of the button. The same whether on or off, because `aria-pressed` carries the state. */
  label: string;
  turnOn: string;
  turnOff: string;
  starting: string;
  /** The system uses the device elsewhere for a while, such as for a phone call. */
  interrupted: string;
  /** The user, the browser or the system denied access. The text names the remedy. */
  blocked: string;
  missing: string;
  busy: string;
}

/** Texts of `ConnectionBanner`. `people` is the result of `Messages.people`. */
export interface BannerMessages {
  offline: string;
  /** The connections to all participants are down. */
  reconnecting: string;
  /** The connections to these participants are down. */
  reconnectingTo: (people: string) => string;
  /** The call goes on, but no participant can join until signaling is back. */
  signaling: string;
  /** The first attempt to join takes long, and has not failed. */
  unanswered: string;
  /** An attempt to join has failed because the call service is unreachable. It is repeated. */
  unreachable: string;
  retry: string;
  dismiss: string;
}

/** Texts of `ConnectionBadge`. */
export interface BadgeMessages {
  /** Names what is measured. It comes before the quality. */
  label: string;
  /** Connected, and not measured yet. */
  connected: string;
  quality: Record<Quality, string>;
  route: string;
  routes: Record<Route, string>;
  delay: string;
  loss: string;
}

/** Texts of `CallAnnouncer`. `people` is the result of `Messages.people`. */
export interface AnnouncerMessages {
  joined: (people: string) => string;
  left: (people: string) => string;
  muted: (people: string) => string;
  unmuted: (people: string) => string;
  sharing: (people: string) => string;
  sharingEnded: (people: string) => string;
  recovered: string;
}

/** Texts of `HandshakeTimeline`. */
export interface TimelineMessages {
  title: string;
  /** The label of the select that chooses whose connection to show. */
  choose: string;
  caller: string;
  callee: string;
  /** A remote peer without a name. */
  otherSide: string;
  /** Describes each of the thirteen steps, and the events outside them, to a reader new to WebRTC. */
  names: Record<HandshakeEventName, string>;
  /** The number of an offer in its connection, from 1. */
  round: (round: number) => string;
  /** The purpose of an exchange of offer and answer. */
  rounds: Record<"first" | "change" | "restart" | "rebuilt" | "discarded", string>;
  /** The label of an arrow. `answer` and `candidates` are, too. */
  offer: string;
  answer: string;
  candidates: string;
  /** A step that has been waited for this long; 0 if it has just begun or the time is not known. */
  waiting: (seconds: number) => string;
  /** A step of the remote peer that a later step proves. */
  inferred: string;
  pending: string;
  /** A length of time. `ms` is an integer of at least 0. */
  duration: (ms: number) => string;
  /** The time since the beginning. The argument is a result of `duration`. */
  at: (duration: string) => string;
  /** The time since the step before. The argument is a result of `duration`. */
  after: (duration: string) => string;
  /** The outcome of the handshake. A route replaces `connected` once it is known. */
  result: Record<"connecting" | "connected" | "failed" | Route, string>;
}

/** A text, or a function that returns one. */
type Text = string | ((...parts: never[]) => string);

/** Overrides any of the texts of {@link Messages}, at any depth: `{ controlBar: { label: "Buttons" } }`. */
export type PartialMessages<T = Messages> = {
  readonly [Name in keyof T]?:
    | (T[Name] extends Text ? T[Name] : PartialMessages<T[Name]>)
    | undefined;
};

/** Contains every text of the components. */
export interface Messages {
  /** Stands for the name of a participant without one. */
  nameless: string;
  /** The name on the tile of the local participant. */
  self: (name: string) => string;
  /** The name on the tile of a shared screen. */
  screenOf: (name: string) => string;
  /** Joins the parts of a label: "Mina, microphone off". */
  list: (parts: readonly string[]) => string;
  /** Lists participants in a sentence. `others` counts those that are not listed by name: 0, or at least 2. */
  people: (names: readonly string[], others: number) => string;
  microphoneOff: string;
  cameraOff: string;
  connecting: string;
  reconnecting: string;
  /** No connection to this participant could be made. */
  failed: string;
  joining: string;
  /** Joined, and no other participant is there yet. */
  waiting: string;
  left: string;
  /** The accessible name of the region with the tiles. */
  participants: string;
  /** The button that starts playback if the autoplay policy of the browser requires a click. */
  playSound: string;
  microphone: DeviceMessages;
  camera: DeviceMessages;
  screen: {
    label: string;
    start: string;
    stop: string;
    starting: string;
    /** The system or the browser denies screen capture. */
    blocked: string;
    /** The page is in a frame whose permissions policy denies screen capture. */
    framed: string;
    /** There is no screen, window or tab to share. */
    missing: string;
    /** The chosen screen, window or tab could not be captured. */
    failed: string;
    unsupported: string;
  };
  leave: string;
  leaving: string;
  videoTile: {
    /** The connection is unstable: video may stutter. */
    fair: string;
    poor: string;
  };
  videoGrid: {
    /** The accessible name of the navigation between pages of tiles. */
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
    /** The accessible name of the group of buttons. */
    label: string;
    /** The button that opens the microphone menu. `camera` is the button of the camera menu. */
    microphone: string;
    camera: string;
    /** Shown while the user holds Space to talk. */
    pushToTalk: string;
    /** The checkbox that turns the keyboard shortcuts off. */
    shortcuts: string;
  };
  deviceSelect: {
    /** The name of a device that the browser does not name: "Microphone 2". */
    numbered: (label: string, number: number) => string;
    /** The devices are not known yet: browsers list them only after access is granted. */
    unknown: string;
    none: string;
    choose: string;
    /** The device in use was unplugged. */
    gone: (device: string) => string;
  };
  /** `system` is the default output of the system. */
  audioOutputSelect: { label: string; system: string };
  levelMeter: { listening: string; heard: string };
  preJoin: {
    title: string;
    name: string;
    /** Before the permission prompt. */
    idle: string;
    /** While the permission prompt is open. */
    prompting: string;
    allow: string;
    again: string;
    voiceOnly: string;
    listenOnly: string;
    join: string;
    joinWithout: string;
    /** The entered name was cut to the maximum length. */
    nameCut: string;
  };
  /** Explains where each browser keeps the permissions of a site. */
  permissionHelp: Record<BrowserFamily, string>;
  speakerLayout: {
    /** The name of the button that pins a tile. The same whether pinned or not, because `aria-pressed` carries the state. */
    pin: (name: string) => string;
  };
  oneToOneLayout: {
    /** The name of the button that moves the small tile. */
    small: (name: string) => string;
    help: string;
  };
  callRoom: {
    /** The name of the button that switches between one large tile and a grid. */
    speakerView: string;
    rejoin: string;
    again: string;
  };
  /** Describes each error and what to do about it. */
  errors: Record<CallErrorCode, string>;
}
