import { candidateLine, parseCandidate, type Candidate } from "./fake-candidates.ts";
import { FakeIceCandidate } from "./fake-descriptions.ts";
import type { Network } from "./network.ts";
import { failure, fire, type FakeEventTarget } from "../fake-devices/fake-events.ts";
import { FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import {
  createNegotiation,
  type DescriptionInit,
  type Negotiation,
  type Outcome,
} from "./fake-negotiation.ts";
import { createOperations, type Operations } from "./operations-chain.ts";
import type { Credentials } from "./sdp.ts";
import { reportOf } from "./fake-stats.ts";
import { fireChanges } from "./track-events.ts";
import { createSlot, stopSlot, type Slot, type SlotOptions } from "./fake-transceivers.ts";
import { createTransport, type Transport } from "./dtls-transport.ts";

export interface WiringOptions {
  /** The connection object of the application. Events are fired at it. */
  readonly target: FakeEventTarget;
  readonly network: Network;
  /** The number of the browser. */
  readonly host: number;
  configuration: RTCConfiguration;
}

/** The parts of one connection, connected to each other. */
export interface Wiring {
  readonly slots: () => readonly Slot[];
  readonly negotiation: Negotiation;
  readonly operations: Operations;
  readonly transport: Transport;
  configuration: RTCConfiguration;
  isClosed(): boolean;
  /** The state of the last `signalingstatechange` event. */
  signalingState(): RTCSignalingState;
  addSlot(init: Partial<Pick<SlotOptions, "track" | "streamIds" | "fromAddTrack">> & NewSlot): Slot;
  apply(side: "setLocal" | "setRemote", init: DescriptionInit): void;
  addCandidate(init: RTCIceCandidateInit): Promise<void>;
  getStats(): Promise<RTCStatsReport>;
  close(how: "closed" | "crashed"): void;
}

type NewSlot = Pick<SlotOptions, "kind" | "direction">;

const HEX = "0123456789ABCDEF";

/** Puts the parts together. */
export function createWiring({ target, network, host, ...options }: WiringOptions): Wiring {
  const { random } = network;
  const fingerprint = Array.from({ length: 32 }, () => random.text(2, HEX)).join(":");
  const streams = new Map<string, FakeMediaStream>();
  let slots: Slot[] = [];
  let closed = false;
  let announced: RTCSignalingState = "stable";

  const operations: Operations = createOperations({
    isClosed: () => closed,
    isStable: () => negotiation.state() === "stable",
    isNeeded: () => negotiation.isNeeded(),
    onNeeded: () => fire(target, "negotiationneeded"),
  });

  const transport: Transport = createTransport({
    network,
    host,
    fingerprint,
    slots: () => slots,
    configuration: () => wiring.configuration,
    onIce: () => fire(target, "iceconnectionstatechange"),
    onConnection: () => fire(target, "connectionstatechange"),
    onGathering: () => fire(target, "icegatheringstatechange"),
    onCandidate: (candidate, credentials) =>
      announceCandidate(target, negotiation, candidate, credentials),
    onChannel: (channel) => fire(target, "datachannel", { channel }),
  });

  const negotiation: Negotiation = createNegotiation({
    fingerprint,
    sessionId: random.text(18, "123456789"),
    slots: () => slots,
    receive: (kind) => addSlot({ kind, direction: "recvonly" }),
    remove(slot) {
      slots = slots.filter((other) => other !== slot);
    },
    streamOf,
    credentials: () => ({ ufrag: random.text(4), pwd: random.text(24) }),
    hasChannels: () => transport.association.isWanted(),
  });

  /** The stream of a remote id. Each id has one stream. */
  function streamOf(id: string): FakeMediaStream {
    const stream = streams.get(id) ?? new FakeMediaStream(() => id);
    streams.set(id, stream);
    return stream;
  }

  function addSlot(init: Parameters<Wiring["addSlot"]>[0]): Slot {
    const slot = createSlot({
      track: null,
      streamIds: [],
      fromAddTrack: false,
      ...init,
      name: random.name,
      isClosed: () => closed,
      chain: operations.chain,
      isArriving: transport.isArriving,
      onMedia: transport.refresh,
      onNegotiationNeeded: operations.check,
      getStats,
    });
    slots.push(slot);
    return slot;
  }

  function apply(side: "setLocal" | "setRemote", init: DescriptionInit): void {
    const before = negotiation.local("pending")?.session.credentials;
    const outcome = negotiation[side](init);
    updateTransport(wiring, outcome, before);
    for (const state of outcome.states) {
      announced = state;
      fire(target, "signalingstatechange");
    }
    fireChanges(target, outcome.changes);
    if (negotiation.state() === "stable") operations.recheck();
  }

  function getStats(): Promise<RTCStatsReport> {
    return Promise.resolve(reportOf(transport, slots, network));
  }

  const wiring: Wiring = {
    slots: () => slots,
    negotiation,
    operations,
    transport,
    configuration: options.configuration,
    isClosed: () => closed,
    signalingState: () => announced,
    addSlot,
    apply,
    addCandidate: (init) => addCandidate(wiring, init),
    getStats,
    close(how) {
      closed = true;
      transport.close(how);
      if (how === "closed") for (const slot of slots) stopSlot(slot);
    },
  };
  return wiring;
}

/** Fires `icecandidate` and adds the candidate to the local description. */
function announceCandidate(
  target: FakeEventTarget,
  negotiation: Negotiation,
  candidate: Candidate | undefined,
  { ufrag }: Credentials,
): void {
  const description = (["pending", "current"] as const)
    .map((which) => negotiation.local(which))
    .find((known) => known?.session.credentials.ufrag === ufrag);
  const mid = description?.session.sections[0]?.mid;
  if (!candidate || !description || mid === undefined) {
    fire(target, "icecandidate", { candidate: null });
    return;
  }
  const line = candidateLine(candidate, ufrag);
  const lines = description.candidates;
  lines.set(mid, [...(lines.get(mid) ?? []), line]);
  const init = { candidate: line, sdpMid: mid, sdpMLineIndex: 0, usernameFragment: ufrag };
  fire(target, "icecandidate", { candidate: new FakeIceCandidate(init) });
}

/** Applies the current and pending descriptions to the transport. */
function updateTransport(
  { negotiation, transport }: Wiring,
  { states }: Outcome,
  before: Credentials | undefined,
): void {
  const local = negotiation.local("pending") ?? negotiation.local("current");
  const remote = negotiation.remote("pending") ?? negotiation.remote("current");
  const own = local?.session.credentials;
  if (before && before !== own) transport.ice.release(before);
  if (own) transport.ice.gather(own);
  for (const line of [...(remote?.candidates.values() ?? [])].flat())
    transport.ice.learn(parseCandidate(line), remote?.session.credentials.ufrag ?? "");
  if (states.at(-1) === "stable" && local && remote) transport.agree(local, remote);
}

/** Adds a remote candidate (WebRTC 1.0, section 4.4.2). */
async function addCandidate(
  { negotiation, operations, transport }: Wiring,
  init: RTCIceCandidateInit,
): Promise<void> {
  const { candidate = "", sdpMid, sdpMLineIndex, usernameFragment } = init;
  const known = (["pending", "current"] as const).flatMap(
    (which) => negotiation.remote(which) ?? [],
  );
  if (known.length === 0) throw failure("InvalidStateError", "There is no remote description yet.");
  const read = candidate === "" ? undefined : parseCandidate(candidate);
  const ufrag = usernameFragment ?? read?.ufrag;
  const description = known.find(
    ({ session }) => ufrag === undefined || session.credentials.ufrag === ufrag,
  );
  const sections = description?.session.sections ?? [];
  const section =
    typeof sdpMid === "string"
      ? sections.find(({ mid }) => mid === sdpMid)
      : sections[sdpMLineIndex ?? 0];
  if (!description || !section)
    throw failure(
      "OperationError",
      "The candidate does not belong to a description of this connection.",
    );
  await operations.task();
  if (!read) return;
  const lines = description.candidates;
  lines.set(section.mid, [...(lines.get(section.mid) ?? []), candidate]);
  transport.ice.learn(read, description.session.credentials.ufrag);
}
