/** Owns what people do in a simulation: come and go, speak, share, change. */
import { nameOf, NETWORK_CONDITIONS, type Scene } from "./scene.ts";
import { createSimulatedParticipant } from "./simulated-participant.ts";
import type { SimulatedChange, SimulatedPerson, Simulation } from "./simulation.ts";

type PeopleVerbs = Pick<Simulation, "join" | "leave" | "change" | "mute" | "speak" | "share">;

/** As loud as somebody speaks. */
const VOICE = 0.25;

/** Makes the verbs. */
export function participantVerbs(scene: Scene): PeopleVerbs {
  const { room, self, media, call, studio, seed } = scene;
  /** Everybody who ever came, oneself as the first: looks are given once. */
  let count = 0;

  function join(said: SimulatedPerson = {}): string {
    count += 1;
    const { id = `person-${count}` } = said;
    if (isSelf(id) || room.people().some((person) => person.id === id))
      throw new Error(`There is a person "${id}" in this simulation already.`);
    const look = seed - 1 + count;
    const name = "name" in said ? said.name : nameOf(look);
    const isLossy = () => scene.network === "lossy";
    const person = createSimulatedParticipant({ id, name, look, said, studio, isLossy });
    person.measure(NETWORK_CONDITIONS[scene.network]);
    room.add(person);
    call.publish();
    return id;
  }

  const isSelf = (id: string) => id === "self" || id === self.id;

  function change(id: string, { status, ...changes }: SimulatedChange): void {
    if (isSelf(id)) {
      self.change({ ...changes, ...(status && { status }) });
      media.put(changes);
    } else {
      const person = room.find(id);
      person.change(changes);
      if (status) room.become([person], status);
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
      const loudness = typeof speaking === "number" ? speaking : speaking ? VOICE : 0;
      (isSelf(id) ? self : room.find(id)).speak(loudness);
      if (loudness > 0) change(id, { microphone: true });
    },
    share: (id, sharing = true) => change(id, { screen: sharing }),
  };
}
