import { createIceCandidates, type IceCandidates } from "./ice-candidates.ts";
import type { CallError } from "../lib/errors.ts";
import { createControlChannel, type ControlChannel } from "./control-channel.ts";
import { adoptTransceivers, createTransceivers, type TransceiverLayout } from "./transceivers.ts";
import { type OutgoingMedia } from "../media/outgoing-media.ts";
import type { MessageOf, PeerMessage } from "../signaling/protocol.ts";
import { createNegotiator, type Negotiator } from "./negotiator.ts";
import { createLivenessMonitor } from "./liveness.ts";
import { abortedError, after, createSerialQueue, abortable } from "../lib/abort.ts";
import type { SignalMessage } from "../signaling/signaling.ts";
import type { HandshakeEventName, HandshakeStep } from "../stats/handshake-trace.ts";

export interface ConnectionOptions {
  /** The name on the wire: `<id of the caller>/<number>`. */
  name: string;
  role: "caller" | "callee";
  configuration: RTCConfiguration;
  /** Returns the tracks to send, and what is switched on whenever a description is sent. */
  media(): OutgoingMedia;
  send(message: PeerMessage): void;
  /** Returns how long a message takes to the remote peer, in ms; 0 until it is known. */
  latency(): number;
  onPacket(packet: unknown): void;
  record(event: HandshakeStep | HandshakeEventName, round: number): void;
  /** A browser state has changed, or the remote tracks are known. */
  onChange(): void;
  /** `isSilent()` has changed. */
  onLivenessChange(): void;
  /** The control channel is open and `send` carries packets, or it is closed and `send` is undefined. */
  onRoute(send: ((packet: SignalMessage) => boolean) | undefined): void;
  onError(error: CallError): void;
  /** The connection cannot be negotiated any more and has to be replaced. */
  onBroken(error: CallError): void;
}

/**
 * A callee starts its ICE checks when it has the caller's candidates, a caller only when it has the
 * answer. Browsers give up after 5 to 15 s, so if the answer takes longer than this, the callee waits
 * as long before it applies the candidates. Then both sides check at the same time.
 */
const SLOW_SIGNALING_MS = 5_000;

/** A message that belongs to one connection. */
export type ConnectionMessage = MessageOf<"offer" | "answer" | "reject" | "candidates">;

/** One `RTCPeerConnection` with its layout, candidates, negotiation and control channel. */
export interface Connection {
  readonly name: string;
  readonly role: "caller" | "callee";
  readonly pc: RTCPeerConnection;
  /** Resolves with whether traffic gets through in both directions, within `ms`. */
  verify(ms: number): Promise<boolean>;
  /** Whether nothing arrives any more. */
  isSilent(): boolean;
  /** Whether an ICE restart does no harm between these two browsers. */
  canRestartIce(): boolean;
  /** Returns the remote tracks, once the remote description is set. */
  tracks(): TransceiverLayout["tracks"] | undefined;
  /** Returns which change made through `pc` cannot be negotiated; undefined if there is none. */
  problem(): CallError | undefined;
  receive(message: ConnectionMessage): void;
  negotiate(): void;
  restartIce(configuration: RTCConfiguration): void;
  /** Sends other tracks, without a renegotiation. */
  setMedia(media: OutgoingMedia): void;
  close(): void;
}

const STATE_EVENTS = [
  "signalingstatechange",
  "iceconnectionstatechange",
  "icegatheringstatechange",
  "connectionstatechange",
] as const;

/** Creates a connection. A caller's first offer is on its way when this returns. */
export function createConnection(options: ConnectionOptions): Connection {
  const { name, role, media, send, record, onChange, onError } = options;
  const scope = new AbortController();
  const { signal } = scope;
  const inbox = createSerialQueue(signal, onError);
  if (role === "caller") record(1, 1);
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...options.configuration });
  let layout: TransceiverLayout | undefined;
  let controlChannel: ControlChannel | undefined;
  let isDescribed = false;
  /** From the description on the wire: Chromium replaces the origin in the one that it returns. */
  let isRemoteFirefox = false;

  for (const type of STATE_EVENTS) pc.addEventListener(type, onChange, { signal });
  const recordGathering = () => {
    if (pc.iceGatheringState === "gathering") record(5, negotiator.round());
  };
  if (role === "caller")
    pc.addEventListener("icegatheringstatechange", recordGathering, { signal });

  const candidates: IceCandidates = createIceCandidates({
    pc,
    signal,
    send: (batch) => inbox.add(() => send({ type: "candidates", connection: name, ...batch })),
    onError,
  });

  const monitor = createLivenessMonitor({
    pc,
    signal,
    probe: () => controlChannel?.probe(),
    onChange: options.onLivenessChange,
  });

  const negotiator: Negotiator = createNegotiator({
    pc,
    connection: name,
    role,
    inbox,
    signal,
    send,
    mediaState: () => media().state,
    async adopt() {
      if (layout) return;
      const adopted = adoptTransceivers(pc);
      // Opened earlier, a callee's data channel would need an offer from the callee.
      openControlChannel();
      await attach(adopted);
    },
    async onDescription() {
      isDescribed = true;
      onChange();
      await candidates.descriptionSet();
    },
    record,
    onError,
    onBroken: options.onBroken,
  });

  function openControlChannel(): void {
    const opened = createControlChannel({
      pc,
      signal,
      onPacket: options.onPacket,
      onOpen: () => options.onRoute(opened.send),
      onClosed: () => options.onRoute(undefined),
    });
    controlChannel = opened;
  }

  async function attach(created: TransceiverLayout): Promise<void> {
    layout = created;
    await abortable(signal, created.send(media()));
  }

  if (role === "caller") {
    const created = createTransceivers(pc);
    openControlChannel();
    record(2, 1);
    inbox.add(() => attach(created));
    negotiator.negotiate();
  }

  return {
    name,
    role,
    pc,
    verify: async (ms) =>
      controlChannel?.verify(ms) ?? Promise.reject(abortedError("The connection")),
    isSilent: monitor.isSilent,
    canRestartIce: () => canRestartIce(pc, role, isRemoteFirefox),
    tracks: () => (isDescribed ? layout?.tracks : undefined),
    problem: negotiator.problem,
    receive(message) {
      if ("sdp" in message) isRemoteFirefox = isFirefox(message);
      const apply = () =>
        inbox.add(() =>
          message.type === "candidates" ? candidates.receive(message) : negotiator.receive(message),
        );
      const delayMs = options.latency();
      if (message.type === "candidates" && role === "callee" && delayMs > SLOW_SIGNALING_MS)
        after(signal, delayMs, apply);
      else apply();
    },
    negotiate: negotiator.negotiate,
    restartIce(configuration) {
      pc.setConfiguration({ bundlePolicy: "max-bundle", ...configuration });
      negotiator.restartIce();
    },
    setMedia(next) {
      // Without a layout there is nothing to do: `attach` sends the tracks of that moment.
      inbox.add(() => (layout ? abortable(signal, layout.send(next)) : undefined));
    },
    close() {
      scope.abort(abortedError("The connection"));
      pc.close();
    },
  };
}

/**
 * An ICE restart that Chromium offers to Firefox stops the media, and Firefox does not leave the state
 * `failed` by one.
 */
function canRestartIce(
  pc: RTCPeerConnection,
  role: "caller" | "callee",
  isRemoteFirefox: boolean,
): boolean {
  const isLocalFirefox = isFirefox(pc.localDescription);
  const isCallerFirefox = role === "caller" ? isLocalFirefox : isRemoteFirefox;
  const isCalleeFirefox = role === "caller" ? isRemoteFirefox : isLocalFirefox;
  if (isCalleeFirefox && !isCallerFirefox) return false;
  return !isLocalFirefox || pc.connectionState !== "failed";
}

/** Firefox names itself in the origin line of its descriptions (RFC 8866, section 5.2). */
function isFirefox(description: { sdp: string } | null): boolean {
  return /^o=mozilla/m.test(description?.sdp ?? "");
}
