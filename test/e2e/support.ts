/** Owns the people of the end-to-end tests: a page each, and what can be seen in it. */
import { expect, type Browser, type BrowserContext, type Page } from "@playwright/test";

/** The backends, by the names that the page under test knows. */
export type Backend = "broadcast-channel" | "websocket" | "firestore" | "default";

/** What a page has open. */
export interface Open {
  connections: number;
  tracks: number;
  sockets: number;
  channels: number;
  listeners: number;
}

interface Recorded extends Open {
  prompts: number;
  connectionsMade: number;
  peers: WeakRef<RTCPeerConnection>[];
}

/** Runs in the page before anything else: writes down what is opened, and what is closed again. */
function recordEverything(): void {
  const peers: WeakRef<RTCPeerConnection>[] = [];
  const tracks: MediaStreamTrack[] = [];
  const sockets: WebSocket[] = [];
  const open = new Set<object>();
  let prompts = 0;
  let listeners = 0;

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      peers.push(new WeakRef<RTCPeerConnection>(this));
    }
  };
  // The socket of the development server is there all along and not ours.
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      if (protocols === undefined || protocols.length === 0) sockets.push(this);
    }
  };
  window.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      open.add(this);
    }
    override close(): void {
      open.delete(this);
      super.close();
    }
  };
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    prompts += 1;
    const stream = await getUserMedia(constraints);
    tracks.push(...stream.getTracks());
    return stream;
  };
  // There is no screen to share here: a drawn one takes its place, a track like any other.
  mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d")!;
    let hue = 0;
    const draw = setInterval(() => {
      pen.fillStyle = `hsl(${(hue += 7)} 80% 50%)`;
      pen.fillRect(0, 0, 640, 360);
    }, 50);
    const stream = canvas.captureStream(20);
    const [track] = stream.getVideoTracks();
    const stop = track!.stop.bind(track);
    track!.stop = () => {
      clearInterval(draw);
      stop();
    };
    tracks.push(track!);
    return stream;
  };
  for (const target of [window, mediaDevices]) {
    const add = target.addEventListener.bind(target) as EventTarget["addEventListener"];
    const remove = target.removeEventListener.bind(target) as EventTarget["removeEventListener"];
    const kept = new Map<unknown, Set<string>>();
    const ours = /^(pagehide|pageshow|devicechange|online|offline)$/;
    target.addEventListener = (
      type: string,
      listener: EventListener,
      options?: AddEventListenerOptions,
    ) => {
      // The Firestore client listens for as long as the application has it.
      const own = ours.test(type) && !new Error().stack?.includes("firebase_firestore");
      if (own && !kept.get(listener)?.has(type)) {
        listeners += 1;
        kept.set(listener, (kept.get(listener) ?? new Set()).add(type));
        options?.signal?.addEventListener(
          "abort",
          () => (listeners -= kept.get(listener)?.delete(type) ? 1 : 0),
        );
      }
      add(type, listener, options);
    };
    target.removeEventListener = (
      type: string,
      listener: EventListener,
      options?: EventListenerOptions,
    ) => {
      if (kept.get(listener)?.delete(type)) listeners -= 1;
      remove(type, listener, options);
    };
  }
  Object.defineProperty(window, "recorded", {
    get: () => ({
      connections: peers.filter((peer) => (peer.deref()?.connectionState ?? "closed") !== "closed")
        .length,
      connectionsMade: peers.length,
      tracks: tracks.filter(({ readyState }) => readyState === "live").length,
      sockets: sockets.filter(({ readyState }) => readyState < WebSocket.CLOSING).length,
      channels: open.size,
      listeners,
      prompts,
      peers,
    }),
  });
}

declare global {
  interface Window {
    readonly recorded: Recorded;
    readonly firestoreOperations?: {
      writes: number;
      reads: number;
      deletes: number;
      listeners: number;
    };
  }
}

/** Somebody in a call. */
export interface Person {
  readonly name: string;
  readonly page: Page;
  /** Errors that nobody caught, and what was written to the console as one. */
  readonly problems: string[];
}

/** Opens the page of each person; who shares a browser profile with whom depends on the backend. */
export class Room {
  readonly #browser: Browser;
  readonly #backend: Backend;
  readonly #options: Readonly<Record<string, string>>;
  readonly #contexts: BrowserContext[] = [];

  constructor(browser: Browser, backend: Backend, options: Readonly<Record<string, string>>) {
    this.#browser = browser;
    this.#backend = backend;
    this.#options = options;
  }

  async #context(): Promise<BrowserContext> {
    // BroadcastChannel reaches the tabs of one profile. Of Firestore clients on the emulator more
    // than two in one profile wait for each other (six connections per host).
    if (this.#backend === "broadcast-channel" && this.#contexts[0]) return this.#contexts[0];
    const context = await this.#browser.newContext({ permissions: ["camera", "microphone"] });
    await context.addInitScript(recordEverything);
    this.#contexts.push(context);
    return context;
  }

  async enter(name: string): Promise<Person> {
    const page = await (await this.#context()).newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(`${name}: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      // What the browser writes of a request that failed is not the page's.
      if (message.type() === "error" && !/Failed to load resource/.test(message.text()))
        problems.push(`${name}: ${message.text()}`);
    });
    const query = new URLSearchParams({
      ...this.#options,
      backend: this.#backend,
      name,
      uid: name.toLowerCase(),
    });
    await page.goto(`/?${query}`);
    return { name, page, problems };
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }
}

/** What a page has open right now. */
export async function openIn({ page }: Person): Promise<Open> {
  return page.evaluate(() => {
    const { connections, tracks, sockets, channels, listeners } = window.recorded;
    return {
      connections,
      tracks,
      sockets,
      channels,
      listeners: listeners + (window.firestoreOperations?.listeners ?? 0),
    };
  });
}

export const NOTHING_OPEN: Open = {
  connections: 0,
  tracks: 0,
  sockets: 0,
  channels: 0,
  listeners: 0,
};

/** The tile in which `viewer` sees `person`. */
export function tileOf(viewer: Person, person: Person, source: "camera" | "screen" = "camera") {
  return viewer.page
    .locator(
      `[data-twocan="video-tile"][data-source="${source}"][data-self="${viewer === person}"]`,
    )
    .filter({ hasText: person.name });
}

async function frames(
  viewer: Person,
  person: Person,
  source: "camera" | "screen",
): Promise<number> {
  return tileOf(viewer, person, source)
    .locator("video")
    .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);
}

/** New pictures of `person` are decoded at `viewer`, from now on. */
export async function expectPictures(
  viewer: Person,
  person: Person,
  source: "camera" | "screen" = "camera",
) {
  await expect(tileOf(viewer, person, source)).toHaveAttribute("data-picture", "video");
  const before = await frames(viewer, person, source);
  await expect.poll(async () => (await frames(viewer, person, source)) - before).toBeGreaterThan(3);
}

/** Everybody in `people` sees everybody else, and nobody more. */
export async function expectEverybody(people: readonly Person[]): Promise<void> {
  for (const viewer of people) {
    await expect(viewer.page.getByTestId("status")).toHaveText(
      people.length > 1 ? "connected" : "waiting",
    );
    const names = people.filter((person) => person !== viewer).map(({ name }) => name);
    await expect
      .poll(async () =>
        ((await viewer.page.getByTestId("names").textContent()) ?? "")
          .split(" ")
          .filter(Boolean)
          .toSorted(),
      )
      .toEqual(names.toSorted());
    for (const person of people) if (person !== viewer) await expectPictures(viewer, person);
  }
}

/** Sound of others arrives at `viewer`: its energy rises on every open connection (Webrtc-stats, totalAudioEnergy). */
export async function expectSound(viewer: Person): Promise<void> {
  const energy = () =>
    viewer.page.evaluate(async () => {
      const open = window.recorded.peers
        .map((peer) => peer.deref())
        .filter((peer) => peer?.connectionState === "connected");
      const energies = await Promise.all(
        open.map(async (peer) => {
          let sum = 0;
          (await peer!.getStats()).forEach(
            (entry: { type: string; kind?: string; totalAudioEnergy?: number }) => {
              if (entry.type === "inbound-rtp" && entry.kind === "audio")
                sum += entry.totalAudioEnergy ?? 0;
            },
          );
          return sum;
        }),
      );
      return Math.min(...energies);
    });
  const before = await energy();
  await expect.poll(async () => (await energy()) - before).toBeGreaterThan(0);
}
