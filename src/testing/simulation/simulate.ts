import { connectionVerbs } from "./connection-verbs.ts";
import { deviceVerbs } from "./device-verbs.ts";
import { createSimulatedTrace } from "./simulated-trace.ts";
import { participantVerbs } from "./participant-verbs.ts";
import { nameOf, participantsOf, type Scene } from "./scene.ts";
import { createSimulatedCall, type SimulatedCall } from "./simulated-call.ts";
import { createSimulatedEnvironment } from "./simulated-environment.ts";
import { createSimulatedMedia } from "./simulated-local-media.ts";
import { createSimulatedRoom } from "./simulated-room.ts";
import { createSimulatedSelf } from "./simulated-self.ts";
import type { Simulation, SimulationOptions } from "./simulation.ts";
import { createStudio } from "../fake-devices/studio.ts";

/**
 * Creates a simulated call for a story or a test: the stores that `createCall` and `createLocalMedia`
 * return, with synthetic participants, and a verb for each event of a call. The media is the real
 * local media on simulated devices.
 *
 * Video and audio tracks exist while the call or the media is retained or subscribed to. Where the
 * page can create none (Node, jsdom, happy-dom), `stream` and `track` are undefined, a shared `screen`
 * is a stream without tracks, and everything else works.
 *
 * @example
 * // A test with Testing Library.
 * const simulation = simulateCall({ participants: [{ id: "mina", name: "Mina" }] });
 * function Screen() {
 *   return <MyCallScreen call={useStore(simulation.call)} media={useStore(simulation.media)} />;
 * }
 *
 * it("shows a lost connection", () => {
 *   render(<Screen />);
 *   act(() => simulation.reconnect("mina"));
 *   screen.getByText("Mina is reconnecting…");
 * });
 */
export function simulateCall(options: SimulationOptions = {}): Simulation {
  const { autoStart = true, sound = true, seed = 1 } = options;
  const initial = options.self ?? {};
  const trace = createSimulatedTrace(seed);
  const room = createSimulatedRoom(trace);
  const environment = createSimulatedEnvironment(options.permission ?? "granted");
  let call: SimulatedCall | undefined;
  const publish = () => call?.publish();
  const studio = createStudio({
    sound,
    onChange() {
      media.stage();
      publish();
    },
  });
  const self = createSimulatedSelf({ name: nameOf(seed - 1), look: seed - 1, initial, studio });
  const media = createSimulatedMedia({
    studio,
    environment,
    autoStart,
    self: initial,
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
  const participants = participantVerbs(scene);
  const connections = connectionVerbs(scene, participants.join);
  for (const participant of participantsOf(options.participants)) participants.join(participant);
  // Without a status, each participant keeps its own.
  if (options.status) connections.status(options.status);
  else call.enter("joined");
  return {
    call: call.store,
    media: media.store,
    devices: environment.devices,
    ...participants,
    ...connections,
    ...deviceVerbs(environment, media),
  };
}
