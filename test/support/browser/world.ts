/**
 * The environment of the model-based tests: up to four participants in one page, each with devices,
 * signaling that can fail and a call with real connections; and the state that they must reach.
 */
import {
  createCall,
  createLocalMedia,
  type Call,
  type CallError,
  type CallSettings,
  type CallStore,
  type JoinOptions,
  type LocalMedia,
  type LocalMediaStore,
  type Participant,
  type Signaling,
} from "twocan/core";
import {
  memorySignaling,
  withFaults,
  type FaultOptions,
  type FaultSignaling,
} from "twocan/testing";
import { collectGarbage, opened } from "./media-support.ts";

/** A participant and their call. */
export interface Person {
  readonly name: string;
  readonly call: CallStore;
  readonly media: LocalMediaStore;
  readonly signaling: FaultSignaling;
  /** Joins. Retries while the backend is unavailable. */
  join(): Promise<void>;
  leave(): Promise<void>;
  rename(name: string): void;
  /** Simulates a crash: closes all connections and disconnects from the backend without a `bye`. */
  crash(): Promise<void>;
  /** Leaves, and releases the devices. */
  close(): Promise<void>;
}

/** The expected state of a participant. */
export interface Expected {
  readonly present: boolean;
  readonly name: string;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
}

/** The participants of one sequence. */
export interface World {
  enter(name: string): Person;
  /** Sets the faults for participants that enter later. */
  setConditions(conditions: FaultOptions): void;
  /** Errors that were reported to `onError`, with the participant. */
  readonly errors: string[];
  /** Lets all participants leave. Resolves to a list of what is still open. */
  end(): Promise<string[]>;
}

/** Small, because one page encodes and decodes for all participants. */
const SMALL = { video: { width: 160, height: 120, frameRate: 10 } } as const;
const ROOM = "standup";

const screens = simulateScreens();
/** The number of worlds that have not ended. */
let worlds = 0;

/** Creates a world without participants. Several can exist at the same time; they share only the page. */
export function createWorld(seed: number): World {
  worlds += 1;
  const own = trackResources();
  const memory = memorySignaling({ delay: [0, 20], seed });
  const participants = new Set<Person>();
  const errors: string[] = [];
  let conditions: FaultOptions = {};

  function enter(name: string): Person {
    const ids = new Set<string>();
    let crashed = false;
    // Records each id of this participant, so that `crash()` can disconnect all of them.
    const recording: Signaling = {
      async join(joining: JoinOptions) {
        ids.add(joining.self.id);
        return memory.join(joining);
      },
    };
    const signaling = withFaults(recording, { ...conditions, seed: seed + participants.size });
    const media = createLocalMedia(SMALL);
    /** Changes with each `join()` and `leave()`, so that an older retry loop stops. */
    let attempt = 0;
    const onError = ({ code, message }: CallError) => {
      // A rejected join is expected while the backend is unavailable, and `join()` retries.
      const rejected = code === "signaling-unavailable" && !call.getSnapshot().signaling;
      if (!crashed && !rejected) errors.push(`${name}: ${code} (${message})`);
    };
    let settings: CallSettings = { name, iceServers: [], media: media.getSnapshot(), onError };
    const call = createCall({ room: ROOM, signaling, ...settings });
    const configure = (change: CallSettings) => {
      settings = { ...settings, ...change };
      call.configure(settings);
    };
    const releases = [
      call.subscribe(() => own.seeCall(call.getSnapshot())),
      media.subscribe(() => {
        own.seeMedia(media.getSnapshot());
        configure({ media: media.getSnapshot() });
      }),
      media.retain(),
    ];
    /** Retries sooner than the call does by itself. */
    async function keepJoining(mine: number): Promise<void> {
      if (mine !== attempt) return;
      const joining = call.getSnapshot().join().then(isOver, isOver);
      if (await Promise.race([joining, pause(50)])) return;
      await keepJoining(mine);
    }
    const person: Person = {
      name,
      call,
      media,
      signaling,
      join() {
        attempt += 1;
        return keepJoining(attempt);
      },
      leave() {
        attempt += 1;
        return call.getSnapshot().leave();
      },
      rename: (next) => configure({ name: next }),
      async crash() {
        crashed = true;
        for (const id of ids) memory.disconnect(id);
        for (const { connection } of call.getSnapshot().participants) connection?.close();
        await person.close();
      },
      async close() {
        participants.delete(person);
        for (const release of releases) release();
        await person.leave();
      },
    };
    participants.add(person);
    return person;
  }

  return {
    enter,
    setConditions(next) {
      conditions = next;
    },
    errors,
    async end() {
      await Promise.all([...participants].map((person) => person.close()));
      worlds -= 1;
      // Resources that no snapshot contained are known only to the page.
      const open = () => [...own.open(), ...(worlds === 0 ? openInPage() : [])];
      await settled(() => open().length === 0, 10_000);
      const listed = await rosterOf(memory);
      // Chromium caps a page at 500 connections, and counts closed ones until they are collected.
      await collectGarbage();
      return [...open(), ...listed.map((name) => `${name} is still in the roster`)];
    },
  };
}

const isOver = () => true;

/** Records the connections and tracks in the snapshots of one world, to report what is still open. */
function trackResources() {
  const known = new WeakSet<RTCPeerConnection>();
  const connections: WeakRef<RTCPeerConnection>[] = [];
  const tracks = new Set<MediaStreamTrack>();
  return {
    seeCall({ participants }: Call): void {
      for (const { connection } of participants) {
        if (!connection || known.has(connection)) continue;
        known.add(connection);
        connections.push(new WeakRef(connection));
      }
    },
    seeMedia({ stream, screen }: LocalMedia): void {
      for (const shown of [stream, screen])
        for (const track of shown?.getTracks() ?? []) tracks.add(track);
    },
    open: () => [
      ...(connections.some((weak) => (weak.deref()?.connectionState ?? "closed") !== "closed")
        ? ["connections are open"]
        : []),
      ...([...tracks].some(isLive) ? ["tracks are live"] : []),
    ],
  };
}

function openInPage(): string[] {
  return [
    ...(opened.connections().length > 0 ? ["connections are open in the page"] : []),
    ...(opened.liveTracks().length > 0 ? ["tracks are live in the page"] : []),
    ...(screens.live() > 0 ? ["screens are shared in the page"] : []),
  ];
}

const isLive = ({ readyState }: MediaStreamTrack) => readyState === "live";

/** Replaces `getDisplayMedia()` with a canvas, because a headless browser has no screen to share. */
function simulateScreens(): { live(): number } {
  let tracks: MediaStreamTrack[] = [];
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
    const context = canvas.getContext("2d")!;
    const stream = canvas.captureStream(10);
    const track = stream.getVideoTracks()[0]!;
    tracks.push(track);
    const paint = setInterval(() => {
      if (!isLive(track)) clearInterval(paint);
      context.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
      context.fillRect(0, 0, 64, 48);
    }, 100);
    return stream;
  };
  return {
    live() {
      tracks = tracks.filter(isLive);
      return tracks.length;
    },
  };
}

/** Returns the initial state of a participant: camera and microphone are on. */
export function expectedOf(name: string, present = true): Expected {
  return { present, name, microphone: true, camera: true, screen: false };
}

/** Collects uncaught errors of this page. */
export function watchUncaught(): { take(): string[]; stop(): void } {
  const found: string[] = [];
  const scope = new AbortController();
  const { signal } = scope;
  window.addEventListener("error", ({ error }) => found.push(String(error)), { signal });
  window.addEventListener("unhandledrejection", ({ reason }) => found.push(String(reason)), {
    signal,
  });
  return { take: () => found.splice(0), stop: () => scope.abort() };
}

/** Waits until the condition holds, at most `ms`. Resolves to whether it holds. */
export async function settled(holds: () => boolean, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; !holds();) {
    if (performance.now() > end) return false;
    await pause(30);
  }
  return true;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Joins the room to read its roster, and leaves. */
async function rosterOf(signaling: Signaling): Promise<string[]> {
  let listed: string[] = [];
  const ignore = () => undefined;
  const session = await signaling.join({
    room: ROOM,
    self: { id: "probe" },
    signal: new AbortController().signal,
    onPeers(peers) {
      listed = peers.map(({ id, name }) => name ?? id);
    },
    onMessage: ignore,
    onStatus: ignore,
    onError: ignore,
  });
  await session.leave();
  return listed;
}

/** The actual and the expected state of a participant. */
export interface Case {
  readonly person: Person;
  readonly expected: Expected;
}

/** Lists the differences from the expected state: which participants each one sees, with name and status. */
export function differences(cases: readonly Case[]): string[] {
  const found: string[] = [];
  const compare = (what: string, actual: unknown, wanted: unknown) => {
    if (actual !== wanted) found.push(`${what} is ${String(actual)}, not ${String(wanted)}`);
  };
  for (const { person, expected } of cases) {
    const { status, signaling, participants } = person.call.getSnapshot();
    const others = expected.present ? cases.filter((other) => isOther(other, person)) : [];
    const ids = new Set(others.map((other) => other.person.call.getSnapshot().self.id));
    for (const { id, name } of participants)
      if (!ids.has(id)) found.push(`${person.name} sees ${name ?? "a participant"}, who has left`);
    if (!expected.present) {
      if (status !== "left" && status !== "idle") found.push(`${person.name} is still ${status}`);
      continue;
    }
    compare(`the call of ${person.name}`, status, others.length > 0 ? "connected" : "waiting");
    compare(`the backend of ${person.name}`, signaling, "connected");
    for (const other of others) compareParticipant(person, other, compare);
  }
  return found;
}

function compareParticipant(
  viewer: Person,
  { person, expected }: Case,
  compare: (what: string, seen: unknown, wanted: unknown) => void,
): void {
  const seen = find(viewer, person);
  const at = (what: string) => `${what} of ${person.name} at ${viewer.name}`;
  compare(at("the state"), seen?.status, "connected");
  compare(at("the name"), seen?.name, expected.name);
  compare(at("the microphone"), seen?.microphone, expected.microphone);
  compare(at("the camera"), seen?.camera, expected.camera);
  compare(at("the screen"), seen?.screen !== undefined, expected.screen);
}

const isOther = ({ person, expected }: Case, than: Person) => expected.present && person !== than;

const find = (viewer: Person, other: Person): Participant | undefined => {
  const { id } = other.call.getSnapshot().self;
  return viewer.call.getSnapshot().participants.find((participant) => participant.id === id);
};

/** The `mid` of each source in the transceiver layout (docs/PROTOCOL.md). */
const MIDS = { microphone: "0", camera: "1", screen: "2" } as const;

/** Lists the sources that are on but whose received bytes do not grow within `ms`. */
export async function stalledMedia(cases: readonly Case[], ms: number): Promise<string[]> {
  const present = cases.filter(({ expected }) => expected.present);
  const count = async () => {
    const counts = new Map<string, { bytes: number; by: RTCPeerConnection | undefined }>();
    for (const viewer of present)
      for (const { person, expected } of present) {
        if (viewer.person === person) continue;
        const by = find(viewer.person, person)?.connection;
        const bytes = await inboundByMid(by);
        for (const what of ["microphone", "camera", "screen"] as const)
          if (expected[what])
            counts.set(`${what} of ${expected.name} at ${viewer.person.name}`, {
              bytes: bytes.get(MIDS[what]) ?? 0,
              by,
            });
      }
    return counts;
  };
  const before = await count();
  for (const end = performance.now() + ms; ;) {
    const now = await count();
    const still = [...before].filter(([what, { bytes, by }]) => {
      const later = now.get(what)!;
      // A connection that replaced this one counts from 0.
      return later.bytes <= (later.by === by ? bytes : 0);
    });
    if (still.length === 0 || performance.now() > end)
      return still.map(([what]) => `no bytes are received of the ${what}`);
    await pause(100);
  }
}

async function inboundByMid(connection: RTCPeerConnection | undefined) {
  const bytes = new Map<string, number>();
  (await connection?.getStats())?.forEach(
    (entry: { type: string; mid?: string; bytesReceived?: number }) => {
      if (entry.type === "inbound-rtp") bytes.set(entry.mid ?? "", entry.bytesReceived ?? 0);
    },
  );
  return bytes;
}
