/** Owns how the parts of one played connection work together: descriptions move its transport, and both tell the application. */
import { candidateLine, parseCandidate, type Candidate } from "./fake-candidates.ts";
import { FakeIceCandidate } from "./fake-descriptions.ts";
import type { Network } from "./network.ts";
import { failure, fire, type FakeEventTarget } from "../fake-devices/fake-events.ts";
import { FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import {
  createNegotiation,
  type Given,
  type Negotiation,
  type Outcome,
} from "./fake-negotiation.ts";
import { createOperations, type Operations } from "./operations-chain.ts";
import type { Credentials } from "./sdp.ts";
import { reportOf } from "./fake-stats.ts";
import { tell } from "./track-events.ts";
import { createSlot, stopSlot, type Slot, type SlotOptions } from "./fake-transceivers.ts";
import { createTransport, type Transport } from "./dtls-transport.ts";

/** What a connection is made with. */
export interface WiringOptions {
  /** The object that the application has. */
  readonly face: FakeEventTarget;
  readonly ether: Network;
  /** The number of the browser. */
  readonly host: number;
  configuration: RTCConfiguration;
}

/** The parts of one connection. */
export interface Wiring {
  readonly slots: () => readonly Slot[];
  readonly negotiation: Negotiation;
  readonly operations: Operations;
  readonly transport: Transport;
  configuration: RTCConfiguration;
  isClosed(): boolean;
  /** As it was announced last. */
  signalingState(): RTCSignalingState;
  addSlot(init: Partial<Pick<SlotOptions, "track" | "named" | "byTrack">> & NewSlot): Slot;
  apply(side: "setLocal" | "setRemote", given: Given): void;
  addCandidate(given: RTCIceCandidateInit): Promise<void>;
  getStats(): Promise<RTCStatsReport>;
  close(how: "closed" | "crashed"): void;
}

type NewSlot = Pick<SlotOptions, "kind" | "direction">;

const HEX = "0123456789ABCDEF";

/** Puts the parts together. */
export function createWiring({ face, ether, host, ...options }: WiringOptions): Wiring {
  const { chance } = ether;
  const fingerprint = Array.from({ length: 32 }, () => chance.text(2, HEX)).join(":");
  const streams = new Map<string, FakeMediaStream>();
  let slots: Slot[] = [];
  let closed = false;
  let announced: RTCSignalingState = "stable";

  const operations: Operations = createOperations({
    isClosed: () => closed,
    isStable: () => negotiation.state() === "stable",
    isNeeded: () => negotiation.isNeeded(),
    onNeeded: () => fire(face, "negotiationneeded"),
  });

  const transport: Transport = createTransport({
    ether,
    host,
    fingerprint,
    slots: () => slots,
    configuration: () => wiring.configuration,
    onIce: () => fire(face, "iceconnectionstatechange"),
    onConnection: () => fire(face, "connectionstatechange"),
    onGathering: () => fire(face, "icegatheringstatechange"),
    onCandidate: found,
    onChannel: (channel) => fire(face, "datachannel", { channel }),
  });

  const negotiation: Negotiation = createNegotiation({
    fingerprint,
    sessionId: chance.text(18, "123456789"),
    slots: () => slots,
    receive: (kind) => addSlot({ kind, direction: "recvonly" }),
    remove(slot) {
      slots = slots.filter((other) => other !== slot);
    },
    streamOf,
    credentials: () => ({ ufrag: chance.text(4), pwd: chance.text(24) }),
    wantsChannels: () => transport.association.isWanted(),
  });

  /** The other side names a stream; the same name is the same stream. */
  function streamOf(id: string): FakeMediaStream {
    const stream = streams.get(id) ?? new FakeMediaStream(() => id);
    streams.set(id, stream);
    return stream;
  }

  function addSlot(init: Parameters<Wiring["addSlot"]>[0]): Slot {
    const slot = createSlot({
      track: null,
      named: [],
      byTrack: false,
      ...init,
      name: chance.name,
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

  function found(candidate: Candidate | undefined, { ufrag }: Credentials): void {
    const description = (["pending", "current"] as const)
      .map((which) => negotiation.local(which))
      .find((known) => known?.session.credentials.ufrag === ufrag);
    const mid = description?.session.sections[0]?.mid;
    if (!candidate || !description || mid === undefined) {
      fire(face, "icecandidate", { candidate: null });
      return;
    }
    const line = candidateLine(candidate, ufrag);
    const lines = description.candidates;
    lines.set(mid, [...(lines.get(mid) ?? []), line]);
    const init = { candidate: line, sdpMid: mid, sdpMLineIndex: 0, usernameFragment: ufrag };
    fire(face, "icecandidate", { candidate: new FakeIceCandidate(init) });
  }

  function apply(side: "setLocal" | "setRemote", given: Given): void {
    const before = negotiation.local("pending")?.session.credentials;
    const outcome = negotiation[side](given);
    move(outcome, before);
    for (const state of outcome.states) {
      announced = state;
      fire(face, "signalingstatechange");
    }
    tell(face, outcome.changes);
    if (negotiation.state() === "stable") operations.recheck();
  }

  /** The transport follows what was agreed, proposed or taken back. */
  function move({ states }: Outcome, before: Credentials | undefined): void {
    const local = negotiation.local("pending") ?? negotiation.local("current");
    const remote = negotiation.remote("pending") ?? negotiation.remote("current");
    const own = local?.session.credentials;
    if (before && before !== own) transport.ice.release(before);
    if (own) transport.ice.gather(own);
    for (const line of [...(remote?.candidates.values() ?? [])].flat())
      transport.ice.learn(parseCandidate(line), remote?.session.credentials.ufrag ?? "");
    if (states.at(-1) === "stable" && local && remote) transport.agree(local, remote);
  }

  async function addCandidate(given: RTCIceCandidateInit): Promise<void> {
    const { candidate = "", sdpMid, sdpMLineIndex, usernameFragment } = given;
    const known = (["pending", "current"] as const).flatMap(
      (which) => negotiation.remote(which) ?? [],
    );
    if (known.length === 0)
      throw failure("InvalidStateError", "There is no remote description yet.");
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
      throw failure("OperationError", "The candidate belongs to no description that was set.");
    await operations.task();
    if (!read) return;
    const lines = description.candidates;
    lines.set(section.mid, [...(lines.get(section.mid) ?? []), candidate]);
    transport.ice.learn(read, description.session.credentials.ufrag);
  }

  function getStats(): Promise<RTCStatsReport> {
    return Promise.resolve(reportOf(transport, slots, ether));
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
    addCandidate,
    getStats,
    close(how) {
      closed = true;
      transport.close(how);
      if (how === "closed") for (const slot of slots) stopSlot(slot);
    },
  };
  return wiring;
}
