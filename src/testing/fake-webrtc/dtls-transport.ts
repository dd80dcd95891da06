/** Owns what one played connection carries once the two sides have found each other: security, channels, pictures and sound. */
import { createAssociation, type Association } from "./association.ts";
import type { FakeDataChannel } from "./fake-data-channel.ts";
import type { End, Network } from "./network.ts";
import { createIce, type Ice, type IceOptions } from "./fake-ice.ts";
import { FakeMediaStreamTrack } from "../fake-devices/fake-media-stream.ts";
import { RATES } from "./meter.ts";
import type { Description } from "./sdp.ts";
import { isReceiving, isSending, type Slot } from "./fake-transceivers.ts";

/** What a transport needs. */
export interface TransportOptions extends Pick<
  IceOptions,
  "ether" | "host" | "configuration" | "onGathering" | "onCandidate"
> {
  readonly fingerprint: string;
  slots(): readonly Slot[];
  onIce(): void;
  onConnection(): void;
  onChannel(channel: FakeDataChannel): void;
}

/** The transport of one connection. */
export interface Transport {
  readonly ice: Ice;
  readonly association: Association;
  dtls(): RTCDtlsTransportState;
  /** Of ICE and DTLS together (WebRTC 1.0, section 4.3.3). */
  state(): RTCPeerConnectionState;
  /** Both descriptions are in force. */
  agree(local: Description, remote: Description): void;
  /** What is sent, or may be received, may be another thing now. */
  refresh(): void;
  isArriving(slot: Slot): boolean;
  /** Whoever crashes says nothing; whoever closes says so. */
  close(how: "closed" | "crashed"): void;
}

/** Makes the transport of a connection. */
export function createTransport(options: TransportOptions): Transport {
  const { ether, fingerprint, slots } = options;
  let dtls: RTCDtlsTransportState = "new";
  let told: RTCPeerConnectionState = "new";
  let role: "client" | "server" = "client";
  /** The certificate that the other side has promised. */
  let expected: string | undefined;
  let wantsChannels = false;

  const end: End = {
    fingerprint,
    takeData: (packet) => association.take(packet),
    takeMedia(mid) {
      const slot = slots().find((known) => known.mid === mid);
      if (slot && isReceiving(slot) && isArriving(slot))
        FakeMediaStreamTrack.mute(slot.received, false);
    },
    sent: (mid) =>
      slots()
        .find((slot) => slot.mid === mid)
        ?.meter.read(),
  };

  const ice: Ice = createIce({
    ...options,
    end,
    onState() {
      options.onIce();
      announce();
      refresh();
    },
    onWay() {
      secure();
      association.pump();
      refresh();
    },
  });

  const association: Association = createAssociation({
    isOpen: isUp,
    transmit(packet) {
      const other = ice.other();
      if (other) later(ether, 1, () => other.end.takeData(packet));
    },
    onChannel: options.onChannel,
  });

  function isUp(): boolean {
    return dtls === "connected" && ice.isOpen();
  }

  function state(): RTCPeerConnectionState {
    const way = ice.state();
    if (way === "closed") return "closed";
    if (way === "failed" || dtls === "failed") return "failed";
    if (way === "disconnected") return "disconnected";
    if (way === "new") return "new";
    return way === "checking" || dtls !== "connected" ? "connecting" : "connected";
  }

  function announce(): void {
    const next = state();
    if (next === told || next === "closed") return;
    told = next;
    options.onConnection();
  }

  /** DTLS is made once; ICE may restart below it. */
  function secure(): void {
    if (dtls !== "new" || !ice.isOpen()) return;
    dtls = "connecting";
    later(ether, 2, () => {
      if (dtls !== "connecting") return;
      dtls = ice.other()?.end.fingerprint === expected ? "connected" : "failed";
      announce();
      startChannels();
      refresh();
    });
  }

  function startChannels(): void {
    if (dtls === "connected" && wantsChannels)
      later(ether, 1, () => {
        if (dtls === "connected") association.start(role);
      });
  }

  function refresh(): void {
    const other = ice.other();
    for (const slot of slots()) {
      const { mid, track, kind } = slot;
      if (mid === null) continue;
      const goes = other !== undefined && isUp() && isSending(slot);
      const rate = track?.enabled === false && kind === "video" ? RATES.dark : RATES[kind];
      slot.meter.run(goes ? rate : undefined);
      if (goes) later(ether, 1, () => other.end.takeMedia(mid));
      if (slot.received.muted && isArriving(slot)) later(ether, 1, () => end.takeMedia(mid));
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
      const [own, theirs] = [local.session, remote.session];
      // Whoever answers with "active" is the client.
      const active = local.type === "answer" ? own.setup === "active" : theirs.setup !== "active";
      role = active ? "client" : "server";
      expected = theirs.fingerprint;
      wantsChannels = own.sections.some(
        ({ kind, mid, rejected }) =>
          kind === "application" &&
          !rejected &&
          theirs.sections.some((section) => section.mid === mid && !section.rejected),
      );
      ice.agree(own.credentials, theirs.credentials);
      startChannels();
      refresh();
    },
    refresh,
    isArriving,
    close(how) {
      const other = ice.other();
      if (how === "closed" && other && isUp()) {
        // What was said before is still said.
        association.pump();
        later(ether, 1, () => other.end.takeData({ id: 0, what: "gone" }));
      }
      dtls = "closed";
      ice.close();
      // Nothing goes out any more, and the other side counts what comes in.
      refresh();
      if (how === "closed") association.abandon();
    },
  };
}

/** So many times the way from one side to the other. */
function later({ latency }: Network, ways: number, task: () => void): void {
  setTimeout(task, latency * ways);
}
