import type { ConnectionStats } from "../../core/stats/connection-stats.ts";

/** A connection that has statistics and nothing else. */
export interface SimulatedConnection {
  readonly connection: RTCPeerConnection;
  measure(stats: Partial<ConnectionStats>): void;
}

/** Statistics that yield each quality. */
const QUALITIES = {
  good: { roundTripTime: 0.04, packetLoss: 0 },
  fair: { roundTripTime: 0.35, packetLoss: 0.03 },
  poor: { roundTripTime: 0.5, packetLoss: 0.12 },
} as const;

const INITIAL: Omit<ConnectionStats, "quality"> = {
  route: "direct",
  protocol: "udp",
  inboundBitrate: 1_500_000,
  outboundBitrate: 1_500_000,
  ...QUALITIES.good,
};
const PACKETS_PER_SECOND = 100;
const CANDIDATES = { direct: "host", stun: "srflx", relay: "relay" } as const;

/** Creates a connection. Its counters grow while `isFlowing()` returns true. */
export function createSimulatedConnection(isFlowing: () => boolean): SimulatedConnection {
  let figures = INITIAL;
  const totals = { at: 0, received: 0, bytesIn: 0, bytesOut: 0 };

  function advance(): void {
    const now = performance.timeOrigin + performance.now();
    const seconds = totals.at > 0 && isFlowing() ? (now - totals.at) / 1_000 : 0;
    totals.at = now;
    totals.received += seconds * PACKETS_PER_SECOND;
    totals.bytesIn += (seconds * (figures.inboundBitrate ?? 0)) / 8;
    totals.bytesOut += (seconds * (figures.outboundBitrate ?? 0)) / 8;
  }

  const getStats = async () => {
    advance();
    return new Map(reportOf(figures, totals).map((entry) => [entry.id, entry]));
  };
  return {
    // This library calls no other method of it.
    connection: { getStats } as unknown as RTCPeerConnection,
    measure({ quality, ...stats }) {
      figures = { ...figures, ...(quality && QUALITIES[quality]), ...stats };
    },
  };
}

type Totals = Readonly<Record<"at" | "received" | "bytesIn" | "bytesOut", number>>;

/** The entries of the report that src/core/stats/connection-stats.ts reads (WebRTC Statistics, section 8). */
function reportOf(figures: typeof INITIAL, totals: Totals) {
  const { route, protocol, roundTripTime, packetLoss } = figures;
  const entry = (type: string, fields: object) => ({
    id: type,
    type,
    timestamp: totals.at,
    ...fields,
  });
  const counters = [
    entry("inbound-rtp", {
      packetsReceived: packetLoss === undefined ? 0 : totals.received,
      packetsLost: 0,
      bytesReceived: totals.bytesIn,
    }),
    entry("outbound-rtp", { bytesSent: totals.bytesOut }),
    entry("remote-inbound-rtp", { fractionLost: packetLoss }),
  ];
  if (!route) return counters;
  return [
    ...counters,
    entry("transport", { selectedCandidatePairId: "candidate-pair" }),
    entry("candidate-pair", {
      localCandidateId: "local-candidate",
      remoteCandidateId: "remote-candidate",
      currentRoundTripTime: roundTripTime,
    }),
    entry("local-candidate", { candidateType: CANDIDATES[route], protocol }),
    entry("remote-candidate", { candidateType: "host", protocol }),
  ];
}
