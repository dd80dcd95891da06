import { createStore, shallowEqual, type Store } from "../lib/store.ts";

/** Measurements of a connection over the last two seconds. An immutable snapshot. */
export interface ConnectionStats {
  /**
   * A rating of the round-trip time and the packet loss; undefined until they are measured.
   *
   * - `"good"`: up to 300 ms and 2 % lost.
   * - `"fair"`: up to 800 ms and 8 % lost.
   * - `"poor"`: more than that.
   */
  readonly quality: "good" | "fair" | "poor" | undefined;
  /**
   * The route of the media; undefined while not connected.
   *
   * - `"direct"`: between local addresses of both sides.
   * - `"stun"`: between addresses of which STUN discovered at least one.
   * - `"relay"`: through a TURN server.
   */
  readonly route: "direct" | "stun" | "relay" | undefined;
  /** The transport protocol of the selected pair: `"udp"` or `"tcp"`, or `"tls"` to a TURN server. */
  readonly protocol: string | undefined;
  /** The round-trip time of the selected candidate pair, in seconds. */
  readonly roundTripTime: number | undefined;
  /** The share of packets lost, 0 to 1, of the direction that loses more. */
  readonly packetLoss: number | undefined;
  /** The bit rate of all received media, in bits per second. */
  readonly inboundBitrate: number | undefined;
  /** The bit rate of all sent media, in bits per second. */
  readonly outboundBitrate: number | undefined;
}

/** Has statistics: an `RTCPeerConnection`, for example. */
export interface StatsSource {
  /** @see WebRTC 1.0, section 8.2 */
  getStats(): Promise<RTCStatsReport>;
}

/** The interval of the measurements. */
const SAMPLE_INTERVAL_MS = 2_000;

const UNKNOWN: ConnectionStats = {
  quality: undefined,
  route: undefined,
  protocol: undefined,
  roundTripTime: undefined,
  packetLoss: undefined,
  inboundBitrate: undefined,
  outboundBitrate: undefined,
};
const NOTHING: Store<ConnectionStats> = createStore(UNKNOWN);
const known = new WeakMap<StatsSource, Store<ConnectionStats>>();

/**
 * Returns a store of the measurements of a connection, updated every two seconds while it is watched. All
 * watchers of one connection share one measurement. Without a connection all fields are undefined.
 *
 * @see WebRTC Statistics
 */
export function connectionStats(connection: StatsSource | undefined): Store<ConnectionStats> {
  if (!connection) return NOTHING;
  let store = known.get(connection);
  if (!store) known.set(connection, (store = createStats(connection)));
  return store;
}

function createStats(connection: StatsSource): Store<ConnectionStats> {
  const store = createStore(UNKNOWN, {
    onWatched() {
      let previous: Counters | undefined;
      let stopped = false;
      const sample = async () => {
        const report = await reportOf(connection);
        if (!report || stopped) return;
        const counters = count(report);
        const next = describe(counters, previous, selectedPair(report));
        previous = counters;
        if (!shallowEqual(next, store.getSnapshot())) store.set(next);
      };
      const timer = setInterval(() => void sample(), SAMPLE_INTERVAL_MS);
      void sample();
      return () => {
        stopped = true;
        clearInterval(timer);
      };
    },
  });
  return store;
}

/** Returns undefined for a connection that is closed. Its last measurement is kept then. */
async function reportOf(connection: StatsSource): Promise<RTCStatsReport | undefined> {
  try {
    return await connection.getStats();
  } catch {
    return undefined;
  }
}

/** The sums of the counters in a report. */
interface Counters {
  at: number;
  received: number;
  lost: number;
  bytesIn: number;
  bytesOut: number;
  /** The share of packets that the remote peer reports as lost, 0 to 1. */
  remoteLoss: number | undefined;
}

function count(report: RTCStatsReport): Counters {
  const counters: Counters = {
    at: 0,
    received: 0,
    lost: 0,
    bytesIn: 0,
    bytesOut: 0,
    remoteLoss: undefined,
  };
  for (const entry of entriesOf(report)) {
    counters.at = Math.max(counters.at, entry.timestamp);
    if (entry.type === "inbound-rtp") {
      counters.received += entry.packetsReceived ?? 0;
      counters.lost += entry.packetsLost ?? 0;
      counters.bytesIn += entry.bytesReceived ?? 0;
    }
    if (entry.type === "outbound-rtp") counters.bytesOut += entry.bytesSent ?? 0;
    if (entry.type === "remote-inbound-rtp" && entry.fractionLost !== undefined)
      counters.remoteLoss = Math.max(counters.remoteLoss ?? 0, entry.fractionLost);
  }
  return counters;
}

function describe(
  now: Counters,
  before: Counters | undefined,
  pair: SelectedPair | undefined,
): ConnectionStats {
  const roundTripTime = pair?.currentRoundTripTime;
  const path = { route: pair?.route, protocol: pair?.protocol, roundTripTime };
  if (!before || now.at <= before.at) return { ...UNKNOWN, ...path };
  const seconds = (now.at - before.at) / 1_000;
  const lost = Math.max(0, now.lost - before.lost);
  const expected = lost + Math.max(0, now.received - before.received);
  const localLoss = expected > 0 ? lost / expected : undefined;
  const packetLoss =
    localLoss === undefined ? now.remoteLoss : Math.max(localLoss, now.remoteLoss ?? 0);
  return {
    ...path,
    quality: qualityOf(roundTripTime, packetLoss),
    packetLoss,
    inboundBitrate: perSecond(now.bytesIn - before.bytesIn, seconds),
    outboundBitrate: perSecond(now.bytesOut - before.bytesOut, seconds),
  };
}

const perSecond = (bytes: number, seconds: number) =>
  Math.max(0, Math.round((bytes * 8) / seconds));

/** Participants interrupt each other from 300 ms on (ITU-T G.114). Video breaks up from 2 % loss on. */
function qualityOf(
  roundTripTime: number | undefined,
  packetLoss: number | undefined,
): ConnectionStats["quality"] {
  if (roundTripTime === undefined && packetLoss === undefined) return undefined;
  const delay = roundTripTime ?? 0;
  const loss = packetLoss ?? 0;
  if (delay > 0.8 || loss > 0.08) return "poor";
  return delay > 0.3 || loss > 0.02 ? "fair" : "good";
}

/** The selected candidate pair of a connection. */
interface SelectedPair {
  route: ConnectionStats["route"];
  protocol: string | undefined;
  currentRoundTripTime: number | undefined;
  local: CandidateEntry | undefined;
  remote: CandidateEntry | undefined;
}

/** A candidate in a statistics report. */
interface CandidateEntry {
  readonly candidateType?: string;
  readonly address?: string;
  readonly port?: number;
  readonly relayProtocol?: string;
  readonly protocol?: string;
}

/**
 * Returns the candidate pair that carries the media.
 *
 * @see WebRTC Statistics, sections 8.17 and 8.18
 */
export function selectedPair(report: RTCStatsReport): SelectedPair | undefined {
  const entries = entriesOf(report);
  const selected = entries.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  // Firefox does not name the pair in the transport; it marks the pair instead.
  const pair = entries.find(
    (entry) =>
      entry.type === "candidate-pair" &&
      (selected === undefined ? entry.selected === true : entry.id === selected),
  );
  if (!pair) return undefined;
  const [local, remote] = [pair.localCandidateId, pair.remoteCandidateId].map((id) =>
    entries.find((entry) => entry.id === id),
  );
  const types = [local?.candidateType, remote?.candidateType];
  return {
    route: types.includes("relay")
      ? "relay"
      : types.every((type) => type === "host")
        ? "direct"
        : "stun",
    protocol: local?.relayProtocol ?? local?.protocol,
    currentRoundTripTime: pair.currentRoundTripTime,
    local,
    remote,
  };
}

/** The fields of all types of entries that are read here. */
interface Entry extends CandidateEntry {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly bytesReceived?: number;
  readonly bytesSent?: number;
  readonly fractionLost?: number;
  readonly selectedCandidatePairId?: string;
  readonly selected?: boolean;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly currentRoundTripTime?: number;
}

function entriesOf(report: RTCStatsReport): Entry[] {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => entries.push(entry));
  return entries;
}
