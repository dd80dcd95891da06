/** Owns `simulateCall`: a call and its media without camera, network or other people, and the verbs that change them. */
import { connectionVerbs } from "./connection-verbs.ts";
import { deviceVerbs } from "./device-verbs.ts";
import { createSimulatedTrace } from "./simulated-trace.ts";
import { participantVerbs } from "./participant-verbs.ts";
import { cast, nameOf, type Scene } from "./scene.ts";
import { createSimulatedCall, type SimulatedCall } from "./simulated-call.ts";
import { createPermission, createSimulatedDevices } from "./simulated-devices.ts";
import { createSimulatedMedia } from "./simulated-media.ts";
import { createSimulatedRoom } from "./simulated-room.ts";
import { createSimulatedSelf } from "./simulated-self.ts";
import type { Simulation, SimulationOptions } from "./simulation.ts";
import { createStudio } from "../fake-devices/studio.ts";

/**
 * A call to show in a story or a test: the stores that `createCall` and `createLocalMedia` make,
 * with people who are drawn and babble, and a verb for everything that can happen. Making it does
 * nothing: pictures and sound begin when it is held or watched and end after the last one. Where the
 * page can make none (Node, jsdom, happy-dom), `stream` and `track` are undefined, a shared `screen`
 * is a stream without tracks, and the rest works.
 *
 * @example
 * // A test of an application's own screen, with Testing Library.
 * const simulation = simulateCall({ participants: [{ id: "mina", name: "Mina" }] });
 * function Screen() {
 *   return <MyCallScreen call={useStore(simulation.call)} media={useStore(simulation.media)} />;
 * }
 *
 * it("says who has lost the connection", () => {
 *   render(<Screen />);
 *   act(() => simulation.reconnect("mina"));
 *   screen.getByText("Mina is reconnecting…");
 * });
 */
export function simulateCall(options: SimulationOptions = {}): Simulation {
  const { autoStart = true, sound = true, seed = 1 } = options;
  const said = options.self ?? {};
  const trace = createSimulatedTrace(seed);
  const room = createSimulatedRoom(trace);
  const devices = createSimulatedDevices();
  const permission = createPermission(options.permission ?? "granted");
  let call: SimulatedCall | undefined;
  const publish = () => call?.publish();
  const studio = createStudio({
    sound,
    onChange() {
      media.stage();
      publish();
    },
  });
  const self = createSimulatedSelf({ name: nameOf(seed - 1), look: seed - 1, said, studio });
  const media = createSimulatedMedia({
    studio,
    devices,
    permission,
    autoStart,
    self: said,
    take: self.take,
    onChange: publish,
  });
  call = createSimulatedCall({
    studio,
    trace,
    room,
    media: media.store,
    configure: self.configure,
    self: (phase) => self.snapshot(media.store.getSnapshot(), phase),
  });
  const scene: Scene = { seed, studio, room, self, media, call, network: "good" };
  const people = participantVerbs(scene);
  const connections = connectionVerbs(scene, people.join);
  for (const person of cast(options.participants)) people.join(person);
  // Without a status everybody keeps what was said of them.
  if (options.status) connections.status(options.status);
  else call.enter("joined");
  return {
    call: call.store,
    media: media.store,
    devices: devices.store,
    ...people,
    ...connections,
    ...deviceVerbs(media, devices, permission),
  };
}
