import { CallError } from "../../core/lib/errors.ts";
import { NETWORK_CONDITIONS, type Scene } from "./scene.ts";
import type { SimulatedParticipant } from "./simulated-participant.ts";
import type { Simulation } from "./simulation.ts";

type ConnectionVerbs = Pick<
  Simulation,
  "reconnect" | "recover" | "fail" | "measure" | "network" | "status"
>;

/** The verbs of a simulation that change its connections. `join` adds a participant if a status needs one. */
export function connectionVerbs(scene: Scene, join: () => void): ConnectionVerbs {
  const { room, call } = scene;
  const select = (id?: string): readonly SimulatedParticipant[] =>
    id === undefined ? room.participants() : [room.find(id)];

  function reconnect(id?: string): void {
    room.setStatus(select(id), "reconnecting");
    // Without participants, the connection to the room is the one that is lost.
    if (select(id).length === 0) call.signaling("disconnected");
    call.publish();
  }

  function recover(id?: string): void {
    room.setStatus(select(id), "connected");
    call.signaling("connected");
    call.report(undefined);
    if (id === undefined && call.phase() === "failed") call.enter("joined");
    call.publish();
  }

  function fail(id?: string, error?: CallError): void {
    if (id !== undefined) room.setStatus([room.find(id)], "failed");
    call.report(error ?? (id === undefined ? signalingUnavailable() : iceFailed()));
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
      for (const participant of room.participants()) participant.measure(NETWORK_CONDITIONS[state]);
      if (state === "offline") {
        room.setStatus(room.participants(), "reconnecting");
        call.signaling("disconnected");
      } else if (before === "offline") {
        const lost = room
          .participants()
          .filter(({ snapshot }) => snapshot().status === "reconnecting");
        room.setStatus(lost, "connected");
        call.signaling("connected");
      }
      call.publish();
    },
    status(status) {
      call.signaling("connected");
      call.report(status === "failed" ? signalingUnavailable() : undefined);
      if (status === "waiting") room.empty();
      if (status === "connecting" || status === "connected" || status === "reconnecting") {
        room.refill();
        if (room.participants().length === 0) join();
        room.setStatus(room.participants(), status);
        call.enter("joined");
      } else call.enter(status === "waiting" ? "joined" : status);
    },
  };
}

const iceFailed = () =>
  new CallError(
    "ice-failed",
    "Could not connect to the remote participant. Add a TURN server to `iceServers`; many networks block direct connections.",
  );
const signalingUnavailable = () =>
  new CallError(
    "signaling-unavailable",
    "The signaling could not be reached. Check the connection, then join again.",
  );
