/** What runs inside the page under test: the record of what it opens, and the look at what it shows. */

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

/** A picture in the page. */
export interface Tile {
  /** The name on it, and what else is written there. */
  text: string;
  isSelf: boolean;
  source: string | undefined;
  picture: string | undefined;
  microphone: string | undefined;
  /** How many were shown so far. */
  frames: number;
}

/** All that a person could see in the page, and what the page has open. */
export interface Sight {
  /** By which the others know this stay. */
  id: string;
  status: string;
  /** Of the others, in the order of the call. */
  names: string[];
  /** The steps of the handshake (docs/HANDSHAKE.md), and its rounds. */
  steps: string;
  rounds: string;
  error: string;
  tiles: Tile[];
  /** Whether the others' voices are played. */
  hears: boolean;
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

/** Runs in the page before anything else: writes down what is opened, and what is closed again. */
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
  // The socket of the development server is there all along and not ours. A tab that is frozen loses
  // it, whereupon the server's own script would reload the page: it does not hear of that.
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

/** Runs in the page: looks at it once. */
export function look(): Sight {
  const text = (name: string) =>
    document.querySelector(`[data-testid="${name}"]`)?.textContent ?? "";

  /** Firefox counts no pictures of a stream in getVideoPlaybackQuality(): they are counted from the first look on. */
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
    hears: audio !== null && !audio.paused,
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
