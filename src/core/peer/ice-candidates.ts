/** Owns ICE candidates on their way: the own ones in batches, the other's until they can be used. */
import type { CallError } from "../lib/errors.ts";
import { invalid, type MessageOf, type WireCandidate } from "../signaling/protocol.ts";
import { after, abortable } from "../lib/abort.ts";

/** What the candidates of one connection need. */
export interface IceCandidatesOptions {
  pc: RTCPeerConnection;
  signal: AbortSignal;
  /** Sends a batch, after whatever the inbox is doing: never before the description they belong to. */
  send(batch: Pick<MessageOf<"candidates">, "candidates" | "end">): void;
  onError(error: CallError): void;
}

/** Trickle ICE (RFC 8838) for one connection. */
export interface IceCandidates {
  /** Takes a batch of the other's candidates; keeps what came before its description. */
  receive(batch: Pick<MessageOf<"candidates">, "candidates" | "end">): Promise<void>;
  /** A remote description was set: what waited for it can be used. */
  descriptionSet(): Promise<void>;
}

/** How long a found candidate waits for the others of its burst, in ms. */
const BATCH = 25;
/** How many early candidates are kept; a peer that sends more is not one of ours. */
const MAX_EARLY = 100;

/** Starts gathering in batches and takes what the other has gathered. */
export function createIceCandidates({
  pc,
  signal,
  send,
  onError,
}: IceCandidatesOptions): IceCandidates {
  let found: WireCandidate[] = [];
  let ended = false;
  let early: WireCandidate[] = [];
  let cancel: (() => void) | undefined;

  function flush(): void {
    cancel = undefined;
    // Those of a rolled-back generation would be refused (or worse, believed) by the other.
    const current = ufrags(pc.localDescription);
    const candidates = found.filter(
      ({ usernameFragment }) => !usernameFragment || current.has(usernameFragment),
    );
    found = [];
    if (candidates.length > 0 || ended) send({ candidates, end: ended });
    ended = false;
  }

  pc.addEventListener(
    "icecandidate",
    ({ candidate }) => {
      // The end comes as null everywhere; Firefox says it once more, before, as an empty candidate.
      if (candidate?.candidate === "") return;
      if (candidate) {
        const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
        found.push({ candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment });
      } else ended = true;
      if (ended) cancel?.();
      if (ended) flush();
      else cancel ??= after(signal, BATCH, flush);
    },
    { signal },
  );

  async function add(candidate: WireCandidate): Promise<void> {
    try {
      await abortable(signal, pc.addIceCandidate(candidate));
    } catch (cause) {
      if (signal.aborted) throw cause;
      onError(invalid("candidate", { cause }));
    }
  }

  async function use(candidates: readonly WireCandidate[]): Promise<void> {
    const known = ufrags(pc.remoteDescription);
    for (const candidate of candidates) {
      const ufrag = ufragOf(candidate);
      // Of a former generation it is useless, of a coming one early; only the latter ever fits.
      if (!pc.remoteDescription || (ufrag && !known.has(ufrag))) early.push(candidate);
      // oxlint-disable-next-line no-await-in-loop -- in order, as they were found
      else await add(candidate);
    }
    early = early.slice(-MAX_EARLY);
  }

  return {
    async receive({ candidates, end }) {
      await use(candidates);
      // Without a fragment it means every generation; it only matters to tell "failed" sooner.
      if (end && pc.remoteDescription && early.length === 0) await endOfCandidates();
    },
    async descriptionSet() {
      const waiting = early;
      early = [];
      await use(waiting);
    },
  };

  async function endOfCandidates(): Promise<void> {
    // Browsers differ in how they like to be told, and a refusal changes nothing.
    await abortable(
      signal,
      pc.addIceCandidate().catch(() => undefined),
    );
  }
}

function ufrags(description: RTCSessionDescription | null): Set<string> {
  return new Set(
    Array.from(description?.sdp.matchAll(/^a=ice-ufrag:(\S+)/gm) ?? [], (match) => match[1] ?? ""),
  );
}

function ufragOf({ candidate, usernameFragment }: WireCandidate): string | undefined {
  return usernameFragment ?? / ufrag (\S+)/.exec(candidate)?.[1];
}
