/**
 * The page of the network tests: a call, and a log of all its changes. The tests read the log
 * afterwards, so that polling does not affect the call.
 */
import { createCall, type CallStore } from "twocan/core";
import { webSocketSignaling } from "twocan/websocket";
import { allowLoopbackOnly } from "../../support/loopback-only.ts";

// Only the STUN and TURN server of the simulated network is allowed.
allowLoopbackOnly(/^203\.0\.113\.\d+$/);

export interface EnterOptions {
  room: string;
  name: string;
  /** URLs of STUN and TURN servers. */
  servers: readonly string[];
  policy?: RTCIceTransportPolicy;
  /** The lifetime of TURN credentials in seconds. */
  credentialLife?: number;
}

/** The status of the call and of the remote participants, recorded at each change. */
export interface Moment {
  at: number;
  call: string;
  others: { id: string; status: string }[];
  error: string | undefined;
}

/** The recorded changes. Times are in ms since 1970. */
export interface Log {
  moments: Moment[];
  /** When each remote frame was shown. */
  frames: number[];
  /** Events of the browser and the library, to investigate a failure. */
  events: [at: number, what: string][];
  /** How often TURN credentials were requested. */
  credentials: number;
}

declare global {
  interface Window {
    lab: {
      enter(options: EnterOptions): Promise<void>;
      leave(): void;
      log(): Log;
      /** Resolves to the types of the selected candidate pair (`host/srflx/udp`) and the frames decoded so far. */
      path(): Promise<{ pair: string; decoded: number }>;
      renegotiate(): void;
    };
  }
}

const log: Log = { moments: [], frames: [], events: [], credentials: 0 };
const now = () => Math.round(performance.timeOrigin + performance.now());
const note = (what: string) => log.events.push([now(), what]);
const video = document.createElement("video");
Object.assign(video, { autoplay: true, muted: true, playsInline: true });
document.body.append(video);

let call: CallStore | undefined;
let release = () => {};

const countFrame = () => {
  log.frames.push(now());
  video.requestVideoFrameCallback(countFrame);
};
video.requestVideoFrameCallback(countFrame);

for (const type of ["online", "offline", "freeze"]) addEventListener(type, () => note(type));
(navigator as { connection?: EventTarget }).connection?.addEventListener("change", () =>
  note("connection change"),
);
window.WebSocket = class extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    note("ws new");
    for (const type of ["open", "close"]) this.addEventListener(type, () => note(`ws ${type}`));
  }
};

/** Creates short-lived TURN credentials (draft-uberti-behave-turn-rest). The secret is a constant of the tests. */
async function iceServers(servers: readonly string[], life: number): Promise<RTCIceServer[]> {
  log.credentials += 1;
  const username = `${Math.floor(Date.now() / 1_000) + life}:lab`;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", bytes("lab"), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(username)));
  const credential = btoa(String.fromCharCode(...signature));
  return servers.map((urls) =>
    urls.startsWith("stun") ? { urls } : { urls, username, credential },
  );
}

const watched = new WeakSet<RTCPeerConnection>();
function watch(connection: RTCPeerConnection): void {
  if (watched.has(connection)) return;
  watched.add(connection);
  note("new connection");
  connection.addEventListener("connectionstatechange", () =>
    note(`connection ${connection.connectionState}`),
  );
  connection.addEventListener("iceconnectionstatechange", () =>
    note(`ice ${connection.iceConnectionState}`),
  );
  connection.addEventListener("icecandidate", ({ candidate }) =>
    note(candidate ? `candidate ${candidate.type} ${candidate.address}` : "candidates end"),
  );
}

function recordMoment({ getSnapshot }: CallStore): void {
  const { status, participants, error } = getSnapshot();
  const others = participants.map(({ id, status: theirs }) => ({ id, status: theirs }));
  const moment = { call: status, others, error: error?.code };
  const { at: _, ...last } = log.moments.at(-1) ?? { at: 0 };
  if (JSON.stringify(last) !== JSON.stringify(moment)) log.moments.push({ at: now(), ...moment });
  const [other] = participants;
  if (other?.connection) watch(other.connection);
  if (other?.stream && video.srcObject !== other.stream) video.srcObject = other.stream;
}

window.lab = {
  async enter({ room, name, servers, policy, credentialLife = 3_600 }) {
    const media = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { width: 320, height: 180, frameRate: 15 },
    });
    const entered = createCall({
      room,
      name,
      media,
      signaling: webSocketSignaling(`ws://${location.host}/relay`),
      iceServers: () => iceServers(servers, credentialLife),
      iceTransportPolicy: policy,
      onError: ({ code, message, cause }) =>
        note(`error ${code}: ${message} ${cause instanceof Error ? cause.message : ""}`),
    });
    call = entered;
    entered.subscribe(() => recordMoment(entered));
    let noted = 0;
    const { trace } = entered.getSnapshot();
    trace.subscribe(() => {
      const events = trace.getSnapshot();
      for (const event of events.slice(noted)) note(`${event.step ?? ""} ${event.name}`);
      noted = events.length;
    });
    release = entered.retain();
  },
  leave: () => release(),
  log: () => log,
  async path() {
    const connection = call?.getSnapshot().participants[0]?.connection;
    const report = (await connection?.getStats()) ?? new Map<string, unknown>();
    const stats = [...report.values()] as Record<string, string | undefined>[];
    // The state of a pair is not usable: it returns to `in-progress` during each connectivity check.
    const selected = stats.find(({ type }) => type === "transport")?.["selectedCandidatePairId"];
    const pair = stats.find((one) =>
      selected ? one["id"] === selected : one["type"] === "candidate-pair" && one["selected"],
    );
    const find = (id?: string) => stats.find((one) => one["id"] === id);
    const [local, remote] = [find(pair?.["localCandidateId"]), find(pair?.["remoteCandidateId"])];
    // Includes the m-line of the screen, over which nothing is sent here.
    const decoded = stats
      .filter(({ type, kind }) => type === "inbound-rtp" && kind === "video")
      .reduce((sum, { framesDecoded = 0 }) => sum + Number(framesDecoded), 0);
    const transport = local?.["relayProtocol"] ?? local?.["protocol"];
    return {
      pair: `${local?.["candidateType"]}/${remote?.["candidateType"]}/${transport}`,
      decoded,
    };
  },
  renegotiate() {
    call?.getSnapshot().participants[0]?.connection?.dispatchEvent(new Event("negotiationneeded"));
  },
};
