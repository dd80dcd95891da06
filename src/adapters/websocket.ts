/**
 * Owns the client of the WebSocket relay: a stay in a room that outlives its connections. The frames
 * are described in `relay/index.ts`.
 */
import ReconnectingWebSocket from "partysocket/ws";
import { CallError, type CallErrorCode } from "../core/lib/errors.ts";
import { onPageHide } from "../core/lib/page-lifecycle.ts";
import { abortedError, after } from "../core/lib/abort.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "../core/signaling/signaling.ts";
import { isRecord, packetText, readObject } from "../core/signaling/wire-format.ts";

/** Options of {@link webSocketSignaling}. */
export interface WebSocketSignalingOptions {
  /** Subprotocols to offer, for a server of yours that asks for them. */
  protocols?: string | string[] | undefined;
  /** The class to use. Default: the global one, which Node has from version 22. */
  WebSocket?: WebSocketClass | undefined;
  /** How long joining may take until it fails, in ms; it tries several times. Default 10,000. */
  timeout?: number | undefined;
}

/** What a WebSocket class has to offer, be it the browser's or the one of `ws`. */
export type WebSocketClass = new (
  url: string,
  protocols?: string | string[],
) => { send(data: string): void; close(code?: number, reason?: string): void };

/** What the relay sends, once it has been checked. */
type RelayFrame =
  | { type: "peers"; peers: PeerInfo[] }
  | { type: "message"; from: string; message: SignalMessage }
  | { type: "beat" }
  | { type: "error"; code: CallErrorCode; message: string };

/** The relay gives a sign of life every 7 s. A connection silent for longer than two is dead, in ms. */
const SILENCE = 15_000;
/** Things were said for so long and nothing has come back: it may be dead, in ms. */
const DOUBT = 1_500;
/** After a doubt it is not doubted again for so long, in ms: the others may have nothing to say. */
const TRUST = 10_000;
/** How long the browser takes to end what went by the former network, once it is online again, in ms. */
const SETTLING = 50;
/** The relay's close code for "coming back is pointless". */
const REFUSED = 1008;
/** What the relay may say is wrong; any other word is read as the last. */
const ERROR_CODES = ["room-full", "message-invalid", "signaling-denied"] as const;

type Address = string | (() => string | Promise<string>);

/**
 * Signaling through a relay: `npx -p twocan twocan-relay`, or `createRelay()` of `twocan/relay` in a server of
 * yours. After a lost connection it comes back by itself, as the same peer.
 *
 * @param url Its address, or a function that finds it out anew for each connection (a fresh token).
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `room-full`,
 * `unsupported` without a WebSocket class, `aborted`.
 * @example
 * const signaling = webSocketSignaling("wss://relay.example.org");
 */
export function webSocketSignaling(
  url: Address,
  options: WebSocketSignalingOptions = {},
): Signaling {
  return {
    async join(joining) {
      if (joining.signal.aborted) throw abortedError("Joining");
      if (!options.WebSocket && typeof WebSocket === "undefined") {
        const message = "There is no WebSocket here. Give one: { WebSocket } from the package ws.";
        throw new CallError("unsupported", message);
      }
      const stay = new AbortController();
      joining.signal.addEventListener("abort", () => stay.abort(), { signal: stay.signal });
      return new Promise((resolve, reject) => {
        stay.signal.addEventListener("abort", () => reject(abortedError("Joining")));
        openStay(url, options, joining, stay, (outcome) => {
          if (!(outcome instanceof CallError)) return resolve(outcome);
          reject(outcome);
          stay.abort();
        });
      });
    },
  };
}

/** The stay in a room, over one connection after the other. Calls `settle` when joining has come out. */
function openStay(
  url: Address,
  options: WebSocketSignalingOptions,
  joining: JoinOptions,
  stay: AbortController,
  settle: (outcome: SignalingSession | CallError) => void,
): void {
  const { signal } = stay;
  const secret = makeSecret();
  let self = joining.self;
  let connected = false;
  let entered = false;

  const line = openLine(url, options, signal, {
    onOpen: () => line.send({ type: "join", room: joining.room, peer: self, secret }),
    onLost() {
      if (connected) joining.onStatus("disconnected");
      connected = false;
    },
    onData: receive,
  });

  function receive(data: unknown): void {
    const frame = parseRelayFrame(data);
    switch (frame?.type) {
      case "peers":
        if (!connected) {
          // First, because whoever hears of it sends at once what it could not send before.
          connected = true;
          joining.onStatus("connected");
        }
        joining.onPeers(frame.peers.filter((peer) => peer.id !== self.id));
        if (!entered) settle(session);
        entered = true;
        return;
      case "message":
        if (frame.from !== self.id) joining.onMessage(frame.from, frame.message);
        return;
      case "error":
        fail(new CallError(frame.code, `The relay refused: ${frame.message}`));
        return;
      case undefined: {
        const message = `What is at ${line.address()} does not speak like a twocan relay.`;
        fail(new CallError(entered ? "message-invalid" : "signaling-unavailable", message));
      }
    }
  }

  function fail(error: CallError): void {
    if (entered) joining.onError(error);
    else settle(error);
  }

  const session: SignalingSession = {
    async send(to, message) {
      if (signal.aborted) throw abortedError("The stay in the room");
      packetText(message);
      if (!connected || !line.send({ type: "send", to, message }))
        throw new CallError("signaling-unavailable", "The relay is out of reach at the moment.");
      line.doubt();
    },
    async update(next) {
      if (signal.aborted) throw abortedError("The stay in the room");
      self = { ...next, id: self.id };
      // While the relay is out of reach this is in vain, and the next join tells it.
      if (connected) line.send({ type: "update", peer: self });
    },
    async leave() {
      if (connected && !signal.aborted) line.send({ type: "leave" });
      stay.abort();
    },
  };

  const timeout = options.timeout ?? 10_000;
  after(signal, timeout, () => {
    if (entered) return;
    const message = `No relay answered at ${line.address()} within ${timeout / 1_000} s. Is it running there? "npx -p twocan twocan-relay" starts one.`;
    fail(new CallError("signaling-unavailable", message, { cause: line.cause() }));
  });
  // The relay tells the others at once. A page that comes back from the cache joins anew.
  signal.addEventListener(
    "abort",
    onPageHide(() => stay.abort()),
  );
}

/** A connection that is there again and again until its scope ends. */
interface Line {
  /** False if there is no connection now: nothing waits for the next one, which would find it stale. */
  send(frame: object): boolean;
  /** Something was said that asks for an answer. If there is none, another connection is tried beside this one. */
  doubt(): void;
  /** Where the relay was looked for last, and what came of it. */
  address(): string;
  cause(): unknown;
}

interface LineEvents {
  onOpen(): void;
  onData(data: unknown): void;
  onLost(): void;
}

function openLine(
  url: Address,
  options: WebSocketSignalingOptions,
  signal: AbortSignal,
  events: LineEvents,
): Line {
  let address = "the address given";
  let cause: unknown;
  let forgetSilence = () => {};
  /** Since when nothing was heard although something was said; and until when that means nothing. */
  let unanswered: number | undefined;
  let trusted = 0;
  let socket = open();
  /** Takes the place of the present one if it is the first to be there. */
  let spare: ReconnectingWebSocket | undefined;

  async function findAddress(): Promise<string> {
    try {
      address = typeof url === "string" ? url : await url();
      return address;
    } catch (error) {
      // Whatever it is, the library wants an Error, and tries again after it.
      throw (cause = error instanceof Error ? error : new Error("No address", { cause: error }));
    }
  }

  function open(): ReconnectingWebSocket {
    const opened = new ReconnectingWebSocket(findAddress, options.protocols ?? null, {
      WebSocket: options.WebSocket,
      maxEnqueuedMessages: 0,
      // A share of chance, so that not everybody comes back in the same moment.
      minReconnectionDelay: 100 + Math.random() * 300,
      maxReconnectionDelay: 1_500,
      reconnectionDelayGrowFactor: 1.6,
      shouldReconnectOnClose: (event) => event.code !== REFUSED,
    });
    // A connection that was replaced, or whose stay has ended, has nothing to say any more.
    const isCurrent = () => opened === socket && !signal.aborted;
    opened.addEventListener("open", () => {
      const former = opened === spare ? replace(opened) : undefined;
      if (!isCurrent()) return;
      listenForSilence();
      events.onOpen();
      // After the relay was told, so that it hands the seat over and does not see it empty meanwhile.
      former?.close();
    });
    opened.addEventListener("message", ({ data }) => {
      if (!isCurrent()) return;
      listenForSilence();
      unanswered = undefined;
      spare?.close();
      spare = undefined;
      events.onData(data);
    });
    opened.addEventListener("error", ({ error }) => {
      if (error instanceof Error) cause = error;
    });
    opened.addEventListener("close", () => {
      forgetSilence();
      if (isCurrent()) events.onLost();
    });
    return opened;
  }

  function listenForSilence(): void {
    forgetSilence();
    forgetSilence = after(signal, SILENCE, reopen);
  }

  function replace(next: ReconnectingWebSocket): ReconnectingWebSocket {
    const former = socket;
    socket = next;
    if (spare !== next) spare?.close();
    spare = undefined;
    trusted = Date.now() + TRUST;
    events.onLost();
    return former;
  }

  /** At once, with a new socket: the library would first wait out its pause between two tries. */
  const reopen = () => replace(open()).close();

  function doubt(): void {
    const now = Date.now();
    unanswered ??= now;
    if (now > unanswered + DOUBT && now > trusted) spare ??= open();
  }

  // Not in the same moment, for then Chromium ends it again together with what the change has ended.
  globalThis.addEventListener?.("online", () => after(signal, SETTLING, reopen), { signal });
  signal.addEventListener("abort", () => {
    socket.close();
    spare?.close();
  });
  return {
    doubt,
    send: (frame) => !signal.aborted && socket.send(JSON.stringify(frame)),
    address: () => address,
    cause: () => cause,
  };
}

/** Proves to the relay that a new connection is the same peer. `randomUUID` wants a secure context. */
function makeSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

function isPeer(value: unknown): value is PeerInfo & Record<string, unknown> {
  return isRecord(value) && typeof value["id"] === "string";
}

/** Enough of a check to go by; the layer above looks into the peers and the message. */
function parseRelayFrame(data: unknown): RelayFrame | undefined {
  const frame = readObject(data, Infinity);
  if (!frame) return undefined;
  const { type, peers, from, message, code } = frame;
  if (type === "beat") return { type };
  if (type === "peers" && Array.isArray(peers)) return { type, peers: peers.filter(isPeer) };
  if (type === "message" && typeof from === "string" && isRecord(message))
    return { type, from, message };
  if (type === "error") {
    const known = ERROR_CODES.find((one) => one === code) ?? "signaling-denied";
    return {
      type,
      code: known,
      message: typeof message === "string" ? message : "no reason given",
    };
  }
  return undefined;
}
