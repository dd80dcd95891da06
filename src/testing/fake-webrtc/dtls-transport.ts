import { createAssociation, type Association } from "./association.ts";
import type { FakeDataChannel } from "./fake-data-channel.ts";
import type { End, Network } from "./network.ts";
import { createIce, type Ice, type IceOptions } from "./fake-ice.ts";
import { FakeMediaStreamTrack } from "../fake-devices/fake-media-stream.ts";
import { RATES } from "./meter.ts";
import type { Description } from "./sdp.ts";
import { isReceiving, isSending, type Slot } from "./fake-transceivers.ts";

export interface TransportOptions extends Pick<
  IceOptions,
  "network" | "host" | "configuration" | "onGathering" | "onCandidate"
> {
  readonly fingerprint: string;
  slots(): readonly Slot[];
  onIce(): void;
  onConnection(): void;
  onChannel(channel: FakeDataChannel): void;
}

/** The transport of one connection: DTLS over ICE, with data channels and media above it. */
export interface Transport {
  readonly ice: Ice;
  readonly association: Association;
  dtls(): RTCDtlsTransportState;
  /** The state of ICE and DTLS together (WebRTC 1.0, section 4.3.3). */
  state(): RTCPeerConnectionState;
  /** Applies a completed offer and answer. */
  agree(local: Description, remote: Description): void;
  /** Starts or stops media after a change of tracks, directions or routes. */
  refresh(): void;
  isArriving(slot: Slot): boolean;
  /** Closes the transport. A crash sends nothing to the remote peer. */
  close(how: "closed" | "crashed"): void;
}

export function createTransport(options: TransportOptions): Transport {
  const { network, fingerprint, slots } = options;
  let dtls: RTCDtlsTransportState = "new";
  let announced: RTCPeerConnectionState = "new";
  let role: "client" | "server" = "client";
  /** The certificate fingerprint in the remote description. */
  let expected: string | undefined;
  let hasChannels = false;

  const isUp = () => dtls === "connected" && ice.isOpen();
  const slotOf = (mid: string) => slots().find((slot) => slot.mid === mid);

  const end: End = {
    fingerprint,
    takeData: (packet) => association.take(packet),
    takeMedia(mid) {
      const slot = slotOf(mid);
      if (slot && isReceiving(slot) && isArriving(slot))
        FakeMediaStreamTrack.mute(slot.received, false);
    },
    sent: (mid) => slotOf(mid)?.meter.read(),
  };

  const ice: Ice = createIce({
    ...options,
    end,
    onState() {
      options.onIce();
      announce();
      refresh();
    },
    onRoute() {
      secure();
      association.pump();
      refresh();
    },
  });

  const association: Association = createAssociation({
    isOpen: isUp,
    transmit(packet) {
      const other = ice.other();
      if (other) later(network, 1, () => other.end.takeData(packet));
    },
    onChannel: options.onChannel,
  });

  const state = () => stateOf(ice.state(), dtls);

  function announce(): void {
    const next = state();
    if (next === announced || next === "closed") return;
    announced = next;
    options.onConnection();
  }

  /** Runs the DTLS handshake once. ICE may restart below it. */
  function secure(): void {
    if (dtls !== "new" || !ice.isOpen()) return;
    dtls = "connecting";
    later(network, 2, () => {
      if (dtls !== "connecting") return;
      dtls = ice.other()?.end.fingerprint === expected ? "connected" : "failed";
      announce();
      startChannels();
      refresh();
    });
  }

  function startChannels(): void {
    if (dtls === "connected" && hasChannels)
      later(network, 1, () => {
        if (dtls === "connected") association.start(role);
      });
  }

  function refresh(): void {
    const other = isUp() ? ice.other() : undefined;
    for (const slot of slots()) {
      const { mid } = slot;
      if (mid === null) continue;
      if (runMeter(slot, other !== undefined)) later(network, 1, () => other?.end.takeMedia(mid));
      if (slot.received.muted && isArriving(slot)) later(network, 1, () => end.takeMedia(mid));
    }
  }

  function isArriving(slot: Slot): boolean {
    if (!isUp() || !isReceiving(slot) || slot.mid === null) return false;
    return ice.other()?.end.sent(slot.mid)?.flowing ?? false;
  }

  return {
    ice,
    association,
    dtls: () => dtls,
    state,
    agree(local, remote) {
      ({ role, expected, hasChannels } = agreedParameters(local, remote));
      ice.agree(local.session.credentials, remote.session.credentials);
      startChannels();
      refresh();
    },
    refresh,
    isArriving,
    close(how) {
      const other = ice.other();
      if (how === "closed" && other && isUp()) {
        // Data that was sent before is still delivered.
        association.pump();
        later(network, 1, () => other.end.takeData({ id: 0, what: "gone" }));
      }
      dtls = "closed";
      ice.close();
      // Stop sending: the counters of the remote peer read this side.
      refresh();
      if (how === "closed") association.abandon();
    },
  };
}

/** Counts the sent media of a transceiver. Returns whether it sends any. */
function runMeter(slot: Slot, isUp: boolean): boolean {
  const { track, kind, meter } = slot;
  const isSent = isUp && isSending(slot);
  const rate = track?.enabled === false && kind === "video" ? RATES.dark : RATES[kind];
  meter.run(isSent ? rate : undefined);
  return isSent;
}

function stateOf(ice: RTCIceConnectionState, dtls: RTCDtlsTransportState): RTCPeerConnectionState {
  if (ice === "closed") return "closed";
  if (ice === "failed" || dtls === "failed") return "failed";
  if (ice === "disconnected") return "disconnected";
  if (ice === "new") return "new";
  return ice === "checking" || dtls !== "connected" ? "connecting" : "connected";
}

/** The parameters of DTLS and SCTP that follow from offer and answer. */
function agreedParameters(local: Description, { session: theirs }: Description) {
  const { type, session: own } = local;
  // The side that answers with "active" is the DTLS client.
  const isClient = type === "answer" ? own.setup === "active" : theirs.setup !== "active";
  return {
    role: isClient ? ("client" as const) : ("server" as const),
    expected: theirs.fingerprint,
    hasChannels: own.sections.some(
      ({ kind, mid, rejected }) =>
        kind === "application" &&
        !rejected &&
        theirs.sections.some((section) => section.mid === mid && !section.rejected),
    ),
  };
}

/** Runs a task after as many one-way trips. */
function later({ latency }: Network, trips: number, task: () => void): void {
  setTimeout(task, latency * trips);
}
