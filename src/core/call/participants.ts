/** Owns what is told of people: immutable snapshots, each the same object until something in it changes. */
import { isStream, outgoingMedia } from "../media/outgoing-media.ts";
import type { LocalMedia } from "../media/local-media.ts";
import type { RemotePeer } from "../mesh/remote-peer.ts";
import type { CallPhase } from "../call/call-status.ts";
import { shallowEqual, type Store } from "../lib/store.ts";

const NO_METADATA: Readonly<Record<string, string>> = Object.freeze({});

/** Somebody in a call. An immutable snapshot, the same object until something in it changes. */
export interface Participant {
  readonly id: string;
  readonly name: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly isSelf: boolean;
  readonly status: "connecting" | "connected" | "reconnecting" | "failed";
  /** Camera and microphone; one identity while it is the same connection. */
  readonly stream: MediaStream | undefined;
  /** The shared screen, while there is one. */
  readonly screen: MediaStream | undefined;
  /** Whether the microphone is on: switched on, and not muted by the system. Reported by the participant. */
  readonly microphone: boolean;
  /** The same of the camera. */
  readonly camera: boolean;
  /**
   * The direction of this page's own camera, as in `MediaTrackSettings.facingMode`. `"environment"` is
   * a rear camera, whose picture is not mirrored. Undefined for others, and where the browser does not say.
   */
  readonly facingMode?: string | undefined;
  /** The browser's connection to them: the way out, for what is not wrapped. Another one after a rebuild. */
  readonly connection?: RTCPeerConnection | undefined;
  /** How loud they are, 0 to 1, where something else than `stream` tells it: a simulation, say. */
  readonly level?: Store<number> | undefined;
}

/** What this page shows of itself. */
interface SelfDescription {
  readonly media?: LocalMedia | MediaStream | undefined;
  readonly name?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** The snapshots of one call. */
export interface Participants {
  self(options: SelfDescription, id: string, phase: CallPhase): Participant;
  others(members: readonly RemotePeer[]): readonly Participant[];
}

/** Makes the snapshots; keeps the former ones, to give them again where nothing has changed. */
export function createParticipants(): Participants {
  let list: readonly Participant[] = [];
  let me: Participant | undefined;
  return {
    self({ media, name, metadata }, id, phase) {
      const { camera: track, state } = outgoingMedia(media);
      me = keep<Participant>(me, {
        id,
        name,
        metadata: keep(me?.metadata, metadata ?? NO_METADATA),
        isSelf: true,
        status: phase === "joined" ? "connected" : phase === "failed" ? "failed" : "connecting",
        stream: isStream(media) ? media : media?.stream,
        screen: isStream(media) ? undefined : media?.screen,
        microphone: state.microphone,
        camera: state.camera,
        facingMode: track?.getSettings().facingMode,
      });
      return me;
    },
    others(members) {
      const next = members.map(({ info, peer: { getSnapshot } }) => {
        const peer = getSnapshot();
        const former = list.find(({ id }) => id === info.id);
        return keep<Participant>(former, {
          id: info.id,
          name: info.name,
          metadata: keep(former?.metadata, info.metadata ?? NO_METADATA),
          isSelf: false,
          status: peer.status === "new" || peer.status === "closed" ? "connecting" : peer.status,
          stream: peer.stream,
          screen: peer.screen,
          microphone: peer.remoteMedia.microphone,
          camera: peer.remoteMedia.camera,
          connection: peer.connection,
        });
      });
      list = keep(list, next);
      return list;
    },
  };
}

function keep<T extends object>(former: T | undefined, next: T): T {
  return former && shallowEqual(next, former) ? former : next;
}
