import type { Participant } from "../../core/call/participants.ts";
import type { SimulatedTrace } from "./simulated-trace.ts";
import { unknownName } from "./unknown-name.ts";
import type { SimulatedParticipant } from "./simulated-participant.ts";

/** The remote participants of a simulated call, and the handshakes with them. */
export interface SimulatedRoom {
  participants(): readonly SimulatedParticipant[];
  /** @throws {Error} With the known ids, if there is no such participant. */
  find(id: string): SimulatedParticipant;
  add(participant: SimulatedParticipant): void;
  remove(participant: SimulatedParticipant): void;
  /** Changes the status of the connection to these participants. */
  setStatus(some: readonly SimulatedParticipant[], status: Participant["status"]): void;
  /** Removes all participants. */
  empty(): void;
  /** Adds the participants that `empty()` removed. */
  refill(): void;
  /** Sets whether this page is in the room. Entering it connects to all participants. */
  enter(present: boolean): void;
  /** Opens or closes all tracks when the studio opens or closes. */
  stage(): void;
}

/** Creates an empty room that this page has not entered. */
export function createSimulatedRoom(trace: SimulatedTrace): SimulatedRoom {
  let participants: readonly SimulatedParticipant[] = [];
  let removed: readonly SimulatedParticipant[] = [];
  let present = false;

  /** Records the handshake of a new connection. */
  function connect(participant: SimulatedParticipant): void {
    const { status } = participant.snapshot();
    if (!present) return;
    if (status === "connected" || status === "reconnecting") trace.connect(participant.id);
    else trace.call(participant.id);
  }

  function setStatus(some: readonly SimulatedParticipant[], status: Participant["status"]): void {
    for (const participant of some) {
      const before = participant.snapshot().status;
      participant.change({ status });
      if (!present || before === status || status !== "connected") continue;
      if (before === "connecting") trace.connect(participant.id);
      else trace.restart(participant.id);
    }
  }

  return {
    participants: () => participants,
    find(id) {
      const found = participants.find((participant) => participant.id === id);
      if (found) return found;
      throw unknownName("participant", id, ["self", ...participants.map((one) => one.id)]);
    },
    add(participant) {
      participants = [...participants, participant];
      connect(participant);
    },
    remove(participant) {
      participants = participants.filter((one) => one !== participant);
      participant.stage(false);
    },
    setStatus,
    empty() {
      removed = [...removed, ...participants];
      participants = [];
      for (const participant of removed) participant.stage(false);
    },
    refill() {
      const returning = removed;
      removed = [];
      participants = [...participants, ...returning];
      for (const participant of returning) connect(participant);
    },
    enter(next) {
      if (next === present) return;
      present = next;
      for (const participant of participants) connect(participant);
    },
    stage() {
      for (const participant of participants) participant.stage(present);
    },
  };
}
