import { failure } from "../fake-devices/fake-events.ts";

/** An ICE candidate (RFC 8839, section 5.1). */
export interface Candidate {
  readonly type: "host" | "srflx" | "relay";
  readonly address: string;
  readonly port: number;
  readonly foundation: string;
  readonly priority: number;
  /** The related address of a `srflx` or `relay` candidate. */
  readonly base?: { readonly address: string; readonly port: number } | undefined;
}

/** The candidates that can connect to each other in a fake network. */
export type Reach =
  /** All candidates. */
  | "direct"
  /** Server-reflexive candidates of a STUN server, and relayed ones. */
  | "stun"
  /** Relayed candidates of a TURN server. */
  | "relay";

/** Two candidates that can connect, from the point of view of one side. */
export interface CandidatePair {
  readonly local: Candidate;
  readonly remote: Candidate;
}

const PREFERENCES = { host: 126, srflx: 100, relay: 0 } as const;

/** The documentation networks of RFC 5737, for local addresses, the NAT, and the TURN server. */
const NETWORKS = { host: "192.0.2", srflx: "203.0.113", relay: "198.51.100" } as const;

/** The candidates that browser number `host` gathers with these servers. */
export function gatherCandidates(
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

/** The candidate attribute, without `a=`. */
export function candidateLine(candidate: Candidate, ufrag: string): string {
  const { foundation, priority, address, port, type, base } = candidate;
  const related = base ? ` raddr ${base.address} rport ${base.port}` : "";
  return `candidate:${foundation} 1 udp ${priority} ${address} ${port} typ ${type}${related} generation 0 ufrag ${ufrag}`;
}

/** Parses a candidate attribute. @throws {DOMException} `OperationError` if it is malformed. */
export function parseCandidate(line: string): Candidate & { readonly ufrag: string | undefined } {
  const [, foundation, priority, address, port, type] =
    /^(?:a=)?candidate:(\S+) \d+ \S+ (\d+) (\S+) (\d+) typ (host|srflx|prflx|relay)/i.exec(line) ??
    [];
  if (!foundation || !address)
    throw failure("OperationError", `The candidate is malformed: "${line.slice(0, 80)}".`);
  return {
    foundation,
    priority: Number(priority),
    address,
    port: Number(port),
    type: type === "relay" ? "relay" : type === "host" ? "host" : "srflx",
    ufrag: / ufrag (\S+)/.exec(line)?.[1],
  };
}

/** The pair with the highest priority that can connect. */
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
