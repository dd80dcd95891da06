import type { Metadata } from "../lib/register.ts";
import { shallowEqual, type Store } from "../lib/store.ts";
import type { LocalMedia } from "../media/local-media.ts";
import { isStream, outgoingMedia } from "../media/outgoing-media.ts";
import type { StatsSource } from "../stats/connection-stats.ts";
import type { RemoteParticipant } from "../transport/transport.ts";
import type { CallPhase } from "./call-status.ts";

/** The metadata of a participant who has set none. */
export const NO_METADATA = Object.freeze({}) as Metadata;

/** The state of a participant, as this page sees it. */
export type ParticipantStatus =
  /** Of this page only: not in the room, because it has not joined or has left. */
  | "disconnected"
  /** The first connection is being established. Of this page: it is joining. */
  | "connecting"
  /** Media arrives. Of this page: it is in the room. */
  | "connected"
  /** It was connected before and is being repaired. */
  | "reconnecting"
  /** Given up; it connects by itself if the participant responds again. Of this page: joining failed. */
  | "failed";

/** A participant in a call. An immutable snapshot, the same object until something in it changes. */
export interface Participant {
  readonly id: string;
  readonly name: string | undefined;
  /** The data that the participant has set; empty if none. Received, so not checked against the registered type. */
  readonly metadata: Metadata;
  readonly isSelf: boolean;
  readonly status: ParticipantStatus;
  /** Camera and microphone; one identity through every repair. */
  readonly stream: MediaStream | undefined;
  /** The shared screen, while there is one. */
  readonly screen: MediaStream | undefined;
  /** Whether the microphone is on: switched on, and not muted by the system. Reported by the participant. */
  readonly microphone: boolean;
  /** Whether the camera is on, as with `microphone`. */
  readonly camera: boolean;
  /**
   * The direction of this page's camera, as in `MediaTrackSettings.facingMode`. `"environment"` is
   * a rear camera, whose picture is not mirrored. Undefined for others, and where the browser does not say.
   */
  readonly facingMode?: string | undefined;
  /** The `RTCPeerConnection` to the participant, for what is not wrapped. A repair may replace it. */
  readonly connection?: RTCPeerConnection | undefined;
  /**
   * A source of statistics, where `connection` is not it.
   *
   * @experimental
   */
  readonly stats?: StatsSource | undefined;
  /** The audio level from 0 to 1, where it is not measured from `stream`: in a simulation, for example. */
  readonly level?: Store<number> | undefined;
}

/** The media, name and metadata of this page's own participant. */
interface SelfDescription {
  readonly media?: LocalMedia | MediaStream | undefined;
  readonly name?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

/** The snapshots of the participants of one call. */
export interface Participants {
  self(options: SelfDescription, id: string, phase: CallPhase): Participant;
  others(remote: readonly RemoteParticipant[]): readonly Participant[];
}

/** The status of this page's own participant. */
export const SELF_STATUS: Readonly<Record<CallPhase, ParticipantStatus>> = {
  idle: "disconnected",
  joining: "connecting",
  joined: "connected",
  left: "disconnected",
  failed: "failed",
};

/** Creates the snapshots. Each is the same object as the last one unless something in it has changed. */
export function createParticipants(): Participants {
  let list: readonly Participant[] = [];
  let byId = new Map<string, Participant>();
  let self: Participant | undefined;
  return {
    self({ media, name, metadata }, id, phase) {
      const { camera: track, state } = outgoingMedia(media);
      self = keep<Participant>(self, {
        id,
        name,
        metadata: keep(self?.metadata, metadata ?? NO_METADATA),
        isSelf: true,
        status: SELF_STATUS[phase],
        stream: isStream(media) ? media : media?.stream,
        screen: isStream(media) ? undefined : media?.screen,
        microphone: state.microphone,
        camera: state.camera,
        facingMode: track?.getSettings().facingMode,
      });
      return self;
    },
    others(remote) {
      const next = remote.map(({ id, name, metadata, media, ...rest }) => {
        const last = byId.get(id);
        return keep<Participant>(last, {
          id,
          name,
          metadata: keep(last?.metadata, metadata ?? NO_METADATA),
          isSelf: false,
          status: rest.status,
          stream: rest.stream,
          screen: rest.screen,
          microphone: media.microphone,
          camera: media.camera,
          connection: rest.connection,
          stats: rest.stats,
          level: rest.level,
        });
      });
      list = keep(list, next);
      byId = new Map(list.map((participant) => [participant.id, participant]));
      return list;
    },
  };
}

function keep<T extends object>(last: T | undefined, next: T): T {
  return last && shallowEqual(next, last) ? last : next;
}
