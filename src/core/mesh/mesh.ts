/**
 * The transport without a media server: one peer connection to each participant, negotiated over
 * signaling. Rosters and packets pass one queue, so that each is processed after the one before it.
 */
import { abortable, abortedError, createSerialQueue } from "../lib/abort.ts";
import { callAdapter, CallError } from "../lib/errors.ts";
import { joinSignaling } from "../signaling/guarded-session.ts";
import { parsePeerInfo } from "../signaling/protocol.ts";
import type { PeerInfo, Signaling, SignalingSession } from "../signaling/signaling.ts";
import type { Transport, TransportOptions, TransportSession } from "../transport/transport.ts";
import { createRoster, isFull, roomFullError, type Roster } from "./roster.ts";

/** Creates the transport that connects the participants of a room pairwise over `signaling`. */
export function mesh(signaling: Signaling): Transport {
  return { join: (options, joining) => joinMesh(signaling, options, joining) };
}

async function joinMesh(
  signaling: Signaling,
  options: TransportOptions,
  joining: AbortSignal,
): Promise<TransportSession> {
  joining.throwIfAborted();
  if (typeof RTCPeerConnection === "undefined") throw unsupportedError();
  const { room } = options;
  const scope = new AbortController();
  const { signal } = scope;
  const onChange = () => void (signal.aborted || options.onChange());
  const onError = (error: CallError) => void (signal.aborted || options.onError(error));
  const inbox = createSerialQueue(signal, onError);
  let status: "connected" | "disconnected" = "connected";
  let announcement: Announcement | undefined;
  let firstRoster: readonly PeerInfo[] | undefined;
  /** Undefined until the session exists. */
  let roster: Roster | undefined;
  let startProcessing = () => {};
  const started = new Promise<void>((resolve) => {
    startProcessing = resolve;
  });
  inbox.add(() => started);

  const abandon = () => scope.abort(abortedError("Joining"));
  joining.addEventListener("abort", abandon);
  let session: SignalingSession | undefined;
  let self: PeerInfo;
  try {
    session = await joinSignaling(signaling, {
      room,
      self: options.self,
      signal,
      onPeers(peers) {
        const valid = peers.flatMap((peer) => parseListed(peer, onError));
        firstRoster ??= valid;
        inbox.add(() => roster!.takeRoster(valid));
      },
      onMessage: (from, message) => inbox.add(() => roster!.receive(from, message)),
      onStatus(next) {
        status = next;
        if (next === "connected") {
          roster?.forEach(({ peer }) => peer.resend());
          announcement?.retry();
        }
        onChange();
      },
      onError,
    });
    self = { ...options.self, id: session.id ?? options.self.id };
    const refused = await abortable(signal, isFull(firstRoster ?? [], self));
    if (refused) throw roomFullError();
    signal.throwIfAborted();
  } catch (error) {
    abandon();
    // Report `error`; a failure to leave is secondary.
    await session?.leave().catch(() => undefined);
    throw error;
  } finally {
    joining.removeEventListener("abort", abandon);
  }

  const joined = session;
  const isConnected = () => status === "connected";
  const configuration = { get: options.configuration, error: options.configurationError };
  const { trace, media, onEnded } = options;
  const others = createRoster({
    self,
    session: joined,
    signal,
    trace,
    media,
    configuration,
    isConnected,
    onChange,
    onError,
    onEnded,
  });
  roster = others;
  announcement = createAnnouncement(joined, isConnected, onError);
  const { announce } = announcement;
  startProcessing();

  let leaving: Promise<void> | undefined;
  return {
    id: self.id,
    participants: others.participants,
    status: () => status,
    setMedia(next) {
      others.forEach(({ peer }) => peer.setMedia(next));
    },
    update: (next) => announce({ ...next, id: options.self.id }),
    leave() {
      if (leaving) return leaving;
      // The backend first: a page that is closing may be stopped before its connections are closed.
      leaving = joined.leave();
      others.close();
      scope.abort(abortedError("The session"));
      return leaving;
    },
  };
}

/** Announces what this participant has changed about itself. */
interface Announcement {
  announce(self: PeerInfo): Promise<void>;
  /** Repeats an announcement that failed because the backend was unreachable. */
  retry(): void;
}

function createAnnouncement(
  session: SignalingSession,
  isConnected: () => boolean,
  onError: (error: CallError) => void,
): Announcement {
  let newest: PeerInfo | undefined;
  let isPending = false;
  async function announce(self: PeerInfo): Promise<void> {
    newest = self;
    isPending = false;
    try {
      await callAdapter("update", () => session.update(self));
    } catch (error) {
      if (isConnected()) throw error;
      // A later announcement replaces this one.
      isPending = newest === self;
    }
  }
  return {
    announce,
    retry() {
      if (isPending && newest) announce(newest).catch(onError);
    },
  };
}

/** Returns the entry of a roster, or none if it is malformed, which is reported. */
function parseListed(peer: unknown, onError: (error: CallError) => void): PeerInfo[] {
  try {
    return [parsePeerInfo(peer)];
  } catch (error) {
    onError(error as CallError);
    return [];
  }
}

function unsupportedError(): CallError {
  return new CallError(
    "unsupported",
    "This browser has no WebRTC (`RTCPeerConnection`). Use a recent Chrome, Edge, Firefox or Safari.",
  );
}
