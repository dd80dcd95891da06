import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { Participant } from "../../core/call/participants.ts";
import { shallowEqual } from "../../core/lib/store.ts";
import { createSimulatedConnection } from "./simulated-connection.ts";
import { personDrawing } from "../fake-devices/drawings.ts";
import { createSimulatedLevel } from "./simulated-level.ts";
import type { Motion } from "../fake-devices/synthetic-video.ts";
import { createSimulatedScreen } from "./simulated-screen.ts";
import type { SimulatedChange } from "./simulation.ts";
import { createLiveStream, type Studio, type Take } from "../fake-devices/studio.ts";
import type { Voice } from "../fake-devices/synthetic-audio.ts";

export interface SimulatedParticipantOptions {
  id: string;
  name: string | undefined;
  /** Selects the appearance and the voice. */
  look: number;
  initial: SimulatedChange;
  studio: Studio;
  isLossy(): boolean;
}

/** A remote participant of a simulated call. */
export interface SimulatedParticipant {
  readonly id: string;
  /** The same object until one of its fields changes. */
  snapshot(): Participant;
  change(changes: SimulatedChange): void;
  speak(loudness: number): void;
  measure(stats: Partial<ConnectionStats>): void;
  /** Opens or closes the tracks when the studio opens or closes. `present` is whether this page is in the room. */
  stage(present: boolean): void;
}

export function createSimulatedParticipant(
  options: SimulatedParticipantOptions,
): SimulatedParticipant {
  const { id, look, initial, studio } = options;
  const facts = {
    name: options.name,
    metadata: initial.metadata ?? {},
    status: initial.status ?? ("connected" as const),
    microphone: initial.microphone ?? true,
    camera: initial.camera ?? true,
    aspectRatio: initial.aspectRatio ?? 16 / 9,
  };
  const level = createSimulatedLevel(look);
  const { connection, measure } = createSimulatedConnection(() => facts.status === "connected");
  const screen = createSimulatedScreen(studio);
  /** Whether media has arrived. It stays, as a still picture, while the connection is lost. */
  let hasMedia = facts.status === "connected" || facts.status === "reconnecting";
  let present = true;
  let sharing = initial.screen ?? false;
  let loudness = 0;
  const stream = createLiveStream();
  let video: Take | undefined;
  let voice: Voice | undefined;
  let shown: Participant | undefined;

  const audible = () => (facts.microphone && facts.status === "connected" ? loudness : 0);
  const motion = (): Motion => {
    const isLost = facts.status !== "connected";
    const pace = options.isLossy() ? "stuttering" : "moving";
    return {
      pace: facts.camera ? (isLost ? "still" : pace) : "dark",
      speaking: audible() > 0,
    };
  };

  function film(): void {
    video?.close();
    video = studio.film(personDrawing(look), facts.aspectRatio, motion);
    stream.place("video", video?.track);
  }

  function stage(): void {
    const isStaged = studio.isOpen() && hasMedia && present;
    if (isStaged && !stream.now()) {
      film();
      voice = studio.record(look);
      stream.place("audio", voice?.track);
    }
    if (!isStaged) {
      video?.close();
      voice?.close();
      video = voice = undefined;
      stream.forget();
    }
    screen.put(sharing && hasMedia && present);
    level.speak(present ? audible() : 0);
    voice?.speak(audible());
  }

  return {
    id,
    snapshot() {
      const { aspectRatio: _, ...visible } = facts;
      const next: Participant = {
        id,
        ...visible,
        isSelf: false,
        stream: stream.now(),
        screen: screen.stream(),
        connection,
        level: level.store,
        // Figures are read from `connection`.
        stats: undefined,
      };
      if (!shown || !shallowEqual(next, shown)) shown = next;
      return shown;
    },
    change({ screen: isSharing = sharing, metadata, aspectRatio, ...changes }) {
      // `undefined` changes nothing, except the name: a participant may have none.
      const { microphone = facts.microphone, camera = facts.camera } = changes;
      Object.assign(facts, changes, { microphone, camera });
      if (metadata && !shallowEqual(metadata, facts.metadata)) facts.metadata = metadata;
      if (aspectRatio !== undefined && aspectRatio !== facts.aspectRatio) {
        facts.aspectRatio = aspectRatio;
        if (video) film();
      }
      if (changes.status === "connected" || changes.status === "reconnecting") hasMedia = true;
      if (changes.status === "connecting") hasMedia = false;
      sharing = isSharing;
      stage();
    },
    speak(next) {
      loudness = next;
      stage();
    },
    measure,
    stage(next) {
      present = next;
      stage();
    },
  };
}
