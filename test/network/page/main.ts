/**
 * The page in the laboratory: a call as an application would make it, and a diary of all that
 * happens to it. The runner reads the diary only afterwards, so that reading changes nothing.
 */
import { createCall, type CallStore } from "twocan/core";
import { webSocketSignaling } from "twocan/websocket";
import { allowLoopbackOnly } from "../../support/loopback-only.ts";

// The laboratory's own STUN and TURN server, and no other.
allowLoopbackOnly(/^203\.0\.113\.\d+$/);

/** What a person is told when entering. */
export interface Entering {
  room: string;
  name: string;
  /** URLs of STUN and TURN servers. */
  servers: readonly string[];
  policy?: RTCIceTransportPolicy;
  /** How long TURN credentials are good for, in s. */
  credentialLife?: number;
}

/** The others in the call and the call itself, whenever something about them changed. */
export interface Moment {
  at: number;
  call: string;
  others: { id: string; status: string }[];
  error: string | undefined;
}

/** All that was written down, in ms since 1970. */
export interface Diary {
  moments: Moment[];
  /** When each picture of the other was shown. */
  pictures: number[];
  /** What the browser and the library said, for investigating a failure. */
  events: [at: number, what: string][];
  /** How often TURN credentials were asked for. */
  credentials: number;
}

declare global {
  interface Window {
    lab: {
      enter(options: Entering): Promise<void>;
      leave(): void;
      diary(): Diary;
      /** The kinds of the selected pair, as `host/srflx/udp`; and pictures decoded so far. */
      path(): Promise<{ pair: string; decoded: number }>;
      renegotiate(): void;
    };
  }
}

const diary: Diary = { moments: [], pictures: [], events: [], credentials: 0 };
const now = () => Math.round(performance.timeOrigin + performance.now());
const note = (what: string) => diary.events.push([now(), what]);
const video = document.createElement("video");
Object.assign(video, { autoplay: true, muted: true, playsInline: true });
document.body.append(video);

let call: CallStore | undefined;
let release = () => {};

const countPicture = () => {
  diary.pictures.push(now());
  video.requestVideoFrameCallback(countPicture);
};
video.requestVideoFrameCallback(countPicture);

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

/** Short-lived TURN credentials (draft-uberti-behave-turn-rest), made here because the secret is the lab's. */
async function iceServers(servers: readonly string[], life: number): Promise<RTCIceServer[]> {
  diary.credentials += 1;
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

function writeDown({ getSnapshot }: CallStore): void {
  const { status, participants, error } = getSnapshot();
  const others = participants.map(({ id, status: theirs }) => ({ id, status: theirs }));
  const moment = { call: status, others, error: error?.code };
  const { at: _, ...last } = diary.moments.at(-1) ?? { at: 0 };
  if (JSON.stringify(last) !== JSON.stringify(moment)) diary.moments.push({ at: now(), ...moment });
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
    entered.subscribe(() => writeDown(entered));
    let told = 0;
    const { trace } = entered.getSnapshot();
    trace.subscribe(() => {
      const events = trace.getSnapshot();
      for (const event of events.slice(told)) note(`${event.step ?? ""} ${event.name}`);
      told = events.length;
    });
    release = entered.retain();
  },
  leave: () => release(),
  diary: () => diary,
  async path() {
    const connection = call?.getSnapshot().participants[0]?.connection;
    const report = (await connection?.getStats()) ?? new Map<string, unknown>();
    const stats = [...report.values()] as Record<string, string | undefined>[];
    // The state of a pair says nothing: it is `in-progress` again for as long as each check is out.
    const selected = stats.find(({ type }) => type === "transport")?.["selectedCandidatePairId"];
    const pair = stats.find((one) =>
      selected ? one["id"] === selected : one["type"] === "candidate-pair" && one["selected"],
    );
    const find = (id?: string) => stats.find((one) => one["id"] === id);
    const [local, remote] = [find(pair?.["localCandidateId"]), find(pair?.["remoteCandidateId"])];
    // The screen has its own section, which carries nothing here.
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
