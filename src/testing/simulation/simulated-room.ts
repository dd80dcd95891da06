/** Owns who is in a simulated room, and the handshakes with them. */
import type { Participant } from "../../core/call/participants.ts";
import type { SimulatedTrace } from "./simulated-trace.ts";
import { unknown } from "./simulated-devices.ts";
import type { SimulatedParticipant } from "./simulated-participant.ts";

/** The others. */
export interface SimulatedRoom {
  people(): readonly SimulatedParticipant[];
  /** @throws {Error} With the ids there are. */
  find(id: string): SimulatedParticipant;
  add(person: SimulatedParticipant): void;
  remove(person: SimulatedParticipant): void;
  /** The connection to these becomes another. */
  become(people: readonly SimulatedParticipant[], status: Participant["status"]): void;
  /** Sends everybody out, or brings back whom it sent. */
  empty(): void;
  refill(): void;
  /** Whether this page is in the room, and thus sees and connects with everybody. */
  enter(present: boolean): void;
  /** Takes or gives up pictures and sound. */
  stage(): void;
}

/** Makes a room without anybody, this page included. */
export function createSimulatedRoom(trace: SimulatedTrace): SimulatedRoom {
  let people: readonly SimulatedParticipant[] = [];
  let away: readonly SimulatedParticipant[] = [];
  let present = false;

  /** Every connection that begins has its handshake. */
  function greet(person: SimulatedParticipant): void {
    const { status } = person.snapshot();
    if (!present) return;
    if (status === "connected" || status === "reconnecting") trace.connect(person.id);
    else trace.call(person.id);
  }

  function become(some: readonly SimulatedParticipant[], status: Participant["status"]): void {
    for (const person of some) {
      const before = person.snapshot().status;
      person.change({ status });
      if (!present || before === status || status !== "connected") continue;
      if (before === "connecting") trace.connect(person.id);
      else trace.restart(person.id);
    }
  }

  return {
    people: () => people,
    find(id) {
      const found = people.find((person) => person.id === id);
      if (found) return found;
      throw unknown("person", id, ["self", ...people.map((person) => person.id)]);
    },
    add(person) {
      people = [...people, person];
      greet(person);
    },
    remove(person) {
      people = people.filter((one) => one !== person);
      person.stage(false);
    },
    become,
    empty() {
      away = [...away, ...people];
      people = [];
      for (const person of away) person.stage(false);
    },
    refill() {
      const back = away;
      away = [];
      people = [...people, ...back];
      for (const person of back) greet(person);
    },
    enter(next) {
      if (next === present) return;
      present = next;
      for (const person of people) greet(person);
    },
    stage() {
      for (const person of people) person.stage(present);
    },
  };
}
