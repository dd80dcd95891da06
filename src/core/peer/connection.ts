/**
 * Owns one `RTCPeerConnection` from its making to its `close()`: its layout, candidates,
 * negotiation and control channel, all under one scope. What happens when it fails is the peer's.
 */
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

/** What one connection needs. */
export interface ConnectionOptions {
  /** Its name on the wire: the caller's id and a number, as `id/number`. */
  name: string;
  role: "caller" | "callee";
  configuration: RTCConfiguration;
  /** What to send at the start, and what is switched on whenever a description goes out. */
  media(): OutgoingMedia;
  send(message: PeerMessage): void;
  /** How long a message takes to the other side, in ms, as far as it is known. */
  latency(): number;
  onPacket(packet: unknown): void;
  record(what: HandshakeStep | HandshakeEventName, round: number): void;
  /** One of the browser's states has changed, or the tracks of the other side are there. */
  onChange(): void;
  /** Nothing arrives any more, or something does again. */
  onPulse(): void;
  /** The way past the backend is open, or closed again. */
  onDirect(direct: ((packet: SignalMessage) => boolean) | undefined): void;
  onError(error: CallError): void;
  onBroken(error: CallError): void;
}

/**
 * A callee begins its ICE checks when it has the caller's candidates, the caller only when it has the
 * answer. Browsers give up after 5 to 15 s, so where the answer takes longer than this, the callee waits
 * for as long before it uses the candidates: then both check at the same time.
 */
const SLOW_SIGNALING_MS = 5_000;

/** A message that belongs to one connection. */
export type ConnectionMessage = MessageOf<"offer" | "answer" | "reject" | "candidates">;

/** One connection, which may be one of several that a peer has had. */
export interface Connection {
  readonly name: string;
  readonly role: "caller" | "callee";
  readonly pc: RTCPeerConnection;
  /** Whether traffic gets through in both directions, within `ms`. */
  verify(ms: number): Promise<boolean>;
  /** Whether nothing arrives any more. */
  silent(): boolean;
  /** Whether an ICE restart does no harm. */
  canRestart(): boolean;
  /** The other side's tracks, once its description is known. */
  tracks(): TransceiverLayout["tracks"] | undefined;
  receive(message: ConnectionMessage): void;
  negotiate(): void;
  restartIce(configuration: RTCConfiguration): void;
  /** Puts other tracks in the places; no renegotiation. */
  setMedia(media: OutgoingMedia): void;
  close(): void;
}

/** Makes the connection; a caller's first offer is on its way when this returns. */
export function createConnection(options: ConnectionOptions): Connection {
  const { name, role, media, send, record, onChange, onError } = options;
  const scope = new AbortController();
  const { signal } = scope;
  const inbox = createSerialQueue(signal, onError);
  if (role === "caller") record(1, 1);
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...options.configuration });
  let layout: TransceiverLayout | undefined;
  let described = false;
  /** By what came over the wire: Chromium writes its own name into the description that it hands out. */
  let remoteIsFirefox = false;

  for (const type of [
    "signalingstatechange",
    "iceconnectionstatechange",
    "icegatheringstatechange",
    "connectionstatechange",
  ])
    pc.addEventListener(type, onChange, { signal });
  pc.addEventListener(
    "icegatheringstatechange",
    () => {
      if (role === "caller" && pc.iceGatheringState === "gathering") record(5, negotiator.round());
    },
    { signal },
  );

  const candidates: IceCandidates = createIceCandidates({
    pc,
    signal,
    send: (batch) => inbox.add(() => send({ type: "candidates", connection: name, ...batch })),
    onError,
  });

  async function attach(made: TransceiverLayout): Promise<void> {
    layout = made;
    await abortable(signal, made.send(media()));
  }

  // The callee's comes with the adopted layout: made earlier, it would ask for an offer of its own.
  let flow: ControlChannel | undefined;
  const openFlow = () => {
    const opened = createControlChannel({
      pc,
      signal,
      onPacket: options.onPacket,
      onOpen: () => options.onDirect(opened.send),
      onClosed: () => options.onDirect(undefined),
    });
    flow = opened;
  };

  const pulse = createLivenessMonitor({
    pc,
    signal,
    provoke: () => flow?.probe(),
    onChange: options.onPulse,
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
      openFlow();
      await attach(adopted);
    },
    async onDescription() {
      described = true;
      onChange();
      await candidates.descriptionSet();
    },
    record,
    onError,
    onBroken: options.onBroken,
  });

  if (role === "caller") {
    const made = createTransceivers(pc);
    openFlow();
    record(2, 1);
    inbox.add(() => attach(made));
    negotiator.negotiate();
  }

  return {
    name,
    role,
    pc,
    verify: async (ms) => flow?.verify(ms) ?? Promise.reject(abortedError("The connection")),
    silent: pulse.silent,
    canRestart() {
      const isLocal = isFirefox(pc.localDescription);
      const [caller, callee] =
        role === "caller" ? [isLocal, remoteIsFirefox] : [remoteIsFirefox, isLocal];
      // In Firefox what has failed stays so.
      return (caller || !callee) && !(isLocal && pc.connectionState === "failed");
    },
    tracks: () => (described ? layout?.tracks : undefined),
    receive(message) {
      if ("sdp" in message) remoteIsFirefox = isFirefox(message);
      const take = () =>
        inbox.add(() =>
          message.type === "candidates" ? candidates.receive(message) : negotiator.receive(message),
        );
      const wait = options.latency();
      if (message.type === "candidates" && role === "callee" && wait > SLOW_SIGNALING_MS)
        after(signal, wait, take);
      else take();
    },
    negotiate: negotiator.negotiate,
    restartIce(configuration) {
      pc.setConfiguration({ bundlePolicy: "max-bundle", ...configuration });
      negotiator.restartIce();
    },
    setMedia(next) {
      // Before there is a layout, `attach` will take what is switched on by then.
      inbox.add(() => (layout ? abortable(signal, layout.send(next)) : undefined));
    },
    close() {
      scope.abort(abortedError("The connection"));
      pc.close();
    },
  };
}

/** Firefox names itself in the origin line of its descriptions (RFC 8866, section 5.2). */
function isFirefox(description: { sdp: string } | null): boolean {
  return /^o=mozilla/m.test(description?.sdp ?? "");
}
