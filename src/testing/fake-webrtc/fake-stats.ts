import type { Candidate } from "./fake-candidates.ts";
import type { Network } from "./network.ts";
import type { Slot } from "./fake-transceivers.ts";
import type { Transport } from "./dtls-transport.ts";

interface Entry {
  readonly id: string;
  readonly type: RTCStatsType;
  readonly timestamp: number;
}

/** The statistics of route, delay, loss and throughput (WebRTC Statistics, sections 8.2 to 8.19). */
export function reportOf(
  { ice, dtls, association }: Transport,
  slots: readonly Slot[],
  { latency }: Network,
): Map<string, Entry> {
  const timestamp = performance.timeOrigin + performance.now();
  const report = new Map<string, Entry>();
  const add = (id: string, type: RTCStatsType, fields: object = {}) =>
    report.set(id, { id, type, timestamp, ...fields });
  const other = ice.other()?.end;
  const pair = ice.selected();

  add("P", "peer-connection", { dataChannelsOpened: 0, dataChannelsClosed: 0 });
  let { sent, received } = association.traffic();
  for (const { mid, kind, track, meter } of slots) {
    if (mid === null) continue;
    const outbound = meter.read();
    const inbound = other?.sent(mid);
    sent += outbound.bytes;
    received += inbound?.bytes ?? 0;
    const stream = { kind, mid, transportId: "T" };
    if (outbound.packets > 0) {
      const { packets: packetsSent, bytes: bytesSent } = outbound;
      add(`O${mid}`, "outbound-rtp", {
        ...stream,
        packetsSent,
        bytesSent,
        active: outbound.flowing,
      });
      add(`R${mid}`, "remote-inbound-rtp", {
        ...stream,
        localId: `O${mid}`,
        packetsLost: 0,
        fractionLost: 0,
        roundTripTime: (latency * 2) / 1_000,
      });
    }
    if (track) add(`S${mid}`, "media-source", { kind, trackIdentifier: track.id });
    if (inbound && inbound.packets > 0)
      add(`I${mid}`, "inbound-rtp", {
        ...stream,
        packetsReceived: inbound.packets,
        bytesReceived: inbound.bytes,
        packetsLost: 0,
        jitter: 0,
        ...(kind === "video" && { framesDecoded: Math.floor(inbound.packets / 2.5) }),
      });
  }
  if (!pair) return report;
  const totals = { bytesSent: sent, bytesReceived: received };
  add("T", "transport", {
    ...totals,
    dtlsState: dtls(),
    iceState: ice.state(),
    selectedCandidatePairId: "CP",
  });
  add("CP", "candidate-pair", {
    ...totals,
    transportId: "T",
    state: "succeeded",
    nominated: true,
    localCandidateId: "CL",
    remoteCandidateId: "CR",
    currentRoundTripTime: (latency * 2) / 1_000,
  });
  add("CL", "local-candidate", described(pair.local));
  add("CR", "remote-candidate", described(pair.remote));
  return report;
}

function described({ type, address, port, priority }: Candidate): object {
  return { transportId: "T", candidateType: type, protocol: "udp", address, port, priority };
}
