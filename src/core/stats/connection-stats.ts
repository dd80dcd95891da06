/** Owns what is measured of a connection: its route, its delay and loss, and the word for them. */
import { createStore, shallowEqual, type Store } from "../lib/store.ts";

/** A connection as measured over the last two seconds. An immutable snapshot. */
export interface ConnectionStats {
  /** The word for delay and loss; undefined until measured. */
  readonly quality: "good" | "fair" | "poor" | undefined;
  /** How the media goes: between the two addresses as they are, through addresses that STUN found, or over a TURN server. */
  readonly route: "direct" | "stun" | "relay" | undefined;
  /** Of the selected candidate pair, `"udp"` or `"tcp"`. */
  readonly protocol: string | undefined;
  /** There and back, in seconds. */
  readonly roundTripTime: number | undefined;
  /** The worse direction: packets lost of those sent, 0 to 1. */
  readonly packetLoss: number | undefined;
  /** Of everything that arrives, in bits per second. */
  readonly inboundBitrate: number | undefined;
  /** Of everything that is sent, in bits per second. */
  readonly outboundBitrate: number | undefined;
}

/** All that is asked of a connection here. */
export interface StatsSource {
  getStats(): Promise<RTCStatsReport>;
}

/** As often as quality changes in a way worth telling. */
const SAMPLE_EVERY = 2_000;

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
 * The measurements of a connection (WebRTC Statistics), every two seconds while watched. Everybody
 * who watches one connection shares one measurement. Without a connection nothing is known.
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
      let former: Counters | undefined;
      let stopped = false;
      const sample = async () => {
        // A closed connection has no statistics any more: what was known last stays.
        const report = await connection.getStats().catch(() => undefined);
        if (!report || stopped) return;
        const counters = count(report);
        const next = describe(counters, former, selectedPair(report));
        former = counters;
        if (!shallowEqual(next, store.getSnapshot())) store.set(next);
      };
      const timer = setInterval(() => void sample(), SAMPLE_EVERY);
      void sample();
      return () => {
        stopped = true;
        clearInterval(timer);
      };
    },
  });
  return store;
}

/** What only grows. */
interface Counters {
  at: number;
  received: number;
  lost: number;
  bytesIn: number;
  bytesOut: number;
  /** The other side's word on what it lost, 0 to 1. */
  lostThere: number | undefined;
}

function count(report: RTCStatsReport): Counters {
  const counters: Counters = {
    at: 0,
    received: 0,
    lost: 0,
    bytesIn: 0,
    bytesOut: 0,
    lostThere: undefined,
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
      counters.lostThere = Math.max(counters.lostThere ?? 0, entry.fractionLost);
  }
  return counters;
}

function describe(
  now: Counters,
  before: Counters | undefined,
  pair: SelectedPair | undefined,
): ConnectionStats {
  const roundTripTime = pair?.currentRoundTripTime;
  const place = { route: pair?.route, protocol: pair?.protocol, roundTripTime };
  if (!before || now.at <= before.at) return { ...UNKNOWN, ...place };
  const seconds = (now.at - before.at) / 1_000;
  const lost = Math.max(0, now.lost - before.lost);
  const expected = lost + Math.max(0, now.received - before.received);
  const lostHere = expected > 0 ? lost / expected : undefined;
  const packetLoss =
    lostHere === undefined ? now.lostThere : Math.max(lostHere, now.lostThere ?? 0);
  return {
    ...place,
    quality: qualityOf(roundTripTime, packetLoss),
    packetLoss,
    inboundBitrate: perSecond(now.bytesIn - before.bytesIn, seconds),
    outboundBitrate: perSecond(now.bytesOut - before.bytesOut, seconds),
  };
}

const perSecond = (bytes: number, seconds: number) =>
  Math.max(0, Math.round((bytes * 8) / seconds));

/** Where people begin to talk over each other (ITU-T G.114), and where pictures begin to break. */
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

/** The route of a connection, and its two ends. */
interface SelectedPair {
  route: ConnectionStats["route"];
  protocol: string | undefined;
  currentRoundTripTime: number | undefined;
  local: CandidateEntry | undefined;
  remote: CandidateEntry | undefined;
}

/** A candidate as the statistics have it. */
interface CandidateEntry {
  readonly candidateType?: string;
  readonly address?: string;
  readonly port?: number;
  readonly relayProtocol?: string;
  readonly protocol?: string;
}

/** The pair that carries the media (WebRTC Statistics, sections 8.17 and 8.18). */
export function selectedPair(report: RTCStatsReport): SelectedPair | undefined {
  const entries = entriesOf(report);
  const selected = entries.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  // Firefox has no word for it on the transport, and marks the pair instead.
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

/** The fields that are read here, of whatever type the entry is. */
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
