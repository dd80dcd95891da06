import type { CallError } from "../lib/errors.ts";
import { invalid, type MessageOf, type WireCandidate } from "../signaling/protocol.ts";
import { after, abortable } from "../lib/abort.ts";

export interface IceCandidatesOptions {
  pc: RTCPeerConnection;
  signal: AbortSignal;
  /** Sends a batch through the inbox, so that it never precedes the description it belongs to. */
  send(batch: Pick<MessageOf<"candidates">, "candidates" | "end">): void;
  onError(error: CallError): void;
}

/**
 * Trickle ICE for one connection: sends local candidates in batches, and keeps remote candidates until
 * they can be applied.
 *
 * @see RFC 8838
 */
export interface IceCandidates {
  /** Applies a batch of remote candidates. Keeps those that arrive before their description. */
  receive(batch: Pick<MessageOf<"candidates">, "candidates" | "end">): Promise<void>;
  /** A remote description was set. Applies the candidates that waited for it. */
  descriptionSet(): Promise<void>;
}

/** After this time a batch is sent. Candidates are found in bursts. */
const BATCH_DELAY_MS = 25;
/** At most this many early candidates are kept. No browser sends more. */
const MAX_EARLY = 100;

export function createIceCandidates({
  pc,
  signal,
  send,
  onError,
}: IceCandidatesOptions): IceCandidates {
  let found: WireCandidate[] = [];
  let isEnd = false;
  let early: WireCandidate[] = [];
  let cancelFlush: (() => void) | undefined;

  function flush(): void {
    cancelFlush = undefined;
    // The remote peer would refuse the candidates of a rolled-back generation, or worse, use them.
    const current = ufrags(pc.localDescription);
    const candidates = found.filter(
      ({ usernameFragment }) => !usernameFragment || current.has(usernameFragment),
    );
    found = [];
    if (candidates.length > 0 || isEnd) send({ candidates, end: isEnd });
    isEnd = false;
  }

  pc.addEventListener(
    "icecandidate",
    ({ candidate }) => {
      // All browsers end with null. Firefox sends an empty candidate before it.
      if (candidate?.candidate === "") return;
      if (candidate) {
        const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
        found.push({ candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment });
        cancelFlush ??= after(signal, BATCH_DELAY_MS, flush);
      } else {
        isEnd = true;
        cancelFlush?.();
        flush();
      }
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

  async function addOrKeep(candidates: readonly WireCandidate[]): Promise<void> {
    const known = ufrags(pc.remoteDescription);
    for (const candidate of candidates) {
      const ufrag = ufragOf(candidate);
      // An unknown fragment is of an earlier generation (never applied) or of a later one (applied then).
      if (!pc.remoteDescription || (ufrag && !known.has(ufrag))) early.push(candidate);
      // oxlint-disable-next-line no-await-in-loop -- in the order in which they were found
      else await add(candidate);
    }
    early = early.slice(-MAX_EARLY);
  }

  /** Lets the browser report `failed` sooner. */
  async function addEndOfCandidates(): Promise<void> {
    // Browsers differ in the argument they accept, and an error changes nothing.
    await abortable(
      signal,
      pc.addIceCandidate().catch(() => undefined),
    );
  }

  return {
    async receive({ candidates, end }) {
      await addOrKeep(candidates);
      // The end has no fragment, so it would count for every generation.
      if (end && pc.remoteDescription && early.length === 0) await addEndOfCandidates();
    },
    async descriptionSet() {
      const waiting = early;
      early = [];
      await addOrKeep(waiting);
    },
  };
}

function ufrags(description: RTCSessionDescription | null): Set<string> {
  return new Set(
    Array.from(description?.sdp.matchAll(/^a=ice-ufrag:(\S+)/gm) ?? [], (match) => match[1] ?? ""),
  );
}

function ufragOf({ candidate, usernameFragment }: WireCandidate): string | undefined {
  return usernameFragment ?? / ufrag (\S+)/.exec(candidate)?.[1];
}
