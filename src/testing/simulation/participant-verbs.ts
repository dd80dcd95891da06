import { nameOf, NETWORK_CONDITIONS, type Scene } from "./scene.ts";
import { createSimulatedParticipant } from "./simulated-participant.ts";
import type { SimulatedChange, SimulatedPerson, Simulation } from "./simulation.ts";

type ParticipantVerbs = Pick<Simulation, "join" | "leave" | "change" | "mute" | "speak" | "share">;

/** The default loudness of `speak()`, from 0 to 1. */
const LOUDNESS = 0.25;

/** The verbs of a simulation that change its participants. */
export function participantVerbs(scene: Scene): ParticipantVerbs {
  const { room, self, media, call, studio, seed } = scene;
  /** The number of participants so far, with the local one. Each number gives one appearance, so no two share one. */
  let count = 0;

  function join(options: SimulatedPerson = {}): string {
    count += 1;
    const { id = `person-${count}` } = options;
    if (isSelf(id) || room.participants().some((participant) => participant.id === id))
      throw new Error(`There is already a participant "${id}" in this simulation.`);
    const look = seed - 1 + count;
    const name = "name" in options ? options.name : nameOf(look);
    const isLossy = () => scene.network === "lossy";
    const participant = createSimulatedParticipant({
      id,
      name,
      look,
      initial: options,
      studio,
      isLossy,
    });
    participant.measure(NETWORK_CONDITIONS[scene.network]);
    room.add(participant);
    call.publish();
    return id;
  }

  const isSelf = (id: string) => id === "self" || id === self.id;

  function change(id: string, { status, ...changes }: SimulatedChange): void {
    if (isSelf(id)) {
      self.change({ ...changes, ...(status && { status }) });
      media.change(changes);
    } else {
      const participant = room.find(id);
      participant.change(changes);
      if (status) room.setStatus([participant], status);
    }
    call.publish();
  }

  return {
    join,
    leave(id) {
      if (isSelf(id)) return call.enter("left");
      room.remove(room.find(id));
      call.publish();
    },
    change,
    mute: (id, muted = true) => change(id, { microphone: !muted }),
    speak(id, speaking = true) {
      const loudness = typeof speaking === "number" ? speaking : speaking ? LOUDNESS : 0;
      (isSelf(id) ? self : room.find(id)).speak(loudness);
      if (loudness > 0) change(id, { microphone: true });
    },
    share: (id, sharing = true) => change(id, { screen: sharing }),
  };
}
