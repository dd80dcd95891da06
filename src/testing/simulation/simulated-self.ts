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

interface SelfOptions {
  name: string;
  look: number;
  initial: SimulatedPerson;
  studio: Studio;
}

/** The local participant of a simulated call. */
export interface SimulatedSelf {
  readonly id: string;
  snapshot(media: LocalMedia, phase: CallPhase): Participant;
  /** Creates a track of a device. Each camera shows another room. */
  take(kind: DeviceKind, deviceId: string): Take | undefined;
  change(changes: SimulatedChange): void;
  configure(settings: CallSettings): void;
  speak(loudness: number): void;
}

export function createSimulatedSelf({ name, look, initial, studio }: SelfOptions): SimulatedSelf {
  const { id = "self" } = initial;
  const self: SimulatedChange = { name, ...initial };
  const level = createSimulatedLevel(look);
  let metadata = initial.metadata ?? {};
  let loudness = 0;
  let voice: Voice | undefined;
  let audible = false;
  let shown: Participant | undefined;

  function applyLoudness(): void {
    level.speak(audible ? loudness : 0);
    voice?.speak(audible ? loudness : 0);
  }

  function record(): Take | undefined {
    const take = studio.record(look);
    voice = take;
    applyLoudness();
    return take;
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
        // `enabled` changes at once, and the status a microtask later.
        microphone: microphone.enabled && microphone.status === "on",
        camera: camera.enabled && camera.status === "on",
        facingMode: camera.track?.getSettings().facingMode,
        level: level.store,
      };
      if (next.microphone !== audible) {
        audible = next.microphone;
        applyLoudness();
      }
      if (!shown || !shallowEqual(next, shown)) shown = next;
      return shown;
    },
    change,
    configure({ name: nextName, metadata: nextMetadata }) {
      change({
        ...(nextName !== undefined && { name: nextName }),
        ...(nextMetadata && { metadata: nextMetadata }),
      });
    },
    speak(next) {
      loudness = next;
      applyLoudness();
    },
  };
}

/** A number that depends on the text. */
const sum = (text: string) =>
  Array.from(text, (letter) => letter.charCodeAt(0)).reduce((all, code) => all + code, 0);
