/** Owns oneself in a simulated call: what is said of oneself, and the tracks of one's devices. */
import type { CallSettings } from "../../core/call/call.ts";
import type { DeviceKind } from "../../core/media/capture.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { SELF_STATUS, type Participant } from "../../core/call/participants.ts";
import type { CallPhase } from "../../core/call/call-status.ts";
import { shallowEqual } from "../../core/lib/store.ts";
import { personDrawing } from "../fake-devices/drawings.ts";
import { createSimulatedLevel } from "./simulated-level.ts";
import type { SimulatedChange, SimulatedPerson } from "./simulation.ts";
import type { Studio, Take } from "../fake-devices/studio.ts";
import type { Voice } from "../fake-devices/synthetic-audio.ts";

/** What oneself needs. */
interface SelfOptions {
  name: string;
  look: number;
  said: SimulatedPerson;
  studio: Studio;
}

/** Oneself. */
export interface SimulatedSelf {
  readonly id: string;
  snapshot(media: LocalMedia, phase: CallPhase): Participant;
  /** A track of a device; another camera sees another room. */
  take(kind: DeviceKind, deviceId: string): Take | undefined;
  change(changes: SimulatedChange): void;
  configure(settings: CallSettings): void;
  speak(loudness: number): void;
}

/** Makes oneself. */
export function createSimulatedSelf({ name, look, said, studio }: SelfOptions): SimulatedSelf {
  const { id = "self" } = said;
  const self: SimulatedChange = { name, ...said };
  const level = createSimulatedLevel(look);
  let metadata = said.metadata ?? {};
  let loudness = 0;
  let voice: Voice | undefined;
  let audible = false;
  let shown: Participant | undefined;

  function tell(): void {
    level.speak(audible ? loudness : 0);
    voice?.speak(audible ? loudness : 0);
  }

  function record(): Take | undefined {
    const mine = studio.record(look);
    voice = mine;
    tell();
    return mine;
  }

  function change(changes: SimulatedChange): void {
    Object.assign(self, changes);
    if (changes.metadata && !shallowEqual(changes.metadata, metadata)) ({ metadata } = changes);
  }

  return {
    id,
    take: (kind, deviceId) => {
      if (kind === "audio") return record();
      return studio.film(personDrawing(look, look + sum(deviceId)), self.aspectRatio, () => ({
        pace: "moving",
        speaking: audible && loudness > 0,
      }));
    },
    snapshot({ microphone, camera, stream, screen }, phase) {
      const next: Participant = {
        id,
        name: self.name,
        metadata,
        isSelf: true,
        status: self.status ?? SELF_STATUS[phase],
        stream,
        screen,
        microphone: microphone.status === "on",
        camera: camera.status === "on",
        facingMode: camera.track?.getSettings().facingMode,
        level: level.store,
      };
      if (next.microphone !== audible) {
        audible = next.microphone;
        tell();
      }
      if (!shown || !shallowEqual(next, shown)) shown = next;
      return shown;
    },
    change,
    configure({ name: called, metadata: about }) {
      change({ ...(called !== undefined && { name: called }), ...(about && { metadata: about }) });
    },
    speak(next) {
      loudness = next;
      tell();
    },
  };
}

/** A number for a name. */
const sum = (text: string) =>
  Array.from(text, (letter) => letter.charCodeAt(0)).reduce((all, code) => all + code, 0);
