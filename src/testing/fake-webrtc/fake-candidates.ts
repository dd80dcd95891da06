/** Owns candidates of the played network: their text, and which two of them reach each other. */
import { failure } from "../fake-devices/fake-events.ts";

/** An address at which somebody can be reached (RFC 8839, section 5.1). */
export interface Candidate {
  readonly type: "host" | "srflx" | "relay";
  readonly address: string;
  readonly port: number;
  readonly foundation: string;
  readonly priority: number;
  /** The address behind it, of all but `host`. */
  readonly base?: { readonly address: string; readonly port: number } | undefined;
}

/** Which kinds of candidates reach each other: any, only what STUN found, or only what a TURN server relays. */
export type Reach = "direct" | "stun" | "relay";

/** Two candidates that reach each other; seen from one side. */
export interface CandidatePair {
  readonly local: Candidate;
  readonly remote: Candidate;
}

const PREFERENCES = { host: 126, srflx: 100, relay: 0 } as const;

/** The documentation networks of RFC 5737: own addresses, those that a NAT shows, and the TURN server's. */
const NETWORKS = { host: "192.0.2", srflx: "203.0.113", relay: "198.51.100" } as const;

/** What a connection of the browser number `host` finds with these servers. */
export function gathered(
  port: () => number,
  host: number,
  { iceServers = [], iceTransportPolicy = "all" }: RTCConfiguration,
): Candidate[] {
  const urls = iceServers.flatMap((server) => server.urls);
  const turn = urls.some((url) => /^turns?:/.test(url));
  const stun = turn || urls.some((url) => /^stuns?:/.test(url));
  const types: Candidate["type"][] = [];
  if (iceTransportPolicy === "all") types.push("host");
  if (iceTransportPolicy === "all" && stun) types.push("srflx");
  if (turn) types.push("relay");
  const base = { address: `${NETWORKS.host}.${host}`, port: port() };
  return types.map((type, at) => ({
    type,
    address: type === "relay" ? `${NETWORKS.relay}.1` : `${NETWORKS[type]}.${host}`,
    port: type === "host" ? base.port : port(),
    foundation: String(at + 1),
    priority: PREFERENCES[type] * 2 ** 24 + 65_535 * 2 ** 8 + 255,
    base: type === "host" ? undefined : base,
  }));
}

/** The text of a candidate, without the `a=`. */
export function candidateLine(candidate: Candidate, ufrag: string): string {
  const { foundation, priority, address, port, type, base } = candidate;
  const related = base ? ` raddr ${base.address} rport ${base.port}` : "";
  return `candidate:${foundation} 1 udp ${priority} ${address} ${port} typ ${type}${related} generation 0 ufrag ${ufrag}`;
}

/** The candidate in a text. @throws {DOMException} `OperationError` where there is none. */
export function parseCandidate(line: string): Candidate & { readonly ufrag: string | undefined } {
  const [, foundation, priority, address, port, type] =
    /^(?:a=)?candidate:(\S+) \d+ \S+ (\d+) (\S+) (\d+) typ (host|srflx|prflx|relay)/i.exec(line) ??
    [];
  if (!foundation || !address)
    throw failure("OperationError", `This is no candidate: "${line.slice(0, 80)}".`);
  return {
    foundation,
    priority: Number(priority),
    address,
    port: Number(port),
    type: type === "relay" ? "relay" : type === "host" ? "host" : "srflx",
    ufrag: / ufrag (\S+)/.exec(line)?.[1],
  };
}

/** The best two that reach each other; none where nothing does. */
export function bestPair(
  reach: Reach,
  locals: readonly Candidate[],
  remotes: readonly Candidate[],
): CandidatePair | undefined {
  const pairs = locals.flatMap((local) => remotes.map((remote) => ({ local, remote })));
  return pairs
    .filter((pair) => reaches(reach, pair))
    .sort((a, b) => weight(b) - weight(a))
    .at(0);
}

function reaches(reach: Reach, { local, remote }: CandidatePair): boolean {
  if (reach === "direct") return true;
  if (local.type === "relay" || remote.type === "relay") return true;
  return reach === "stun" && local.type === "srflx" && remote.type === "srflx";
}

const weight = ({ local, remote }: CandidatePair) =>
  PREFERENCES[local.type] + PREFERENCES[remote.type];
