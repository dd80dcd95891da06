/** Owns one of the others: what is said of them, and the picture, the sound and the figures that follow from it. */
import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { Participant } from "../../core/call/participants.ts";
import { shallowEqual } from "../../core/lib/store.ts";
import { createSimulatedConnection } from "./simulated-connection.ts";
import { personDrawing } from "../fake-devices/drawings.ts";
import { createSimulatedLevel } from "./simulated-level.ts";
import type { Manner } from "../fake-devices/synthetic-video.ts";
import { createSimulatedScreen } from "./simulated-screen.ts";
import type { SimulatedChange } from "./simulation.ts";
import { createLiveStream, type Studio, type Take } from "../fake-devices/studio.ts";
import type { Voice } from "../fake-devices/synthetic-audio.ts";

/** What a person needs. */
export interface SimulatedParticipantOptions {
  id: string;
  name: string | undefined;
  /** Picks looks and voice. */
  look: number;
  said: SimulatedChange;
  studio: Studio;
  isLossy(): boolean;
}

/** Somebody else in a simulated call. */
export interface SimulatedParticipant {
  readonly id: string;
  /** The same object until something in it changes. */
  snapshot(): Participant;
  change(changes: SimulatedChange): void;
  speak(loudness: number): void;
  measure(stats: Partial<ConnectionStats>): void;
  /** Takes or gives up picture and sound, as the studio opens and closes. `present` is whether one sees them at all. */
  stage(present: boolean): void;
}

/** Makes somebody. */
export function createSimulatedParticipant(
  options: SimulatedParticipantOptions,
): SimulatedParticipant {
  const { id, look, said, studio } = options;
  const facts = {
    name: options.name,
    metadata: said.metadata ?? {},
    status: said.status ?? ("connected" as const),
    microphone: said.microphone ?? true,
    camera: said.camera ?? true,
    aspectRatio: said.aspectRatio ?? 16 / 9,
  };
  const level = createSimulatedLevel(look);
  const { connection, measure } = createSimulatedConnection(() => facts.status === "connected");
  const screen = createSimulatedScreen(studio);
  /** Their media has arrived once; it stays, and stands still, while the connection is lost. */
  let met = facts.status === "connected" || facts.status === "reconnecting";
  let present = true;
  let sharing = said.screen ?? false;
  let loudness = 0;
  const stream = createLiveStream();
  let picture: Take | undefined;
  let voice: Voice | undefined;
  let shown: Participant | undefined;

  const audible = () => (facts.microphone && facts.status === "connected" ? loudness : 0);
  const manner = (): Manner => {
    const lost = facts.status !== "connected";
    const pace = options.isLossy() ? "stuttering" : "moving";
    return {
      pace: facts.camera ? (lost ? "still" : pace) : "dark",
      speaking: audible() > 0,
    };
  };

  function film(): void {
    picture?.close();
    picture = studio.film(personDrawing(look), facts.aspectRatio, manner);
    stream.place("video", picture?.track);
  }

  function stage(): void {
    const wanted = studio.isOpen() && met && present;
    if (wanted && !stream.now()) {
      film();
      voice = studio.record(look);
      stream.place("audio", voice?.track);
    }
    if (!wanted) {
      picture?.close();
      voice?.close();
      picture = voice = undefined;
      stream.forget();
    }
    screen.put(sharing && met && present);
    level.speak(present ? audible() : 0);
    voice?.speak(audible());
  }

  return {
    id,
    snapshot() {
      const { aspectRatio: _, ...told } = facts;
      const next: Participant = {
        id,
        ...told,
        isSelf: false,
        stream: stream.now(),
        screen: screen.stream(),
        connection,
        level: level.store,
      };
      if (!shown || !shallowEqual(next, shown)) shown = next;
      return shown;
    },
    change({ screen: shares = sharing, metadata, aspectRatio, ...changes }) {
      // `undefined` changes nothing, but for the name: a participant may have none.
      const { microphone = facts.microphone, camera = facts.camera } = changes;
      Object.assign(facts, changes, { microphone, camera });
      if (metadata && !shallowEqual(metadata, facts.metadata)) facts.metadata = metadata;
      if (aspectRatio !== undefined && aspectRatio !== facts.aspectRatio) {
        facts.aspectRatio = aspectRatio;
        if (picture) film();
      }
      if (changes.status === "connected" || changes.status === "reconnecting") met = true;
      if (changes.status === "connecting") met = false;
      sharing = shares;
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
