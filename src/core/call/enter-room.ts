import { abortable } from "../lib/abort.ts";
import { CallError } from "../lib/errors.ts";
import { joinOrLeave } from "../lib/join-or-leave.ts";
import { outgoingMedia } from "../media/outgoing-media.ts";
import {
  createConfigurationSource,
  DEFAULT_ICE_SERVERS,
  parseIceServers,
} from "../peer/ice-servers.ts";
import { createIdentity } from "../signaling/identity.ts";
import { roomError } from "../signaling/names.ts";
import type { PeerInfo } from "../signaling/signaling.ts";
import type { Trace } from "../stats/handshake-trace.ts";
import type { Transport, TransportSession } from "../transport/transport.ts";
import type { CallSettings } from "./call-options.ts";
import { selfInfo } from "./self-info.ts";

export interface EnterOptions {
  room: string;
  trace: Trace;
  transport: Transport | undefined;
  /** The resume token of the earlier session that this one continues. */
  replaces: string | undefined;
  /** Returns the newest settings. */
  settings(): CallSettings;
  /** Resolves when no permission prompt is open. */
  mediaSettled(): Promise<void>;
  onIdentity(self: PeerInfo): void;
  onChange(): void;
  onError(error: CallError): void;
  onEnded(error: CallError): void;
}

/** A session in a room. */
export interface Entered {
  readonly session: TransportSession;
  /** The token for the next page of this tab after a reload. */
  readonly resumeToken: string;
  /** The public identity of this participant, without name and metadata. */
  readonly identity: Pick<PeerInfo, "id" | "joinedAt">;
  /** The settings that were announced on entering. They may have changed since. */
  readonly announced: CallSettings;
  configurationError(): CallError | undefined;
}

/** Makes one attempt to enter a room. Leaves nothing open if it rejects, as it does when `signal` aborts. */
export async function enterRoom(options: EnterOptions, signal: AbortSignal): Promise<Entered> {
  const { room, transport, replaces, settings, onChange, onError, onEnded } = options;
  const invalid = roomError(room);
  if (invalid) throw invalid;
  const { iceServers } = settings();
  if (iceServers && typeof iceServers !== "function") parseIceServers(iceServers);
  // An open prompt would delay the first offer, so capture comes first (step 1).
  await abortable(signal, options.mediaSettled());
  if (!transport) throw noSignalingError();
  const { id, secret } = await abortable(signal, createIdentity());
  const identity = { id, joinedAt: Date.now() };
  const announced = settings();
  const self = selfInfo({ ...identity, ...(replaces && { replaces }) }, announced);
  options.onIdentity(self);
  const configuration = createConfigurationSource({
    name: "iceServers",
    read() {
      const { iceServers: given = DEFAULT_ICE_SERVERS } = settings();
      return typeof given === "function" ? given() : given;
    },
    rest() {
      const { iceTransportPolicy } = settings();
      return iceTransportPolicy ? { iceTransportPolicy } : {};
    },
    signal,
    onError,
  });
  const joined = transport.join(
    {
      room,
      self,
      trace: options.trace,
      media: () => outgoingMedia(settings().media),
      configuration: configuration.get,
      configurationError: configuration.error,
      onChange,
      onError,
      onEnded,
    },
    signal,
  );
  const session = await joinOrLeave(signal, joined, (late) => late.leave());
  const { error: configurationError } = configuration;
  return { session, resumeToken: secret, identity, announced, configurationError };
}

function noSignalingError(): CallError {
  return new CallError(
    "no-signaling",
    "This call has no signaling. Pass `signaling` to it or to <CallProvider>, for example `webSocketSignaling(url)`.",
  );
}
