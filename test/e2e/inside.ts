// These functions run inside the page under test, so they must be self-contained.

/** Counts of what a page has open. */
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

/** A video tile in the page. */
export interface Tile {
  /** The text of the tile, including the name. */
  text: string;
  isSelf: boolean;
  source: string | undefined;
  picture: string | undefined;
  microphone: string | undefined;
  /** The number of frames shown so far. */
  frames: number;
}

/** The state that the page shows, and what it has open. */
export interface Sight {
  /** The peer id of this session. */
  id: string;
  status: string;
  /** Names of the remote participants, in the order of the call. */
  names: string[];
  /** The completed steps of the handshake (docs/HANDSHAKE.md), and the number of rounds. */
  steps: string;
  rounds: string;
  error: string;
  tiles: Tile[];
  /** Whether remote audio is played. */
  playsAudio: boolean;
  camera: string;
  cameras: string[];
  open: Open;
  prompts: number;
  connectionsMade: number;
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

/** Runs before any other script of the page. Records what is opened and closed. */
export function recordEverything(): void {
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
  // The WebSocket of Vite's dev server (it has a protocol) is not counted. A frozen tab loses it, and
  // Vite's client would then reload the page, so its `close` event is suppressed.
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      if (protocols === undefined || protocols.length === 0) sockets.push(this);
      else this.addEventListener("close", (event) => event.stopImmediatePropagation());
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
  // A headless browser has no screen to share, so a canvas provides the track.
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
      // The Firestore client keeps its listeners for the lifetime of the page.
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

/** Reads the current state of the page. */
export function look(): Sight {
  const text = (name: string) =>
    document.querySelector(`[data-testid="${name}"]`)?.textContent ?? "";

  /** Firefox does not count frames of a stream in getVideoPlaybackQuality(), so count them from the first call on. */
  function framesOf(video: HTMLVideoElement | null): number {
    if (!video) return 0;
    const count = () => {
      video.dataset["frames"] = String(Number(video.dataset["frames"] ?? -1) + 1);
      video.requestVideoFrameCallback(count);
    };
    if (video.dataset["frames"] === undefined) count();
    return Math.max(
      video.getVideoPlaybackQuality().totalVideoFrames,
      Number(video.dataset["frames"]),
    );
  }

  const { connections, tracks, sockets, channels, listeners, prompts, connectionsMade } =
    window.recorded;
  const audio = document.querySelector("audio");
  const select = document.querySelector<HTMLSelectElement>('select[aria-label="Camera"]');
  return {
    id: text("id"),
    status: text("status"),
    names: text("names").split(" ").filter(Boolean),
    steps: text("steps"),
    rounds: text("rounds"),
    error: text("error"),
    tiles: [...document.querySelectorAll<HTMLElement>('[data-twocan="video-tile"]')].map(
      (tile) => ({
        text: tile.textContent,
        isSelf: tile.dataset["self"] === "true",
        source: tile.dataset["source"],
        picture: tile.dataset["picture"],
        microphone: tile.dataset["microphone"],
        frames: framesOf(tile.querySelector("video")),
      }),
    ),
    playsAudio: audio !== null && !audio.paused,
    camera: select?.value ?? "",
    cameras: [...(select?.options ?? [])].map(({ value }) => value),
    open: {
      connections,
      tracks,
      sockets,
      channels,
      listeners: listeners + (window.firestoreOperations?.listeners ?? 0),
    },
    prompts,
    connectionsMade,
  };
}
