/** Owns what happens to the connections of a simulation: lost, found, failed, measured. */
import { CallError } from "../../core/lib/errors.ts";
import { NETWORK_CONDITIONS, type Scene } from "./scene.ts";
import type { SimulatedParticipant } from "./simulated-participant.ts";
import type { Simulation } from "./simulation.ts";

type ConnectionVerbs = Pick<
  Simulation,
  "reconnect" | "recover" | "fail" | "measure" | "network" | "status"
>;

/** Makes the verbs. `join` brings somebody, where a status needs somebody. */
export function connectionVerbs(scene: Scene, join: () => void): ConnectionVerbs {
  const { room, call } = scene;
  const those = (id?: string): readonly SimulatedParticipant[] =>
    id === undefined ? room.people() : [room.find(id)];

  function reconnect(id?: string): void {
    room.become(those(id), "reconnecting");
    // Without anybody there it is the way to the room that is lost.
    if (those(id).length === 0) call.signaling("disconnected");
    call.publish();
  }

  function recover(id?: string): void {
    room.become(those(id), "connected");
    call.signaling("connected");
    call.report(undefined);
    if (id === undefined && call.phase() === "failed") call.enter("joined");
    call.publish();
  }

  function fail(id?: string, error?: CallError): void {
    if (id !== undefined) room.become([room.find(id)], "failed");
    call.report(error ?? (id === undefined ? unreachable() : noWay()));
    if (id === undefined) call.enter("failed");
    call.publish();
  }

  return {
    reconnect,
    recover,
    fail,
    measure: (id, stats) => room.find(id).measure(stats),
    network(state) {
      const before = scene.network;
      scene.network = state;
      for (const person of room.people()) person.measure(NETWORK_CONDITIONS[state]);
      if (state === "offline") {
        room.become(room.people(), "reconnecting");
        call.signaling("disconnected");
      } else if (before === "offline") {
        const lost = room.people().filter(({ snapshot }) => snapshot().status === "reconnecting");
        room.become(lost, "connected");
        call.signaling("connected");
      }
      call.publish();
    },
    status(status) {
      call.signaling("connected");
      call.report(status === "failed" ? unreachable() : undefined);
      if (status === "waiting") room.empty();
      if (status === "connecting" || status === "connected" || status === "reconnecting") {
        room.refill();
        if (room.people().length === 0) join();
        room.become(room.people(), status);
        call.enter("joined");
      } else call.enter(status === "waiting" ? "joined" : status);
    },
  };
}

const noWay = () =>
  new CallError(
    "ice-failed",
    "Could not connect to the remote participant. Add a TURN server to `iceServers`; many networks block direct connections.",
  );
const unreachable = () =>
  new CallError(
    "signaling-unavailable",
    "The signaling could not be reached. Check the connection, then join again.",
  );
